"""Grades, units, names of indices, publication times: the words themselves."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from rongheng.basics import errors
from rongheng.basics.errors import RonghengError, UsageError
from rongheng.basics.grades import GRADE_DTYPE, Grade, worst_of
from rongheng.basics.ids import find_index, index, indices
from rongheng.basics.tables import ACCOUNT_DAILY, MARGIN_SUMMARY, TABLES, table
from rongheng.basics.units import SPELLINGS, Unit, find_scale, fits


def test_the_worst_grade_counts_and_an_absent_one_does_not() -> None:
    frame = pl.DataFrame({"a": ["official", "official", None], "b": ["derived", None, None]})
    assert frame.select(worst_of("a", "b"))["grade"].to_list() == ["derived", "official", None]
    assert frame.select(worst_of("a", Grade.ESTIMATED))["grade"].to_list() == ["estimated"] * 3


def test_grades_of_both_text_and_category_mix() -> None:
    frame = pl.DataFrame({"a": pl.Series(["official"], dtype=GRADE_DTYPE), "b": ["simulated"]})
    assert frame.select(worst_of("a", "b"))["grade"].to_list() == ["simulated"]


@pytest.mark.parametrize(
    ("spelling", "unit", "one"),
    [
        ("亿元", Unit.YUAN, 1e8),
        ("万名", Unit.COUNT, 1e4),
        ("%", Unit.FRACTION, 0.01),
        ("万手", Unit.SHARES, 1e6),
        (" 元 ", Unit.YUAN, 1.0),
    ],
)
def test_a_published_unit_scales_to_ours(spelling: str, unit: Unit, one: float) -> None:
    scale = find_scale(spelling)
    assert scale is not None
    assert scale.unit is unit
    assert scale.apply(1.0) == one


def test_an_unknown_unit_is_not_guessed() -> None:
    assert find_scale("两") is None
    assert not any(spelling != spelling.lower().strip() for spelling in SPELLINGS)


def test_a_percentage_may_be_a_ratio_and_yuan_may_not() -> None:
    percent, yuan = SPELLINGS["%"], SPELLINGS["元"]
    assert fits(percent, Unit.RATIO)
    assert not fits(yuan, Unit.RATIO)


def test_an_index_is_found_under_every_spelling_and_the_bank_is_not_an_index() -> None:
    for spelling in ("sh000001", "000001.SH", "上证指数", "sse"):
        assert index(spelling).key == "sse"
    assert find_index("000001") is None  # an index and a bank share this code
    with pytest.raises(UsageError, match="Did you mean"):
        index("csi30")


def test_every_index_has_its_own_code_and_prefix() -> None:
    assert (
        len({one.code for one in indices().values()})
        == len({one.prefix for one in indices().values()})
        == len(indices())
    )


def test_account_statistics_of_the_last_session_before_a_holiday_are_known_after_it() -> None:
    known = ACCOUNT_DAILY.publication.known_at(date(2025, 9, 30))
    assert known.isoformat() == "2025-10-09T18:00:00+08:00"
    assert MARGIN_SUMMARY.publication.known_at(date(2025, 9, 30)) == datetime.fromisoformat("2025-10-09T09:00:00+08:00")


def test_no_table_names_a_column_twice_or_like_an_audit_column() -> None:
    for one in TABLES.values():
        names = [column.name for column in one.columns]
        assert len(names) == len(set(names))
        assert len(one.schema) == 1 + len(names) + 8
    with pytest.raises(UsageError, match="There is no table"):
        table("margins")


def test_the_drawn_tree_of_errors_is_the_tree_of_errors() -> None:
    drawn = {
        line.strip("│├└─ ").split()[0]
        for line in (errors.__doc__ or "").splitlines()
        if "Error" in line and "errors" not in line
    }
    real = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, RonghengError)}
    assert drawn == real


def test_every_folder_of_the_package_is_a_package() -> None:
    root = Path(errors.__file__).parents[1]
    for module in root.rglob("*.py"):
        assert (module.parent / "__init__.py").exists(), module.parent
