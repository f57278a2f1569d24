"""The note: complete, alone, honest about what is simulated or missing, and the same twice."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from rongheng.basics.errors import UsageError
from rongheng.basics.text import Text
from rongheng.findings.dossier import Dossier
from rongheng.report import FIGURES, note
from rongheng.report.chapters import CHAPTERS
from rongheng.report.numbers import NBSP
from rongheng.report.page import page

CHINESE = re.compile(r"[\u4e00-\u9fff]")
VOID = {"meta", "br", "hr", "img", "link", "input"}


class _Outline(HTMLParser):
    """Collects tags, ids, links and the text outside of style sheets, and sees that every tag is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value for key, value in attrs if key == "id" and value]
        self.links += [value for key, value in attrs if key in ("href", "src", "action", "data") and value]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).replace(NBSP, " ").split())


@pytest.fixture(scope="module", params=["zh", "en"])
def either(request: pytest.FixtureRequest) -> str:
    """Return the note in each language."""
    found: str = request.getfixturevalue("chinese" if request.param == "zh" else "english")
    return found


@pytest.fixture
def small(dossier: Dossier) -> Dossier:
    """Return the dossier with one reading alone, which makes a quick note."""
    return replace(dossier, readings={"pressure": dossier.readings["pressure"]}, reproduced=None)


def test_a_note_is_well_formed_and_small(either: str) -> None:
    _Outline(either)
    assert len(either.encode()) < 3_000_000


def test_a_note_needs_no_network_no_script_and_no_other_file(either: str) -> None:
    outline = _Outline(either)
    assert not {"script", "link", "img", "iframe", "object", "embed", "base"} & set(outline.tags)
    assert all(link.startswith("#") for link in outline.links)
    assert not re.search(r"@import|url\((?!#)|\bon[a-z]+=|javascript:", either)
    outside = set(re.findall(r"https?://[^\s\"'<>)]+", either))
    assert outside <= {"http://www.w3.org/2000/svg"}


def test_every_link_leads_somewhere_and_no_id_stands_twice(either: str) -> None:
    outline = _Outline(either)
    assert len(outline.ids) == len(set(outline.ids))
    assert {link[1:] for link in outline.links} <= set(outline.ids)


def test_every_figure_is_there_as_a_drawing_of_its_own(either: str) -> None:
    drawings = re.findall(r"<svg.*?</svg>", either, flags=re.DOTALL)
    assert len(drawings) == len(FIGURES) > 10
    for drawing in drawings:
        ElementTree.fromstring(drawing)
    for name in FIGURES:
        assert f'id="{name}"' in either


def test_session_and_known_at_stand_at_the_head(chinese: str, english: str) -> None:
    # 2025-03-21 is a Friday; account statistics come out on the evening of the next session, Monday 2025-03-24.
    assert "交易日 2025-03-21（周五） 所知时点 2025-03-24 18:00 （北京时间）" in _Outline(chinese).text
    assert "Session 2025-03-21 (Friday) Known at 2025-03-24 18:00 (Beijing time)" in _Outline(english).text


@pytest.mark.parametrize(
    "printed",
    [
        "267.54 %",  # the average maintenance ratio of 2025-03-21, Huachuang 2025-03
        "1.60×",  # the leverage that it means, Huachuang 2025-03: 2.6754 / 1.6754
        "2.25×",  # the ceiling at a margin ratio of 80 % with cash, Huachuang 2025-03
        "51.41 %",  # 1 − 1.30 / 2.6754
        "248.95 %",  # the low of 2025-01-10, Huachuang 2025-03
    ],
)
def test_the_note_says_what_the_published_reports_say(either: str, printed: str) -> None:
    assert printed in _Outline(either).text


def test_numbers_of_the_note_are_those_of_the_readings(dossier: Dossier, chinese: str) -> None:
    row = dossier.readings["balance"].rows.row(-1, named=True)
    text = _Outline(chinese).text
    assert f"{row['margin_balance'] / 1e12:.2f} 万亿元" in text
    assert f"{row['financing_balance'] / 1e8:,.2f}" in text  # in the table, 亿元
    change = row["financing_change_1"] / 1e8
    assert f"{'−' if change < 0 else '+'}{abs(change):,.2f}" in text


def test_every_sentence_carries_its_date_grade_and_indicator(either: str) -> None:
    for block in re.findall(r'<ul class="claims">(.*?)</ul>', either, flags=re.DOTALL):
        sentences = re.findall(r"<li>(.*?)</li>", block, flags=re.DOTALL)
        assert sentences
        for sentence in sentences:
            tag = r'<small class="tag">\d{4}-\d\d-\d\d <span class="grade \w+">[^<]+</span> <a href="#method-'
            assert re.search(tag, sentence), sentence


def test_every_row_of_a_table_of_readings_has_a_grade(either: str) -> None:
    for table in re.findall(r"<table>(.*?)</table>", either, flags=re.DOTALL):
        heads = re.findall(r'<th scope="col" class="k-(\w+)"', table)
        for row in re.findall(r"<tr>(<td.*?)</tr>", table, flags=re.DOTALL):
            assert len(re.findall(r"<td ", row)) == len(heads)


def test_a_simulated_note_says_so_everywhere(dossier: Dossier, either: str) -> None:
    assert dossier.simulated
    assert '<div class="alarm" role="alert"><b>' in either
    assert '<div class="watermark"' in either
    style = either[either.index("@page{@top-center") :]
    assert "SIMULATED" in style[: style.index("}")]
    assert re.search(r"<title>[^<]*SIMULATED", either)
    assert re.search(r'<span class="grade simulated">', either)


def test_a_note_of_real_data_has_no_banner(small: Dossier) -> None:
    real = page(replace(small, simulated=False), "zh")
    assert 'class="alarm"' not in real
    assert 'class="watermark"' not in real
    assert "SIMULATED" not in real


def test_the_english_note_has_no_chinese_but_names(english: str) -> None:
    text = _Outline(english).text
    # the house, the banner in both languages, and proper names that sources and reports have in Chinese alone
    for name in ("融衡", "模拟数据"):
        text = text.replace(name, "")
    body = text[: text.index("Indicators")]
    assert CHINESE.findall(body) == []


def test_both_languages_have_the_same_parts(chinese: str, english: str) -> None:
    ours, theirs = _Outline(chinese), _Outline(english)
    assert ours.ids == theirs.ids
    assert [tag for tag in ours.tags if tag in ("h2", "h3", "table", "figure", "svg")] == [
        tag for tag in theirs.tags if tag in ("h2", "h3", "table", "figure", "svg")
    ]


def test_the_same_dossier_gives_the_same_note(dossier: Dossier, chinese: str) -> None:
    assert page(dossier, "zh") == chinese


def test_what_is_missing_is_said_in_its_place(dossier: Dossier) -> None:
    readings = {name: reading for name, reading in dossier.readings.items() if name in ("balance", "share")}
    why = {name: Text(f"缺少{name}数据。", f"no data for {name}.") for name in dossier.readings if name not in readings}
    bare = replace(dossier, readings=readings, unreadable=why, findings=(), coverage=(), reproduced=None)
    text = page(bare, "en")
    outline = _Outline(text)
    assert text.count("This figure lacks data.") > 5
    assert "no data for leverage." in outline.text
    assert "Margin pressure: not judged" in outline.text
    assert {link[1:] for link in outline.links} <= set(outline.ids)


def test_a_note_of_nothing_at_all_is_still_a_note(dossier: Dossier) -> None:
    why = {name: Text("无", "none") for name in dossier.readings if "." not in name}
    nothing: dict[str, Any] = {"readings": {}, "findings": (), "coverage": (), "reproduced": None, "accounts": None}
    empty = replace(dossier, unreadable=why, panel=dossier.panel.clear(), **nothing)
    text = page(empty, "zh")
    assert text.count("此图缺少数据。") == sum(len(chapter.figures) for chapter in CHAPTERS)


def test_text_from_outside_cannot_become_markup(small: Dossier) -> None:
    why = {"leverage": Text('<script>alert("x")</script>', '<script>alert("x")</script>')}
    text = page(replace(small, unreadable=why), "en")
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_known_at_is_shown_in_beijing_time(small: Dossier) -> None:
    moment = datetime(2025, 3, 24, 10, 30, tzinfo=UTC)
    assert "2025-03-24 18:30" in page(replace(small, known_at=moment), "zh")


def test_the_suffix_decides_and_the_path_comes_back(small: Dossier, folder: Path) -> None:
    written = note(small, folder / "两融 日报.html", lang="en")
    assert written == folder / "两融 日报.html"
    assert written.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert [path.name for path in folder.iterdir()] == ["两融 日报.html"]


def test_an_unknown_language_is_refused(small: Dossier, folder: Path) -> None:
    with pytest.raises(UsageError, match="zh or en"):
        note(small, folder / "note.html", lang="fr")
