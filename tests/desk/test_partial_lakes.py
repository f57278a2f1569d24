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


FIRST = date(2024, 1, 2)  # of the market of which a lake holds a part


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


@pytest.fixture(scope="module")
def market() -> list[Batch]:
    return [_with(batch, since(FIRST)(batch)) for batch in simulated_market()]


def _with(batch: Batch, facts: pl.DataFrame) -> Batch:
    return replace(batch, facts=facts, rows_read=facts.height)


@pytest.mark.parametrize("name", LAKES)
def test_a_note_is_written_from_what_there_is(name: str, market: list[Batch], tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake", create=True)
    kept = [_with(batch, LAKES[name](batch)) for batch in market]
    lake.land([batch for batch in kept if batch.facts.height])
    dossier = close(lake)
    page = note(dossier, tmp_path / "note.html").read_text(encoding="utf-8")
    assert str(dossier.as_of) in page
    assert note(dossier, tmp_path / "note.xlsx", lang="en").stat().st_size > 10_000
    for indicator in dossier.unreadable:
        assert indicator in page
