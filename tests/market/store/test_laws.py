"""Laws of the lake, for any order of imports. The oracle is a slow twin that keeps facts in lists, one by one."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.basics.batch import Batch
from rongheng.basics.tables import INDEX_DAILY
from rongheng.market.store import Lake
from rongheng.market.store.landing import alike
from rongheng.market.store.revisions import revise, standing
from tests.depth import examples
from tests.market.store.making import POLICY, TODAY, batch, day

Fact = dict[str, Any]
VALUES = ("open", "high", "low", "close", "volume_shares", "amount")
STATED = ("open", "close", "amount")  # what the files of these tests state
GRADES = ["official", "derived", "estimated", "simulated"]  # best first
HOUR = timedelta(hours=1)

identities = st.tuples(st.integers(0, 2).map(day), st.sampled_from(["000300.CSI", "000905.CSI"]))
# Some facts are known before the imports and some, as those of today's session are, only after them.
moments = st.integers(0, 4).map(lambda number: POLICY + number * HOUR) | st.integers(0, 4).map(
    lambda number: TODAY + number * HOUR
)


@st.composite
def files(draw: st.DrawFn) -> Batch:
    """Return a file that states some columns of some facts, with blanks."""
    columns = draw(st.lists(st.sampled_from(STATED), min_size=1, unique=True))
    rows = []
    for as_of, index in draw(st.lists(identities, min_size=1, max_size=6, unique=True)):
        row: Fact = {"as_of": as_of, "index": index, "known_at": draw(moments), "grade": draw(st.sampled_from(GRADES))}
        rows.append(row | {name: draw(st.none() | st.sampled_from([0.0, 1.0, 0.1 + 0.2])) for name in columns})
    return batch(rows, INDEX_DAILY, file=draw(st.sampled_from(["a.csv", "b.csv"])), content=str(draw(st.uuids())))


imports = st.lists(files(), min_size=1, max_size=4)


class Twin:
    """The lake's semantics in plain words: a list of revisions for each fact."""

    def __init__(self) -> None:
        self.facts: dict[tuple[object, ...], list[Fact]] = {}

    def land(self, file: Batch, now: datetime) -> list[str]:
        return [self._land(row, now) for row in file.facts.to_dicts()]

    def _land(self, row: Fact, now: datetime) -> str:
        stated = {name: row[name] for name in STATED if row.get(name) is not None}
        revisions = self.facts.get((row["as_of"], row["index"]), [])
        if not stated:
            return "same"
        before = revisions[-1] if revisions else None
        if before is None:
            return self._add(row, stated, row["known_at"], "new")
        better = GRADES.index(row["grade"]) - GRADES.index(before["grade"])
        if better > 0:
            return "outranked"
        if better < 0:
            return self._add(row, stated, row["known_at"], "new" if before["grade"] == "simulated" else "changed")
        held = {name: before[name] for name in VALUES if before[name] is not None}
        both = max(row["known_at"], before["known_at"])
        if any(held.get(name, value) != value for name, value in stated.items()):
            return self._add(row, held | stated, max(both, now), "changed")
        if stated.keys() - held.keys():
            return self._add(row, held | stated, both, "completed")
        return "same"

    def _add(self, row: Fact, values: Fact, known_at: datetime, outcome: str) -> str:
        revisions = self.facts.setdefault((row["as_of"], row["index"]), [])
        added = {name: values.get(name) for name in VALUES}
        revisions.append(added | {"known_at": known_at, "grade": row["grade"], "revision": len(revisions)})
        return outcome

    def read(self, known_at: datetime) -> list[tuple[object, ...]]:
        shown = []
        for identity, revisions in sorted(self.facts.items(), key=lambda item: item[0]):
            known = [row for row in revisions if row["known_at"] <= known_at]
            if known:
                best = min(known, key=lambda row: (GRADES.index(row["grade"]), -row["revision"]))
                shown.append((*identity, *best.values()))
        return shown


COLUMNS = ("as_of", "index", *VALUES, "known_at", "grade", "revision")


@contextmanager
def fresh_lake() -> Iterator[Lake]:
    """Open a lake in a folder of its own for one example."""
    with tempfile.TemporaryDirectory() as folder:
        yield Lake(Path(folder) / "lake", create=True)


@settings(max_examples=examples(10), deadline=None)
@given(imports, st.lists(moments, min_size=1, max_size=3))
def test_the_lake_keeps_and_shows_what_its_slow_twin_does(sequence: list[Batch], times: list[datetime]) -> None:
    twin = Twin()
    with fresh_lake() as lake:
        for number, file in enumerate(sequence):
            now = TODAY + number * HOUR
            (landed,) = lake.land([file], now=now)
            outcomes = twin.land(file, now)
            counted = {name: outcomes.count(name) for name in ("new", "completed", "changed", "same", "outranked")}
            assert {name: getattr(landed, name) for name in counted} == counted
        for known_at in times:
            shown = lake.read(INDEX_DAILY, known_at=known_at)
            assert shown.filter(pl.col("known_at") > known_at).is_empty()
            assert shown.select(COLUMNS).rows() == twin.read(known_at)


@settings(max_examples=examples(6), deadline=None)
@given(imports, st.randoms(use_true_random=False))
def test_landing_again_in_any_order_of_rows_changes_nothing(sequence: list[Batch], shuffled: random.Random) -> None:
    with fresh_lake() as lake:
        for file in sequence:
            lake.land([file], now=TODAY)
            before = lake.history(INDEX_DAILY)
            order = shuffled.sample(range(file.facts.height), file.facts.height)
            again = replace(file, facts=file.facts[order], sha256=f"{file.sha256} in another file")
            lake.land([file], now=TODAY + HOUR)
            (landed,) = lake.land([again], now=TODAY + HOUR)
            assert landed.same + landed.outranked == file.facts.height
            assert lake.history(INDEX_DAILY).equals(before)


@settings(max_examples=examples(6), deadline=None)
@given(imports)
def test_files_landed_together_or_one_by_one_leave_the_same_facts(sequence: list[Batch]) -> None:
    with fresh_lake() as one, fresh_lake() as other:
        together = one.land(sequence, now=TODAY)
        apart = [other.land([file], now=TODAY)[0] for file in sequence]
        assert together == apart
        told = [name for name in INDEX_DAILY.schema if name != "sequence"]
        assert one.history(INDEX_DAILY).select(told).equals(other.history(INDEX_DAILY).select(told))


@settings(max_examples=examples(8), deadline=None)
@given(files(), st.lists(st.integers(0, 3), min_size=2, max_size=5))
def test_days_that_follow_each_other_are_compared_at_once_and_become_what_they_would_alone(
    file: Batch, steps: list[int]
) -> None:
    """A step of no day, or of fewer days than the file has, brings the same facts again: those are compared apart."""
    shifts = [timedelta(days=sum(steps[: number + 1])) for number in range(len(steps))]
    sequence = [
        replace(file, facts=file.facts.with_columns(pl.col("as_of") + shift, close=float(number)), sha256=f"{number}")
        for number, shift in enumerate(shifts)
    ]
    assert [one.sha256 for some in alike(sequence) for one in some] == [one.sha256 for one in sequence]
    with fresh_lake() as one, fresh_lake() as other:
        assert one.land(sequence, now=TODAY) == [other.land([each], now=TODAY)[0] for each in sequence]
        told = [name for name in INDEX_DAILY.schema if name != "sequence"]
        assert one.history(INDEX_DAILY).select(told).equals(other.history(INDEX_DAILY).select(told))


@settings(max_examples=examples(40), deadline=None)
@given(files(), files(), st.randoms(use_true_random=False))
def test_the_order_of_rows_in_a_file_does_not_matter(first: Batch, second: Batch, shuffled: random.Random) -> None:
    def stood(file: Batch) -> pl.DataFrame:
        order = shuffled.sample(range(file.facts.height), file.facts.height)
        nothing = pl.DataFrame(schema=INDEX_DAILY.schema)
        rows = revise(file.facts[order], standing=nothing, table=INDEX_DAILY, imported_at=TODAY).rows
        return standing(rows.with_columns(sequence=pl.lit(1)), table=INDEX_DAILY)

    results = []
    for _ in range(2):
        order = shuffled.sample(range(second.facts.height), second.facts.height)
        results.append(revise(second.facts[order], standing=stood(first), table=INDEX_DAILY, imported_at=TODAY))
    assert results[0].counts == results[1].counts
    assert results[0].rows.equals(results[1].rows)
    assert sum(results[0].counts.values()) == second.facts.height
