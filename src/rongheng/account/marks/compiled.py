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


def kernel(function: Function) -> Function:
    """Return the function compiled on first use; where no folder for the cache can be written, compiled each run."""
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    try:
        return cast(Function, numba.njit(cache=True, **options)(function))
    except RuntimeError:  # "no locator available": neither the package's folder nor the user's can be written
        return cast(Function, numba.njit(**options)(function))
