"""Every answer is kept as it came, once, and can be read again."""

from __future__ import annotations

import gzip
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongheng.basics.calendar import SHANGHAI
from rongheng.basics.errors import DataError
from rongheng.market.sources.web import GOOD, Answer, Ask, RawStore, Request

NOW = datetime(2024, 4, 8, 20, 0, tzinfo=SHANGHAI)
ASK = Ask("csi-bars", date(2024, 3, 1), date(2024, 4, 3), Request("www.csindex.com.cn", "/"), "csi300")


def _answer(body: bytes) -> Answer:
    return Answer("https://www.csindex.com.cn/?a=1", body, NOW)


@given(body=st.binary(max_size=400))
def test_what_is_kept_comes_back(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    store = RawStore(tmp_path_factory.mktemp("raw"))
    store.keep(_answer(body))
    assert store.body(_answer(body).sha256) == body


def test_the_same_bytes_are_kept_once(tmp_path: Path) -> None:
    store = RawStore(tmp_path)
    store.keep(_answer(b"figures"))
    store.keep(_answer(b"figures"))
    assert len(list(tmp_path.rglob("*.gz"))) == 1


def test_the_manifest_says_what_was_asked_and_what_became_of_it(tmp_path: Path) -> None:
    store = RawStore(tmp_path)
    answer = _answer(b"figures")
    store.keep(answer)
    store.note(ASK, [answer], at=NOW, outcome=GOOD)
    store.note(ASK, [], at=NOW, outcome="SourceDownError", said="the host could not be read")
    good, down = RawStore(tmp_path).kept("csi-bars")
    assert (good.part, good.first, good.last, good.fetched_at) == ("csi300", ASK.first, ASK.last, NOW)
    assert store.answers(good) == [answer]
    assert (down.outcome, down.said, down.pages) == ("SourceDownError", "the host could not be read", ())
    assert list(store.kept("another")) == []


def test_a_line_that_a_crash_cut_short_is_passed_over(tmp_path: Path) -> None:
    store = RawStore(tmp_path)
    store.note(ASK, [], at=NOW, outcome=GOOD)
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text(manifest.read_text(encoding="utf-8") + '{"source": "csi-b', encoding="utf-8")
    assert len(list(store.kept())) == 1


def test_a_kept_answer_that_was_changed_is_refused(tmp_path: Path) -> None:
    store = RawStore(tmp_path)
    answer = _answer(b"figures")
    store.keep(answer)
    (path,) = tmp_path.rglob("*.gz")
    path.write_bytes(gzip.compress(b"other figures"))
    with pytest.raises(DataError, match="its hash is another"):
        store.body(answer.sha256)
    path.write_bytes(path.read_bytes()[:10])
    with pytest.raises(DataError, match="cannot be read"):
        store.body(answer.sha256)
