"""SQLite databases, JSON with arrays beside a list of days, and what collections of futures and funds leave out."""

from __future__ import annotations

import json
import sqlite3
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from rongheng.basics.errors import DataError
from rongheng.market.sources import read_file

COLUMNS = "symbol TEXT, date TEXT, open REAL, high REAL, low REAL, close REAL, volume INTEGER, hold INTEGER"
FUNDS: list[dict[str, object]] = [
    {"code": "510300", "name": "甲300", "market": "SH", "category": "沪深300", "shares": [800.5, 810.5]},
    {"code": "159919", "name": "乙300", "market": "SZ", "category": "沪深300", "shares": [200.0, 190.0], "note": None},
]
ARRAYS: dict[str, object] = {"nav": [4.0, 4.1], "amount": [3202.0, 3323.05], "net": [None, 121.05]}


def database(path: Path, rows: list[tuple[object, ...]]) -> Path:
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE futures_daily ({COLUMNS})")
        connection.executemany("INSERT INTO futures_daily VALUES (?,?,?,?,?,?,?,?)", rows)
    connection.close()
    return path


def collection(path: Path) -> Path:
    document = {
        "source": "…",
        "dates": ["2025-01-02", "2025-01-03"],
        "sh_index": [3262.56, 3211.43],
        "etfs": [fund | ARRAYS for fund in FUNDS],
    }
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def test_a_database_of_futures_lands_and_an_open_interest_of_nothing_is_set_aside(tmp_path: Path) -> None:
    path = database(
        tmp_path / "futures.db",
        [
            ("IM2501", "2025-01-02", 5926.6, 5964.8, 5760.0, 5778.0, 60000, 114805),
            ("IM2501", "2025-01-17", 5700.0, 5750.2, 5690.0, 5740.6, 30000, 0),
        ],
    )
    (batch,) = read_file(path)
    assert batch.facts.select("as_of", "contract", "close", "open_interest_lots").rows() == [
        (date(2025, 1, 2), "IM2501", 5778.0, 114805),
        (date(2025, 1, 17), "IM2501", 5740.6, None),
    ]
    assert batch.quarantine.select("column", "found").rows() == [("hold", "0")]


def test_a_session_that_one_product_lacks_is_told(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [
        ("IH2503", f"2025-01-{day:02}", 2600.0, 2610.0, 2590.0, 2600.0, 10, 20) for day in (2, 6)
    ]
    (batch,) = read_file(database(tmp_path / "futures.db", rows))
    assert any("sessions that IH lacks: 1 (2025-01-03)" in notice.text.en for notice in batch.notices)


def test_a_damaged_database_is_refused_with_its_name(tmp_path: Path) -> None:
    whole = database(tmp_path / "whole.db", [("IM2501", "2025-01-02", 1.0, 1.0, 1.0, 1.0, 1, 1)]).read_bytes()
    (tmp_path / "cut.db").write_bytes(whole[:4096])
    with pytest.raises(DataError, match=r"cut\.db is an SQLite database that cannot be read"):
        read_file(tmp_path / "cut.db")


def test_arrays_beside_days_become_shares_values_and_tracked_indices(tmp_path: Path) -> None:
    tracked, shares, values = read_file(collection(tmp_path / "core.json"))
    assert tracked.facts.select("as_of", "security", "index_name").rows() == [
        (date(2025, 1, 2), "159919.SZ", "沪深300"),
        (date(2025, 1, 2), "510300.SH", "沪深300"),
    ]
    assert shares.facts.filter(pl.col("security") == "510300.SH")["shares"].to_list() == [
        80_050_000_000,
        81_050_000_000,
    ]
    assert values.facts["nav"].to_list() == [4.0, 4.0, 4.1, 4.1]
    assert (shares.table.name, values.table.name) == ("etf_shares", "etf_nav")


def test_arrays_of_another_length_than_the_days_are_no_table(tmp_path: Path) -> None:
    path = tmp_path / "core.json"
    path.write_text(json.dumps({"dates": ["2025-01-02"], "etfs": [{"code": "510300", "nav": [4.0, 4.1]}]}))
    with pytest.raises(DataError, match="holds a list"):
        read_file(path)


def test_a_map_in_one_cell_is_cut_and_an_index_of_another_size_is_told(tmp_path: Path) -> None:
    path = tmp_path / "map.csv"
    path.write_text(
        "exchange,code,name,tracking_index,fund_manager\n"
        "SSE,510300,300ETF,000300 沪深300,\nSSE,510500,500ETF,000016 上证50,\nSSE,510010,治理ETF,,\n",
        encoding="utf-8",
    )
    (batch,) = read_file(path, day=date(2026, 8, 21))
    assert batch.facts.select("security", "fund_name", "index_code", "index_name").rows() == [
        ("510010.SH", "治理ETF", None, None),
        ("510300.SH", "300ETF", "000300", "沪深300"),
        ("510500.SH", "500ETF", "000016", "上证50"),
    ]
    assert any("another number" in notice.text.en and notice.count == 1 for notice in batch.notices)


def test_the_real_collections_land_whole(shared_data: Path) -> None:
    (futures,) = read_file(shared_data / "futures" / "cffex_futures_daily.db")
    with sqlite3.connect(f"file:{shared_data / 'futures' / 'cffex_futures_daily.db'}?mode=ro", uri=True) as database:
        (count,) = database.execute("SELECT count(*) FROM futures_daily").fetchone()
        (blank,) = database.execute("SELECT count(*) FROM futures_daily WHERE hold = 0 AND volume > 0").fetchone()
    assert (futures.facts.height, futures.quarantine.height) == (count, blank)
    lacking = [notice.text.en for notice in futures.notices if "lacks" in notice.text.en]
    assert lacking == [f"sessions that {product} lacks: 2 (2021-09-16, 2022-01-19)" for product in ("IC", "IH")]
    tracked, shares, values = read_file(shared_data / "etf" / "core_etf_shares_nav.json")
    assert (tracked.facts.height, shares.facts.height, values.facts.height) == (12, 12 * 335, 12 * 335)
