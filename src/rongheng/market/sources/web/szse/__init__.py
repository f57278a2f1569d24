"""The Shenzhen Stock Exchange (深圳证券交易所): margin summary and details, and trading of a day."""

from rongheng.market.sources.web.szse.margin import Details, DetailsByPage, Margin
from rongheng.market.sources.web.szse.turnover import Turnover

__all__ = ["Details", "DetailsByPage", "Margin", "Turnover"]
