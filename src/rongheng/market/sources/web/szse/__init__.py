"""The Shenzhen Stock Exchange (深圳证券交易所): margin, trading of a day, funds, lists, the calendar."""

from rongheng.market.sources.web.szse.etf import FundShares, LatestShares, TrackedIndices
from rongheng.market.sources.web.szse.lists import Lists, ListsByWorkbook
from rongheng.market.sources.web.szse.margin import Details, DetailsByPage, Margin
from rongheng.market.sources.web.szse.trading_days import TradingDays
from rongheng.market.sources.web.szse.turnover import Turnover, TurnoverByWorkbook

__all__ = [
    "Details",
    "DetailsByPage",
    "FundShares",
    "LatestShares",
    "Lists",
    "ListsByWorkbook",
    "Margin",
    "TrackedIndices",
    "TradingDays",
    "Turnover",
    "TurnoverByWorkbook",
]
