"""Repetitions count once, contradictions do not land, and no row disappears."""

from __future__ import annotations

from collections.abc import Callable

from rongheng.basics.batch import Batch

Reader = Callable[..., Batch]

HEADER = "日期,担保物总价值(亿元),平均维持担保比例(%)\n"


def test_a_history_that_stands_twice_lands_once(read: Reader) -> None:
    rows = "2024-01-02,40000,250\n2024-01-03,41000,251\n"
    batch = read(HEADER + rows + rows)
    assert (batch.rows_read, batch.facts.height, batch.rows_repeated, batch.rows_quarantined) == (4, 2, 2, 0)


def test_rows_that_contradict_each_other_all_go_to_quarantine(read: Reader) -> None:
    batch = read(HEADER + "2024-01-02,40000,250\n2024-01-03,41000,251\n2024-01-02,40001,250\n2024-01-02,40000,250\n")
    assert batch.facts["as_of"].dt.to_string("%F").to_list() == ["2024-01-03"]
    reason = "rows 2, 4 contradict each other in collateral_total"
    assert batch.quarantine.select("row", "reason").rows() == [(2, reason), (4, reason)]
    assert (batch.rows_read, batch.rows_repeated) == (4, 1)


def test_rows_that_fill_each_others_blanks_are_one_fact(read: Reader) -> None:
    batch = read(HEADER + "2024-01-02,40000,--\n2024-01-02,,250\n")
    assert batch.facts.select("collateral_total", "maintenance_ratio").rows() == [(4e12, 2.5)]
    assert batch.rows_repeated == 1


def test_rows_of_two_indices_on_one_day_are_two_facts(read: Reader) -> None:
    batch = read("date,code,close\n2024-01-02,399001,9000\n2024-01-02,000985,9000\n")
    assert (batch.facts.height, batch.rows_repeated) == (2, 0)


def test_every_row_is_a_fact_a_repetition_or_in_quarantine(read: Reader) -> None:
    rows = (
        "2024-01-02,40000,250\n2024-01-02,40000,250\n2024-01-06,1,250\n2024-01-04,x,\n2024-01-05,,\n2024-01-08,1,2,3\n"
        "2024-01-09,41000,250\n2024-01-10,41000,250\n"
    )
    batch = read(HEADER + rows)
    assert (batch.rows_read, batch.facts.height, batch.rows_repeated, batch.rows_quarantined) == (8, 3, 1, 4)
    assert batch.quarantine.filter(batch.quarantine["column"].is_not_null())["found"].to_list() == ["x"]
