"""The real panel for tests: read straight from the files beside the repository, with nothing of our own importers."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.grades import GRADE_DTYPE
from rongheng.market.indicators.contract import PANEL

_BARS = {"sse": "sh000001", "szse": "sz399001", "csi300": "sh000300", "csi500": "sh000905", "csi1000": "sh000852"}
_OFFICIAL = pl.lit("official", dtype=GRADE_DTYPE)
_DERIVED = pl.lit("derived", dtype=GRADE_DTYPE)


def real_panel(shared_data: Path) -> pl.DataFrame:
    """Return the panel of 2012-09-27 to 2025-12-31: account statistics, balance / float cap, six indices, rules."""
    sessions = calendar().between(date(2012, 9, 27), date(2025, 12, 31))
    panel = pl.DataFrame({"session": list(sessions)}, schema={"session": pl.Date})
    parts = [_accounts(shared_data), _float_cap(shared_data), _csi_all(shared_data)]
    parts += [_bars(shared_data, prefix, name) for prefix, name in _BARS.items()]
    for part in parts:
        panel = panel.join(part, on="session", how="left", maintain_order="left")
    panel = panel.with_columns(
        financing_repaid=pl.lit(None, dtype=pl.Float64),
        float_cap=pl.col("financing_balance") / pl.col("financing_to_float_cap"),
        turnover=pl.col("sse_amount") + pl.col("szse_amount"),
        turnover_grade=_DERIVED,
        **_rules(),
    )
    absent = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in PANEL.items() if name not in panel.columns]
    return panel.with_columns(absent)


def _accounts(shared_data: Path) -> pl.DataFrame:
    rows = pl.read_csv(shared_data / "market/margin_account.csv", infer_schema_length=None)
    money = {"financing_balance": "融资余额", "short_balance": "融券余额", "financing_buys": "融资买入额"}
    return rows.select(
        pl.col("日期").str.to_date().alias("session"),
        *[(pl.col(header).cast(pl.Float64) * 1e8).alias(name) for name, header in money.items()],
        (pl.col("担保物总价值").cast(pl.Float64) * 1e8).alias("collateral_total"),
        (pl.col("平均维持担保比例") / 100).alias("maintenance_ratio"),
        _OFFICIAL.alias("account_grade"),
        _OFFICIAL.alias("balance_grade"),
    ).with_columns(margin_balance=pl.col("financing_balance") + pl.col("short_balance"))


def _float_cap(shared_data: Path) -> pl.DataFrame:
    rows = pl.read_csv(shared_data / "market/margin_history_2010_2018.csv", infer_schema_length=None, null_values="-")
    whole_dates = rows.filter(pl.col("交易日期").str.len_chars() == 10)
    return whole_dates.select(
        pl.col("交易日期").str.to_date().alias("session"),
        (pl.col("融资余额占流通市值比").cast(pl.Float64) / 100).alias("financing_to_float_cap"),
        _DERIVED.alias("float_cap_grade"),
    ).unique("session")


def _bars(shared_data: Path, prefix: str, name: str) -> pl.DataFrame:
    rows = pl.read_csv(shared_data / f"index/{name}.csv", infer_schema_length=None)
    fields = ("open", "high", "low", "close", "amount")
    return rows.select(
        pl.col("date").str.to_date().alias("session"),
        *[pl.col(field).cast(pl.Float64).alias(f"{prefix}_{field}") for field in fields],
        _OFFICIAL.alias(f"{prefix}_grade"),
    )


def _csi_all(shared_data: Path) -> pl.DataFrame:
    rows = json.loads((shared_data / "index/csi000985.json").read_text(encoding="utf-8"))
    frame = pl.DataFrame(
        {"session": [row["date"] for row in rows], "csi_all_close": [float(row["value"]) for row in rows]}
    )
    return frame.with_columns(pl.col("session").str.to_date(), _OFFICIAL.alias("csi_all_grade"))


def _rules() -> dict[str, pl.Expr]:
    """Return the financing margin ratio by date (50, 100, 80 %) and the lines that brokers use."""
    day = pl.col("session")
    ratio = pl.when(day < date(2015, 11, 23)).then(0.5).when(day < date(2023, 9, 11)).then(1.0).otherwise(0.8)
    lines = {"warning_line": 1.5, "call_line": 1.4, "liquidation_line": 1.3, "withdrawal_line": 3.0}
    return {"financing_margin_ratio": ratio} | {name: pl.lit(line) for name, line in lines.items()}
