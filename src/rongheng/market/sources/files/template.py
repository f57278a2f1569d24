"""Templates: the header that a user fills in with figures of his own, with units, understood without a word more."""

from __future__ import annotations

from rongheng.basics.tables import Column, Table
from rongheng.basics.units import Unit

_UNITS: dict[Unit, str] = {
    Unit.YUAN: "元",
    Unit.MILLI: "元",
    Unit.SHARES: "股",
    Unit.COUNT: "个",
    Unit.FRACTION: "%",
    Unit.RATIO: "%",
}
_KEYS = {"index": "指数代码", "market": "市场", "security": "证券代码", "contract": "合约代码"}


def template(table: Table) -> str:
    """Return the header line of a CSV file for that table, ready to be filled in.

    Columns may be left out; units may be changed in the header (亿元 for 元).

    Examples
    --------
    >>> from rongheng.basics.tables import INDEX_DAILY
    >>> template(INDEX_DAILY)
    '日期,指数代码,开盘,最高,最低,收盘,成交量(股),成交额(元)\\n'
    """
    return ",".join(["日期", *(_header(column) for column in table.columns)]) + "\n"


def _header(column: Column) -> str:
    if column.name in _KEYS:
        return _KEYS[column.name]
    unit = _UNITS.get(column.unit)
    return f"{column.label.zh}({unit})" if unit else column.label.zh
