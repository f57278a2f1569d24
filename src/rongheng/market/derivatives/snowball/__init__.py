"""Snowballs (雪球): notes on an index that end with a coupon above a barrier and lose below a line.

What lives here: contracts, their worth and slopes, a book of them, and what hedging it does to index futures. What does
not: where prices come from (``market.sources``, ``market.series``) and the basis of futures
(``market.derivatives.basis``).
"""

from rongheng.market.derivatives.snowball.book import totals, value_book
from rongheng.market.derivatives.snowball.contracts import Contracts, check_contracts
from rongheng.market.derivatives.snowball.files import read_contracts, read_market
from rongheng.market.derivatives.snowball.hedging import hedging_curve
from rongheng.market.derivatives.snowball.inventory import Inventory
from rongheng.market.derivatives.snowball.knock_in_map import knock_in_map, released_futures
from rongheng.market.derivatives.snowball.ladder import illustrative_inventory, illustrative_ladder
from rongheng.market.derivatives.snowball.lives import follow
from rongheng.market.derivatives.snowball.market import IndexMarket, SnowballMarket
from rongheng.market.derivatives.snowball.pricing import Greeks, Values, value
from rongheng.market.derivatives.snowball.replay import replay
from rongheng.market.derivatives.snowball.simulation import Simulated, simulate
from rongheng.market.derivatives.snowball.table import KIND_LABELS, SNOWBALLS, Discounting, Kind, KnockInDays

__all__ = [
    "KIND_LABELS",
    "SNOWBALLS",
    "Contracts",
    "Discounting",
    "Greeks",
    "IndexMarket",
    "Inventory",
    "Kind",
    "KnockInDays",
    "Simulated",
    "SnowballMarket",
    "Values",
    "check_contracts",
    "follow",
    "hedging_curve",
    "illustrative_inventory",
    "illustrative_ladder",
    "knock_in_map",
    "read_contracts",
    "read_market",
    "released_futures",
    "replay",
    "simulate",
    "totals",
    "value",
    "value_book",
]
