"""Panels for the tests of the indicators: small ones from lists, long ones made up, and the real one from the files.

The real one is read with Polars alone, so that an error of our own importers cannot hide one of an indicator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.grades import GRADE_DTYPE
from rongheng.market.indicators.contract import PANEL, Reading

YI = 1e8  # 亿: the unit of the published balances, in yuan

# The lines and ceilings that brokers and exchanges used at the end of 2024.
RULES = {
    "financing_margin_ratio": 0.80,
    "haircut_index_share": 0.70,
    "haircut_other_share": 0.65,
    "warning_line": 1.50,
    "call_line": 1.40,
    "liquidation_line": 1.30,
    "withdrawal_line": 3.00,
}


def make_panel(
    columns: Mapping[str, Sequence[object]],
    *,
    first: date = date(2024, 1, 2),
    sessions: Sequence[date] | None = None,
) -> pl.DataFrame:
    """Return a panel with these columns; every other one is empty, every grade ``official`` unless it is given."""
    height = len(next(iter(columns.values())))
    start = calendar().sessions.index(first)
    days = list(sessions or calendar().sessions[start : start + height])
    frame = pl.DataFrame({"session": days}, schema={"session": pl.Date})
    dtypes = {name: pl.Float64() for name in columns} | PANEL
    for name in (*PANEL, *(name for name in columns if name not in PANEL)):
        dtype = GRADE_DTYPE if name.endswith("_grade") else dtypes[name]
        default = "official" if name.endswith("_grade") else None
        if name != "session":
            values = pl.Series(name, list(columns.get(name, [default] * height)), dtype=dtype, strict=False)
            frame = frame.with_columns(values)
    prefixes = [name.removesuffix("_close") for name in columns if name.endswith("_close")]
    absent = [f"{prefix}_grade" for prefix in prefixes if f"{prefix}_grade" not in columns]
    return frame.with_columns(pl.lit("official", dtype=GRADE_DTYPE).alias(name) for name in absent)


def made_up_panel(height: int, *, seed: int, gaps: bool = True) -> pl.DataFrame:
    """Return a panel of every column with plausible random figures; ``gaps`` blanks a few of them."""
    dice = np.random.default_rng(seed)

    def walk(start: float, step: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return start * np.exp(np.cumsum(dice.normal(0, step, height)))

    close = walk(3000, 0.02)
    ratio = 2.5 * (close / close[0]) ** 0.7
    debt = walk(1.5e12, 0.01)
    cash, securities = ratio * debt * 0.06, ratio * debt * 1.1
    columns = {
        "financing_balance": debt,
        "short_balance": debt * 0.01,
        "margin_balance": debt * 1.01,
        "financing_buys": walk(1e11, 0.1),
        "financing_repaid": walk(1e11, 0.1),
        "turnover": walk(1e12, 0.1),
        "float_cap": walk(6e13, 0.02),
        "maintenance_ratio": ratio,
        "collateral_cash": cash * walk(1.0, 0.02),
        "collateral_securities": securities,
        "collateral_total": cash + securities,
        "individual_count": np.round(walk(7e6, 0.001)),
        "institution_count": np.round(walk(5e4, 0.001)),
        "active_count": np.round(walk(3e5, 0.1)),
        "indebted_count": np.round(walk(1.6e6, 0.01)),
        **{name: np.full(height, value) for name, value in RULES.items()},
    }
    for prefix, drift in (("csi_all", 1.0), ("csi300", 1.3)):
        bar = close * drift
        columns |= {f"{prefix}_open": bar, f"{prefix}_close": bar * walk(1.0, 0.001)}
        columns |= {f"{prefix}_high": bar * 1.01, f"{prefix}_low": bar * 0.99}
    given: dict[str, list[object]] = {}
    for name, values in columns.items():
        blank = dice.random(height) < (0.02 if gaps and name not in RULES else 0.0)
        blank[0] = blank[-1] = False  # so that no column is ever empty
        cells = values.tolist()
        whole = name.endswith("_count")
        given[name] = [None if gone else int(cell) if whole else cell for cell, gone in zip(cells, blank, strict=True)]
    return make_panel(given, first=date(2015, 1, 5))


@cache
def real_panel(folder: Path) -> pl.DataFrame:
    """Return the panel of the real files: account statistics from 2012-09-27 with the indices beside them."""
    account = _account(folder / "market" / "margin_account.csv")
    sessions = calendar().between(account["session"].item(0), account["session"].item(-1))
    frame = pl.DataFrame({"session": sessions}, schema={"session": pl.Date})
    parts = [account, _float_cap(folder / "market" / "margin_history_2010_2018.csv")]
    for prefix, name in {"sse": "sh000001", "szse": "sz399001", "csi300": "sh000300"}.items():
        parts.append(_bars(folder / "index" / f"{name}.csv", prefix))
    for prefix, name in {"csi500": "sh000905", "csi1000": "sh000852"}.items():
        parts.append(_bars(folder / "index" / f"{name}.csv", prefix))
    parts.append(_csi_all(folder / "index" / "csi000985.json"))
    for part in parts:
        frame = frame.join(part, on="session", how="left", maintain_order="left")
    frame = frame.with_columns(
        *(pl.lit(value).alias(name) for name, value in RULES.items()),
        margin_balance=pl.col("financing_balance") + pl.col("short_balance"),
        turnover=pl.col("sse_amount") + pl.col("szse_amount"),
        **{
            name: pl.lit("official", dtype=GRADE_DTYPE)
            for name in ("balance_grade", "turnover_grade", "float_cap_grade", "account_grade")
        },
    )
    absent = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in PANEL.items() if name not in frame.columns]
    return frame.with_columns(absent)


def _account(path: Path) -> pl.DataFrame:
    raw = pl.read_csv(path, infer_schema=False)
    hundred_million = {
        "financing_balance": "融资余额",
        "short_balance": "融券余额",
        "financing_buys": "融资买入额",
        "collateral_total": "担保物总价值",
    }
    counts = {
        "institution_count": "机构投资者数量",
        "active_count": "参与交易的投资者数量",
        "indebted_count": "有融资融券负债的投资者数量",
    }
    return raw.select(
        pl.col("日期").str.to_date().alias("session"),
        *((_number(name) * YI).alias(key) for key, name in hundred_million.items()),
        *(_number(name).cast(pl.Int64).alias(key) for key, name in counts.items()),
        (_number("个人投资者数量") * 1e4).round().cast(pl.Int64).alias("individual_count"),
        (_number("平均维持担保比例") / 100).alias("maintenance_ratio"),
    )


def _number(name: str) -> pl.Expr:
    return pl.col(name).str.strip_chars().replace({"": None, "-": None}).cast(pl.Float64)


def _float_cap(path: Path) -> pl.DataFrame:
    """Return the float cap that the published share of the financing balance implies; clipped dates are left out."""
    raw = pl.read_csv(path, infer_schema=False).unique("交易日期", keep="first", maintain_order=True)
    return (
        raw.filter(pl.col("交易日期").str.contains(r"^\d{4}-\d\d-\d\d$"))
        .select(
            session=pl.col("交易日期").str.to_date(),
            float_cap=_number("融资-余额(元)") / (_number("融资余额占流通市值比") / 100),
        )
        .filter(pl.col("float_cap").is_finite())
    )


def _bars(path: Path, prefix: str) -> pl.DataFrame:
    bars = pl.read_csv(path, infer_schema=False).with_columns(pl.col("date").str.to_date())
    fields = [_number(name).alias(f"{prefix}_{name}") for name in ("open", "high", "low", "close", "amount")]
    return bars.select(pl.col("date").alias("session"), *fields, _official().alias(f"{prefix}_grade"))


def _csi_all(path: Path) -> pl.DataFrame:
    raw = pl.read_json(path).unnest("meta")
    fields = [pl.col(name).cast(pl.Float64).alias(f"csi_all_{name}") for name in ("open", "high", "low")]
    close = pl.col("value").cast(pl.Float64).alias("csi_all_close")
    session = pl.col("date").str.to_date().alias("session")
    return raw.select(session, *fields, close, _official().alias("csi_all_grade"))


def _official() -> pl.Expr:
    return pl.lit("official", dtype=GRADE_DTYPE)


def row_of(reading: Reading, session: date) -> dict[str, object]:
    """Return the one row of a session."""
    return reading.rows.row(by_predicate=pl.col("session") == session, named=True)


def known_by(rows: pl.DataFrame, session: date) -> pl.DataFrame:
    """Return the rows that rest on nothing after the session."""
    return rows.filter(pl.col("as_of") <= session)
