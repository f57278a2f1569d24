"""What can be wrong with a book by itself: each check is one expression, and each bad row one Problem.

What lives here: the checks that need neither a market nor a policy. What does not: unknown securities and policies,
ratios below the rule and amounts beyond the bounds at today's prices (``account.marks.admission``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book.numbers import ACCOUNT, KEY, SECURITIES, UNKNOWN, first_of_runs, repeated
from rongheng.basics.account_tables import CONTRACTS, POSITIONS, PROBLEMS, AccountTable, Business
from rongheng.basics.conform import conform
from rongheng.basics.money import (
    AMOUNT_LIMIT_MILLI,
    MARGIN_RATIO_LIMIT_BP,
    PRICE_LIMIT_MILLI,
    QUANTITY_LIMIT,
    RATE_LIMIT_PPM,
    TERM_LIMIT_DAYS,
)

_NO_SECURITY = [business.value for business in (Business.REPAY_CASH, Business.WITHDRAWAL, Business.ROLL_OVER)]
NO_PROBLEMS = pl.DataFrame(schema=PROBLEMS.schema)
ROW = "__row"  # the row of the input, kept beside the table's columns
_TWICE = "__twice"  # whether what names the row names another one too


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a row must not be: its code, the column to look at, the condition, and what to do."""

    code: str
    column: str
    broken: pl.Expr
    reason: str


def readable(
    frame: pl.DataFrame, table: AccountTable, *, where: str, before: int = 0, as_is: Collection[str] = ()
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the frame in its table's types with row numbers, and the cells that did not fit as Problems.

    Securities of positions and contracts are many times the same few: they become categories. ``before`` is how many
    rows of the table came before these, ``as_is`` is for ``conform``.
    """
    is_long = table in (POSITIONS, CONTRACTS)
    if is_long and frame.schema.get("security") == pl.String():
        frame = frame.with_columns(frame["security"].cast(SECURITIES))
    conformed, bad = conform(frame, table, where=where, as_is=as_is)
    columns = {name: conformed[name] for name in conformed.columns}
    if is_long:
        columns["security"] = columns["security"].cast(SECURITIES)
    rows = pl.DataFrame(columns | {ROW: np.arange(before + 1, before + conformed.height + 1, dtype=np.int64)})
    return rows, _unreadable(bad, rows["account_id"], table.name, before) if bad.height else NO_PROBLEMS


def _unreadable(bad: pl.DataFrame, accounts: pl.Series, table: str, before: int) -> pl.DataFrame:
    """Return Problems of cells; ``accounts`` are the rows' ids."""
    return bad.select(
        account_id=(pl.col("row") - 1).map_batches(accounts.gather, return_dtype=pl.String()),
        table=pl.lit(table),
        row=pl.col("row") + before,
        column="column",
        found="found",
        problem=pl.lit("unreadable"),
        reason=pl.format("expected {}", "expected"),
    ).cast(PROBLEMS.dtypes)


def problems_of(
    accounts: pl.DataFrame,
    contracts: pl.DataFrame,
    orders: pl.DataFrame,
    relations: pl.DataFrame,
    *,
    positions: Sequence[pl.DataFrame],
    held: Callable[[NDArray[np.int64]], NDArray[np.int64]],
    session: date,
) -> pl.DataFrame:
    """Return every Problem of a book by itself, in the order of tables, checks and rows.

    Parameters
    ----------
    accounts, contracts, orders, relations :
        ``readable`` frames and, but for accounts, with ``ACCOUNT``, contracts also with ``KEY`` and sorted by it; cells
        that did not fit are null
    positions : the Problems of positions
    held : answers keys with the quantity held
    session : the book's date
    """
    contract_checks = [*_contract_checks(session), _ORPHAN]
    return pl.concat(
        [
            *failing(_marked(accounts, "account_id"), "accounts", list(_account_checks())),
            *positions,
            *failing(_marked(contracts, "contract_id"), "contracts", contract_checks),
            *failing(_marked(orders, "order_id"), "orders", [*_order_checks(), _ORPHAN]),
            *failing(relations, "relations", [*_relation_checks(), _ORPHAN]),
            _over_financed(held, contracts),
        ]
    )


def _marked(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the frame with a column that says which rows another one has the name of."""
    return frame.with_columns(repeated(frame[name]).alias(_TWICE))


def _account_checks() -> Iterator[Check]:
    yield Check("account_twice", "account_id", pl.col(_TWICE), "an account stands once; remove one")
    yield Check(
        "negative_cash", "cash_milli", pl.col("cash_milli") < 0, "cash is never negative; book it as other debt"
    )
    for name in ("frozen_cash_milli", "other_collateral_milli", "other_debt_milli", "credit_limit_milli"):
        yield Check("negative_amount", name, pl.col(name) < 0, "expected zero or more")
    for name in ("cash_milli", "other_collateral_milli", "other_debt_milli"):
        yield _beyond(name)
    yield Check(
        "frozen_above_cash",
        "frozen_cash_milli",
        pl.col("frozen_cash_milli") > pl.max_horizontal("cash_milli", 0),
        "frozen cash is part of the cash",
    )


POSITION_TWICE = Check(
    "position_twice",
    "security",
    pl.lit(value=True),  # of rows that were found so: it takes all rows to see it
    "an account holds a security in one row; add them up",
)


def all_checks(session: date) -> list[Check]:
    """Return every check of every table, for a book of that date."""
    of_tables = (_account_checks(), _position_checks(), _contract_checks(session), _order_checks(), _relation_checks())
    return [POSITION_TWICE, _ORPHAN, *(check for checks in of_tables for check in checks)]


def position_checks() -> list[Check]:
    """Return what can be said of a position by itself; its frame has ``ACCOUNT``."""
    return [*_position_checks(), _ORPHAN]


def _position_checks() -> Iterator[Check]:
    yield Check(
        "negative_quantity", "quantity", pl.col("quantity") < 0, "a short is a contract, not a negative position"
    )
    yield Check("zero_quantity", "quantity", pl.col("quantity") == 0, "leave out what is not held")
    yield _too_many("quantity")
    available = pl.col("available_quantity")
    yield Check("negative_quantity", "available_quantity", available < 0, "expected zero or more")
    yield Check(
        "available_above_quantity", "available_quantity", available > pl.col("quantity"), "part of the quantity at most"
    )
    yield Check("negative_quantity", "in_transit_quantity", pl.col("in_transit_quantity") < 0, "expected zero or more")
    yield _too_many("in_transit_quantity")
    yield Check("negative_amount", "cost_milli", pl.col("cost_milli") < 0, "expected zero or more; leave it empty")


def _contract_checks(session: date) -> Iterator[Check]:
    is_short = pl.col("kind") == "short"
    yield Check("contract_twice", "contract_id", pl.col(_TWICE), "a contract id is used once")
    yield Check("negative_quantity", "quantity", pl.col("quantity") < 0, "expected zero or more")
    yield Check("zero_quantity", "quantity", is_short & (pl.col("quantity") == 0), "leave out a short that is covered")
    yield _too_many("quantity")
    for name in ("amount_milli", "interest_milli", "rate_ppm"):
        yield Check("negative_amount", name, pl.col(name) < 0, "expected zero or more")
    for name in ("amount_milli", "interest_milli"):
        yield _beyond(name)
    yield Check("beyond_bounds", "rate_ppm", pl.col("rate_ppm") > RATE_LIMIT_PPM, "a rate is 100 % a year at most")
    yield Check(
        "beyond_bounds",
        "margin_ratio_bp",
        ~pl.col("margin_ratio_bp").is_between(1, MARGIN_RATIO_LIMIT_BP),
        f"a margin ratio is above 0 and at most {MARGIN_RATIO_LIMIT_BP} bp",
    )
    yield Check("date_in_future", "opened", pl.col("opened") > session, f"the book is of {session}")
    yield Check("due_before_opened", "due", pl.col("due") < pl.col("opened"), "a contract is due after its opening")
    yield Check(
        "beyond_bounds",
        "opened",
        (pl.lit(session) - pl.col("opened")).dt.total_days() > TERM_LIMIT_DAYS,
        f"interest is counted over at most {TERM_LIMIT_DAYS} days",
    )


def _order_checks() -> Iterator[Check]:
    moves_security = ~pl.col("business").is_in(_NO_SECURITY)
    moves_money = pl.col("business").is_in(_NO_SECURITY[:2])
    yield Check("order_twice", "order_id", pl.col(_TWICE), "an order id is used once")
    yield Check("negative_quantity", "quantity", pl.col("quantity") < 0, "expected zero or more")
    yield _too_many("quantity")
    yield Check(
        "beyond_bounds",
        "price_milli",
        ~pl.col("price_milli").is_between(1, PRICE_LIMIT_MILLI - 1),
        "a price is above 0 and below 2^31 milli-yuan; leave it empty for an order at market",
    )
    yield Check("negative_amount", "amount_milli", pl.col("amount_milli") < 0, "expected zero or more")
    yield _beyond("amount_milli")
    nothing = pl.col("security").is_null()
    yield Check("no_security", "security", moves_security & nothing, "this business moves a security; name it")
    none_open = moves_security & (pl.col("quantity") == 0)
    yield Check("zero_quantity", "quantity", none_open, "leave out an order of which nothing is open")
    yield Check("no_amount", "amount_milli", moves_money & (pl.col("amount_milli") == 0), "this business moves money")
    unnamed = (pl.col("business") == Business.ROLL_OVER.value) & pl.col("contract_id").is_null()
    yield Check("no_contract", "contract_id", unnamed, "a roll-over names its contract")


def _relation_checks() -> Iterator[Check]:
    yield Check(
        "relation_twice",
        "security",
        pl.struct("account_id", "security", "person").is_duplicated(),
        "a client is the same to a company once; add the rows up",
    )
    yield Check("negative_quantity", "quantity", pl.col("quantity") < 0, "expected zero or more")


def _beyond(name: str) -> Check:
    return Check("beyond_bounds", name, pl.col(name) >= AMOUNT_LIMIT_MILLI, "an amount is below 10^11 yuan")


def _too_many(name: str) -> Check:
    return Check("beyond_bounds", name, pl.col(name) >= QUANTITY_LIMIT, "a quantity is below 10^12")


_ORPHAN = Check(
    "no_account",
    "account_id",
    (pl.col(ACCOUNT) == UNKNOWN) & pl.col("account_id").is_not_null(),
    "the account is not in the table of accounts; add it",
)


def failing(frame: pl.DataFrame, table: str, checks: Sequence[Check]) -> list[pl.DataFrame]:
    """Return the Problems of each check, none or some; all checks look at the frame in one pass."""
    fails = frame.select(check.broken.any().alias(str(number)) for number, check in enumerate(checks)).row(0)
    return [
        problems_of_rows(frame.filter(check.broken).sort(ROW), table, check) if is_broken else NO_PROBLEMS
        for check, is_broken in zip(checks, fails, strict=True)
    ]


def problems_of_rows(rows: pl.DataFrame, table: str, check: Check) -> pl.DataFrame:
    """Return a Problem for each of these rows, which fail the check."""
    return rows.select(
        account_id=pl.col("account_id"),
        table=pl.lit(table),
        row=pl.col(ROW),
        column=pl.lit(check.column),
        found=pl.col(check.column).cast(pl.String()),
        problem=pl.lit(check.code),
        reason=pl.lit(check.reason),
    )


def _over_financed(held: Callable[[NDArray[np.int64]], NDArray[np.int64]], contracts: pl.DataFrame) -> pl.DataFrame:
    """Financed shares are among the positions: the open quantity of a security may not be above what is held."""
    owed = contracts.filter((pl.col("kind") == "financing") & (pl.col(ACCOUNT) != UNKNOWN) & (pl.col("quantity") > 0))
    firsts = first_of_runs(owed[KEY])
    if not len(firsts):
        return NO_PROBLEMS
    financed = np.add.reduceat(owed["quantity"].to_numpy(), firsts)
    keys = owed[KEY].to_numpy()[firsts]
    row = pl.Series(np.minimum.reduceat(owed[ROW].to_numpy(), firsts))
    found = pl.DataFrame(
        {"account_id": owed["account_id"].gather(firsts), ROW: row, "financed": financed, "held": held(keys)}
    )
    return (
        found.filter(pl.col("financed") > pl.col("held"))
        .sort(ROW)
        .select(
            account_id="account_id",
            table=pl.lit("contracts"),
            row=pl.col(ROW),
            column=pl.lit("quantity"),
            found=pl.format("{} financed, {} held", "financed", "held"),
            problem=pl.lit("financed_above_held"),
            reason=pl.lit("financed shares are part of the position; set the open quantity to what is left"),
        )
    )
