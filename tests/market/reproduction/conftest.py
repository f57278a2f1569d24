"""Panels for the reproduction: the real files through importer and lake, and the simulated market."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from rongheng.desk.ingest import ingest
from rongheng.market.series.panel import assemble, panel
from rongheng.market.sources.simulated import simulated_market
from rongheng.market.store import Lake


@pytest.fixture(scope="session")
def real_panel(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Return the panel of the real market and index files, imported as a user would."""
    lake = Lake(tmp_path_factory.mktemp("real") / "lake", create=True)
    outcomes = list(ingest(lake, [shared_data / "market", shared_data / "index"]))
    assert not [outcome.error for outcome in outcomes if outcome.error]
    return panel(lake)


@pytest.fixture(scope="session")
def simulated_panel() -> pl.DataFrame:
    """Return the panel of the simulated market."""
    tables = {batch.table.name: batch.facts for batch in simulated_market()}
    return assemble(
        account=tables["account_daily"],
        summary=tables["margin_summary"],
        market=tables["market_daily"],
        bars=tables["index_daily"],
        last=date(2025, 3, 21),
        known_at=datetime(2025, 3, 25, tzinfo=UTC),
    )
