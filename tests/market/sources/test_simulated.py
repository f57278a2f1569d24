"""The simulated market: whatever the seed, it keeps its books and passes through the printed figures."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import UsageError
from rongheng.market.sources.simulated import SOURCE, simulated_market
from rongheng.market.sources.simulated.bridge import condition, level, lift_mean, mirror_above, random_walk

# A pool of seeds, so that the laws share their markets; `make test-long` draws from all of them.
seeds = st.sampled_from(range(5))
few = settings(deadline=None)


@lru_cache(maxsize=8)
def tables(seed: int = 7) -> dict[str, pl.DataFrame]:
    return {batch.table.name: batch.facts for batch in simulated_market(seed=seed)}


def at(frame: pl.DataFrame, day: str, column: str) -> float:
    return float(frame.filter(pl.col("as_of") == date.fromisoformat(day))[column].item())


def bars(index: str, seed: int = 7) -> pl.DataFrame:
    return tables(seed)["index_daily"].filter(pl.col("index") == index)


def closes(index: str, seed: int = 7) -> pl.DataFrame:
    return bars(index, seed).select("as_of", "close")


def test_every_fact_is_graded_simulated_and_stands_on_a_session() -> None:
    sessions = set(calendar().between(date(2012, 9, 27), date(2025, 3, 21)))
    for batch in simulated_market():
        assert batch.source == SOURCE
        assert set(batch.facts["grade"]) == {"simulated"}
        days = set(batch.facts["as_of"])
        assert days <= sessions
        if batch.table.daily:
            assert days == {session for session in sessions if session >= min(days)}
        assert not batch.facts.select(batch.table.identity).is_duplicated().any()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not() -> None:
    random = [[one for one in simulated_market(seed=seed) if one.table.daily] for seed in (3, 3, 4)]
    digests = [[batch.sha256 for batch in batches] for batches in random]
    assert digests[0] == digests[1]
    assert not set(digests[0]) & set(digests[2])


def test_an_earlier_last_day_cuts_the_same_market_short() -> None:
    for whole, cut in zip(simulated_market(), simulated_market(last=date(2016, 2, 7)), strict=False):
        assert cut.facts["as_of"].max() == date(2016, 2, 5)  # 2016-02-07 is a Sunday
        assert cut.facts.equals(whole.facts.filter(pl.col("as_of") <= date(2016, 2, 5)))


def test_a_last_day_before_the_first_statistics_is_refused() -> None:
    with pytest.raises(UsageError, match="begins on 2012-09-27"):
        simulated_market(last=date(2012, 9, 26))


@given(seeds)
@few
def test_balances_add_up_to_the_last_yuan(seed: int) -> None:
    summary = tables(seed)["margin_summary"]
    balance, buys, repaid = (summary[name] for name in ("financing_balance", "financing_buys", "financing_repaid"))
    assert (balance - balance.shift(1) - buys + repaid).drop_nulls().abs().max() == 0
    assert (repaid.drop_nulls() > 0).all()
    assert (summary["margin_balance"] == balance + summary["short_balance"]).all()
    shares = summary["short_shares"]
    moved = summary["short_sold_shares"] - summary["short_returned_shares"]
    assert (shares - shares.shift(1) - moved).drop_nulls().abs().max() == 0


@given(seeds)
@few
def test_collateral_is_cash_and_securities_and_covers_what_stands_behind_the_debt(seed: int) -> None:
    account = tables(seed)["account_daily"]
    debt = account["financing_balance"] + account["short_balance"]
    total = account["collateral_total"]
    assert (total == account["collateral_cash"] + account["collateral_securities"]).all()
    assert (total >= account["maintenance_ratio"] * debt).all()
    assert (account["indebted_count"] <= account["individual_count"]).all()
    assert (account["active_count"] <= account["individual_count"]).all()


@given(seeds)
@few
def test_bars_contain_their_closes_and_nothing_is_missing(seed: int) -> None:
    index = tables(seed)["index_daily"]
    assert (index["high"] >= pl.Series(index.select(pl.max_horizontal("open", "close")))).all()
    assert (index["low"] <= pl.Series(index.select(pl.min_horizontal("open", "close")))).all()
    for frame in tables(seed).values():
        numbers = frame.select(pl.selectors.float())
        assert not any(column.is_nan().any() or column.is_infinite().any() for column in numbers)
    assert index.drop("note").null_count().sum_horizontal().item() == 0


@given(seeds)
@few
def test_the_ratio_passes_through_the_printed_lows_and_highs(seed: int) -> None:
    account = tables(seed)["account_daily"]
    printed = {"2013-06-24": 2.0881, "2016-01-28": 2.255, "2018-10-18": 2.156, "2022-04-26": 2.351}
    printed |= {"2024-02-01": 2.293, "2024-02-05": 2.22, "2024-09-18": 2.306, "2024-09-23": 2.3414}
    printed |= {"2024-10-08": 2.998, "2025-01-10": 2.4895, "2025-03-21": 2.6754}
    for day, ratio in printed.items():
        assert at(account, day, "maintenance_ratio") == pytest.approx(ratio, abs=5e-6), day
    assert account["maintenance_ratio"].min() == pytest.approx(2.0881, abs=1e-6)  # "all-time low"
    mean = account.filter(pl.col("as_of").dt.year() == 2023)["maintenance_ratio"].mean()
    assert mean == pytest.approx(2.6994, abs=5e-6)


@given(seeds)
@few
def test_balances_and_shares_pass_through_the_printed_ones(seed: int) -> None:
    account, yi = tables(seed)["account_daily"], 1e8
    financing = {"2024-12-12": 18_213.22 + 613.34, "2025-01-06": 18_213.22, "2025-01-03": 18_213.22 + 80.49}
    financing |= {"2023-12-13": 15_999, "2024-02-01": 14_891}
    financing |= {"2024-12-30": 18_213.22 + 80.49 + 177.52 + 70.22 + 155.63}
    for day, balance in financing.items():
        assert at(account, day, "financing_balance") == pytest.approx(balance * yi, abs=1_000), day
    market = tables(seed)["market_daily"].group_by("as_of").agg(pl.col("amount", "float_cap").sum())
    joined = account.join(market, on="as_of").with_columns(month=pl.col("as_of").dt.strftime("%Y-%m"))
    by_month = joined.group_by("month").agg(pl.col("financing_buys").sum() / pl.col("amount").sum())
    shares = dict(by_month.iter_rows())
    assert shares["2015-02"] == pytest.approx(0.17, abs=1e-9)
    assert shares["2024-12"] == pytest.approx(0.092, abs=1e-9)
    margin = pl.col("financing_balance") + pl.col("short_balance")
    february = joined.filter(pl.col("month") == "2019-02").select((margin / pl.col("float_cap")).min()).item()
    assert february == pytest.approx(0.0182, abs=1e-9)


@given(seeds)
@few
def test_index_closes_are_the_printed_points(seed: int) -> None:
    sse = closes("000001.SSE", seed)
    printed = {"2013-06-27": 1950.01, "2016-01-28": 2655.66, "2018-10-18": 2486.42, "2019-01-03": 2464.36}
    printed |= {"2022-04-26": 2886.43, "2022-10-31": 2893.48, "2024-01-22": 2756.34, "2024-02-01": 2770.74}
    for day, close in printed.items():
        assert at(sse, day, "close") == close
    of_2022 = sse.filter(pl.col("as_of").dt.year() == 2022)["close"]
    assert of_2022.min() == 2886.43  # "lowest close of 2022"
    since_2023 = sse.filter(pl.col("as_of").is_between(date(2023, 1, 1), date(2024, 2, 1)))["close"]
    assert since_2023.sort().head(2).to_list() == [2756.34, 2770.74]  # "second low since 2023"
    stage = bars("000852.CSI", seed).filter(pl.col("as_of").is_between(date(2024, 10, 15), date(2025, 1, 6)))
    assert (stage["high"].max(), stage["low"].min()) == (6616.16, 5561.9)


@given(seeds)
@few
def test_the_indices_lie_lowest_where_the_chart_has_them(seed: int) -> None:
    lags = {("2024-02-05", "000300.CSI"): -1, ("2024-09-18", "000985.CSI"): -1, ("2024-09-18", "000852.CSI"): 0}
    lags |= {("2025-01-10", "000300.CSI"): 6, ("2025-01-10", "000905.CSI"): 1, ("2016-01-28", "000905.CSI"): 0}
    for (day, index), lag in lags.items():
        frame = closes(index, seed)
        low = frame["as_of"].index_of(date.fromisoformat(day))
        assert low is not None
        near = frame["close"][low - 10 : low + 11]
        assert near.arg_min() == 10 + lag, (day, index)


@given(seeds)
@few
def test_seven_session_moves_are_the_printed_ones(seed: int) -> None:
    account = tables(seed)["account_daily"]

    def moved(frame: pl.DataFrame, day: str, column: str, sessions: int) -> float:
        position = frame["as_of"].index_of(date.fromisoformat(day))
        assert position is not None
        return float(frame[column][position] / frame[column][position - sessions] - 1)

    assert moved(account, "2024-10-08", "maintenance_ratio", 7) == pytest.approx(0.282, abs=5e-5)
    assert moved(closes("000985.CSI", seed), "2024-10-08", "close", 7) == pytest.approx(0.353, abs=5e-5)
    assert moved(closes("000852.CSI", seed), "2024-02-05", "close", 7) == pytest.approx(-0.192, abs=5e-5)
    assert moved(account, "2018-10-18", "collateral_cash", 7) == pytest.approx(0.106, abs=5e-5)
    assert moved(account, "2016-01-28", "collateral_securities", 15) == pytest.approx(-0.249, abs=5e-5)


@given(seeds)
@few
def test_no_session_moves_more_than_a_market_does(seed: int) -> None:
    for index in ("000001.SSE", "000985.CSI", "000300.CSI"):
        assert closes(index, seed).select(pl.col("close").log().diff().abs().max()).item() < 0.09
    ratio = tables(seed)["account_daily"].select(pl.col("maintenance_ratio").log().diff())
    market = closes("000985.CSI", seed).select(pl.col("close").log().diff())
    together = np.corrcoef(ratio.to_series().to_numpy()[1:], market.to_series().to_numpy()[1:])[0, 1]
    assert together > 0.9  # prices are the ratio's numerator


@pytest.mark.long
@given(st.integers(min_value=5, max_value=1_000_000))
@settings(max_examples=30, deadline=None)
def test_the_laws_hold_for_any_seed(seed: int) -> None:
    for law in (
        test_balances_add_up_to_the_last_yuan,
        test_collateral_is_cash_and_securities_and_covers_what_stands_behind_the_debt,
        test_bars_contain_their_closes_and_nothing_is_missing,
        test_the_ratio_passes_through_the_printed_lows_and_highs,
        test_balances_and_shares_pass_through_the_printed_ones,
        test_index_closes_are_the_printed_points,
        test_the_indices_lie_lowest_where_the_chart_has_them,
        test_seven_session_moves_are_the_printed_ones,
        test_no_session_moves_more_than_a_market_does,
    ):
        law.hypothesis.inner_test(seed)  # type: ignore[attr-defined]


@given(st.lists(st.floats(-3, 3), min_size=8, max_size=8), st.floats(-5, 5), st.floats(-5, 5))
def test_a_conditioned_path_meets_its_pins_and_keeps_its_bends(path: list[float], middle: float, end: float) -> None:
    free = np.array([path])
    kernel = random_walk(8, variance=1.0)
    given_pins = condition(free, [level(0, 3, middle), level(0, 7, end)], kernel=kernel, between=np.eye(1))
    assert given_pins[0, [3, 7]] == pytest.approx([middle, end], abs=1e-9)
    bends = np.diff(given_pins[0] - free[0], n=2)  # between pins a random walk is only tilted
    assert bends[[0, 1, 3, 4, 5]] == pytest.approx(np.zeros(5), abs=1e-9)


def test_mirroring_moves_only_what_lies_below_the_ground() -> None:
    path = np.array([5.0, 0.0, 3.0, 0.0])
    assert mirror_above(path, np.ones(4), first=0, last=2).tolist() == [5.0, 2.0, 3.0, 0.0]


def test_lifting_a_mean_leaves_both_ends() -> None:
    lifted = lift_mean(np.zeros(11), first=2, last=8, mean_over=slice(0, 11), mean=1.0)
    assert lifted.mean() == pytest.approx(1.0)
    assert lifted[[0, 2, 8, 10]] == pytest.approx([0, 0, 0, 0])
