"""Whatever is handed in, the answer is facts or one clear error of ours, never a traceback."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rongheng.basics.batch import Batch
from rongheng.basics.errors import DataError, RonghengError, SourceChangedError, UsageError
from rongheng.market.sources import read_file
from tests.depth import examples

Reader = Callable[..., Batch]

GOOD = "日期,担保物总价值(亿元),平均维持担保比例(%)\n2024-01-02,40000.5,250.1\n"


def workbook() -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for line in GOOD.splitlines():
        book.active.append(line.split(","))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def parquet() -> bytes:
    stream = io.BytesIO()
    pl.read_csv(GOOD.encode()).write_parquet(stream)
    return stream.getvalue()


def test_a_missing_file_and_a_folder_are_the_callers_to_mend(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no\.csv"):
        read_file(tmp_path / "no.csv")
    with pytest.raises(UsageError, match="folder"):
        read_file(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\n \t\r\n", b"\x00" * 5000])
def test_an_empty_file_says_so(read: Reader, content: bytes) -> None:
    with pytest.raises(DataError, match="empty"):
        read(content)


def test_a_header_alone_says_so(read: Reader) -> None:
    with pytest.raises(DataError, match="no row below it"):
        read(GOOD.splitlines()[0])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "password"),
        (b"<html><body>captcha</body></html>", "HTML"),
        ("\ufeff<?xml version='1.0'?><x/>".encode(), "XML"),
        (b"\x1f\x8b\x08" + bytes(100), "gzip"),
        (b"SQLite format 3\x00" + bytes(100), "SQLite"),
        (bytes(range(256)) * 4, "no text has"),
        (b"PK\x03\x04" + bytes(100), "cannot be read"),
        (b"PAR1" + bytes(100), "cannot be read"),
    ],
)
def test_another_container_says_what_to_do(read: Reader, content: bytes, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        read(content, name="margin_account.csv")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("make", [workbook, parquet])
def test_a_file_that_was_cut_short_is_one_clear_error(read: Reader, make: Callable[[], bytes], share: float) -> None:
    whole = make()
    assert read(whole).facts.height == 1
    with pytest.raises(DataError, match=r"cut short|damaged"):
        read(whole[: int(len(whole) * share)])


def test_a_cut_json_names_the_line(read: Reader) -> None:
    with pytest.raises(DataError, match=r"line 2.*cut short"):
        read('[{"日期": "2024-01-02",\n "平均维持担保比例(%)"')


def test_json_without_records_says_what_is_expected(read: Reader) -> None:
    for content in (
        "{}",
        "[]",
        "[1, 2]",
        '{"dates": ["2024-01-02"], "close": [1]}',
        '{"a": [{"b": 1}], "c": [{"d": 1}]}',
    ):
        with pytest.raises(DataError, match="lists of records"):
            read(content)


def test_json_nested_too_deep_is_one_clear_error(read: Reader) -> None:
    for content in ("[" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000, "[" * 5000 + "]" * 5000):
        with pytest.raises(DataError):
            read(content)
    deep: object = 1
    for _ in range(30):
        deep = {"a": deep}
    with pytest.raises(DataError, match="too deep"):
        read(json.dumps([{"date": "2024-01-02", "close": deep}]))


def test_a_file_of_something_else_lists_what_was_found(read: Reader) -> None:
    with pytest.raises(SourceChangedError) as refusal:
        read("name,age\nAnn,3\nBob,4\n", name="people.csv")
    for part in ("people.csv", "no header row", "'name'", "'age'", "--template"):
        assert part in str(refusal.value)


def test_bytes_of_another_encoding_in_the_middle_name_the_line(read: Reader) -> None:
    damaged = GOOD.encode() + b"2024-01-03,40000," + "高".encode("gb18030") + b"\n"
    with pytest.raises(DataError, match="line 3"):
        read(damaged)
    with pytest.raises(DataError, match="line 3"):
        read(b"\xef\xbb\xbf" + damaged)
    with pytest.raises(DataError, match="line 3"):
        read(GOOD.encode("gb18030") + b"2024-01-03,\xff\xff\xff,1\n")


def test_a_quotation_mark_that_is_never_closed_loses_no_line_in_silence(read: Reader) -> None:
    lines = [f"2024-01-02,{40000 + number},250.1\n" for number in range(200)]
    lines[100] = '2024-01-02,"40000,250.1\n'
    with pytest.raises(DataError, match="quotation mark"):
        read(GOOD + "".join(lines))
    lines[150] = '2024-01-02,40000",250.1\n'
    with pytest.raises(DataError, match=r"row 103.*quotation mark"):
        read(GOOD + "".join(lines))
    short = lines[:3] + lines[100:101] + lines[3:5] + lines[150:151]
    with pytest.raises(DataError, match=r"row 6.*quotation mark"):
        read(GOOD + "".join(short))


def test_a_workbook_without_a_cell_says_so(read: Reader) -> None:
    stream = io.BytesIO()
    openpyxl.Workbook().save(stream)
    with pytest.raises(DataError, match="without a single filled cell"):
        read(stream.getvalue())


@settings(max_examples=examples(120), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=300).map(str.encode),
        st.text(alphabet='日期融资余额(亿元)%,;\t\n"0123456789-./=close date', max_size=200).map(str.encode),
        st.tuples(
            st.sampled_from([workbook(), parquet(), GOOD.encode()]), st.integers(0, 6000), st.binary(max_size=8)
        ).map(lambda it: it[0][: it[1]] + it[2] + it[0][it[1] + 1 :]),
    )
)
def test_any_bytes_give_facts_or_an_error_of_ours(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(content)
    with suppress(RonghengError):
        batches = read_file(path, index="szse", market="ALL", unit="亿元,%,股,名")
        assert all(batch.rows_read >= batch.facts.height for batch in batches)
