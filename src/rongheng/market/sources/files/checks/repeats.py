"""Rows of one fact: those that agree land once, those that contradict each other do not land."""

from __future__ import annotations

import polars as pl

from rongheng.market.sources.files.inspection import NOTE, Inspection
from rongheng.market.sources.files.sheet import ROW


def merge(frame: pl.DataFrame, found: Inspection) -> tuple[pl.DataFrame, int]:
    """Return each fact once, sorted by what it is of, and how many rows only said it again.

    Rows that fill each other's blanks without a contradiction are one fact. Rows that contradict each other all go to
    quarantine: nothing in the file says which of them is right.
    """
    identity = list(found.plan.table.identity)
    ordered = frame.sort(identity)
    if not _any_twice(ordered, identity):
        return ordered, 0
    values = [binding.column.name for binding in found.plan.bindings]
    merged = 0
    distinct = frame.unique(subset=identity + values, keep="first", maintain_order=True)
    same = frame.height - distinct.height
    several = distinct.select(pl.struct(identity).is_duplicated().alias("several"))["several"]
    if several.any():
        kept, merged = _reconciled(distinct.filter(several), identity, values, found)
        distinct = pl.concat([distinct.filter(~several), kept])
    repeated = same + merged
    if repeated:
        found.notice(
            f"{repeated} 行与文件中其他行重复，只计一次",
            f"rows that say again what others of the file say, counted once: {repeated}",
            count=repeated,
        )
    return distinct.sort(identity), repeated


def _any_twice(ordered: pl.DataFrame, identity: list[str]) -> bool:
    repeats = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in identity)
    return bool(ordered.select(repeats.slice(1).any()).item())


def _reconciled(
    rows: pl.DataFrame, identity: list[str], values: list[str], found: Inspection
) -> tuple[pl.DataFrame, int]:
    """Return the facts on which rows agree, and how many rows that makes fewer."""
    groups = rows.group_by(identity, maintain_order=True).agg(
        pl.col(ROW).sort().cast(pl.String).str.join(", ").alias("__lines__"),
        *((pl.col(name).drop_nulls().n_unique() > 1).alias(name) for name in values),
    )
    clashing = pl.concat_list(pl.when(name).then(pl.lit(name)) for name in values).list.drop_nulls().list.join(", ")
    where = groups.select(*identity, "__lines__", clashing.alias("__where__"))
    marked = rows.join(where, on=identity, how="left", maintain_order="left")
    why = pl.format("rows {} contradict each other in {}", "__lines__", "__where__")
    agreeing = found.set_rows_aside(marked, pl.col("__where__") != "", why).drop("__where__", "__lines__")
    filled = [pl.col(name).drop_nulls().first() for name in (*values, NOTE)]
    others = [name for name in agreeing.columns if name not in (*identity, *values, NOTE)]
    merged = agreeing.group_by(identity, maintain_order=True).agg(*filled, *(pl.col(name).first() for name in others))
    return merged.select(rows.columns), agreeing.height - merged.height
