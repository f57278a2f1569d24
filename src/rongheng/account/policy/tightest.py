"""Two policies in one: for each term the tighter of the two.

What lives here: the merge. What does not: where the policies come from (``broker.py``, ``client.py``), and refusing a
term that is looser than the one above it (``rulebook.tightening``).

The merge does not ask which policy stands above the other: it is the same in either order, and of a policy with itself
it is that policy. A term that one of them leaves ``unpublished`` is the other's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Final, TypeVar

import polars as pl

from rongheng.account.policy.concentration import (
    Concentration,
    ConcentrationCheck,
    OverLimit,
    RowBy,
    tighter_over_limit,
)
from rongheng.account.policy.enforcement import (
    Deadline,
    DebtPart,
    LiquidationOrder,
    StopAt,
    both_cited,
    stricter_calls,
    tighter_deadlines,
)
from rongheng.account.policy.policy import (
    Interest,
    Lines,
    LossNetting,
    MarginRatios,
    MovingLines,
    MovingRow,
    Policy,
    RatioMethod,
    ShareBasis,
)
from rongheng.basics.account_tables import LINES
from rongheng.basics.errors import RuleError

T = TypeVar("T")
K = TypeVar("K")
Steps = tuple[tuple[date, int], ...]
_BY_CLASS: Final = {"class": pl.String, "group": pl.String, "haircut_bp": pl.Int64}


def tightest(first: Policy, second: Policy, *, name: str) -> Policy:
    """Return one policy that is nowhere looser than either (从严适用).

    Lines and margin ratios are the higher ones, haircuts and board coefficients the lower ones. Where only one of the
    two moves its lines, the other's fixed lines hold in every row.

    Raises
    ------
    RuleError
        The terms cannot stand together, or the policies value suspended securities in different ways, of which no one
        can say which is tighter.
    """
    if first.valuation is not second.valuation:
        raise RuleError(
            f"Policy {name}: {first.name} values suspended securities by {first.valuation}, {second.name} by "
            f"{second.valuation}; neither is tighter. Choose one for both."
        )
    pair = (first, second)
    deadlines = tighter_deadlines(first.deadlines, second.deadlines)
    return Policy(
        name=name,
        withdrawal_line_bp=max(policy.withdrawal_line_bp for policy in pair),
        margin_ratios=_margin_ratios(first, second),
        lines=_higher_lines(first.lines, second.lines),
        moving_lines=_moving_lines(first, second),
        restore_target_bp=max((t for p in pair if (t := p.restore_target_bp) is not None), default=None),
        deadlines=deadlines,
        liquidation=_of_the_stated(pair, "liquidation", lambda policy: policy.liquidation, _more_sold),
        repayment=_of_the_stated(pair, "repayment", lambda policy: policy.repayment, _same_repayment),
        calls=_of_the_stated(pair, "calls", lambda policy: policy.calls, stricter_calls),
        may_cover_with_financed=_of_the_stated(
            pair, "short_cover", lambda policy: policy.may_cover_with_financed, lambda one, other: one and other
        ),
        sale_cost_ppm=max(policy.sale_cost_ppm for policy in pair),
        concentration=_concentration(first, second),
        interest=_of_the_stated(pair, "interest", lambda policy: policy.interest, _dearer),
        loss_netting=_of_the_stated(pair, "loss_netting", lambda policy: policy.loss_netting, _full_losses),
        ratio_method=max((p.ratio_method for p in pair), key=lambda method: method is RatioMethod.COEFFICIENT),
        board_coefficients_bp=_united(first.board_coefficients_bp, second.board_coefficients_bp, min),
        haircuts=_either(first.haircuts, second.haircuts, _lower_haircuts),
        haircuts_by_class=_by_class(first, second),
        haircut_ceilings=_ceilings(first, second),
        groups=_either(first.groups, second.groups, _graver_groups),
        valuation=first.valuation,
        cites=_cites(first, second, deadlines),
        unpublished=_unpublished(first, second),
    )


def _of_the_stated(pair: tuple[Policy, Policy], term: str, get: Callable[[Policy], T], both: Callable[[T, T], T]) -> T:
    """Return the term of the policy that states it; of both what ``both`` says, and so of neither."""
    stated = [policy for policy in pair if term not in policy.unpublished]
    first, *others = stated or pair
    return both(get(first), get(others[0])) if others else get(first)


def _unpublished(first: Policy, second: Policy) -> tuple[str, ...]:
    """Return what neither states, and the line whose name either has lost, in one order for both ways round."""
    neither = {*first.unpublished} & {*second.unpublished}
    return tuple(sorted(neither | ({"unnamed"} & {*first.unpublished, *second.unpublished})))


def _united(first: Mapping[K, T], second: Mapping[K, T], both: Callable[[T, T], T]) -> Mapping[K, T]:
    shared = {key: both(first[key], second[key]) for key in first.keys() & second.keys()}
    return MappingProxyType({**first, **second, **shared})


def _either(first: T | None, second: T | None, both: Callable[[T, T], T]) -> T | None:
    return both(first, second) if first is not None and second is not None else first if second is None else second


def _cites(first: Policy, second: Policy, deadlines: tuple[Deadline, ...]) -> Mapping[str, str]:
    """Return the rules that hold; what only stood in for a term is not cited once the other policy states it."""
    cites = _united(_standing_cites(first, second), _standing_cites(second, first), both_cited)
    if "deadlines" not in cites:
        return cites
    return MappingProxyType({**cites, "deadlines": both_cited(*(row.cites for row in deadlines))})


def _standing_cites(policy: Policy, other: Policy) -> Mapping[str, str]:
    replaced = {*policy.unpublished} - {*other.unpublished}
    return {term: rule for term, rule in policy.cites.items() if term not in replaced}


def _concentration(first: Policy, second: Policy) -> Concentration | None:
    """Return the tables of both, each of which binds, with the stricter test."""
    a, b = first.concentration, second.concentration
    if a is None or b is None:
        return a or b
    return Concentration(
        tables=a.tables | b.tables,
        check=ConcentrationCheck(
            exempt_without_debt=_of_the_stated(
                (first, second),
                "concentration_check.exempt_without_debt",
                lambda policy: _check(policy).exempt_without_debt,
                lambda one, other: one and other,
            ),
            row_by=_of_the_stated(
                (first, second), "concentration_check.row_by", lambda policy: _check(policy).row_by, _same_amount
            ),
            blocked=_of_the_stated(
                (first, second),
                "concentration_check.blocked",
                lambda policy: _check(policy).blocked,
                lambda one, other: one | other,
            ),
        ),
        over_limit=_of_the_stated((first, second), "over_limit", _over_limit, tighter_over_limit),
    )


def _check(policy: Policy) -> ConcentrationCheck:
    assert policy.concentration is not None, "a policy without limits has no check"
    return policy.concentration.check


def _over_limit(policy: Policy) -> OverLimit | None:
    return policy.concentration.over_limit if policy.concentration else None


def _same_amount(first: RowBy, second: RowBy) -> RowBy:
    if first is not second:
        raise RuleError(
            f"The row of concentration limits is chosen by {first} and by {second}; neither is tighter. Choose one for "
            "both."
        )
    return first


def _more_sold(first: LiquidationOrder, second: LiquidationOrder) -> LiquidationOrder:
    """Return the order of both, which must be one, stopping where less debt is left."""
    if replace(first, stop_at=second.stop_at) != second:
        raise RuleError(
            f"A forced sale goes by {', '.join(first.steps)} ({first.within_step}) and by {', '.join(second.steps)} "
            f"({second.within_step}); neither is tighter. Choose one for both."
        )
    return max(first, second, key=lambda order: order.stop_at is StopAt.DEBT_REPAID)


def _same_repayment(first: tuple[DebtPart, ...], second: tuple[DebtPart, ...]) -> tuple[DebtPart, ...]:
    if first != second:
        raise RuleError(
            f"A payment pays {', '.join(first)} in one policy and {', '.join(second)} in the other; neither is "
            "tighter. Choose one for both."
        )
    return first


def _dearer(first: Interest, second: Interest) -> Interest:
    return Interest(
        basis_days=min(first.basis_days, second.basis_days),
        last_day_out=first.last_day_out and second.last_day_out,
        overdue_ppm_a_day=max(first.overdue_ppm_a_day, second.overdue_ppm_a_day),
    )


def _full_losses(first: LossNetting, second: LossNetting) -> LossNetting:
    """Return the netting under which less counts: a loss of its own is never made good by a gain."""
    return LossNetting.CONTRACT if LossNetting.CONTRACT in (first, second) else first


def _margin_ratios(first: Policy, second: Policy) -> MarginRatios:
    a, b = first.margin_ratios, second.margin_ratios
    return MarginRatios(
        financing=_higher_steps(a.financing, b.financing),
        short=_higher_steps(a.short, b.short),
        short_private_fund=_higher_steps(a.short_private_fund, b.short_private_fund),
        own=tuple(dict.fromkeys((*a.own, *b.own))),  # of all that are about a contract, the highest counts
        applied_to_existing=_of_the_stated(
            (first, second),
            "existing_contracts",
            lambda policy: policy.margin_ratios.applied_to_existing,
            lambda one, other: one and other,
        ),
    )


def _higher_steps(first: Steps, second: Steps) -> Steps:
    """Return the higher of two step functions of the day."""
    steps: list[tuple[date, int]] = []
    for day in sorted({day for day, _ in (*first, *second)}):
        ratio = max(_standing(first, day), _standing(second, day))
        if not steps or steps[-1][1] != ratio:
            steps.append((day, ratio))
    return tuple(steps)


def _standing(steps: Steps, day: date) -> int:
    return next((ratio for first, ratio in reversed(steps) if first <= day), 0)


def _higher_lines(first: Lines, second: Lines) -> Lines:
    """Return the higher of each line; a milder line is raised to the graver ones, so that none is left under one."""
    values: dict[str, int | None] = {}
    gravest = 0
    for name in reversed(LINES):
        line = max(getattr(first, f"{name}_bp") or 0, getattr(second, f"{name}_bp") or 0)
        gravest = max(gravest, line)
        values[f"{name}_bp"] = gravest if line else None
    return Lines(**values)


def _moving_lines(first: Policy, second: Policy) -> MovingLines | None:
    """Return the higher of both in every row; the rows end wherever those of either do."""
    moving = [policy.moving_lines for policy in (first, second) if policy.moving_lines is not None]
    if not moving:
        return None
    times = {table.measured_at for table in moving if table.measured_at is not None}
    if len(times) > 1:
        raise RuleError(
            f"Lines move by what is measured at {' and at '.join(str(at) for at in sorted(times))}; neither is "
            "tighter. Choose one for both."
        )
    bounds = sorted({row.upper_share_bp for table in moving for row in table.rows})
    wake_bp = max(table.wake_bp for table in moving)
    return MovingLines(
        wake_bp=wake_bp,
        rows=tuple(_higher_row(_row_at(first, bound, wake_bp), _row_at(second, bound, wake_bp)) for bound in bounds),
        basis=ShareBasis.GROSS if any(table.basis is ShareBasis.GROSS for table in moving) else ShareBasis.NET,
        measured_at=next(iter(times), None),
    )


def _row_at(policy: Policy, share_bp: int, wake_bp: int) -> MovingRow:
    """Return the row for shares up to a bound, its withdrawal line filled in.

    Where the policy's own lines do not move, or only from a lower ratio on, its fixed lines stand too.
    """
    fixed = MovingRow(share_bp, policy.lines, policy.withdrawal_line_bp)
    if policy.moving_lines is None:
        return fixed
    row = next(row for row in policy.moving_lines.rows if share_bp <= row.upper_share_bp)
    row = MovingRow(share_bp, row.lines, row.withdrawal_line_bp or policy.withdrawal_line_bp)
    return row if policy.moving_lines.wake_bp == wake_bp else _higher_row(row, fixed)


def _higher_row(first: MovingRow, second: MovingRow) -> MovingRow:
    withdrawal = max(first.withdrawal_line_bp or 0, second.withdrawal_line_bp or 0)
    return MovingRow(first.upper_share_bp, _higher_lines(first.lines, second.lines), withdrawal)


def _by_class(first: Policy, second: Policy) -> pl.DataFrame | None:
    """Return the haircuts by class for securities of which no list speaks."""
    if (first.haircuts is None) == (second.haircuts is None):
        return _either(first.haircuts_by_class, second.haircuts_by_class, _lower_by_class)
    return second.haircuts_by_class if first.haircuts is None else first.haircuts_by_class


def _ceilings(first: Policy, second: Policy) -> pl.DataFrame | None:
    """Return what no list may exceed: haircuts by class of a policy without a list bound the other's list."""
    ceilings = _either(first.haircut_ceilings, second.haircut_ceilings, _lower_by_class)
    if (first.haircuts is None) == (second.haircuts is None):
        return ceilings
    unlisted = first if first.haircuts is None else second
    return _either(ceilings, unlisted.haircuts_by_class, _lower_by_class)


def _lower_haircuts(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Return the lower haircut of the securities that stand on both lists; off a list nothing counts."""
    both = first.join(second, on="security", suffix="_other").sort("security")
    return both.select("security", haircut_bp=pl.min_horizontal("haircut_bp", "haircut_bp_other"))


def _lower_by_class(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Return the lower haircut of each cell; a cell for any group bounds every group of its class."""
    tables = [
        {(cls, group): bp for cls, group, bp in frame.select(*_BY_CLASS).iter_rows()} for frame in (first, second)
    ]
    cells = sorted({cell for table in tables for cell in table}, key=lambda cell: (cell[0], cell[1] or ""))
    rows = []
    for cls, group in cells:
        said = [table.get((cls, group), table.get((cls, None))) for table in tables]
        rows.append((cls, group, min(bp for bp in said if bp is not None)))
    return pl.DataFrame(rows, schema=_BY_CLASS, orient="row")


def _graver_groups(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    columns = ["security", "group"]
    both = pl.concat([first.select(columns), second.select(columns)])
    return both.group_by("security").agg(pl.col("group").cast(pl.String()).max()).sort("security")
