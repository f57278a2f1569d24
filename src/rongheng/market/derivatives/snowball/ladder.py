"""The illustrative ladder of snowballs, made from published facts: an example to start from, not data.

What lives here: the file beside this one turned into contracts, with its sensitivity: all notionals scaled, all lines
moved. What does not: anybody's real inventory, which is an input (``files.read_contracts``).
"""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final

import polars as pl
import yaml

from rongheng.basics.conform import conform
from rongheng.basics.text import Text
from rongheng.market.derivatives.snowball.inventory import Inventory
from rongheng.market.derivatives.snowball.table import SNOWBALLS

NAME: Final = "illustrative"
_SOURCE: Final = "ladder.yaml"
_YI_MILLI: Final = 10**11  # 亿元


def illustrative_ladder(*, scale: float = 1.0, shift: float = 0.0) -> pl.DataFrame:
    """Return the ladder's contracts; ``scale`` multiplies notionals, ``shift`` moves every line by that share.

    >>> illustrative_ladder().height
    16
    """
    loaded = _loaded()
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


def illustrative_inventory(*, scale: float = 1.0, shift: float = 0.0) -> Inventory:
    """Return the ladder as an inventory, which nobody could have made before the last of its facts was out.

    >>> illustrative_inventory().known.isoformat()
    '2024-01-23'
    """
    loaded = _loaded()
    stated, known = (date.fromisoformat(loaded[name]) for name in ("session", "known"))
    name = Text(f" {stated} 的示意性梯队，并非数据", f"the illustrative ladder of {stated}, which is no data")
    return Inventory(name, illustrative_ladder(scale=scale, shift=shift), stated, known)


@cache
def _loaded() -> dict[str, Any]:
    text = files(__package__).joinpath(_SOURCE).read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)
    return loaded
