"""The illustrative ladder of snowballs, made from published facts: an example to start from, not data.

What lives here: the file beside this one turned into contracts, with its sensitivity: all notionals scaled, all lines
moved. What does not: anybody's real inventory, which is an input (``files.read_contracts``).
"""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from typing import Final

import polars as pl
import yaml

from rongheng.basics.conform import conform
from rongheng.market.derivatives.snowball.table import SNOWBALLS

NAME: Final = "illustrative"
_SOURCE: Final = "ladder.yaml"
_YI_MILLI: Final = 10**11  # 亿元


def illustrative_ladder(*, scale: float = 1.0, shift: float = 0.0) -> pl.DataFrame:
    """Return the ladder's contracts; ``scale`` multiplies notionals, ``shift`` moves every line by that share.

    >>> illustrative_ladder().height
    16
    """
    loaded = yaml.load(files(__package__).joinpath(_SOURCE).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    terms = {name: float(text.removesuffix("%")) / 100 for name, text in loaded["terms"].items()}
    rows = [
        {
            "contract_id": f"{one['index']}-{one['line'].replace('_', '')}",
            "index": one["index"],
            "notional_milli": round(int(one["notional"]) * _YI_MILLI * scale),
            "start": date.fromisoformat(one["start"]),
            "maturity": date.fromisoformat(one["maturity"]),
            "initial_points": round(int(one["line"]) * (1.0 + shift) / terms["knock_in"], 4),
            "knock_out_bp": round(terms["knock_out"] * 10_000),
            "knock_in_bp": round(terms["knock_in"] * 10_000),
            "coupon_ppm": round(terms["coupon"] * 1_000_000),
            "lockup_months": int(loaded["terms"]["lockup"]),
        }
        for one in loaded["tranches"]
    ]
    frame, bad = conform(pl.DataFrame(rows), SNOWBALLS, where=_SOURCE)
    assert not bad.height, f"{_SOURCE} does not fit its table: {bad}"
    return frame
