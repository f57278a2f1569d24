"""Phrases folded to a terminal: nothing is lost, no line is too wide, and what closes a phrase stays with it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rongheng.cli.fold import cut, fold, width_of

PHRASES = st.text("融资保证金ab1%，。（）、 ", max_size=80)


@given(PHRASES, st.integers(0, 8), st.integers(30, 120))
def test_folding_loses_nothing_and_fits(text: str, indent: int, width: int) -> None:
    lines = fold(text, indent=indent, width=width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    pieces = max((width_of(word) for word in text.split()), default=0)
    assert all(width_of(line) <= max(width, indent + 2 + pieces) for line in lines)
    assert all(line.startswith(" " * indent) for line in lines if line)


def test_a_line_does_not_begin_with_a_mark_that_closes_nor_end_with_one_that_opens() -> None:
    lines = fold("此前开仓的合约及其展期沿用此前规定（把握0.93）。至今未变，仍在施行。", width=34)
    assert len(lines) > 1
    assert not any(line.strip()[0] in "，。）" for line in lines)
    assert not any(line[-1] == "（" for line in lines)


@given(PHRASES, st.integers(1, 40))
def test_cutting_fits_and_says_that_something_is_missing(text: str, width: int) -> None:
    shown = cut(text, width)
    assert width_of(shown) <= max(width, 1)
    assert shown == text or shown.endswith("…")
