"""Scenario files: what they may say, and what is refused with file and line."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from rongheng.account.marks import Marks
from rongheng.account.stress import Scenario, Traits, find_scenarios, stress
from rongheng.account.stress.scenario import Kind, Step
from rongheng.account.stress.scenario_files import read_scenarios
from rongheng.account.stress.shocked import Ground, shocked_prices
from rongheng.basics.errors import BookError, RonghengError, UsageError
from rongheng.basics.text import Text
from rongheng.rulebook import Rulebook

RULES = Rulebook.load()


def written(folder: Path, *steps: str) -> list[Scenario]:
    lines = ["- scenario: mine", "  name: {zh: 我的, en: Mine}", "  source: a test", "  steps:"]
    path = folder / "mine.yaml"
    path.write_text("\n".join([*lines, *(f"    - {step}" for step in steps)]) + "\n", encoding="utf-8")
    return read_scenarios(path)


def prices(marks: Marks, scenarios: list[Scenario], traits: Traits | None = None) -> list[int]:
    ground = Ground.of(marks, traits or Traits.none(), rulebook=RULES)
    return [int(price) for price in shocked_prices(ground, scenarios)[:, 0]]


@pytest.mark.parametrize(
    ("steps", "expected"),  # 600000.SH at 10.00 yuan on the main board, 688001.SH at 50.00 on STAR
    [
        (["all: -10%"], [9_000, 45_000]),
        (["board: {star: -20%}"], [10_000, 40_000]),
        (["security: {600000.SH: -33.33%}"], [6_670, 50_000]),  # 6.667 yuan, half up to the fen
        (["suspension: [600000.SH]", "all: -10%"], [9_000, 45_000]),  # it will be worth that when it trades again
        (["limit_down: 2"], [8_100, 32_000]),  # 10 % and 20 % a session
        (["all: -10%", "all: -10%"], [8_100, 40_500]),
        (["all: -100%"], [10, 10]),  # a tick is left
        (["index: -10%"], [8_800, 47_500]),  # betas of 1.2 and 0.5
        (["industry: {银行: -50%}"], [5_000, 50_000]),
        (["history: {from: 2018-09-28, to: 2018-10-18, index: -10%}"], [7_500, 47_500]),  # its own move; a beta of 0.5
        (["history: {from: 2015-06-12, to: 2015-07-08, index: -10%}"], [8_800, 47_500]),  # no moves of that span
    ],
)
def test_a_step_moves_prices_as_it_says(longs: Marks, tmp_path: Path, steps: list[str], expected: list[int]) -> None:
    betas = tmp_path / "traits.csv"
    head = "security,beta,industry,2018-09-28/2018-10-18"
    betas.write_text(f"{head}\n600000.SH,1.2,银行,-0.25\n688001.SH,0.5,,\n", encoding="utf-8")
    assert prices(longs, written(tmp_path, *steps), Traits.read(betas)) == expected


@pytest.mark.parametrize(
    ("step", "line", "shown"),
    [
        ("all: -120%", 5, "moves by -120%"),
        ("all: 250%", 5, "moves by 250%"),
        ("all: -0.2", 5, "Write -20%"),
        ("board: {stars: -10%}", 5, "Did you mean 'star'"),
        ("group: {H: -10%}", 5, "expected one of A, B"),
        ("{all: -10%, index: -5%}", 5, "2 kinds of move"),
        ("limit_down: 90", 5, "90 limit-down days"),
        ("history: {from: 2018-10-18, to: 2018-09-28, index: -10%}", 5, "expected a later day to end with"),
        ("history: {from: 2018-09-28, to: 2018-10-18}", 5, "index"),
        ("haircut: {star: -10%}", 5, "haircut star is -10%; expected 0% to 100%"),
        ("haircut: {moon: 10%}", 5, "expected one of all, main"),
        ("financing_ratio: 0%", 5, "financing_ratio is 0%"),
        ("rate: 50%", 5, "rate is 50%; expected -10% to 10%"),
        ("falls: -10%", 5, "expected one of all, index"),
    ],
)
def test_a_step_that_cannot_be_is_refused_with_its_line(tmp_path: Path, step: str, line: int, shown: str) -> None:
    with pytest.raises(RonghengError) as refused:
        written(tmp_path, step)
    assert f"mine.yaml:{line}: " in str(refused.value)
    assert shown in str(refused.value)


def test_a_security_that_is_not_there_is_refused_with_its_line(longs: Marks, tmp_path: Path) -> None:
    mine = written(tmp_path, "all: -1%", "security: {600001.SH: -10%}")
    with pytest.raises(UsageError, match=r"mine.yaml:6: found the security '600001.SH'"):
        stress(longs, mine, rulebook=RULES)


def test_steps_that_raise_a_price_too_far_together_are_refused(longs: Marks, tmp_path: Path) -> None:
    assert prices(longs, written(tmp_path, "all: 200%")) == [30_000, 150_000]
    with pytest.raises(UsageError, match=r"scenario mine together raise 600000.SH by more than 200%"):
        prices(longs, written(tmp_path, "all: 100%", "all: 100%"))


def test_falls_of_the_past_are_the_quotients_of_the_closes_that_they_name() -> None:
    past = [one for one in find_scenarios(()) if one.key.startswith("fall_of_")]
    assert len(past) == 4
    for one in past:
        first, last = (Fraction(close) for close in re.findall(r"\d+\.\d+", one.source))
        assert [step.moves_bp for step in one.steps] == [{"": round((last / first - 1) * 10_000)}]
        span = tuple(map(date.fromisoformat, one.name.en.split(" to ")))
        assert [step.span for step in one.steps] == [span]


def test_an_industry_without_securities_is_refused(longs: Marks, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no security has that industry"):
        stress(longs, written(tmp_path, "industry: {银行: -10%}"), rulebook=RULES)


def test_securities_without_a_beta_are_counted_where_betas_count(longs: Marks, tmp_path: Path) -> None:
    def counts(step: str, traits: Traits) -> tuple[tuple[int, ...], tuple[int, ...]]:
        found = stress(longs, written(tmp_path, step), traits=traits, rulebook=RULES)
        return found.replayed, found.defaulted

    history = "history: {from: 2018-09-28, to: 2018-10-18, index: -10%}"
    assert counts("index: -10%", Traits.none()) == ((0,), (2,))
    assert counts("all: -10%", Traits.none()) == ((0,), (0,))
    assert counts(history, Traits.none()) == ((0,), (2,))
    no_betas = pl.DataFrame(schema={"security": pl.String, "beta_bp": pl.Int64})
    span = {"first": [date(2018, 9, 28)], "last": [date(2018, 10, 18)]}
    moves = pl.DataFrame({**span, "security": ["600000.SH"], "move_bp": [-2_500]})
    assert counts(history, Traits.of(no_betas, moves)) == ((1,), (1,))


def test_every_scenario_that_ships_can_be_run(made: Marks) -> None:
    found = stress(made, find_scenarios(()), rulebook=RULES)
    assert len(found.scenarios) >= 12
    assert (found.totals.accounts.sum(axis=1) == found.totals.accounts[0].sum()).all()
    assert np.all(found.totals.beyond == 0)


def test_a_name_that_nobody_knows_is_answered_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="Did you mean 'fall_30'"):
        find_scenarios(["fall_33"])
    with pytest.raises(UsageError, match="given twice"):
        find_scenarios(["fall_30", "fall_30"])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("security,beta\n600000.SH,high\n", "the beta of 600000.SH is 'high'"),
        ("security,beta\n600000.SH,9\n", "expected a number of -5 to 5"),
        ("security,2018-09-28/2018-10-18\n600000.SH,-1.2\n", "expected a number of -1 or more"),
        ("security,beta\n600000.SH,1\n600000.SH,1\n", "stands twice"),
    ],
)
def test_bad_traits_are_refused(tmp_path: Path, text: str, shown: str) -> None:
    path = tmp_path / "traits.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BookError, match=shown):
        Traits.read(path)


@pytest.mark.parametrize("name", ["traits.csv", "traits.parquet"])
def test_traits_that_are_written_are_read_again(tmp_path: Path, name: str) -> None:
    betas = pl.DataFrame({"security": ["600000.SH", "688001.SH"], "beta_bp": [12_345, -17]})
    span = {"first": date(2018, 9, 28), "last": date(2018, 10, 18)}
    moves = pl.DataFrame([span | {"security": one, "move_bp": move} for one, move in (("600000.SH", -2_512), ("1", 3))])
    traits = Traits.of(betas, moves)
    traits.write(tmp_path / name)
    assert Traits.read(tmp_path / name).frame.select(traits.frame.columns).equals(traits.frame)
    assert traits.frame["2018-09-28/2018-10-18"].to_list() == [3, -2_512, None]


def test_traits_may_come_as_parquet(tmp_path: Path) -> None:
    pl.DataFrame({"security": ["600000.SH"], "beta": [1.25]}).write_parquet(tmp_path / "t.parquet")
    assert Traits.read(tmp_path / "t.parquet").frame.rows() == [("600000.SH", 12_500, None)]


def test_a_scenario_and_traits_that_name_codes_of_before_they_changed_move_the_new_ones() -> None:
    since = date(2025, 10, 9)
    own = Scenario(
        "s", Text("甲", "one"), (Step(Kind.SECURITY, {"430017.BJ": -1_000}), Step(Kind.BOARD, {"bse": -500}))
    )
    assert [dict(step.moves_bp) for step in own.on(since).steps] == [{"920017.BJ": -1_000}, {"bse": -500}]
    assert own.on(date(2025, 9, 30)) == own
    betas = pl.DataFrame({"security": ["430017.BJ", "430047.BJ", "920047.BJ"], "beta_bp": [1, 2, 3]})
    moves = pl.DataFrame(schema={"first": pl.Date, "last": pl.Date, "security": pl.String, "move_bp": pl.Int64})
    traits = Traits.of(betas, moves).on(since).frame
    assert dict(traits.select("security", "beta_bp").iter_rows()) == {"920017.BJ": 1, "920047.BJ": 3}
