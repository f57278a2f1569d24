"""Make a book from a recipe and a market day: accounts, holdings, contracts, and what accounts have beside them.

What lives here: the order in which a book is made, and its small columns. What does not: holdings (``draws.py``), debts
(``debts.py``), the recipe's numbers (``recipe.py``). Nobody's book: every figure of it is ``simulated``.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book import Book, Layout
from rongheng.account.book.layout import starts_of
from rongheng.account.population.day import known_or_median
from rongheng.account.population.debts import Debts, Holdings, draw_debts
from rongheng.account.population.draws import alias_table, compact, draw_counts, draw_positions
from rongheng.account.population.recipe import Recipe
from rongheng.basics.account_tables import PROBLEMS, Board, ClientType
from rongheng.basics.errors import UsageError
from rongheng.basics.grades import Grade
from rongheng.basics.market_day import MarketDay
from rongheng.basics.money import FEN, MILLI

Int64 = NDArray[np.int64]
Report = Callable[[str, int, int], None]  # what is being done, done, of how much

_SHARD = 100_000  # accounts that are drawn at once
_CLIENTS = {  # share of the accounts, and by how much they are larger
    ClientType.INDIVIDUAL: (0.9935, 1.0),
    ClientType.INSTITUTION: (0.0030, 20.0),
    ClientType.PRODUCT: (0.0020, 30.0),
    ClientType.PRIVATE_FUND: (0.0015, 30.0),
}
_FROZEN_SHARE = 0.03  # of the accounts: orders are pending
_COLLATERAL_SHARE = 0.002  # have other collateral
_FEES_SHARE = 0.01  # of the indebted owe fees
_OVER_LIMIT_SHARE = 0.003  # of the indebted: the limit was cut after they had borrowed
_LIMIT_STEP_MILLI = 10_000 * MILLI
_LOT = 100


def _silent(phrase: str, done: int, whole: int) -> None:
    """Tell nobody."""


def make_book(recipe: Recipe, day: MarketDay, *, threads: int = 2, progress: Report = _silent) -> Book:
    """Return a synthetic book on a market day; the same recipe and day make the same book, bit for bit.

    Accounts are numbered ``S000000001`` and up. Contracts were opened on many days before the session, most of them in
    the last half year; some state a margin ratio of their own, the others bear that of their opening.

    Parameters
    ----------
    threads : how many shards are drawn at once; the book does not depend on it
    progress : is told what is being made, how far it is, of how much

    Raises
    ------
    UsageError
        The market day has no security, or the recipe's average ratio cannot be reached.
    """
    if not day.securities.height:
        raise UsageError(f"The market day {day.session} has no security; a book cannot hold any.")
    random = np.random.default_rng((recipe.seed, 7))
    client = random.choice(len(_CLIENTS), recipe.accounts, p=[share for share, _ in _CLIENTS.values()]).astype(np.uint8)
    starts, code, quantity = _positions(recipe, day, client, threads=threads, progress=progress)
    value = _values(starts, code, quantity, day.securities["price_milli"].to_numpy())
    cash = _whole_fen(value * random.beta(0.4, 5.0, recipe.accounts))
    progress("draw contracts", 0, recipe.accounts)
    debts = draw_debts(recipe, day, Holdings(starts, code, quantity, client, value + cash))
    progress("draw contracts", recipe.accounts, recipe.accounts)
    beside = _beside(recipe, random, cash, value, debts)
    limit = beside.pop("credit_limit_milli")
    layout = Layout(
        starts=starts,
        policy=_policies(recipe, random),
        client=client,
        **beside,
        code=code,
        quantity=quantity,
        **_indebted(debts, beside["other_debt_milli"]),
        **debts.columns,
        **_bought_today(recipe, quantity),
        **_in_transit(recipe, quantity),
    )
    return Book(
        session=day.session,
        interest_through=day.session,
        source=f"simulated, seed {recipe.seed}",
        accounts=_accounts(recipe, layout, limit, _permissions(day, layout)),
        contracts=pl.DataFrame({"contract_id": _ids("K", layout.n_contracts)}),
        policies=tuple(recipe.policies),
        securities=day.securities["security"],
        layout=layout,
        problems=pl.DataFrame(schema=PROBLEMS.schema),
        rows_in=recipe.accounts,
        grade=Grade.SIMULATED,
    )


def _positions(
    recipe: Recipe, day: MarketDay, client: NDArray[np.uint8], *, threads: int, progress: Report
) -> tuple[Int64, NDArray[np.uint16], NDArray[np.int32]]:
    counts = np.empty(recipe.accounts, dtype=np.int64)
    deviation = recipe.positions_deviation
    most = min(recipe.most_positions, day.securities.height)
    draw_counts(recipe.seed, np.log(recipe.mean_positions) - deviation**2 / 2, deviation, most, counts, _state())
    drawn = starts_of(counts)
    code, quantity = np.empty(drawn[-1], dtype=np.uint16), np.empty(drawn[-1], dtype=np.int32)
    kept = np.empty(recipe.accounts, dtype=np.int64)
    accept, other = alias_table(_popularity(recipe, day))
    price = day.securities["price_milli"].to_numpy()
    middle = np.log([recipe.median_wealth_yuan * MILLI * larger for _, larger in _CLIENTS.values()])

    def draw(first: int, last: int) -> None:
        draw_positions(
            recipe.seed, first, last, drawn, accept, other, price, client, middle, recipe.wealth_deviation,
            code, quantity, kept, _state(),
        )  # fmt: skip

    _in_shards(recipe.accounts, draw, threads=threads, progress=progress)
    compact(drawn, kept, code, quantity)
    starts = starts_of(kept)
    code.resize(starts[-1], refcheck=False)
    quantity.resize(starts[-1], refcheck=False)
    return starts, code, quantity


def _popularity(recipe: Recipe, day: MarketDay) -> NDArray[np.float64]:
    """Return how likely each security is held: by its float's value, and by taste."""
    taste = np.exp(
        np.random.default_rng((recipe.seed, 3)).normal(0.0, recipe.popularity_deviation, day.securities.height)
    )
    size = known_or_median(day, "float_shares") * known_or_median(day, "price_milli")
    return np.asarray(size**recipe.popularity_power * taste, dtype=np.float64)


def _policies(recipe: Recipe, random: np.random.Generator) -> NDArray[np.uint16]:
    """Return which of the recipe's policies each account has."""
    shares = list(recipe.policies.values())
    if len(shares) == 1:
        return np.zeros(recipe.accounts, dtype=np.uint16)
    return random.choice(len(shares), recipe.accounts, p=shares).astype(np.uint16)


def _beside(recipe: Recipe, random: np.random.Generator, cash: Int64, value: Int64, debts: Debts) -> dict[str, Any]:
    """Return cash with short proceeds, frozen cash, other collateral, fees owed, and credit limits."""
    count, columns = recipe.accounts, debts.columns
    amount = columns["amount_milli"].astype(np.float64)
    borrowed = np.bincount(debts.owner, amount, count)
    proceeds = np.bincount(debts.owner, amount * columns["is_short"], count).astype(np.int64)
    some = random.random(count)
    frozen = np.where(some < _FROZEN_SHARE, cash * random.random(count), 0.0)
    collateral = np.where(some > 1 - _COLLATERAL_SHARE, value * 0.2 * random.random(count), 0.0)
    fees = np.where((borrowed > 0) & (random.random(count) < _FEES_SHARE), random.uniform(1e3, 5e5, count), 0.0)
    granted = np.maximum(borrowed * random.uniform(1.05, 3.0, count), value * random.uniform(0.2, 1.0, count))
    granted = np.where((borrowed > 0) & (random.random(count) < _OVER_LIMIT_SHARE), borrowed * 0.9, granted)
    return {
        "cash_milli": cash + proceeds,
        "frozen_cash_milli": _whole_fen(frozen),
        "other_collateral_milli": _whole_fen(collateral),
        "other_debt_milli": _whole_fen(fees),
        "credit_limit_milli": np.ceil(granted / _LIMIT_STEP_MILLI).astype(np.int64) * _LIMIT_STEP_MILLI,
    }


def _indebted(debts: Debts, other_debt: Int64) -> dict[str, Any]:
    """Return the rows of the accounts that owe anything, and where the contracts of each start."""
    rows = np.union1d(debts.owner, np.flatnonzero(other_debt > 0))
    counts = np.bincount(np.searchsorted(rows, debts.owner), minlength=len(rows))
    return {"indebted": rows, "contract_starts": starts_of(counts)}


def _bought_today(recipe: Recipe, quantity: NDArray[np.int32]) -> dict[str, Any]:
    """Return which positions were bought today in part or whole, and how many shares of each."""
    random = np.random.default_rng((recipe.seed, 11))
    at = np.unique(random.integers(0, len(quantity), round(recipe.bought_today_share * len(quantity))))
    held = quantity[at].astype(np.int64)
    part = (held * random.random(len(at))).astype(np.int64) // _LOT * _LOT
    return {"held_back_at": at, "held_back_quantity": np.where(part > 0, part, held)}


def _in_transit(recipe: Recipe, quantity: NDArray[np.int32]) -> dict[str, Any]:
    """Return which positions await bonus shares, from one to ten for ten held."""
    random = np.random.default_rng((recipe.seed, 17))
    at = np.unique(random.integers(0, len(quantity), round(recipe.in_transit_share * len(quantity))))
    return {
        "in_transit_at": at,
        "in_transit_quantity": quantity[at].astype(np.int64) * random.integers(1, 11, len(at)) // 10,
    }


def _values(starts: Int64, code: NDArray[np.uint16], quantity: NDArray[np.int32], price: Int64) -> Int64:
    """Return the value of each account's securities; in spans, so that a large book needs no large array beside it."""
    value = np.empty(len(starts) - 1, dtype=np.int64)
    for first in range(0, len(value), 1_000_000):
        last = min(first + 1_000_000, len(value))
        span = slice(starts[first], starts[last])
        running = starts_of(quantity[span] * price[code[span]])
        value[first:last] = np.diff(running[starts[first : last + 1] - starts[first]])
    return value


def _permissions(day: MarketDay, layout: Layout) -> pl.Series:
    """Return the boards that each account may trade beside the main one: those of what it holds."""
    boards = (Board.CHINEXT, Board.STAR, Board.BSE)
    held = np.zeros(layout.n_accounts, dtype=np.uint8)
    for bit, board in enumerate(boards):
        is_there = (day.securities["board"] == board.value).to_numpy()
        counts = np.add.reduceat(is_there[layout.code], layout.starts[:-1], dtype=np.int64)
        held |= (counts > 0).astype(np.uint8) << bit
    words = [" ".join(board.value for bit, board in enumerate(boards) if number >> bit & 1) for number in range(8)]
    return pl.Series(words).gather(held)


def _whole_fen(amount: NDArray[np.float64]) -> Int64:
    return (amount / FEN).astype(np.int64) * FEN


def _accounts(recipe: Recipe, layout: Layout, limit: Int64, permissions: pl.Series) -> pl.DataFrame:
    policies = pl.Series(list(recipe.policies), dtype=pl.Enum(list(recipe.policies)))
    return pl.DataFrame(
        {
            "account_id": _ids("S", recipe.accounts),
            "policy": policies.gather(layout.policy),
            "credit_limit_milli": pl.Series(limit),
            "permissions": permissions,
        }
    )


def _ids(letter: str, count: int) -> pl.Series:
    number = pl.int_range(1, count + 1, eager=True).cast(pl.String()).str.zfill(9)
    return pl.Series(letter + number)


def _state() -> NDArray[np.uint64]:
    return np.zeros(1, dtype=np.uint64)


def _in_shards(count: int, work: Callable[[int, int], None], *, threads: int, progress: Report) -> None:
    with ThreadPoolExecutor(threads) as pool:
        spans = [(first, min(first + _SHARD, count)) for first in range(0, count, _SHARD)]
        for done, (_, last) in zip(pool.map(lambda span: work(*span), spans), spans, strict=True):
            assert done is None
            progress("draw positions", last, count)
