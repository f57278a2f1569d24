"""``rongheng snowball`` over small files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.words import Run

MARKET = """
session: 2023-03-01
rate: 3%
indices:
  csi500: {spot: 6_300, volatility: 20%, carry: -3%, average_volume: 80_000}
"""
TERMS = "notional: 10_000_000 yuan, start: 2023-03-01, maturity: 2025-03-03, initial: 6_300, coupon: 15%"
CONTRACTS = f"""
- {{contract: A-1, index: 中证500, knock_out: 103%, knock_in: 75%, {TERMS}}}
- {{contract: A-2, index: csi500, knock_out: 103%, knock_in: 75%, kind: protected, floor: 80%, {TERMS}}}
- {{contract: A-3, index: csi500, knock_out: 73%, knock_in: 75%, {TERMS}}}
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "market.yaml").write_text(MARKET, encoding="utf-8")
    (tmp_path / "book.yaml").write_text(CONTRACTS, encoding="utf-8")
    return tmp_path / "book.yaml", tmp_path / "market.yaml"


def test_price_gives_worth_and_slopes_and_tells_of_what_is_left_out(files: tuple[Path, Path], rongheng: Run) -> None:
    book, market = files
    ran = rongheng("snowball", "price", book, "--market", market, "--format", "json", "--paths", 20_000)
    plain, protected = json.loads(ran.out)
    assert (plain["contract_id"], plain["grade"], plain["as_of"]) == ("A-1", "estimated", "2023-03-01")
    assert plain["worth"] < protected["worth"]
    assert abs(plain["worth"] - plain["simulated"]) < 4 * plain["simulated_error"]
    assert plain["vega"] < 0 < plain["delta"]
    assert "row 3 (A-3), knock_in_bp: 7500 is not under the knock-out" in ran.err
    assert "discounted by calendar time at 3.00%" in ran.err


def test_the_convention_of_discounting_is_stated_and_moves_the_price(files: tuple[Path, Path], rongheng: Run) -> None:
    book, market = files
    worth = {}
    for word in ("calendar", "trading"):
        ran = rongheng("snowball", "price", book, "--market", market, "--discounting", word, "--format", "json")
        worth[word] = json.loads(ran.out)[0]["worth"]
        assert json.loads(ran.out)[0]["discounting"] == word
    assert 0 < abs(worth["calendar"] - worth["trading"]) < 0.002
    ran = rongheng("snowball", "price", book, "--market", market, "--discounting", "lunar")
    assert (ran.code, "expected one of calendar, trading" in ran.err) == (2, True)


def test_a_table_has_both_languages(files: tuple[Path, Path], rongheng: Run) -> None:
    book, market = files
    assert "经典雪球" in rongheng("snowball", "price", book, "--market", market).out
    assert "protected" in rongheng("snowball", "price", book, "--market", market, "--lang", "en").out


def test_a_file_without_a_contract_that_can_be_valued_is_an_error(files: tuple[Path, Path], rongheng: Run) -> None:
    book, market = files
    book.write_text(CONTRACTS.replace("75%", "175%"), encoding="utf-8")
    ran = rongheng("snowball", "price", book, "--market", market)
    assert (ran.code, "no contract can be valued" in ran.err) == (5, True)


def test_book_prints_the_hedge_and_leaves_every_contract_in_a_file(
    files: tuple[Path, Path], tmp_path: Path, rongheng: Run
) -> None:
    book, market = files
    out = tmp_path / "out" / "valued.csv"
    ran = rongheng("snowball", "book", book, "--market", market, "--out", out, "--format", "json")
    (row,) = json.loads(ran.out)
    assert (row["index"], row["contracts"], row["future"], row["notional_yuan"]) == ("csi500", 2, "IC", 20_000_000)
    assert row["of_volume"] == pytest.approx(row["hedge_futures"] / 80_000)
    assert out.read_text().splitlines()[0].startswith("contract_id,index,kind")
    assert "A-3,3,knock_in_bp,7500" in (tmp_path / "out" / "valued-problems.csv").read_text()
    assert rongheng("snowball", "book", book, "--market", market, "--out", "valued.txt").code == 2


def test_map_and_hedge_show_levels_and_flows(files: tuple[Path, Path], rongheng: Run) -> None:
    book, market = files
    mapped = rongheng("snowball", "map", book, "--market", market, "--format", "json")
    (band,) = json.loads(mapped.out)
    assert "[info] 中证500雪球暂无敲入压力。" in mapped.err
    assert (band["distance"], band["notional_yuan"], band["upper"]) == pytest.approx((0.25, 20_000_000, 4_725))
    ran = rongheng("snowball", "hedge", book, "--market", market, "--from", "-30%", "--step", "10%", "--format", "json")
    curve = {round(row["move"], 4): row for row in json.loads(ran.out)}
    assert sorted(curve) == [-0.3, -0.2, -0.1, 0.0, 0.1]
    assert curve[-0.3]["knocked_in_yuan"] == 20_000_000
    assert curve[0.0]["flow_after"] == pytest.approx(0)
    for wrong in (("--step", "0%"), ("--from", "20%"), ("--scale", "50%")):
        assert rongheng("snowball", "hedge", book, "--market", market, *wrong).code == 2


def test_replay_tells_the_events_of_each_day(files: tuple[Path, Path], tmp_path: Path, rongheng: Run) -> None:
    book, market = files
    path = tmp_path / "sh000905.csv"
    path.write_text("date,open,close,high,low\n2023-03-02,6300,6200,6310,6190\n2023-03-03,6200,4700,6200,4690\n")
    ran = rongheng("snowball", "replay", book, "--market", market, "--path", path, "--format", "json")
    quiet, fallen = json.loads(ran.out)
    assert (quiet["session"], quiet["knocked_in"]) == ("2023-03-02", 0)
    assert (fallen["as_of"], fallen["knocked_in"], fallen["knocked_in_yuan"]) == ("2023-03-03", 2, 20_000_000)
    shown = rongheng("snowball", "replay", book, "--market", market, "--path", path)
    assert "敲入本金" in shown.out
    assert "[low] 2023-03-03 中证500雪球敲入 2 笔、0.2 亿元。" in shown.err
    assert rongheng("snowball", "replay", book, "--market", market).code == 2


def test_the_illustrative_ladder_is_a_book_like_any_other(tmp_path: Path, rongheng: Run) -> None:
    market = tmp_path / "market.yaml"
    market.write_text(
        "session: 2023-12-29\nrate: 2.3%\nindices:\n"
        "  csi500: {spot: 5_429.23, volatility: 19%}\n  csi1000: {spot: 5_887.24, volatility: 22%}\n"
    )
    ran = rongheng("snowball", "book", "illustrative", "--market", market, "--scale", "50%", "--format", "json")
    notional = {row["index"]: row["notional_yuan"] for row in json.loads(ran.out)}
    assert notional == pytest.approx({"csi500": 36.5e9, "csi1000": 62e9})


def test_a_replay_reads_its_closes_from_a_lake(files: tuple[Path, Path], tmp_path: Path, rongheng: Run) -> None:
    book, market = files
    path, lake = tmp_path / "sh000905.csv", tmp_path / "lake"
    path.write_text("date,open,close,high,low\n2023-03-02,6300,6200,6310,6190\n2023-03-03,6200,4700,6200,4690\n")
    assert rongheng("import", path, "--lake", lake).code == 0
    words = ("snowball", "replay", book, "--market", market, "--to", "2023-03-02", "--format", "json")
    (row,) = json.loads(rongheng(*words, "--lake", lake).out)
    assert (row["session"], row["close"]) == ("2023-03-02", 6_200)


def test_a_market_file_says_its_own_session(files: tuple[Path, Path], rongheng: Run) -> None:
    book, market = files
    ran = rongheng("snowball", "map", book, "--market", market, "--as-of", "2024-01-30")
    assert (ran.code, "says its own session" in ran.err) == (2, True)


def test_without_a_market_file_a_lake_is_asked(files: tuple[Path, Path], tmp_path: Path, rongheng: Run) -> None:
    ran = rongheng("snowball", "map", files[0], "--lake", tmp_path / "nowhere")
    assert (ran.code, "no lake at" in ran.err) == (4, True)
