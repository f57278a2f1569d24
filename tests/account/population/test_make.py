"""Synthetic books: the same seed makes the same book, it marks without a Problem, and it is what the recipe says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import polars as pl
import pytest

from rongheng.account.book import Book
from rongheng.account.marks import Marks, mark
from rongheng.account.marks.summary import summarise
from rongheng.account.policy import PolicySet
from rongheng.account.population import Recipe, make_book, make_day
from rongheng.account.population.recipe import TOLERANCE
from rongheng.basics.account_tables import ClientType
from rongheng.basics.errors import UsageError
from rongheng.basics.grades import Grade
from rongheng.rulebook import Rulebook

SESSION = date(2026, 3, 2)
DAY = make_day(SESSION, securities=800)
RECIPE = Recipe(accounts=20_000, seed=3)


@cache
def _made() -> Book:
    return make_book(RECIPE, DAY)


@cache
def _marked() -> Marks:
    return mark(_made(), DAY, PolicySet.load("illustrative", session=SESSION))


def _arrays(book: Book) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in vars(book.layout).items()}


def test_a_seed_makes_one_book_on_any_number_of_threads() -> None:
    assert _arrays(make_book(RECIPE, DAY, threads=1)) == _arrays(_made())
    assert _arrays(make_book(replace(RECIPE, seed=4), DAY)) != _arrays(_made())
    assert make_day(SESSION, securities=800).securities.equals(DAY.securities)


def test_a_synthetic_book_marks_without_a_problem_and_stands_in_every_state() -> None:
    assert _marked().problems.height == 0
    summary = summarise(_marked())
    accounts = {row["state"]: row["accounts"] for row in summary.states}
    assert all(accounts[state] > 0 for state in ("no_debt", "withdrawable", "normal", "warning", "call", "liquidation"))
    assert summary.grade is _made().grade is DAY.grade is Grade.SIMULATED


@pytest.mark.parametrize("average", [1.5, 2.7, 5.0])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_average_ratio_asked_for_is_met_within_half_a_percent(average: float, seed: int) -> None:
    book = make_book(Recipe(accounts=3_000, seed=seed, average_ratio=average), DAY)
    total = summarise(mark(book, DAY, PolicySet.load("illustrative", session=SESSION))).total
    assert total["average_ratio_bp"] / 10_000 == pytest.approx(average, rel=TOLERANCE + 1e-4)


def test_an_average_ratio_that_the_holdings_cannot_give_is_refused() -> None:
    nothing = DAY.securities.with_columns(financing_allowed=pl.int_range(pl.len()) == 0)
    day = replace(DAY, securities=nothing)
    with pytest.raises(UsageError, match="cannot be reached"):
        make_book(Recipe(accounts=2_000, seed=1, average_ratio=1.5), day)


def test_sizes_have_heavy_tails_and_memory_stays_within_its_bounds() -> None:
    layout = _made().layout
    counts = np.diff(layout.starts)
    assert counts.min() >= 1
    assert counts.mean() == pytest.approx(RECIPE.mean_positions, rel=0.03)
    assert counts.max() > 15 * np.median(counts)
    assets = np.sort(_marked().frame()["assets_milli"].to_numpy())
    assert assets[-len(assets) // 100 :].sum() > assets.sum() / 4  # the richest hundredth hold a quarter or more
    assert layout.position_bytes <= 8 * layout.n_positions
    assert layout.account_bytes <= 60 * layout.n_accounts + 8


def test_large_securities_are_held_by_more_accounts() -> None:
    holders = np.bincount(_made().layout.code, minlength=DAY.securities.height)
    size = (DAY.securities["float_shares"] * DAY.securities["price_milli"]).to_numpy()
    order = size.argsort()
    fifth = len(order) // 5
    assert holders[order[-fifth:]].sum() > 5 * holders[order[:fifth]].sum()


def test_the_indebted_are_about_as_many_as_asked_for_and_richer_than_the_others() -> None:
    frame = _marked().frame()
    owing = frame.filter(pl.col("debt_milli") > 0)
    assert owing.height / frame.height == pytest.approx(RECIPE.indebted_share, rel=0.1)
    free = frame.filter(pl.col("debt_milli") == 0)
    assert owing["securities_milli"].to_numpy().mean() > 2 * free["securities_milli"].to_numpy().mean()


def test_contracts_stand_on_both_sides_of_every_change_of_the_margin_ratio() -> None:
    opened = make_book(Recipe(accounts=40_000, seed=1), DAY).layout.opened.astype(object)
    changes = [entry.effective for entry in Rulebook.load().rule("exchange.financing.margin_ratio").timeline.entries]
    for before, after in zip(changes, [*changes[1:], SESSION], strict=True):
        assert any(before <= day < after for day in opened), f"nothing was opened from {before} to {after}"
    assert min(opened) >= date(2010, 3, 31)
    assert max(opened) <= SESSION


def test_what_is_financed_may_be_and_what_is_short_may_be() -> None:
    layout = _made().layout
    financing = DAY.securities["financing_allowed"].to_numpy()[layout.contract_code]
    shorts = DAY.securities["short_allowed"].to_numpy()[layout.contract_code]
    assert financing[~layout.is_short].all()
    assert layout.is_short.any()
    assert shorts[layout.is_short].all()


def test_positions_and_contracts_stand_in_the_layouts_order() -> None:
    layout = _made().layout
    same_account = np.diff(np.repeat(np.arange(layout.n_accounts), np.diff(layout.starts))) == 0
    assert np.all(np.diff(layout.code.astype(np.int64))[same_account] > 0)
    keys = list(zip(layout.contract_owner(), layout.is_short, layout.contract_code, layout.opened, strict=True))
    assert keys == sorted(keys)


def test_some_shares_are_not_for_sale_today_and_some_are_on_their_way() -> None:
    layout = _made().layout
    held_back = layout.quantities(0, layout.n_positions) - layout.available(0, layout.n_positions)
    assert (held_back >= 0).all()
    assert (held_back > 0).mean() == pytest.approx(RECIPE.bought_today_share, rel=0.1)
    assert 0 < (layout.in_transit(0, layout.n_positions) > 0).mean() < 0.002


def test_an_account_may_trade_what_it_holds_and_has_a_credit_limit() -> None:
    book = _made()
    boards = dict(DAY.securities.select("security", "board").rows())
    for row in range(200):
        held = {boards[code] for code in book.positions_of(row)["security"]} & {"star", "chinext", "bse"}
        assert held == set(book.accounts["permissions"][row].split())
    assert (book.accounts["credit_limit_milli"] > 0).all()
    over = (_marked().frame()["financing_debt_milli"] > book.accounts["credit_limit_milli"]).sum()
    assert 0 < over < book.accounts.height / 100
    assert Counter(book.layout.client.tolist())[list(ClientType).index(ClientType.PRIVATE_FUND)] > 0


def test_accounts_may_stand_under_several_policies() -> None:
    book = make_book(Recipe(accounts=4_000, seed=1, policy="huatai:0.75, guosen:0.25"), DAY)
    counts = Counter(book.accounts["policy"].to_list())
    assert book.policies == ("guosen", "huatai")
    assert counts["huatai"] / 4_000 == pytest.approx(0.75, abs=0.03)
    names = np.array(book.policies)[book.layout.policy].tolist()
    assert names == book.accounts["policy"].to_list()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"accounts": 0}, "1 or more"),
        ({"average_ratio": 1.0}, "too low"),
        ({"average_ratio": 270.0}, "such as 2.7 for 270 %"),
        ({"short_share": 1.5}, "short_share is 1.5"),
        ({"mean_positions": 0.5}, "0.5 positions on average"),
        ({"policy": "huatai:0.6,guosen:0.3"}, "add up to 1"),
        ({"policy": "huatai,guosen"}, "add up to 1"),
        ({"policy": "huatai:0.5,huatai:0.5"}, "add up to 1"),
        ({"policy": "huatai:half,guosen:half"}, "add up to 1"),
    ],
)
def test_an_impossible_recipe_is_refused(asked: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Recipe(**({"accounts": 10, "seed": 1} | asked))  # type: ignore[arg-type]
