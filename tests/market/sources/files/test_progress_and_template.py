"""Progress ends where it said it would; a template that is filled in reads back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rongheng.basics.batch import Batch
from rongheng.basics.grades import Grade
from rongheng.basics.tables import TABLES, Table
from rongheng.basics.units import Unit
from rongheng.market.sources import read_file, template

Reader = Callable[..., Batch]


def test_progress_never_goes_back_and_ends_at_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("日期,平均维持担保比例(%)\n2024-01-02,250\n", encoding="utf-8")
    told: list[tuple[int, int]] = []
    read_file(path, progress=lambda done, whole: told.append((done, whole)))
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1] > 0
    assert told == sorted(told)


def test_the_grade_is_the_callers(read: Reader) -> None:
    batch = read("日期,平均维持担保比例(%)\n2024-01-02,250\n", grade=Grade.ESTIMATED)
    assert batch.facts["grade"].to_list() == ["estimated"]


_THAT_ADD_UP = {
    "security_collateral": {"total_cap": "280"},  # 7 of 280 are 2.5 %
    "futures_bars": {"amount": "14700"},  # 7 lots of 7 points at 300 yuan a point
}


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_a_template_that_is_filled_in_reads_back(read: Reader, table: Table) -> None:
    header = template(table)
    assert header.endswith("\n")
    filled = {
        "index": "399001.SZ",
        "market": "深市",
        "security": "600000",
        "old_security": "600001",
        "status": "listed",
    }
    filled |= {"contract": "IF2401"}
    filled |= {"amount": "5000000000", "volume_shares": "500000000"}
    filled |= _THAT_ADD_UP.get(table.name, {})
    by_unit = {Unit.FRACTION: "2.5", Unit.RATIO: "250", Unit.SWITCH: "是"}
    split = {"collateral_total": "42", "collateral_cash": "2", "collateral_securities": "40", "margin_balance": "14"}
    cells = [{**filled, **split}.get(column.name) or by_unit.get(column.unit, "7") for column in table.columns]
    batch = read(header + ",".join(["2024-01-02", *cells]) + "\n")
    assert batch.table is table
    assert batch.stated == tuple(column.name for column in table.values)
    assert batch.quarantine.height == 0
    fractions = {column.name for column in table.values if column.unit is Unit.FRACTION}
    assert all(batch.facts[name].to_list() == [0.025] for name in fractions)
