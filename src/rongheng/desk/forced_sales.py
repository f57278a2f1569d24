"""Forced sales from a folder of marks: which accounts, the plan, and the files that go to the counter.

What lives here: which files go in and what is left in the folder. What does not: any arithmetic.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from rongheng.account.book.convert import write_tables
from rongheng.account.liquidation import Plan, SaleOrder, SaleTerms, fill, liquidate, orders_of, outcomes_of, unsold_of
from rongheng.account.marks import Marks
from rongheng.account.marks.folder import read_origin
from rongheng.basics.account_tables import State
from rongheng.basics.errors import BookError, UsageError
from rongheng.basics.grades import Grade
from rongheng.basics.money import MILLI
from rongheng.desk.accounts import Say, marks_again
from rongheng.desk.carry import keep_beside
from rongheng.rulebook.scalars import read_percent

ENCODINGS: Final = ("utf-8-sig", "gb18030")
_MONEY: Final = "_milli"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which accounts are sold out: named ones, those of a file, or those under a line."""

    accounts: Sequence[str] = ()
    file: Path | None = None  # one id a line, or CSV with account_id and target (percent)
    state: State | None = None  # this state and every graver one


@dataclass(frozen=True, slots=True)
class ForcedSales:
    """A plan as tables, with what it rests on."""

    session: date
    grade: Grade
    orders: pl.DataFrame
    outcomes: pl.DataFrame
    unsold: pl.DataFrame
    unknown_turnover: int  # sales without a limit, since the security's average amount is not known


def liquidate_book(
    out: Path,
    plan: Path,
    *,
    chosen: Chosen,
    order: SaleOrder = SaleOrder.POLICY,
    terms: SaleTerms | None = None,
    encoding: str = ENCODINGS[0],
    filled: Path | None = None,
    say: Say = lambda _: None,
) -> ForcedSales:
    """Plan the forced sales of a marked book's accounts and leave the orders in the folder ``plan``.

    Parameters
    ----------
    out : the folder that ``mark_book`` left
    encoding : of the CSV files, which a spreadsheet or a counter system reads
    filled : also write the book as it is once the whole plan has been filled

    Raises
    ------
    UsageError
        No account was chosen, or a chosen one cannot be sold out.
    BookError
        The book or the day has changed since it was marked.
    """
    if encoding not in ENCODINGS:
        raise UsageError(f"The encoding {encoding!r} is none of {', '.join(ENCODINGS)}.")
    marks, rulebook = marks_again(out, say=say)
    accounts = _accounts(marks, chosen)
    say(f"plan {len(accounts):,} accounts")
    made = liquidate(marks, accounts, rulebook=rulebook, order=order, terms=terms)
    sales = sales_of(made)
    write_sales(sales, plan, encoding=encoding, about=asdict(made.terms) | {"order": order.value, "marks": str(out)})
    if filled is not None:
        say(f"write {filled}")
        write_tables(fill(made), filled)
        keep_beside(Path(read_origin(out)[1].book.path), filled)
    return sales


def sales_of(made: Plan) -> ForcedSales:
    """Return a plan as tables."""
    return ForcedSales(
        session=made.marks.day.session,
        grade=made.marks.grade,
        orders=orders_of(made),
        outcomes=outcomes_of(made),
        unsold=unsold_of(made),
        unknown_turnover=made.without_limit,
    )


def _accounts(marks: Marks, chosen: Chosen) -> dict[str, int | None]:
    """Return the chosen accounts with the ratio that each must be brought to, where one is given."""
    accounts: dict[str, int | None] = dict.fromkeys(chosen.accounts)
    if chosen.file is not None:
        accounts |= _listed(chosen.file)
    if chosen.state is not None:
        grave = [state.value for state in list(State)[list(State).index(chosen.state) :]]
        frame = marks.frame()
        accounts |= dict.fromkeys(frame["account_id"].filter(frame["state"].cast(pl.String()).is_in(grave)).to_list())
    if not accounts:
        raise UsageError("No account is to be sold out; give --account, --accounts FILE or --state with some under it.")
    return accounts


def _listed(path: Path) -> dict[str, int | None]:
    if not path.exists():
        raise UsageError(f"{path} is not there. Give a file with one account a line, or CSV with account_id, target.")
    text = path.read_text(encoding="utf-8-sig")
    if "account_id" not in text.partition("\n")[0]:
        return dict.fromkeys(text.split())
    frame = pl.read_csv(path, infer_schema=False)
    targets = frame["target"].to_list() if "target" in frame.columns else [None] * frame.height
    return {
        name: _target(target, place=f"{path}:{line}")
        for line, (name, target) in enumerate(zip(frame["account_id"], targets, strict=True), start=2)
    }


def _target(typed: str | None, *, place: str) -> int | None:
    try:
        return None if not typed else read_percent(typed)
    except ValueError as error:
        raise BookError(f"{place}: the target: {error}") from error


def write_sales(sales: ForcedSales, folder: Path, *, about: dict[str, object], encoding: str = ENCODINGS[0]) -> None:
    """Write the tables twice: as Parquet in milli-yuan, and as CSV in yuan for spreadsheets and counters."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in (("orders", sales.orders), ("outcomes", sales.outcomes), ("unsold", sales.unsold)):
        frame.write_parquet(folder / f"{name}.parquet")
        (folder / f"{name}.csv").write_bytes(_in_yuan(frame).write_csv().encode(encoding))
    about |= {"session": str(sales.session), "grade": sales.grade.value, "unknown_turnover": sales.unknown_turnover}
    (folder / "plan.json").write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _in_yuan(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame as people read it: money in yuan with three decimals, exactly."""
    money = [name for name in frame.columns if name.endswith(_MONEY)]
    exact = [_yuan(name).alias(name.removesuffix(_MONEY)) for name in money]
    return frame.with_columns(exact).select(name.removesuffix(_MONEY) for name in frame.columns)


def _yuan(name: str) -> pl.Expr:
    amount = pl.col(name)
    sign = pl.when(amount < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    whole, rest = amount.abs() // MILLI, amount.abs() % MILLI
    text = pl.concat_str(sign, whole.cast(pl.String), pl.lit("."), rest.cast(pl.String).str.zfill(3))
    return pl.when(amount.is_not_null()).then(text)
