"""Aligned columns, from the store: the panel, and every indicator read from it."""

from rongheng.market.series.frames import Frames
from rongheng.market.series.panel import assemble, panel, published_by, resolve_as_of
from rongheng.market.series.readings import indicator, read, read_all, registry
from rongheng.market.series.snowballs import SnowballDay

__all__ = [
    "Frames",
    "SnowballDay",
    "assemble",
    "indicator",
    "panel",
    "published_by",
    "read",
    "read_all",
    "registry",
    "resolve_as_of",
]
