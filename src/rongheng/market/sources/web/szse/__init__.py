"""The Shenzhen Stock Exchange (深圳证券交易所): margin, trading of a day, funds, lists, the calendar."""

from rongheng.market.sources.web.szse.etf import FundShares, LatestShares, TrackedIndices
from rongheng.market.sources.web.szse.lists import Lists
from rongheng.market.sources.web.szse.margin import Details, DetailsByPage, Margin
from rongheng.market.sources.web.szse.trading_days import TradingDays
from rongheng.market.sources.web.szse.turnover import Turnover

__all__ = [
    "Details",
    "DetailsByPage",
    "FundShares",
    "LatestShares",
    "Lists",
    "Margin",
    "TrackedIndices",
    "TradingDays",
    "Turnover",
]
