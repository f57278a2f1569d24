"""The lake: append-only tables of facts, read as they were known at a moment."""

from rongheng.market.store.lake import Lake
from rongheng.market.store.snapshot import Snapshot

__all__ = ["Lake", "Snapshot"]
