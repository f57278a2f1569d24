"""Collateral by security: the share of the market cap that is printed is the value held divided by the cap.

Both amounts and the share come from one file, so a unit that slipped shows here.
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.errors import SourceChangedError
from rongheng.basics.tables import SECURITY_COLLATERAL
from rongheng.market.sources.files.inspection import Inspection

_ROUNDING = 1e-4  # of the share, which is printed to a hundredth of a per cent
_TOLERANCE = 0.01  # relative


def check(frame: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Refuse amounts that make another share throughout; set single shares aside that they do not make."""
    if found.plan.table is not SECURITY_COLLATERAL or not {"value", "total_cap", "share_of_cap"} <= set(frame.columns):
        return frame
    made, share = pl.col("value") / pl.col("total_cap"), pl.col("share_of_cap")
    off = (made - share).abs() > _ROUNDING + _TOLERANCE * share
    held = frame.filter((pl.col("value") > 0) & (pl.col("total_cap") > 0) & (share > 0))
    if held.height and held.select(off.mean()).item() > 1 / 2:
        row = held.row(0, named=True)
        raise SourceChangedError(
            f"{found.sheet.where}: of {row['security']} {row['value']:,.0f} yuan are held and its market cap is "
            f"{row['total_cap']:,.0f}, but the printed share is {row['share_of_cap']:.2%}. The unit of one of them is "
            "another one; nothing of it was kept."
        )
    return found.set_cells_aside(frame, "share_of_cap", off, "the value held and the market cap make another share")
