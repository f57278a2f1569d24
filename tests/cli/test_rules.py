"""What a reader of rules types, and what answers."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from shutil import copy

import pytest

from tests.cli.words import Run
from tests.rulebook.how_to import lay_out

RATIO = "exchange.financing.margin_ratio"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return lay_out(tmp_path)


@pytest.mark.parametrize(("day", "ratio"), [("2026-01-16", "80%"), ("2026-01-19", "100%"), ("2023-09-08", "100%")])
def test_a_rule_is_shown_as_it_stands_on_a_day(rongheng: Run, day: str, ratio: str) -> None:
    entries = json.loads(rongheng("rules", RATIO, "--on", day, "--format", "json").out)
    assert {entry["value"] for entry in entries} == {ratio}  # exchanges that began on different days have their own
    assert all(entry["citations"] for entry in entries)


def test_a_timeline_names_each_value_with_its_document(rongheng: Run) -> None:
    shown = rongheng("rules", RATIO, "--timeline", "--lang", "en").out
    assert [shown.index(word) for word in ("2010-03-31", "2015-11-23", "2023-09-08", "2026-01-19")] == sorted(
        shown.index(word) for word in ("2010-03-31", "2015-11-23", "2023-09-08", "2026-01-19")
    )
    assert "上证发〔2026〕5号" in shown


def test_a_rule_that_was_not_yet_announced_is_not_seen(rongheng: Run) -> None:
    (entry,) = json.loads(
        rongheng("rules", RATIO, "--on", "2026-01-19", "--known-at", "2026-01-13", "--format", "json").out
    )
    assert entry["value"] == "80%"


def test_what_changed_between_two_days_and_why(rongheng: Run) -> None:
    (change,) = json.loads(rongheng("rules", "--diff", "2026-01-16", "2026-01-19", "--format", "json").out)
    assert (change["id"], change["before"], change["after"]) == (RATIO, "80%", "100%")
    assert json.loads(rongheng("rules", "--diff", "2026-01-19", "2026-01-19", "--format", "json").out) == []


def test_a_search_finds_chinese_and_english_words(rongheng: Run) -> None:
    for words in ("绕标套现", "circumvention"):
        assert "exchange.order.list_circumvention" in rongheng("rules", "--search", words).out


def test_a_search_says_what_each_rule_was_on_the_day(rongheng: Run) -> None:
    words = ("rules", "exchange.financing", "--search", "保证金比例下限", "--format", "json", "--on")
    for day, ratio in (("2023-09-11", 0.8), ("2026-01-19", 1.0)):
        (hit,) = json.loads(rongheng(*words, day).out)
        assert (hit["id"], hit["number"], hit["as_of"]) == (RATIO, ratio, day)
        assert hit["markets"] == ["SSE", "SZSE", "BSE"]


def test_the_beginning_of_ids_narrows_a_difference(rongheng: Run) -> None:
    words = ("--diff", "2023-09-08", "2023-10-30", "--format", "json")
    assert {row["id"] for row in json.loads(rongheng("rules", "exchange.short", *words).out)} == {
        "exchange.short.margin_ratio"
    }
    assert RATIO in {row["id"] for row in json.loads(rongheng("rules", *words).out)}


def test_what_was_not_yet_announced_is_told_from_what_was_not_yet_in_force(rongheng: Run) -> None:
    assert "Not in force on 2010-03-30." in rongheng("rules", RATIO, "--on", "2010-03-30", "--lang", "en").out
    unknown = rongheng("rules", RATIO, "--on", "2026-01-19", "--known-at", "2010-03-30", "--lang", "en").out
    assert "Not announced by 2010-03-30." in unknown


def test_csv_holds_lists_in_one_cell(rongheng: Run) -> None:
    (row,) = csv.DictReader(io.StringIO(rongheng("rules", "exchange.short.margin_ratio", "--format", "csv").out))
    assert row["markets"] == "SSE; SZSE; BSE"
    assert json.loads(row["exceptions"]) == [{"client": "private_fund", "value": "120%", "number": 1.2}]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--diff", "2026-01-16", "2026-01-19", "--search", "x"), "give one of them"),
        (("--timeline",), "--timeline shows one rule"),
        (("exchange.haircut", "--timeline"), "exchange.haircut"),
    ],
)
def test_what_cannot_be_answered_together_is_refused(rongheng: Run, words: tuple[str, ...], told: str) -> None:
    ran = rongheng("rules", *words)
    assert ran.code == 2
    assert told in ran.err


def test_an_unknown_rule_is_told_a_near_one(rongheng: Run) -> None:
    ran = rongheng("rules", "exchange.financing.margin_ratios")
    assert ran.code == 2
    assert RATIO in ran.err


def test_a_folder_of_ones_own_is_read_beside_what_ships(rongheng: Run, mine: Path) -> None:
    assert "broker.harbour.lines" in rongheng("rules", "broker.harbour", "--rules", mine).out
    ran = rongheng("cases", mine / "cases", "--rules", mine)
    assert ran.code == 0, ran.out + ran.err
    assert "0 failed" in ran.err


def test_the_cases_that_ship_hold_and_stand_on_every_boundary(rongheng: Run, tmp_path: Path) -> None:
    """One file of each kind; that all hold is shown beside what they are of."""
    cases = Path(__file__).parents[2] / "cases"
    for file in ("rules/exchange/short", "marks/lines", "orders/concentration", "calls/contracts"):
        copy(cases / f"{file}.yaml", tmp_path / f"{file.replace('/', '-')}.yaml")
    assert rongheng("cases", tmp_path).code == 0
    assert rongheng("cases", cases, "--boundaries").code == 0


def test_a_case_that_fails_shows_expected_and_got(rongheng: Run, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(
        "- case: Wrong on purpose\n  why: To see it fail.\n  source: hand\n"
        f"  rule: {RATIO}\n  market: SSE\n  expect: {{2026-01-19: 80%}}\n",
        encoding="utf-8",
    )
    ran = rongheng("cases", file)
    assert ran.code == 1
    assert "expected 80%, got 100%" in ran.out


def test_a_table_is_shown_row_by_row_and_terms_one_by_one(rongheng: Run) -> None:
    shown = rongheng("rules", "broker.everbright.concentration_limits", "--lang", "en").out.splitlines()
    assert [line.split()[-1] for line in shown if "one security" in line] == ["60%", "80%", "100%"]
    terms = rongheng("rules", "exchange.stops.financing", "--lang", "en").out
    assert all(f"\n    {term}\n" in terms for term in ("stop at 25%", "resume under 20%", "works after 1 trading day"))


def test_a_difference_of_tables_names_the_rows_that_changed_alone(rongheng: Run) -> None:
    # With the STAR market came its own quantities; those of the main boards and ChiNext stayed.
    shown = rongheng("rules", "--diff", "2019-07-19", "2019-07-22", "--lang", "en").out
    about = shown[shown.index("exchange.order.lots") :].split("from 2019-07-22")[0]
    changed = [line.strip() for line in about.splitlines() if line.strip()[:2] in ("- ", "+ ")]
    assert [line[0] for line in changed] == ["+"]
    assert "STAR" in changed[0]
    assert "main" not in changed[0]


def test_codes_that_changed_are_shown_with_their_day_and_who_says_so(rongheng: Run) -> None:
    (row,) = json.loads(rongheng("rules", "920017", "--codes", "--format", "json").out)
    assert (row["old"], row["new"], row["first_session"]) == ("430017.BJ", "920017.BJ", "2025-10-09")
    assert "北交所新旧代码对照表" in row["source"]
    pilots = json.loads(rongheng("rules", "920", "--codes", "--on", "2025-10-08", "--format", "json").out)
    assert {row["first_session"] for row in pilots} == {"2025-05-06"}
    assert len(pilots) == 6
    refused = rongheng("rules", "600000", "--codes")
    assert refused.code == 2
    assert "No code that begins with 600000" in refused.err


def test_codes_that_a_lake_knows_are_shown_too(rongheng: Run, tmp_path: Path) -> None:
    file, lake = tmp_path / "codes.csv", tmp_path / "lake"
    file.write_text("日期,证券代码,原证券代码\n2026-03-02,600999,600000\n", "utf-8")
    assert rongheng("import", file, "--lake", lake).code == 0
    (row,) = json.loads(rongheng("rules", "600000", "--codes", "--lake", lake, "--format", "json").out)
    assert (row["new"], row["first_session"]) == ("600999.SH", "2026-03-02")
