"""What a marked book comes to: accounts, debt and collateral by state, bands of ratio, and what the book rests on.

What lives here: counts and exact sums over accounts and securities, gathered span by span so that a large book needs
no room. What does not: the marks themselves (``marks.py``), a broker's own limits (``limits.py``), and how anything is
shown. Sums over a book may leave 64 bits, so they are made in 128 and end as Python's integers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.marks.held import OF_INDEBTED, held_by_security, shares_of
from rongheng.account.marks.marks import Marks
from rongheng.basics.account_tables import State
from rongheng.basics.grades import Grade, worst
from rongheng.basics.money import ceil_bp, floor_bp

Row = Mapping[str, Any]
AMOUNTS = (
    "assets_milli",
    "securities_milli",
    "cash_milli",
    "debt_milli",
    "financing_debt_milli",
    "short_debt_milli",
    "interest_milli",
    "cash_to_cure_milli",
)
# Where the bands of each histogram begin; the first one reaches down without end, the last one up.
RATIO_EDGES_BP = (10_000, 11_000, 12_000, 13_000, 14_000, 15_000, 16_000, 18_000, 20_000, 24_000, 30_000, 50_000)
FALL_EDGES_BP = (0, 500, 1_000, 1_500, 2_000, 3_000, 4_000, 5_000)
SHARE_EDGES_BP = (1_000, 2_000, 3_000, 5_000, 7_000, 9_000)
MOST_SECURITIES = 20


@dataclass(frozen=True)
class Summary:
    """The book in figures. Amounts are whole milli-yuan, shares and ratios basis points; rows have English keys."""

    session: date
    grade: Grade
    source: str  # where the book came from
    rows: tuple[Row, ...]  # of each table: how many came in, were marked, and stand in quarantined accounts
    total: Row
    states: tuple[Row, ...]  # from the safest to the gravest, every one
    ratios: tuple[Row, ...]  # indebted accounts by maintenance ratio
    falls: tuple[Row, ...]  # indebted accounts by the uniform fall that takes them to the liquidation line of then
    shares: tuple[Row, ...]  # indebted accounts by the share of their largest position
    holdings: tuple[Row, ...]  # the securities that most of the indebted accounts' collateral is
    problems: tuple[Row, ...]
    policies: tuple[Row, ...]
    limits: tuple[Row, ...] = ()  # the broker's own, where its net capital was given


@dataclass
class Tally:
    """A summary in the making: it is shown every span of the marks once, in any order."""

    _states: list[pl.DataFrame] = field(default_factory=list)
    _bands: dict[str, list[pl.DataFrame]] = field(default_factory=lambda: {name: [] for name in _BANDS})
    _policies: list[pl.DataFrame] = field(default_factory=list)
    _held: NDArray[np.int64] | None = None

    def add(self, part: Marks, frame: pl.DataFrame) -> None:
        """Count a span of accounts in; ``frame`` is the span's own."""
        self._states.append(frame.group_by("state").agg(pl.len().alias("accounts"), *_sums(*AMOUNTS)))
        owing = frame.filter(pl.col("debt_milli") > 0)
        for name, (column, edges) in _BANDS.items():
            self._bands[name].append(_banded(owing, column, edges))
        self._policies.append(frame.group_by("policy").agg(pl.len().alias("accounts")))
        held = held_by_security(part, frame["debt_milli"].to_numpy())
        self._held = held if self._held is None else self._held + held

    def summary(self, marks: Marks) -> Summary:
        """Return the summary of marks whose every span has been added."""
        states = _by_state(_together(self._states, "state"))
        return Summary(
            session=marks.day.session,
            grade=marks.grade,
            source=marks.book.source,
            rows=tuple(marks.rows()),
            total=_total(states),
            states=tuple(states),
            **{
                name: tuple(_band_rows(_together(parts, "band"), _BANDS[name][1]))
                for name, parts in self._bands.items()
            },
            holdings=tuple(self._holdings(marks)),
            problems=tuple(_problems(marks.problems)),
            policies=tuple(_policies(marks, _together(self._policies, "policy"))),
        )

    def holdings(self, marks: Marks) -> pl.DataFrame:
        """Return what marked accounts hold of each security, and the indebted of them, at the day's prices.

        Columns: security, holders, quantity, value_milli (Int128), indebted_holders, indebted_quantity,
        indebted_value_milli (Int128), total_value_milli (null: unknown).
        """
        assert self._held is not None, "every span is added first"
        of_all, of_indebted = self._held[:, :OF_INDEBTED], self._held[:, OF_INDEBTED:]
        frame = pl.DataFrame(
            {
                "security": marks.book.securities,
                "holders": of_all[:, 0],
                "indebted_holders": of_indebted[:, 0],
                "quantity": pl.Series(shares_of(of_all), dtype=pl.Int128),
                "indebted_quantity": pl.Series(shares_of(of_indebted), dtype=pl.Int128),
            }
        )
        today = marks.day.securities.select("security", "price_milli", "total_value_milli")
        return frame.join(today, on="security", how="left", maintain_order="left").with_columns(
            value_milli=pl.col("quantity") * pl.col("price_milli").fill_null(0),
            indebted_value_milli=pl.col("indebted_quantity") * pl.col("price_milli").fill_null(0),
        )

    def _holdings(self, marks: Marks) -> Iterator[Row]:
        """Yield the securities that the indebted hold most of by value, the largest first."""
        held = self.holdings(marks)
        whole = int(held["indebted_value_milli"].sum())
        most = held.sort("indebted_value_milli", "security", descending=[True, False]).head(MOST_SECURITIES)
        for row in most.filter(pl.col("indebted_value_milli") > 0).iter_rows(named=True):
            total = row["total_value_milli"]
            yield {
                "security": row["security"],
                "indebted_holders": row["indebted_holders"],
                "indebted_value_milli": row["indebted_value_milli"],
                "share_bp": ceil_bp(row["indebted_value_milli"], whole),
                "holders": row["holders"],
                "value_milli": row["value_milli"],
                "total_value_milli": total,
                "of_total_bp": ceil_bp(row["value_milli"], total) if total else None,
            }


_BANDS: Mapping[str, tuple[str, Sequence[int]]] = {
    "ratios": ("maintenance_ratio_bp", RATIO_EDGES_BP),
    "falls": ("fall_to_line_bp", FALL_EDGES_BP),
    "shares": ("largest_share_bp", SHARE_EDGES_BP),
}


def summarise(marks: Marks) -> Summary:
    """Return the summary of a marked book (账簿汇总)."""
    tally = Tally()
    for part in marks.spans():
        tally.add(part, part.frame())
    return tally.summary(marks)


def _sums(*names: str) -> list[pl.Expr]:
    return [pl.col(name).cast(pl.Int128).sum() for name in names]


def _banded(owing: pl.DataFrame, column: str, edges: Sequence[int]) -> pl.DataFrame:
    """Count accounts and debt by band: how many edges the value reaches; null where there is no value."""
    band = pl.sum_horizontal([(pl.col(column) >= edge).cast(pl.Int64) for edge in edges], ignore_nulls=False)
    return owing.group_by(band.alias("band")).agg(pl.len().alias("accounts"), *_sums("debt_milli", "assets_milli"))


def _together(parts: Sequence[pl.DataFrame], key: str) -> pl.DataFrame:
    return pl.concat(parts).group_by(key).agg(pl.all().sum())


def _by_state(found: pl.DataFrame) -> list[dict[str, Any]]:
    """Return a row for every state, each with the accounts and the debt that stand in it or in a graver one."""
    rows = {row["state"]: row for row in found.iter_rows(named=True)}
    nothing = dict.fromkeys(("accounts", *AMOUNTS), 0)
    whole = sum(row["debt_milli"] for row in rows.values())
    listed: list[dict[str, Any]] = []
    accounts = debt = 0
    for state in reversed(State):
        row = rows.get(state.value, nothing)
        accounts, debt = accounts + row["accounts"], debt + row["debt_milli"]
        graver = {
            "accounts_or_graver": accounts,
            "debt_or_graver_milli": debt,
            "debt_share_or_graver_bp": _part(debt, whole),
        }
        listed.append({"state": state.value} | row | graver)
    return listed[::-1]


def _band_rows(found: pl.DataFrame, edges: Sequence[int]) -> Iterator[Row]:
    """Yield every band from below the first edge up, then the accounts without a value where there are some."""
    rows = {row["band"]: row for row in found.iter_rows(named=True)}
    nothing = {"accounts": 0, "debt_milli": 0, "assets_milli": 0}
    bounds, whole = [None, *edges, None], sum(row["debt_milli"] for row in rows.values())
    so_far = 0
    for band in [*range(len(edges) + 1), *([None] if None in rows else [])]:
        counted = {name: rows.get(band, nothing)[name] for name in nothing}
        so_far += counted["debt_milli"]
        bounded = {"from_bp": None, "below_bp": None}
        if band is not None:
            bounded = {"from_bp": bounds[band], "below_bp": bounds[band + 1]}
        yield bounded | counted | {"debt_so_far_milli": so_far, "debt_share_so_far_bp": _part(so_far, whole)}


def _part(part: int, whole: int) -> int:
    """Return a part of the debt in basis points, rounded up; 0 of nothing."""
    return ceil_bp(part, whole) if whole else 0


def _total(states: Sequence[Row]) -> Row:
    """Return the whole book, and of the indebted their assets and their average ratio, assets over debt."""
    total = {name: sum(row[name] for row in states) for name in ("accounts", *AMOUNTS)}
    owing = [row for row in states if row["state"] != State.NO_DEBT.value]
    debt, assets = total["debt_milli"], sum(row["assets_milli"] for row in owing)
    return total | {
        "indebted_accounts": sum(row["accounts"] for row in owing),
        "indebted_assets_milli": assets,
        "average_ratio_bp": floor_bp(assets, debt) if debt else None,
    }


def _problems(problems: pl.DataFrame) -> Iterator[Row]:
    found = problems.group_by("problem").agg(pl.len().alias("rows"), pl.col("account_id").n_unique().alias("accounts"))
    yield from found.sort("rows", "problem", descending=[True, False]).iter_rows(named=True)


def _policies(marks: Marks, found: pl.DataFrame) -> Iterator[Row]:
    """Yield each policy with its accounts and the terms that were not published and are taken from the exchanges."""
    for row in found.sort("policy").iter_rows(named=True):
        gaps = marks.policies[row["policy"]].gaps
        grade = worst(marks.grade, Grade.ESTIMATED if gaps else Grade.DERIVED)
        yield row | {"unpublished": [gap.term for gap in gaps], "grade": grade.value}
