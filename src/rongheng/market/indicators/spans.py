"""The worst grade among the sessions that a figure rests on, when these are a stretch and not one session."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from rongheng.basics.grades import Grade


def worst_in_span(panel: pl.DataFrame, columns: Sequence[str], first: int = 0, last: int | None = None) -> str | None:
    """Return the worst grade of these grade columns over the rows ``first`` to ``last``, both included.

    Parameters
    ----------
    panel : frame with grade columns (``GRADE_DTYPE`` or text); columns that it lacks do not count
    first, last : positions of rows; they are cut to the panel's ends, and without ``last`` the span ends there

    Returns
    -------
    The grade's word, or ``None`` where none of the rows has a number.

    Examples
    --------
    >>> panel = pl.DataFrame({"balance_grade": ["official", None, "simulated"]})
    >>> worst_in_span(panel, ["balance_grade", "float_cap_grade"], 0, 1)
    'official'
    """
    start = max(first, 0)
    stop = panel.height if last is None else min(last + 1, panel.height)
    rows = panel.slice(start, max(stop - start, 0))
    found = {grade for name in columns if name in rows.columns for grade in rows[name].cast(pl.String).unique()}
    present = [Grade(grade) for grade in found if grade is not None]
    return max(present, key=lambda grade: grade.rank).value if present else None
