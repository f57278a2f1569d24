"""Which index a fund tracks: code and name in one cell are cut apart, and an index of another size is told.

Nothing is mended here: a fund keeps the index that the file prints.
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.tables import ETF_INDEX_MAP
from rongheng.market.sources.files.inspection import Inspection

_BOTH = r"^([0-9A-Z]{6})\s+(\S.*)$"
_SIZE = r"(\d{2,4})"


def check(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Cut cells that print the code before the name, and tell of funds whose own name carries another number."""
    if found.plan.table is not ETF_INDEX_MAP or "index_name" not in frame.columns:
        return frame
    if "index_code" not in frame.columns:
        printed = pl.col("index_name").str.strip_chars()
        frame = frame.with_columns(
            printed.str.extract(_BOTH, 1).alias("index_code"),
            pl.coalesce(printed.str.extract(_BOTH, 2), printed).alias("index_name"),
        )
    _tell_sizes(frame, found)
    return frame


def _tell_sizes(frame: pl.DataFrame, found: Inspection) -> None:
    if "fund_name" not in frame.columns:
        return
    off = frame.filter(pl.col("fund_name").str.extract(_SIZE) != pl.col("index_name").str.extract(_SIZE))
    if off.height:
        fund, name, index = off.select("security", "fund_name", "index_name").row(0)
        found.notice(
            f"{off.height} 只基金名称中的数字与所印指数不同（例：{fund} {name} 印为{index}），照印入库",
            f"funds whose name carries another number than the index that is printed: {off.height} ({fund} {name}: "
            f"{index}); landed as printed",
            count=off.height,
        )
