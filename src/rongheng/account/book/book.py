"""One book: the clean accounts in kernel form, and beside it what was wrong with the others.

What lives here: the book as a value and how clean frames become one. What does not: reading (``read.py``), checks
(``check.py``), arrays (``layout.py``). Nothing is dropped in silence: ``rows_in == accounts + quarantined``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book.check import ROW, problems_of, readable
from rongheng.account.book.layout import Layout, counts_of, lay_out
from rongheng.account.book.numbers import (
    ACCOUNT,
    CODE,
    NO_CODE,
    UNKNOWN,
    category_numbers,
    distinct,
    is_ascending,
    occurring,
    rows_of,
    with_numbers,
)
from rongheng.account.book.positions import PositionArrays, held_twice, numbered, parts_of, read_positions
from rongheng.basics.account_tables import ACCOUNTS, BOOK_TABLES, OPTIONAL_TABLES, ORDERS, RELATIONS
from rongheng.basics.code_changes import CodeChange, CodeChanges, code_changes
from rongheng.basics.errors import BookError, UsageError
from rongheng.basics.grades import Grade

TABLES = BOOK_TABLES | OPTIONAL_TABLES
# Which rows of the tables that came in were read under another code.
RENAMED = {"table": pl.String(), "code": pl.String(), "read_as": pl.String(), "rows": pl.Int64()}
_IN_LAYOUT = ("client_type", "cash_milli", "frozen_cash_milli", "other_collateral_milli", "other_debt_milli")


@dataclass(frozen=True)
class Book:
    """A broker's book on one date.

    ``accounts`` has the clean accounts by rising id, with what the layout has no array of: id, policy, credit line,
    permissions, and how far interest is counted. ``contracts`` has the ids of the contracts in the layout's order;
    ``orders`` and ``relations`` are small and stay frames. ``problems`` names what was wrong, and each account in it is
    left out. ``renamed`` counts the rows that named a security by a code that it does not have on the session.
    """

    session: date
    interest_through: date
    source: str
    accounts: pl.DataFrame
    contracts: pl.DataFrame  # contract_id, in the layout's order
    policies: tuple[str, ...]
    securities: pl.Series
    layout: Layout
    problems: pl.DataFrame
    rows_in: int
    grade: Grade = Grade.OFFICIAL  # a broker's own record, unless it was made up
    orders: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ORDERS.schema))
    relations: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RELATIONS.schema))
    left_out: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))  # rows of quarantined accounts
    renamed: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RENAMED))
    own_codes: tuple[CodeChange, ...] = ()  # changes of codes that came with the book

    @property
    def quarantined(self) -> int:
        """How many rows of the accounts' table were left out."""
        return self.rows_in - self.layout.n_accounts

    @cached_property
    def code_changes(self) -> CodeChanges:
        """The changes of codes that the book goes by: those that ship, and its own."""
        return code_changes().with_own(self.own_codes, where=self.source) if self.own_codes else code_changes()

    def counted_further(self) -> dict[date, NDArray[np.int64]]:
        """Return the contracts of accounts whose interest is counted further than the book's, by the last day of it."""
        if "interest_through" not in self.accounts.columns:
            return {}
        own = self.accounts["interest_through"]
        days = [day for day in own.unique().drop_nulls().to_list() if day > self.interest_through]
        owner = self.layout.contract_owner()
        return {day: np.flatnonzero((own == day).fill_null(value=False).to_numpy()[owner]) for day in sorted(days)}

    @classmethod
    def read(cls, path: Path | str, *, session: date | None = None) -> Book:
        """Read the book of a folder of tables, a folder in kernel form, or a workbook; see ``open_book``."""
        from rongheng.account.book.opening import open_book

        return open_book(path, session=session)

    @classmethod
    def of(
        cls,
        accounts: pl.DataFrame,
        positions: pl.DataFrame | Iterable[pl.DataFrame],
        contracts: pl.DataFrame,
        *,
        session: date,
        interest_through: date | None = None,
        source: str = "frames",
        grade: Grade = Grade.OFFICIAL,
        orders: pl.DataFrame | None = None,
        relations: pl.DataFrame | None = None,
        own_codes: Sequence[CodeChange] = (),
    ) -> Book:
        """Return the book of its frames; rows that cannot be are Problems and their accounts are left out.

        A row that names a security by a code which it does not have on the session is read under the one that it has.

        Parameters
        ----------
        accounts, positions, contracts : frames with the columns of ``basics.account_tables``; optional ones may lack.
            Positions may come in parts, at least one, so that a large table never stands in memory with its names
        session : the date that the book describes
        interest_through : the last day whose interest is in ``interest_milli``; the book's date unless given
        grade : how the book's figures came about
        orders, relations : pending orders, and who is an insider, a major holder or holds restricted shares
        own_codes : changes of codes beside those that ship

        Raises
        ------
        BookError
            A column is unknown or missing, or the book names more than 65,535 securities.
        DataError
            The own changes of codes contradict each other.
        """
        frames = {"accounts": accounts, "contracts": contracts}
        frames |= {name: pl.DataFrame(schema=table.schema) for name, table in OPTIONAL_TABLES.items()}
        frames |= {name: frame for name, frame in (("orders", orders), ("relations", relations)) if frame is not None}
        unreadable = {}
        for name, frame in frames.items():
            frames[name], unreadable[name] = readable(frame, TABLES[name], where=f"{source}, {name}")
        frames["accounts"] = _by_id(frames["accounts"])
        ids = frames["accounts"]["account_id"]
        read = read_positions(_in_parts(positions), ids, where=f"{source}, positions")
        changes = code_changes().with_own(own_codes, where=source) if own_codes else code_changes()
        frames, called, renamed = _renamed(frames, read.held, changes.on(session))
        securities = _named([called.security, category_numbers(frames["contracts"]["security"])], source)
        held, order = numbered(called, securities)
        for name in ("contracts", *OPTIONAL_TABLES):
            owner = pl.Series(ACCOUNT, rows_of(frames[name]["account_id"], ids))
            frames[name] = frames[name].hstack([owner])
        frames["contracts"] = with_numbers(frames["contracts"], securities)
        found = [held_twice(held, order, ids, securities), *read.failing]
        problems = problems_of(**frames, positions=found, held=held.quantities_of, session=session)
        unreadable["positions"] = read.unreadable
        problems = pl.concat([*(unreadable[name] for name in TABLES), problems])
        clean, owned = _without(frames, held, problems)
        left_out = {name: frames[name].height - clean[name].height for name in ("accounts", "contracts")}
        code, contracts, named = _recoded(owned, clean["contracts"], securities)
        return assembled(
            clean["accounts"],
            counts_of(owned.account, clean["accounts"].height),
            {"code": code, "quantity": owned.quantity, **owned.side},
            contracts.sort(ACCOUNT, "kind", CODE, "opened", "contract_id"),
            named,
            orders=clean["orders"].drop(ROW, ACCOUNT).sort("account_id", "order_id"),
            relations=clean["relations"].drop(ROW, ACCOUNT).sort("account_id", "security", "person"),
            session=session,
            interest_through=interest_through or session,
            source=source,
            problems=problems,
            rows_in=accounts.height,
            grade=grade,
            left_out={**left_out, "positions": len(held) - len(owned)},
            renamed=renamed,
            own_codes=tuple(own_codes),
        )

    def row_of(self, account_id: str) -> int:
        """Return the row of an account; an unknown one is a ``UsageError``, a quarantined one says why."""
        found = self.accounts["account_id"].search_sorted(account_id)
        if found < self.accounts.height and self.accounts["account_id"][found] == account_id:
            return int(found)
        why = self.problems.filter(pl.col("account_id") == account_id)
        if why.height:
            first = why.row(0, named=True)
            raise BookError(
                f"Account {account_id} is quarantined: {first['table']} row {first['row']}, {first['column']} is "
                f"{first['found']}; {first['reason']}. Mend the row and read the book again."
            )
        raise UsageError(f"The book of {self.session} has no account {account_id!r}. Check the id.")

    def rows_of(self, account_ids: Sequence[str]) -> NDArray[np.int64]:
        """Return the rows of many accounts; the first of those that are not there is told of as by ``row_of``."""
        names = self.accounts["account_id"]
        wanted = pl.Series(account_ids, dtype=pl.String())
        rows = names.search_sorted(wanted).to_numpy().astype(np.int64)
        if not len(names):
            there = np.zeros(len(rows), dtype=np.bool_)
        else:
            there = (names.gather(np.minimum(rows, len(names) - 1)) == wanted).to_numpy()
        for place in np.flatnonzero(~there)[:1]:
            self.row_of(account_ids[place])
        return rows

    def positions_of(self, row: int) -> pl.DataFrame:
        """Return the security and quantity of each position of an account."""
        first, last = self.layout.starts[row : row + 2].tolist()
        return pl.DataFrame(
            {"security": self.securities[self.layout.code[first:last]], "quantity": self.layout.quantities(first, last)}
        )

    def contract_span(self, row: int) -> tuple[int, int]:
        """Return the first contract of an account and the one after its last, in the layout's order."""
        rank = int(np.searchsorted(self.layout.indebted, row))
        if rank == len(self.layout.indebted) or self.layout.indebted[rank] != row:
            return 0, 0
        first, last = self.layout.contract_starts[rank : rank + 2].tolist()
        return first, last

    def contract_ends(self) -> pl.DataFrame:
        """Return account, policy, id, security and due day of each contract, in the layout's order."""
        owner = self.layout.contract_owner()
        return pl.DataFrame(
            {
                "account_id": self.accounts["account_id"][owner],
                "policy": self.accounts["policy"][owner].cast(pl.String()),
                "contract_id": self.contracts["contract_id"],
                "security": self.securities[self.layout.contract_code],
                "due": pl.Series(self.layout.due).cast(pl.Date()),
            }
        )

    def under(self, policy: str) -> Book:
        """Return the book with every account under one policy, whatever it named."""
        accounts = self.accounts.with_columns(policy=pl.lit(policy, dtype=pl.Enum([policy])))
        layout = replace(self.layout, policy=np.zeros(self.layout.n_accounts, dtype=np.uint16))
        return replace(self, accounts=accounts, layout=layout, policies=(policy,))

    def after(self, problems: pl.DataFrame, left_out: Mapping[str, int]) -> Book:
        """Return the book with what an earlier reading had left out of it."""
        together = {name: self.left_out.get(name, 0) + left_out.get(name, 0) for name in BOOK_TABLES}
        rows_in = self.rows_in + left_out.get("accounts", 0)
        return replace(self, problems=pl.concat([problems, self.problems]), left_out=together, rows_in=rows_in)

    def between(self, first: int, last: int) -> Book:
        """Return the book of the accounts in the rows from ``first`` to before ``last``, without copying its arrays."""
        owed = self.layout.contract_starts[np.searchsorted(self.layout.indebted, [first, last])].tolist()
        return replace(
            self,
            accounts=self.accounts[first:last],
            contracts=self.contracts[slice(*owed)],
            layout=self.layout.between(first, last),
            rows_in=last - first + self.quarantined,
            orders=_of(self.accounts[first:last], self.orders),
            relations=_of(self.accounts[first:last], self.relations),
        )

    def take(self, rows: NDArray[np.int64]) -> Book:
        """Return the book of these accounts alone; rows must ascend, so that ids stay sorted."""
        assert bool(np.all(np.diff(rows) > 0)), "rows ascend"
        keep = np.isin(self.layout.contract_owner(), rows)
        accounts = self.accounts[rows]
        return replace(
            self,
            accounts=accounts,
            contracts=self.contracts.filter(keep),
            layout=self.layout.take(rows),
            rows_in=len(rows) + self.quarantined,
            orders=_of(accounts, self.orders),
            relations=_of(accounts, self.relations),
        )


def _of(accounts: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of these accounts; most books have few rows or none."""
    if not frame.height:
        return frame
    return frame.filter(pl.col("account_id").is_in(accounts["account_id"].implode()))


def _by_id(accounts: pl.DataFrame) -> pl.DataFrame:
    if is_ascending(accounts["account_id"]):
        return accounts
    return accounts.sort("account_id", nulls_last=True, maintain_order=True)


def _in_parts(positions: pl.DataFrame | Iterable[pl.DataFrame]) -> Iterable[pl.DataFrame]:
    return parts_of(positions) if isinstance(positions, pl.DataFrame) else positions


def _renamed(
    frames: dict[str, pl.DataFrame], held: PositionArrays, called: Mapping[str, str]
) -> tuple[dict[str, pl.DataFrame], PositionArrays, pl.DataFrame]:
    """Return the tables with the codes of the session, and which rows named another."""
    held, moved = held.renamed(called)
    told = [_told("positions", moved, called)]
    for name in ("contracts", *OPTIONAL_TABLES):
        column = frames[name]["security"]
        counted = column.value_counts(name="rows").cast({"security": pl.String()})
        told.append(_told(name, counted.rename({"security": "code"}), called))
        if told[-1].height:
            text = column.cast(pl.String()).replace(called).cast(column.dtype)
            frames = frames | {name: frames[name].with_columns(text)}
    return frames, held, pl.concat(told)


def _told(table: str, counted: pl.DataFrame, called: Mapping[str, str]) -> pl.DataFrame:
    """Return which of the codes have become others, with the number of their rows."""
    moved = counted.filter(pl.col("code").is_in(list(called))).sort("code")
    told = moved.select(table=pl.lit(table), code="code", read_as=pl.col("code").replace(called), rows="rows")
    return told.cast(pl.Schema(RENAMED))


def _named(numbers: list[NDArray[np.uint32]], source: str) -> pl.Series:
    """Return the securities that get a code, in the order of their text."""
    securities = distinct(numbers)
    if len(securities) > NO_CODE:
        raise BookError(f"{source} names {len(securities)} securities; at most {NO_CODE} fit. Split the book.")
    return securities


def _without(
    frames: dict[str, pl.DataFrame], held: PositionArrays, problems: pl.DataFrame
) -> tuple[dict[str, pl.DataFrame], PositionArrays]:
    """Return the rows whose account has no Problem; rows without a readable account are Problems themselves."""
    if not problems.height:
        return frames, held
    bad = problems["account_id"].drop_nulls().unique()
    ids = frames["accounts"]["account_id"]
    keep = (ids.is_not_null() & ~ids.is_in(bad.implode())).to_numpy()
    row = np.append(np.where(keep, np.cumsum(keep) - 1, UNKNOWN), UNKNOWN)  # the last for what is UNKNOWN already
    clean = {"accounts": frames["accounts"].filter(keep)}
    for name, frame in frames.items():
        if name != "accounts":
            moved = pl.Series(ACCOUNT, row[frame[ACCOUNT].to_numpy()])
            clean[name] = frame.with_columns(moved).filter(pl.col(ACCOUNT) != UNKNOWN)
    return clean, held.only(row[held.account] != UNKNOWN, row)


def assembled(
    accounts: pl.DataFrame,
    held: NDArray[np.integer],
    positions: Mapping[str, Any],
    contracts: pl.DataFrame,
    securities: pl.Series,
    **beside: Any,
) -> Book:
    """Return the book of clean tables in the layout's order.

    Parameters
    ----------
    accounts : with the columns of their table
    held : how many positions each account has
    positions : the layout's arrays by position, with their side tables
    contracts : with the numbers of their account and their security (``numbers.py``)
    securities : the names that these numbers and codes of positions stand for
    beside : the other fields of a book
    """
    policies = accounts["policy"].unique().sort().to_list()
    columns = {name: accounts[name] for name in ACCOUNTS.schema if name in accounts.columns}
    columns["policy"] = columns["policy"].cast(pl.Enum(policies))
    return Book(
        accounts=pl.DataFrame({name: column for name, column in columns.items() if name not in _IN_LAYOUT}),
        contracts=contracts.select("contract_id"),
        policies=tuple(policies),
        securities=securities,
        layout=lay_out(columns, held, positions, contracts),
        **beside,
    )


def _recoded(
    held: PositionArrays, contracts: pl.DataFrame, securities: pl.Series
) -> tuple[NDArray[np.uint16], pl.DataFrame, pl.Series]:
    """Return codes of positions, and contracts with codes, for the securities that are left, and the names of these."""
    owed = contracts[CODE].to_numpy()
    is_left = occurring((held.security, owed), len(securities))
    names = securities.cast(pl.String()).alias("security")
    if is_left.all():
        return held.security, contracts, names
    moved = np.cumsum(is_left) - 1
    code = moved[held.security].astype(np.uint16)
    return code, contracts.with_columns(pl.Series(CODE, moved[owed])), names.filter(is_left)
