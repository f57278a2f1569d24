"""Terms that make no sense become Problems, one row each, and the other contracts go on."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import BookError, DataError, UsageError
from rongheng.market.derivatives.snowball import IndexMarket, check_contracts, read_contracts, read_market
from rongheng.market.derivatives.snowball.schedule import schedule
from tests.market.derivatives.snowball.worlds import PLAIN, START, contract, market

BAD: list[tuple[str, dict[str, Any], str]] = [
    ("knock_in_bp", {"knock_in_bp": 10_400}, "10400 is not under the knock-out"),
    ("maturity", {"maturity": START}, "2023-03-01 is past: the contract has ended"),
    ("maturity", {"maturity": date(2025, 3, 2)}, "2025-03-02 is no session"),
    ("start", {"start": date(2023, 2, 26)}, "2023-02-26 is no session"),
    ("start", {"start": date(2023, 3, 2)}, "2023-03-02 begins after the session"),
    ("observations", {"observations": "2023-10-02 2025-03-03"}, "2023-10-02 is no session"),
    ("observations", {"observations": "2023-10-09 2023-10-09 2025-03-03"}, "2023-10-09 is not after the observation"),
    ("observations", {"observations": "2023-10-09"}, "2023-10-09 the last observation must be the maturity"),
    ("observations", {"observations": "soon"}, "soon is no date such as 2025-01-10"),
    ("notional_milli", {"notional_milli": 0}, "0 must be more than 0"),
    ("initial_points", {"initial_points": float("nan")}, "NaN must be more than 0"),
    ("coupon_ppm", {"coupon_ppm": -1}, "-1 must not be negative"),
    ("index", {"index": "csi1000"}, "csi1000 is no index of the market file"),
    ("step_down_bp", {"kind": "step_down"}, "0 is what a step_down contract needs"),
    ("step_down_bp", {"step_down_bp": 50}, "50 belongs to step_down contracts alone"),
    ("step_down_bp", {"kind": "step_down", "step_down_bp": 150}, "150 takes the knock-out level under the knock-in"),
    ("floor_bp", {"kind": "protected", "floor_bp": 10_001}, "10001 must lie between 0 and the notional"),
    ("final_knock_out_bp", {"kind": "parachute", "final_knock_out_bp": 7_400}, "7400 is under the knock-in"),
    ("kind", {"kind": "phoenix"}, "phoenix expected one of classic, step_down"),
    ("initial_points", {"initial_points": None}, "nothing expected a number"),
]


@pytest.mark.parametrize(("column", "changed", "said"), BAD)
def test_a_contract_that_makes_no_sense_is_a_problem_and_the_others_go_on(
    column: str, changed: dict[str, Any], said: str
) -> None:
    rows = [PLAIN | {"contract_id": "good"}, PLAIN | {"contract_id": "bad"} | changed]
    checked = check_contracts(pl.DataFrame(rows, infer_schema_length=None), market(), where="test")
    assert checked.frame["contract_id"].to_list() == ["good"]
    (problem,) = checked.problems.rows(named=True)
    assert (problem["contract_id"], problem["row"], problem["column"]) == ("bad", 2, column)
    assert f"{problem['found']} {problem['reason_en']}".startswith(said)
    assert problem["reason_zh"]


def test_an_id_used_twice_leaves_both_out() -> None:
    checked = check_contracts(pl.DataFrame([PLAIN, PLAIN]), market(), where="test")
    assert not checked.frame.height
    assert checked.problems["row"].to_list() == [1, 2]


def test_an_unknown_column_is_refused_with_a_near_one() -> None:
    with pytest.raises(BookError, match="Did you mean 'knock_out_bp'"):
        check_contracts(pl.DataFrame([PLAIN | {"knock_out_b": 7_500}]), market(), where="test")


@pytest.mark.parametrize("volatility", [{243.0: -0.2}, {243.0: 0.0}, {}, {60.0: 0.4, 243.0: 0.1}])
def test_a_volatility_that_cannot_be_is_refused(volatility: dict[float, float]) -> None:
    with pytest.raises(DataError, match=r"volatility|variance"):
        IndexMarket("csi500", 100.0, volatility)


def test_observations_are_monthly_after_the_lock_up_and_move_to_the_next_session() -> None:
    days = schedule(contract()).day
    dates = [date(1970, 1, 1).toordinal() + int(day) for day in days]
    found = [date.fromordinal(day) for day in dates]
    # By hand: three months after 2023-03-01 is Thursday 06-01; 07-01 is a Saturday, 10-01 lies in the holidays
    # until 10-08, 2024-01-01 is New Year's Day; 24 months make 22 observations from the third month on.
    assert found[:2] == [date(2023, 6, 1), date(2023, 7, 3)]
    assert date(2023, 10, 9) in found
    assert date(2024, 1, 2) in found
    assert found[-1] == date(2025, 3, 3)
    assert len(found) == 22
    assert all(calendar().is_session(day) for day in found)


def test_a_start_at_the_end_of_a_month_is_observed_at_the_end_of_shorter_months() -> None:
    days = schedule(contract(start=date(2023, 1, 31), maturity=date(2023, 7, 31), lockup_months=1)).day
    # 28 February 2023 is a Tuesday; 30 April a Sunday in the holidays until 3 May.
    assert [date.fromordinal(date(1970, 1, 1).toordinal() + int(day)) for day in days] == [
        date(2023, 2, 28),
        date(2023, 3, 31),
        date(2023, 5, 4),
        date(2023, 5, 31),
        date(2023, 6, 30),
        date(2023, 7, 31),
    ]


def test_terms_change_from_one_observation_to_the_next() -> None:
    stepped = schedule(contract(kind="step_down", step_down_bp=50))
    assert stepped.barrier[:3].tolist() == [1.03, 1.025, 1.02]
    parachute = schedule(contract(kind="parachute", final_knock_out_bp=8_000))
    assert parachute.barrier[-2:].tolist() == [1.03, 0.8]
    early = schedule(contract(kind="early_coupon", early_coupon_ppm=250_000, early_months=12, coupon_ppm=50_000))
    # 2023-03-01 to 2024-03-01 is 366 days, to 2024-04-01 397.
    assert early.coupon[9] == pytest.approx(0.25 * 366 / 365)
    assert early.coupon[10] == pytest.approx(0.05 * 397 / 365)


MARKET = """
session: 2023-03-01
rate: 3%
discounting: trading
indices:
  中证500: {spot: "6_300", volatility: {3m: 18%, 1y: 20%}, futures: {2023-03-17: 6295, 2023-09-15: 6190}}
"""


def test_a_market_file_is_read_with_its_tenors_and_its_futures(tmp_path: Path) -> None:
    (tmp_path / "market.yaml").write_text(MARKET, encoding="utf-8")
    index = read_market(tmp_path / "market.yaml").indices["csi500"]
    assert dict(index.volatility) == {60.75: 0.18, 243.0: 0.2}
    sessions = calendar().count_between(date(2023, 3, 1), date(2023, 9, 15))
    grown = index.log_forward(pl.Series([sessions]).to_numpy(), year=243)
    assert grown[0] == pytest.approx(-0.01761455, abs=1e-7)  # x = 110/6300: -(x + x²/2 + x³/3)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("2023-03-01", "2023-03-04", "is no session"),
        ("18%", "-18%", "expected more than 0"),
        ("rate: 3%", "rate: 3", "expected a percentage"),
        ("中证500", "中证501", "no index is called"),
        ("2023-03-17", "2023-02-17", "expected a later day"),
        ("trading", "lunar", "calendar"),
        ("3m", "3q", "expected one such as 3m"),
    ],
)
def test_a_market_file_that_is_wrong_says_what_was_found(tmp_path: Path, old: str, new: str, said: str) -> None:
    (tmp_path / "market.yaml").write_text(MARKET.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError, match=said):
        read_market(tmp_path / "market.yaml")


def test_contracts_are_the_same_from_every_kind_of_file(tmp_path: Path) -> None:
    wanted = contract()
    wanted.write_csv(tmp_path / "book.csv")
    wanted.write_parquet(tmp_path / "book.parquet")
    (tmp_path / "book.yaml").write_text(
        "{contract: A, index: csi500, notional: 10_000_000 yuan, start: 2023-03-01, maturity: 2025-03-03, "
        "initial: 100, knock_out: 103%, knock_in: 75%, coupon: 15%}",
        encoding="utf-8",
    )
    for name in ("book.csv", "book.parquet", "book.yaml"):
        checked = check_contracts(read_contracts(tmp_path / name), market(), where=name)
        assert checked.frame.equals(wanted), name


def test_a_file_that_is_not_there_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no file"):
        read_contracts(tmp_path / "none.csv")
    (tmp_path / "book.txt").touch()
    with pytest.raises(UsageError, match="expected one of"):
        read_contracts(tmp_path / "book.txt")
