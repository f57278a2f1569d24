"""What a user types, and what answers: the verbs over a small lake."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.words import BALANCES, Run


@pytest.fixture
def lake(tmp_path: Path, rongheng: Run) -> Path:
    file = tmp_path / "balances.csv"
    file.write_text(BALANCES, encoding="utf-8")
    folder = tmp_path / "lake"
    ran = rongheng("import", file, "--lake", folder)
    assert ran.code == 0, ran.err
    return folder


def test_without_a_verb_the_help_is_shown(rongheng: Run) -> None:
    ran = rongheng()
    assert "import" in ran.out
    assert "note" in ran.out


def test_the_import_counts_every_row(tmp_path: Path, rongheng: Run) -> None:
    file = tmp_path / "balances.csv"
    file.write_text(BALANCES + "2025-01-11,1,1,250\n", encoding="utf-8")  # a Saturday
    ran = rongheng("import", file, "--lake", tmp_path / "lake", "--format", "json")
    (row,) = json.loads(ran.out)
    assert (row["rows_read"], row["new"], row["rows_quarantined"]) == (6, 5, 1)
    aside = rongheng("status", "--quarantine", "--lake", tmp_path / "lake", "--format", "json")
    (problem,) = json.loads(aside.out)
    assert problem["row"] == 7
    assert "2025-01-11" in problem["found"]


def test_importing_a_file_again_changes_nothing(lake: Path, tmp_path: Path, rongheng: Run) -> None:
    before = rongheng("show", "balance", "--lake", lake, "--format", "json").out
    ran = rongheng("import", tmp_path / "balances.csv", "--lake", lake, "--format", "json")
    (row,) = json.loads(ran.out)
    assert row["known_file"] is True
    assert row["new"] == row["changed"] == 0
    assert rongheng("show", "balance", "--lake", lake, "--format", "json").out == before


def test_json_gives_money_in_yuan_ratios_as_fractions_and_every_figures_grade(lake: Path, rongheng: Run) -> None:
    rows = json.loads(rongheng("show", "balance", "--lake", lake, "--format", "json").out)
    last = rows[-1]
    assert last["session"] == last["as_of"] == "2025-01-10"
    assert last["financing_balance"] == pytest.approx(18151.11e8)
    assert last["grade"] in ("official", "derived")
    assert last["grades"]["financing_balance"] == "official"
    changes = [name for name in last["grades"] if name != "financing_balance" and "change" in name]
    assert changes
    assert all(last["grades"][name] == "derived" for name in changes)


def test_csv_has_the_same_rows_as_json(lake: Path, rongheng: Run) -> None:
    rows = json.loads(rongheng("show", "leverage", "--lake", lake, "--format", "json").out)
    lines = list(csv.DictReader(io.StringIO(rongheng("show", "leverage", "--lake", lake, "--format", "csv").out)))
    assert [line["session"] for line in lines] == [row["session"] for row in rows]
    leverage = [float(line["leverage"]) for line in lines]
    assert leverage[-1] == pytest.approx(2.4895 / 1.4895)  # R / (R - 1)


def test_from_and_to_cut_the_rows_and_as_of_cuts_what_is_known(lake: Path, rongheng: Run) -> None:
    words = ("show", "balance", "--lake", lake, "--format", "json")
    cut = json.loads(rongheng(*words, "--from", "2025-01-07", "--to", "20250108").out)
    assert [row["session"] for row in cut] == ["2025-01-07", "2025-01-08"]
    earlier = json.loads(rongheng(*words, "--as-of", "2025-01-07").out)
    assert earlier[-1]["session"] == "2025-01-07"


def test_a_table_speaks_both_languages(lake: Path, rongheng: Run) -> None:
    assert "融资余额" in rongheng("show", "balance", "--lake", lake).out
    english = rongheng("show", "balance", "--lake", lake, "--lang", "en").out
    assert "financing" in english
    assert "融资" not in english


def test_every_indicator_explains_itself(rongheng: Run) -> None:
    listed = rongheng("show").out
    for name in ("balance", "safety-distance", "pressure"):
        assert name in listed
        explained = rongheng("show", name, "--help").out
        assert "Formula:" in explained
        assert "Known problems:" in explained


def test_the_lake_may_be_named_by_the_environment(lake: Path, rongheng: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RONGHENG_LAKE", str(lake))
    assert json.loads(rongheng("status", "--format", "json").out)[0]["table"] == "account_daily"


def test_one_bad_file_leaves_the_others_done(tmp_path: Path, rongheng: Run) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(BALANCES, encoding="utf-8")
    bad.write_text("", encoding="utf-8")
    ran = rongheng("import", bad, good, "--lake", tmp_path / "lake", "--format", "json")
    assert ran.code == 4
    assert [row["file"] for row in json.loads(ran.out)] == ["good.csv"]
    assert "1 of 2 files" in ran.err
