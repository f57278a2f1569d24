"""Exchange-traded funds beside the index that each tracks: one row a session and fund.

What lives here: the frame ``funds`` of ``indicators.contract``. What does not: what flowed (``indicators.flows``).
"""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from rongheng.basics.grades import GRADE_DTYPE, worst_of
from rongheng.basics.ids import find_index, indices
from rongheng.basics.securities import exchange_of
from rongheng.basics.tables import ETF_INDEX_MAP, ETF_NAV, ETF_SHARES, INDEX_DAILY, MARKET_DAILY
from rongheng.market.indicators.contract import FUNDS
from rongheng.market.store import Snapshot

_ABOUT = ("fund_name", "index", "category")  # what a statement says of a fund
_MARKETS = ("SSE", "SZSE")


def funds(lake: Snapshot, last: date, known_at: datetime) -> pl.DataFrame:
    """Return the funds up to a session as they were known at a moment, each with the index that it tracks."""
    shares, values, tracked, closes, market = (
        lake.read(table, known_at=known_at, last=last)
        for table in (ETF_SHARES, ETF_NAV, ETF_INDEX_MAP, INDEX_DAILY, MARKET_DAILY)
    )
    return assemble_funds(shares=shares, values=values, tracked=tracked, closes=closes, market=market)


def assemble_funds(
    *, shares: pl.DataFrame, values: pl.DataFrame, tracked: pl.DataFrame, closes: pl.DataFrame, market: pl.DataFrame
) -> pl.DataFrame:
    """Return the frame ``funds`` of canonical tables as :meth:`Lake.read` gives them.

    A fund tracks the index that was stated of it last up to each session; before the first statement, that one.
    """
    counted = shares.select("as_of", "security", "shares", share_grade="grade")
    valued = values.select("as_of", "security", "nav", nav_grade="grade")
    frame = counted.join(valued, on=["as_of", "security"], how="left", maintain_order="left")
    frame = _with_tracked(frame, _tracked(tracked))
    frame = frame.join(_closes(closes), on=["as_of", "index"], how="left", maintain_order="left")
    frame = frame.join(_float_caps(market), on="as_of", how="left", maintain_order="left")
    return frame.select(
        pl.col("as_of").alias("session"),
        "security",
        "fund_name",
        exchange_of(pl.col("security")).alias("exchange"),
        "index",
        "category",
        pl.col("shares").cast(pl.Float64),
        "nav",
        "index_close",
        "float_cap",
        worst_of("share_grade", "nav_grade").cast(GRADE_DTYPE).alias("grade"),
    ).select(*FUNDS).sort("session", "security")  # fmt: skip


def _tracked(stated: pl.DataFrame) -> pl.DataFrame:
    """Return each statement: the fund's name, the key of its index (or the printed name), the category."""
    rows = [
        (row["as_of"], row["security"], row["fund_name"], *_index(row["index_code"], row["index_name"]))
        for row in stated.sort("as_of").to_dicts()
    ]
    schema: dict[str, pl.DataType] = {"as_of": pl.Date()} | dict.fromkeys(("security", *_ABOUT), pl.String())
    return pl.DataFrame(rows, schema=schema, orient="row")


def _with_tracked(frame: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    first = stated.unique("security", keep="first", maintain_order=True).drop("as_of")
    rows = frame.sort("as_of").join_asof(stated, on="as_of", by="security", check_sortedness=False)
    rows = rows.join(first, on="security", how="left", suffix="_first", maintain_order="left")
    known = [pl.when(pl.col("category").is_null()).then(f"{name}_first").otherwise(name).alias(name) for name in _ABOUT]
    return rows.with_columns(known).with_columns(pl.col("category").fill_null("unmapped"))


def _index(code: str | None, name: str | None) -> tuple[str | None, str]:
    known = next((found for text in (code, name) if text and (found := find_index(text))), None)
    if known is not None:
        return known.key, "broad"
    return (name or code, "other") if name or code else (None, "unmapped")


def _closes(closes: pl.DataFrame) -> pl.DataFrame:
    keys = {index.code: key for key, index in indices().items()}
    return closes.filter(pl.col("index").is_in(list(keys))).select(
        "as_of", pl.col("index").replace_strict(keys, return_dtype=pl.String), index_close="close"
    )


def _float_caps(market: pl.DataFrame) -> pl.DataFrame:
    """Return the float cap of Shanghai and Shenzhen on the days that have both."""
    both = market.filter(pl.col("market").is_in(_MARKETS) & pl.col("float_cap").is_not_null())
    return both.group_by("as_of").agg(float_cap=pl.col("float_cap").sum(), count=pl.len()).filter(
        pl.col("count") == len(_MARKETS)
    ).drop("count")  # fmt: skip
