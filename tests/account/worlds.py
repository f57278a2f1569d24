"""Small random worlds — a market, policies, accounts — as the package reads them and as the exact twin does.

Amounts, prices and lines are drawn so that accounts land on, just over and just under their lines, at the bounds, and
in every corner that the definitions name.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl
from hypothesis import strategies as st

from rongheng.account.book import Book
from rongheng.account.marks import Marks, mark
from rongheng.account.marks.columns import DECIDE_NOW
from rongheng.account.policy import (
    Concentration,
    ConcentrationCheck,
    Deadline,
    Interest,
    LimitRow,
    LimitTable,
    Lines,
    MarginRatios,
    MovingLines,
    MovingRow,
    OverLimit,
    Override,
    Policy,
    PolicySet,
    RowBy,
    Scope,
)
from rongheng.account.policy.policy import LossNetting, RatioMethod, ShareBasis
from rongheng.basics.account_tables import (
    CONTRACTS,
    ORDERS,
    POSITIONS,
    RELATIONS,
    Board,
    Business,
    Person,
)
from rongheng.basics.market_day import MarketDay
from rongheng.rulebook.bounds import Range
from rongheng.rulebook.table import EVERY_NUMBER
from tests.reference import twin

SESSION = date(2026, 3, 2)
RATIOS = MarginRatios(
    financing=(
        (date(2010, 3, 31), 5_000),
        (date(2015, 11, 23), 10_000),
        (date(2023, 9, 11), 8_000),
        (date(2026, 1, 19), 10_000),
    ),
    short=((date(2010, 3, 31), 5_000), (date(2023, 10, 30), 8_000), (date(2024, 7, 22), 10_000)),
    short_private_fund=((date(2010, 3, 31), 5_000), (date(2023, 10, 30), 10_000), (date(2024, 7, 22), 12_000)),
)
BOARDS = ("main", "star", "chinext", "bse", "fund")


@dataclass(frozen=True)
class Security:
    code: str
    price: int
    cap_bp: int
    haircut_bp: int | None  # None: off the broker's list
    board: str
    group: str | None
    listing: str = "normal"
    registered: bool | None = None
    static_pe_hundredths: int | None = None
    collateral_share_bp: int | None = None


@dataclass(frozen=True)
class Contract:
    kind: str
    security: str
    quantity: int
    amount: int
    pinned_bp: int | None
    opened: date
    due: date
    rate_ppm: int
    interest: int


@dataclass(frozen=True)
class Account:
    client_type: str
    policy: str
    cash: int
    frozen: int
    other_collateral: int
    other_debt: int
    positions: dict[str, int]
    contracts: tuple[Contract, ...]
    held_back: dict[str, int] = field(default_factory=dict)
    in_transit: dict[str, int] = field(default_factory=dict)
    costs: dict[str, int] = field(default_factory=dict)
    orders: tuple[dict[str, Any], ...] = ()
    relations: tuple[dict[str, Any], ...] = ()
    credit_limit: int | None = None
    fixed_row: int | None = None  # of lines, at the last close; for who owes something


@dataclass(frozen=True)
class World:
    securities: tuple[Security, ...]
    policies: tuple[Policy, ...]
    accounts: tuple[Account, ...]
    through: date = field(default=date(2026, 2, 27))

    def day(self) -> MarketDay:
        rows = [
            {
                "security": security.code,
                "board": security.board,
                "price_milli": security.price,
                "haircut_cap_bp": security.cap_bp,
                "listing": security.listing,
                "registered": security.registered,
                "static_pe_hundredths": security.static_pe_hundredths,
                "collateral_share_bp": security.collateral_share_bp,
            }
            for security in self.securities
        ]
        return MarketDay(SESSION, pl.DataFrame(rows, infer_schema_length=None))

    def policy_set(self) -> PolicySet:
        haircuts = pl.DataFrame(
            {
                "security": [s.code for s in self.securities if s.haircut_bp is not None],
                "haircut_bp": [s.haircut_bp for s in self.securities if s.haircut_bp is not None],
            },
            schema={"security": pl.String, "haircut_bp": pl.Int64},
        )
        groups = pl.DataFrame(
            {
                "security": [s.code for s in self.securities if s.group is not None],
                "group": [s.group for s in self.securities if s.group is not None],
            },
            schema={"security": pl.String, "group": pl.String},
        )
        return PolicySet.of(*(replace(policy, haircuts=haircuts, groups=groups) for policy in self.policies))

    def book(self) -> Book:
        orders, relations = self.side_frames()
        return Book.of(
            *self.frames(), session=SESSION, interest_through=self.through, orders=orders, relations=relations
        )

    def side_frames(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The pending orders and the relations of all accounts."""
        named = [(account_id(number), account) for number, account in enumerate(self.accounts)]
        orders = [order | {"account_id": name} for name, account in named for order in account.orders]
        numbered = [order | {"order_id": f"O{number}"} for number, order in enumerate(orders)]
        relations = [one | {"account_id": name} for name, account in named for one in account.relations]
        return pl.DataFrame(numbered, schema=ORDERS.schema), pl.DataFrame(relations, schema=RELATIONS.schema)

    def frames(self) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        accounts: list[dict[str, Any]] = []
        positions: list[dict[str, Any]] = []
        contracts: list[dict[str, Any]] = []
        for number, account in enumerate(self.accounts):
            name = account_id(number)
            accounts.append(
                {
                    "account_id": name,
                    "client_type": account.client_type,
                    "policy": account.policy,
                    "cash_milli": account.cash,
                    "frozen_cash_milli": account.frozen,
                    "other_collateral_milli": account.other_collateral,
                    "other_debt_milli": account.other_debt,
                    "credit_limit_milli": account.credit_limit,
                }
            )
            for code, quantity in account.positions.items():
                position = {"account_id": name, "security": code, "quantity": quantity}
                if code in account.held_back:
                    position["available_quantity"] = quantity - account.held_back[code]
                position["in_transit_quantity"] = account.in_transit.get(code, 0)
                position["cost_milli"] = account.costs.get(code)
                positions.append(position)
            for contract in account.contracts:
                contracts.append(
                    {
                        "contract_id": f"C{len(contracts)}",
                        "account_id": name,
                        "kind": contract.kind,
                        "security": contract.security,
                        "quantity": contract.quantity,
                        "amount_milli": contract.amount,
                        "margin_ratio_bp": contract.pinned_bp,
                        "opened": contract.opened,
                        "due": contract.due,
                        "rate_ppm": contract.rate_ppm,
                        "interest_milli": contract.interest,
                    }
                )
        return (
            pl.DataFrame(accounts, infer_schema_length=None),
            pl.DataFrame(positions, schema=POSITIONS.schema),
            pl.DataFrame(contracts, schema=CONTRACTS.schema),
        )

    def expected(self, number: int) -> dict[str, Any]:
        """What the exact twin says of one account."""
        return twin.mark(*self.subject(number), fixed=self.fixed_row(number))

    def marks(self, *, threads: int = 2) -> Marks:
        """The marks of this world's book."""
        book = self.book()
        numbers = [int(name.removeprefix("A-")) for name in book.accounts["account_id"][book.layout.indebted]]
        rows = [DECIDE_NOW if (row := self.fixed_row(number)) is None else row for number in numbers]
        fixed = np.array(rows, dtype=np.uint8)
        return mark(book, self.day(), self.policy_set(), fixed_rows=fixed, threads=threads)

    def fixed_row(self, number: int) -> int | None:
        """The row that was fixed for an account, among those that its policy has."""
        account = self.accounts[number]
        policy = next(policy for policy in self.policies if policy.name == account.policy)
        if account.fixed_row is None or not (account.contracts or account.other_debt):
            return None
        return min(account.fixed_row, len(policy.moving_lines.rows) if policy.moving_lines else 0)

    def breaches(self, number: int) -> list[tuple[str, str, int, int]]:
        """Every breach of one account as the exact twin finds it: scope, name, value and limit in basis points."""
        subject, market, terms = self.subject(number)
        marks = twin.mark(subject, market, terms)
        assets, debt = (Fraction(str(marks[name])) for name in ("assets_milli", "debt_milli"))
        found = twin.breaches(subject, market, terms, assets, debt) or []
        return [(scope, name, int(part), int(limit * 10_000)) for scope, name, part, limit in found]

    def subject(self, number: int) -> tuple[twin.Account, dict[str, twin.Security], twin.Terms]:
        """One account, the market and the terms, as the exact twin has them."""
        account = self.accounts[number]
        policy = next(policy for policy in self.policies if policy.name == account.policy)
        market = {security.code: _twin_security(security, policy) for security in self.securities}
        contracts = tuple(_twin_contract(contract, account, policy, self.through) for contract in account.contracts)
        subject = twin.Account(
            account.cash,
            account.frozen,
            account.other_collateral,
            account.other_debt,
            account.positions,
            contracts,
            account.held_back,
            account.client_type,
            account.credit_limit or 0,
        )
        return subject, market, _twin_terms(policy)


def account_id(number: int) -> str:
    """Account ids that sort as their numbers do."""
    return f"A-{number:04d}"


def same_books(first: Book, second: Book) -> bool:
    """Whether two books hold the same, array by array and frame by frame, Problems aside: they name rows of files."""
    arrays = all(np.array_equal(array, getattr(second.layout, name)) for name, array in vars(first.layout).items())
    frames = ("accounts", "contracts", "orders", "relations")
    return arrays and all(getattr(first, name).equals(getattr(second, name)) for name in frames)


def _bp(value: int) -> Fraction:
    return Fraction(value, 10_000)


def _twin_security(security: Security, policy: Policy) -> twin.Security:
    return twin.Security(
        price=security.price,
        haircut=_bp(security.haircut_bp or 0),
        cap=_bp(security.cap_bp),
        zero_by_status=security.listing != "normal",
        group=security.group,
        board=security.board,
        board_groups=twin.groups_of_board(security.board, security.registered),
        over_limit=_is_over_limit(security, policy),
        coefficient=_bp(policy.board_coefficients_bp.get(Board(security.board), 10_000)),
    )


def _is_over_limit(security: Security, policy: Policy) -> bool:
    """A share of which the accounts hold 25 % or more, at 300 times its profits or more, or without any."""
    standard = policy.concentration.over_limit if policy.concentration else None
    pe, share = security.static_pe_hundredths, security.collateral_share_bp
    if standard is None or pe is None or share is None or security.board == "fund":
        return False
    return share >= 2_500 and (pe >= 300_00 or pe < 0)


def _interval(bounds: Range, scale: int) -> twin.Interval:
    low, high = (None if bound is None else Fraction(bound, scale) for bound in (bounds.low, bounds.high))
    return twin.Interval(low, bounds.low_included, high, bounds.high_included)


def _twin_limit(row: LimitRow) -> twin.Limit:
    limit = None if row.limit_bp is None else _bp(row.limit_bp)
    scope: Any = row.scope.value
    return twin.Limit(
        scope,
        limit,
        row.classes,
        row.boards,
        row.over_limit,
        row.clients,
        _interval(row.ratio_bp, 10_000),
        _interval(row.amount_milli, 1),
    )


def _twin_override(override: Override) -> twin.Override:
    limit = None if override.limit_bp is None else _bp(override.limit_bp)
    return twin.Override(override.securities, _interval(override.ratio_bp, 10_000), limit)


def _twin_concentration(concentration: Concentration | None) -> twin.Concentration | None:
    if concentration is None:
        return None
    row_by: Any = concentration.check.row_by.value
    return twin.Concentration(
        tables=tuple(
            (tuple(_twin_limit(row) for row in table.rows), tuple(_twin_override(one) for one in table.overrides))
            for table in concentration.tables
        ),
        exempt_without_debt=concentration.check.exempt_without_debt,
        row_by=row_by,
    )


def _twin_contract(contract: Contract, account: Account, policy: Policy, through: date) -> twin.Contract:
    ratio = twin.margin_ratio(
        contract.kind,
        contract.opened,
        pinned=None if contract.pinned_bp is None else _bp(contract.pinned_bp),
        private_fund=account.client_type == "private_fund",
        applied_2023=policy.margin_ratios.applied_to_existing,
    )
    new = twin.accrued(
        contract.amount,
        rate=Fraction(contract.rate_ppm, 1_000_000),
        overdue_per_day=Fraction(policy.interest.overdue_ppm_a_day, 1_000_000),
        basis=policy.interest.basis_days,
        opened=contract.opened,
        due=contract.due,
        through=through,
        session=SESSION,
        last_day_out=policy.interest.last_day_out,
    )
    kind: Any = contract.kind
    return twin.Contract(kind, contract.security, contract.quantity, contract.amount, ratio, contract.interest + new)


def _twin_lines(lines: Lines) -> twin.Lines:
    return twin.Lines(**{name: _bp(line) for name, line in lines.in_order()})


def _twin_row(row: MovingRow) -> twin.Row:
    withdrawal = None if row.withdrawal_line_bp is None else _bp(row.withdrawal_line_bp)
    return twin.Row(_bp(row.upper_share_bp), _twin_lines(row.lines), withdrawal)


def _twin_terms(policy: Policy) -> twin.Terms:
    moving = policy.moving_lines
    netting: Any = policy.loss_netting.value
    return twin.Terms(
        lines=_twin_lines(policy.lines),
        withdrawal=_bp(policy.withdrawal_line_bp),
        table=tuple(_twin_row(row) for row in moving.rows) if moving else (),
        wake=_bp(moving.wake_bp) if moving else Fraction(2),
        gross_share=moving is not None and moving.basis is ShareBasis.GROSS,
        target=None if policy.restore_target_bp is None else _bp(policy.restore_target_bp),
        targets={state: _bp(target) for state, target in policy.restore_targets_bp.items()},
        cost=Fraction(policy.sale_cost_ppm, 1_000_000),
        netting=netting,
        coefficients=policy.ratio_method is RatioMethod.COEFFICIENT,
        concentration=_twin_concentration(policy.concentration),
    )


# --- strategies -------------------------------------------------------------------------------------------------------

prices = st.one_of(st.integers(1, 50), st.integers(1_000, 300_000), st.sampled_from([2**31 - 1, 1_000, 10_000]))
quantities = st.one_of(st.integers(1, 20), st.integers(1, 1_000_000), st.just(2**31 + 5))
amounts = st.one_of(st.just(0), st.integers(0, 2_000), st.integers(0, 10**9), st.integers(0, 10**13))
haircuts = st.sampled_from([0, 2_000, 6_500, 7_000, 9_500, 10_000])

TARGETS = (Deadline("liquidation", restore_to_bp=14_000), Deadline("emergency", restore_to_bp=12_500))
CITIC = MovingLines(
    wake_bp=20_000,
    rows=(
        MovingRow(3_000, Lines(warning_bp=14_000, liquidation_bp=13_000)),
        MovingRow(5_000, Lines(warning_bp=15_000, liquidation_bp=14_000)),
        MovingRow(8_000, Lines(warning_bp=16_000, liquidation_bp=15_000)),
        MovingRow(10_000, Lines(warning_bp=17_000, liquidation_bp=16_000), withdrawal_line_bp=36_000),
    ),
)

lines = st.sampled_from(
    [
        Lines(),
        Lines(liquidation_bp=13_000),
        Lines(warning_bp=14_000, liquidation_bp=13_000),
        Lines(warning_bp=15_000, call_bp=14_000, liquidation_bp=13_000, emergency_bp=11_500),
        Lines(warning_bp=14_000, call_bp=14_000, liquidation_bp=13_000, emergency_bp=13_000),
        Lines(warning_bp=15_000, liquidation_bp=13_000, next_day_bp=11_500, minimum_bp=11_000),
    ]
)


@st.composite
def ranges(draw: st.DrawFn, points: tuple[int, ...]) -> Range:
    low, high = sorted(draw(st.lists(st.sampled_from(points), min_size=2, max_size=2, unique=True)))
    first, last = draw(st.sampled_from([None, low])), draw(st.sampled_from([None, high]))
    return Range(first, draw(st.booleans()), last, draw(st.booleans()))


ratio_ranges = st.one_of(st.just(EVERY_NUMBER), ranges((10_000, 13_000, 15_000, 20_000, 30_000)))
amount_ranges = st.one_of(st.just(EVERY_NUMBER), ranges((1, 1_000, 10**6, 10**12)))
limits_bp = st.sampled_from([None, 0, 1, 1_000, 3_333, 5_000, 9_999, 10_000])
client_sets = st.sampled_from([frozenset(), frozenset({"individual"}), frozenset({"product", "private_fund"})])
class_sets = st.sampled_from([frozenset(), frozenset({"A"}), frozenset({"C", "G"})])
board_sets = st.sampled_from(
    [frozenset(), frozenset({"star"}), frozenset({"dual_board"}), frozenset({"registration"}), frozenset({"approval"})]
)


@st.composite
def limit_rows(draw: st.DrawFn) -> LimitRow:
    scope = draw(st.sampled_from(list(Scope)))
    return LimitRow(
        scope=scope,
        limit_bp=draw(limits_bp),
        classes=draw(class_sets) if scope is not Scope.BOARD else frozenset(),
        boards=draw(board_sets) if scope is not Scope.CLASS else frozenset(),
        over_limit=draw(st.sampled_from([None, True, False])) if scope is Scope.SECURITY else None,
        clients=draw(client_sets),
        ratio_bp=draw(ratio_ranges),
        amount_milli=draw(amount_ranges),
    )


@st.composite
def concentrations(draw: st.DrawFn) -> Concentration | None:
    if draw(st.booleans()):
        return None
    tables = [
        LimitTable(
            rows=tuple(draw(st.lists(limit_rows(), max_size=4))),
            overrides=tuple(
                Override(frozenset({"600000.SH"}), draw(ratio_ranges), draw(limits_bp))
                for _ in range(draw(st.integers(0, 1)))
            ),
            cites=f"broker.made_up.limits_{number}",
        )
        for number in range(draw(st.integers(1, 2)))
    ]
    check = ConcentrationCheck(draw(st.booleans()), draw(st.sampled_from(list(RowBy))), frozenset())
    standard = draw(st.sampled_from([None, OverLimit(2_500, Fraction(300), negative_counts=True)]))
    return Concentration(frozenset(tables), check, standard)


@st.composite
def policies(draw: st.DrawFn, name: str) -> Policy:
    moving = draw(st.sampled_from([None, None, CITIC, replace(CITIC, basis=ShareBasis.GROSS)]))
    return Policy(
        name=name,
        withdrawal_line_bp=draw(st.sampled_from([30_000, 35_000])),
        margin_ratios=replace(RATIOS, applied_to_existing=draw(st.booleans())),
        lines=CITIC.rows[0].lines if moving else draw(lines),
        moving_lines=moving,
        restore_target_bp=draw(st.sampled_from([None, None, 13_000, 15_000])),
        deadlines=draw(st.sampled_from([(), (), TARGETS])),
        sale_cost_ppm=draw(st.sampled_from([0, 1_500, 200_000, 400_000])),
        interest=Interest(
            basis_days=draw(st.sampled_from([360, 365])),
            last_day_out=draw(st.booleans()),
            overdue_ppm_a_day=draw(st.sampled_from([0, 500])),
        ),
        loss_netting=draw(st.sampled_from(list(LossNetting))),
        ratio_method=draw(st.sampled_from([RatioMethod.EXCHANGE, RatioMethod.EXCHANGE, RatioMethod.COEFFICIENT])),
        board_coefficients_bp=MappingProxyType({Board.STAR: 7_000, Board.CHINEXT: 8_000}),
        concentration=draw(concentrations()),
    )


@st.composite
def markets(draw: st.DrawFn) -> tuple[Security, ...]:
    count = draw(st.integers(1, 6))
    return tuple(
        Security(
            code=f"{600_000 + i}.SH",
            price=draw(prices),
            cap_bp=draw(haircuts),
            haircut_bp=draw(st.one_of(st.none(), haircuts)),
            board=draw(st.sampled_from(BOARDS)),
            group=draw(st.sampled_from([None, "A", "C", "G"])),
            listing=draw(st.sampled_from(["normal", "normal", "normal", "risk_warned", "delisting"])),
            registered=draw(st.sampled_from([None, True, False])),
            static_pe_hundredths=draw(st.sampled_from([None, -1, 0, 29_999, 30_000])),
            collateral_share_bp=draw(st.sampled_from([None, 2_499, 2_500])),
        )
        for i in range(count)
    )


days = st.dates(date(2010, 3, 31), SESSION)
opening_days = st.one_of(
    days,
    st.sampled_from([date(2015, 11, 20), date(2015, 11, 23), date(2023, 9, 8), date(2023, 9, 11), date(2026, 1, 16)]),
    st.sampled_from([date(2026, 1, 19), date(2024, 7, 19), date(2024, 7, 22), date(2023, 10, 30), SESSION]),
)


@st.composite
def contracts(draw: st.DrawFn, kind: str, code: str, most: int, price: int) -> Contract:
    quantity = draw(st.integers(0 if kind == "financing" else 1, max(most, 1)))
    opened = draw(opening_days)
    near = quantity * price * draw(st.integers(5_000, 15_000)) // 10_000
    return Contract(
        kind=kind,
        security=code,
        quantity=quantity,
        amount=draw(st.one_of(st.just(quantity * price), st.just(near), amounts)),
        pinned_bp=draw(st.sampled_from([None, None, 12_000, 20_000, 50_000])),
        opened=opened,
        due=opened + timedelta(days=draw(st.integers(0, 400))),
        rate_ppm=draw(st.sampled_from([0, 49_900, 83_500, 1_000_000])),
        interest=draw(st.one_of(st.just(0), st.integers(0, 10**6))),
    )


@st.composite
def orders(draw: st.DrawFn, codes: list[str]) -> dict[str, Any]:
    business = draw(st.sampled_from(list(Business)))
    if business in (Business.REPAY_CASH, Business.WITHDRAWAL):
        return {"business": business.value, "quantity": 0, "amount_milli": draw(st.integers(1, 10**9))}
    if business is Business.ROLL_OVER:
        return {"business": business.value, "quantity": 0, "amount_milli": 0, "contract_id": "C0", "due": SESSION}
    return {
        "business": business.value,
        "security": draw(st.sampled_from(codes)),
        "quantity": draw(st.integers(1, 10_000)),
        "price_milli": draw(st.one_of(st.none(), st.integers(1, 300_000))),
        "amount_milli": 0,
    }


@st.composite
def relations(draw: st.DrawFn, code: str) -> dict[str, Any]:
    person = draw(st.sampled_from(list(Person)))
    return {"security": code, "person": person.value, "quantity": draw(st.one_of(st.none(), st.integers(0, 10_000)))}


@st.composite
def accounts(draw: st.DrawFn, market: tuple[Security, ...], names: list[str]) -> Account:
    held = draw(st.lists(st.sampled_from(market), max_size=4, unique_by=lambda security: security.code))
    positions = {security.code: draw(quantities) for security in held}
    owed = []
    for security in held:
        left = positions[security.code]
        for _ in range(draw(st.integers(0, 2))):
            contract = draw(contracts("financing", security.code, left, security.price))
            if contract.quantity <= left:
                owed.append(contract)
                left -= contract.quantity
    for security in draw(st.lists(st.sampled_from(market), max_size=2)):
        owed.append(draw(contracts("short", security.code, 1_000, security.price)))
    proceeds = sum(contract.amount for contract in owed if contract.kind == "short")
    cash = draw(st.one_of(st.just(proceeds), amounts))
    return Account(
        client_type=draw(st.sampled_from(["individual", "product", "private_fund"])),
        policy=draw(st.sampled_from(names)),
        cash=cash,
        frozen=draw(st.sampled_from([0, 0, cash // 2, cash])),
        other_collateral=draw(st.sampled_from([0, 0, 0, 10**6])),
        other_debt=draw(st.one_of(st.just(0), amounts)),
        positions=positions,
        contracts=tuple(owed),
        held_back={code: draw(st.integers(0, positions[code])) for code in positions if draw(st.booleans())},
        in_transit={code: draw(st.integers(0, 10**6)) for code in positions if draw(st.booleans())},
        costs={code: draw(amounts) for code in positions if draw(st.booleans())},
        orders=tuple(draw(st.lists(orders([security.code for security in market]), max_size=2))),
        relations=tuple(draw(st.lists(relations(market[0].code), max_size=1))),
        credit_limit=draw(st.sampled_from([None, 0, 1_000, 10**6, 10**13])),
        fixed_row=draw(st.sampled_from([None, None, None, 0, 1, 4])),
    )


@st.composite
def worlds(draw: st.DrawFn, *, most: int = 4) -> World:
    market = draw(markets())
    named = tuple(draw(policies(f"P{number}")) for number in range(draw(st.integers(1, 2))))
    names = [policy.name for policy in named]
    return World(market, named, tuple(draw(st.lists(accounts(market, names), min_size=1, max_size=most))))
