"""The mark in Polars: look up by gather, sum by account, and the rest as expressions. No falls, no sales that
cure, no securities that may leave, no breaches.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from bench.peers.work import BOARDS, COLUMNS, LIMITED, LIQUIDATION, NO_CODE, PARTS, WARNING, Work
from rongheng.basics.account_tables import GROUPS

BP = 10_000


def assets(work: Work) -> pl.DataFrame:
    """Return assets alone."""
    held = _held(work).group_by("row", maintain_order=True).agg(pl.col("value").sum().alias("securities"))
    cash = _accounts(work).join(held, on="row", how="left", maintain_order="left")
    return cash.select(assets=pl.col("cash") + pl.col("other") + pl.col("securities").fill_null(0)).collect()


def everything(work: Work) -> pl.DataFrame:
    """Return the columns of the mark for every account."""
    held = _held(work).with_columns(_looked_up("haircut", work.haircut), _looked_up("group", work.group))
    held = held.with_columns(_looked_up("board", work.board))
    by_account = held.group_by("row", maintain_order=True).agg(
        pl.col("value").sum().alias("securities"),
        (pl.col("value") * pl.col("haircut")).sum().alias("counted"),
        # of equal values the smallest code; one number is far quicker than the place of the greatest
        (pl.col("value") * 2**16 + NO_CODE - pl.col("code").cast(pl.Int64)).max().alias("first_of_largest"),
        *(
            pl.col("value").filter(pl.col("group") == place).sum().alias(f"group_{name}")
            for place, name in enumerate(GROUPS)
        ),
        *(_on_boards(name).alias(f"board_{name}") for name in LIMITED),
    )
    joined = _accounts(work).join(by_account, on="row", how="left", maintain_order="left")
    joined = joined.join(_owed(work), on="row", how="left", maintain_order="left").fill_null(0)
    return _marked(joined, work).select(COLUMNS).collect()


def _accounts(work: Work) -> pl.LazyFrame:
    return pl.DataFrame(
        {
            "row": np.arange(len(work.cash), dtype=np.uint32),
            "cash": work.cash,
            "frozen": work.frozen,
            "other": work.other_collateral,
            "other_debt": work.other_debt,
        }
    ).lazy()


def _held(work: Work) -> pl.LazyFrame:
    frame = pl.DataFrame({"row": work.owner, "code": work.code, "quantity": work.quantity}).lazy()
    return frame.with_columns(value=pl.col("quantity").cast(pl.Int64) * _looked_up("price", work.price))


def _on_boards(name: str) -> pl.Expr:
    return pl.col("value").filter(pl.col("board") == BOARDS.index(name)).sum()


def _looked_up(name: str, table: np.ndarray) -> pl.Expr:
    column = pl.Series(table)
    return pl.col("code").cast(pl.UInt32).map_batches(column.gather, return_dtype=column.dtype).alias(name)


def _owed(work: Work) -> pl.LazyFrame:
    dual = np.isin(work.board[work.contract_code], [BOARDS.index("star"), BOARDS.index("chinext")])
    frame = pl.DataFrame(
        {
            "row": work.contract_owner,
            "is_short": work.is_short,
            "value": work.contract_quantity * work.price[work.contract_code],
            "haircut": work.haircut[work.contract_code],
            "amount": work.amount,
            "margin_ratio": work.ratio,
            "interest": work.interest,
            "is_dual": dual,
        }
    ).lazy()
    short = pl.col("is_short")
    profit = pl.when(short).then(pl.col("amount") - pl.col("value")).otherwise(pl.col("value") - pl.col("amount"))
    counted = pl.when(profit > 0).then(profit * pl.col("haircut")).otherwise(profit * BP)
    bound = pl.when(short).then(pl.col("value")).otherwise(pl.col("amount")) * pl.col("margin_ratio")
    taken = pl.when(short).then(pl.col("amount") * BP).otherwise(pl.col("value") * pl.col("haircut"))
    return frame.group_by("row", maintain_order=True).agg(
        pl.col("amount").filter(~short).sum().alias("financing"),
        pl.col("value").filter(short).sum().alias("short"),
        pl.col("amount").filter(short).sum().alias("proceeds"),
        pl.col("interest").sum(),
        (counted - bound - taken).sum().alias("change"),
        pl.col("value").filter(short & pl.col("is_dual")).sum().alias("dual_short"),
    )


def _marked(joined: pl.LazyFrame, work: Work) -> pl.LazyFrame:
    assets, debt = pl.col("assets"), pl.col("debt")
    first = pl.col("first_of_largest")
    frame = joined.with_columns(
        largest=first // 2**16,
        largest_security=NO_CODE - first % 2**16,
        assets=pl.col("cash") + pl.col("securities") + pl.col("other"),
        debt=pl.col("financing") + pl.col("short") + pl.col("interest") + pl.col("other_debt"),
        dual=pl.max_horizontal(pl.col("board_star") + pl.col("board_chinext") - pl.col("dual_short"), 0),
    ).with_columns(
        margin=(
            pl.col("cash") * BP
            + pl.col("counted")
            + pl.col("change")
            - (pl.col("interest") + pl.col("other_debt")) * BP
        )
        // BP,
        ratio=pl.when(debt > 0).then(assets * BP // debt).otherwise(0),
        row=_row(work),
    )
    warning, liquidation = (_line(work.lines[line]) for line in (WARNING, LIQUIDATION))
    frame = frame.with_columns(warning=warning, liquidation=liquidation)
    free = pl.col("cash") - pl.col("proceeds") - pl.col("frozen")
    limit = pl.when(debt > 0).then((assets * BP - work.withdrawal * debt) // BP).otherwise(pl.col("margin"))
    lacking = pl.col("warning") * debt - assets * BP
    return frame.with_columns(
        withdrawable=pl.max_horizontal(pl.min_horizontal(pl.col("margin"), free, limit), 0),
        state=_state(work),
        cash_to_cure=pl.max_horizontal(-((-lacking) // BP), 0),
        repay_to_cure=pl.max_horizontal(-((-lacking) // pl.col("warning")), 0),
        leverage=pl.when((debt > 0) & (assets > debt)).then(-(-assets * BP // (assets - debt))).otherwise(0),
        **{f"share_{name}": pl.when(assets > 0).then(-(-pl.col(name) * BP // assets)).otherwise(0) for name in PARTS},
    )


def _row(work: Work) -> pl.Expr:
    """Return the row of moving lines: 0 above the ratio at which they wake."""
    expression = pl.lit(work.rows)
    for row in range(work.rows - 1, 0, -1):
        holds = pl.col("dual") * BP <= int(work.upper_share[row]) * pl.col("assets")
        expression = pl.when(holds).then(row).otherwise(expression)
    asleep = (pl.col("debt") == 0) | (pl.col("assets") * BP > work.wake * pl.col("debt"))
    return pl.when(asleep | (work.rows == 0)).then(0).otherwise(expression)


def _line(by_row: np.ndarray) -> pl.Expr:
    values = [int(value) for value in by_row]
    return pl.col("row").replace_strict(list(range(len(values))), values, return_dtype=pl.Int64)


def _state(work: Work) -> pl.Expr:
    """Return the state's number, 3 and up for warning, call, liquidation."""
    assets, debt = pl.col("assets") * BP, pl.col("debt")
    return (
        pl.when(debt == 0)
        .then(0)
        .when(assets < debt * pl.col("liquidation"))
        .then(3 + LIQUIDATION)
        .when(assets < debt * pl.col("warning"))
        .then(3 + WARNING)
        .when(assets > debt * work.withdrawal)
        .then(1)
        .otherwise(2)
    )
