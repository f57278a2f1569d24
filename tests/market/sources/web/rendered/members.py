"""The index company's workbooks: members of an index, with or without weights."""

from __future__ import annotations

from collections.abc import Mapping

from rongheng.basics.ids import indices
from rongheng.market.sources.web.csi_members import SIZES
from tests.market.sources.web.world import Document, World

CONS = "oss-ch.csindex.com.cn/static/html/csindex/public/uploads/file/autofile/cons/*cons.xls"
WEIGHTS = "oss-ch.csindex.com.cn/static/html/csindex/public/uploads/file/autofile/closeweight/*closeweight.xls"


def codes_of(key: str) -> list[str]:
    """The members of an index: made-up codes, half of them in Shenzhen."""
    size = SIZES[key]
    return [f"{600_000 + number}.SH" if number < size // 2 else f"{number:06d}.SZ" for number in range(size)]


def members(world: World, params: Mapping[str, str]) -> Document:
    """The members of an index on the last session, with equal weights."""
    name = params["path"].rsplit("/", 1)[-1]
    code = name.removesuffix("cons.xls").removesuffix("closeweight.xls")
    key = next(index.key for index in indices().values() if index.code.partition(".")[0] == code)
    rows = []
    for member in codes_of(key):
        shanghai = member.endswith(".SH")
        row = {
            "日期Date": f"{world.last:%Y%m%d}",
            "指数代码 Index Code": code,
            "指数名称 Index Name": "指数",
            "指数英文名称Index Name(Eng)": "Index",
            "成份券代码Constituent Code": str(int(member[:6])),  # zeros are lost
            "成份券名称Constituent Name": "证券",
            "成份券英文名称Constituent Name(Eng)": "Security",
            "交易所Exchange": "上海证券交易所" if shanghai else "深圳证券交易所",
            "交易所英文名称Exchange(Eng)": "Shanghai Stock Exchange" if shanghai else "Shenzhen Stock Exchange",
        }
        if "closeweight" in name:
            row["权重(%)weight"] = f"{100 / SIZES[key]:.3f}"
        rows.append(row)
    return rows
