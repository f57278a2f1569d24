"""Random orders against random accounts, as the package reads them and as the exact twin of orders does.

Amounts are small, so that every bound is met; prices stand on, beside and between ticks and limits; sessions lie on
both sides of every day on which a rule of orders changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import polars as pl
from hypothesis import strategies as st

from rongheng.account.book import Book
from rongheng.account.marks import mark
from rongheng.account.orders import Business, Gate, Order, open_gate
from rongheng.account.policy import Policy, PolicySet
from rongheng.account.policy.concentration import (
    Concentration,
    ConcentrationCheck,
    LimitRow,
    LimitTable,
    RowBy,
    Scope,
)
from rongheng.account.policy.enforcement import CallRules
from rongheng.account.policy.policy import RatioMethod
from rongheng.basics.account_tables import CONTRACTS, ORDERS, POSITIONS, RELATIONS, Board, Person
from rongheng.basics.calendar import calendar
from rongheng.basics.market_day import MarketDay
from rongheng.rulebook.bounds import Range
from tests.account.worlds import RATIOS
from tests.reference import order_twin as twin
from tests.reference import twin as marks_twin

SESSIONS = [
    date.fromisoformat(day)
    for day in (
        *("2015-06-30", "2015-07-01", "2015-08-03", "2015-08-04", "2019-07-19", "2019-07-22", "2019-08-16"),
        *("2019-08-19", "2020-08-21", "2020-08-24", "2021-11-12", "2021-11-15", "2022-04-28", "2022-04-29"),
        *("2023-02-10", "2023-02-13", "2024-07-19", "2024-07-22", "2025-03-27", "2025-03-28", "2026-01-16"),
        *("2026-01-19", "2026-03-02", "2026-03-02", "2026-03-02"),
    )
]
BOARDS = {
    "600000.SH": ("main", "other_share"),
    "688001.SH": ("star", "other_share"),
    "300001.SZ": ("chinext", "other_share"),
    "830001.BJ": ("bse", "other_share"),
    "510300.SH": ("fund", "etf"),
    "511880.SH": ("fund", "money_fund"),
}


LIMITED = frozenset(Business(word) for word in (*twin.BUYS, "short_sale", "transfer_out", "withdrawal", "roll_over"))


@dataclass(frozen=True)
class World:
    case: twin.Case
    policy: Policy

    @property
    def order(self) -> Order:
        order = self.case.order
        return Order(
            business=Business(order.business),
            account_id="A",
            security=order.security,
            quantity=order.quantity,
            price_milli=order.price,
            amount_milli=order.amount,
            contract_id=order.contract,
            due=order.due,
        )

    def gate(self) -> Gate:
        case = self.case
        day = MarketDay(case.session, pl.DataFrame([_row(s) for s in case.market.values()], infer_schema_length=None))
        known = [(s.code, s.lendable) for s in case.market.values() if s.lendable is not None]
        return open_gate(
            mark(_book(case), day, PolicySet.of(self.policy)),
            lendable=pl.DataFrame(known, schema=["security", "quantity"], orient="row") if known else None,
            net_capital_milli=case.terms.net_capital,
        )


def _row(security: twin.Security) -> dict[str, Any]:
    return {
        "security": security.code,
        "board": security.board,
        "class": security.kind,
        "price_milli": security.price,
        "previous_close_milli": security.previous,
        "high_limit_milli": security.high,
        "low_limit_milli": security.low,
        "traded": security.traded,
        "suspended": security.suspended,
        "haircut_cap_bp": 10_000,
        "is_collateral": security.collateral,
        "registered": security.registered,
        "financing_allowed": security.financing,
        "short_allowed": security.short,
        "financing_stopped": security.financing_stopped,
        "short_stopped": security.short_stopped,
        "financing_monitor_bp": _bp(security.financing_monitor),
        "short_monitor_bp": _bp(security.short_monitor),
    }


def _bp(share: Fraction | None) -> int | None:
    return None if share is None else int(share * 10_000)


def _book(case: twin.Case) -> Book:
    account = case.account
    row = {
        "account_id": "A",
        "client_type": account.client,
        "policy": "P",
        "cash_milli": account.cash,
        "frozen_cash_milli": account.frozen,
        "other_debt_milli": account.other_debt,
        "credit_limit_milli": account.credit_limit,
        "permissions": " ".join(sorted(account.permissions)),
    }
    positions = [
        {
            "account_id": "A",
            "security": code,
            "quantity": quantity,
            "available_quantity": quantity - account.held_back.get(code, 0),
        }
        for code, quantity in account.positions.items()
    ]
    contracts = [
        {
            "contract_id": contract.id,
            "account_id": "A",
            "kind": contract.kind,
            "security": contract.security,
            "quantity": contract.quantity,
            "amount_milli": contract.amount,
            "margin_ratio_bp": int(contract.ratio * 10_000),
            "opened": contract.opened,
            "due": contract.due,
            "rate_ppm": 0,
        }
        for contract in account.contracts
    ]
    pending = [_pending(number, order) for number, order in enumerate(account.pending)]
    ties = [
        {"account_id": "A", "security": code, "person": person, "quantity": quantity}
        for code, person, quantity in account.ties
    ]
    book = Book.of(
        pl.DataFrame([row], schema_overrides={"credit_limit_milli": pl.Int64}),
        pl.DataFrame(positions, schema_overrides=POSITIONS.schema)
        if positions
        else pl.DataFrame(schema=POSITIONS.schema),
        pl.DataFrame(contracts) if contracts else pl.DataFrame(schema=CONTRACTS.schema),
        session=case.session,
        orders=pl.DataFrame(pending, schema=ORDERS.schema),
        relations=pl.DataFrame(ties, schema=RELATIONS.schema),
    )
    assert not book.problems.height, book.problems
    return book


def _pending(number: int, order: twin.Order) -> dict[str, Any]:
    return {
        "order_id": f"O{number}",
        "account_id": "A",
        "business": order.business,
        "security": order.security,
        "quantity": order.quantity,
        "price_milli": order.price,
        "amount_milli": order.amount,
        "contract_id": None,
        "due": None,
    }


# --- strategies -------------------------------------------------------------------------------------------------------

truly = st.sampled_from([True] * 19 + [False])
falsely = st.sampled_from([False] * 19 + [True])
haircuts = st.sampled_from([Fraction(n, 100) for n in (0, 40, 65, 70, 90, 100)])
quantities = st.one_of(
    st.integers(1, 30).map(lambda lots: lots * 100),
    st.integers(2, 30).map(lambda lots: lots * 100),
    st.integers(1, 3_000),
    st.sampled_from([99, 100, 199, 200, 201]),
)


@st.composite
def securities(draw: st.DrawFn, code: str, session: date) -> twin.Security:
    board, kind = BOARDS[code]
    price = draw(st.integers(100, 4_000)) * 10
    monitor = st.sampled_from([None] * 12 + [Fraction(n, 10_000) for n in (2_499, 2_500, 7_499, 7_500)])
    told = st.sampled_from([None] * 12 + [False, True])
    return twin.Security(
        code=code,
        board=board,
        kind=kind,
        price=price,
        previous=draw(st.sampled_from([None, price, price - 50, price + 50])),
        high=draw(st.sampled_from([None, *[price + 500] * 6, price + 10, price])),
        low=draw(st.sampled_from([None, *[price - 500] * 6, price - 10, price])),
        haircut=draw(haircuts),
        coefficient=Fraction(1),
        group=draw(st.sampled_from([None, "A", "C"])),
        registered=draw(st.sampled_from([None, True, False])),
        traded=draw(truly),
        suspended=draw(falsely),
        collateral=draw(truly),
        financing=draw(truly),
        short=draw(truly),
        financing_stopped=draw(told),
        short_stopped=draw(told),
        financing_monitor=draw(monitor),
        short_monitor=draw(monitor),
    )


def _limit_rows(limits: tuple[twin.Limit, ...]) -> tuple[LimitRow, ...]:
    return tuple(
        LimitRow(
            scope=Scope(limit.scope),
            limit_bp=int(limit.limit * 10_000),
            classes=limit.groups,
            boards=limit.boards,
            clients=limit.clients,
            ratio_bp=Range(_bp(limit.ratio_from), True, _bp(limit.ratio_under), False),
            amount_milli=Range(limit.amount_from, True, limit.amount_under, False),
        )
        for limit in limits
    )


@st.composite
def limits(draw: st.DrawFn) -> twin.Limit:
    scope = draw(st.sampled_from(["security", "security", "class", "board"]))
    low = draw(st.sampled_from([None, None, Fraction(15, 10), Fraction(2)]))
    amount = draw(st.sampled_from([None, None, None, 50_000_000]))
    return twin.Limit(
        scope=scope,
        limit=draw(st.sampled_from([Fraction(n, 100) for n in (0, 30, 50, 60, 80, 90)])),
        groups=draw(st.sampled_from([frozenset(), frozenset("A"), frozenset("AC")]))
        if scope != "board"
        else frozenset(),
        boards=frozenset() if scope != "board" else draw(st.sampled_from(_BOARD_GROUPS)),
        clients=draw(st.sampled_from([frozenset(), frozenset(), frozenset({"product", "private_fund"})])),
        ratio_from=low,
        ratio_under=draw(st.sampled_from([None, Fraction(3)])),
        amount_from=amount,
        amount_under=None,
    )


_GROUPS: list[frozenset[str]] = [frozenset(), frozenset("A"), frozenset("AC")]
_BOARD_GROUPS = [
    frozenset(names) for names in (["star"], ["dual_board"], ["main"], ["registration", "approval"], ["bse", "chinext"])
]


@st.composite
def terms(draw: st.DrawFn) -> tuple[twin.Terms, Policy]:
    withdrawal = draw(st.sampled_from([30_000, 35_000]))
    coefficients = draw(st.sampled_from([False, False, True]))
    rows = tuple(draw(st.lists(limits(), max_size=2)))
    blocked = draw(st.sampled_from([LIMITED, frozenset({Business.FINANCING_BUY, Business.COLLATERAL_BUY})]))
    exempt, row_by = draw(st.booleans()), draw(st.sampled_from(list(RowBy)))
    may_cover = draw(st.booleans())
    ratio, share = draw(st.sampled_from([None, 13_000, 20_000])), draw(st.sampled_from([None, 5_000]))
    policy = Policy(
        name="P",
        withdrawal_line_bp=withdrawal,
        margin_ratios=RATIOS,
        ratio_method=RatioMethod.COEFFICIENT if coefficients else RatioMethod.EXCHANGE,
        board_coefficients_bp=MappingProxyType({Board.STAR: 7_000, Board.CHINEXT: 8_000}),
        may_cover_with_financed=may_cover,
        calls=CallRules(roll_over_ratio_bp=ratio, roll_over_largest_share_bp=share),
        concentration=Concentration(
            tables=frozenset({LimitTable(_limit_rows(rows), cites="practice.concentration.star")} if rows else ()),
            check=ConcentrationCheck(exempt, row_by, blocked),
        ),
    )
    mark_terms = marks_twin.Terms(
        marks_twin.Lines(), withdrawal=Fraction(withdrawal, 10_000), coefficients=coefficients
    )
    said = twin.Terms(
        mark=mark_terms,
        limits=rows,
        blocked=frozenset(business.value for business in blocked),
        exempt_without_debt=exempt,
        row_by=row_by.value,
        may_cover=may_cover,
        roll_over_ratio=None if ratio is None else Fraction(ratio, 10_000),
        roll_over_share=None if share is None else Fraction(share, 10_000),
        net_capital=draw(st.sampled_from([None, None, 4_000_000_000])),
    )
    return said, policy


@st.composite
def contracts(draw: st.DrawFn, session: date, kind: str, security: twin.Security, most: int, id_: str) -> twin.Contract:
    opened = draw(
        st.sampled_from([session, calendar().offset(session, -1), session - timedelta(days=40), date(2014, 6, 3)])
    )
    quantity = draw(st.integers(1, most))
    cost = security.price + draw(st.sampled_from([0, -500, 500, 10]))
    due = draw(st.sampled_from([session - timedelta(days=1), session, session + timedelta(days=90)]))
    return twin.Contract(
        id=id_,
        kind=kind,
        security=security.code,
        quantity=quantity,
        amount=quantity * max(cost, 10),
        ratio=draw(st.sampled_from([Fraction(12, 10), Fraction(15, 10)])),
        opened=opened,
        due=max(due, opened),
    )


@st.composite
def orders(
    draw: st.DrawFn,
    market: dict[str, twin.Security],
    session: date,
    positions: dict[str, int],
    owed: tuple[twin.Contract, ...],
    *,
    pending: bool,
) -> twin.Order:
    """An order that has a chance: what is sold is held, mostly, and what is returned is owed."""
    businesses = [business.value for business in Business if business is not Business.ROLL_OVER or not pending]
    if not owed and "roll_over" in businesses:
        businesses.remove("roll_over")
    business = draw(st.sampled_from(businesses))
    if business in twin.CASH_ALONE:
        return twin.Order(business, amount=draw(st.one_of(st.integers(1, 10**8), st.integers(1, 10**6), st.just(1))))
    if business == "roll_over":
        contract = draw(st.sampled_from(owed))
        longest = twin.months_later(contract.due, 6)
        due = draw(st.sampled_from([longest, longest, longest + timedelta(days=1), contract.due]))
        return twin.Order(business, contract=contract.id, due=due)
    likely: dict[str, int] = {}
    if business in (*twin.SALES, "transfer_out", "return_shares"):
        likely = positions
    if business in ("buy_to_cover", "return_shares"):
        likely = {c.security: c.quantity for c in owed if c.kind == "short"} or likely
    code = draw(st.sampled_from([*sorted(likely) * 5, *sorted(market)]))
    some = likely.get(code, 1_000)
    quantity = draw(st.one_of(quantities, st.sampled_from([some, some // 2 // 100 * 100 or some, some + 100])))
    security = market[code]
    until: date | None = None
    near = [security.price + shift for shift in (0, 0, 0, 0, 10, 10, -10, 5, 500, -500, 510)]
    price = draw(st.sampled_from([None, *[price for price in near if price > 0]]))
    if business in ("financing_buy", "short_sale") and not pending:
        longest = twin.months_later(session, 6)
        until = draw(st.sampled_from([None, None, None, longest, longest + timedelta(days=1)]))
    return twin.Order(business, code, quantity, price, due=until)


@st.composite
def accounts(draw: st.DrawFn, market: dict[str, twin.Security], session: date) -> twin.Account:
    codes = sorted(market)
    positions = draw(st.dictionaries(st.sampled_from(codes), quantities, max_size=3))
    owed: list[twin.Contract] = []
    for code, quantity in positions.items():
        if not code.endswith("BJ") and draw(st.booleans()):
            owed.append(draw(contracts(session, "financing", market[code], quantity, f"F{len(owed)}")))
    for code in [c for c in draw(st.lists(st.sampled_from(codes), max_size=2)) if not c.endswith("BJ")]:
        owed.append(draw(contracts(session, "short", market[code], 1_500, f"S{len(owed)}")))
    proceeds = sum(contract.amount for contract in owed if contract.kind == "short")
    cash = proceeds + draw(st.one_of(st.just(0), st.integers(0, 5 * 10**7), *[st.integers(10**8, 10**9)] * 3))
    return twin.Account(
        cash=cash,
        frozen=draw(st.sampled_from([0, 0, cash // 3])),
        other_debt=draw(st.sampled_from([0, 0, 0, 5_000_000])),
        positions=positions,
        held_back={code: draw(st.integers(0, quantity)) for code, quantity in positions.items() if draw(falsely)},
        contracts=tuple(owed),
        pending=tuple(draw(st.lists(orders(market, session, positions, tuple(owed), pending=True), max_size=2))),
        client=draw(st.sampled_from(["individual", "product", "private_fund"])),
        permissions=draw(st.sampled_from([frozenset({"star", "chinext", "bse"})] * 4 + [frozenset({"star"})])),
        credit_limit=draw(st.sampled_from([None, None, 60_000_000, 200_000_000])),
        ties=tuple(draw(st.lists(_ties(codes), max_size=1))),
    )


def _ties(codes: list[str]) -> st.SearchStrategy[tuple[str, str, int | None]]:
    person = st.sampled_from([person.value for person in Person])
    return st.tuples(st.sampled_from(codes), person, st.sampled_from([None, None, 500]))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    session = draw(st.sampled_from(SESSIONS))
    said, policy = draw(terms())
    market = {code: draw(securities(code, session)) for code in BOARDS}
    if draw(st.booleans()):
        chosen = draw(st.sets(st.sampled_from(sorted(market)), min_size=1, max_size=3))
        market = {code: security for code, security in market.items() if code in chosen}
    account = draw(accounts(market, session))
    order = draw(orders(market, session, account.positions, account.contracts, pending=False))
    if draw(st.booleans()):
        lends = {code: draw(st.sampled_from([0, 1_000, 10**6])) for code in market}
        market = {code: replace(s, lendable=lends[code] - _lent(account, code)) for code, s in market.items()}
        policy_market = {code: lends[code] for code in market}
    else:
        policy_market = {}
    coefficients = {"star": Fraction(7, 10), "chinext": Fraction(8, 10)}
    market = {code: replace(s, coefficient=coefficients.get(s.board, Fraction(1))) for code, s in market.items()}
    groups = [{"security": s.code, "group": s.group} for s in market.values() if s.group is not None]
    haircuts_ = [{"security": s.code, "haircut_bp": _bp(s.haircut)} for s in market.values()]
    policy = replace(
        policy,
        groups=pl.DataFrame(groups, schema={"security": pl.String, "group": pl.String}),
        haircuts=pl.DataFrame(haircuts_, schema={"security": pl.String, "haircut_bp": pl.Int64}),
    )
    # Off the list of collateral nothing counts (definition 4).
    market = {code: s if s.collateral else replace(s, haircut=Fraction(0)) for code, s in market.items()}
    assert set(policy_market) <= set(market)
    yesterday = calendar().offset(session, -1)
    return World(twin.Case(session, yesterday, account, market, said, order), policy)


def _lent(account: twin.Account, code: str) -> int:
    return sum(o.quantity for o in account.pending if o.business == "short_sale" and o.security == code)
