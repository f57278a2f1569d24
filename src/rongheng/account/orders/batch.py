"""A column of orders, answered at once.

What lives here: a frame of orders turned into the kernel's columns, and its answers into a frame. What does not: one
order's answer with every rule that speaks (``check.py``). Each order is checked alone, against the book and its pending
orders; what one order of the column would use is not taken from another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.marks.mark import over_shards
from rongheng.account.orders.check import latest_due, workspace
from rongheng.account.orders.checks import NONE, checks_in
from rongheng.account.orders.columns import ROLL_OVER, TRANSFER_IN, AnswersOut, Int64, OrdersIn
from rongheng.account.orders.day import days_since_1970
from rongheng.account.orders.gate import CASH_ALONE, Gate, codes_or_none, numbers_of, owned, rows_of, sizes_of
from rongheng.account.orders.kernels import check_orders
from rongheng.basics.account_tables import ANSWERS, ORDERS, PROBLEMS, Business
from rongheng.basics.conform import conform
from rongheng.basics.money import AMOUNT_LIMIT_MILLI, PRICE_LIMIT_MILLI, QUANTITY_LIMIT


@dataclass(frozen=True)
class Answers:
    """What every order of a column was answered, in the order given; the Problems were not answered."""

    frame: pl.DataFrame  # the table of answers
    problems: pl.DataFrame

    def readable(self) -> pl.DataFrame:
        """Return the answers with the names of the checks beside their masks."""
        return self.frame.with_columns(
            _named(self.frame["refused_by"]).alias("refused_by_checks"), _named(self.frame["warned"]).alias("warnings")
        )

    def counts(self) -> pl.DataFrame:
        """Return how many orders each check refuses; an order that several refuse counts with each."""
        masks = self.frame.filter(pl.col("refused_by") > 0).group_by("refused_by").len()
        rows = [(check.name.lower(), count) for mask, count in masks.iter_rows() for check in checks_in(mask)]
        frame = pl.DataFrame(rows, schema={"check": pl.String, "orders": pl.Int64}, orient="row")
        return frame.group_by("check").agg(pl.col("orders").sum()).sort("orders", "check", descending=[True, False])


def _named(masks: pl.Series) -> pl.Series:
    """Return the names of the checks in each mask, parted by spaces."""
    names = {mask: " ".join(check.name.lower() for check in checks_in(mask)) for mask in masks.drop_nulls().unique()}
    return masks.replace_strict(names, return_dtype=pl.String())


def check_frame(gate: Gate, orders: pl.DataFrame, *, threads: int = 2, where: str = "the orders") -> Answers:
    """Answer a column of orders (批量委托检查).

    Parameters
    ----------
    orders : the table of orders; without ids they are numbered from 1
    threads : how many shards run at once; the answers do not depend on it
    where : how messages call the input

    Returns
    -------
    Answers
        One row an order. ``refused_by`` has bit ``check`` of :class:`Check` set for each check that refuses.

    Raises
    ------
    BookError
        A column is unknown or missing.
    """
    if "order_id" not in orders.columns:
        orders = orders.with_columns(order_id=pl.int_range(1, pl.len() + 1).cast(pl.String()))
    frame, bad = conform(orders, ORDERS, where=where)
    frame = frame.with_columns(pl.col("security").replace(gate.called))
    columns, problems = _columns(gate, frame, bad)
    out = _answered(gate, columns, threads=threads)
    return Answers(_framed(frame, columns, out), problems)


def _answered(gate: Gate, columns: OrdersIn, *, threads: int) -> AnswersOut:
    """Run the kernel over the orders account by account: memory read in one direction is read much faster."""
    turn = np.argsort(columns.account, kind="stable")
    by_account = OrdersIn(*(column[turn] for column in columns))
    answers = np.zeros((len(AnswersOut._fields), len(turn)), dtype=np.int64)
    inputs = gate.securities_in, gate.terms_in, gate.accounts_in, gate.debts_in, gate.waiting_in, gate.ties_in
    today, out = days_since_1970(gate.today.session), AnswersOut(*answers)

    def answer(first: int, last: int) -> None:
        check_orders(first, last, today, by_account, *inputs, out, *workspace())

    over_shards(len(turn), answer, threads=threads)
    in_turn = np.empty_like(answers)
    in_turn[:, turn] = answers
    return AnswersOut(*in_turn)


def _columns(gate: Gate, frame: pl.DataFrame, bad: pl.DataFrame) -> tuple[OrdersIn, pl.DataFrame]:
    """Return the kernel's columns, with the account -1 for Problems, and these."""
    found = frame.select("account_id").join(
        rows_of(gate.marks.book), on="account_id", how="left", maintain_order="left"
    )
    row = found["row"].fill_null(-1).to_numpy().copy()
    code = codes_or_none(frame["security"], gate.day.names)
    business, size = numbers_of(frame["business"].fill_null(Business.ROLL_OVER.value)), sizes_of(frame)
    contract = _contracts(gate, frame, business)
    named = contract >= 0
    code[named] = gate.accounts_in.to_code[gate.debts_in.code[contract[named]]]
    problems = _problems(gate, frame, bad, row, code, business, size, contract)
    row[(problems["row"].unique() - 1).to_numpy()] = -1
    columns = OrdersIn(
        account=row,
        business=owned(business),
        code=code,
        size=owned(size),
        price=owned(frame["price_milli"].fill_null(0).to_numpy()),
        contract=contract,
        due=owned(frame["due"].cast(pl.Int32()).cast(pl.Int64()).fill_null(NONE).to_numpy()),
        latest_due=_latest_dues(gate, frame, business, code, contract),
    )
    return columns, problems


def _contracts(gate: Gate, frame: pl.DataFrame, business: Int64) -> Int64:
    """Return the place of the contract of each roll-over, -1 for what is none or is not there."""
    contract = np.full(frame.height, -1, dtype=np.int64)
    rolled = np.flatnonzero(business == ROLL_OVER)
    if len(rolled):
        names = gate.marks.book.contracts["contract_id"]
        place_of = pl.DataFrame({"contract_id": names, "place": np.arange(len(names), dtype=np.int64)})
        found = frame[rolled].select("contract_id").join(place_of, on="contract_id", how="left", maintain_order="left")
        contract[rolled] = found["place"].fill_null(-1).to_numpy()
    return contract


def _problems(
    gate: Gate,
    frame: pl.DataFrame,
    bad: pl.DataFrame,
    row: Int64,
    code: Int64,
    business: Int64,
    size: Int64,
    contract: Int64,
) -> pl.DataFrame:
    """Return a Problem for each order that cannot be answered."""
    is_rolled = business == ROLL_OVER
    price = frame["price_milli"].fill_null(0).to_numpy()
    marked = np.append(gate.marks.is_marked, False)[row]
    owner = np.append(gate.contract_owner, -1)[contract]
    is_cash = frame["business"].is_in([one.value for one in CASH_ALONE]).fill_null(False).to_numpy()
    no_security = frame["security"].is_null().to_numpy() & ~is_cash & ~is_rolled
    beyond = (size < 0) | (size >= np.where(is_cash, AMOUNT_LIMIT_MILLI, QUANTITY_LIMIT))
    beyond |= size.astype(np.float64) * price >= AMOUNT_LIMIT_MILLI
    checks: tuple[tuple[NDArray[np.bool_], str, str, str], ...] = (
        (row < 0, "account_id", "no_account", "the book has no such account, or it is quarantined; check the id"),
        ((row >= 0) & ~marked, "account_id", "not_marked", "the account could not be marked; see the marks' Problems"),
        (no_security, "security", "no_security", "this business is about a security; name it"),
        (code < 0, "security", "unknown_security", "the market day has no such security; check the code"),
        (beyond & ~is_cash, "quantity", "beyond_bounds", "expected zero or more, for less than 10^11 yuan"),
        (beyond & is_cash, "amount_milli", "beyond_bounds", "expected zero or more, below 10^11 yuan"),
        (
            (price < 0) | (price >= PRICE_LIMIT_MILLI),
            "price_milli",
            "beyond_bounds",
            "a price is below 2^31 milli-yuan",
        ),
        (is_rolled & (owner != row), "contract_id", "no_contract", "the account has no such contract; check the id"),
        (is_rolled & frame["due"].is_null().to_numpy(), "due", "no_due", "a roll-over says until when; give the day"),
    )
    found = [_unreadable(frame, bad)]
    found += [_of_orders(frame, np.flatnonzero(fails), *what) for fails, *what in checks if fails.any()]
    return pl.concat(found)


def _unreadable(frame: pl.DataFrame, bad: pl.DataFrame) -> pl.DataFrame:
    rows = bad["row"] - 1
    return bad.select(
        account_id=frame["account_id"].gather(rows),
        table=pl.lit(ORDERS.name),
        row="row",
        column="column",
        found="found",
        problem=pl.lit("unreadable"),
        reason=pl.format("expected {}", "expected"),
    ).cast(PROBLEMS.dtypes)


def _of_orders(frame: pl.DataFrame, rows: Int64, column: str, problem: str, reason: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "account_id": frame["account_id"].gather(rows),
            "table": [ORDERS.name] * len(rows),
            "row": rows + 1,
            "column": [column] * len(rows),
            "found": frame[column].gather(rows).cast(pl.String()),
            "problem": [problem] * len(rows),
            "reason": [reason] * len(rows),
        },
        schema=PROBLEMS.schema,
    )


def _latest_dues(gate: Gate, frame: pl.DataFrame, business: Int64, code: Int64, contract: Int64) -> Int64:
    """Return the latest day on which each contract may be due; rows that name no day, most of them, are not asked."""
    latest = np.full(frame.height, NONE, dtype=np.int64)
    named = np.flatnonzero(~frame["due"].is_null().to_numpy() & (code >= 0))
    known: dict[tuple[bool, int, date | None], int] = {}
    for place in named:
        rolled = bool(business[place] == ROLL_OVER)
        if rolled and contract[place] < 0:
            continue
        due = gate.due_of(int(contract[place])) if rolled else None
        key = (rolled, int(gate.day.market[code[place]]), due)
        if key not in known:
            known[key] = latest_due(gate, key[1], due)
        latest[place] = known[key]
    return latest


def _framed(frame: pl.DataFrame, columns: OrdersIn, out: AnswersOut) -> pl.DataFrame:
    is_answered = pl.Series(columns.account >= 0)
    is_cash = frame["business"].is_in([one.value for one in CASH_ALONE])
    has_size = pl.Series(~np.isin(columns.business, (ROLL_OVER, TRANSFER_IN)))
    answered = {name: pl.Series(name, getattr(out, name)).set(~is_answered, None) for name in AnswersOut._fields}
    return frame.select(
        "order_id",
        "account_id",
        "business",
        "security",
        allowed=answered["refused_by"] == 0,
        refused_by=answered["refused_by"],
        warned=answered["warned"],
        largest_quantity=answered["largest"].set(is_cash | ~has_size, None),
        largest_amount_milli=answered["largest"].set(~is_cash, None),
        margin_used_milli=answered["margin_used"],
        margin_left_milli=answered["margin_left"],
    ).cast(ANSWERS.dtypes)
