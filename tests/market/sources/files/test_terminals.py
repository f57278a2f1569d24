"""What terminals export: metadata rows between header and figures, tags under names, and every container named .xls."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rongheng.basics.errors import SourceChangedError, UsageError
from rongheng.market.sources import read_file
from tests.market.sources.files.test_old_containers import Cell, old_workbook, save

# An export of an economic database: the corner names the indicators, rows below describe them, a footer ends it.
EDB: list[list[str]] = [
    ["指标名称", "融资融券:担保物总价值", "融资融券:平均维持担保比例"],
    ["频率", "日", "日"],
    ["单位", "亿元", "%"],
    ["指标ID", "M001", "M002"],
    ["来源", "中证金融", "中证金融"],
    ["更新时间", "2024-01-06", "2024-01-06"],
    ["2024-01-04", "40,000.5", "250.1"],
    ["2024-01-05", "39,000", "248.37"],
    ["数据来源：Wind", "", ""],
]
FACTS = [(date(2024, 1, 4), 4_000_050_000_000.0, 2.501), (date(2024, 1, 5), 3_900_000_000_000.0, 2.4837)]


def _html(lines: list[list[str]]) -> bytes:
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in line)}</tr>" for line in lines)
    return f"<html><body><table>{rows}</table></body></html>".encode("gb18030")


@pytest.mark.parametrize(
    "data",
    [
        old_workbook([[*line] for line in EDB]),
        "\n".join("\t".join(line) for line in EDB).encode("gb18030"),
        _html(EDB),
    ],
    ids=["an old workbook", "text with tabs", "an HTML table"],
)
def test_an_economic_database_reads_from_every_container_named_xls(tmp_path: Path, data: bytes) -> None:
    (batch,) = read_file(save(tmp_path, "edb.xls", data))
    assert batch.facts.select("as_of", "collateral_total", "maintenance_ratio").rows() == FACTS
    assert batch.quarantine.height == 0


# Figures of securities on a day: the day and the unit are tags under each name.
TAGGED: list[list[str | None]] = [
    [
        "证券代码",
        "证券简称",
        "融资余额\n[交易日期] 2024-01-05\n[单位] 万元",
        "融券余量\n[交易日期] 2024-01-05\n[单位] 股",
    ],
    ["600000.SH", "某银行", "300000.5", "2,000"],
    ["000001.SZ", "某行", "5", "--"],
    [None, None, None, None],
    ["数据来源：Wind", None, None, None],
]


def _workbook_lines(header: list[str | None]) -> list[list[object | Cell]]:
    """The table under another header."""
    return [list[object | Cell](line) for line in (header, *TAGGED[1:])]


def test_tags_under_a_name_say_its_unit_and_the_day(tmp_path: Path) -> None:
    (batch,) = read_file(save(tmp_path, "导出.xls", old_workbook([[*line] for line in TAGGED])))
    assert batch.facts.select("as_of", "security", "financing_balance", "short_shares").rows() == [
        (date(2024, 1, 5), "000001.SZ", 50_000.0, None),
        (date(2024, 1, 5), "600000.SH", 3_000_005_000.0, 2_000.0),
    ]
    assert batch.quarantine.is_empty()  # neither the blank line nor the remark below it is a row
    assert batch.rows_read == 2


def test_tags_of_two_days_are_no_day(tmp_path: Path) -> None:
    header: list[str | None] = [
        str(cell).replace("2024-01-05", "2024-01-04") if at == 3 else cell for at, cell in enumerate(TAGGED[0])
    ]
    with pytest.raises(UsageError, match="--date"):
        read_file(save(tmp_path, "导出.xls", old_workbook(_workbook_lines(header))))


def test_a_unit_in_a_tag_that_nobody_knows_is_never_guessed(tmp_path: Path) -> None:
    header: list[str | None] = [str(cell).replace("万元", "百万美元") for cell in TAGGED[0]]
    with pytest.raises(SourceChangedError, match="百万美元"):
        read_file(save(tmp_path, "导出.xls", old_workbook(_workbook_lines(header))))


def test_securities_of_a_day_need_only_the_day(tmp_path: Path) -> None:
    path = save(tmp_path, "a.csv", "证券代码,融资余额(元)\n600000,100\n".encode())
    with pytest.raises(UsageError, match="--date"):
        read_file(path)
    (batch,) = read_file(path, day=date(2024, 1, 5))
    assert batch.facts.select("as_of", "security").rows() == [(date(2024, 1, 5), "600000.SH")]
