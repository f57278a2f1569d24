"""What can be kept current, and from whom: for each dataset who is asked first, and who stands in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from rongheng.basics.errors import UsageError
from rongheng.basics.tables import (
    ACCOUNT_DAILY,
    ETF_INDEX_MAP,
    ETF_NAV,
    ETF_SHARES,
    EXCHANGE_DAYS,
    FUTURES_BARS,
    INDEX_DAILY,
    INDEX_MEMBERS,
    MARGIN_SUMMARY,
    MARKET_DAILY,
    SECURITY_COLLATERAL,
    SECURITY_FLAGS,
    SECURITY_MARGIN,
    SECURITY_VALUATIONS,
    Table,
)
from rongheng.basics.text import Text
from rongheng.market.sources.web import (
    bse,
    cffex,
    cni,
    csf,
    csi,
    csi_members,
    funds,
    portal,
    portal_details,
    portal_members,
    quotes,
    sse,
    szse,
    valuations,
)
from rongheng.market.sources.web.source import Source

# One of many that are asked for one by one is compared: a question more a session, and no host turns us away over it.
_COMPARED_INDICES = ("csi300",)
_COMPARED_FUNDS = ("510300.SH",)


@dataclass(frozen=True)
class Feed:
    """One source of a dataset, and which parts of the table (markets, indices) it states."""

    source: Source
    states: tuple[str, ...] = ("",)
    compares: bool = True  # it may be asked only to compare
    compared: tuple[str, ...] = ()  # the columns that are, where not all are
    named: bool = False  # the user has named it: it is compared even where nothing is new
    beside: tuple[tuple[Table, str], ...] = ()  # parts of tables that come along and are waited for by nobody
    stands_in: bool = True  # where the first one fails


@dataclass(frozen=True)
class Dataset:
    """Facts of one kind. A session is there when ``column`` of ``table`` is, for every key of the first feed.

    ``others`` stand in where the first feed fails, and are compared with it where it does not. ``enough`` says which
    parts of the table make a session complete where that is less than what the first feeds state. ``alone`` says what
    no second source has, and what to do where the first one fails.
    """

    name: str
    label: Text
    table: Table
    column: str
    first: tuple[Feed, ...]
    others: tuple[Feed, ...] = ()
    enough: tuple[str, ...] = ()
    alone: Text | None = None

    @property
    def needs(self) -> dict[str, Feed]:
        """The parts of the table that make a session complete, each with the feed that is asked for it first."""
        parts = self.enough or tuple(state for feed in self.first for state in feed.states)
        return {part: next(feed for feed in (*self.first, *self.others) if part in feed.states) for part in parts}


@cache
def datasets() -> dict[str, Dataset]:
    """Return the datasets by name, in the order in which they are brought up to date."""
    bars = [csi.Bars(key) for key in csi.KEYS]
    quoted = [quotes.Bars(key) for key in csi.KEYS]
    shenzhen = [quotes.Bars(key) for key in cni.KEYS]
    found = (
        Dataset(
            "accounts",
            Text("信用账户统计", "account statistics"),
            ACCOUNT_DAILY,
            "financing_balance",
            (Feed(portal.Accounts()),),
            (Feed(csf.Accounts()),),
        ),
        Dataset(
            "balances",
            Text("两融余额与流通市值", "margin balances and float caps"),
            MARGIN_SUMMARY,
            "financing_balance",
            (
                Feed(
                    portal.Balances(),
                    ("ALL", "SSE", "SZSE"),
                    beside=((MARGIN_SUMMARY, "BSE"), (MARKET_DAILY, "ALL"), (MARKET_DAILY, "BSE")),
                ),
            ),
            (
                Feed(sse.Margin(), ("SSE",)),
                Feed(szse.Margin(), ("SZSE",)),
                Feed(bse.Margin(), ("BSE",)),
                Feed(bse.Margin(bse.SECOND_HOST), ("BSE",), compares=False),
            ),
            enough=("SSE", "SZSE"),
        ),
        Dataset(
            "indices",
            Text("指数日行情", "index bars"),
            INDEX_DAILY,
            "close",
            tuple(Feed(one, (one.code,)) for one in bars),
            tuple(Feed(one, (one.code,), one.key in _COMPARED_INDICES, ("close",)) for one in quoted),
        ),
        Dataset(
            "shenzhen-indices",
            Text("深证指数日行情", "index bars of Shenzhen"),
            INDEX_DAILY,
            "close",
            tuple(Feed(one, (one.code,)) for one in shenzhen),
            tuple(Feed(one, (one.code,)) for one in map(cni.Bars, cni.KEYS)),
        ),
        Dataset(
            "turnover",
            Text("股票成交额", "market turnover"),
            MARKET_DAILY,
            "amount",
            (Feed(sse.Turnover(), ("SSE",)), Feed(szse.Turnover(), ("SZSE",))),
            (Feed(szse.TurnoverByWorkbook(), ("SZSE",), compares=False),),
        ),
        Dataset(
            "details",
            Text("融资融券交易明细", "margin details by security"),
            SECURITY_MARGIN,
            "financing_balance",
            (Feed(sse.Details(), ("SSE",)), Feed(szse.Details(), ("SZSE",)), Feed(bse.Details(), ("BSE",))),
            (
                Feed(szse.DetailsByPage(), ("SZSE",), compares=False),
                Feed(bse.Details(bse.SECOND_HOST), ("BSE",), compares=False),
                *(Feed(portal_details.Details(market), (market,)) for market in ("SSE", "SZSE", "BSE")),
            ),
        ),
        Dataset(
            "collateral",
            Text("担保证券", "collateral by security"),
            SECURITY_COLLATERAL,
            "value",
            (Feed(csf.Collateral(), ("SSE", "SZSE")),),
            alone=Text(
                "担保证券只有中证金融一家公布；它失效时可导入供应商文件：rongheng import FILE",
                "中证金融 alone publishes what of each security is held as collateral; where it fails, a vendor's file "
                "can be imported: rongheng import FILE",
            ),
        ),
        Dataset(
            "futures",
            Text("股指期货日行情", "bars of index futures"),
            FUTURES_BARS,
            "settlement",
            (Feed(cffex.Bars(), ("IF",), beside=tuple((FUTURES_BARS, product) for product in ("IH", "IC", "IM"))),),
            (Feed(cffex.Bars(by_day=True), ("IF",), compares=False),),
        ),
    )
    return {dataset.name: dataset for dataset in (*found, *_lists(), *_funds())}


def _lists() -> tuple[Dataset, ...]:
    """Return the datasets of what is on which list, and the valuations that decide it."""
    keys = csi_members.SIZES
    members = {key: csi_members.Members(key, weighted=False) for key in keys}
    weights = {key: csi_members.Members(key, weighted=True) for key in keys}
    return (
        Dataset(
            "lists",
            Text("标的与担保品名单", "lists of underlyings and collateral"),
            SECURITY_FLAGS,
            "is_financing_underlying",
            (Feed(sse.Lists(), ("SSE",)), Feed(szse.Lists(), ("SZSE",)), Feed(bse.Lists(), ("BSE",))),
            (
                Feed(szse.ListsByWorkbook(), ("SZSE",), compares=False),
                Feed(bse.Lists(bse.SECOND_HOST), ("BSE",), compares=False),
            ),
            alone=Text(
                "担保品名单没有第二来源，能替补的只有标的名单；可从交易所网页另存名单后导入：rongheng import FILE",
                "no second source lists collateral; what stands in knows underlyings alone. The exchange's list can be "
                "saved from its page and imported: rongheng import FILE",
            ),
        ),
        Dataset(
            "valuations",
            Text("证券估值", "valuations of shares"),
            SECURITY_VALUATIONS,
            "static_pe",
            (Feed(valuations.Valuations(), ("SSE", "SZSE")),),
            alone=Text(
                "其他来源对亏损公司的静态市盈率留空：检验只看检验日，当日无数的证券按未检验处理，折算率不归零，故只核对、"
                "不替补；可导入供应商文件：rongheng import FILE",
                "other sources leave the static P/E of companies with a loss blank. The test looks at its own day, and "
                "a share without a figure there is not tested and keeps its haircut, so they are compared and none "
                "stands in; a vendor's file can be imported: rongheng import FILE",
            ),
        ),
        Dataset(
            "members",
            Text("指数成份股", "members of indices"),
            INDEX_MEMBERS,
            "is_member",
            tuple(Feed(one, (one.code,)) for one in members.values()),
            tuple(Feed(one, (one.code,)) for one in map(portal_members.Members, portal_members.NUMBERS)),
        ),
        Dataset(
            "weights",
            Text("指数成份股权重", "weights in indices"),
            INDEX_MEMBERS,
            "weight",
            tuple(Feed(one, (one.code,)) for one in weights.values()),
        ),
        Dataset(
            "calendar",
            Text("交易日历", "trading calendar"),
            EXCHANGE_DAYS,
            "is_session",
            (Feed(szse.TradingDays()),),
            alone=Text(
                "交易所日历缺失时，以本程序自带的日历为准",
                "where the exchange's calendar is missing, the one that ships with Rongheng holds",
            ),
        ),
    )


def _funds() -> tuple[Dataset, ...]:
    """Return the datasets of exchange-traded funds."""
    core = funds.core_funds()
    tracked = {fund.code: Feed(funds.TrackedIndex(fund), (fund.code,)) for fund in core}
    return (
        Dataset(
            "etf-shares",
            Text("ETF 份额", "shares of exchange-traded funds"),
            ETF_SHARES,
            "shares",
            (Feed(sse.FundShares(), ("SSE",)), Feed(szse.FundShares(), ("SZSE",))),
            (Feed(szse.LatestShares(), ("SZSE",), compares=False),),
        ),
        Dataset(
            "etf-nav",
            Text("ETF 净值", "net asset values of exchange-traded funds"),
            ETF_NAV,
            "nav",
            tuple(Feed(funds.Nav(fund), (fund.code,)) for fund in core),
            tuple(Feed(funds.Trend(fund), (fund.code,), compares=fund.code in _COMPARED_FUNDS) for fund in core),
        ),
        Dataset(
            "etf-indices",
            Text("ETF 跟踪指数", "indices tracked by exchange-traded funds"),
            ETF_INDEX_MAP,
            "index_code",
            (
                Feed(szse.TrackedIndices(), ("SZSE",)),
                *(feed for code, feed in tracked.items() if code.endswith(".SH")),
            ),
            tuple(feed for code, feed in tracked.items() if code.endswith(".SZ")),
        ),
    )


def dataset(name: str) -> Dataset:
    """Return the dataset of that name; an unknown one is a ``UsageError``."""
    try:
        return datasets()[name]
    except KeyError:
        raise UsageError(f"There is no dataset {name!r}; there are: {', '.join(datasets())}.") from None
