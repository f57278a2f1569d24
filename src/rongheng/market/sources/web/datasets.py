"""What can be kept current, and from whom: for each dataset who is asked first, and who stands in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from rongheng.basics.errors import UsageError
from rongheng.basics.tables import ACCOUNT_DAILY, INDEX_DAILY, MARGIN_SUMMARY, MARKET_DAILY, Table
from rongheng.basics.text import Text
from rongheng.market.sources.web import csi, portal, quotes, sse, szse
from rongheng.market.sources.web.source import Source


@dataclass(frozen=True)
class Feed:
    """One source of a dataset, and which keys of the table (markets, indices) it states."""

    source: Source
    states: tuple[str, ...] = ("",)
    compares: bool = True  # it may be asked only to compare


@dataclass(frozen=True)
class Dataset:
    """Facts of one kind. A session is there when ``column`` of ``table`` is, for every key of the first feed.

    ``others`` stand in where the first feed fails, and are compared with it where it does not.
    """

    name: str
    label: Text
    table: Table
    column: str
    first: tuple[Feed, ...]
    others: tuple[Feed, ...] = ()


@cache
def datasets() -> dict[str, Dataset]:
    """Return the datasets by name, in the order in which they are brought up to date."""
    bars = [csi.Bars(key) for key in csi.KEYS]
    quoted = [quotes.Bars(key) for key in csi.KEYS]
    shenzhen = [quotes.Bars(key) for key in ("szse", "chinext")]
    found = (
        Dataset(
            "accounts",
            Text("信用账户统计", "account statistics"),
            ACCOUNT_DAILY,
            "financing_balance",
            (Feed(portal.Accounts()),),
        ),
        Dataset(
            "balances",
            Text("两融余额与流通市值", "margin balances and float caps"),
            MARGIN_SUMMARY,
            "financing_balance",
            (Feed(portal.Balances(), ("ALL", "SSE", "SZSE")),),
            (Feed(sse.Margin(), ("SSE",)), Feed(szse.Margin(), ("SZSE",))),
        ),
        Dataset(
            "indices",
            Text("指数日行情", "index bars"),
            INDEX_DAILY,
            "close",
            tuple(Feed(one, (one.code,)) for one in bars),
            tuple(Feed(one, (one.code,), compares=False) for one in quoted),
        ),
        Dataset(
            "shenzhen-indices",
            Text("深证指数日行情", "index bars of Shenzhen"),
            INDEX_DAILY,
            "close",
            tuple(Feed(one, (one.code,)) for one in shenzhen),
        ),
        Dataset(
            "turnover",
            Text("股票成交额", "market turnover"),
            MARKET_DAILY,
            "amount",
            (Feed(sse.Turnover(), ("SSE",)), Feed(szse.Turnover(), ("SZSE",))),
        ),
    )
    return {dataset.name: dataset for dataset in found}


def dataset(name: str) -> Dataset:
    """Return the dataset of that name; an unknown one is a ``UsageError``."""
    try:
        return datasets()[name]
    except KeyError:
        raise UsageError(f"There is no dataset {name!r}; there are: {', '.join(datasets())}.") from None
