"""Carry a book over corporate actions, from its session to a later one (权益处理).

What lives here: the front, which finds accounts and securities by name, lets the days pass, and says what changed for
whom. What does not: the arithmetic (``carrying.py``), prices, and interest, which accrues when the book is marked.

New shares and cash are the client's from the day on which they come, and count for nothing before; what a borrower
owes for them counts from the ex-date, on which the price falls. The financed part of new shares joins its contract on
the day on which the shares do, at no cost. Cash is before tax, which is taken when shares are sold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from rongheng.account.book.actions import Action, conformed
from rongheng.account.book.book import Book
from rongheng.account.book.carrying import ABOVE, CHANGE, NO_CONTRACT, UNPAID, UNSAID, Carrying, days_of
from rongheng.account.book.change import changed, held, with_room, with_securities
from rongheng.account.book.renaming import named_on
from rongheng.basics.account_tables import ENTITLEMENTS, PROBLEMS, SUBSCRIPTIONS, Due
from rongheng.basics.calendar import calendar
from rongheng.basics.errors import BookError, UsageError

REPORT = {
    "account_id": pl.String(),
    "security": pl.String(),
    "date": pl.Date(),
    "what": pl.String(),
    "contract_id": pl.String(),
    "quantity": pl.Int64(),
    "amount_milli": pl.Int64(),
}
_REASONS = {
    ABOVE: "more than the rights of what was held at the record date; nothing was subscribed",
    UNPAID: "the cash that is not frozen does not pay for the rights; nothing was subscribed",
    UNSAID: "the announcement does not say what borrowed shares owe for rights; say it as compensation_per_10",
}


@dataclass(frozen=True)
class Carried:
    """The book on its new session, what is still on its way, what changed for whom, and what could not be done."""

    book: Book
    entitlements: pl.DataFrame  # columns of ENTITLEMENTS
    report: pl.DataFrame  # columns of REPORT
    problems: pl.DataFrame


def carry(
    book: Book,
    actions: Sequence[Action],
    *,
    to: date,
    entitlements: pl.DataFrame | None = None,
    subscriptions: pl.DataFrame | None = None,
) -> Carried:
    """Return the book as it stands on a later session, every action between the two done (权益处理).

    A security whose code changes on the way has the new one afterwards, whichever code an action calls it by.
    The book holds what was held at the close of its session, so the actions that go ex after it and up to ``to`` are
    done; earlier ones have been, and what they left on its way is in ``entitlements``.

    Parameters
    ----------
    to : a later session
    entitlements : columns of ``ENTITLEMENTS``, as an earlier carrying returned them
    subscriptions : columns of ``SUBSCRIPTIONS``: the rights that accounts take; others lapse

    Returns
    -------
    Carried
        Quantities in whole shares, amounts in milli-yuan. Rounding never flatters: see ``carrying``.

    Raises
    ------
    UsageError
        ``to`` is no session, or does not lie after the book's.
    BookError
        A frame has unknown columns, or a quantity or an amount leaves the bounds of a book.

    Source
    ------
    exchange.maintenance_ratio.special_valuation, sac.contract.dividends_compensated
    """
    if not calendar().is_session(to):
        raise UsageError(f"{to} is no trading day; a book is carried to a session.")
    if to <= book.session:
        raise UsageError(f"{to} does not lie after the book's session {book.session}; a book is carried forward.")
    called, since = book.code_changes.on(to), book.session
    book = named_on(book, to)
    done = _renamed([action for action in actions if since < action.ex_date <= to], called)
    given, problems = conformed(_or_empty(entitlements, ENTITLEMENTS), ENTITLEMENTS, where="the entitlements")
    given = given.with_columns(pl.col("security").replace(called))
    named = pl.concat([pl.Series([action.security for action in done], dtype=pl.String), given["security"]])
    book, pending, strange = _expected(book, given.filter(~pl.col("row").is_in(problems["row"].implode())))
    subscribed, refused = _subscribed(book, subscriptions, done, called)
    codes = _codes(book, named.unique())
    carrying = Carrying(book.layout, codes, pending)
    for day in days_of(done, pending, after=book.session, to=to):
        for action in done:
            if action.ex_date == day and action.security in book.securities:
                mine = subscribed.filter(security=action.security)
                carrying.go_ex(action, int(_codes(book, pl.Series([action.security]))[0]), mine)
        carrying.settle(day)
    _check_bounds(book, carrying)
    carried = changed(book, carrying.amounts, carrying.held, session=to)
    problems = pl.concat([problems, strange, refused, *_refused(book, carrying)])
    return Carried(carried, _entitlements(book, carrying.pending), _report(book, carrying), problems)


def _or_empty(frame: pl.DataFrame | None, table: object) -> pl.DataFrame:
    schema = ENTITLEMENTS.schema if table is ENTITLEMENTS else SUBSCRIPTIONS.schema
    return pl.DataFrame(schema=schema) if frame is None else frame


def _codes(book: Book, names: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the codes of those of the names that the book has."""
    known = names.filter(names.is_in(book.securities.implode()))
    return np.asarray(book.securities.search_sorted(known).to_numpy(), dtype=np.int64)


def _expected(book: Book, given: pl.DataFrame) -> tuple[Book, pl.DataFrame, pl.DataFrame]:
    """Return the book with room for the shares on their way, what is on its way by numbers, and whose is not there."""
    book = with_securities(book, given["security"])
    rows = book.accounts.select("account_id", number=pl.int_range(pl.len(), dtype=pl.Int64))
    places = book.contracts.select("contract_id", contract=pl.int_range(pl.len(), dtype=pl.Int64))
    joined = given.join(rows, on="account_id", how="left").join(places, on="contract_id", how="left")
    strange = joined.filter(pl.col("number").is_null())
    # Of a contract that was repaid meanwhile no part is financed any more.
    open_still = pl.col("contract").is_not_null() | (pl.col("kind") != Due.CONTRACT.value)
    known = joined.filter(pl.col("number").is_not_null() & open_still)
    code = pl.Series("code", _codes(book, known["security"]), dtype=pl.Int64)
    pending = known.select(
        pl.col("number").alias("row"),
        code,
        pl.col("kind").cast(pl.String),
        "ex_date",
        "due",
        "quantity",
        "amount_milli",
        pl.col("contract").fill_null(NO_CONTRACT),
    )
    problems = _problems(
        strange, ENTITLEMENTS.name, "no_account", "the book has no such account; nothing came in for it"
    )
    return _with_room(book, pending), pending, problems


def _with_room(book: Book, pending: pl.DataFrame) -> Book:
    shares = pending.filter(kind=Due.SHARES.value).select("row", "code").unique()
    there = held(book.layout, shares["code"].unique().to_numpy())
    have = pl.DataFrame({"row": there.row, "code": there.code}, schema=shares.schema)
    lacking = shares.join(have, on=["row", "code"], how="anti")
    layout = with_room(book.layout, row=lacking["row"].to_numpy(), code=lacking["code"].to_numpy())
    return replace(book, layout=layout)


def _renamed(actions: Sequence[Action], called: Mapping[str, str]) -> list[Action]:
    """Return the actions by the codes of the new session; one that stands under both codes is done once."""
    named = [replace(action, security=called.get(action.security, action.security)) for action in actions]
    once = list(dict.fromkeys(named))
    for (security, ex_date), count in Counter((action.security, action.ex_date) for action in once).items():
        if count > 1:
            raise BookError(f"{security} goes ex on {ex_date} by its old code and by its new one. Mend the actions.")
    return once


def _subscribed(
    book: Book, subscriptions: pl.DataFrame | None, done: Sequence[Action], called: Mapping[str, str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the subscriptions by row, and the Problems of those that no account or no action has."""
    given, problems = conformed(_or_empty(subscriptions, SUBSCRIPTIONS), SUBSCRIPTIONS, where="the subscriptions")
    given = given.with_columns(pl.col("security").replace(called))
    rows = book.accounts.select("account_id", number=pl.int_range(pl.len(), dtype=pl.Int64))
    joined = given.filter(~pl.col("row").is_in(problems["row"].implode())).join(rows, on="account_id", how="left")
    offered = [action.security for action in done if action.rights]
    has_rights = pl.col("security").is_in(offered)
    twice = pl.struct("account_id", "security").is_duplicated() | (pl.col("quantity") <= 0)
    checks = (
        ("no_account", pl.col("number").is_null(), "the book has no such account"),
        ("no_rights", ~has_rights, "no action of these days offers rights of this share"),
        ("not_once", twice, "an account subscribes once, and more than nothing; add the rows up"),
    )
    name = SUBSCRIPTIONS.name
    found = [_problems(joined.filter(broken), name, problem, reason) for problem, broken, reason in checks]
    good = joined.filter(pl.col("number").is_not_null() & has_rights & ~twice)
    return good.select("security", row="number", quantity="quantity"), pl.concat([problems, *found])


def _problems(rows: pl.DataFrame, table: str, problem: str, reason: str) -> pl.DataFrame:
    return rows.select(
        account_id="account_id",
        table=pl.lit(table),
        row="row",
        column=pl.lit("security"),
        found="security",
        problem=pl.lit(problem),
        reason=pl.lit(reason),
    ).cast(PROBLEMS.dtypes)


def _refused(book: Book, carrying: Carrying) -> Iterator[pl.DataFrame]:
    for refused in carrying.refused:
        found = pl.Series(refused.found).cast(pl.String) + f" of {book.securities[refused.code]}"
        yield pl.DataFrame(
            {
                "account_id": book.accounts["account_id"].gather(refused.row),
                "table": "actions",
                "row": None,
                "column": "rights_per_10",
                "found": found,
                "problem": refused.problem,
                "reason": _REASONS[refused.problem],
            },
            schema=PROBLEMS.schema,
        )


def _check_bounds(book: Book, carrying: Carrying) -> None:
    """Raise when an action leads out of the bounds within which a book is reckoned with."""
    for what, values, limit, row in carrying.extremes():
        beyond = np.flatnonzero(values >= limit)
        if len(beyond):
            account = book.accounts["account_id"][int(row[beyond[0]])]
            raise BookError(
                f"Account {account}: {what} becomes {values[beyond[0]]}, and a book's are below {limit}. Check the "
                "actions; nothing was carried."
            )


def _entitlements(book: Book, pending: pl.DataFrame) -> pl.DataFrame:
    named = pending.select(
        _account(book),
        _security(book),
        "kind",
        "ex_date",
        "due",
        "quantity",
        "amount_milli",
        _contract(book),
    )
    return named.sort("due", "account_id", "security", "kind", "contract_id").cast(ENTITLEMENTS.dtypes)


def _report(book: Book, carrying: Carrying) -> pl.DataFrame:
    changes = pl.concat([pl.DataFrame(schema=CHANGE), *carrying.changes])
    changes = changes.sort("row", "date", "code", maintain_order=True)  # names ascend as their numbers do
    named = changes.select(_account(book), _security(book), "date", "what", _contract(book), "quantity", "amount_milli")
    return named.cast(pl.Schema(REPORT))


def _account(book: Book) -> pl.Expr:
    return pl.col("row").map_batches(book.accounts["account_id"].gather, return_dtype=pl.String()).alias("account_id")


def _security(book: Book) -> pl.Expr:
    return pl.col("code").map_batches(book.securities.gather, return_dtype=pl.String()).alias("security")


def _contract(book: Book) -> pl.Expr:
    place = pl.when(pl.col("contract") != NO_CONTRACT).then("contract")
    return place.map_batches(book.contracts["contract_id"].gather, return_dtype=pl.String()).alias("contract_id")
