"""Concentration limits are looked up cell by cell as the documents' tables read, exactly on their bounds too."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.account.policy import Policy, PolicySet
from rongheng.account.policy.concentration import BoardGroup, LimitRow, Override, RowBy, Scope
from rongheng.account.policy.concentration_lookup import (
    BOARD_SLOT,
    CLASS_SLOT,
    NO_LIMIT_BP,
    UNLIMITED,
    exceeds,
    limit_row,
)
from rongheng.account.policy.concentration_terms import BOARD_CELLS, ConcentrationTerms, Unknown, concentration_terms
from rongheng.basics.account_tables import GROUPS, Business, ClientType
from rongheng.basics.errors import RuleError
from rongheng.basics.market_day import MarketDay
from rongheng.basics.money import AMOUNT_LIMIT_MILLI, BP
from rongheng.rulebook import Rulebook
from rongheng.rulebook.bounds import Range
from rongheng.rulebook.table import EVERY_NUMBER, Key, Table
from rongheng.rulebook.values import NO_LIMIT

SESSION = date(2026, 3, 2)
RULES = Rulebook.load()
CLIENTS = list(ClientType)
# One security of each board, and what boards it is added to, as the class board_group of the rulebook describes them.
BOARDS: dict[str, tuple[str, bool | None, frozenset[str]]] = {
    "600000.SH": ("main", False, frozenset({"main", "approval"})),
    "601000.SH": ("main", True, frozenset({"main"})),
    "688000.SH": ("star", True, frozenset({"star", "dual_board", "registration"})),
    "300001.SZ": ("chinext", False, frozenset({"chinext", "dual_board", "approval"})),
    "301000.SZ": ("chinext", True, frozenset({"chinext", "dual_board", "registration"})),
    "920000.BJ": ("bse", True, frozenset({"bse"})),
    "510300.SH": ("fund", None, frozenset({"other"})),
    "600157.SH": ("main", False, frozenset({"main", "approval"})),  # overrides of two brokers name it
}
CODES = list(BOARDS)


def day(over: frozenset[str] = frozenset()) -> MarketDay:
    """Return a day of these securities, some of them with a P/E and a collateral share of the over-limit class."""
    rows = [
        {
            "security": code,
            "board": board,
            "registered": registered,
            "price_milli": 10_000,
            "haircut_cap_bp": 7_000,
            "static_pe_hundredths": 30_000 if code in over else 1_500,
            "collateral_share_bp": 2_500 if code in over else 100,
        }
        for code, (board, registered, _) in BOARDS.items()
    ]
    return MarketDay(SESSION, pl.DataFrame(rows, infer_schema_length=None))


@cache
def published(name: str) -> Policy:
    return PolicySet.load(name, session=SESSION, rulebook=RULES)[name]


def policy(name: str, groups: dict[str, str] | None = None) -> Policy:
    listed = None if groups is None else pl.DataFrame({"security": list(groups), "group": list(groups.values())})
    return replace(published(name), groups=listed)


def terms_of(*policies: Policy, over: frozenset[str] = frozenset()) -> ConcentrationTerms:
    return concentration_terms(policies, day(over), pl.Series(CODES))


def row_of(
    terms: ConcentrationTerms, assets: int, debt: int, *, client: ClientType = ClientType.INDIVIDUAL, line: int = 0
) -> int:
    """Return the row of the first policy, found by the same lines that the kernels compile."""
    return int(limit_row.py_func(terms.limits, 0, CLIENTS.index(client), assets, debt, line))  # type: ignore[attr-defined]


def limit_of(terms: ConcentrationTerms, row: int, code: str) -> int | None:
    limit = int(terms.limits.limit_bp[row, terms.limits.slot[CODES.index(code)]])
    return None if limit == NO_LIMIT_BP else limit


def searched(table: Table, ratio: Fraction | int, **keys: str | int) -> int | None:
    """Search the rulebook's table row by row; the lowest of the limits that fit, ``None`` for no limit or no row."""
    asked: dict[str, str | int | Fraction] = {**keys, "maintenance_ratio": ratio}
    fitting = [row.values["limit"] for row in table.rows if all(fits(cell, asked[c]) for c, cell in row.keys.items())]
    return min((limit for limit in fitting if isinstance(limit, int)), default=None)


def fits(cell: Key, key: str | int | Fraction) -> bool:
    if isinstance(cell, Range):
        assert not isinstance(key, str)
        return key in cell
    return not cell or key in cell


LIMITED = ("tibet_eastmoney", "everbright", "caitong", "citic", "illustrative")
BOUNDS_BP = (15_000, 16_000, 18_000, 20_000, 22_000, 23_000, 24_000, 25_000, 30_000)


@st.composite
def accounts(draw: st.DrawFn) -> tuple[int, int, int]:
    """Assets, debt and credit line: on a bound, one milli-yuan to either side, or anywhere."""
    debt = draw(st.integers(0, 10**11) | st.sampled_from([0, 1, 49_999_999_999, 50_000_000_000, 50_000_000_001]))
    on_bound = draw(st.sampled_from(BOUNDS_BP)) * debt // BP
    assets = max(0, draw(st.integers(0, 4 * 10**11) | st.integers(-1, 1).map(lambda aside: on_bound + aside)))
    line = draw(st.sampled_from([0, 49_999_999_999, 50_000_000_000]) | st.integers(0, 10**11))
    return assets, debt, line


@given(
    st.sampled_from(LIMITED),
    accounts(),
    st.sampled_from(CLIENTS),
    st.dictionaries(st.sampled_from(CODES), st.sampled_from(GROUPS)),
    st.frozensets(st.sampled_from(CODES)),
)
def test_every_limit_is_the_one_that_the_brokers_table_has(
    name: str, account: tuple[int, int, int], client: ClientType, groups: dict[str, str], over: frozenset[str]
) -> None:
    assets, debt, line = account
    terms = terms_of(policy(name, groups), over=over)
    row = row_of(terms, assets, debt, client=client, line=line)
    if debt == 0 and name == "illustrative":  # it exempts accounts without debt
        assert row == UNLIMITED
        return
    ratio = Fraction(assets * BP, debt) if debt else 10**9
    table = RULES.rule(f"broker.{name}.concentration_limits").on(SESSION).table
    account_keys: dict[str, str | int] = {"client_type": client.value, "debt": max(debt, line)}
    for code, (board, _, board_groups) in BOARDS.items():
        flag = "over" if code in over and board != "fund" else "normal"
        keys = {"scope": "security", "concentration_class": groups.get(code, ""), "over_limit": flag, **account_keys}
        by_board = [searched(table, ratio, board=group, **keys) for group in board_groups]
        expected = min((limit for limit in by_board if limit is not None), default=None)
        if RULES.find_rule(f"broker.{name}.concentration_overrides"):
            named = RULES.rule(f"broker.{name}.concentration_overrides").on(SESSION).table
            own = [r for r in named.rows if fits(r.keys["security"], code) and fits(r.keys["maintenance_ratio"], ratio)]
            if own:
                expected = None if own[0].values["limit"] is NO_LIMIT else int(str(own[0].values["limit"]))
        assert limit_of(terms, row, code) == expected, code
    totals = {"over_limit": "", "concentration_class": "", "board": "", **account_keys}
    for slot, group in enumerate(GROUPS, start=CLASS_SLOT):
        expected = searched(table, ratio, **{**totals, "scope": "class", "concentration_class": group})
        assert terms.limits.limit_bp[row, slot] == (NO_LIMIT_BP if expected is None else expected)
    for slot, board_group in enumerate(BoardGroup, start=BOARD_SLOT):
        expected = searched(table, ratio, **{**totals, "scope": "board", "board": board_group.value})
        assert terms.limits.limit_bp[row, slot] == (NO_LIMIT_BP if expected is None else expected)
    used = terms.limits.limit_bp[row, terms.limits.slot]
    assert terms.limits.least_bp[row] <= used.min()


def test_the_words_are_the_rulebooks() -> None:
    classes = RULES.classes.members
    assert [group.value for group in BoardGroup] == list(classes["board_group"])
    assert [scope.value for scope in Scope] == list(classes["concentration_scope"])
    assert list(GROUPS) == list(classes["concentration_class"])
    assert [by.value for by in RowBy] == list(
        RULES.rule("practice.concentration.check").schema.terms["row_by"].schema.choices
    )


# Published limits for one share of the main board, on both sides of every bound (assets and debt in yuan).
PUBLISHED = [
    # 西藏东方财富 since 2020-08-24: < 180 % 60, [180, 220) 80, then none; a product < 180 % 30, [180, 300) 50, none
    ("tibet_eastmoney", "individual", 179_999, 100_000, 6_000),
    ("tibet_eastmoney", "individual", 180_000, 100_000, 8_000),
    ("tibet_eastmoney", "institution", 219_999, 100_000, 8_000),
    ("tibet_eastmoney", "institution", 220_000, 100_000, None),
    ("tibet_eastmoney", "product", 179_999, 100_000, 3_000),
    ("tibet_eastmoney", "private_fund", 180_000, 100_000, 5_000),  # a private fund is a product
    ("tibet_eastmoney", "private_fund", 299_999, 100_000, 5_000),
    ("tibet_eastmoney", "product", 300_000, 100_000, None),
    # 光大 2017: < 160 % 60, [160, 200) 80, then up to 100
    ("everbright", "individual", 159_999, 100_000, 6_000),
    ("everbright", "individual", 160_000, 100_000, 8_000),
    ("everbright", "individual", 199_999, 100_000, 8_000),
    ("everbright", "individual", 200_000, 100_000, 10_000),
    # 财通 2018, 600157: <= 200 % 70, (200, 230] 80, (230, 250] 90, then none
    ("caitong", "individual", 200_000, 100_000, 7_000),
    ("caitong", "individual", 200_001, 100_000, 8_000),
    ("caitong", "individual", 230_000, 100_000, 8_000),
    ("caitong", "individual", 230_001, 100_000, 9_000),
    ("caitong", "individual", 250_000, 100_000, 9_000),
    ("caitong", "individual", 250_001, 100_000, None),
]


@pytest.mark.parametrize(("name", "client", "assets", "debt", "expected"), PUBLISHED)
def test_published_limits_hold_on_both_sides_of_their_bounds(
    name: str, client: str, assets: int, debt: int, expected: int | None
) -> None:
    terms = terms_of(policy(name))
    row = row_of(terms, assets * 1_000, debt * 1_000, client=ClientType(client))
    assert limit_of(terms, row, "600157.SH") == expected


REGISTRATION = [(149_999, 0), (150_000, 2_000), (199_999, 2_000), (200_000, 4_000), (249_999, 4_000), (250_000, 6_000)]


@pytest.mark.parametrize(("assets", "expected"), [*REGISTRATION, (299_999, 6_000), (300_000, 7_000)])
def test_caitong_limits_the_registration_boards_together(assets: int, expected: int) -> None:
    terms = terms_of(policy("caitong"))
    row = row_of(terms, assets, 100_000)
    assert terms.limits.limit_bp[row, BOARD_SLOT + list(BoardGroup).index(BoardGroup.REGISTRATION)] == expected
    assert limit_of(terms, row, "688000.SH") is None  # one security of them is not limited


def test_tibet_eastmoneys_later_notice_leaves_star_and_chinext_out_and_takes_funds_in() -> None:
    terms = terms_of(policy("tibet_eastmoney"))
    row = row_of(terms, 179_999, 100_000)
    limits = {code: limit_of(terms, row, code) for code in CODES}
    assert limits == {code: None if board in ("star", "chinext") else 6_000 for code, (board, _, _) in BOARDS.items()}


def test_of_citics_table_one_cell_is_known() -> None:
    # class C, R = 180 %: 30 %; the shares are A, C and of no class
    terms = terms_of(policy("citic", {"600000.SH": "A", "601000.SH": "C"}))
    at, aside = row_of(terms, 180_000, 100_000), row_of(terms, 180_001, 100_000)
    assert [limit_of(terms, at, code) for code in ("600000.SH", "601000.SH", "688000.SH")] == [None, 3_000, None]
    assert limit_of(terms, aside, "601000.SH") is None
    assert limit_of(terms, row_of(terms, 179_999, 100_000), "601000.SH") is None


def test_a_policy_without_limits_limits_nobody() -> None:
    terms = terms_of(policy("exchange_only"), policy("tianfeng"), policy("everbright"))
    assert terms.limits.is_limited.tolist() == [False, False, True]
    assert row_of(terms, 100_000, 100_000) == UNLIMITED


def test_an_account_without_debt_has_the_highest_row() -> None:
    terms = terms_of(policy("everbright"))
    assert limit_of(terms, row_of(terms, 1, 0), "600000.SH") == 10_000


def test_a_broker_may_exempt_accounts_without_debt() -> None:
    terms = terms_of(policy("illustrative"))
    assert row_of(terms, 100_000, 0, line=100_000) == UNLIMITED
    assert row_of(terms, 100_000, 1) != UNLIMITED


def test_the_larger_of_debt_and_credit_line_chooses_the_row() -> None:
    # illustrative, classes A and B from 240 %: no limit under 50 m yuan, then 90 %
    groups = {"600000.SH": "A"}
    for debt, line, expected in ((49_999_999_999, 0, None), (50_000_000_000, 0, 9_000), (1, 50_000_000_000, 9_000)):
        terms = terms_of(policy("illustrative", groups))
        assert limit_of(terms, row_of(terms, 3 * debt, debt, line=line), "600000.SH") == expected
    own = policy("illustrative", groups)
    assert own.concentration is not None
    by_debt = replace(own.concentration, check=replace(own.concentration.check, row_by=RowBy.DEBT))
    terms = terms_of(replace(own, concentration=by_debt))
    assert limit_of(terms, row_of(terms, 3, 1, line=50_000_000_000), "600000.SH") is None


OVER = [
    # (collateral share, P/E in hundredths) on either side of 25 % and 300 times; a negative P/E counts
    (2_500, 30_000, True),
    (2_499, 30_000, False),
    (2_500, 29_999, False),
    (2_500, -1, True),
    (2_500, None, False),
    (None, 30_000, False),
    (2_499, None, False),
]


@pytest.mark.parametrize(("share", "pe", "over"), OVER)
def test_a_share_is_over_the_limit_by_its_collateral_share_and_its_pe(
    share: int | None, pe: int | None, over: bool
) -> None:
    frame = day().securities.with_columns(
        static_pe_hundredths=pl.lit(pe, dtype=pl.Int64), collateral_share_bp=pl.lit(share, dtype=pl.Int64)
    )
    groups = dict.fromkeys(CODES, "E")
    terms = concentration_terms([policy("illustrative", groups)], MarketDay(SESSION, frame), pl.Series(CODES))
    # illustrative at 200 %: an over-limit share 20 %, one of class E 10 %; a fund is no share
    row = row_of(terms, 200_000, 100_000)
    assert limit_of(terms, row, "600000.SH") == (2_000 if over else 1_000)
    assert limit_of(terms, row, "510300.SH") == 1_000


def test_what_nobody_has_told_us_is_counted() -> None:
    frame = day().securities.with_columns(
        static_pe_hundredths=pl.lit(None, dtype=pl.Int64),
        collateral_share_bp=pl.Series([2_500] + [2_400] * (len(CODES) - 1)),
        registered=pl.lit(None, dtype=pl.Boolean),
    )
    policies = [policy("illustrative", {"600000.SH": "A"}), policy("caitong"), policy("everbright")]
    terms = concentration_terms(policies, MarketDay(SESSION, frame), pl.Series(CODES))
    # one share is at 25 % with an unknown P/E; the others are under 25 % and need none. Caitong asks whether the two
    # ChiNext shares were registered. Everbright asks nothing.
    assert terms.unknown == (
        Unknown("illustrative", "over_limit", 1),
        Unknown("illustrative", "class", len(CODES) - 1),
        Unknown("caitong", "registration", 2),
    )


def test_a_share_of_which_the_registration_is_unknown_is_added_to_both() -> None:
    frame = day().securities.with_columns(registered=pl.lit(None, dtype=pl.Boolean))
    terms = concentration_terms([policy("caitong")], MarketDay(SESSION, frame), pl.Series(CODES))
    cell = terms.board_cell[CODES.index("300001.SZ")]
    assert BOARD_CELLS[cell] == {"chinext", "dual_board", "registration", "approval"}
    assert [group for group, inside in zip(BoardGroup, terms.in_board[cell], strict=True) if inside] == [
        BoardGroup.CHINEXT, BoardGroup.DUAL_BOARD, BoardGroup.REGISTRATION, BoardGroup.APPROVAL
    ]  # fmt: skip


def test_how_a_limit_is_tested_is_practice_where_the_broker_is_silent() -> None:
    tianfeng, everbright = policy("tianfeng"), policy("everbright")
    assert tianfeng.concentration is not None
    assert everbright.concentration is not None
    assert everbright.concentration.check.blocked == {Business.COLLATERAL_BUY, Business.FINANCING_BUY}
    assert everbright.cites["concentration_check"] == "practice.concentration.check"
    assert Business.ROLL_OVER in tianfeng.concentration.check.blocked
    assert {"concentration_check.exempt_without_debt", "concentration_check.row_by"} <= {*tianfeng.unpublished}
    assert "concentration_check.blocked" not in tianfeng.unpublished


def test_the_compiled_look_up_stays_exact_at_the_bounds_of_an_account() -> None:
    terms = terms_of(policy("tibet_eastmoney"))
    largest = AMOUNT_LIMIT_MILLI - 1
    for assets, debt in ((largest, largest), (largest, 1), (1, largest), (largest, largest * BP // 18_000)):
        for aside in (-1, 0, 1):
            compiled = limit_row(terms.limits, 0, 0, assets, max(debt + aside, 0), largest)
            assert compiled == row_of(terms, assets, max(debt + aside, 0), line=largest)
    assert not exceeds(largest, largest, NO_LIMIT_BP)
    assert exceeds(np.int64(largest), np.int64(largest), np.uint16(9_999))
    assert not exceeds(np.int64(50_000), np.int64(100_000), np.uint16(5_000))
    assert exceeds(np.int64(50_001), np.int64(100_000), np.uint16(5_000))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LimitRow(Scope.SECURITY, 10_001), "from 0 to 10000"),
        (lambda: LimitRow(Scope.CLASS, 5_000, boards=frozenset({"star"})), "narrowed by something else"),
        (lambda: LimitRow(Scope.BOARD, 5_000, over_limit=True), "narrowed by something else"),
        (lambda: Override(frozenset(), Range(None, False, 90_001, True), 5_000), "at most 90000"),
        (lambda: LimitRow(Scope.SECURITY, -1, ratio_bp=EVERY_NUMBER), "from 0 to 10000"),
    ],
)
def test_limits_that_cannot_be_are_refused(make: object, message: str) -> None:
    assert callable(make)
    with pytest.raises(RuleError, match=message):
        make()
