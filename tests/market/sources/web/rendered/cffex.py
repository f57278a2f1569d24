"""The futures exchange: GBK text for a day, a zip archive of such texts for a month, a page where there is no file."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import date
from typing import Any

from tests.market.sources.web.world import CONTRACTS, Document, World

DAY = "www.cffex.com.cn/sj/hqsj/rtj/*/*/*_1.csv"
MONTH = "www.cffex.com.cn/sj/historysj/*/zip/*.zip"
_NOT_THERE = "<html><head><title>中国金融期货交易所</title></head><body>您要查看的页面不存在或已删除</body></html>"


def day(world: World, params: Mapping[str, str]) -> Document:
    """The rows of a day: futures, an option, subtotals; ``None`` where there is no file."""
    session = date.fromisoformat(params["path"].rsplit("/", 1)[-1][:8])
    return _rows(world, session) if session in world.sessions else None


def month(world: World, params: Mapping[str, str]) -> Document:
    """The rows of each day of a month, by the name of its file."""
    name = params["path"].rsplit("/", 1)[-1][:6]
    days = [session for session in world.sessions if f"{session:%Y%m}" == name]
    return {f"{session:%Y%m%d}_1.csv": _rows(world, session) for session in days} or None


def _rows(world: World, session: date) -> list[dict[str, str]]:
    rows = [_row(contract, world.futures[session, contract]) for contract in CONTRACTS]
    option = rows[0] | {"合约代码": "IO2409-C-3400", "今结算": "60.2", "Delta": "0.5123"}
    blank = dict.fromkeys(rows[0], "")
    return [*rows[:4], blank | {"合约代码": "小计", "成交量": "1"}, *rows[4:], option, blank | {"合约代码": "合计"}]


def _row(contract: str, figures: Mapping[str, Any]) -> dict[str, str]:
    order = ("今开盘", "最高价", "最低价", "成交量", "成交金额", "持仓量", "持仓变化", "今收盘", "今结算", "前结算")
    printed = {name: f"{value:f}" for name, value in figures.items()}
    printed |= {"成交金额": f"{figures['成交金额'] / 10_000:.3f}", "持仓变化": "-12"}
    cells = {name: printed[name] for name in order}
    return {"合约代码": f"{contract}  ", **cells, "涨跌1": "1.2", "涨跌2": "0.0", "Delta": "--"}


def as_gbk(rows: Document, params: Mapping[str, str]) -> bytes:
    """Text in GBK, or the page that stands for a file that is not there."""
    if rows is None:
        return _NOT_THERE.encode()
    lines = [list(rows[0]), *([row[name] for name in rows[0]] for row in rows)]
    return "".join(",".join(map(str, line)) + "\r\n" for line in lines).encode("gb18030")


def as_archive(files: Document, params: Mapping[str, str]) -> bytes:
    """A zip archive of such texts."""
    if files is None:
        return _NOT_THERE.encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in files.items():
            archive.writestr(name, as_gbk(rows, params))
    return out.getvalue()
