"""Bad cells go to quarantine one by one, with what stood there; their rows land with what is left."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from rongheng.basics.batch import Batch
from rongheng.basics.errors import SourceChangedError

Reader = Callable[..., Batch]

HEADER = "日期,担保物总价值(亿元),平均维持担保比例(%)\n"


def test_a_cell_that_is_no_number_goes_to_quarantine_with_its_row_as_it_stood(read: Reader) -> None:
    batch = read(HEADER + "2024-01-02,约四万,250\n", name="a.csv")
    assert batch.facts.select("collateral_total", "maintenance_ratio").rows() == [(None, 2.5)]
    (kept,) = batch.quarantine.to_dicts()
    assert (kept["table"], kept["file"], kept["row"], kept["column"]) == (
        "account_daily",
        "a.csv",
        2,
        "担保物总价值(亿元)",
    )
    assert (kept["found"], kept["reason"], kept["sha256"]) == ("约四万", "no number", batch.sha256)
    assert json.loads(kept["raw"]) == {
        "日期": "2024-01-02",
        "担保物总价值(亿元)": "约四万",
        "平均维持担保比例(%)": "250",
    }


@pytest.mark.parametrize("count", ["97.5", "1e30", "-1e30", "9007199254740994"])
def test_a_count_that_is_no_whole_number_or_beyond_any_goes_to_quarantine(read: Reader, count: str) -> None:
    batch = read(f"日期,证券公司数量(家),平均维持担保比例(%)\n2024-01-02,{count},250\n2024-01-03,97,250\n")
    assert batch.facts["broker_count"].to_list() == [None, 97]
    assert batch.quarantine.select("found", "reason").rows() == [(count, "a count must be a whole number")]


@pytest.mark.parametrize("ratio", ["99.9", "600.1", "-250"])
def test_a_value_outside_the_bounds_of_its_column_goes_to_quarantine(read: Reader, ratio: str) -> None:
    batch = read(HEADER + f"2024-01-02,40000,{ratio}\n2024-01-03,40000,250\n")
    assert batch.facts["maintenance_ratio"].to_list() == [None, 2.5]
    assert batch.quarantine["found"].to_list() == [ratio]


@pytest.mark.parametrize("ratio", ["100", "600"])
def test_a_value_on_the_bounds_lands(read: Reader, ratio: str) -> None:
    assert read(HEADER + f"2024-01-02,40000,{ratio}\n").facts["maintenance_ratio"].to_list() == [float(ratio) / 100]


def test_a_whole_column_out_of_bounds_speaks_of_the_unit(read: Reader) -> None:
    rows = "".join(f"2024-01-0{day},40000,2.5\n" for day in (2, 3, 4, 5, 8))  # fractions under a header that says %
    with pytest.raises(SourceChangedError, match="median of '平均维持担保比例"):
        read(HEADER + rows)


def test_a_row_of_which_nothing_is_left_goes_to_quarantine_whole(read: Reader) -> None:
    batch = read("date,close\n2024-01-02,0\n2024-01-03,3000\n2024-01-04,--\n", index="csi300-tr")
    whole = batch.quarantine.filter(batch.quarantine["column"].is_null())
    assert whole.select("row", "reason").rows() == [
        (2, "no value of this row can be right"),
        (4, "no value stands in this row"),
    ]
    assert batch.facts.height == 1


def test_an_index_is_never_at_zero(read: Reader) -> None:
    batch = read("date,open,close\n2024-01-02,0,3000\n", index="csi300-tr")
    assert batch.facts["open"].to_list() == [None]
    assert batch.quarantine["column"].to_list() == ["open"]


def test_a_column_that_the_file_does_not_have_is_not_stated(read: Reader) -> None:
    assert read(HEADER + "2024-01-02,,250\n").stated == ("collateral_total", "maintenance_ratio")
