"""Every container, encoding and delimiter gives the same facts, whatever the file is called."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from rongheng.basics.batch import Batch
from rongheng.market.sources import read_file

Reader = Callable[..., Batch]

HEADER = ["日期", "担保物总价值(亿元)", "平均维持担保比例(%)"]
ROWS = [["2024-01-02", "40000.5", "250.1"], ["2024-01-03", "39000", "248.37"]]
FACTS = [(date(2024, 1, 2), 4_000_050_000_000.0, 2.501), (date(2024, 1, 3), 3_900_000_000_000.0, 2.4837)]


def facts(batch: Batch) -> list[tuple[object, ...]]:
    return batch.facts.select("as_of", "collateral_total", "maintenance_ratio").rows()


def text(delimiter: str = ",") -> str:
    return "\n".join(delimiter.join(line) for line in [HEADER, *ROWS]) + "\n"


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize(
    "encode",
    [
        lambda it: it.encode("utf-8"),
        lambda it: it.encode("utf-8-sig"),
        lambda it: it.encode("gb18030"),
        lambda it: it.encode("utf-16"),
        lambda it: b"\xfe\xff" + it.encode("utf-16-be"),
        lambda it: it.encode("utf-16-le"),
        lambda it: it.encode("utf-16-be"),
        lambda it: it.replace("\n", "\r\n").encode("gb18030"),
        lambda it: it.replace("\n", "\r").encode("utf-8"),
    ],
    ids=[
        "utf-8",
        "utf-8 with mark",
        "gb18030",
        "utf-16",
        "utf-16-be with mark",
        "utf-16-le",
        "utf-16-be",
        "crlf",
        "cr",
    ],
)
def test_text_is_read_in_every_encoding_and_delimiter(
    read: Reader, delimiter: str, encode: Callable[[str], bytes]
) -> None:
    assert facts(read(encode(text(delimiter)), name="导出.xls")) == FACTS


def test_tabs_win_over_the_commas_of_thousands(read: Reader) -> None:
    content = "日期\t担保物总价值(万元)\t平均维持担保比例(%)\n2024-01-02\t400,005,000\t250.1\n"
    content += "2024-01-03\t390,000,000\t248.37\n"
    assert facts(read(content)) == FACTS


def test_a_workbook_gives_dates_numbers_and_percentages_as_they_are_meant(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "信用账户"
    sheet.append([None, "某某导出"])
    sheet.append([None, *HEADER])
    sheet.append([None, date(2024, 1, 2), 40000.5, 2.501])  # shown as 250.1 %
    sheet.append([None, 45294, 39000, 248.37])  # the serial of 2024-01-03, and a plain number in the header's unit
    sheet["D3"].number_format = "0.00%"
    book.create_sheet("封面").append(["目录"])
    path = tmp_path / "a.csv"
    book.save(path)
    (batch,) = read_file(path)
    assert facts(batch) == FACTS
    assert batch.sheet == "信用账户"
    assert any("封面" in notice.text.zh for notice in batch.notices)


def test_each_sheet_of_a_workbook_is_a_batch(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name in ("一月", "二月"):
        sheet = book.create_sheet(name)
        sheet.append(HEADER)
        sheet.append(["2024-01-02" if name == "一月" else "2024-02-01", 40000.5, 250.1])
    path = tmp_path / "a.xlsx"
    book.save(path)
    assert [(batch.sheet, batch.facts["as_of"][0]) for batch in read_file(path)] == [
        ("一月", date(2024, 1, 2)),
        ("二月", date(2024, 2, 1)),
    ]


@pytest.mark.parametrize("wrap", [lambda it: it, lambda it: {"success": True, "result": {"pages": 1, "data": it}}])
def test_json_records_are_read_alone_or_inside_an_answer(read: Reader, wrap: Callable[[object], object]) -> None:
    records = [dict(zip(HEADER, line, strict=True)) for line in ROWS]
    assert facts(read(json.dumps(wrap(records), ensure_ascii=False))) == FACTS


def test_one_json_object_a_line_is_read(read: Reader) -> None:
    lines = [json.dumps(dict(zip(HEADER, line, strict=True))) for line in ROWS]
    assert facts(read("\n".join(lines))) == FACTS


def test_a_json_number_keeps_the_digits_that_were_typed(read: Reader) -> None:
    batch = read('[{"日期": 20240102, "担保物总价值(亿元)": 81157.86835643, "平均维持担保比例(%)": 278.2625}]')
    assert facts(batch) == [(date(2024, 1, 2), 8_115_786_835_643.0, 2.782625)]


def test_parquet_is_read_with_its_own_types(read: Reader) -> None:
    frame = pl.DataFrame(
        {
            HEADER[0]: [datetime(2024, 1, day, 16, tzinfo=UTC) for day in (1, 2)],  # midnight in Shanghai
            HEADER[1]: [40000.5, 39000.0],
            HEADER[2]: [250.1, 248.37],
        }
    )
    stream = io.BytesIO()
    frame.write_parquet(stream)
    assert facts(read(stream.getvalue())) == FACTS


def test_the_same_bytes_have_the_same_hash_under_any_name(read: Reader) -> None:
    one, other = read(text(), name="a.csv"), read(text(), name="b.txt")
    assert one.sha256 == other.sha256
    assert (one.file, other.file) == ("a.csv", "b.txt")
