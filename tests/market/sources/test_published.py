"""The published figures: every printed cell arrives once, in our units, with its period and its last digit."""

from __future__ import annotations

import csv
from datetime import date
from importlib.resources import files

import polars as pl
import pytest

from rongheng.market.sources.published import published_figures, reports

FOLDER = files("rongheng.market.sources.published")


def one(**wanted: str) -> dict[str, object]:
    """Return the single figure with these words."""
    found = published_figures().filter(*[pl.col(name) == value for name, value in wanted.items()])
    assert found.height == 1, found
    return found.row(0, named=True)


def test_every_file_beside_the_register_is_in_it_and_the_other_way_round() -> None:
    shipped = {entry.name for entry in FOLDER.iterdir() if entry.name.endswith(".csv")}
    assert shipped == {file.file for report in reports() for file in report.files}
    assert len(shipped) == 18


def test_every_cell_of_figures_arrives_once() -> None:
    # Counted from the files: cells that are neither key, date, unit nor note, and not blank; "150;140" is two figures.
    aside = {"key", "date", "unit", "note", "broker", "security_type", "class", "haircut", "rank", "n", "pool", "point"}
    aside |= {"window_days", "low_date", "dual_board_share_over", "dual_board_share_to"}
    for report in reports():
        for file in report.files:
            text = FOLDER.joinpath(file.file).read_text(encoding="utf-8")
            key_only = aside | ({"index"} if report.id == "guosen" else set())
            cells = [
                part
                for record in csv.DictReader(text.splitlines())
                for name, cell in record.items()
                if name not in key_only
                for part in cell.split(";")
                if part
            ]
            ours = published_figures().filter(pl.col("file") == file.file)
            assert sorted(ours["printed"]) == sorted(cells), file.file


def test_a_figure_is_named_by_report_table_key_date_and_column() -> None:
    names = published_figures().select("report", "table", "key", "date", "column")
    assert not names.is_duplicated().any()


@pytest.mark.parametrize(
    ("wanted", "value", "unit", "step"),
    [
        # 18,213.22 × 100 million yuan; the last digit is a hundredth of that
        ({"report": "guosen", "key": "financing_balance_sse_szse"}, 1_821_322_000_000.0, "yuan", 1_000_000.0),
        # 267.54 % of the debt
        ({"report": "huachuang", "key": "market_maintenance_pct", "date": "2025-03-21"}, 2.6754, "ratio", 0.0001),
        # printed as 0.76 trillion yuan, so that the last digit is 0.01 trillion
        ({"report": "huachuang", "key": "margin_balance", "date": "2018-12-31"}, 7.6e11, "yuan", 1e10),
        ({"report": "guosen", "key": "中证1000", "column": "stage_low"}, 5561.9, "points", 0.1),
        (
            {"report": "huachuang", "table": "c23", "date": "2025-01-10", "column": "沪深300_lag_days"},
            6.0,
            "sessions",
            1.0,
        ),
        (
            {"report": "huachuang", "table": "c14", "key": "lent_2024Q3_cny_100m", "column": "广发证券"},
            8.51e10,
            "yuan",
            1e8,
        ),
        ({"report": "huachuang", "table": "c09", "key": "国信证券", "column": "notice_line_pct.2"}, 1.4, "ratio", 0.01),
    ],
)
def test_figures_are_in_our_units(wanted: dict[str, str], value: float, unit: str, step: float) -> None:
    figure = one(**wanted)
    assert figure["value"] == value  # the float nearest to what is printed, not a product of roundings
    assert figure["step"] == step
    assert figure["unit"] == unit


def test_periods_are_read_from_the_printed_dates() -> None:
    def days(**wanted: str) -> tuple[object, object]:
        figure = one(**wanted)
        return figure["first"], figure["last"]

    assert days(key="financing_buy_share_of_turnover", date="2015-02") == (date(2015, 2, 1), date(2015, 2, 28))
    assert days(key="margin_balance_mean_2023") == (date(2023, 1, 1), date(2023, 12, 31))
    assert days(key="margin_balance_increase") == (date(2023, 8, 25), date(2023, 12, 13))
    assert days(key="market_maintenance_pct", date="before 2024-09-24") == (date(2024, 9, 23),) * 2
    assert days(key="example_single_security_limit") == (None, None)
