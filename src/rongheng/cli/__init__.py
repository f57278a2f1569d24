"""The command line: one verb per command."""

import atexit
import gc

# A command lives for moments and makes many small objects that stay; looking for garbage among them takes a fifth of
# the time of a short one, and at its end, when all of them go anyway, a tenth.
gc.set_threshold(200_000, 50, 50)
atexit.register(gc.freeze)
