"""A made-up market whose figures keep the identities of the real ones. What publishers answer about it: ``rendered``.

Nothing here is copied from a publisher: figures come from a seed.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from rongheng.basics.calendar import calendar
from rongheng.basics.ids import indices
from rongheng.market.sources.web.funds import core_funds

Document = Any
YI = 10**8
CONTRACTS = [f"{product}{month}" for product in ("IF", "IH", "IC", "IM") for month in (2409, 2410, 2412, 2503)]
FUNDS = {  # fund -> the index it tracks, as publishers print it
    fund.digits: f"{indices()[fund.index].code.partition('.')[0]} {indices()[fund.index].label.zh}"
    for fund in core_funds()
}
CODES = {
    "SSE": [*(f"60{number:04d}" for number in range(21)), "510300", "688001"],
    "SZSE": [*(f"00{number:04d}" for number in range(1, 22)), "159915", "300001"],
    "BSE": ["430047", "830799", "920002"],
}


@dataclass
class World:
    """Figures by session: money in yuan, shares in shares, as integers, so that what is rendered loses nothing."""

    sessions: Sequence[date]
    balances: dict[tuple[date, str], dict[str, int]] = field(default_factory=dict)
    accounts: dict[date, dict[str, Decimal]] = field(default_factory=dict)
    bars: dict[tuple[date, str], dict[str, Decimal]] = field(default_factory=dict)
    turnover: dict[tuple[date, str], dict[str, Decimal]] = field(default_factory=dict)
    futures: dict[tuple[date, str], dict[str, Decimal]] = field(default_factory=dict)
    fund_shares: dict[tuple[date, str], int] = field(default_factory=dict)
    nav: dict[tuple[date, str], dict[str, Decimal]] = field(default_factory=dict)
    lists: dict[tuple[date, str], dict[str, dict[str, bool]]] = field(default_factory=dict)  # by market, by code
    valuations: dict[date, dict[str, dict[str, Decimal]]] = field(default_factory=dict)  # by code
    collateral: dict[date, dict[str, dict[str, int]]] = field(default_factory=dict)  # by code
    details: dict[tuple[date, str], dict[str, dict[str, int]]] = field(default_factory=dict)  # by market, by code

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Tell Hypothesis in a line what failed: a world is thousands of figures."""
        printer.text(f"World({self.first} … {self.last})")

    @property
    def first(self) -> date:
        """The first session."""
        return self.sessions[0]

    @property
    def last(self) -> date:
        """The last session."""
        return self.sessions[-1]


def make_world(first: date, last: date, *, seed: int = 7) -> World:
    """Return a market of those sessions."""
    chance = random.Random(seed)
    world = World(calendar().between(first, last))
    # Both in yuan, multiples of a million, so that 亿元 with two decimals and with four loses nothing.
    financing = {"SSE": 920_000 * 10**6, "SZSE": 880_000 * 10**6, "BSE": 6_000 * 10**6}
    for day in world.sessions:
        for market in financing:
            financing[market] += chance.randrange(-9_000, 9_001) * 10**6 * (1 if market != "BSE" else 0)
            world.balances[day, market] = _balance(financing[market], chance)
        world.balances[day, "ALL"] = _total([world.balances[day, market] for market in financing])
        world.accounts[day] = _account(world.balances[day, "ALL"], chance)
        for key in ("csi-all", "sse", "csi300", "csi500", "csi1000", "csi2000", "star50", "szse", "chinext"):
            world.bars[day, key] = _bar(chance)
        for market in ("SSE", "SZSE"):
            world.turnover[day, market] = _traded(chance)
        both = sum((world.turnover[day, market]["boards"] for market in ("SSE", "SZSE")), Decimal(0))
        # The index of all shares leaves a few of them out.
        world.bars[day, "csi-all"] |= {"tradingValue": both * 97 / 100, "tradingVol": both * 97 / 10}
    for market in financing:
        _add_details(world, market, chance)
    _add_futures(world, chance)
    _add_collateral(world, chance)
    _add_funds(world, chance)
    _add_lists(world, chance)
    return world


def _add_lists(world: World, chance: random.Random) -> None:
    """Lists and valuations of each session; what may be financed today is an underlying."""
    for day in world.sessions:
        for market, codes in CODES.items():
            world.lists[day, market] = {code: _flags(chance) for code in codes}
        world.valuations[day] = {
            code: _valuation(chance) for market in ("SSE", "SZSE") for code in CODES[market] if code[0] in "603"
        }


def _flags(chance: random.Random) -> dict[str, bool]:
    financing, short = chance.random() < 0.8, chance.random() < 0.7
    return {
        "is_collateral": True,
        "is_financing_underlying": financing,
        "is_short_underlying": short,
        "financing_allowed": financing and chance.random() < 0.9,
        "short_allowed": short and chance.random() < 0.9,
    }


def _valuation(chance: random.Random) -> dict[str, Decimal]:
    close, shares = Decimal(chance.randrange(200, 90_000)) / 100, Decimal(chance.randrange(10**7, 10**9))
    return {
        "CLOSE_PRICE": close,
        "TOTAL_SHARES": shares * 2,
        "FREE_SHARES_A": shares,
        "TOTAL_MARKET_CAP": close * shares * 2,
        "NOTLIMITED_MARKETCAP_A": close * shares,
        "PE_LAR": Decimal(chance.randrange(-90_000, 90_000)) / 100,
        "PE_TTM": Decimal(chance.randrange(-90_000, 90_000)) / 100,
        "PB_MRQ": Decimal(chance.randrange(10, 900)) / 100,
    }


def _add_funds(world: World, chance: random.Random) -> None:
    """Shares in whole 百 and values to four decimals; a fund that splits keeps its value."""
    for fund in FUNDS:
        shares, nav = chance.randrange(10**6, 10**9) * 100, Decimal(chance.randrange(8_000, 60_000)) / 10_000
        for day in world.sessions:
            shares += chance.randrange(-9_000, 9_001) * 100
            nav += Decimal(chance.randrange(-300, 301)) / 10_000
            world.fund_shares[day, fund] = shares
            world.nav[day, fund] = {"nav": nav, "accumulated_nav": nav + Decimal("0.4321")}


def _add_futures(world: World, chance: random.Random) -> None:
    """Four contracts of each product; an amount is lots × settlement × multiplier, in yuan."""
    for contract in CONTRACTS:
        settlement = Decimal(chance.randrange(30_000, 60_000)) / 10
        for day in world.sessions:
            previous, settlement = settlement, settlement + Decimal(chance.randrange(-200, 201)) / 10
            lots = chance.randrange(1, 90_000)
            worth = 300 if contract[:2] in ("IF", "IH") else 200
            world.futures[day, contract] = {
                "今开盘": settlement - Decimal("4.2"),
                "最高价": settlement + Decimal("8.4"),
                "最低价": settlement - Decimal("9.6"),
                "成交量": Decimal(lots),
                "成交金额": settlement * worth * lots,
                "持仓量": Decimal(chance.randrange(1_000, 200_000)),
                "今收盘": settlement + Decimal("1.2"),
                "今结算": settlement,
                "前结算": previous,
            }


def _add_collateral(world: World, chance: random.Random) -> None:
    """What of each security is held as collateral: shares in whole 万, amounts in whole 万元, a share of one in 500."""
    before: dict[str, int] = {}
    for day in world.sessions:
        rows = {}
        for code in (*CODES["SSE"], *CODES["SZSE"]):
            shares = chance.randrange(100, 90_000) * 10_000
            price = chance.randrange(3, 200)
            rows[code] = {
                "shares": shares,
                "shares_change": shares - before.get(code, shares),
                "value": shares * price,
                "total_cap": shares * price * 500,
            }
        before = {code: row["shares"] for code, row in rows.items()}
        world.collateral[day] = rows


def _add_details(world: World, market: str, chance: random.Random) -> None:
    """Share the market's balances out to its securities; 0.2 % belongs to ones that are no longer on the list.

    Amounts are whole 万元 and shares whole 万, so that every unit that is printed loses nothing. What was repaid
    or returned follows from the balances, so the accounting identities hold.
    """
    weights = [chance.randrange(50, 150) for _ in CODES[market]]
    before: dict[str, dict[str, int]] = {}
    for day in world.sessions:
        whole = world.balances[day, market]
        rows = {}
        for code, weight in zip(CODES[market], weights, strict=True):
            row = {
                name: whole[name] * weight * 998 // (1000 * sum(weights)) // 10_000 * 10_000
                for name in ("financing_balance", "short_balance", "short_shares")
            }
            row["margin_balance"] = row["financing_balance"] + row["short_balance"]
            last = before.get(code, row)
            for more, less, name, unit in (
                ("financing_buys", "financing_repaid", "financing_balance", 10**6),
                ("short_sold_shares", "short_returned_shares", "short_shares", 10_000),
            ):
                change = row[name] - last[name]
                row[more] = max(change, 0) + chance.randrange(1, 500) * unit
                row[less] = row[more] - change
            rows[code] = row
        world.details[day, market] = before = rows


def _balance(financing: int, chance: random.Random) -> dict[str, int]:
    short = financing // 200 // 10**6 * 10**6
    return {
        "financing_balance": financing,
        "financing_buys": chance.randrange(20_000, 90_000) * 10**6,
        "short_balance": short,
        "short_shares": short // 10 // 10**6 * 10**6,
        "short_sold_shares": chance.randrange(1, 60) * 10**6,
        "margin_balance": financing + short,
        "float_cap": financing * 40,
    }


def _total(parts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    return {name: sum(part[name] for part in parts) for name in parts[0]}


def _account(whole: Mapping[str, int], chance: random.Random) -> dict[str, Decimal]:
    """The account statistics of a session, in the portal's own units (亿元, 万名, per cent)."""
    securities = Decimal(chance.randrange(500_000_000, 600_000_000)) / 10_000
    cash = Decimal(chance.randrange(20_000_000, 30_000_000)) / 10_000
    return {
        "FIN_BALANCE": Decimal(whole["financing_balance"]) / YI,
        "LOAN_BALANCE": Decimal(whole["short_balance"]) / YI,
        "FIN_BUY_AMT": Decimal(whole["financing_buys"]) / YI,
        "LOAN_SELL_AMT": Decimal(chance.randrange(10_000, 90_000)) / 10_000 + 1,
        "BALANCE_RATIO": Decimal("2.5"),
        "TRADE_AMT_RATIO": Decimal(chance.randrange(80_000, 120_000)) / 10_000,
        "SECURITY_ORG_NUM": Decimal(97),
        "OPERATEDEPT_NUM": Decimal(11_000 + chance.randrange(900)),
        "PERSONAL_INVESTOR_NUM": Decimal(chance.randrange(7_000_000, 7_900_000)) / 10_000,
        "ORG_INVESTOR_NUM": Decimal(50_000 + chance.randrange(999)),
        "INVESTOR_NUM": Decimal(400_000 + chance.randrange(99_999)),
        "MARGINLIAB_INVESTOR_NUM": Decimal(1_700_000 + chance.randrange(99_999)),
        "SUBSITUTION__CAP": securities,
        "FUND_MARKET_CAP": cash,
        "TOTAL_GUARANTEE": securities + cash,
        "AVG_GUARANTEE_RATIO": Decimal(chance.randrange(2_500_000, 2_900_000)) / 10_000,
    }


def _bar(chance: random.Random) -> dict[str, Decimal]:
    low, high = sorted(chance.sample(range(300_000, 400_000), 2))
    prices = [Decimal(price) / 100 for price in (low, high)]
    volume = Decimal(chance.randrange(10_000, 90_000)) / 100
    return {
        "low": prices[0],
        "high": prices[1],
        "open": prices[0],
        "close": prices[1],
        "tradingVol": volume,  # 万手
        "tradingValue": volume / 10,  # 亿元: ten yuan a share
    }


def _traded(chance: random.Random) -> dict[str, Decimal]:
    boards = [Decimal(chance.randrange(100_000, 900_000)) / 100, Decimal("1.50"), Decimal("2345.67")]
    return {
        "boards": sum(boards, Decimal(0)),
        "main_a": boards[0],
        "main_b": boards[1],
        "growth": boards[2],
        "volume": Decimal(500),
        "total_cap": Decimal(500_000),
    }
