"""Damaged containers: whatever a reader makes of them, the caller gets one clear error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rongheng.basics.errors import DataError, RonghengError

DAMAGE = "It may have been cut short or damaged on the way, or be protected by a password; fetch or save it again."


@contextmanager
def reading(what: str, *, file: str, look_for: str = DAMAGE) -> Iterator[None]:
    """Turn whatever a reader of a container raises into a ``DataError``.

    Readers meet damage with errors of many kinds (zip, zlib, XML, their own), and native ones with a panic that is no
    ``Exception`` at all. Only calls of such readers belong inside.
    """
    try:
        yield
    except (RonghengError, MemoryError):
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        reason = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
        raise DataError(f"{file} is {what} that cannot be read ({reason}). {look_for}") from None
