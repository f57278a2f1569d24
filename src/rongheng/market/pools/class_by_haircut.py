"""How a broker's concentration classes and haircuts go together: their table, and one number for it.

What lives here: the cross table of one broker's collateral. What does not: the correlation itself (``association``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from rongheng.basics.errors import DataError
from rongheng.market.pools.association import Association, tau_b
from rongheng.market.pools.broker_list import BrokerList, require_different


@dataclass(frozen=True)
class ClassByHaircut:
    """One broker's table: ``rows`` has ``broker``, ``concentration_class``, ``haircut_bp``, ``count`` for every pair of
    a class and a haircut that occur, also where nothing stands in both. ``association`` is positive where a safer
    class has a higher haircut.
    """

    broker: str
    rows: pl.DataFrame
    association: Association


def class_by_haircut(lists: Sequence[BrokerList]) -> list[ClassByHaircut]:
    """Return the table of each broker (集中度分类 × 折算率), the safest class and the highest haircut first.

    Collateral without a class is left out.

    Raises
    ------
    DataError
        A list gives no classes at all.
    UsageError
        A list has only one class or only one haircut, so that nothing can be compared.
    """
    require_different(lists)
    return [_table(one) for one in lists]


def _table(one: BrokerList) -> ClassByHaircut:
    classed = one.collateral.filter(pl.col("concentration_class").is_not_null())
    if classed.is_empty():
        raise DataError(
            f"The list of {one.broker} gives no concentration classes. Add a column concentration_class (集中度分类)."
        )
    counted = classed.group_by("concentration_class", "haircut_bp").agg(pl.len().cast(pl.Int64).alias("count"))
    classes = counted.select("concentration_class").unique().sort("concentration_class")
    haircuts = counted.select("haircut_bp").unique().sort("haircut_bp", descending=True)
    grid = classes.join(haircuts, how="cross", maintain_order="left_right")
    full = grid.join(counted, on=["concentration_class", "haircut_bp"], how="left", maintain_order="left")
    rows = full.select(pl.lit(one.broker).alias("broker"), pl.all()).with_columns(pl.col("count").fill_null(0))
    cells = rows["count"].to_numpy().reshape(classes.height, haircuts.height)
    return ClassByHaircut(one.broker, rows, tau_b(cells))
