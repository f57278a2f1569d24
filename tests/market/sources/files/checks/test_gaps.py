"""Sessions that are not in the file are told and never filled."""

from __future__ import annotations

from collections.abc import Callable

from rongheng.basics.batch import Batch

Reader = Callable[..., Batch]


def gaps(batch: Batch) -> list[int]:
    return [notice.count for notice in batch.notices if "not in the file" in notice.text.en]


def test_missing_sessions_are_counted_with_examples(read: Reader) -> None:
    batch = read("date,close\n2024-01-02,1\n2024-01-05,2\n", index="csi300-tr")
    assert gaps(batch) == [2]
    assert any("2024-01-03, 2024-01-04" in notice.text.zh for notice in batch.notices)
    assert batch.facts.height == 2


def test_weekends_and_holidays_are_no_gap(read: Reader) -> None:
    assert gaps(read("date,close\n2024-02-08,1\n2024-02-19,2\n", index="csi300-tr")) == []


def test_each_index_has_its_own_gaps(read: Reader) -> None:
    content = "date,code,close\n2024-01-02,399001,1\n2024-01-04,399001,1\n2024-01-03,000985,1\n2024-01-04,000985,1\n"
    assert gaps(read(content)) == [1]
