"""The rulebook that ships: it reads, nothing in it is loose, unnamed or uncited, and it is light to import."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rongheng.basics.errors import UsageError
from rongheng.basics.ids import MARKETS
from rongheng.rulebook import Rulebook
from rongheng.rulebook.confidence import Basis
from rongheng.rulebook.lint import lint
from rongheng.rulebook.rows import standing_rows, timeline_rows


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return Rulebook.load()


def test_nothing_in_it_is_loose_unnamed_or_uncited(book: Rulebook) -> None:
    assert [str(problem) for problem in lint(book)] == []


def test_a_document_that_no_rule_cites_is_a_problem(book: Rulebook) -> None:
    orphan = replace(book.document("sse-2023-140"), id="sse-orphan")
    planted = replace(book, documents={**book.documents, "sse-orphan": orphan})
    assert "no rule cites the document 'sse-orphan'" in " ".join(str(problem) for problem in lint(planted))


def test_a_market_without_an_entry_is_a_problem(book: Rulebook) -> None:
    rule = book.rule("exchange.maintenance.minimum_line")
    wider = replace(rule, markets=("SSE", "SZSE", "BSE"))
    planted = replace(book, rules={**book.rules, rule.id: wider})
    assert [str(p) for p in lint(planted)] == [
        "rules/exchange/maintenance/minimum_line.yaml:1: exchange.maintenance.minimum_line names BSE but has no entry "
        "for it. Add one or drop it."
    ]


def test_an_entry_that_contradicts_its_document_is_a_problem(book: Rulebook) -> None:
    rule = book.rule("exchange.order.short_return")
    before, after, beijing = rule.timeline.entries
    wrong = replace(rule.timeline, entries=(before, replace(after, announced=before.effective), beijing))
    planted = replace(book, rules={**book.rules, rule.id: replace(rule, timeline=wrong)})
    [problem] = lint(planted)
    assert "announced on 2010-03-31, its documents say 2015-08-03" in problem.message


def test_every_entry_can_be_shown_in_both_languages(book: Rulebook) -> None:
    for rule in book.rules.values():
        for row in timeline_rows(rule):
            assert row.value.zh, rule.id
            assert row.value.en, rule.id


def test_the_markets_are_called_as_everywhere_in_the_house(book: Rulebook) -> None:
    assert {key: member.name for key, member in book.classes.members["market"].items()} == {
        key: MARKETS[key] for key in ("SSE", "SZSE", "BSE")
    }


def test_what_no_document_confirms_carries_its_probability(book: Rulebook) -> None:
    confidence = book.rule("exchange.stops.short").on("2026-01-19").confidence
    assert confidence.is_doubtful
    assert confidence.label().en == "not confirmed by a document (probability 0.85)"
    assert not book.rule("exchange.financing.margin_ratio").on("2026-01-19").confidence.is_doubtful


def test_nothing_is_made_up_under_a_real_brokers_name(book: Rulebook) -> None:
    real = {f"broker.{key}." for key, broker in book.brokers.items() if broker.kind.value == "real"}
    for id_, rule in book.rules.items():
        if any(id_.startswith(prefix) for prefix in real):
            for entry in rule.timeline.entries:
                assert entry.confidence["value"].basis is not Basis.CHOSEN, id_
                assert entry.citations[0].document.issuer != "rongheng", id_


def test_every_shape_is_shown_by_the_illustrative_policy_or_by_a_real_broker(book: Rulebook) -> None:
    used = {id_.rpartition(".")[2] for id_ in book.rules if id_.startswith("broker.")}
    assert set(book.shapes) == used


@pytest.mark.parametrize("heavy", ["polars", "numpy", "pydantic", "pandas"])
def test_reading_rules_needs_no_heavy_library(heavy: str) -> None:
    code = (
        "import sys; from rongheng.rulebook import Rulebook;"
        "[rule.on('2026-01-19') for rule in Rulebook.load().rules.values() if rule.id.startswith('mof')];"
        f"sys.exit('{heavy}' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_rule_document_or_broker_is_met_with_a_near_one(book: Rulebook) -> None:
    with pytest.raises(UsageError, match=r"Did you mean 'exchange\.financing\.margin_ratio'"):
        book.rule("exchange.financing.margin_ration")
    with pytest.raises(UsageError, match="Did you mean 'sse-2023-140'"):
        book.document("sse-2023-14")
    with pytest.raises(UsageError, match="Did you mean 'guosen'"):
        book.terms_of("gousen")
    assert book.find_rule("exchange.financing.margin_ration") is None


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder `rules` in it"):
        Rulebook.load(tmp_path)


def test_each_brokers_withdrawal_line_is_300_percent_in_march_2025(book: Rulebook) -> None:
    ten = ["citic", "guotai_junan", "csc", "eastmoney", "guosen", "huatai", "gf", "galaxy", "shenwan_hongyuan", "cicc"]
    for key in ten:
        assert book.terms_of(key)["lines"].on("2025-03-28").terms["withdrawal"] == 30_000
        [row] = standing_rows(book.rule(f"broker.{key}.lines"), "2025-03-28")
        assert "300%" in row.value.en
