"""What a single file can be held against: the calendar, itself, what its columns must add up to. One idea a file."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from rongheng.market.sources.files.checks import (
    bars,
    bounds,
    changes,
    codes,
    collateral,
    differences,
    futures,
    gaps,
    holdings,
    jumps,
    margin,
    relations,
    stale,
    tracked,
    wholes,
)
from rongheng.market.sources.files.inspection import Inspection

Check = Callable[[pl.DataFrame, Inspection], pl.DataFrame]

# In this order: what cannot be right goes first, so that the later checks compare good values.
VALUE_CHECKS: tuple[Check, ...] = (
    bounds.check,
    bars.check,
    futures.check,
    changes.check,
    margin.check,
    wholes.check,
    differences.check,
    collateral.check,
    holdings.check,
    tracked.check,
    codes.check,
    relations.check,
    stale.check,
    jumps.check,
    gaps.check,
)

__all__ = ["VALUE_CHECKS", "Check"]
