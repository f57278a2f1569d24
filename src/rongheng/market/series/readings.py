"""Every indicator by name, and how one or all of them are read from a panel."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib import import_module

import polars as pl

from rongheng.basics.errors import DataError, UsageError
from rongheng.basics.text import Text
from rongheng.market.indicators.contract import FRAMES, Indicator, Reading, require
from rongheng.market.indicators.row_schema import row_schema
from rongheng.market.series.frames import Frames

# In the order of the note's chapters. Each is the file of that name beside ``contract.py``, or the one in ``_FILES``.
NAMES: tuple[str, ...] = (
    "balance",
    "share",
    "leverage",
    "safety-distance",
    "weighted-cost",
    "lows",
    "record",
    "extremes",
    "fit",
    "collateral",
    "collateral-gap",
    "participation",
    "pressure",
    "basis",
    "basis-contracts",
    "flows",
    "index-financing",
    "financing-movers",
    "snowballs",
    "liquidity",
    "liquidity-record",
)
_FILES = {"basis-contracts": "discounts"}


@cache
def registry() -> dict[str, Indicator]:
    """Return every indicator by name."""
    found = {}
    for name in NAMES:
        module = import_module(f"rongheng.market.indicators.{_FILES.get(name, name.replace('-', '_'))}")
        indicator: Indicator = module.INDICATOR
        assert indicator.name == name, f"{module.__name__} calls itself {indicator.name!r}"
        found[name] = indicator
    return found


def indicator(name: str) -> Indicator:
    """Return the indicator of that name; an unknown one is a ``UsageError`` that lists near ones."""
    known = registry()
    if name not in known:
        near = get_close_matches(name, known, n=2)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise UsageError(f"There is no indicator {name!r}.{hint} There are: {', '.join(known)}.")
    return known[name]


def read(name: str, frame: pl.DataFrame, **options: object) -> Reading:
    """Return one indicator's reading of the frame that it reads: the panel, or the one that ``Indicator.reads`` names.

    Raises
    ------
    UsageError
        There is no such indicator, or an option is wrong.
    MissingDataError
        The frame lacks what the indicator cannot do without.
    """
    chosen = indicator(name)
    require(frame, chosen)
    return chosen.compute(frame, **options)


# What a report shows beside the readings with default options: key -> indicator and its options.
VARIANTS: dict[str, tuple[str, dict[str, object]]] = {"share.month": ("share", {"every": "month"})}


class _PanelAlone(dict[str, pl.DataFrame]):
    """Frames of which there is the panel and no other."""

    def __missing__(self, name: str) -> pl.DataFrame:
        return pl.DataFrame(schema=FRAMES[name])


def read_all(frames: Frames | pl.DataFrame) -> tuple[dict[str, Reading], dict[str, Text]]:
    """Return every reading with default options, and for those that lack data, why. A panel alone will do.

    The readings of ``VARIANTS`` stand behind them under keys with a dot; one that lacks data is left out, for the
    reading that it varies says why. The rows have a column for every figure of the indicator, null throughout where
    the data do not allow it, so that whoever shows them need not ask which columns are there.
    """
    readings: dict[str, Reading] = {}
    unreadable: dict[str, Text] = {}
    of = _PanelAlone(panel=frames) if isinstance(frames, pl.DataFrame) else frames
    for name, known in registry().items():
        try:
            readings[name] = _complete(read(name, of[known.reads]))
        except DataError as lacking:
            unreadable[name] = Text(f"湖中缺少{known.label.zh}在该日所需的数据。", str(lacking))
    for key, (name, options) in VARIANTS.items():
        if name in readings:
            readings[key] = _complete(read(name, of[registry()[name].reads], **options))
    return readings, unreadable


def _complete(reading: Reading) -> Reading:
    absent = [
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in row_schema(registry()[reading.indicator.name].figures).items()
        if name not in reading.rows.columns
    ]
    return Reading(reading.indicator, reading.rows.with_columns(absent), reading.notes)
