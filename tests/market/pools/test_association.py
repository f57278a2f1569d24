"""Kendall's tau-b against counting every pair, and its chances against every permutation."""

from __future__ import annotations

from itertools import combinations, permutations, product
from math import erfc, sqrt

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rongheng.basics.errors import UsageError
from rongheng.market.pools.association import exact_tau, tau_b
from tests.depth import examples
from tests.market.pools.published_world import published_table

tables = st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=2, max_size=4)


def unfolded(table: list[list[int]]) -> list[tuple[int, int]]:
    """Return the row and the column of each thing that the table counts."""
    return [(row, column) for row, line in enumerate(table) for column, count in enumerate(line) for _ in range(count)]


def score_of(pairs: list[tuple[int, int]]) -> int:
    return sum(int(np.sign(a[0] - b[0])) * int(np.sign(a[1] - b[1])) for a, b in combinations(pairs, 2))


def tau_of(pairs: list[tuple[int, int]]) -> float:
    untied = [sum(a[axis] != b[axis] for a, b in combinations(pairs, 2)) for axis in (0, 1)]
    return score_of(pairs) / sqrt(untied[0] * untied[1])


@given(tables)
def test_tau_is_what_counting_every_pair_gives(table: list[list[int]]) -> None:
    pairs = unfolded(table)
    assume(len({row for row, _ in pairs}) > 1 and len({column for _, column in pairs}) > 1)
    assert tau_b(table).tau == pytest.approx(tau_of(pairs))


@settings(max_examples=examples(6))
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=3, max_size=6))
def test_the_spread_is_that_over_every_permutation(pairs: list[tuple[int, int]]) -> None:
    rows, columns = [row for row, _ in pairs], [column for _, column in pairs]
    assume(len(set(rows)) > 1 and len(set(columns)) > 1)
    scores = [score_of(list(zip(rows, order, strict=True))) for order in permutations(columns)]
    assert sum(scores) == 0
    spread = sqrt(sum(score**2 for score in scores) / len(scores))
    table = [[pairs.count((row, column)) for column in range(3)] for row in range(3)]
    assert tau_b(table).p_value == pytest.approx(erfc(abs(score_of(pairs)) / spread / sqrt(2)))


def test_two_by_two_by_hand() -> None:
    """Of the 15 pairs of [[2, 1], [1, 2]], 4 agree, 1 disagrees, and 9 differ in rows as in columns: (4 - 1) / 9."""
    assert tau_b([[2, 1], [1, 2]]).tau == pytest.approx(1 / 3)


def test_a_perfect_order_is_one_and_the_reverse_is_minus_one() -> None:
    assert tau_b(np.diag([3, 5, 7])).tau == pytest.approx(1)
    assert tau_b(np.diag([3, 5, 7])[:, ::-1]).tau == pytest.approx(-1)


@given(tables)
def test_transposing_changes_nothing_and_reversing_turns_the_sign(table: list[list[int]]) -> None:
    pairs = unfolded(table)
    assume(len({row for row, _ in pairs}) > 1 and len({column for _, column in pairs}) > 1)
    array = np.array(table)
    assert tau_b(array.T).tau == pytest.approx(tau_b(array).tau)
    assert tau_b(array[::-1]).tau == pytest.approx(-tau_b(array).tau)


def test_one_row_or_one_column_has_no_order() -> None:
    for table in ([[1, 2, 3]], [[1], [2]], [[0, 0], [2, 3]], [[1, 0], [0, 0]]):
        with pytest.raises(UsageError, match="one row or one column"):
            tau_b(table)


@pytest.mark.parametrize("broker", ["中信证券", "中信建投"])
def test_safer_classes_have_higher_haircuts_in_table_13(broker: str) -> None:
    """Counted cell against cell: pairs that agree less pairs that disagree, over the pairs that are not tied."""
    rows = [row for row in published_table("c13") if row["broker"] == broker]
    classes = list(dict.fromkeys(row["class"] for row in rows))
    tiers = list(dict.fromkeys(row["haircut"] for row in rows))
    cells = np.array([[int(row["count"]) for row in rows if row["class"] == name] for name in classes])
    score = sum(
        int(cells[a, b]) * int(cells[c, d]) * (1 if d > b else -1)
        for a, b, c, d in product(range(len(classes)), range(len(tiers)), range(len(classes)), range(len(tiers)))
        if c > a and d != b
    )
    whole = int(cells.sum())
    untied = [(whole**2 - sum(int(line.sum()) ** 2 for line in array)) // 2 for array in (cells, cells.T)]
    found = tau_b(cells)
    assert found.tau == pytest.approx(score / sqrt(untied[0] * untied[1]))
    assert found.tau > 0.4
    assert found.p_value < 1e-10


def test_a_few_pairs_are_held_against_every_order() -> None:
    """Six in perfect order: one of 720. One neighbouring pair swapped: one of 720 is better, five are as good."""
    assert exact_tau(range(6), range(6)).p_value == pytest.approx(1 / 720)
    swapped = exact_tau(range(6), [1, 0, 2, 3, 4, 5])
    assert swapped.tau == pytest.approx(13 / 15)
    assert swapped.p_value == pytest.approx(6 / 720)


def test_a_reverse_order_is_certain_to_be_matched() -> None:
    found = exact_tau([1, 2, 3, 4], [4, 3, 2, 1])
    assert (found.tau, found.p_value) == (-1.0, 1.0)


@settings(max_examples=examples(12))
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=3, max_size=6))
def test_both_ways_give_the_same_tau(pairs: list[tuple[int, int]]) -> None:
    rows, columns = [row for row, _ in pairs], [column for _, column in pairs]
    assume(len(set(rows)) > 1 and len(set(columns)) > 1)
    table = [[pairs.count((row, column)) for column in range(4)] for row in range(4)]
    assert exact_tau(rows, columns).tau == pytest.approx(tau_b(table).tau)


@pytest.mark.parametrize("count", [2, 9])
def test_too_few_and_too_many_are_refused(count: int) -> None:
    with pytest.raises(UsageError, match="3 to 8"):
        exact_tau(range(count), range(count))


def test_what_does_not_vary_is_refused() -> None:
    with pytest.raises(UsageError, match="the same"):
        exact_tau([1, 1, 1], [1, 2, 3])
