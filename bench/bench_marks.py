"""The mark of a whole book against Polars and NumPy doing the same work on the same arrays.

One million accounts with seven million positions stand for a large broker. Bars: the full mark at least 20 times as
fast as Polars; assets alone at 40 % of the streaming bandwidth measured in the same run, counting 6 bytes a position
and 24 an account.

Peers work in int64 or float64 as is natural to them, and their answers are compared with ours before any time counts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from bench.measure import Timing, timed
from rongheng.account.book import Book, Layout
from rongheng.account.marks import Marks, mark
from rongheng.account.marks.columns import workspace
from rongheng.account.marks.kernels import mark_accounts
from rongheng.account.marks.lean import JudgedOut, assets_alone, judge_indebted
from rongheng.account.marks.mark import kernel_arguments, over_shards
from rongheng.account.policy import PolicySet
from rongheng.account.population import Recipe, make_book, make_day
from rongheng.basics.account_tables import Board

ACCOUNTS = 1_000_000
SESSION = date(2026, 3, 2)


def main() -> None:
    """Print times, ratios and the share of the bandwidth."""
    day = make_day(SESSION)
    book = make_book(Recipe(ACCOUNTS, seed=1, policy="citic"), day)
    policies = PolicySet.load("citic", session=SESSION)
    marks = mark(book, day, policies)
    _check(book, marks)
    layout = book.layout
    print(f"{layout.n_accounts:,} accounts, {layout.n_positions:,} positions, {layout.n_contracts:,} contracts")
    ours = _kernels(book, marks)
    print(timed("Polars, everything", lambda: polars_everything(layout, marks), runs=3).line(ours[0]))
    print(timed("NumPy, assets", lambda: numpy_assets(layout, marks), runs=3).line(ours[1]))
    print(timed("mark() with checks and interest", lambda: mark(book, day, policies), runs=3).line(ours[0]))
    _bandwidth(book, ours[1])


def _kernels(book: Book, marks: Marks) -> tuple[Timing, Timing]:
    layout = book.layout
    arguments = kernel_arguments(marks)
    price = marks.terms.price_milli
    assets = np.empty(layout.n_accounts, dtype=np.int64)
    owing = len(layout.indebted)
    assets_of, debt_of, ratio_of = (np.empty(owing, dtype=np.int64) for _ in range(3))
    judged = JudgedOut(assets_of, debt_of, ratio_of, np.zeros(owing, dtype=np.uint8))

    def everything(first: int, last: int) -> None:
        mark_accounts(first, last, *arguments, workspace())

    def indebted(first: int, last: int) -> None:
        judge_indebted(first, last, *arguments[:3], judged)

    def alone(first: int, last: int) -> None:
        assets_alone(first, last, layout.starts, layout.cash_milli, layout.code, layout.quantity, price, assets, room())

    full = _both("full mark", layout.n_accounts, everything)
    lean = _both("assets alone", layout.n_accounts, alone)
    print(_both("ratio and state of the indebted alone", owing, indebted).line(full))
    return full, lean


def room() -> NDArray[np.int64]:
    """Return the place of the running sums: 2,048 of them stay in the first cache beside the prices."""
    return np.empty(2_048, dtype=np.int64)


def _both(name: str, count: int, work: Callable[[int, int], None]) -> Timing:
    one = timed(f"{name}, 1 thread", lambda: over_shards(count, work, threads=1))
    two = timed(f"{name}, 2 threads", lambda: over_shards(count, work, threads=2))
    print(one.line(two))
    print(two.line())
    return two


def _bandwidth(book: Book, assets: Timing) -> None:
    layout = book.layout
    stream = np.ones(25_000_000, dtype=np.int64)
    seconds = timed("sum of 200 MB of int64", stream.sum).median
    touched = layout.position_bytes + 24 * layout.n_accounts
    share = touched / assets.median / (stream.nbytes / seconds)
    print(f"assets alone: {touched / assets.median / 1e9:.1f} GB/s, {share:.0%} of the stream on one thread")


def _check(book: Book, marks: Marks) -> None:
    """The peers' answers are ours: assets and margins to the milli-yuan, ratios within a basis point."""
    theirs = polars_everything(book.layout, marks)
    assert (theirs["assets"].to_numpy() == marks.holdings.assets).all()
    assert (numpy_assets(book.layout, marks) == marks.holdings.assets).all()
    owing = theirs.filter(pl.col("debt") > 0)
    assert (owing["debt"].to_numpy() == marks.debts.debt).all()
    assert (owing["ratio"].to_numpy() == marks.debts.ratio).all()
    assert (theirs["margin"].to_numpy() == marks.holdings.margin).all()
    wrong = (owing["float_state"] != owing["state"]).sum()
    print(f"accounts that float64 division misjudges at their lines: {wrong}")


def numpy_assets(layout: Layout, marks: Marks) -> NDArray[np.int64]:
    """Assets by gather and segment sums."""
    value = layout.quantity * marks.terms.price_milli.astype(np.int64)[layout.code]
    return np.asarray(layout.cash_milli + np.add.reduceat(value, layout.starts[:-1]))


def polars_everything(layout: Layout, marks: Marks) -> pl.DataFrame:
    """The columns of a mark that Polars can say in plain expressions: no cures, no falls, no moving lines."""
    terms = marks.terms
    owner = np.repeat(np.arange(layout.n_accounts, dtype=np.uint32), np.diff(layout.starts))
    held = pl.DataFrame({"row": owner, "code": layout.code, "quantity": layout.quantity}).lazy()
    valued = held.with_columns(
        _looked_up("price", terms.price_milli.astype(np.int64)),
        _looked_up("haircut", terms.haircut_bp.astype(np.int64)),
        _looked_up("board", terms.board),
    ).with_columns(value=pl.col("quantity") * pl.col("price"))
    boards = {board.value: number for number, board in enumerate(Board)}
    by_account = valued.group_by("row", maintain_order=True).agg(
        pl.col("value").sum().alias("securities"),
        (pl.col("value") * pl.col("haircut")).sum().alias("counted"),
        pl.col("value").max().alias("largest"),
        pl.col("code").get(pl.col("value").arg_max()).alias("largest_code"),
        *(pl.col("value").filter(pl.col("board") == number).sum().alias(name) for name, number in boards.items()),
    )
    owed = _polars_contracts(layout, marks)
    cash = pl.DataFrame({"row": np.arange(layout.n_accounts, dtype=np.uint32), "cash": layout.cash_milli}).lazy()
    joined = cash.join(by_account, on="row", how="left", maintain_order="left")
    joined = joined.join(owed, on="row", how="left", maintain_order="left")
    joined = joined.with_columns(pl.exclude("row", "largest_code").fill_null(0))
    return _polars_columns(joined).collect()


def _looked_up(name: str, table: NDArray[Any]) -> pl.Expr:
    column = pl.Series(table)
    return pl.col("code").cast(pl.UInt32).map_batches(column.gather, return_dtype=column.dtype).alias(name)


def _polars_contracts(layout: Layout, marks: Marks) -> pl.LazyFrame:
    terms = marks.terms
    price, haircut = terms.price_milli.astype(np.int64), terms.haircut_bp.astype(np.int64)
    frame = pl.DataFrame(
        {
            "row": layout.contract_owner().astype(np.uint32),
            "short": layout.is_short,
            "value": layout.contract_quantity * price[layout.contract_code],
            "haircut": haircut[layout.contract_code],
            "amount": layout.amount_milli,
            "ratio": marks.ratio_bp.astype(np.int64),
            "interest": marks.interest_milli,
        }
    ).lazy()
    profit = pl.when("short").then(pl.col("amount") - pl.col("value")).otherwise(pl.col("value") - pl.col("amount"))
    counted = pl.when(profit > 0).then(profit * pl.col("haircut")).otherwise(profit * 10_000)
    bound = pl.when("short").then(pl.col("value")).otherwise(pl.col("amount")) * pl.col("ratio")
    taken = pl.when("short").then(pl.col("amount") * 10_000).otherwise(pl.col("value") * pl.col("haircut"))
    return frame.group_by("row", maintain_order=True).agg(
        pl.col("amount").filter(~pl.col("short")).sum().alias("financing"),
        pl.col("value").filter("short").sum().alias("short"),
        pl.col("amount").filter("short").sum().alias("proceeds"),
        pl.col("interest").sum(),
        (counted - bound - taken).sum().alias("change"),
    )


def _polars_columns(joined: pl.LazyFrame) -> pl.LazyFrame:
    assets, debt = pl.col("assets"), pl.col("debt")
    ratio = assets * 10_000 // debt
    joined = joined.with_columns(
        assets=pl.col("cash") + pl.col("securities"), debt=pl.col("financing") + pl.col("short") + pl.col("interest")
    ).with_columns(
        margin=(pl.col("cash") * 10_000 + pl.col("counted") + pl.col("change") - pl.col("interest") * 10_000) // 10_000,
        ratio=ratio,
        leverage=pl.when(assets > debt).then(assets * 10_000 / (assets - debt)),
        state=_state(assets * 10_000 < debt * 13_000, assets * 10_000 < debt * 14_000),
        float_state=_state(assets / debt < 1.3, assets / debt < 1.4),
        largest_share=pl.col("largest") / assets,
        **{f"{board.value}_share": pl.col(board.value) / assets for board in Board},
    )
    free = pl.min_horizontal("margin", pl.col("cash") - pl.col("proceeds"), assets - 3 * debt)
    return joined.with_columns(withdrawable=pl.when(debt > 0).then(free).otherwise(pl.min_horizontal("margin", "cash")))


def _state(under_liquidation: pl.Expr, under_warning: pl.Expr) -> pl.Expr:
    return pl.when(under_liquidation).then(2).when(under_warning).then(1).otherwise(0)
