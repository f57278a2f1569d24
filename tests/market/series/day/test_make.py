"""A market day from a lake: what each column is, what stays unknown and is counted, and that nothing later shows."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from rongheng.basics.calendar import SHANGHAI, at, calendar
from rongheng.basics.errors import MissingDataError, UsageError
from rongheng.basics.grades import Grade
from rongheng.market.series.day import MadeDay, by_board, make_day
from rongheng.market.store import Lake
from tests.depth import examples
from tests.market.series.day.lakes import bar, lake_of, land, sessions_before, untraded

DAY = date(2024, 2, 5)
BEFORE = date(2024, 2, 2)
A, B, C = "600000.SH", "300750.SZ", "688981.SH"


def row(made: MadeDay, security: str) -> dict[str, Any]:
    (found,) = made.day.securities.filter(security=security).iter_rows(named=True)
    return found


def unknown(made: MadeDay, column: str) -> tuple[int, str | None]:
    (found,) = made.parts.filter(column=column).select("unknown", "grade").iter_rows()
    return found


def test_a_bar_gives_price_previous_close_and_limits(tmp_path: Path) -> None:
    bars = [bar(BEFORE, A, 10_050), bar(DAY, A, 9_050, previous_close_milli=10_050)]
    found = row(make_day(lake_of(tmp_path / "lake", {"security_bars": bars}), DAY), A)
    assert (found["price_milli"], found["previous_close_milli"]) == (9_050, 10_050)
    assert (found["low_limit_milli"], found["high_limit_milli"]) == (9_050, 11_060)
    assert (found["board"], found["suspended"], found["last_traded"]) == ("main", False, DAY)


def test_the_close_before_stands_in_for_an_unprinted_one_unless_the_share_may_have_gone_ex(tmp_path: Path) -> None:
    bars = [
        *[bar(BEFORE, code, 10_000, factor=1.0) for code in (A, B)],
        bar(DAY, A, 10_100, factor=1.0),
        bar(DAY, B, 5_000, factor=2.0),
        bar(calendar().offset(DAY, -2), C, 50_000),  # no bar of the session between
        bar(DAY, C, 51_000),
    ]
    listed = [{"as_of": date(2022, 1, 4), "security": code, "status": "listed"} for code in (A, B, C)]
    made = make_day(lake_of(tmp_path / "lake", {"security_bars": bars, "security_status": listed}), DAY)
    assert [row(made, code)["previous_close_milli"] for code in (A, B, C)] == [10_000, None, None]
    assert unknown(made, "previous_close_milli") == (2, "derived")
    assert unknown(made, "high_limit_milli") == (2, "derived")


def test_a_session_without_a_trade_and_one_without_a_bar_are_suspensions(tmp_path: Path) -> None:
    days = sessions_before(DAY, 4)
    bars = [
        bar(days[0], A, 10_000), untraded(days[1], A, 10_000), untraded(days[2], A, 10_000), untraded(DAY, A, 10_000),
        bar(days[1], B, 20_000),
        *[bar(day, C, 30_000) for day in days],
    ]  # fmt: skip
    made = make_day(lake_of(tmp_path / "lake", {"security_bars": bars}), DAY)
    assert [(row(made, code)["suspended"], row(made, code)["last_traded"]) for code in (A, B, C)] == [
        (True, days[0]),
        (True, days[1]),
        (False, DAY),
    ]
    assert [row(made, code)["price_milli"] for code in (A, B, C)] == [10_000, 20_000, 30_000]
    assert row(made, B)["previous_close_milli"] == 20_000
    assert made.carried == 1
    assert by_board(made.day).row(-1, named=True)["suspended"] == 2


def test_a_delisted_share_and_one_without_a_bar_for_a_year_are_gone(tmp_path: Path) -> None:
    long_ago = calendar().offset(DAY, -251)
    facts = {
        "security_bars": [bar(BEFORE, A, 1_000), bar(long_ago, B, 1_000), bar(DAY, C, 1_000)],
        "security_status": [{"as_of": DAY, "security": A, "status": "delisted"}],
    }
    made = make_day(lake_of(tmp_path / "lake", facts), DAY)
    assert made.day.securities["security"].to_list() == [C]


def test_the_average_amount_is_of_twenty_sessions(tmp_path: Path) -> None:
    days = sessions_before(DAY, 25)
    bars = [bar(day, A, 10_000, amount=1e6 * number) for number, day in enumerate(days)]
    bars += [bar(day, B, 10_000, high_milli=11_000, low_milli=9_001) for day in days[:-1]] + [untraded(DAY, B, 10_000)]
    bars += [bar(day, C, 10_000, amount=5e6) for day in days[-2:]]  # listed two sessions ago
    made = make_day(lake_of(tmp_path / "lake", {"security_bars": bars}), DAY)
    # A: the mean of 5 … 24 million is 14.5 million.
    assert row(made, A)["average_amount_milli"] == 14_500_000_000
    # B: 1,000,000 × (11,000 + 9,001 + 10,000) // 3 = 10,000,333,333 on 19 of 20 days.
    assert row(made, B)["average_amount_milli"] == 19 * 10_000_333_333 // 20
    assert row(made, C)["average_amount_milli"] == 5_000_000_000
    assert unknown(made, "average_amount_milli") == (0, "estimated")


def test_the_index_method_moves_a_suspended_share_with_its_board_and_never_up(tmp_path: Path) -> None:
    days = sessions_before(DAY, 3)
    bars = [bar(days[0], code, 10_010) for code in (A, B, C)] + [untraded(DAY, code, 10_010) for code in (A, B, C)]
    levels = [
        {"as_of": days[0], "index": "000001.SSE", "close": 3000.00, "grade": "official"},
        {"as_of": DAY, "index": "000001.SSE", "close": 2700.01, "grade": "official"},
        {"as_of": days[0], "index": "399006.SZSE", "close": 1500.00, "grade": "official"},
        {"as_of": DAY, "index": "399006.SZSE", "close": 1600.00, "grade": "official"},
    ]
    made = make_day(lake_of(tmp_path / "lake", {"security_bars": bars, "index_daily": levels}), DAY)
    # 10.010 × 2700.01 / 3000 = 9.00903…, down to 9.009; the ChiNext index rose; of STAR 50 there is no level.
    assert [row(made, code)["index_price_milli"] for code in (A, B, C)] == [9_009, 10_010, None]
    assert unknown(made, "index_price_milli") == (1, "estimated")


def test_the_last_list_of_its_markets_index_decides_the_class(tmp_path: Path) -> None:
    facts = {
        "security_bars": [bar(DAY, A, 10_000), bar(DAY, "600001.SH", 5_000), bar(DAY, B, 10_000)],
        "index_members": [
            {"as_of": date(2023, 6, 12), "index": "000010.SSE", "security": "600001.SH", "is_member": True},
            {"as_of": date(2023, 12, 11), "index": "000010.SSE", "security": A, "is_member": True},
            {"as_of": date(2023, 12, 11), "index": "000300.CSI", "security": B, "is_member": True},
        ],
    }
    made = make_day(lake_of(tmp_path / "lake", facts), DAY)
    found = {code: (row(made, code)["class"], row(made, code)["haircut_cap_bp"]) for code in (A, "600001.SH", B)}
    assert found == {A: ("index_share", 7_000), "600001.SH": ("other_share", 6_500), B: ("other_share", 6_500)}


def test_a_warning_takes_the_cap_and_narrows_the_limit(tmp_path: Path) -> None:
    facts = {
        "security_bars": [bar(DAY, A, 2_000, previous_close_milli=2_000)],
        "security_status": [
            {"as_of": date(2020, 1, 2), "security": A, "status": "normal"},
            {"as_of": BEFORE, "security": A, "status": "risk_warned"},
        ],
    }
    lake = lake_of(tmp_path / "lake", facts)
    found = row(make_day(lake, DAY), A)
    assert (found["listing"], found["haircut_cap_bp"], found["high_limit_milli"]) == ("risk_warned", 0, 2_100)
    assert unknown(make_day(lake, DAY), "listing") == (0, "official")


def test_a_share_is_registered_by_the_day_on_which_it_was_listed(tmp_path: Path) -> None:
    codes = [A, "601000.SH", B, "301001.SZ", C, "000001.SZ"]
    listed = {
        A: date(1999, 11, 10),
        "601000.SH": date(2023, 4, 10),
        B: date(2018, 6, 11),
        "301001.SZ": date(2020, 8, 24),
    }
    facts = {
        "security_bars": [bar(BEFORE, code, 10_000) for code in codes] + [bar(DAY, code, 10_000) for code in codes],
        "security_status": [{"as_of": day, "security": code, "status": "listed"} for code, day in listed.items()],
    }
    made = make_day(lake_of(tmp_path / "lake", facts), DAY)
    assert [row(made, code)["registered"] for code in codes] == [False, True, False, True, True, None]


def test_the_static_pe_of_the_last_review_takes_the_cap(tmp_path: Path) -> None:
    friday = date(2024, 2, 2)  # the test at the end of the week works from Monday
    facts = {
        "security_bars": [bar(DAY, code, 10_000) for code in (A, B, C)],
        "security_valuations": [
            {"as_of": friday, "security": A, "static_pe": 300.0},
            {"as_of": friday, "security": B, "static_pe": 299.99},
            {"as_of": DAY, "security": B, "static_pe": -5.0},  # tested next Friday, and printed late in the evening
        ],
    }
    lake = lake_of(tmp_path / "lake", facts)
    made = make_day(lake, DAY)
    assert [row(made, code)["haircut_cap_bp"] for code in (A, B, C)] == [0, 6_500, 6_500]
    assert [row(made, code)["static_pe_hundredths"] for code in (A, B, C)] == [30_000, 29_999, None]
    tomorrow = make_day(lake, DAY, known_at=at(calendar().offset(DAY, 1), time(9, 0)))
    assert [row(tomorrow, code)["static_pe_hundredths"] for code in (A, B, C)] == [30_000, -500, None]


def test_lists_of_the_exchange_go_before_what_is_assumed(tmp_path: Path) -> None:
    bars = [bar(DAY, code, 10_000) for code in (A, "600001.SH", B)]
    flag = {"as_of": BEFORE, "security": A, "is_collateral": True, "financing_allowed": True, "short_allowed": False}
    made = make_day(lake_of(tmp_path / "lake", {"security_bars": bars, "security_flags": [flag]}), DAY)
    names = ("is_collateral", "financing_allowed", "short_allowed")
    assert [row(made, A)[name] for name in names] == [True, True, False]
    assert [row(made, "600001.SH")[name] for name in names] == [False, False, False]  # not on the list of its exchange
    assert unknown(made, "financing_allowed") == (1, "estimated")  # of Shenzhen there is no list


def test_float_shares_follow_from_volume_and_turnover(tmp_path: Path) -> None:
    days = sessions_before(DAY, 3)
    facts = {
        "security_bars": [bar(day, A, 10_000, volume_shares=2e6, factor=1.0) for day in days],
        "security_valuations": [{"as_of": day, "security": A, "turnover_rate": 0.02} for day in days],
    }
    made = make_day(lake_of(tmp_path / "lake", facts), DAY)
    assert row(made, A)["float_shares"] == 100_000_000
    assert unknown(made, "float_shares") == (0, "estimated")


def test_a_snapshot_of_the_session_brings_what_has_no_bar(tmp_path: Path) -> None:
    snapshot = {"as_of": DAY, "security": B, "close_milli": 9_000, "change": -0.1, "volume_shares": 1e6}
    snapshot |= {"float_shares": 1e8, "average_amount": 2.5e7, "grade": "estimated"}
    facts = {"security_bars": [bar(DAY, A, 10_000)], "security_snapshots": [snapshot]}
    made = make_day(lake_of(tmp_path / "lake", facts), DAY)
    found = row(made, B)
    assert (found["price_milli"], found["previous_close_milli"]) == (9_000, 10_000)
    assert (found["float_shares"], found["average_amount_milli"]) == (100_000_000, 25_000_000_000)
    assert made.day.grade is Grade.ESTIMATED


def test_simulated_prices_make_a_simulated_day(tmp_path: Path) -> None:
    made = make_day(lake_of(tmp_path / "lake", {"security_bars": [bar(DAY, A, 10_000, grade="simulated")]}), DAY)
    assert made.day.grade is Grade.SIMULATED


def test_levels_of_the_session_stand_by_their_keys(tmp_path: Path) -> None:
    levels = [
        {"as_of": DAY, "index": "000300.CSI", "close": 3200.42},
        {"as_of": BEFORE, "index": "000905.CSI", "close": 4.0},
    ]
    made = make_day(lake_of(tmp_path / "lake", {"security_bars": [bar(DAY, A, 10_000)], "index_daily": levels}), DAY)
    assert made.day.indices == (("csi300", 3200.42),)


def test_a_day_without_prices_says_what_the_lake_has(tmp_path: Path) -> None:
    lake = lake_of(tmp_path / "lake", {"security_bars": [bar(BEFORE, A, 10_000)]})
    with pytest.raises(MissingDataError, match="reach from 2024-02-02 to 2024-02-02"):
        make_day(lake, DAY)
    with pytest.raises(UsageError, match="2024-02-04 is no trading day; the session before it is 2024-02-02"):
        make_day(lake, date(2024, 2, 4))


def test_before_the_close_nothing_of_the_session_is_known(tmp_path: Path) -> None:
    lake = lake_of(tmp_path / "lake", {"security_bars": [bar(BEFORE, A, 10_000), bar(DAY, A, 9_000)]})
    with pytest.raises(MissingDataError, match="known at 2024-02-05 15:00"):
        make_day(lake, DAY, known_at=datetime(2024, 2, 5, 15, tzinfo=SHANGHAI))


LATER = st.integers(1, 40).map(lambda count: calendar().offset(DAY, count))


@settings(max_examples=examples(5), phases=[Phase.explicit, Phase.reuse, Phase.generate])  # each makes a lake
@given(
    days=st.lists(LATER, min_size=1, max_size=4, unique=True),
    close=st.integers(1, 10**6),
    status=st.sampled_from(["risk_warned", "delisting", "delisted"]),
)
def test_nothing_of_a_later_session_changes_a_day(
    tmp_path_factory: pytest.TempPathFactory, days: list[date], close: int, status: str
) -> None:
    lake = _world(tmp_path_factory.mktemp("lakes") / "lake")
    before = make_day(lake, DAY)
    land(
        lake,
        {
            "security_bars": [bar(day, code, close, factor=9.0) for day in days for code in (A, "600002.SH")],
            "security_status": [{"as_of": days[0], "security": A, "status": status}],
            "security_flags": [{"as_of": day, "security": A, "financing_allowed": False} for day in days],
            "index_members": [{"as_of": days[0], "index": "000010.SSE", "security": B, "is_member": True}],
            "security_valuations": [{"as_of": day, "security": A, "static_pe": -1.0} for day in days],
            "security_snapshots": [{"as_of": days[0], "security": B, "close_milli": close, "float_shares": 1.0}],
            "index_daily": [{"as_of": day, "index": "000001.SSE", "close": float(close)} for day in days],
        },
    )
    after = make_day(lake, DAY)
    assert after.day.securities.equals(before.day.securities)
    assert after.day.indices == before.day.indices
    assert after.parts.equals(before.parts)


def test_a_correction_shows_only_to_who_asks_for_today(tmp_path: Path) -> None:
    lake = _world(tmp_path / "lake")
    land(lake, {"security_bars": [bar(DAY, A, 12_340)]})
    assert row(make_day(lake, DAY), A)["price_milli"] == 10_100
    tomorrow = datetime.now(SHANGHAI) + timedelta(days=1)
    assert row(make_day(lake, DAY, known_at=tomorrow), A)["price_milli"] == 12_340


def _world(folder: Path) -> Lake:
    return lake_of(
        folder,
        {
            "security_bars": [bar(BEFORE, A, 10_000), bar(DAY, A, 10_100), bar(DAY, B, 150_000)],
            "index_members": [{"as_of": date(2023, 12, 11), "index": "000010.SSE", "security": A, "is_member": True}],
            "index_daily": [{"as_of": DAY, "index": "000001.SSE", "close": 2702.19}],
        },
    )


def test_printed_float_shares_stand_until_the_share_goes_ex(tmp_path: Path) -> None:
    facts = {
        "security_bars": [
            *(bar(BEFORE, code, 10_000, factor=1.0) for code in (A, B)),
            bar(DAY, A, 10_000, factor=1.0),
            bar(DAY, B, 5_000, factor=2.0),
        ],
        "security_valuations": [{"as_of": BEFORE, "security": code, "float_shares": 5e6} for code in (A, B)],
    }
    made = make_day(lake_of(tmp_path / "lake", facts), DAY)
    assert [row(made, code)["float_shares"] for code in (A, B)] == [5_000_000, None]
