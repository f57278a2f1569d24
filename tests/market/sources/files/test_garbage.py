"""Whatever stands in the cells of a file, it gives facts and quarantine, or an error of our own."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable

import pytest

from rongheng.basics.batch import Batch
from rongheng.basics.errors import RonghengError
from rongheng.basics.tables import TABLES, Table
from rongheng.market.sources.files.template import template
from tests.depth import examples

Reader = Callable[..., Batch]

_ODD = (
    *("", "--", "1e30", "-1e30", "inf", "nan", "1e400", "1e-320", "-0", "9223372036854775808", "0x10", "1_000"),
    *("2024-01-02", "2024-02-30", "20240102", "45293", "2024-01-02 25:00", "24000102", "00010101"),
    *("600000.SH", "000300.SH", "SSE", "IF2403", "是", "否", "1,234.5", "１２３", "5%", '="600000"', "上证"),
)
_USUAL = {"证券代码": "600000.SH", "指数代码": "000300.SH", "市场": "SSE", "合约代码": "IF2403"}
_FILES = examples(5)


def _file(table: Table, chance: random.Random) -> str:
    names = next(csv.reader([template(table).lstrip("\ufeff")]))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(names)
    for number in range(chance.choice((1, 3, 8))):
        usual = [
            f"2024-01-0{2 + number % 4}" if name == "日期" else _USUAL.get(name, str(chance.randrange(1, 500)))
            for name in names
        ]
        writer.writerow([chance.choice(_ODD) if chance.random() < 0.4 else cell for cell in usual])
    return out.getvalue()


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_any_cells_give_facts_or_an_error_of_our_own(table: Table, read: Reader) -> None:
    for number in range(_FILES):
        try:
            read(_file(table, random.Random(f"{table.name} {number}")))
        except RonghengError:
            continue


def test_an_amount_of_futures_in_another_unit_is_told_by_a_bar_that_has_all_of_it(read: Reader) -> None:
    header = "日期,合约代码,最高(点),最低(点),成交手数(个),成交金额(元)\n"
    bars = [("IF2403", "", "3300"), ("IF2404", "3400", "3300"), ("IF2406", "3400", "3300")]
    rows = "".join(f"2024-01-02,{contract},{high},{low},10,1000\n" for contract, high, low in bars)
    with pytest.raises(RonghengError, match=r"IF2404 makes .* points a lot"):
        read(header + rows)
