"""Tables in a terminal: no line is wider than it, words give way before figures, and what is missing is named."""

from __future__ import annotations

import io
import sys
from typing import Any
from unicodedata import east_asian_width

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.cli.options import Lang
from rongheng.cli.table import Heading, print_table

HEADINGS: list[Heading] = [
    ("id", Text("规则", "rule"), Unit.TEXT),
    ("name", Text("名称", "name"), Unit.TEXT),
    ("value", Text("内容", "value"), Unit.TEXT),
    ("ratio", Text("比例", "ratio"), Unit.RATIO),
    ("document", Text("文件", "document"), Unit.TEXT),
]
ROW = {
    "id": "exchange.financing.margin_ratio",
    "name": "融资保证金比例下限，开仓时确定，展期不变",
    "value": "证券公司只能更高；私募证券投资基金另有更高的比例",
    "ratio": 1.2,
    "document": "上海证券交易所融资保证金比例最低标准由80%提高至100%",
}


class Terminal(io.StringIO):
    """Something that is written to as a terminal is."""

    def isatty(self) -> bool:
        return True


def shown(rows: list[dict[str, Any]], headings: list[Heading], columns: int | None) -> tuple[list[str], str]:
    """Return the lines that a terminal of that many columns is shown, without its bold, and what stderr says."""
    with pytest.MonkeyPatch.context() as patch:
        out, err = (io.StringIO() if columns is None else Terminal()), io.StringIO()
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        patch.setenv("COLUMNS", str(columns or 0))
        print_table(rows, headings, lang=Lang.ZH)
    return out.getvalue().replace("\033[1m", "").replace("\033[0m", "").splitlines(), err.getvalue()


def width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def test_what_is_piped_is_whole() -> None:
    lines, said = shown([ROW], HEADINGS, None)
    assert all(str(value) in lines[1] for name, value in ROW.items() if name != "ratio")
    assert said == ""


def test_words_give_way_and_then_columns_go_from_the_right() -> None:
    lines, said = shown([ROW], HEADINGS, 80)
    assert max(map(width, lines)) <= 80
    assert str(ROW["id"]) in lines[1]
    assert "融资保证金比例下…" in lines[1]
    assert "120.00" in lines[1]  # a figure is whole or not there
    assert "文件" not in lines[0]
    assert "too narrow for: document; words that end in … were cut" in said


def test_a_wide_terminal_shows_everything() -> None:
    lines, said = shown([ROW], HEADINGS, 250)
    assert str(ROW["document"]) in lines[1]
    assert said == ""


def test_a_grade_behind_the_columns_is_kept() -> None:
    headings = [*HEADINGS, ("grade", Text("级别", "grade"), Unit.TEXT)]
    lines, said = shown([ROW | {"grade": "official"}], headings, 60)
    assert lines[1].endswith("official")
    assert "document" in said


WORDS = st.text("融资ab 保", max_size=40)


@given(st.integers(40, 160), st.lists(st.lists(WORDS, min_size=6, max_size=6), min_size=1, max_size=4))
def test_no_line_is_wider_than_the_terminal(columns: int, cells: list[list[str]]) -> None:
    rows = [{"security": "600000.SH"} | {f"c{place}": word for place, word in enumerate(words)} for words in cells]
    lines, _ = shown(list(rows), [(name, Text(name, name), Unit.TEXT) for name in rows[0]], columns)
    assert max(map(width, lines)) <= columns
    assert len(lines) == len(rows) + 1
