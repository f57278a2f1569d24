"""A book on its way over ex-dates: what each action does to positions, contracts, cash and debt, day by day.

What lives here: the state and the arithmetic, in whole shares and milli-yuan. What does not: names, frames and the
front (``carry.py``), and what an action says (``actions.py``).

Rounding never flatters an account. What it is to get is rounded down: shares to a whole share, cash to a fen, by
position; the financed part of new shares by contract. What it owes is rounded up: borrowed shares to a whole share,
compensation to a fen, by contract.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book.actions import Action
from rongheng.account.book.change import Amounts, Ints, held
from rongheng.account.book.layout import Layout
from rongheng.basics.account_tables import Due
from rongheng.basics.money import AMOUNT_LIMIT_MILLI, FEN, QUANTITY_LIMIT

NO_CONTRACT = -1
PENDING = {"row": pl.Int64(), "code": pl.Int64(), "kind": pl.String(), "ex_date": pl.Date(), "due": pl.Date()} | {
    "quantity": pl.Int64(),
    "amount_milli": pl.Int64(),
    "contract": pl.Int64(),  # its place in the layout, or NO_CONTRACT
}
CHANGE = {"row": pl.Int64(), "code": pl.Int64(), "date": pl.Date(), "what": pl.String()} | {
    "quantity": pl.Int64(),
    "amount_milli": pl.Int64(),
    "contract": pl.Int64(),
}
UNPAID, ABOVE, UNSAID = "rights_not_paid", "subscribed_above_entitled", "compensation_unknown"
_INT64_MAX = 2**63 - 1


@dataclass(frozen=True)
class Refused:
    """What of an action could not be done for some accounts: the code of the Problem, whose, and what was found."""

    problem: str
    row: Ints
    code: int
    found: Ints


class Carrying:
    """Positions and amounts that go from day to day. They are copies; the book that they came from stays as it is."""

    def __init__(self, layout: Layout, codes: Ints, pending: pl.DataFrame) -> None:
        self._layout = layout
        self.held = held(layout, codes)
        self.amounts = Amounts.of(layout)
        self._owner = layout.contract_owner()
        self.pending = pending
        self.changes: list[pl.DataFrame] = []
        self.refused: list[Refused] = []

    def extremes(self) -> Iterator[tuple[str, Ints, int, Ints]]:
        """Yield what may have grown beyond a book's bounds: what it is, its values, its bound, and whose each is."""
        rows = np.arange(self._layout.n_accounts)
        yield "a quantity held", self.held.quantity, QUANTITY_LIMIT, self.held.row
        yield "a quantity of a contract", self.amounts.contract_quantity, QUANTITY_LIMIT, self._owner
        yield "cash", self.amounts.cash_milli, AMOUNT_LIMIT_MILLI, rows
        yield "other debt", self.amounts.other_debt_milli, AMOUNT_LIMIT_MILLI, rows

    def go_ex(self, action: Action, code: int, subscribed: pl.DataFrame) -> None:
        """Let a share go ex: what it brings is reckoned on what is held and owed before.

        Parameters
        ----------
        subscribed : ``row`` and ``quantity`` of the rights that accounts take
        """
        mine = np.flatnonzero(self.held.code == code)
        contracts = np.flatnonzero(self._layout.contract_code == code)
        is_short = self._layout.is_short[contracts]
        financed, shorts = contracts[~is_short], contracts[is_short]
        if action.split != 1:
            self._split(action, code, mine, financed, shorts)
            return
        self._owe(action, code, shorts)
        self._subscribe(action, code, mine, subscribed)
        self._receive(action, code, mine, financed)

    def settle(self, day: date) -> None:
        """Let what is due by that day come in."""
        due = self.pending.filter(pl.col("due") <= day)
        self.pending = self.pending.filter(pl.col("due") > day)
        for (kind,), part in due.partition_by("kind", as_dict=True).items():
            row, code, contract = (part[name].to_numpy() for name in ("row", "code", "contract"))
            quantity, amount = part["quantity"].to_numpy(), part["amount_milli"].to_numpy()
            if kind == Due.CASH:
                np.add.at(self.amounts.cash_milli, row, amount)
                self._tell(day, "dividend_paid", row, code, amount=amount)
            elif kind == Due.CONTRACT:
                np.add.at(self.amounts.contract_quantity, contract, quantity)
                self._tell(day, "contract_adjusted", row, code, quantity=quantity, contract=contract)
            else:
                places = self._places(row, code)
                np.add.at(self.held.quantity, places, quantity)
                np.subtract.at(self.held.in_transit, places, quantity)
                np.maximum(self.held.in_transit, 0, out=self.held.in_transit)  # a book need not have said it
                self._tell(day, "shares_listed", row, code, quantity=quantity)

    def _places(self, row: Ints, code: Ints) -> Ints:
        """Return where among the positions held these accounts hold these codes; there is room for each."""
        keys = self.held.row << 16 | self.held.code
        places = np.searchsorted(keys, row << 16 | code)
        assert np.array_equal(keys[places], row << 16 | code), "room was made for everything on its way"
        return places

    def _split(self, action: Action, code: int, mine: Ints, financed: Ints, shorts: Ints) -> None:
        """Change the count of shares at once: down for what is held, up for what is owed and held back."""
        before = self.held.quantity[mine]
        after = times(before, action.split)
        self.held.quantity[mine] = after
        self.held.held_back[mine] = np.minimum(times(self.held.held_back[mine], action.split, up=True), after)
        self.held.in_transit[mine] = times(self.held.in_transit[mine], action.split)
        self._tell(action.ex_date, "split", self.held.row[mine], code, quantity=after - before)
        for places, what, up in ((financed, "contract_adjusted", False), (shorts, "short_adjusted", True)):
            owed = self.amounts.contract_quantity[places]
            self.amounts.contract_quantity[places] = times(owed, action.split, up=up)
            change = self.amounts.contract_quantity[places] - owed
            self._tell(action.ex_date, what, self._owner[places], code, quantity=change, contract=places)
        of_it = (pl.col("code") == code) & (pl.col("kind") != Due.CASH.value)
        quantity = times(self.pending["quantity"].to_numpy(), action.split)
        moved = pl.when(of_it).then(pl.Series("quantity", quantity)).otherwise("quantity")
        self.pending = self.pending.with_columns(moved)

    def _owe(self, action: Action, code: int, shorts: Ints) -> None:
        """Let borrowed shares owe what the lender would have had: new shares in shares, the rest in cash, at once."""
        owed, row = self.amounts.contract_quantity[shorts], self._owner[shorts]
        if action.bonus:
            more = times(owed, action.bonus, up=True)
            self.amounts.contract_quantity[shorts] += more
            self._tell(action.ex_date, "short_adjusted", row, code, quantity=more, contract=shorts)
        each = action.cash_milli + (action.compensation_milli or 0)
        if action.rights and action.compensation_milli is None and len(shorts):
            self.refused.append(Refused(UNSAID, row, code, owed))
        if each:
            amount = times(owed, each / FEN, up=True) * FEN
            np.add.at(self.amounts.other_debt_milli, row, amount)
            self._tell(action.ex_date, "compensation_owed", row, code, amount=amount, contract=shorts)

    def _subscribe(self, action: Action, code: int, mine: Ints, subscribed: pl.DataFrame) -> None:
        """Let accounts pay for the rights that they take, as far as they are entitled and have the cash."""
        if not subscribed.height:
            return
        row, quantity = subscribed["row"].to_numpy(), subscribed["quantity"].to_numpy()
        entitled = np.zeros(self._layout.n_accounts, dtype=np.int64)
        entitled[self.held.row[mine]] = times(self.held.quantity[mine], action.rights)
        cost = quantity * action.rights_price_milli
        too_many = quantity > entitled[row]
        unpaid = ~too_many & (cost > self.amounts.cash_milli[row] - self._layout.frozen_cash_milli[row])
        for problem, which in ((ABOVE, too_many), (UNPAID, unpaid)):
            if which.any():
                self.refused.append(Refused(problem, row[which], code, quantity[which]))
        good = ~too_many & ~unpaid
        row, quantity, cost = row[good], quantity[good], cost[good]
        self.amounts.cash_milli[row] -= cost
        self._tell(action.ex_date, "rights_subscribed", row, code, quantity=quantity, amount=-cost)
        self._expect(action, Due.SHARES, row, code, action.list_date, quantity=quantity)
        self.held.in_transit[self._places(row, np.full(len(row), code))] += quantity

    def _receive(self, action: Action, code: int, mine: Ints, financed: Ints) -> None:
        """Put what holders are to get on its way; none of it counts before it comes."""
        row, quantity = self.held.row[mine], self.held.quantity[mine]
        if action.cash_milli:
            amount = times(quantity, action.cash_milli / FEN) * FEN
            self._tell(action.ex_date, "dividend_due", row, code, amount=amount)
            self._expect(action, Due.CASH, row, code, action.pay_date, amount=amount)
        if action.bonus:
            more = times(quantity, action.bonus)
            self.held.in_transit[mine] += more
            self._tell(action.ex_date, "bonus_due", row, code, quantity=more)
            self._expect(action, Due.SHARES, row, code, action.list_date, quantity=more)
            part = times(self.amounts.contract_quantity[financed], action.bonus)
            self._expect(
                action,
                Due.CONTRACT,
                self._owner[financed],
                code,
                action.list_date,
                quantity=part,
                contract=financed,
            )

    def _expect(
        self,
        action: Action,
        kind: Due,
        row: Ints,
        code: int,
        due: date,
        *,
        quantity: Ints | int = 0,
        amount: Ints | int = 0,
        contract: Ints | int = NO_CONTRACT,
    ) -> None:
        frame = _frame(row, code, quantity, amount, contract).with_columns(
            kind=pl.lit(kind.value), ex_date=pl.lit(action.ex_date), due=pl.lit(due)
        )
        brings = (pl.col("quantity") > 0) | (pl.col("amount_milli") > 0)
        self.pending = pl.concat([self.pending, frame.filter(brings).select(list(PENDING))])

    def _tell(
        self,
        day: date,
        what: str,
        row: Ints,
        code: Ints | int,
        *,
        quantity: Ints | int = 0,
        amount: Ints | int = 0,
        contract: Ints | int = NO_CONTRACT,
    ) -> None:
        frame = _frame(row, code, quantity, amount, contract).with_columns(date=pl.lit(day), what=pl.lit(what))
        changes = (pl.col("quantity") != 0) | (pl.col("amount_milli") != 0)
        self.changes.append(frame.filter(changes).select(list(CHANGE)))


def _frame(row: Ints, code: Ints | int, quantity: Ints | int, amount: Ints | int, contract: Ints | int) -> pl.DataFrame:
    values = {"row": row, "code": code, "quantity": quantity, "amount_milli": amount, "contract": contract}
    return pl.DataFrame({name: pl.Series(np.broadcast_to(value, row.shape)) for name, value in values.items()}).cast(
        pl.Int64
    )


def times(quantity: Ints, ratio: Fraction, *, up: bool = False) -> Ints:
    """Return quantity × ratio, whole: down, or up where it is owed. Products beyond 64 bits are exact too.

    >>> times(np.array([333, 10]), Fraction(3, 10)).tolist(), times(np.array([333]), Fraction(3, 10), up=True).tolist()
    ([99, 3], [100])
    """
    numerator, denominator = ratio.as_integer_ratio()
    largest = int(quantity.max(initial=0))
    fits = largest * numerator + denominator <= _INT64_MAX
    values: NDArray[np.int64] | NDArray[np.object_] = quantity if fits else quantity.astype(object)
    product = values * numerator
    whole = -(-product // denominator) if up else product // denominator
    return whole.astype(np.int64)


def days_of(actions: Sequence[Action], pending: pl.DataFrame, *, after: date, to: date) -> Iterator[date]:
    """Yield the days up to ``to`` on which something goes ex or may come in, in order."""
    named = {day for action in actions for day in (action.ex_date, action.pay_date, action.list_date)}
    days = named | set(pending["due"].to_list())
    yield from sorted({max(day, after) for day in days if day <= to})
