"""Random policies as layers of a merge, and what each of them says of one case, worked out by hand from its terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time
from fractions import Fraction
from typing import Any

import polars as pl
from hypothesis import strategies as st

from rongheng.account.policy import (
    BoardGroup,
    CallRules,
    Concentration,
    ConcentrationCheck,
    CuredBy,
    Deadline,
    Interest,
    LimitRow,
    LimitTable,
    Lines,
    LiquidationOrder,
    MarginRatios,
    MovingLines,
    MovingRow,
    OverLimit,
    Override,
    Policy,
    RowBy,
    Scope,
    StopAt,
)
from rongheng.account.policy.enforcement import tighter_deadlines
from rongheng.account.policy.policy import BrokerRatios, LossNetting, RatioMethod, ShareBasis
from rongheng.basics.account_tables import LINES, Board, Business, ClientType, Kind
from rongheng.rulebook.bounds import Range
from rongheng.rulebook.table import EVERY_NUMBER

DAYS = [date(2010, 3, 31), date(2015, 11, 23), date(2023, 9, 11), date(2026, 1, 19)]
CLASSES = ("index_share", "etf")
GROUPS = ("A", "B")
CODES = ("600000.SH", "600001.SH")
CLIENTS = [client.value for client in ClientType]
PERMISSIONS = (frozenset[str](), frozenset({"star"}), frozenset({"star", "bse"}))
STATED = ("interest", "loss_netting", "existing_contracts", "liquidation", "short_cover", "calls")
OF_LIMITS = ("concentration_check.blocked", "concentration_check.exempt_without_debt", "over_limit")
STEPS = ((DAYS[0], 10_000),)
ALWAYS = MarginRatios(STEPS, STEPS, STEPS)
NOON, AFTERNOON = time(11, 30), time(16, 0)


def blank(**terms: Any) -> Policy:
    """Return a policy that says nothing but these terms."""
    return Policy(**{"name": "blank", "withdrawal_line_bp": 30_000, "margin_ratios": ALWAYS, **terms})


@st.composite
def lines(draw: st.DrawFn, names: frozenset[str], *, below: int) -> Lines:
    """Lines of these names, rising from the gravest to the mildest."""
    values = sorted(draw(st.lists(st.integers(10_001, below - 1), min_size=len(names), max_size=len(names))))
    present = [name for name in reversed(LINES) if name in names]
    return Lines(**{f"{name}_bp": value for name, value in zip(present, values, strict=True)})


@st.composite
def moving(draw: st.DrawFn, names: frozenset[str]) -> MovingLines:
    bounds = [*sorted(draw(st.sets(st.sampled_from([2_000, 4_000, 7_000]), max_size=2))), 10_000]
    rows: list[MovingRow] = []
    for bound in bounds:
        row = draw(lines(names, below=20_000))
        if rows:  # a row is never under the one before it
            pairs = ((name, getattr(row, name), getattr(rows[-1].lines, name)) for name in Lines.__slots__)
            row = Lines(**{name: None if a is None else max(a, b) for name, a, b in pairs})
        rows.append(MovingRow(bound, row, draw(st.none() | st.integers(30_000, 33_000))))
    return MovingLines(
        draw(st.integers(20_000, 25_000)),
        tuple(rows),
        draw(st.sampled_from(ShareBasis)),
        draw(st.sampled_from([None, AFTERNOON])),
    )


def steps() -> st.SearchStrategy[tuple[tuple[date, int], ...]]:
    values = st.lists(st.sampled_from([5_000, 8_000, 10_000, 12_000]), min_size=4, max_size=4)
    return values.map(lambda ratios: tuple(zip(DAYS, ratios, strict=True)))


def some(words: Any) -> st.SearchStrategy[frozenset[str]]:
    """Return none, one or several of these words."""
    return st.frozensets(st.sampled_from([str(word) for word in words]), max_size=2)


own_ratios = st.builds(
    BrokerRatios,
    kind=st.sampled_from(Kind),
    first=st.sampled_from(DAYS[:2]),
    until=st.sampled_from([None, DAYS[3]]),
    classes=some(CLASSES),
    clients=some(CLIENTS),
    securities=some(CODES),
    ratio=st.sampled_from([11_000, 13_000]),
)
margin_ratios = st.builds(
    MarginRatios, steps(), steps(), steps(), st.lists(own_ratios, max_size=2, unique=True).map(tuple), st.booleans()
)
deadlines = st.builds(
    Deadline,
    line=st.sampled_from(["liquidation", "next_day"]),
    permissions=st.sampled_from(PERMISSIONS[:2]),
    within_sessions=st.none() | st.integers(0, 3),
    by=st.sampled_from([None, NOON, time(14, 0)]),
    restore_to_bp=st.none() | st.integers(13_000, 16_000),
    cites=st.sampled_from(["broker.one.deadlines", "broker.two.deadlines"]),
)
practice = st.builds(Deadline, line=st.just("liquidation"), within_sessions=st.just(3), is_published=st.just(False))

calls = st.builds(
    CallRules,
    cured_by=st.sampled_from(CuredBy),
    intraday=st.booleans(),
    mark_at_most_sessions=st.integers(0, 2),
    second_person=st.booleans(),
    maturity_notice_sessions=st.integers(0, 10),
    roll_over_ratio_bp=st.none() | st.integers(13_000, 16_000),
    roll_over_largest_share_bp=st.none() | st.integers(3_000, 6_000),
    roll_overs=st.none() | st.integers(0, 3),
)

BOUNDS = (15_000, 18_000, 24_000)
LOANS = (1_000_000, 50_000_000)


@st.composite
def ranges(draw: st.DrawFn, bounds: tuple[int, ...]) -> Range:
    low, high = sorted(draw(st.lists(st.sampled_from(bounds), min_size=2, max_size=2, unique=True)))
    closed = draw(st.tuples(st.booleans(), st.booleans()))
    return draw(
        st.sampled_from(
            [
                EVERY_NUMBER,
                Range(None, False, high, closed[1]),
                Range(low, closed[0], None, False),
                Range(low, closed[0], high, closed[1]),
                Range(low, True, low, True),
            ]
        )
    )


limits = st.none() | st.integers(0, 10_000)


@st.composite
def limit_rows(draw: st.DrawFn) -> LimitRow:
    scope = draw(st.sampled_from(Scope))
    return LimitRow(
        scope=scope,
        limit_bp=draw(limits),
        classes=draw(some(GROUPS)) if scope is not Scope.BOARD else frozenset(),
        boards=draw(some(BoardGroup)) if scope is not Scope.CLASS else frozenset(),
        over_limit=draw(st.sampled_from([None, True, False])) if scope is Scope.SECURITY else None,
        clients=draw(some(CLIENTS)),
        ratio_bp=draw(ranges(BOUNDS)),
        amount_milli=draw(ranges(LOANS)),
    )


tables = st.builds(
    LimitTable,
    rows=st.lists(limit_rows(), max_size=5).map(tuple),
    overrides=st.lists(st.builds(Override, some(CODES), ranges(BOUNDS), limits), max_size=1).map(tuple),
    cites=st.sampled_from(["broker.one.concentration_limits", "client.two.concentration_limits"]),
)
over_limits = st.builds(
    OverLimit, st.sampled_from([2_000, 2_500]), st.sampled_from([Fraction(200), Fraction(300)]), st.booleans()
)
checks = st.builds(
    ConcentrationCheck,
    exempt_without_debt=st.booleans(),
    row_by=st.just(RowBy.LARGER),
    blocked=st.frozensets(st.sampled_from(Business), min_size=1, max_size=3),
)
concentrations = st.builds(
    Concentration,
    tables=st.frozensets(tables, min_size=1, max_size=2),
    check=checks,
    over_limit=st.none() | over_limits,
)


# Each of these says some terms and leaves the others blank, so that two of them often speak of the same.
figured = st.builds(
    blank,
    withdrawal_line_bp=st.integers(30_000, 33_000),
    margin_ratios=margin_ratios,
    restore_target_bp=st.none() | st.integers(13_000, 16_000),
    sale_cost_ppm=st.integers(0, 2_000),
    ratio_method=st.sampled_from(RatioMethod),
    board_coefficients_bp=st.dictionaries(st.sampled_from([Board.STAR, Board.CHINEXT]), st.integers(0, 10_000)),
)


def silent(terms: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """Some of these terms, as those that were not published."""
    return st.sets(st.sampled_from(terms)).map(lambda names: tuple(sorted(names)))


worded = st.builds(
    blank,
    margin_ratios=st.booleans().map(lambda applied: replace(ALWAYS, applied_to_existing=applied)),
    liquidation=st.builds(LiquidationOrder, stop_at=st.sampled_from(StopAt)),
    may_cover_with_financed=st.booleans(),
    calls=calls,
    interest=st.builds(Interest, st.sampled_from([360, 365]), st.booleans(), st.integers(0, 500)),
    loss_netting=st.sampled_from(LossNetting),
    cites=st.dictionaries(st.sampled_from(["lines", "interest"]), st.sampled_from("ab")),
    unpublished=silent((*STATED, "unnamed")),
)
capped = st.builds(blank, concentration=concentrations, unpublished=silent(OF_LIMITS)) | st.just(
    blank(unpublished=OF_LIMITS)
)


@st.composite
def lined(draw: st.DrawFn) -> Policy:
    """A policy of lines alone, most of which move."""
    names = draw(st.sampled_from([frozenset({"liquidation"}), frozenset({"warning", "liquidation"}), frozenset(LINES)]))
    return blank(
        withdrawal_line_bp=draw(st.integers(30_000, 33_000)),
        lines=draw(lines(names, below=20_000)),
        moving_lines=draw(moving(names) | moving(names) | st.none()),
    )


timed = st.lists(deadlines | practice, min_size=1, max_size=6).map(
    lambda rows: blank(deadlines=tighter_deadlines(rows, ()))
)

HAIRCUTS = {"security": pl.String, "haircut_bp": pl.Int64}
BY_CLASS = {"class": pl.String, "group": pl.String, "haircut_bp": pl.Int64}
LISTED = {"security": pl.String, "group": pl.String}
LISTS = ("haircuts", "haircuts_by_class", "haircut_ceilings", "groups")


def by_class() -> st.SearchStrategy[pl.DataFrame | None]:
    cells = st.tuples(st.sampled_from(CLASSES), st.sampled_from((None, *GROUPS)))
    return st.none() | st.dictionaries(cells, st.integers(0, 9_500)).map(
        lambda said: pl.DataFrame([(*cell, bp) for cell, bp in said.items()], schema=BY_CLASS, orient="row")
    )


def listed(values: st.SearchStrategy[Any], schema: Mapping[str, Any]) -> st.SearchStrategy[pl.DataFrame | None]:
    said = st.dictionaries(st.sampled_from(CODES), values)
    return st.none() | said.map(lambda rows: pl.DataFrame(list(rows.items()), schema=dict(schema), orient="row"))


lists = st.builds(
    blank,
    haircuts=listed(st.integers(0, 9_500), HAIRCUTS),
    haircuts_by_class=by_class(),
    haircut_ceilings=by_class(),
    groups=listed(st.sampled_from(GROUPS), LISTED),
)
PARTS = (figured, worded, capped, lined(), timed, lists)


def lines_at(policy: Policy, ratio_bp: int, share_bp: int) -> tuple[Lines, int]:
    """The lines that stand for an account of this ratio and share of STAR and ChiNext, and the withdrawal line."""
    table = policy.moving_lines
    if table is None or ratio_bp > table.wake_bp:
        return policy.lines, policy.withdrawal_line_bp
    row = next(row for row in table.rows if share_bp <= row.upper_share_bp)
    return row.lines, row.withdrawal_line_bp or policy.withdrawal_line_bp


def gravest(policy: Policy, ratio_bp: int, share_bp: int) -> int:
    """Which line the ratio is under, by its place among LINES; -1 for none."""
    found, _ = lines_at(policy, ratio_bp, share_bp)
    return max(
        (place for place, name in enumerate(LINES) if (getattr(found, f"{name}_bp") or 0) > ratio_bp), default=-1
    )


def ratio_at(policy: Policy, day: date, kind: Kind, client: str, class_: str, code: str) -> int:
    """What a contract opened on that day must have."""
    ratios = policy.margin_ratios
    fund = ratios.short_private_fund if client == "private_fund" else ratios.short
    exchange = ratios.financing if kind is Kind.FINANCING else fund
    asked = [
        term.ratio
        for term in ratios.own
        if term.kind is kind
        and term.first <= day
        and (term.until is None or day < term.until)
        and (not term.classes or class_ in term.classes)
        and (not term.clients or client in term.clients)
        and (not term.securities or code in term.securities)
    ]
    return max([ratio for first, ratio in exchange if first <= day][-1:] + [a for a in asked if isinstance(a, int)])


def haircut(policy: Policy, code: str, class_: str, group: str) -> int:
    """What a security of a class and a group counts for: list, else by class, and never above the ceiling."""

    def cell(frame: pl.DataFrame | None) -> int:
        cells: Mapping[Any, int] = {} if frame is None else {(c, g): bp for c, g, bp in frame.rows()}
        return cells.get((class_, group), cells.get((class_, None), 10_000))

    own = cell(policy.haircuts_by_class)
    if policy.haircuts is not None:
        own = dict(policy.haircuts.rows()).get(code, 0)
    return min(own, cell(policy.haircut_ceilings))
