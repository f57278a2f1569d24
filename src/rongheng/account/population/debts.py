"""Who of a synthetic book owes what: contracts of the indebted, fitted to an average ratio.

What lives here: the choice of the indebted, how much each has financed of which positions, what it has sold short, and
the one number that is fitted. What does not: holdings (``draws.py``) and what an account has beside them (``make.py``).

The indebted are chosen by wealth. Net assets over debt are lognormal between accounts, so that most have some room,
few have little and many have borrowed hardly anything; their common scale is moved until the whole book has the
average ratio asked for. An account has financed its eligible positions one after another, each in one to three
contracts of different days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rongheng.account.book.layout import NO_PINNED_RATIO, spans, starts_of
from rongheng.account.policy.exchange import ratios_at_opening
from rongheng.account.policy.ratios import exchange_ratios
from rongheng.account.population.day import known_or_median
from rongheng.account.population.recipe import TOLERANCE, Recipe
from rongheng.basics.calendar import calendar
from rongheng.basics.errors import UsageError
from rongheng.basics.market_day import MarketDay
from rongheng.basics.money import PPM
from rongheng.rulebook import Rulebook

Bool = NDArray[np.bool_]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Random = np.random.Generator

_LOT = 100
_FEN = 10  # milli-yuan
_WEALTHIEST_MILLI = 2 * 10**13  # richer accounts have no debt, so that their shorts stay within the bounds
_SPLITS = (0.7, 0.2, 0.1)  # the chance that a financed position stands in one, two or three contracts
_FINANCING_PPM = (43_000, 49_900, 55_000, 62_000, 83_500)  # rates that brokers ask
_SHORT_PPM = (83_500, 103_500, 130_000)
_MEAN_AGE = 90.0  # sessions since a contract was opened
_ROLLED_OVER, _OVERDUE = 0.02, 0.002  # contracts that are years old, and of old ones those that are past due
_TERM_DAYS = 180
_SETTLED_DAYS = 30  # interest older than that has been paid
_FIT_STEPS = 20
_FITTED_FROM = 1_000  # accounts; of fewer, one lot of one account may be too coarse a step


@dataclass(frozen=True)
class Holdings:
    """What the accounts of a book hold before anybody has borrowed."""

    starts: Int64
    code: NDArray[np.uint16]
    quantity: NDArray[np.int32]
    client: NDArray[np.uint8]
    assets_milli: Int64  # cash and securities


@dataclass(frozen=True)
class Debts:
    """Contracts in the layout's order: by account, kind, security and day of opening."""

    owner: Int64
    columns: dict[str, Any]


@dataclass(frozen=True)
class _Open:
    """Contracts in the making, in any order."""

    owner: Int64
    code: NDArray[np.uint16]
    quantity: Int64
    unit_milli: Int64  # what one share cost, or was sold at
    is_short: Bool
    opened: NDArray[np.datetime64]
    due: NDArray[np.datetime64]
    rate_ppm: Int64
    interest_per: Float64  # of the amount

    @property
    def amount(self) -> Int64:
        """What was financed, or what the sale brought."""
        return self.quantity * self.unit_milli


def draw_debts(recipe: Recipe, day: MarketDay, holdings: Holdings) -> Debts:
    """Return the contracts of a synthetic book.

    Raises
    ------
    UsageError
        The average ratio cannot be reached with what these accounts hold.
    """
    random = np.random.default_rng((recipe.seed, 13))
    indebted = _indebted(recipe, holdings.assets_milli, random)
    shorts = _shorts(recipe, day, holdings, indebted, random)
    plan = _plan(recipe, day, holdings, indebted, shorts, random)
    financing = _with_quantity(plan.contracts, _fitted(recipe, plan))
    return _ordered(recipe, day, holdings, _joined(financing, shorts), random)


def _indebted(recipe: Recipe, assets: Int64, random: Random) -> Int64:
    """Return the rows of the accounts that borrow; the chance of it grows with a power of wealth."""
    weight = np.maximum(assets, 1).astype(np.float64) ** recipe.debt_follows_wealth
    scale = recipe.indebted_share / weight.mean()
    for _ in range(8):  # where the chance is cut off at 1, the others' must be the larger
        scale *= recipe.indebted_share / max(float(np.minimum(scale * weight, 1.0).mean()), 1e-12)
    return np.flatnonzero((random.random(len(assets)) < scale * weight) & (assets < _WEALTHIEST_MILLI))


def _shorts(recipe: Recipe, day: MarketDay, holdings: Holdings, indebted: Int64, random: Random) -> _Open:
    """Return what some of the indebted have sold short: a twentieth of their assets on average, mostly large shares."""
    owner = indebted[random.random(len(indebted)) < recipe.short_share]
    size = known_or_median(day, "average_amount_milli") * _flag(day, "short_allowed")
    code = random.choice(len(size), len(owner), p=size / size.sum()).astype(np.uint16)
    price = day.securities["price_milli"].to_numpy()[code]
    worth = holdings.assets_milli[owner] * random.exponential(0.05, len(owner)).clip(0.0, 0.4)
    quantity = (worth / price / _LOT).astype(np.int64) * _LOT
    some = quantity > 0
    return _opened(day, random, owner[some], code[some], quantity[some], is_short=True)


def _fitted(recipe: Recipe, plan: _Plan) -> Int64:
    """Return the quantities of the financing contracts at which the indebted have the average ratio of the recipe."""
    target, before, scale = recipe.average_ratio, None, recipe.average_ratio - 1.0
    for _ in range(_FIT_STEPS):
        quantity, average = plan.at(scale)
        if abs(average / target - 1.0) < TOLERANCE / 5:
            return quantity
        point = (log(scale), log(max(average, 1e-9) / target))
        slope = 0.8 if before is None or before[0] == point[0] else (point[1] - before[1]) / (point[0] - before[0])
        before = point
        scale = exp(point[0] - min(max(point[1] / max(slope, 0.05), -1.5), 1.5))
    if recipe.accounts >= _FITTED_FROM and abs(average / target - 1.0) > TOLERANCE:
        raise UsageError(
            f"An average ratio of {target} cannot be reached: with what these accounts may finance it is "
            f"{average:.3f}. Ask for a ratio nearer to that."
        )
    return quantity


@dataclass(frozen=True)
class _Plan:
    """Every draw of the financing contracts but their quantities, which follow from the scale of the ratios."""

    assets: Float64  # by indebted account
    shape: Float64
    short: Float64  # shorts at the day's price, with their fees
    rank: Int64  # by position that may be financed: whose it is, in the order in which an account finances
    price: Int64
    held: Int64
    before: Float64  # the value of the account's earlier ones
    place: Int64  # by contract: of which position it is
    part: Int64  # which of its contracts
    parts: Int64  # how many it has
    contracts: _Open

    def at(self, scale: float) -> tuple[Int64, float]:
        """Return each contract's quantity at a scale of net assets over debt, and the average ratio that comes out."""
        wanted = np.maximum(self.assets / (1.0 + scale * self.shape) - self.short, 0.0)
        value = np.clip(wanted[self.rank] - self.before, 0.0, (self.held * self.price).astype(np.float64))
        lots = np.minimum((value / self.price / _LOT + 0.5).astype(np.int64), self.held // _LOT)
        mine = lots[self.place]
        quantity = (mine // self.parts + (self.part < mine % self.parts)) * _LOT
        owed = quantity * self.contracts.unit_milli * (1.0 + self.contracts.interest_per)
        debt = np.bincount(self.rank[self.place], owed, len(self.assets)) + self.short
        return quantity, float(self.assets[debt > 0].sum() / max(debt.sum(), 1.0))


def _plan(recipe: Recipe, day: MarketDay, holdings: Holdings, indebted: Int64, shorts: _Open, random: Random) -> _Plan:
    places = spans(holdings.starts, indebted)
    rank = np.repeat(np.arange(len(indebted)), np.diff(holdings.starts)[indebted])
    eligible = _flag(day, "financing_allowed")[holdings.code[places]]
    places, rank = places[eligible], rank[eligible]
    order = np.lexsort((random.random(len(rank)), rank))
    places, rank = places[order], rank[order]
    code, held = holdings.code[places], holdings.quantity[places].astype(np.int64)
    price = day.securities["price_milli"].to_numpy()[code]
    parts = random.choice(np.arange(1, len(_SPLITS) + 1), len(places), p=_SPLITS)
    place = np.repeat(np.arange(len(places)), parts)
    at_price = day.securities["price_milli"].to_numpy()[shorts.code]
    owed = shorts.quantity * at_price + shorts.amount * shorts.interest_per
    return _Plan(
        assets=holdings.assets_milli[indebted] + _by_owner(indebted, shorts.owner, shorts.amount.astype(np.float64)),
        shape=np.exp(random.normal(0.0, recipe.ratio_deviation, len(indebted))),
        short=_by_owner(indebted, shorts.owner, owed),
        rank=rank,
        price=price,
        held=held,
        before=_running(rank, held * price),
        place=place,
        part=np.arange(len(place)) - np.repeat(starts_of(parts)[:-1], parts),
        parts=parts[place],
        contracts=_opened(day, random, indebted[rank[place]], code[place], held[place], is_short=False),
    )


def _opened(
    day: MarketDay, random: Random, owner: Int64, code: NDArray[np.uint16], quantity: Int64, *, is_short: bool
) -> _Open:
    """Return contracts with their days, rates and prices at opening; the older, the farther from today's price."""
    is_beijing = day.securities["security"].str.ends_with(".BJ").to_numpy()[code]
    opened, due = _days(day.session, random, is_beijing)
    age = (np.datetime64(day.session) - opened).astype(np.int64)
    spread = np.minimum(0.03 + 0.3 * np.sqrt(age / 365), 0.5)
    drift = np.exp(random.normal(0.0, 1.0, len(code)) * spread).clip(0.4, 2.5)
    price = day.securities["price_milli"].to_numpy()[code]
    rate = random.choice(_SHORT_PPM if is_short else _FINANCING_PPM, len(code))
    return _Open(
        owner=owner,
        code=code,
        quantity=quantity,
        unit_milli=np.maximum(np.round(price * drift / _FEN).astype(np.int64), 1) * _FEN,
        is_short=np.full(len(code), is_short),
        opened=opened,
        due=due,
        rate_ppm=rate,
        interest_per=rate / PPM / 360 * np.minimum(age + 1, _SETTLED_DAYS),
    )


def _days(session: date, random: Random, is_beijing: Bool) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    """Return opening days across the changes of the rules, and due days half a year after the last roll-over.

    Nothing was opened before the business began, which was later in Beijing.
    """
    count = len(is_beijing)
    rule = Rulebook.load().rule("exchange.financing.margin_ratio")
    first, first_in_beijing = rule.first_session("SSE"), np.datetime64(rule.first_session("BSE"))
    sessions = np.array(calendar().between(first, session), dtype="datetime64[D]")
    back = np.minimum(random.exponential(_MEAN_AGE, count).astype(np.int64), len(sessions) - 1)
    rare = random.random(count) < _ROLLED_OVER
    back = np.where(rare, random.integers(0, len(sessions), count), back)
    opened = sessions[len(sessions) - 1 - back]
    opened = np.where(is_beijing, np.maximum(opened, first_in_beijing), opened)
    age = (np.datetime64(session) - opened).astype(np.int64)
    late = (random.random(count) < _OVERDUE) & (age >= _TERM_DAYS)
    due = opened + ((age // _TERM_DAYS + np.where(late, 0, 1)) * _TERM_DAYS).astype("timedelta64[D]")
    return opened, np.maximum(due, opened + np.timedelta64(timedelta(days=1)))


def _with_quantity(contracts: _Open, quantity: Int64) -> _Open:
    """Return the contracts that have anything, with these quantities."""
    some = quantity > 0
    columns = {name: values[some] for name, values in vars(contracts).items() if name != "quantity"}
    return _Open(quantity=quantity[some], **columns)


def _joined(first: _Open, second: _Open) -> _Open:
    return _Open(**{name: np.concatenate([values, getattr(second, name)]) for name, values in vars(first).items()})


def _ordered(recipe: Recipe, day: MarketDay, holdings: Holdings, contracts: _Open, random: Random) -> Debts:
    """Return the contracts in the layout's order, with their own margin ratios and their interest so far."""
    order = np.lexsort((contracts.opened, contracts.code, contracts.is_short, contracts.owner))
    found = _Open(**{name: values[order] for name, values in vars(contracts).items()})
    columns = {
        "is_short": found.is_short,
        "contract_code": found.code,
        "contract_quantity": found.quantity,
        "amount_milli": found.amount,
        "pinned_ratio_bp": _pinned(recipe, day, found, holdings.client[found.owner], random),
        "opened": found.opened,
        "due": found.due,
        "rate_ppm": found.rate_ppm.astype(np.int32),
        "interest_milli": (found.amount * found.interest_per).astype(np.int64),
    }
    return Debts(found.owner, columns)


def _pinned(
    recipe: Recipe, day: MarketDay, contracts: _Open, client: NDArray[np.uint8], random: Random
) -> NDArray[np.int32]:
    """Return the ratio that some contracts state: the rule of their opening, or 10 or 20 points above it."""
    rules = ratios_at_opening(Rulebook.load(), day.session)
    rule = exchange_ratios(rules, opened=contracts.opened, is_short=contracts.is_short, client=client)
    stated = rule + random.choice([0, 1_000, 2_000], len(rule))
    none = random.random(len(rule)) >= recipe.pinned_share
    return np.asarray(np.where(none, NO_PINNED_RATIO, stated), dtype=np.int32)


def _flag(day: MarketDay, name: str) -> Bool:
    """Return a flag by security; where the day has it for none, it is not known, and all have it.

    Nothing is lent in Beijing before the business began there.
    """
    flag = day.securities[name].to_numpy()
    first = Rulebook.load().rule("exchange.financing.margin_ratio").first_session("BSE")
    early = day.securities["security"].str.ends_with(".BJ").to_numpy() & (day.session < first)
    return (flag if flag.any() else np.ones(len(flag), dtype=np.bool_)) & ~early


def _by_owner(indebted: Int64, owner: Int64, amount: Float64) -> Float64:
    return np.bincount(np.searchsorted(indebted, owner), amount, len(indebted)).astype(np.float64)


def _running(rank: Int64, value: Int64) -> Float64:
    """Return for each row the sum of the earlier rows of the same rank; ranks ascend."""
    before = np.cumsum(value) - value
    first = np.searchsorted(rank, rank)  # of each row, the first row of its rank
    return (before - before[first]).astype(np.float64)
