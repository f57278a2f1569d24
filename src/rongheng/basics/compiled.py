"""Compile kernels once for each machine, and say so when the cache cannot be kept.

What a kernel calls and the numbers that it takes from other modules are compiled into it, and Numba's cache would look
at the kernel's own file alone; so a kept kernel is known by everything that went into it.

Kernels release the interpreter's lock, are cached on disk, divide as NumPy does (no test for zero: every kernel tests
its own divisors) and never use fast maths.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import Any, TypeAlias, TypeVar, cast

import numba
import numpy as np
from numba.core.caching import IndexDataCacheFile
from numba.core.dispatcher import Dispatcher

Int: TypeAlias = "int | np.integer[Any]"  # one whole number inside a kernel, int64 unless it says otherwise
Function = TypeVar("Function", bound=Callable[..., Any])


# Kernels borrow their arrays from the caller and allocate nothing, so they need no count of references; counting would
# cost an atomic step for every array of every account, more than the arithmetic of a mark.
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}


def kernel(function: Function) -> Function:
    """Return the function compiled on first use; where no folder for the cache can be written, compiled each run.

    A kernel may read and write arrays but not make or cut any.
    """
    try:
        compiled = numba.njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:  # "no locator available": neither the package's folder nor the user's can be written
        return cast(Function, numba.njit(**_OPTIONS)(function))
    compiled._cache._cache_file.__class__ = _Kept
    compiled._cache._cache_file._function = function
    return cast(Function, compiled)


class _Kept(IndexDataCacheFile):
    """Compiled code on disk, used again as long as all that went into it is the same."""

    _function: Callable[..., Any]

    @property
    def _source_stamp(self) -> str:
        return _fingerprint(self._function)

    @_source_stamp.setter
    def _source_stamp(self, stamp: object) -> None:
        """Numba's own stamp says less: the time and the size of one file."""


@cache
def _fingerprint(function: Callable[..., Any]) -> str:
    """Return the sha256 of a function's code, of every compiled function that it calls, and of the numbers it takes.

    It is asked for when a kernel is first called: what stands below it in its file is not there before.
    """
    digest, seen, waiting = sha256(), set(), [function]
    while waiting:
        part = waiting.pop()
        if part in seen:
            continue
        seen.add(part)
        code = part.__code__
        digest.update(repr((part.__qualname__, code.co_code, code.co_consts, code.co_names)).encode())
        for name in code.co_names:
            value = part.__globals__.get(name)
            if isinstance(value, Dispatcher):
                waiting.append(value.py_func)
            elif isinstance(value, (int, float, str, tuple, np.generic)):
                digest.update(repr((name, value)).encode())
            elif isinstance(value, type) and issubclass(value, tuple):
                digest.update(repr((name, getattr(value, "_fields", ()))).encode())
    return digest.hexdigest()


def inner(function: Function) -> Function:
    """Return the function as a part of the kernels that call it: compiled into each of them, with no call left."""
    return cast(Function, numba.njit(forceinline=True, **_OPTIONS)(function))


def is_compiled(function: Callable[..., Any]) -> bool:
    """Say whether a kernel has been compiled: in this process, or before on this machine."""
    kept = getattr(getattr(function, "_cache", None), "_cache_file", None)
    return bool(getattr(function, "signatures", True)) or (kept is not None and bool(kept._load_index()))
