"""How many examples a law takes: some in the default run, many where ``HYPOTHESIS=anew`` asks for new ones."""

from __future__ import annotations

import os

_DEEPER = 5


def examples(count: int) -> int:
    """Return how many examples to take where the default run takes that many."""
    return count * _DEEPER if os.environ.get("HYPOTHESIS") == "anew" else count
