"""One session of the market as columns for the account half, from the lake: prices, limits, lists, caps, sizes."""

from rongheng.market.series.day.make import MadeDay, make_day
from rongheng.market.series.day.summary import COUNTS, by_board

__all__ = ["COUNTS", "MadeDay", "by_board", "make_day"]
