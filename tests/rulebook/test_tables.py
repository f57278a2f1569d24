"""Tables: each case has one row, bounds say which side they are on, and what was not published is not made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.basics.errors import RuleError, UsageError
from rongheng.rulebook import Rulebook
from rongheng.rulebook.bounds import Range, parse_range
from rongheng.rulebook.scalars import read_percent
from rongheng.rulebook.table import Row, Table, gap, overlap
from rongheng.rulebook.values import NO_LIMIT

EVERY: dict[str, str | int] = {
    "scope": "security",
    "concentration_class": "A",
    "board": "main",
    "over_limit": "normal",
    "debt": 0,
}


def limits(broker: str, session: str) -> Table:
    return Rulebook.load().rule(f"broker.{broker}.concentration_limits").on(session).table


@pytest.mark.parametrize(
    ("ratio", "individual", "product"),
    [
        (17_999, 5_000, 3_000),
        (18_000, 7_000, 5_000),
        (23_999, 7_000, 5_000),
        (24_000, None, 5_000),
        (30_000, None, None),
    ],
)
def test_tibet_eastmoney_limits_one_security_as_its_notice_of_2018_says(
    ratio: int, individual: int | None, product: int | None
) -> None:
    table = limits("tibet_eastmoney", "2018-06-04")
    for client, limit in (("individual", individual), ("institution", individual), ("product", product)):
        found = table.row(client_type=client, maintenance_ratio=ratio, **EVERY).values["limit"]
        assert found == (NO_LIMIT if limit is None else limit)


def test_a_private_fund_is_a_product_unless_a_row_names_it() -> None:
    table = limits("tibet_eastmoney", "2018-06-04")
    assert table.row(client_type="private_fund", maintenance_ratio=18_000, **EVERY).values["limit"] == 5_000
    shorts = Rulebook.load().rule("broker.illustrative.short_ratios").on("2024-07-22").table
    fund = shorts.row(client_type="private_fund", security_class="etf")
    product = shorts.row(client_type="product", security_class="etf")
    assert fund is not product


def test_a_cell_that_was_never_published_is_not_made_up() -> None:
    table = limits("citic", "2025-03-28")
    asked = EVERY | {"client_type": "individual", "concentration_class": "C", "maintenance_ratio": 18_000}
    assert table.row(**asked).values["limit"] == 3_000
    asked["maintenance_ratio"] = 18_001
    assert table.find_row(**asked) is None
    with pytest.raises(RuleError, match="the document has no row for"):
        table.row(**asked)


def test_a_table_wants_all_its_keys() -> None:
    with pytest.raises(UsageError, match="it needs scope, concentration_class"):
        limits("citic", "2025-03-28").row(scope="security")


@pytest.mark.parametrize(
    ("typed", "inside", "outside"),
    [
        ("180% <= x < 240%", [18_000, 23_999], [17_999, 24_000]),
        ("200% < x <= 230%", [20_001, 23_000], [20_000, 23_001]),
        ("x < 180%", [-1, 17_999], [18_000]),
        ("x >= 300%", [30_000, 10**9], [29_999]),
        ("x = 180%", [18_000], [17_999, 18_001]),
        ("any", [-(10**9), 0, 10**9], []),
    ],
)
def test_a_range_says_on_which_side_its_bounds_are(typed: str, inside: list[int], outside: list[int]) -> None:
    row = parse_range(typed, bound=read_percent)
    assert all(number in row for number in inside)
    assert not any(number in row for number in outside)


@pytest.mark.parametrize(
    "typed", ["180%", "180% <= y < 240%", "x <", "x < 180% < 240%", "180% > x > 150%", "x <> 180%"]
)
def test_what_is_no_range_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="found"):
        parse_range(typed, bound=read_percent)


bounds = st.none() | st.integers(0, 6)
ranges = st.builds(Range, bounds, st.booleans(), bounds, st.booleans()).filter(
    lambda r: r.low is None or r.high is None or r.low < r.high
)
# Halves stand for the numbers between two neighbouring whole ones.
HALVES = [n / 2 for n in range(-4, 18)]


@given(ranges, ranges)
def test_two_ranges_meet_when_a_number_lies_in_both(first: Range, second: Range) -> None:
    both = any(half in first and half in second for half in HALVES)  # type: ignore[operator]
    assert first.meets(second) == second.meets(first) == both


def scaled(row: Range) -> Range:
    """The same range in a unit a hundred times finer, as printed percentages are in basis points."""
    low = None if row.low is None else row.low * 100
    high = None if row.high is None else row.high * 100
    return Range(low, row.low_included, high, row.high_included)


def one_column(rows: list[Range]) -> Table:
    return Table(tuple(Row({"x": scaled(row)}, {}, None, "here") for row in rows))


@given(st.lists(ranges, min_size=1, max_size=5))
def test_a_gap_is_found_exactly_where_there_is_one(rows: list[Range]) -> None:
    uncovered = [half for half in HALVES if not any(half in row for row in rows)]  # type: ignore[operator]
    found = gap(one_column(rows), complete={})
    assert (found is None) == (not uncovered)
    if found is not None:
        number = found["x"]
        assert isinstance(number, int)
        assert not any(number in scaled(row) for row in rows)


@given(st.lists(ranges, min_size=1, max_size=5))
def test_an_overlap_is_found_exactly_where_there_is_one(rows: list[Range]) -> None:
    twice = [half for half in HALVES if sum(half in row for row in rows) > 1]  # type: ignore[operator]
    assert (overlap(one_column(rows)) is None) == (not twice)


members = st.sets(st.sampled_from("ABC"), min_size=1).map(frozenset)


@given(st.lists(st.tuples(members, ranges), min_size=1, max_size=6))
def test_gaps_of_two_columns_are_those_of_their_product(cells: list[tuple[frozenset[str], Range]]) -> None:
    table = Table(tuple(Row({"class": letters, "x": scaled(row)}, {}, None, "here") for letters, row in cells))
    named = sorted({letter for letters, _ in cells for letter in letters})
    uncovered = [
        (letter, half)
        for letter in named
        for half in HALVES
        if not any(letter in letters and half in row for letters, row in cells)  # type: ignore[operator]
    ]
    found = gap(table, complete={})
    assert (found is None) == (not uncovered)
    if found is not None:
        assert not any(row.fits(found) for row in table.rows)
