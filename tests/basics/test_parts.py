"""A table is written part by part: every row, in order, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from rongheng.basics.parts import write_parts


def _parts(count: int, asked: list[int]) -> Iterator[pl.DataFrame]:
    for number in range(count):
        asked.append(number)
        yield pl.DataFrame({"part": [number] * 3, "name": [f"{number}-{row}" for row in range(3)]})


def test_parts_follow_one_another_and_none_is_lost(tmp_path: Path) -> None:
    asked: list[int] = []
    write_parts(_parts(50, asked), tmp_path / "table.parquet")
    written = pl.read_parquet(tmp_path / "table.parquet")
    assert asked == list(range(50))
    assert written["name"].to_list() == [f"{number}-{row}" for number in range(50) for row in range(3)]
    assert [path.name for path in tmp_path.iterdir()] == ["table.parquet"]


def test_a_part_that_fails_leaves_what_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    write_parts(_parts(1, []), path)

    def broken() -> Iterator[pl.DataFrame]:
        yield from _parts(2, [])
        raise RuntimeError("no more")

    with pytest.raises(Exception, match="no more"):
        write_parts(broken(), path)
    assert pl.read_parquet(path).height == 3
    assert [path.name for path in tmp_path.iterdir()] == ["table.parquet"]
