"""Whether a kernel must be compiled is known before it runs."""

from __future__ import annotations

from rongheng.account.marks.kernels import mark_accounts
from rongheng.basics.compiled import is_compiled, kernel


@kernel
def _doubled(number: int) -> int:
    return number * 2


def test_a_kernel_is_compiled_once_it_has_run() -> None:
    fresh = kernel(_doubled.py_func)  # type: ignore[attr-defined]  # a kernel that nobody has called
    fresh._cache.flush()
    assert not is_compiled(fresh)
    assert fresh(21) == 42
    assert is_compiled(fresh)
    assert is_compiled(kernel(_doubled.py_func))  # type: ignore[attr-defined]  # another process would find it kept


def test_a_function_that_is_no_kernel_needs_no_compiling() -> None:
    assert is_compiled(len)
    assert is_compiled(mark_accounts.py_func)  # type: ignore[attr-defined]
