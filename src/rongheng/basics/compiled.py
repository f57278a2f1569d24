"""Compile kernels once for each machine, and say so when the cache cannot be kept.

Kernels release the interpreter's lock, are cached on disk, divide as NumPy does (no test for zero: every kernel tests
its own divisors) and never use fast maths.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

import numba
import numpy as np

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
        return cast(Function, numba.njit(cache=True, **_OPTIONS)(function))
    except RuntimeError:  # "no locator available": neither the package's folder nor the user's can be written
        return cast(Function, numba.njit(**_OPTIONS)(function))


def inner(function: Function) -> Function:
    """Return the function as a part of the kernels that call it: compiled into each of them, with no call left."""
    return cast(Function, numba.njit(forceinline=True, **_OPTIONS)(function))


def is_compiled(function: Callable[..., Any]) -> bool:
    """Say whether a kernel has been compiled: in this process, or before on this machine."""
    kept = getattr(getattr(function, "_cache", None), "_cache_file", None)
    return bool(getattr(function, "signatures", True)) or (kept is not None and bool(kept._load_index()))
