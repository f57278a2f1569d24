"""The gate that orders pass: a marked book, its market day and its policies, looked up once for many orders.

What lives here: looking up and allocating. What does not: what the rules say of a security (``day.py``), arithmetic
(``kernels.py``), single answers (``verdict.py``) and columns of them (``batch.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book import Book
from rongheng.account.book.layout import starts_of
from rongheng.account.marks import Marks
from rongheng.account.marks.columns import LARGEST
from rongheng.account.orders.checks import NONE
from rongheng.account.orders.columns import (
    BUY_TO_COVER,
    COLLATERAL_BUY,
    FINANCE,
    FINANCING_BUY,
    PLEDGE,
    SHORT,
    SHORT_SALE,
    AccountsIn,
    DebtsIn,
    SecuritiesIn,
    TermsIn,
    TiesIn,
    WaitingIn,
)
from rongheng.account.orders.day import (
    MARKETS,
    PERMISSIONS,
    DayColumns,
    Today,
    day_columns,
)
from rongheng.account.orders.sources import Spoken
from rongheng.account.orders.uses import N_USES, reserve
from rongheng.account.policy import Policy, Terms, concentration_terms, terms_of
from rongheng.account.policy.ratios import broker_ratios, exchange_ratios
from rongheng.account.policy.terms import NO_GROUP
from rongheng.basics.account_tables import Business, ClientType
from rongheng.basics.calendar import calendar
from rongheng.basics.errors import UsageError
from rongheng.basics.money import AMOUNT_LIMIT_MILLI, BP
from rongheng.rulebook import Rulebook

Int64 = NDArray[np.int64]

_CODE_LIMIT = 2**16 - 2
_ACTS = {"finance": FINANCE, "short": SHORT, "pledge": PLEDGE}
CASH_ALONE = (Business.WITHDRAWAL, Business.REPAY_CASH)
_RESERVING = (FINANCING_BUY, SHORT_SALE, COLLATERAL_BUY, BUY_TO_COVER)
_OWN_SHARES = "exchange.persons.own_shares"
_ONE_CLIENT = ("csrc.broker.single_client_financing", "csrc.broker.single_client_short")


@dataclass(frozen=True)
class Gate:
    """Everything that an order is checked against, in the kernel's form; made by :func:`open_gate`."""

    marks: Marks
    policies: tuple[Policy, ...]  # in the order of the book's policy numbers
    today: Today
    day: DayColumns
    terms: Terms
    securities_in: SecuritiesIn
    terms_in: TermsIn
    accounts_in: AccountsIn
    debts_in: DebtsIn
    waiting_in: WaitingIn
    ties_in: TiesIn

    @cached_property
    def account_names(self) -> NDArray[np.bytes_]:
        """The accounts' ids as bytes, ascending: looked up in microseconds, which a column of text is not."""
        return np.array(self.marks.book.accounts["account_id"].cast(pl.Binary()).to_list(), dtype=np.bytes_)

    def row_of(self, account_id: str) -> int:
        """Return the row of an account that was marked; another one is an error that says why."""
        names, wanted = self.account_names, account_id.encode()
        row = int(np.searchsorted(names, wanted)) if len(names) else 0
        if row == len(names) or names[row] != wanted:
            row = self.marks.book.row_of(account_id)
        if not self.marks.is_marked[row]:
            self.marks.require_marked(row)
        return row

    @cached_property
    def spoken(self) -> dict[tuple[object, ...], tuple[Spoken, ...]]:
        """What stands behind the checks of a kind of order, kept once it was looked up."""
        return {}

    @cached_property
    def code_of(self) -> Mapping[str, int]:
        """The code of each security that the day or the book has."""
        return {name: code for code, name in enumerate(self.day.names)}

    @cached_property
    def called(self) -> Mapping[str, str]:
        """The code that each security has on the day, by every other one that it has had."""
        return self.marks.book.code_changes.on(self.today.session)

    @cached_property
    def contract_of(self) -> Mapping[str, int]:
        """The place of each contract in the book's layout."""
        return {name: place for place, name in enumerate(self.marks.book.contracts["contract_id"])}

    @cached_property
    def contract_owner(self) -> Int64:
        """The account's row of each contract."""
        return self.marks.book.layout.contract_owner()

    def due_of(self, contract: int) -> date:
        """Return the day on which a contract is due."""
        return date.fromisoformat(str(self.marks.book.layout.due[contract]))

    def first_return(self, row: int, code: int, more: int) -> date | None:
        """Return the first session on which ``more`` borrowed shares than today may be returned; None if never.

        Shares that were sold short after the last day whose shorts may go back today come free one by one.
        """
        first, last = self.marks.book.contract_span(row)
        debts, last_return = self.debts_in, int(self.securities_in.last_return[code])
        places = [
            place
            for place in range(first, last)
            if debts.is_short[place] and self.accounts_in.to_code[debts.code[place]] == code
        ]
        late = sorted((int(debts.opened[p]), int(debts.quantity[p])) for p in places if debts.opened[p] > last_return)
        for opened, quantity in late:
            more -= quantity
            if more <= 0:
                return self._sessions_later(date.fromisoformat(str(np.datetime64(opened, "D"))), last_return)
        return None

    def _sessions_later(self, opened: date, last_return: int) -> date:
        """Return the session that lies as long after ``opened`` as today does after the last day of return."""
        since = date.fromisoformat(str(np.datetime64(last_return, "D")))
        return calendar().offset(opened, calendar().count_between(since, self.today.session))

    @property
    def no_security(self) -> int:
        """The code of orders about cash alone."""
        return len(self.day.names)


def open_gate(
    marks: Marks,
    *,
    lendable: pl.DataFrame | None = None,
    net_capital_milli: int | None = None,
    rulebook: Rulebook | None = None,
) -> Gate:
    """Return the gate for orders against a marked book (委托前端检查).

    The book's pending orders reserve what they may use, and its relations say who is barred from which company.

    Parameters
    ----------
    marks : the book marked on the session of the orders
    lendable : the table of what the broker can lend; without it that check says that it is not known
    net_capital_milli : the broker's, for the limits on one client; without it they are not tested
    rulebook : where the rules are looked up; the shipped one unless given

    Raises
    ------
    UsageError
        There are too many securities.
    """
    book, today = marks.book, Today(rulebook or Rulebook.load(), marks.day.session)
    stand_in = next(iter(marks.policies.values()))  # for accounts without a policy, which were not marked
    own = tuple(marks.policies.get(name, stand_in) for name in book.policies)
    names = pl.concat([book.securities, marks.day.securities["security"]]).unique().sort()
    if len(names) > _CODE_LIMIT:
        raise UsageError(f"{len(names)} securities; at most {_CODE_LIMIT} can be checked at once. Split the book.")
    day = day_columns(marks.day, names, today)
    terms = terms_of(own, marks.day, names)
    accounts_in, terms_in = (
        _accounts_in(marks, names),
        _terms_in(marks, own, day, terms, _net_capital(net_capital_milli, today)),
    )
    securities_in = _securities_in(day, book.orders, lendable)
    return Gate(
        marks=marks,
        policies=own,
        today=today,
        day=day,
        terms=terms,
        securities_in=securities_in,
        terms_in=terms_in,
        accounts_in=accounts_in,
        debts_in=_debts_in(marks),
        waiting_in=_waiting_in(book, names, accounts_in, terms_in, securities_in),
        ties_in=_ties_in(book, day, today),
    )


def _securities_in(day: DayColumns, pending: pl.DataFrame, lendable: pl.DataFrame | None) -> SecuritiesIn:
    return SecuritiesIn(
        asked=day.asked,
        barred=day.barred,
        high=day.high,
        low=day.low,
        floor=day.floor,
        tick=day.tick,
        lot=day.lot,
        step=day.step,
        odd_lots=day.odd_lots,
        fee=day.fee_ppm,
        permission=day.permission,
        monitor=day.monitor,
        stop_line=day.stop_line,
        for_proceeds=day.for_proceeds,
        last_return=day.last_return,
        board=day.board,
        lendable=_lendable(day.names, pending, lendable),
    )


def _lendable(names: pl.Series, pending: pl.DataFrame, lendable: pl.DataFrame | None) -> Int64:
    """Return what can still be lent of each security, less what pending short sales reserve; NONE: not known."""
    result = np.full(len(names) + 1, NONE, dtype=np.int64)
    if lendable is None:
        return result
    shorts = pending.filter(pl.col("business") == Business.SHORT_SALE.value).group_by("security")
    reserved = shorts.agg(pl.col("quantity").sum().alias("reserved"))
    left = (
        pl.DataFrame({"security": names})
        .join(lendable.select("security", "quantity"), on="security", how="left", maintain_order="left")
        .join(reserved, on="security", how="left", maintain_order="left")
        .select(pl.col("quantity").fill_null(0) - pl.col("reserved").fill_null(0))
        .to_series()
    )
    result[:-1] = left.to_numpy()
    return result


def _terms_in(marks: Marks, policies: Sequence[Policy], day: DayColumns, terms: Terms, net_capital: Int64) -> TermsIn:
    rows = len(policies)
    concentration = concentration_terms(policies, marks.day, day.names)
    return TermsIn(
        n_securities=len(day.names) + 1,
        n_clients=len(ClientType),
        price=_padded(terms.price_milli, rows),
        haircut=_padded(terms.haircut_bp, rows),
        ratio=_ratios(marks, policies, terms),
        withdrawal=terms.withdrawal_bp,
        warning=np.ascontiguousarray(terms.lines_bp[:, 0, :]),
        by_coefficient=terms.by_coefficient,
        coefficient=terms.coefficient_bp,
        group=_padded(terms.group, rows, with_=NO_GROUP).astype(np.uint8),
        board_cell=np.append(concentration.board_cell, np.uint8(0)),
        in_board=concentration.in_board,
        limits=concentration.limits,
        is_blocked=np.array([[_blocks(policy, business) for business in Business] for policy in policies]),
        roll_over_ratio=_or_none([policy.calls.roll_over_ratio_bp for policy in policies]),
        roll_over_share=_or_none([policy.calls.roll_over_largest_share_bp for policy in policies]),
        may_cover=np.array([policy.may_cover_with_financed for policy in policies], dtype=np.bool_),
        net_capital=net_capital,
    )


def _or_none(values: list[int | None]) -> Int64:
    return np.array([NONE if value is None else value for value in values], dtype=np.int64)


def _blocks(policy: Policy, business: Business) -> bool:
    return policy.concentration is not None and business in policy.concentration.check.blocked


def _padded(flat: NDArray[np.generic], rows: int, *, with_: int = 0) -> Int64:
    """Return a column by policy × security with one place more in each row, for no security."""
    table = flat.reshape(rows, -1).astype(np.int64)
    return np.ascontiguousarray(np.pad(table, ((0, 0), (0, 1)), constant_values=with_)).ravel()


def _ratios(marks: Marks, policies: Sequence[Policy], terms: Terms) -> Int64:
    """Return the margin ratio of a contract opened today, by kind, policy, kind of client and security."""
    clients, securities = len(ClientType), terms.n_securities
    result = np.zeros((2, len(policies), clients, securities + 1), dtype=np.int64)
    for kind, number, client in np.ndindex(2, len(policies), clients):
        column = {
            "opened": np.full(securities, np.datetime64(marks.day.session, "D")),
            "is_short": np.full(securities, kind == 1),
            "client": np.full(securities, client, dtype=np.uint8),
        }
        own = policies[number].margin_ratios
        asked = broker_ratios(
            own.own,
            code=np.arange(securities, dtype=np.uint16),
            securities=terms.securities,
            security_class=terms.security_class,
            haircut_bp=terms.haircut_bp[number * securities : (number + 1) * securities],
            **column,
        )
        result[kind, number, client, :-1] = np.maximum(exchange_ratios(own, **column), asked)
    return result.reshape(2, -1)


def _net_capital(milli: int | None, today: Today) -> Int64:
    """Return the most that one client may owe in financing and in shorts, rounded down."""
    result = np.full(2, NONE, dtype=np.int64)
    for place, rule in enumerate(_ONE_CLIENT):
        reading = today.find(rule, MARKETS[0])
        if milli is not None and reading is not None:
            limit = reading.terms["limit"]
            assert isinstance(limit, int), "the limit is a percentage"
            result[place] = min(milli * limit // BP, AMOUNT_LIMIT_MILLI * BP)
    return result


def _accounts_in(marks: Marks, names: pl.Series) -> AccountsIn:
    layout, book = marks.book.layout, marks.book
    rank = np.full(layout.n_accounts, -1, dtype=np.int64)
    rank[layout.indebted] = np.arange(len(layout.indebted))
    columns = AccountsIn(
        starts=layout.starts,
        policy=layout.policy,
        client=layout.client,
        cash=layout.cash_milli,
        frozen=layout.frozen_cash_milli,
        margin=marks.holdings.margin,
        assets=marks.holdings.assets,
        largest_share=np.ascontiguousarray(marks.holdings.shares[:, LARGEST]),
        rank=rank,
        credit_limit=_credit_limits(book.accounts),
        permissions=_permissions(book.accounts),
        code=layout.code,
        to_code=names.search_sorted(book.securities).to_numpy().astype(np.uint16),
        quantity=layout.quantity,
        wide_at=layout.wide_at,
        wide_quantity=layout.wide_quantity,
        held_back_at=layout.held_back_at,
        held_back_quantity=layout.held_back_quantity,
    )
    return AccountsIn(*(owned(column) for column in columns))


def owned(array: NDArray[Any]) -> NDArray[Any]:
    """Return the array as one that could be written to, which is what the kernel is compiled for."""
    return np.require(array, requirements=["C_CONTIGUOUS", "WRITEABLE"])


def _credit_limits(accounts: pl.DataFrame) -> Int64:
    if "credit_limit_milli" not in accounts.columns:
        return np.full(accounts.height, NONE, dtype=np.int64)
    return accounts["credit_limit_milli"].fill_null(NONE).to_numpy()


def _permissions(accounts: pl.DataFrame) -> NDArray[np.uint8]:
    """Return the permissions of each client as bits; they are words parted by spaces, commas or semicolons."""
    result = np.zeros(accounts.height, dtype=np.uint8)
    if "permissions" not in accounts.columns:
        return result
    words = accounts["permissions"].cast(pl.String()).fill_null("").str.to_lowercase().str.replace_all(r"[\s,;|]+", " ")
    for bit, board in enumerate(PERMISSIONS):
        has = (" " + words + " ").str.contains(f" {board.value} ", literal=True)
        result |= has.to_numpy().astype(np.uint8) << np.uint8(bit)
    return result


def _debts_in(marks: Marks) -> DebtsIn:
    layout, debts = marks.book.layout, marks.debts
    columns = DebtsIn(
        starts=layout.contract_starts,
        debt=debts.debt,
        financing=debts.financing,
        short=debts.short,
        ratio=debts.ratio,
        row=debts.row,
        is_short=layout.is_short,
        code=layout.contract_code,
        quantity=layout.contract_quantity,
        amount=layout.amount_milli,
        opened=layout.opened.astype("datetime64[D]").astype(np.int64),
        due=layout.due.astype("datetime64[D]").astype(np.int64),
    )
    return DebtsIn(*(owned(column) for column in columns))


def _waiting_in(
    book: Book, names: pl.Series, accounts: AccountsIn, terms: TermsIn, securities: SecuritiesIn
) -> WaitingIn:
    """Return the pending orders with what each reserves.

    One whose security nobody knows cannot be reserved, as one at market without an upper limit: until it is cleared up,
    the account's orders are refused.
    """
    mine = book.orders.join(rows_of(book), on="account_id", how="inner").sort("row", maintain_order=True)
    code = codes_or_none(mine["security"], names)
    unknown = code < 0
    code = np.where(unknown, len(names), code)
    row, business, size = mine["row"].to_numpy(), numbers_of(mine["business"]), sizes_of(mine)
    price = mine["price_milli"].fill_null(0).to_numpy()
    use = np.zeros((mine.height, N_USES), dtype=np.int64)
    row, business, code, size, price = (owned(column) for column in (row, business, code, size, price))
    reserve(row, business, code, size, price, accounts, terms, securities, use)
    at_market = np.isin(business, _RESERVING) & (price == 0) & (securities.high[code] == 0)
    return WaitingIn(
        starts=starts_of(np.bincount(row, minlength=book.layout.n_accounts)),
        business=business,
        code=code,
        use=use,
        unbounded=at_market | unknown,
    )


def numbers_of(business: pl.Series) -> Int64:
    """Return the place of each kind of business in ``Business``."""
    return business.to_physical().cast(pl.Int64()).to_numpy()


def sizes_of(orders: pl.DataFrame) -> Int64:
    """Return how large each order is: shares, or milli-yuan for cash alone."""
    is_cash = pl.col("business").is_in([business.value for business in CASH_ALONE])
    return (
        orders.select(pl.when(is_cash).then("amount_milli").otherwise("quantity").fill_null(0)).to_series().to_numpy()
    )


def rows_of(book: Book) -> pl.DataFrame:
    """Return the row of each account."""
    return book.accounts.select("account_id", row=pl.int_range(pl.len(), dtype=pl.Int64))


def codes_or_none(securities: pl.Series, names: pl.Series) -> Int64:
    """Return the code of each security, the code of no security for null, and -1 for one that nobody knows."""
    code_of = pl.DataFrame({"security": names, "code": np.arange(len(names), dtype=np.int64)})
    found = securities.to_frame("security").join(code_of, on="security", how="left", maintain_order="left")["code"]
    codes = found.fill_null(-1).to_numpy()
    return np.where(securities.is_null().to_numpy(), len(names), codes)


def _ties_in(book: Book, day: DayColumns, today: Today) -> TiesIn:
    """Return what each tied client may not do; who has stated how many shares are concerned may post the others."""
    if not book.relations.height:
        return TiesIn(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    frame = book.relations.join(rows_of(book), on="account_id", how="inner")
    code = codes_or_none(frame["security"], day.names)
    barred = [
        _barred(today, MARKETS[day.market[place]], str(person)) & (~PLEDGE if quantity is not None else -1)
        for place, person, quantity in zip(code, frame["person"], frame["quantity"], strict=True)
    ]
    keys = pl.DataFrame({"key": frame["row"].to_numpy() * (len(day.names) + 1) + code, "barred": barred})
    together = keys.group_by("key").agg(pl.col("barred").bitwise_or()).sort("key")
    return TiesIn(owned(together["key"].to_numpy()), owned(together["barred"].to_numpy()))


def _barred(today: Today, market: str, person: str) -> int:
    reading = today.find(_OWN_SHARES, market)
    if reading is None:
        return 0
    rows = ((bit, reading.table.row(person=person, act=act)) for act, bit in _ACTS.items())
    return sum(bit for bit, row in rows if not row.values["allowed"])
