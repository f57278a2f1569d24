"""Make a book from a recipe and a seed: accounts, positions, contracts, fitted to a market average ratio.

What lives here: what the draws are fitted to, and the contracts of the indebted. What does not: the draws
(``draws.py``). Nobody's book: every figure of it is ``simulated``.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.book import Book, Layout
from rongheng.account.book.layout import NO_PINNED_RATIO, spans, starts_of
from rongheng.account.population.draws import alias_table, compact, draw_counts, draw_positions
from rongheng.basics.account_tables import PROBLEMS, Board, ClientType
from rongheng.basics.calendar import calendar
from rongheng.basics.errors import UsageError
from rongheng.basics.grades import Grade
from rongheng.basics.market_day import MarketDay
from rongheng.basics.money import MILLI
from rongheng.rulebook import Rulebook

Int64 = NDArray[np.int64]
Random = np.random.Generator
_SHARD = 100_000
_LOT = 100
_LEAST_RATIO = 1.05  # nobody's simulated account starts under water by construction


@dataclass(frozen=True)
class Recipe:
    """What a synthetic book is like. The defaults follow what is published of the whole market.

    Means and shares are of the whole book; ``average_ratio`` is total assets over total debt of the indebted accounts.
    """

    accounts: int
    seed: int
    policy: str = "illustrative"
    mean_positions: float = 6.7
    positions_deviation: float = 1.05  # of the logarithm
    most_positions: int = 401
    median_wealth_yuan: float = 120_000.0
    wealth_deviation: float = 1.5
    indebted_share: float = 0.13
    short_share: float = 0.03  # of the indebted accounts
    bought_today_share: float = 0.02  # of the positions: not all of it may be sold today
    average_ratio: float = 2.7
    ratio_deviation: float = 0.35
    popularity_power: float = 0.8  # of the float value, or of the rank where the day has none

    def __post_init__(self) -> None:
        if self.accounts < 1:
            raise UsageError(f"A book of {self.accounts} accounts cannot be made; give 1 or more.")
        shares = (self.indebted_share, self.short_share, self.bought_today_share)
        if not all(0 <= share <= 1 for share in shares):
            raise UsageError("A share of accounts or positions lies between 0 and 1; mend the recipe.")
        if self.average_ratio <= _LEAST_RATIO:
            raise UsageError(f"An average ratio of {self.average_ratio} is too low; give more than {_LEAST_RATIO}.")


def make_day(session: date, *, securities: int = 5_500, seed: int = 1) -> MarketDay:
    """Return a simulated market day with about the boards, prices and float values of the real market."""
    random = np.random.default_rng((seed, 101))
    codes, boards = _codes(securities)
    price = np.round(np.exp(random.normal(2.4, 0.8, securities)).clip(1.01, 1_800), 2)
    float_value = np.exp(random.normal(22.5, 1.2, securities))
    previous = np.round(price / np.exp(random.normal(0, 0.02, securities)).clip(0.9, 1.1), 2)
    frame = pl.DataFrame(
        {
            "security": codes,
            "board": boards,
            "class": np.where(random.random(securities) < 0.06, "index_share", "other_share"),
            "price_milli": np.round(price * MILLI).astype(np.int64),
            "previous_close_milli": np.round(previous * MILLI).astype(np.int64),
            "listing": np.where(random.random(securities) < 0.03, "risk_warned", "normal"),
            "suspended": random.random(securities) < 0.005,
            "financing_allowed": random.random(securities) < 0.7,
            "average_amount_milli": (float_value * random.uniform(0.005, 0.05, securities) * MILLI).astype(np.int64),
            "total_value_milli": (float_value * random.uniform(1.0, 2.0, securities) * MILLI).astype(np.int64),
            "float_shares": (float_value / price).astype(np.int64),
        }
    )
    cap = pl.when(pl.col("class") == "index_share").then(7_000).otherwise(6_500)
    return MarketDay(session, frame.with_columns(haircut_cap_bp=cap.cast(pl.Int64)), Grade.SIMULATED)


def make_book(recipe: Recipe, day: MarketDay, *, threads: int = 2) -> Book:
    """Return a synthetic book on a market day; the same recipe and day make the same book, bit for bit.

    Accounts are numbered ``S000000001`` and up. Contracts were opened on many days before the session, most of them in
    the last half year, and pin no ratio: each bears that of its opening.

    Raises
    ------
    UsageError
        The recipe is impossible, or the market day has no security.
    """
    if not day.securities.height:
        raise UsageError(f"The market day {day.session} has no security; a book cannot hold any.")
    starts, code, quantity = _positions(recipe, day, threads=threads)
    price = day.securities["price_milli"].to_numpy()
    random = np.random.default_rng((recipe.seed, 7))
    value = _values(starts, code, quantity, price)
    cash = _whole_fen(value * random.beta(0.4, 5.0, recipe.accounts))
    client = random.choice(4, recipe.accounts, p=[0.985, 0.007, 0.005, 0.003]).astype(np.uint8)
    indebted = np.flatnonzero((random.random(recipe.accounts) < recipe.indebted_share) & (value < 2 * 10**13))
    contracts, owners = _contracts(recipe, day, random, indebted, value + cash, starts, code, quantity, price)
    np.add.at(cash, owners, np.where(contracts["is_short"], contracts["amount_milli"], 0))
    zeros = np.zeros(recipe.accounts, dtype=np.int64)
    layout = Layout(
        starts=starts,
        policy=np.zeros(recipe.accounts, dtype=np.uint16),
        client=client,
        cash_milli=cash,
        frozen_cash_milli=zeros,
        other_collateral_milli=zeros,
        other_debt_milli=zeros,
        code=code,
        quantity=quantity,
        indebted=np.unique(owners),
        contract_starts=starts_of(np.unique(owners, return_counts=True)[1]),
        **contracts,
        **_held_back(recipe, quantity),
    )
    return Book(
        session=day.session,
        interest_through=day.session,
        source=f"simulated, seed {recipe.seed}",
        accounts=_accounts(recipe, client, layout),
        contracts=pl.DataFrame({"contract_id": _ids("K", layout.n_contracts)}),
        policies=(recipe.policy,),
        securities=day.securities["security"],
        layout=layout,
        problems=pl.DataFrame(schema=PROBLEMS.schema),
        rows_in=recipe.accounts,
        grade=Grade.SIMULATED,
    )


def _positions(recipe: Recipe, day: MarketDay, *, threads: int) -> tuple[Int64, NDArray[np.uint16], NDArray[np.int32]]:
    counts = np.empty(recipe.accounts, dtype=np.int64)
    deviation = recipe.positions_deviation
    most = min(recipe.most_positions, day.securities.height)
    draw_counts(recipe.seed, np.log(recipe.mean_positions) - deviation**2 / 2, deviation, most, counts, _state())
    drawn = starts_of(counts)
    code, quantity = np.empty(drawn[-1], dtype=np.uint16), np.empty(drawn[-1], dtype=np.int32)
    kept = np.empty(recipe.accounts, dtype=np.int64)
    accept, other = alias_table(_popularity(recipe, day))
    price = day.securities["price_milli"].to_numpy()
    lot = np.full(len(price), _LOT, dtype=np.int64)

    def draw(first: int, last: int) -> None:
        middle = np.log(recipe.median_wealth_yuan * MILLI)
        draw_positions(
            recipe.seed, first, last, drawn, accept, other, price, lot, middle, recipe.wealth_deviation,
            code, quantity, kept, _state(),
        )  # fmt: skip

    _in_shards(recipe.accounts, draw, threads=threads)
    compact(drawn, kept, code, quantity)
    starts = starts_of(kept)
    code.resize(starts[-1], refcheck=False)
    quantity.resize(starts[-1], refcheck=False)
    return starts, code, quantity


def _popularity(recipe: Recipe, day: MarketDay) -> NDArray[np.float64]:
    """Return how likely each security is held: by float value where the day has it, else by a shuffled rank."""
    known = day.securities["float_shares"].cast(pl.Float64) * day.securities["price_milli"].cast(pl.Float64)
    if known.null_count() == 0:
        return known.to_numpy() ** recipe.popularity_power
    rank = np.random.default_rng((recipe.seed, 3)).permutation(len(known)) + 1.0
    return np.asarray(rank**-recipe.popularity_power, dtype=np.float64)


def _contracts(
    recipe: Recipe,
    day: MarketDay,
    random: Random,
    indebted: Int64,
    assets: Int64,
    starts: Int64,
    code: NDArray[np.uint16],
    quantity: NDArray[np.int32],
    price: Int64,
) -> tuple[dict[str, Any], Int64]:
    """Return the contracts by account, kind and code, and the account of each.

    An indebted account has financed the same part of each of its first positions, so that its ratio comes out as drawn;
    ratios are scaled until their average is the recipe's.
    """
    places = spans(starts, indebted)
    owner = np.repeat(indebted, np.diff(starts)[indebted])
    held = quantity[places] * price[code[places]]
    ratio = _ratios(recipe, random, assets[indebted].astype(np.float64))
    part = np.repeat(assets[indebted] / ratio, np.diff(starts)[indebted]) / np.maximum(_sums(owner, held), 1)
    drift = np.exp(random.normal(0.0, 0.15, len(places)))  # cost at opening over today's price
    financed = (quantity[places] * np.minimum(part / drift, 1.0)).astype(np.int64) // _LOT * _LOT
    keep = financed > 0
    at_cost = np.round(price[code[places]] * drift / 10).astype(np.int64) * 10
    long = {"owner": owner[keep], "code": code[places][keep], "quantity": financed[keep]}
    long |= {"amount": (financed * at_cost)[keep], "is_short": np.zeros(keep.sum(), dtype=np.bool_)}
    short = _shorts(recipe, random, indebted, assets, price)
    table = pl.concat([pl.DataFrame(long), pl.DataFrame(short, schema=pl.DataFrame(long).schema)])
    table = table.sort("owner", "is_short", "code", maintain_order=True)
    is_beijing = day.securities["security"].str.ends_with(".BJ").to_numpy()[table["code"].to_numpy()]
    opened, due = _days(day.session, random, is_beijing)
    rate = random.choice([43_000, 49_900, 55_000, 62_000, 83_500], table.height).astype(np.int32)
    amount = table["amount"].to_numpy()
    days = (np.datetime64(day.session) - opened).astype(np.int64) + 1
    return {
        "is_short": table["is_short"].to_numpy(),
        "contract_code": table["code"].to_numpy(),
        "contract_quantity": table["quantity"].to_numpy(),
        "amount_milli": amount,
        "pinned_ratio_bp": np.full(table.height, NO_PINNED_RATIO, dtype=np.int32),
        "opened": opened,
        "due": due,
        "rate_ppm": rate,
        "interest_milli": (amount / 1e6 * rate / 360 * np.minimum(days, 30)).astype(np.int64),
    }, table["owner"].to_numpy()


def _ratios(recipe: Recipe, random: Random, assets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a ratio for each account, scaled so that total assets over total debt is the recipe's average."""
    shape = np.exp(random.normal(0.0, recipe.ratio_deviation, len(assets)))
    low, high = 0.1, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        average = assets.sum() / max((assets / np.maximum(middle * shape, _LEAST_RATIO)).sum(), 1.0)
        low, high = (middle, high) if average < recipe.average_ratio else (low, middle)
    return np.maximum(low * shape, _LEAST_RATIO)


def _shorts(recipe: Recipe, random: Random, indebted: Int64, assets: Int64, price: Int64) -> dict[str, Any]:
    owner = indebted[random.random(len(indebted)) < recipe.short_share]
    code = random.integers(0, len(price), len(owner)).astype(np.uint16)
    lots = (assets[owner] * 0.05 / price[code] / _LOT).astype(np.int64)
    some = lots > 0
    owner, code, quantity = owner[some], code[some], lots[some] * _LOT
    sold_at = np.round(price[code] * np.exp(random.normal(0.0, 0.1, len(owner))) / 10).astype(np.int64) * 10
    amount = quantity * np.maximum(sold_at, 10)
    return {
        "owner": owner,
        "code": code,
        "quantity": quantity,
        "amount": amount,
        "is_short": np.ones(len(owner), dtype=np.bool_),
    }


def _days(
    session: date, random: Random, is_beijing: NDArray[np.bool_]
) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    """Return opening days across the changes of the rules, and due days half a year after the last roll-over.

    Nothing was opened before the business began, which was later in Beijing.
    """
    count = len(is_beijing)
    rule = Rulebook.load().rule("exchange.financing.margin_ratio")
    first, first_in_beijing = rule.first_session("SSE"), np.datetime64(rule.first_session("BSE"))
    sessions = np.array(calendar().between(first, session), dtype="datetime64[D]")
    back = np.minimum(random.exponential(90.0, count).astype(np.int64), len(sessions) - 1)
    rare = random.random(count) < 0.02  # rolled over for years
    back = np.where(rare, random.integers(0, len(sessions), count), back)
    opened = sessions[len(sessions) - 1 - back]
    opened = np.where(is_beijing, np.maximum(opened, first_in_beijing), opened)
    age = (np.datetime64(session) - opened).astype(np.int64)
    late = random.random(count) < 0.002
    due = opened + ((age // 180 + np.where(late & (age >= 180), 0, 1)) * 180).astype("timedelta64[D]")
    return opened, np.maximum(due, opened + np.timedelta64(timedelta(days=1)))


def _held_back(recipe: Recipe, quantity: NDArray[np.int32]) -> dict[str, Any]:
    """Return which positions were bought today in part or whole, and how many shares of each."""
    random = np.random.default_rng((recipe.seed, 11))
    at = np.unique(random.integers(0, len(quantity), round(recipe.bought_today_share * len(quantity))))
    held = quantity[at].astype(np.int64)
    part = (held * random.random(len(at))).astype(np.int64) // _LOT * _LOT
    return {"held_back_at": at, "held_back_quantity": np.where(part > 0, part, held)}


def _values(starts: Int64, code: NDArray[np.uint16], quantity: NDArray[np.int32], price: Int64) -> Int64:
    """Return the value of each account's securities; in spans, so that a large book needs no large array beside it."""
    value = np.empty(len(starts) - 1, dtype=np.int64)
    for first in range(0, len(value), 1_000_000):
        last = min(first + 1_000_000, len(value))
        span = slice(starts[first], starts[last])
        running = starts_of(quantity[span] * price[code[span]])
        value[first:last] = np.diff(running[starts[first : last + 1] - starts[first]])
    return value


def _sums(owner: Int64, values: Int64) -> Int64:
    """Return for each row the sum of its owner's rows; owners ascend."""
    _, places, counts = np.unique(owner, return_index=True, return_counts=True)
    return np.repeat(np.add.reduceat(values, places), counts) if len(owner) else values


def _whole_fen(amount: NDArray[np.float64]) -> Int64:
    return (amount / 10).astype(np.int64) * 10


def _accounts(recipe: Recipe, client: NDArray[np.uint8], layout: Layout) -> pl.DataFrame:
    names = pl.Enum([client_type.value for client_type in ClientType])
    return pl.DataFrame(
        {
            "account_id": _ids("S", recipe.accounts),
            "client_type": pl.Series(names.categories).gather(client).cast(names),
            "policy": pl.repeat(recipe.policy, recipe.accounts, eager=True),
            "cash_milli": layout.cash_milli,
        }
    )


def _ids(letter: str, count: int) -> pl.Series:
    number = pl.int_range(1, count + 1, eager=True).cast(pl.String()).str.zfill(9)
    return pl.Series(letter + number)


def _codes(securities: int) -> tuple[list[str], list[str]]:
    """Return codes in the real ranges of each board, and the boards."""
    ranges = [(0.31, 600_000, "SH", Board.MAIN), (0.11, 688_001, "SH", Board.STAR), (0.27, 1, "SZ", Board.MAIN)]
    ranges += [
        (0.25, 300_001, "SZ", Board.CHINEXT),
        (0.05, 920_001, "BJ", Board.BSE),
        (0.01, 510_001, "SH", Board.FUND),
    ]
    codes: list[tuple[str, str]] = []
    for share, first, suffix, board in ranges:
        count = max(round(share * securities), 1)
        codes += [(f"{first + number:06d}.{suffix}", board.value) for number in range(count)]
    codes = (codes + [(f"{601_000 + number + securities:06d}.SH", "main") for number in range(securities)])[:securities]
    return [code for code, _ in codes], [board for _, board in codes]


def _state() -> NDArray[np.uint64]:
    return np.zeros(1, dtype=np.uint64)


def _in_shards(count: int, work: Callable[[int, int], None], *, threads: int) -> None:
    spans_ = [(first, min(first + _SHARD, count)) for first in range(0, count, _SHARD)]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda span: work(*span), spans_))
