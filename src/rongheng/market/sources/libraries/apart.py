"""Run a function that is not ours: for so long and no longer, and without its noise, its filters and its exits.

What lives here: how foreign code is kept from hanging us, from writing between our lines and from changing which
warnings are shown. What does not: which functions are called, and what their frames mean (``fetcher``, ``calls``).
"""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO, cast


def apart(function: Callable[[], Any], *, seconds: float) -> Any:
    """Return what a foreign function gives.

    It runs on a thread of its own. One that does not come back is left there, and is no reason not to end the program.

    Raises
    ------
    TimeoutError
        It has not come back after so many seconds.
    RuntimeError
        It wanted to end the program.
    Exception
        Whatever the function raises.
    """
    given: list[Any] = []
    raised: list[BaseException] = []
    thread = threading.Thread(target=_into, args=(function, given, raised), daemon=True)
    with warnings.catch_warnings(), _hushed():
        warnings.simplefilter("ignore")
        thread.start()
        thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError(f"no answer within {seconds:.0f} seconds")
    for error in raised:
        raise error if isinstance(error, Exception) else RuntimeError(f"it wanted to end the program ({error!r})")
    return given[0]


def _into(function: Callable[[], Any], given: list[Any], raised: list[BaseException]) -> None:
    try:
        given.append(function())
    except BaseException as error:  # noqa: BLE001  # a library may raise SystemExit, too; who waits is told
        raised.append(error)


@contextmanager
def _hushed() -> Iterator[None]:
    """Drop what threads write that did not run before: that of the function, and those that it starts."""
    ours = frozenset(threading.enumerate())
    out, err = (cast(TextIO, _Sieve(stream, ours)) for stream in (sys.stdout, sys.stderr))
    with redirect_stdout(out), redirect_stderr(err):
        yield


class _Sieve:
    """A stream that passes on what some threads write, and nothing else."""

    def __init__(self, stream: TextIO, ours: frozenset[threading.Thread]) -> None:
        self._stream = stream
        self._ours = ours

    def write(self, text: str) -> int:
        """Write, or drop."""
        return self._stream.write(text) if threading.current_thread() in self._ours else len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
