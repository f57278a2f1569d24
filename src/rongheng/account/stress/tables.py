"""What scenarios come to, as tables.

What lives here: frames with units in their names. What does not: how a number comes about (``grid.py``) and how it is
shown (the command line).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.marks import Marks
from rongheng.account.stress.grid import Stressed, stress
from rongheng.account.stress.kernels import Totals
from rongheng.account.stress.scenario import Scenario
from rongheng.basics.account_tables import LINES
from rongheng.basics.money import BP

_CALLED: Final = -len(LINES) + LINES.index("liquidation")


CLIENT_FALLS_BP: Final = (3_000, 5_000)


def called_debt_milli(totals: Totals) -> NDArray[np.int64]:
    """Return the debt under the liquidation line, by scenario."""
    return np.asarray(totals.debt[:, _CALLED:].sum(axis=1))


def totals_of(stressed: Stressed) -> pl.DataFrame:
    """Return one row a scenario: accounts and debt under the liquidation line, cash, shortfall, forced sales."""
    totals = stressed.totals
    return pl.DataFrame(
        {
            **_named(stressed),
            "accounts": totals.accounts.sum(axis=1),
            "debt_milli": totals.debt.sum(axis=1),
            "called_accounts": totals.accounts[:, _CALLED:].sum(axis=1),
            "called_debt_milli": called_debt_milli(totals),
            "cash_needed_milli": totals.cash_needed,
            "forced_sales_milli": totals.sale,
            "not_curable_accounts": totals.not_curable,
            "shortfall_accounts": totals.shortfall_accounts,
            "shortfall_milli": totals.shortfall,
            "beyond_bounds_accounts": totals.beyond,
            "by_own_past_securities": stressed.replayed,
            "by_default_beta_securities": stressed.defaulted,
        }
    )


def lines_of(stressed: Stressed) -> pl.DataFrame:
    """Return accounts and debt under each line, one row a scenario and line; who is under a line is under milder ones.

    Lines that are equal or that a policy does not have are passed by: an account counts as under its state's line and
    under every milder one.
    """
    under = {name: _from_gravest(getattr(stressed.totals, name)) for name in ("accounts", "debt")}
    frames = [
        pl.DataFrame(
            {
                **_named(stressed),
                "line": [line] * len(stressed.scenarios),
                "accounts": under["accounts"][:, place],
                "debt_milli": under["debt"][:, place],
            }
        )
        for place, line in enumerate(LINES)
    ]
    return pl.concat(frames)


def _from_gravest(by_state: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> np.ndarray:
    return by_state[:, -len(LINES) :][:, ::-1].cumsum(axis=1)[:, ::-1]


def sales_of(stressed: Stressed) -> pl.DataFrame:
    """Return forced sales by scenario and security, the largest first, with days of volume and share of the float.

    The days are hundredths of the average daily amount, the share basis points of the float's value at today's price;
    both are rounded up, and null where the market day does not know what they are measured by.
    """
    sales = stressed.totals.sales
    code, scenario = np.nonzero(sales)
    day = stressed.marks.day.securities.select("security", "price_milli", "average_amount_milli", "float_shares")
    frame = pl.DataFrame(
        {
            "scenario": pl.Series([one.key for one in stressed.scenarios], dtype=pl.String).gather(scenario),
            "order": scenario,
            "security": stressed.marks.terms.securities.gather(code),
            "sale_milli": sales[code, scenario],
        }
    ).join(day, on="security", how="left", maintain_order="left")
    amount, value = pl.col("average_amount_milli"), pl.col("float_shares") * pl.col("price_milli")
    return (
        frame.with_columns(
            _ratio_up(pl.col("sale_milli"), amount, 100).alias("days_of_volume_hundredths"),
            _ratio_up(pl.col("sale_milli"), value, BP).alias("share_of_float_bp"),
        )
        .sort("order", "sale_milli", "security", descending=[False, True, False])
        .drop("order", "price_milli", "average_amount_milli", "float_shares")
    )


def clients_of(marks: Marks, *, falls_bp: Sequence[int] = CLIENT_FALLS_BP, threads: int = 2) -> pl.DataFrame:
    """Return each client that collateral would not cover after one of the falls, and by how much, the worst first.

    A column ``shortfall_fall_30_milli`` stands for a fall of 30 %, and so on.
    """
    falls = [Scenario.uniform(-fall) for fall in falls_bp]
    each = stress(marks, falls, each=True, threads=threads).totals.each
    named = {f"shortfall_fall_{fall // 100}_milli": each[:, place] for place, fall in enumerate(falls_bp)}
    accounts: pl.DataFrame = marks.book.accounts.select("account_id", pl.col("policy").cast(pl.String))
    indebted = pl.Series(marks.book.layout.indebted)
    frame = accounts.select(pl.all().gather(indebted)).with_columns(
        pl.Series("debt_milli", marks.debts.debt), *(pl.Series(name, column) for name, column in named.items())
    )
    deepest = list(named)[-1]
    return frame.filter(pl.any_horizontal(pl.col(list(named)) > 0)).sort(
        deepest, "account_id", descending=[True, False]
    )


def _ratio_up(part: pl.Expr, whole: pl.Expr, scale: int) -> pl.Expr:
    return pl.when(whole > 0).then((part * scale + whole - 1) // whole)


def _named(stressed: Stressed) -> dict[str, list[str]]:
    return {
        "scenario": [one.key for one in stressed.scenarios],
        "name_zh": [one.name.zh for one in stressed.scenarios],
        "name_en": [one.name.en for one in stressed.scenarios],
    }
