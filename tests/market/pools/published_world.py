"""A made-up market whose lists have the counts of the published tables, all of them at once.

The published tables say how many securities of each kind stand where, not which. This world has as many: its codes,
and who has which haircut, are invented. The numbers below were found by integer programming as one of many solutions
whose sums are those of charts 3, 4, 8, 11, 13 and 14 of the Huachuang report of 2025-03-28 (and of its 253 shares with
the same haircut at all six brokers); no broker's real list stands behind them.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl

import rongheng.market.sources.published as published
from rongheng.market.pools.broker_list import BrokerList

DAY = date(2025, 3, 21)
SIX = ("中信证券", "广发证券", "中信建投", "中金公司", "国金证券", "中银证券")
GROUPS = {"SSE": "沪A", "SZSE": "深A", "BSE": "京A", "other": "其他证券"}

# Shares that all six have: the market, the haircut in percent of each of the six, and how many shares are so.
_COMMON = """
    SSE  70 70 70 70 70 70  127
    SSE  70 70 70 65 65 60   14
    SSE  70 70 65 70 60 65   17
    SSE  70 70 50 70 40 50    8
    SSE  65 69 70 65 69 70   14
    SSE  65 65 65 65 65 65  126
    SSE  65 65 65 65 60 65  197
    SSE  65 65 65 65 60 50  226
    SSE  65 65 65 60 60 50   18
    SSE  65 65 65 50 50 40    6
    SSE  65 65 65 45 45 40   19
    SSE  65 65 65 30 30 20    3
    SSE  65 65 50 65 50 65  161
    SSE  65 65 50 65 40 50  223
    SSE  65 65 25 50 60 50   24
    SSE  65 40 25 50 50 50   36
    SSE  65 25 25 50 60 60   60
    SSE  40 65 65 55 55 55    4
    SSE  40 65 65 50 60 65   62
    SSE  40 65 65 50 50 50  141
    SSE  40 60 65 50 60 50   44
    SSE  40 60 65 40 60 65    9
    SSE  40 39 50 35 40 40    2
    SSE  30 65 65 65 65 20  119
    SSE  30 65 65 65 20 20   90
    SSE  30 64 65 60 64 60   10
    SSE  30 29 50 25 30 30    1
    SZSE 70 70 70 70 60 70   88
    SZSE 70 70 70 65 65 60    1
    SZSE 70 60 25 65 65 65    5
    SZSE 70 20 25 65 65 25    1
    SZSE 65 69 70 65 69 70    5
    SZSE 65 65 65 65 60 65  512
    SZSE 65 65 65 55 55 50   12
    SZSE 65 65 65 50 50 40    2
    SZSE 65 65 65 50 40 60  122
    SZSE 65 65 50 65 50 65   49
    SZSE 65 65 50 65 40 65   72
    SZSE 65 60 65 65 50 50   37
    SZSE 65 60 65 50 60 65  173
    SZSE 65 50 65 50 60 60   15
    SZSE 65 40 50 65 50 50   80
    SZSE 65 30 50 40 50 50    9
    SZSE 40 64 65 60 64 65   29
    SZSE 40 64 65 60 64 60   32
    SZSE 40 60 65 50 60 65   22
    SZSE 40 50 50 65 50 45   74
    SZSE 40 50 50 50 30 30   43
    SZSE 40 45 50 50 50 60   21
    SZSE 40 40 65 35 60 40    4
    SZSE 40 40 65 35 35 65    3
    SZSE 40 40 50 50 40 30    7
    SZSE 40 40 50 50 20 30   39
    SZSE 40 40 50 30 30 50    2
    SZSE 40 40 50 25 25 50    5
    SZSE 40 35 50 30 40 40    5
    SZSE 30 65 65 65 65 20  122
    SZSE 30 65 65 65 60 50  174
    SZSE 30 65 65 65 20 65   25
    SZSE 30 60 65 65 50 60   58
    SZSE 30 50 50 45 45 45   19
    SZSE 30 30 50 45 49 49   10
    BSE  40 40 50 20 20 50    1
    BSE  30 40 50 30 40 50    1
    BSE  30 30 25 20 25 20  100
    BSE  30 25 25 30 30 60   10
    BSE  30 10 25 20 25 25   13
"""

# Of two brokers: how many securities of a market have this class and this haircut in percent.
_CLASSES = {
    "中信证券": """
        A SSE 70 104
        A SSE 65 5
        A SZSE 70 40
        A other 95 75
        A other 90 134
        B SSE 70 29
        B SSE 65 45
        B SZSE 70 42
        B other 95 1
        B other 90 12
        B other 80 5
        C SSE 70 33
        C SSE 65 1061
        C SSE 40 13
        C SSE 30 5
        C SZSE 70 13
        C SZSE 65 1182
        C other 95 1
        C other 90 127
        C other 80 336
        D SSE 65 14
        D SSE 40 249
        D SSE 30 12
        D SZSE 40 387
        D BSE 40 1
        D BSE 30 2
        D other 95 3
        D other 90 89
        D other 80 9
        D other 65 4
        D other 40 71
        E SSE 30 203
        E SZSE 30 408
        E BSE 30 122
        E other 95 17
        E other 90 202
        E other 80 153
        E other 40 9
        E other 30 33
    """,
    "中信建投": """
        A SSE 70 155
        A SSE 65 50
        A SSE 50 23
        A SZSE 70 58
        A SZSE 65 87
        A other 90 4
        A other 85 72
        A other 80 73
        A other 75 33
        A other 70 35
        A other 60 8
        B SSE 65 952
        B SSE 50 92
        B SZSE 70 36
        B SZSE 65 886
        B SZSE 50 266
        B other 95 4
        B other 90 59
        B other 85 13
        B other 80 107
        B other 75 237
        B other 70 273
        B other 60 67
        B other 50 171
        C SSE 50 270
        C SZSE 65 308
        C SZSE 50 123
        C BSE 50 1
        C other 70 4
        C other 65 165
        C other 50 221
        C other 40 4
        D SSE 65 89
        D SZSE 65 60
        D SZSE 50 62
        D BSE 50 1
        E SSE 50 10
        E SSE 25 120
        E SZSE 65 1
        E SZSE 50 14
        E SZSE 25 163
        E BSE 25 151
        E other 25 31
    """,
}

# Securities that are no shares, in the order in which the lists take them: those with the highest caps first.
_OTHERS = (
    ("treasury_bond", "SH", 100),
    ("etf", "SH", 400),
    ("etf", "SZ", 300),
    ("other_bond", "SH", 6_595),
    ("other_bond", "SZ", 14_165),
)


def published_table(name: str) -> list[dict[str, str]]:
    """Return the rows of a published table as they ship with the package."""
    (path,) = Path(published.__file__).parent.glob(f"huachuang_{name}_*.csv")
    with path.open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def shares(market: str) -> list[str]:
    """Return the codes of the market's shares, as many as its collateral list holds."""
    firsts, suffix = {
        "SSE": (("600", "601", "603"), "SH"),
        "SZSE": (("000", "002", "300"), "SZ"),
        "BSE": (("920",), "BJ"),
    }[market]
    count = {"SSE": 2213, "SZSE": 2859, "BSE": 271}[market]
    return [f"{first}{number:03d}.{suffix}" for first in firsts for number in range(1000)][:count]


def others() -> list[tuple[str, str]]:
    """Return the code and kind of every security that is no share."""
    found: list[tuple[str, str]] = []
    used = Counter[str]()
    for kind, suffix, count in _OTHERS:
        found += [(f"1{used[suffix] + number:05d}.{suffix}", kind) for number in range(count)]
        used[suffix] += count
    return found


@cache
def common() -> list[tuple[str, str, dict[str, int]]]:
    """Return each common share with its market and, by broker, its haircut in basis points."""
    found = []
    used = Counter[str]()
    for line in _COMMON.strip().splitlines():
        market, *haircuts, count = line.split()
        by_broker = {broker: int(percent) * 100 for broker, percent in zip(SIX, haircuts, strict=True)}
        for code in shares(market)[used[market] : used[market] + int(count)]:
            found.append((code, market, by_broker))
        used[market] += int(count)
    return found


@cache
def tiers() -> dict[str, dict[str, list[int]]]:
    """Return, by broker and market, the haircuts of table 8 in basis points, each as often as it stands there."""
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in published_table("c08"):
        for group, name in GROUPS.items():
            found[row["broker"]][group] += [round(float(row["haircut"]) * 10_000)] * int(row[name])
    return found


def collateral(broker: str) -> Iterator[tuple[str, str, int]]:
    """Yield code, market and haircut of everything that is collateral at a broker."""
    given: dict[str, list[int]] = {market: [] for market in GROUPS}
    for code, market, haircuts in common():
        given[market].append(haircuts[broker])
        yield code, market, haircuts[broker]
    for market, haircuts_of_market in tiers().get(broker, {}).items():
        left = Counter(haircuts_of_market) - Counter(given[market])
        codes = [code for code, _ in others()] if market == "other" else shares(market)[len(given[market]) :]
        yield from ((code, market, bp) for code, bp in zip(codes, left.elements(), strict=False))


def _class_of(broker: str) -> Iterator[str | None]:
    """Yield the class of each security of :func:`collateral`, in its order."""
    if broker not in _CLASSES:
        while True:
            yield None
    rooms: dict[tuple[str, int], list[str]] = defaultdict(list)
    for line in _CLASSES[broker].strip().splitlines():
        letter, market, percent, count = line.split()
        rooms[market, int(percent) * 100] += [letter] * int(count)
    for _, market, bp in collateral(broker):
        yield rooms[market, bp].pop(0)


def underlyings(market: str) -> list[str]:
    """Return the codes of the exchanges' underlyings: the first shares of a market, and ETFs of two."""
    if market != "other":
        return shares(market)[: {"SSE": 1624, "SZSE": 1789, "BSE": 265}[market]]
    etfs = [code for code, kind in others() if kind == "etf"]
    return [code for code in etfs if code.endswith("SH")][:239] + [code for code in etfs if code.endswith("SZ")][:147]


def broker_frame(broker: str) -> pl.DataFrame:
    """Return one broker's list as a frame."""
    rows = [
        {"security": code, "haircut_bp": bp, "concentration_class": letter}
        for (code, _, bp), letter in zip(collateral(broker), _class_of(broker), strict=False)
    ]
    schema = {"security": pl.String, "haircut_bp": pl.Int64, "concentration_class": pl.String}
    frame = pl.DataFrame(rows, schema=schema)
    for side in ("financing", "short"):
        traded = [
            code
            for row in published_table("c04")
            if row["broker"] == broker
            for market, name in GROUPS.items()
            if row["security_type"] == name
            for code in underlyings(market)[: int(row[f"{side}_underlying"])]
        ]
        if traded:
            on = pl.DataFrame({"security": traded, side: [True] * len(traded)})
            frame = frame.join(on, on="security", how="full", coalesce=True)
    return frame


def lists(*brokers: str) -> list[BrokerList]:
    """Return the lists of some brokers."""
    return [BrokerList.of(broker_frame(broker), broker=broker, as_of=DAY) for broker in brokers]


def exchange_frame() -> pl.DataFrame:
    """Return the exchanges' own lists."""
    traded = {code for market in GROUPS for code in underlyings(market)}
    codes = [code for market in ("SSE", "SZSE", "BSE") for code in shares(market)] + [code for code, _ in others()]
    flags = [code in traded for code in codes]
    return pl.DataFrame({"security": codes, "collateral": [True] * len(codes), "financing": flags, "short": flags})


def securities_frame() -> pl.DataFrame:
    """Return what the caps need to know: the kinds of the others, and members of an index where a haircut says so."""
    members = {code for code, _, haircuts in common() if max(haircuts.values()) > 6_500}
    codes = [code for market in ("SSE", "SZSE", "BSE") for code in shares(market)]
    kinds: list[str] = ["share"] * len(codes)
    for code, kind in others():
        codes.append(code)
        kinds.append(kind)
    no = [False] * len(codes)
    return pl.DataFrame(
        {
            "security": codes,
            "kind": kinds,
            "index_member": [code in members for code in codes],
            "risk_warned": no,
            "delisting": no,
            "static_pe": [20.0] * len(codes),
        }
    )
