"""A close that does not follow from the one before and the printed change is told; across a gap nothing is said."""

from __future__ import annotations

from collections.abc import Callable

from rongheng.basics.batch import Batch

Reader = Callable[..., Batch]

HEADER = "date,open,close,high,low,volume,amount,turn,pctChg\n"


def told(read: Reader, *lines: tuple[str, float, float]) -> int:
    rows = "".join(f"{day},{c},{c},{c},{c},1000,10000,1,{change}\n" for day, c, change in lines)
    batch = read(HEADER + rows, index="szse")
    assert batch.facts.height == len(lines)
    return sum(
        notice.count
        for notice in batch.notices
        if "pctChg" in notice.text.en and "closes that disagree" in notice.text.en
    )


def test_a_printed_change_that_agrees_is_silent(read: Reader) -> None:
    # 101 / 100 is 1 %; 102.01 / 101 is 1 %, printed a hundredth of a per cent off.
    assert told(read, ("2024-01-02", 100, 9.9), ("2024-01-03", 101, 1.0), ("2024-01-04", 102.01, 1.01)) == 0


def test_a_printed_change_that_disagrees_is_told_and_both_land(read: Reader) -> None:
    assert told(read, ("2024-01-02", 100, 0), ("2024-01-03", 101, 1.03)) == 1


def test_a_change_across_a_gap_is_not_a_days_change(read: Reader) -> None:
    assert told(read, ("2024-01-02", 100, 0), ("2024-01-04", 110, 1.0)) == 0
