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
