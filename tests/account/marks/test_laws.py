"""Laws that every mark obeys, whatever the book."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rongheng.account.book import Book
from rongheng.account.book.layout import owners
from rongheng.account.marks import mark
from rongheng.account.marks.arithmetic import NULL
from rongheng.account.marks.columns import BLOCK
from rongheng.account.marks.explain import explain
from rongheng.account.marks.mark import judged
from rongheng.account.policy import PolicySet
from rongheng.account.population import Recipe, make_book, make_day
from rongheng.basics.account_tables import State
from tests.account.worlds import SESSION, World, account_id, same_books, worlds
from tests.depth import examples

quick = settings(max_examples=examples(16), deadline=None, suppress_health_check=list(HealthCheck))
GRAVITY = [state.value for state in State]


def _frame(world: World, *, threads: int = 2) -> pl.DataFrame:
    return mark(world.book(), world.day(), world.policy_set(), threads=threads).frame()


@quick
@given(worlds(), st.integers(0, 2**31))
def test_permuting_the_rows_of_a_book_changes_nothing(world: World, seed: int) -> None:
    frames = [frame.sample(fraction=1, shuffle=True, seed=seed) for frame in world.frames()]
    orders, relations = (frame.sample(fraction=1, shuffle=True, seed=seed) for frame in world.side_frames())
    whole = world.book()
    book = Book.of(*frames, session=SESSION, interest_through=world.through, orders=orders, relations=relations)
    assert same_books(book, whole)
    assert mark(book, world.day(), world.policy_set()).frame().equals(_frame(world))


@quick
@given(worlds())
def test_splitting_a_book_and_joining_the_marks_changes_nothing(world: World) -> None:
    halves = [replace(world, accounts=(account,)) for account in world.accounts]
    parts = [_frame(half).with_columns(account_id=pl.lit(account_id(i))) for i, half in enumerate(halves)]
    assert pl.concat(parts).equals(_frame(world))


def test_a_book_of_many_blocks_is_marked_like_its_parts_on_any_number_of_threads() -> None:
    day = make_day(SESSION, securities=300)
    recipe = Recipe(accounts=5 * BLOCK + 7, seed=5, policy="citic", indebted_share=0.5, short_share=0.3)
    book = make_book(recipe, day)
    policies = PolicySet.load("citic", session=SESSION)
    whole = mark(book, day, policies, threads=1)
    assert 1_000 < len(book.layout.indebted) < book.layout.n_accounts
    cuts = [0, 1, 2, BLOCK - 1, BLOCK + 1, 3 * BLOCK, book.layout.n_accounts]
    parts = [mark(book.between(*span), day, policies).frame() for span in pairwise(cuts)]
    assert pl.concat(parts).equals(whole.frame())
    shards = [np.arange(first, book.layout.n_accounts, 3) for first in range(3)]
    every_third = pl.concat([mark(book.take(rows), day, policies, threads=2).frame() for rows in shards])
    assert every_third.sort("account_id").equals(whole.frame())
    lean = judged(whole, threads=2)
    assert (lean.ratio == whole.debts.ratio).all()
    assert (lean.state == whole.debts.state).all()


@quick
@given(worlds())
def test_taking_accounts_out_of_a_layout_leaves_their_marks(world: World) -> None:
    book = world.book()
    whole = mark(book, world.day(), world.policy_set()).frame()
    rows = np.arange(0, book.layout.n_accounts, 2)
    part = mark(book.take(rows), world.day(), world.policy_set()).frame()
    assert part.equals(whole.filter(pl.col("account_id").is_in(book.accounts["account_id"][rows].implode())))


@quick
@given(worlds())
def test_the_lean_mark_of_the_indebted_says_what_the_whole_mark_says(world: World) -> None:
    book = world.book()
    narrow = book.take(np.setdiff1d(np.arange(book.layout.n_accounts), owners(book.layout.starts, book.layout.wide_at)))
    marks = mark(narrow, world.day(), world.policy_set())
    lean = judged(marks)
    is_marked = marks.is_marked[narrow.layout.indebted]
    assert ((lean.assets != NULL) == is_marked).all()
    assert (lean.assets == marks.holdings.assets[narrow.layout.indebted])[is_marked].all()
    for name in ("debt", "ratio", "state"):
        assert (getattr(lean, name) == getattr(marks.debts, name))[is_marked].all()


@quick
@given(worlds())
def test_one_thread_and_two_give_the_same_bits(world: World) -> None:
    assert _frame(world, threads=1).equals(_frame(world, threads=2))


@quick
@given(worlds(most=2), st.integers(1, 10**9))
def test_adding_cash_never_lowers_a_ratio_or_worsens_a_state(world: World, cash: int) -> None:
    richer = replace(world, accounts=tuple(replace(a, cash=a.cash + cash) for a in world.accounts))
    pairs = _frame(world).join(_frame(richer), on="account_id", suffix="_after")
    for row in pairs.iter_rows(named=True):
        if row["maintenance_ratio_bp"] is None:
            continue
        assert row["maintenance_ratio_bp_after"] >= row["maintenance_ratio_bp"]
        if row["line_row"] == row["line_row_after"]:
            assert GRAVITY.index(row["state_after"]) <= GRAVITY.index(row["state"])
        assert row["available_margin_milli_after"] == row["available_margin_milli"] + cash


@quick
@given(worlds(most=2), st.integers(1, 2_000))
def test_raising_every_line_never_removes_a_call(world: World, more_bp: int) -> None:
    def raised(line: int | None) -> int | None:
        return None if line is None else line + more_bp

    still = tuple(replace(policy, moving_lines=None) for policy in world.policies)
    tighter = tuple(
        replace(
            policy,
            withdrawal_line_bp=policy.withdrawal_line_bp + more_bp,
            lines=type(policy.lines)(*(raised(getattr(policy.lines, f)) for f in policy.lines.__slots__)),
        )
        for policy in still
    )
    before, after = _frame(replace(world, policies=still)), _frame(replace(world, policies=tighter))
    for old, new in zip(before["state"], after["state"], strict=True):
        if old not in ("no_debt", "withdrawable", "normal"):
            assert GRAVITY.index(new) >= GRAVITY.index(old)


@quick
@given(worlds(most=2), st.integers(2, 50))
def test_assets_are_linear_in_quantity(world: World, times: int) -> None:
    bare = tuple(replace(a, cash=0, frozen=0, other_collateral=0, contracts=()) for a in world.accounts)
    more = tuple(replace(a, positions={c: q * times for c, q in a.positions.items()}) for a in bare)
    pairs = _frame(replace(world, accounts=bare)).join(
        _frame(replace(world, accounts=more)), on="account_id", suffix="_x"
    )
    assert pairs["assets_milli_x"].equals(pairs["assets_milli"] * times, check_names=False)


@quick
@given(worlds(most=2))
def test_every_account_can_be_explained_and_its_terms_add_up(world: World) -> None:
    policies = world.policy_set()
    marks = world.marks()
    for row in marks.frame().iter_rows(named=True):
        terms = explain(marks, row["account_id"], policies[row["policy"]])  # asserts that every number comes out
        of_assets = terms.filter((pl.col("number") == "assets_milli") & ~pl.col("is_total"))
        assert of_assets["amount_milli"].sum() == row["assets_milli"]
        totals = terms.filter("is_total")
        assert totals["number"].is_unique().all()
        shown = dict(totals.filter(pl.col("ratio_bp").is_not_null()).select("number", "ratio_bp").iter_rows())
        assert shown == {name: row[name] for name in shown}
        assert (row["breaches"] or 0) == terms.filter((pl.col("number") == "breaches") & ~pl.col("is_total")).height
