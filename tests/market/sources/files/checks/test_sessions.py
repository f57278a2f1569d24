"""Every fact is of a session; a date that lost its last digit is mended where one session alone can be meant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from rongheng.basics.batch import Batch
from rongheng.basics.errors import SourceChangedError

Reader = Callable[..., Batch]


def closes(*days: str) -> str:
    return "date,close\n" + "".join(f"{day},{3000 + number}\n" for number, day in enumerate(days))


def read_closes(read: Reader, *days: str) -> Batch:
    return read(closes(*days), index="csi300-tr")


def test_a_phantom_row_on_a_holiday_goes_to_quarantine(read: Reader) -> None:
    batch = read_closes(read, "2018-06-15", "2018-06-18", "2018-06-19")  # 18 June 2018: Dragon Boat Festival
    assert batch.quarantine.select("row", "column", "found", "reason").rows() == [
        (3, None, "2018-06-18", "2018-06-18 is not a trading day (Monday)")
    ]
    assert batch.facts["as_of"].to_list() == [date(2018, 6, 15), date(2018, 6, 19)]


@pytest.mark.parametrize("day", ["1990-12-18", "1985-01-02", "2199-01-02"])
def test_days_outside_the_calendar_go_to_quarantine(read: Reader, day: str) -> None:
    batch = read_closes(read, "2018-06-15", day)
    assert (batch.facts.height, batch.rows_quarantined) == (1, 1)


def test_a_row_without_a_date_goes_to_quarantine_and_a_blank_line_is_no_row(read: Reader) -> None:
    batch = read("date,close\n2018-06-15,3000\n\n  , \n某日,3001\n,3002\n", index="csi300-tr")
    assert batch.rows_read == 3
    assert batch.quarantine.select("row", "reason").rows() == [(5, "no date stands here"), (6, "no date stands here")]


def test_a_column_without_a_single_date_is_refused_with_the_styles_that_are_read(read: Reader) -> None:
    with pytest.raises(SourceChangedError, match=r"'date'.*'05/01/2026'.*20260105"):
        read_closes(read, "05/01/2026", "06/01/2026")


def test_clipped_dates_are_mended_from_their_neighbours_and_marked(read: Reader) -> None:
    days = ["2018-11-29", "2018-11-3", "2018-12-03", "2018-12-07", "2018-12-1", "2018-12-11", "2018-12-17", "2018-12-2"]
    batch = read_closes(read, *days, "2018-12-21")
    mended = batch.facts.filter(batch.facts["note"].is_not_null())
    # 2018-12-18 and -19 are missing too; of 18, 19 and 20 December only the 20th begins with "2018-12-2".
    assert mended["as_of"].to_list() == [date(2018, 11, 30), date(2018, 12, 10), date(2018, 12, 20)]
    assert mended["note"][0] == "date 2018-11-3 read as 2018-11-30"
    assert batch.rows_quarantined == 0
    assert any(notice.count == 3 and "2018-12-2 → 2018-12-20" in notice.text.en for notice in batch.notices)


def test_a_file_from_new_to_old_is_mended_likewise(read: Reader) -> None:
    batch = read_closes(read, "2018-12-03", "2018-11-3", "2018-11-29", "2018-11-05", "2018-11-02")
    assert date(2018, 11, 30) in batch.facts["as_of"].to_list()


def test_a_clipped_date_that_may_be_two_sessions_goes_to_quarantine(read: Reader) -> None:
    # Between the 9th and the 20th of November 2018 six sessions begin with "2018-11-1".
    batch = read_closes(read, "2018-11-09", "2018-11-1", "2018-11-20")
    assert batch.quarantine["found"].to_list() == ["2018-11-1"]


def test_a_clipped_date_without_a_neighbour_goes_to_quarantine(read: Reader) -> None:
    batch = read_closes(read, "2018-11-02", "2018-11-29", "2018-11-3")
    assert batch.quarantine["found"].to_list() == ["2018-11-3"]


def test_a_date_of_one_digit_between_its_neighbours_means_that_day(read: Reader) -> None:
    batch = read_closes(read, "2018-11-02", "2018-11-5", "2018-11-06")
    assert batch.facts["as_of"].to_list() == [date(2018, 11, 2), date(2018, 11, 5), date(2018, 11, 6)]
    assert batch.facts["note"].null_count() == 3


def test_a_file_that_never_pads_is_read_as_it_stands(read: Reader) -> None:
    batch = read_closes(read, "2018-11-1", "2018-11-2", "2018-11-5")
    assert batch.facts["as_of"].to_list() == [date(2018, 11, 1), date(2018, 11, 2), date(2018, 11, 5)]


def test_facts_are_known_from_the_publishers_hour_of_the_next_session(read: Reader) -> None:
    batch = read("日期,平均维持担保比例(%)\n2024-02-08,250\n")  # the last session before the Spring Festival of 2024
    assert batch.facts["known_at"].dt.convert_time_zone("Asia/Shanghai").dt.to_string("%F %R").to_list() == [
        "2024-02-19 18:00"
    ]
