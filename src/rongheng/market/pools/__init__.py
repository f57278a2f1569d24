"""Pools: what may be bought with borrowed money and against what; underlyings, haircut caps, stops, brokers' lists.

What lives here: judgements of securities and lists by the rulebook, and comparisons of lists. What does not: files
(``desk.pool_files``), the market's own figures (``market.series``), and what a broker's terms mean for an account
(``account.policy``).
"""

from rongheng.market.pools.adjustment import difference, reasons, regular_adjustment, removals
from rongheng.market.pools.broker_list import BrokerList
from rongheng.market.pools.caps import Caps, haircut_caps
from rongheng.market.pools.class_by_haircut import class_by_haircut
from rongheng.market.pools.counts import class_counts, exchange_pools, haircut_tiers, pool_counts
from rongheng.market.pools.expansions import pool_expansions
from rongheng.market.pools.haircut_ranks import HaircutRanks, all_equal, equal_haircuts, haircut_ranks
from rongheng.market.pools.list_check import ListCheck, check_list
from rongheng.market.pools.ranking import Ranking, rank
from rongheng.market.pools.screening import Screening, screen
from rongheng.market.pools.static_pe import static_pe_state
from rongheng.market.pools.stops import Stops, market_stops
from rongheng.market.pools.strictness import Strictness, strictness

__all__ = [
    "BrokerList",
    "Caps",
    "HaircutRanks",
    "ListCheck",
    "Ranking",
    "Screening",
    "Stops",
    "Strictness",
    "all_equal",
    "check_list",
    "class_by_haircut",
    "class_counts",
    "difference",
    "equal_haircuts",
    "exchange_pools",
    "haircut_caps",
    "haircut_ranks",
    "haircut_tiers",
    "market_stops",
    "pool_counts",
    "pool_expansions",
    "rank",
    "reasons",
    "regular_adjustment",
    "removals",
    "screen",
    "static_pe_state",
    "strictness",
]
