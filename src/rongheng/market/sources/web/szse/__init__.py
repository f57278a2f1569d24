"""The Shenzhen Stock Exchange (深圳证券交易所): margin summary and details, trading of a day, funds."""

from rongheng.market.sources.web.szse.etf import FundShares, TrackedIndices
from rongheng.market.sources.web.szse.margin import Details, DetailsByPage, Margin
from rongheng.market.sources.web.szse.turnover import Turnover

__all__ = ["Details", "DetailsByPage", "FundShares", "Margin", "TrackedIndices", "Turnover"]
