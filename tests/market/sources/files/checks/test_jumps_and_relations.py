"""What is unusual is told and lands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rongheng.basics.batch import Batch

Reader = Callable[..., Batch]


def told(batch: Batch, words: str) -> int:
    assert batch.quarantine.height == 0
    return sum(notice.count for notice in batch.notices if words in notice.text.en)


@pytest.mark.parametrize(("second", "count"), [("43999", 0), ("44001", 1), ("36001", 0), ("35999", 1)])
def test_collateral_that_moves_by_more_than_a_tenth_is_told(read: Reader, second: str, count: int) -> None:
    batch = read(f"日期,担保物总价值(亿元)\n2024-01-02,40000\n2024-01-03,{second}\n")
    assert told(batch, "changes of more than 10%") == count


@pytest.mark.parametrize(("second", "count"), [("275", 0), ("275.1", 1)])
def test_a_ratio_that_moves_by_more_than_25_points_is_told(read: Reader, second: str, count: int) -> None:
    batch = read(f"日期,平均维持担保比例(%)\n2024-01-02,250\n2024-01-03,{second}\n")
    assert told(batch, "changes of more than 25%") == count


def test_a_jump_across_a_gap_is_not_a_sessions_jump(read: Reader) -> None:
    assert told(read("日期,担保物总价值(亿元)\n2024-01-02,40000\n2024-01-04,50000\n"), "changes of more") == 0


@pytest.mark.parametrize(("ratio", "count"), [("250", 0), ("251", 1)])
def test_the_collateral_of_the_indebted_is_part_of_all_collateral(read: Reader, ratio: str, count: int) -> None:
    # 250 % of a debt of 16,000 is 40,000.
    header = "日期,融资余额(亿元),融券余额(亿元),担保物总价值(亿元),平均维持担保比例(%)\n"
    assert told(read(f"{header}2024-01-02,15000,1000,40000,{ratio}\n"), "ratio × debt") == count


@pytest.mark.parametrize(
    ("name", "words"), [("有融资融券负债的投资者数量", "with debt"), ("参与交易的投资者数量", "who traded")]
)
@pytest.mark.parametrize(("part", "count"), [("110", 0), ("111", 1)])
def test_some_investors_are_not_more_than_all(read: Reader, name: str, words: str, part: str, count: int) -> None:
    header = f"日期,个人投资者数量(名),机构投资者数量(家),{name}(名)\n"
    assert told(read(f"{header}2024-01-02,100,10,{part}\n"), words) == count
