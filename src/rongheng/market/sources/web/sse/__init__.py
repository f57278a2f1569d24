"""The Shanghai Stock Exchange (上海证券交易所): margin summary and details, trading of a day, funds, lists."""

from rongheng.market.sources.web.sse.etf import FundShares
from rongheng.market.sources.web.sse.lists import Lists
from rongheng.market.sources.web.sse.margin import Details, Margin
from rongheng.market.sources.web.sse.turnover import Turnover

__all__ = ["Details", "FundShares", "Lists", "Margin", "Turnover"]
