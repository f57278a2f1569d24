"""Brokers ordered by their haircuts, security by security, and how often two of them give the same one.

What lives here: ranks over the shares that all lists have. What does not: whether the order has to do with the brokers'
size (``strictness``).

Equal haircuts share the best rank, and the next one follows after as many ranks as were shared (1, 1, 3): the published
table of six brokers can only be read so. Were the next rank 2, at most as many shares could have a sixth rank as have
six different haircuts, and each of those has but one first rank; its 2,895 sixth and 13,164 first ranks rule that out.
Were ties broken, or given the worst rank, there could be no more first ranks than shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from rongheng.basics.errors import DataError
from rongheng.market.pools.broker_list import BrokerList, require_different


@dataclass(frozen=True)
class HaircutRanks:
    """Haircuts of the A shares that every list has as collateral.

    ``haircuts`` and ``ranks`` have ``security`` and one column for each broker, in basis points and as ranks (1 is the
    highest haircut). ``counts`` has ``rank`` and, for each broker, how many shares have that rank with it.
    """

    brokers: tuple[str, ...]
    haircuts: pl.DataFrame
    ranks: pl.DataFrame
    counts: pl.DataFrame

    @property
    def count(self) -> int:
        """How many shares all lists have in common."""
        return self.haircuts.height

    def mean_rank(self, broker: str) -> float:
        """Return the mean rank of one broker; the higher, the stricter it is beside the others."""
        mean = self.ranks[broker].mean()
        assert isinstance(mean, float), "the ranks of at least one share"
        return mean


def haircut_ranks(lists: Sequence[BrokerList]) -> HaircutRanks:
    """Order the brokers by the haircut that each gives to each common A share (折算率排名).

    Raises
    ------
    UsageError
        Fewer than two lists, or two of one broker.
    DataError
        No share stands on all lists.
    """
    require_different(lists, at_least=2)
    brokers = tuple(one.broker for one in lists)
    haircuts = _shares(lists[0])
    for one in lists[1:]:
        haircuts = haircuts.join(_shares(one), on="security", how="inner", maintain_order="left")
    if haircuts.is_empty():
        raise DataError(f"No A share is collateral of all of {', '.join(brokers)}; expected lists of the same market.")
    ranks = haircuts.with_columns(
        pl.sum_horizontal((pl.col(other) > pl.col(own)).cast(pl.Int64) for other in brokers).add(1).alias(own)
        for own in brokers
    )
    places = range(1, len(brokers) + 1)
    counts = pl.DataFrame(
        {"rank": list(places)} | {own: [int((ranks[own] == place).sum()) for place in places] for own in brokers}
    )
    return HaircutRanks(brokers, haircuts, ranks, counts)


def _shares(one: BrokerList) -> pl.DataFrame:
    return one.collateral.filter(pl.col("group") != "other").select("security", pl.col("haircut_bp").alias(one.broker))


def equal_haircuts(ranks: HaircutRanks) -> pl.DataFrame:
    """Count, for each two brokers, the common shares to which they give the same haircut (两两比较).

    Returns
    -------
    ``first``, ``second``, ``common`` (shares that all lists have), ``equal``, ``first_stricter``, ``second_stricter``
    (how often its haircut is the lower one), ``equal_share`` (a fraction).
    """
    rows = []
    for first, second in combinations(ranks.brokers, 2):
        one, other = ranks.haircuts[first], ranks.haircuts[second]
        equal = int((one == other).sum())
        rows.append((first, second, ranks.count, equal, int((one < other).sum()), int((one > other).sum())))
    names = ["first", "second", "common", "equal", "first_stricter", "second_stricter"]
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(
        (pl.col("equal") / pl.col("common")).alias("equal_share")
    )


def all_equal(ranks: HaircutRanks) -> int:
    """Return how many common shares have the same haircut with every broker."""
    first = ranks.brokers[0]
    return ranks.haircuts.filter(pl.all_horizontal(pl.col(name) == pl.col(first) for name in ranks.brokers)).height
