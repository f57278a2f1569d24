"""The published figures on real data: what comes out, and every error of the reports with its sum typed by hand."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from rongheng.market.reproduction import reproduce
from rongheng.market.sources.published import published_figures

YI = 1e8


@pytest.fixture(scope="module")
def rows(real_panel: pl.DataFrame) -> pl.DataFrame:
    return reproduce(real_panel)


def one(rows: pl.DataFrame, **wanted: str) -> dict[str, object]:
    found = rows.filter(*[pl.col(name) == value for name, value in wanted.items()])
    assert found.height == 1, found
    return found.row(0, named=True)


def test_every_published_figure_has_one_row_in_its_order(rows: pl.DataFrame) -> None:
    names = ["report", "table", "key", "date", "column", "printed"]
    assert rows.filter(pl.col("kind") == "figure").select(names).equals(published_figures().select(names))


def test_every_row_says_why_in_both_languages(rows: pl.DataFrame) -> None:
    for name in ("explanation_zh", "explanation_en"):
        assert rows[name].null_count() == 0
        assert rows.select(pl.col(name).str.len_chars().min() > 3).item()


def test_how_many_figures_come_out(rows: pl.DataFrame) -> None:
    figures = rows.filter(pl.col("kind") == "figure")
    counts = dict(figures.group_by("verdict").len().iter_rows())
    assert counts == {
        "agrees": 215,
        "agrees (stand-in)": 26,
        "disagrees": 7,
        "disagrees (stand-in)": 2,
        "report is wrong": 6,
        # 24 of the split of collateral, 2 of the cash share, 5 of float cap, 2 of CSI 2000, 12 of net financing by
        # index, 28 + 4 of ETFs
        "missing data": 24 + 2 + 5 + 2 + 12 + 28 + 4,
        # every count but its totals, the brokers' lines, one concentration limit
        "not computable": 411,
    }


def test_which_figures_do_not_agree(rows: pl.DataFrame) -> None:
    """A list, so that no new disagreement enters unseen."""
    apart = rows.filter(pl.col("kind") == "figure", pl.col("verdict").is_in(["disagrees", "report is wrong"]))
    assert set(apart.select("report", "key", "date", "column", "verdict").iter_rows()) == {
        ("qihe", "financing_balance_mean_2023", "2023", "value", "report is wrong"),
        ("qihe", "market_maintenance_mean_2023_pct", "2023", "value", "disagrees"),
        ("qihe", "margin_balance_increase_pct", "2023-08-25/2023-12-13", "value", "report is wrong"),
        ("guosen", "中证500", "2024-10-15/2025-01-06", "stage_low", "report is wrong"),
        ("guosen", "assumed_leverage", "2025-01-07", "value", "report is wrong"),
        ("guosen", "financing_balance_sse_szse", "2025-01-06", "value", "disagrees"),
        ("guosen", "financing_balance_change", "2025-01-02", "value", "disagrees"),
        ("guosen", "financing_balance_change", "2025-01-03", "value", "disagrees"),
        ("guosen", "financing_balance_change_since_peak_2024_12_12", "2025-01-06", "value", "disagrees"),
        ("guosen", "financing_buy_share_of_turnover", "2024-12", "value", "disagrees"),
        ("huachuang", "", "2025-01-10", "沪深300_lag_days", "report is wrong"),
        ("huachuang", "", "2025-01-10", "中证500_lag_days", "report is wrong"),
        ("huachuang", "common_collateral_stocks_6_brokers", "2025-03-21", "value", "disagrees"),
    }


@pytest.mark.parametrize(
    ("wanted", "computed"),
    [
        ({"key": "market_maintenance_pct", "date": "2025-03-21"}, 2.675429),
        ({"key": "market_maintenance_pct", "date": "before 2024-09-24"}, 2.341355),  # of 2024-09-23
        ({"key": "average_leverage"}, 2.675429 / 1.675429),  # R / (R − 1) = 1.597
        ({"key": "max_leverage"}, 1 + 1 / 0.80),
        ({"key": "all_time_low_market_maintenance_pct"}, 2.0881),
        ({"key": "margin_balance", "date": "2018-12-31"}, 7_557.8 * YI),  # the last session is 12-28; prints as 0.76 tn
        ({"key": "margin_balance_week_change_pct"}, 15_545.82 / 16_069.18 - 1),  # −3.26 %
        ({"key": "financing_balance_increase"}, (15_999.00 - 14_694.53) * YI),  # 1,304
        ({"key": "margin_balance_increase"}, (16_756.22 - 15_568.72) * YI),  # 1,187.50 prints as 1,188
        ({"key": "margin_balance_mean_2023"}, 16_057.9657 * YI),
        ({"key": "financing_buy_share_of_turnover", "date": "2015-02"}, 12_817.44 / 75_708.89),  # 16.9 %
        ({"table": "c24", "date": "2024-10-08", "column": "market_maintenance_change_pct"}, 2.998006 / 2.338008 - 1),
        ({"table": "c24", "date": "2024-02-05", "column": "中证1000"}, 4_293.0695 / 5_316.1950 - 1),  # −19.2 %
        ({"table": "c26", "key": "15", "date": "2016-01-28", "column": "沪深300_pct"}, 2_853.756 / 3_294.38 - 1),
        ({"table": "c23", "date": "2024-09-18", "column": "沪深300_lag_days"}, -1),
        ({"table": "lows", "key": "D2", "column": "index_close"}, 2_893.4829),
        ({"table": "t1", "key": "沪深300", "column": "stage_high"}, 4_200.908),
        ({"table": "t1", "key": "中证2000", "column": "max_drawdown_pct"}, 2_147.20 / 2_663.79 - 1),
        ({"table": "c16", "key": "7", "column": "total"}, 1_000 + 1_200),
        ({"table": "c11", "key": "中信证券 / C", "column": "share_pct"}, 2_771 / (358 + 134 + 2_771 + 841 + 1_147)),
        ({"key": "securities_minus_index_drop_pp", "date": "2022-04-26"}, 0.150 - 0.122),
        ({"key": "safety_distance"}, (1 + 0.5 - 0.5 * 1.30) / 1.5),
    ],
)
def test_the_reports_numbers_come_out(rows: pl.DataFrame, wanted: dict[str, str], computed: float) -> None:
    row = one(rows, kind="figure", **wanted)
    assert row["verdict"] == "agrees", row
    assert row["computed"] == pytest.approx(computed, rel=2e-5)


def test_all_sixty_changes_of_chart_24_come_out_and_all_a_by_its_stand_in(rows: pl.DataFrame) -> None:
    chart = rows.filter(pl.col("table") == "c24", pl.col("kind") == "figure")
    assert chart.height == 60
    by_name = pl.when(pl.col("column") == "万得全A").then(pl.lit("agrees (stand-in)")).otherwise(pl.lit("agrees"))
    assert chart.filter(pl.col("verdict") != by_name).is_empty()
    stand_in = chart.filter(pl.col("column") == "万得全A")
    assert stand_in.select(pl.col("difference").abs().max() < 0.0035).item()


def test_the_all_share_index_is_too_far_from_wind_all_a_in_january_2016_to_stand_in(rows: pl.DataFrame) -> None:
    apart = rows.filter(pl.col("verdict") == "disagrees (stand-in)")
    # 4013.12 / 4634.16 − 1 = −13.40 % against −14.5 %; 4013.12 / 4809.71 − 1 = −16.56 % against −18.0 %
    assert dict(apart.select("key", "computed").iter_rows()) == pytest.approx(
        {"7": 4013.12 / 4634.16 - 1, "15": 4013.12 / 4809.71 - 1}
    )


def test_qihes_mean_financing_balance_needs_a_short_balance_that_never_was(rows: pl.DataFrame) -> None:
    row = one(rows, key="financing_balance_mean_2023")
    assert row["computed"] == pytest.approx(3_668_753.41 / 242 * YI, rel=1e-8)  # 15,160.14
    assert "16,058.00 − 15,503.00 = 555.00" in str(row["explanation_en"])
    assert "the year's lowest is 705.82" in str(row["explanation_en"])
    assert "15,503.74" in str(row["explanation_en"])  # the mean from 2023-08-25 on


def test_qihes_growth_was_divided_by_the_wrong_balance(rows: pl.DataFrame) -> None:
    row = one(rows, key="margin_balance_increase_pct")
    assert row["computed"] == pytest.approx(1_187.50 / 15_568.72)  # 7.63 %, printed 7.64 %
    # The most that the printed balances allow: (16,756.5 − 15,568.5) / 15,568.5 = 7.631 %
    assert "[7.617 %, 7.631 %]" in str(row["explanation_en"])
    assert "balance of 2024-02-01: 1,187.00 / 15,546.00 = 7.64 %" in str(row["explanation_en"])


def test_the_ratio_stood_lower_four_sessions_before_the_printed_low_of_2025(rows: pl.DataFrame) -> None:
    row = one(rows, table="c23", kind="claim", date="2025-01-10")
    assert row["verdict"] == "report is wrong"
    assert "248.8502 % on 2025-01-06; 2025-01-10 has 248.9531 %" in str(row["explanation_en"])
    others = rows.filter(pl.col("table") == "c23", pl.col("kind") == "claim", pl.col("date") != "2025-01-10")
    assert others["verdict"].to_list() == ["agrees"] * 5


@pytest.mark.parametrize(("column", "lag"), [("沪深300_lag_days", 1), ("中证500_lag_days", 0)])
def test_two_lags_of_january_2025_are_not_those_of_the_closes(rows: pl.DataFrame, column: str, lag: int) -> None:
    # CSI 300: 3732.48 on 01-10, 3722.51 on 01-13, one session later. CSI 500: 5369.28 on 01-10, 5381.70 on 01-13.
    row = one(rows, table="c23", date="2025-01-10", column=column)
    assert (row["computed"], row["verdict"]) == (lag, "report is wrong")


def test_the_premise_of_guosens_safety_distance_does_not_hold(rows: pl.DataFrame) -> None:
    leverage = one(rows, key="assumed_leverage")
    assert leverage["computed"] == pytest.approx(2.532895 / 1.532895, rel=1e-6)  # 1.652, not 1.5
    assert "1.5 / (1.5 − 1) = 300 %" in str(leverage["explanation_en"])
    # 1 − 1.30 / 2.5329 = 48.7 %, not 56.7 %
    assert "48.7 %" in str(one(rows, key="safety_distance")["explanation_en"])


def test_guosens_balances_come_from_a_source_that_stands_a_little_higher(rows: pl.DataFrame) -> None:
    row = one(rows, kind="claim", key="levels implied by the changes")
    assert row["verdict"] == "disagrees"
    # 18,213.22 + 80.49 + 177.52 + 70.22 = 18,541.45 at the end of 2024; the statistics have 18,541.14
    assert "2024-12-31 0.31" in str(row["explanation_en"])
    day = one(rows, key="financing_balance_change", date="2025-01-02")
    assert day["computed"] == pytest.approx((18_471.113128 - 18_541.138322) * YI)  # −70.03, printed −70.22


def test_guosens_share_of_december_needs_a_larger_denominator(rows: pl.DataFrame) -> None:
    row = one(rows, key="financing_buy_share_of_turnover", date="2024-12")
    assert row["computed"] == pytest.approx(32_691.26 / 349_782.49, rel=1e-6)  # 9.35 %, printed 9.2 %
    # 32,691.26 / 0.0925 − 349,782.49 = 3,636.5 over 22 sessions = 165.3 a session
    assert "165.30 to 340.87" in str(row["explanation_en"])


CLAIMS = [
    ("qihe", "1950.01 as the low point", "report is wrong", "1849.65 on 2013-06-25"),
    ("qihe", "peak of the margin balance", "report is wrong", "2023-11-23 16,763.86, 2023-12-13 16,756.22, Δ 7.64"),
    ("qihe", "low of the margin balance", "agrees", "15,568.72"),
    ("qihe", "lowest close of 3 months before and after", "agrees", "2655.66 on 2016-01-28"),
    ("qihe", "lowest close of 2022", "agrees", "2886.43 on 2022-04-26"),
    ("huachuang", "five falls since 2019", "report is wrong", "2022-03-15 -11.2 %"),
    ("huachuang", "five different rises", "report is wrong", "six of their seven sessions"),
    ("huachuang", "cash share fell with the ratio", "report is wrong", "1.010 / 0.930 − 1 = 8.6 %"),
    ("huachuang", "one date for a cash share of 5.98 %", "report is wrong", "2024-12-31 at 5.51 %"),
    ("huachuang", "securities collateral falls more than the index", "report is wrong", "-7.3 % / -14.5 %"),
    ("huachuang", "securities collateral beside ratio × debt", "disagrees", "= 43.7 %"),
    ("huachuang", "+114 % in two years", "agrees", "16,189.68 / 7,557.80 − 1 = 114.2 %"),
    ("huachuang", "brokers' pools all smaller than the exchanges'", "report is wrong", "386 = 239 + 147"),
    ("huachuang", "CSC's further tiers hold shares", "report is wrong", "0.6: 0 + 0 + 0"),
    ("guosen", "almost all outflows under 10 % of the inflow", "report is wrong", "沪深300 11.8 %"),
    ("guosen", "new money for micro caps", "disagrees", "0.37 + -2.30 + 4.18 + 0.39 = 2.64"),
    ("guosen", "largest fall of 沪深300 since 2024-09-24", "disagrees", "3743.07 / 4450.37 − 1 = -15.9 %"),
    ("guosen", "largest fall of 中证1000 since 2024-09-24", "agrees", "5561.90 / 6616.16 − 1 = -15.9 %"),
]


@pytest.mark.parametrize(("report", "name", "verdict", "sums"), CLAIMS)
def test_claims_are_judged_by_their_sums(rows: pl.DataFrame, report: str, name: str, verdict: str, sums: str) -> None:
    row = one(rows, kind="claim", report=report, key=name)
    assert row["verdict"] == verdict
    assert sums in str(row["explanation_en"])


def test_the_charts_of_counts_add_up(rows: pl.DataFrame) -> None:
    sums = rows.filter(pl.col("kind") == "sum")
    assert sums["verdict"].unique().to_list() == ["agrees"]
    assert sums.height == 57


def test_what_is_missing_is_named_with_what_would_supply_it(rows: pl.DataFrame) -> None:
    cash = one(rows, table="c26", key="7", date="2025-01-10", column="cash_collateral_pct")
    assert "account statistics that part cash from securities" in str(cash["explanation_en"])
    # Ratio × debt: 2.489531 × 18,179.996 / (2.607487 × 18,645.538) − 1 = −6.91 %
    assert "-6.91 %" in str(cash["explanation_en"])
    small = one(rows, table="t1", key="中证2000", column="stage_low")
    assert "daily bars of CSI 2000" in str(small["explanation_en"])
    cap = one(rows, key="margin_share_of_float_cap_low_pct")
    assert "the lowest would be 1.82 % on 2019-02-25" in str(cap["explanation_en"])


def test_fewer_data_convict_nobody_else(real_panel: pl.DataFrame, rows: pl.DataFrame) -> None:
    """Whatever a shorter history says, it never calls a report wrong that the whole history does not."""
    name = ["report", "table", "key", "date", "column"]
    wrong = set(rows.filter(pl.col("verdict") == "report is wrong").select(name).iter_rows())
    for day in (date(2012, 9, 27), date(2013, 6, 27), date(2018, 10, 18), date(2024, 2, 1), date(2025, 1, 10)):
        early = reproduce(real_panel.filter(pl.col("session") <= day))
        assert early.height == rows.height
        assert set(early.filter(pl.col("verdict") == "report is wrong").select(name).iter_rows()) <= wrong


def test_an_index_that_the_lake_lacks_is_missing_data_and_nothing_else_changes(
    real_panel: pl.DataFrame, rows: pl.DataFrame
) -> None:
    without = reproduce(real_panel.drop([name for name in real_panel.columns if name.startswith("csi1000_")]))
    changed = rows.filter(pl.Series(without["verdict"] != rows["verdict"]))
    assert changed.height == 6 + 10 + 2 + 1  # lags of chart 23, chart 24, a stage's high and low, its largest fall
    assert changed.select((pl.col("key") + pl.col("column")).str.contains("中证1000").all()).item()
    assert set(without.filter(pl.Series(without["verdict"] != rows["verdict"]))["verdict"]) == {"missing data"}


def test_without_account_statistics_the_ratio_is_missing_and_the_balances_are_not(real_panel: pl.DataFrame) -> None:
    without = reproduce(real_panel.with_columns(maintenance_ratio=pl.lit(None, dtype=pl.Float64)))
    low = one(without, key="all_time_low_market_maintenance_pct")
    assert low["verdict"] == "missing data"
    assert "the account statistics of China Securities Finance" in str(low["explanation_en"])
    assert one(without, report="qihe", key="financing_balance", date="2024-02-01")["verdict"] == "agrees"


def test_one_wrong_close_is_noticed(real_panel: pl.DataFrame) -> None:
    wrong = real_panel.with_columns(
        sse_close=pl.when(pl.col("session") == date(2022, 4, 26)).then(2886.53).otherwise("sse_close")
    )
    assert one(reproduce(wrong), table="lows", key="D", column="index_close")["verdict"] == "report is wrong"
