"""A figure that was not updated: an exact repeat that jumps there and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rongheng.basics.batch import Batch
from rongheng.basics.calendar import calendar

Reader = Callable[..., Batch]

# Moves by about half a per cent a day, never the same digits twice.
CALM = [30000.0 + 150 * (-1) ** day + 7 * day for day in range(30)]


def left_out(read: Reader, collateral: Sequence[float]) -> list[int]:
    """Return the places of the figures that did not land."""
    days = calendar().sessions[6000 : 6000 + len(collateral)]
    rows = "".join(f"{day},{value},250\n" for day, value in zip(days, collateral, strict=True))
    batch = read("日期,担保物总价值(亿元),平均维持担保比例(%)\n" + rows)
    assert batch.facts.height == len(collateral)
    places: list[int] = batch.facts["collateral_total"].is_null().arg_true().to_list()
    assert batch.quarantine["row"].to_list() == [place + 2 for place in places]
    return places


def with_spike(at: int, value: float, base: Sequence[float] = CALM) -> list[float]:
    return [*base[:at], value, *base[at + 1 :]]


def test_an_exact_repeat_that_jumps_there_and_back_does_not_land(read: Reader) -> None:
    fallen = [*CALM[:12], *(value * 0.9 for value in CALM[12:])]
    stale = with_spike(16, CALM[10], fallen)
    assert left_out(read, stale) == [16]


def test_a_jump_that_repeats_nothing_lands(read: Reader) -> None:
    fallen = [*CALM[:12], *(value * 0.9 for value in CALM[12:])]
    assert left_out(read, with_spike(16, CALM[10] + 0.1, fallen)) == []


def test_a_repeat_without_a_jump_lands(read: Reader) -> None:
    assert left_out(read, with_spike(16, CALM[10])) == []


def test_a_jump_that_stays_lands(read: Reader) -> None:
    fallen = [*CALM[:12], *(value * 0.9 for value in CALM[12:16]), *CALM[6:20]]
    assert left_out(read, fallen) == []


def test_a_repeat_of_more_than_ten_sessions_ago_lands(read: Reader) -> None:
    fallen = [*CALM[:5], *(value * 0.9 for value in CALM[5:])]
    assert left_out(read, with_spike(16, CALM[4], fallen)) == []
    assert left_out(read, with_spike(14, CALM[4], fallen)) == [14]
