"""The marks of a book: columns by account, what they rest on, and the accounts that could not be marked.

What lives here: the result as a value and as a table with the names of ``basics.account_tables.MARKS``. What does not:
how a number comes about (``explain.py``) and totals over the book (``summary.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book import Book
from rongheng.account.marks.arithmetic import NO_DEBT, NO_SHARE, NOT_CURABLE, NULL
from rongheng.account.marks.columns import NO_BREACH, NO_LIMITS, NO_SECURITY, TOGETHER, DebtsOut, HoldingsOut
from rongheng.account.policy import BoardGroup, ConcentrationTerms, Policy, Scope, Terms
from rongheng.basics.account_tables import GROUPS, LINES, MARKS, State
from rongheng.basics.errors import BookError
from rongheng.basics.grades import Grade, worst
from rongheng.basics.market_day import MarketDay
from rongheng.basics.money import BP

_SHARE_NAMES = [f"group_{group.lower()}_share_bp" for group in GROUPS]
_SHARE_NAMES += ["star_share_bp", "chinext_share_bp", "bse_share_bp", "dual_board_share_bp", "largest_share_bp"]
_DEBT_COLUMNS = {
    "debt_milli": "debt",
    "financing_debt_milli": "financing",
    "short_debt_milli": "short",
    "interest_milli": "interest",
    "cash_to_cure_milli": "cash_to_cure",
    "repay_to_cure_milli": "repay_to_cure",
}


@dataclass(frozen=True)
class Marks:
    """Marks in the book's order of accounts; the columns of refused accounts hold nothing of meaning."""

    book: Book
    day: MarketDay
    terms: Terms
    limits: ConcentrationTerms
    ratio_bp: NDArray[np.int32]  # by contract: the margin ratio that it bears
    interest_milli: NDArray[np.int64]  # by contract: owed through the session
    credit_line_milli: NDArray[np.int64]  # by account; 0 where none is set
    fixed_row: NDArray[np.uint8]  # by indebted account: the row of lines of the last close, or DECIDE_NOW
    holdings: HoldingsOut
    debts: DebtsOut
    is_marked: NDArray[np.bool_]
    problems: pl.DataFrame
    policies: Mapping[str, Policy]  # by name: those that were given

    @property
    def marked(self) -> int:
        """How many accounts were marked."""
        return int(self.is_marked.sum())

    @property
    def quarantined(self) -> int:
        """How many rows of the accounts' table were not marked; with ``marked`` it is every row that came in."""
        return self.book.rows_in - self.marked

    @property
    def grade(self) -> Grade:
        """How these numbers came about: derived at best; estimated where a policy's gaps were filled."""
        gaps = any(self.policies[name].gaps for name in self.book.policies if name in self.policies)
        return worst(self.book.grade, self.day.grade, Grade.ESTIMATED if gaps else Grade.DERIVED)

    def rows(self) -> list[dict[str, Any]]:
        """Return for each table of the book how many rows came in, were marked, and stand in quarantined accounts."""
        layout, left_out = self.book.layout, self.book.left_out
        positions, contracts = np.diff(layout.starts), np.diff(layout.contract_starts)
        here = {
            "accounts": (layout.n_accounts, self.marked),
            "positions": (layout.n_positions, int(positions[self.is_marked].sum())),
            "contracts": (layout.n_contracts, int(contracts[self.is_marked[layout.indebted]].sum())),
        }
        return [
            {
                "table": name,
                "rows_in": count + left_out.get(name, 0),
                "marked": marked,
                "quarantined": count + left_out.get(name, 0) - marked,
            }
            for name, (count, marked) in here.items()
        ]

    def between(self, first: int, last: int) -> Marks:
        """Return the marks of the accounts in the rows from ``first`` to before ``last``, without copying columns."""
        layout = self.book.layout
        ranks = np.searchsorted(layout.indebted, [first, last])
        owed = slice(*layout.contract_starts[ranks].tolist())
        return replace(
            self,
            book=self.book.between(first, last),
            ratio_bp=self.ratio_bp[owed],
            interest_milli=self.interest_milli[owed],
            credit_line_milli=self.credit_line_milli[first:last],
            fixed_row=self.fixed_row[slice(*ranks)],
            holdings=HoldingsOut._make(column[first:last] for column in self.holdings),
            debts=DebtsOut._make(column[slice(*ranks)] for column in self.debts),
            is_marked=self.is_marked[first:last],
        )

    def spans(self, accounts: int = 250_000) -> Iterator[Marks]:
        """Yield the marks in spans of so many accounts, whose frames need little room one after another."""
        count = self.book.layout.n_accounts
        for first in range(0, max(count, 1), accounts):
            yield self.between(first, min(first + accounts, count))

    def of(self, row: int) -> dict[str, Any]:
        """Return the marks of the account in that row of the book, as ``frame`` names them."""
        return self.between(row, row + 1).frame().row(0, named=True)

    def explain(self, account_id: str) -> pl.DataFrame:
        """Return every term of an account's numbers, with rule, article and confidence; see ``explain.explain``."""
        from rongheng.account.marks.explain import explain

        row = self.book.row_of(account_id)
        self.require_marked(row)
        return explain(self, account_id, self.policies[self.book.accounts["policy"][row]])

    def require_marked(self, row: int) -> None:
        """Raise ``BookError`` where that account could not be marked, saying why."""
        if self.is_marked[row]:
            return
        name = self.book.accounts["account_id"][row]
        first = self.problems.filter(pl.col("account_id") == name).row(0, named=True)
        raise BookError(f"Account {name} was not marked: {first['column']} is {first['found']}; {first['reason']}.")

    def frame(self) -> pl.DataFrame:
        """Return one row for each marked account, by rising id, with the columns of the table of marks."""
        columns = self._everybody() | self._lines() | self._indebted() | self._breaches()
        frame = pl.DataFrame({name: columns[name] for name in MARKS.schema})
        return frame.cast(MARKS.dtypes).filter(pl.Series(self.is_marked))

    def _everybody(self) -> dict[str, pl.Series]:
        out, layout = self.holdings, self.book.layout
        columns = {
            "account_id": self.book.accounts["account_id"],
            "policy": self.book.accounts["policy"],
            "assets_milli": pl.Series(out.assets),
            "securities_milli": pl.Series(out.securities),
            "cash_milli": pl.Series(layout.cash_milli),
            "available_margin_milli": pl.Series(out.margin),
            "withdrawable_milli": pl.Series(out.withdrawable),
            "withdrawable_securities_milli": pl.Series(out.withdrawable_securities),
            "largest_security": _named(out.largest, self.book.securities),
        }
        for place, name in enumerate(_SHARE_NAMES):
            columns[name] = _nulled(out.shares[:, place], NO_SHARE)
        return columns

    def _lines(self) -> dict[str, pl.Series]:
        """The lines that apply: the fixed ones, or for the indebted the row that was decided."""
        layout, terms = self.book.layout, self.terms
        policy = layout.policy.astype(np.int64)
        row = np.zeros(layout.n_accounts, dtype=np.int64)
        row[layout.indebted] = self.debts.row
        columns = {"line_row": pl.Series(row), "withdrawal_line_bp": pl.Series(terms.withdrawal_bp[policy, row])}
        for place, name in enumerate(LINES):
            columns[f"{name}_line_bp"] = _nulled(terms.lines_bp[policy, place, row], 0)
        target = self._spread(self.debts.target, terms.target_bp[policy, NO_DEBT])
        target = np.where(target > 0, target, terms.lines_bp[policy, 0, row])
        return columns | {"target_bp": _nulled(target, 0)}

    def _indebted(self) -> dict[str, pl.Series]:
        """The columns that only debt fills; who owes nothing has 0 debt, no ratio and nothing to cure."""
        debts = self.debts
        no_target = self._lines()["target_bp"].is_null().to_numpy()
        nothing_to_cure = np.where(no_target, NULL, 0)
        columns = {}
        for name, source in _DEBT_COLUMNS.items():
            base = nothing_to_cure if "cure" in name else 0
            columns[name] = _nulled(self._spread(getattr(debts, source), base), NULL)
        sale = self._spread(debts.sale_to_cure, nothing_to_cure)
        columns["sale_to_cure_milli"] = _nulled(np.where(sale == NOT_CURABLE, NULL, sale), NULL)
        columns["curable"] = _nulled(sale, NULL) != NOT_CURABLE
        columns["maintenance_ratio_bp"] = _nulled(self._spread(debts.ratio, NULL), NULL)
        columns["leverage_bp"] = _nulled(self._spread(debts.leverage, BP), NULL)
        columns["fall_to_line_bp"] = _nulled(self._spread(debts.fall_then, NULL), NULL)
        columns["fall_to_todays_line_bp"] = _nulled(self._spread(debts.fall_today, NULL), NULL)
        names = {number: state.value for number, state in enumerate(State)}
        state = pl.Series(self._spread(debts.state, 0))
        return columns | {"state": state.replace_strict(names, return_dtype=MARKS.schema["state"])}

    def _breaches(self) -> dict[str, pl.Series]:
        """How many concentration limits are breached, and the worst breach; null where no limit applies."""
        out = self.holdings
        scope, name = places_of(out.worst_at, self.book.securities)
        return {
            "breaches": _nulled(out.breaches, NO_LIMITS),
            "worst_breach_scope": scope,
            "worst_breach": name,
            "worst_excess_bp": pl.Series(out.worst_excess_bp).set(name.is_null(), None),
        }

    def _spread(self, values: NDArray[np.generic], base: int | NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the indebted accounts' values among all accounts, with ``base`` for the others."""
        column = np.empty(self.book.layout.n_accounts, dtype=np.int64)
        column[:] = base
        column[self.book.layout.indebted] = values
        return column


def _nulled(values: NDArray[np.generic], nothing: int) -> pl.Series:
    """Return the column with null where the value says "nothing"."""
    column = pl.Series(np.ascontiguousarray(values).astype(np.int64))
    return column.set(column == nothing, None)


def places_of(at: NDArray[np.int32], securities: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return what breaches are about (security, class or board) and its name; null where there is none."""
    groups = [*GROUPS, *(group.value for group in BoardGroup)]  # by slot
    scopes = [Scope.SECURITY] * len(securities) + [Scope.CLASS] * len(GROUPS) + [Scope.BOARD] * len(BoardGroup)
    place = pl.Series(np.where(at < TOGETHER, at, at - TOGETHER + len(securities)))
    place = place.set(place == NO_BREACH, None)
    scope = pl.Series([scope.value for scope in scopes], dtype=pl.String()).gather(place)
    return scope, pl.concat([securities.cast(pl.String()), pl.Series(groups)]).gather(place)


def _named(codes: NDArray[np.uint16], names: pl.Series) -> pl.Series:
    """Return the names that codes stand for; null for none."""
    places = pl.Series(codes).cast(pl.UInt32())
    return names.gather(places.set(places == NO_SECURITY, None))
