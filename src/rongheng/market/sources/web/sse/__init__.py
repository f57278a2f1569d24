"""The Shanghai Stock Exchange (上海证券交易所): margin summary and details, and trading of a day."""

from rongheng.market.sources.web.sse.margin import Details, Margin
from rongheng.market.sources.web.sse.turnover import Turnover

__all__ = ["Details", "Margin", "Turnover"]
