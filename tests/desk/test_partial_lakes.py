"""A lake that holds only part of what a note could show: the note is written, and says what is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from rongheng.basics.batch import Batch
from rongheng.desk.close import close
from rongheng.market.sources.simulated import simulated_market
from rongheng.market.store import Lake
from rongheng.report import note

Keep = Callable[[Batch], pl.DataFrame]


def only(*tables: str) -> Keep:
    return lambda batch: batch.facts if batch.table.name in tables else batch.facts.clear()


def since(first: date) -> Keep:
    return lambda batch: batch.facts.filter(pl.col("as_of") >= first)


def one_index(code: str) -> Keep:
    return lambda batch: batch.facts.filter(pl.col("index") == code) if "index" in batch.facts.columns else batch.facts


def without(column: str) -> Keep:
    return lambda batch: batch.facts.drop(column, strict=False)


LAKES: dict[str, Keep] = {
    "accounts alone": only("account_daily"),
    "summaries alone": only("margin_summary"),
    "accounts and indices": only("account_daily", "index_daily"),
    "one index": one_index("000300.CSI"),
    "no ratio": without("maintenance_ratio"),
    "no split of the collateral": without("collateral_cash"),
    "a month": since(date(2025, 2, 24)),
    "one session": since(date(2025, 3, 21)),
}


@pytest.mark.parametrize("name", LAKES)
def test_a_note_is_written_from_what_there_is(name: str, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake", create=True)
    kept = [(batch, LAKES[name](batch)) for batch in simulated_market()]
    lake.land([replace(batch, facts=facts, rows_read=facts.height) for batch, facts in kept if facts.height])
    dossier = close(lake)
    page = note(dossier, tmp_path / "note.html").read_text(encoding="utf-8")
    assert str(dossier.as_of) in page
    assert note(dossier, tmp_path / "note.xlsx", lang="en").stat().st_size > 10_000
    for indicator in dossier.unreadable:
        assert indicator in page
