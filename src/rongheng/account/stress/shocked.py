"""Scenarios × market day → prices: whole milli-yuan by policy, security and scenario.

What lives here: how a step moves prices. What does not: accounts (``grid.py``).

A moved price is rounded to the tick, a half upwards, is at least one tick and stays within the bound of a market day;
a fall never raises a price and a rise never lowers one, and a move of nothing leaves it as it is, whatever its tick.
All steps together raise no price beyond what one step may (and a tick), so that sums of what is within the bounds today
stay inside int64. A suspended security is moved like any other: it will be worth that when it trades again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.liquidation.costs import SHARES
from rongheng.account.liquidation.venue import ticks
from rongheng.account.marks import Marks
from rongheng.account.policy.price_limits import limit_bp
from rongheng.account.policy.terms import BOARDS, NO_GROUP
from rongheng.account.stress.scenario import HIGHEST_MOVE_BP, LOWEST_MOVE_BP, TERMS, Kind, Scenario, Step
from rongheng.account.stress.traits import DEFAULT_BETA_BP, Traits
from rongheng.basics.account_tables import GROUPS
from rongheng.basics.errors import UsageError
from rongheng.basics.money import BP, PRICE_LIMIT_MILLI
from rongheng.rulebook import Rulebook

Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Past:
    """How far each security moved over a span, and of which that is known."""

    move_bp: Int64
    is_known: NDArray[np.bool_]


@dataclass(frozen=True)
class Ground:
    """What scenarios move: columns by policy × security, as the terms of the marks have them."""

    price_milli: Int64
    tick_milli: Int64
    limit_bp: Int64
    board: NDArray[np.uint8]
    group: NDArray[np.uint8]
    security: pl.Series
    industry: pl.Series
    beta_bp: Int64
    has_beta: NDArray[np.bool_]
    past: Mapping[str, Past]
    without_beta: int  # securities of the book whose beta is not known

    @classmethod
    def of(cls, marks: Marks, traits: Traits, *, rulebook: Rulebook) -> Ground:
        """Return the ground that a marked book stands on."""
        terms, session = marks.terms, marks.day.session
        named = pl.DataFrame({"security": terms.securities})
        day = marks.day.securities.select("security", "board", "listing")
        today = named.join(day, on="security", how="left", maintain_order="left")
        told = named.join(traits.on(session).frame, on="security", how="left", maintain_order="left")
        share, fund = ticks(rulebook, session)
        is_share = pl.Series(today["board"].cast(pl.String())).is_in([board.value for board in SHARES]).to_numpy()
        times = len(terms.policies)
        return cls(
            price_milli=terms.price_milli.astype(np.int64),
            tick_milli=np.tile(np.where(is_share, share, fund), times),
            limit_bp=np.tile(today.select(limit_bp(session)).to_series().to_numpy().astype(np.int64), times),
            board=np.tile(terms.board, times),
            group=terms.group,
            security=pl.concat([terms.securities] * times),
            industry=pl.concat([told["industry"]] * times),
            beta_bp=np.tile(told["beta_bp"].fill_null(DEFAULT_BETA_BP).to_numpy(), times),
            has_beta=np.tile(told["beta_bp"].is_not_null().to_numpy(), times),
            past={name: _past(told[name], times) for name in told.columns if "/" in name},
            without_beta=told["beta_bp"].null_count(),
        )

    def replayed_in(self, scenario: Scenario) -> NDArray[np.bool_]:
        """Say of each security whether the scenario moves it as it moved itself."""
        nothing = np.zeros(len(self.price_milli), dtype=np.bool_)
        known = [self.past[name].is_known for step in scenario.steps if (name := _span(step)) in self.past]
        return np.asarray(np.logical_or.reduce([nothing, *known]))

    def defaulted_in(self, scenario: Scenario) -> NDArray[np.bool_]:
        """Say of each security whether the scenario takes the default for its beta."""
        kinds = {step.kind for step in scenario.steps}
        if Kind.INDEX in kinds:
            return ~self.has_beta
        return ~self.has_beta & ~self.replayed_in(scenario) if Kind.HISTORY in kinds else np.zeros_like(self.has_beta)


def _past(moves: pl.Series, times: int) -> Past:
    within = moves.fill_null(0).clip(LOWEST_MOVE_BP, HIGHEST_MOVE_BP).to_numpy()
    return Past(np.tile(within, times), np.tile(moves.is_not_null().to_numpy(), times))


def _span(step: Step) -> str:
    return f"{step.span[0]}/{step.span[1]}" if step.span is not None else ""


def require_known(scenarios: Sequence[Scenario], securities: pl.Series, traits: Traits) -> None:
    """Refuse a scenario that names a security which the day does not have, or an industry without securities."""
    known = {
        Kind.SECURITY: (frozenset(securities), "the market day has no such security"),
        Kind.SUSPENSION: (frozenset(securities), "the market day has no such security"),
        Kind.INDUSTRY: (frozenset(traits.frame["industry"]), "no security has that industry in the traits"),
    }
    for step in (step for scenario in scenarios for step in scenario.steps if step.kind in known):
        names, reason = known[step.kind]
        for name in step.moves_bp:
            if name not in names:
                raise UsageError(f"{step.place}: found the {step.kind.value} {name!r}; {reason}. Mend the scenario.")


def shocked_prices(ground: Ground, scenarios: Sequence[Scenario]) -> NDArray[np.int32]:
    """Return the prices after each scenario (压力价格).

    Returns
    -------
    int32, shape (n_policies × n_securities, n_scenarios), milli-yuan
        The scenarios of one security stand side by side.

    Raises
    ------
    UsageError
        The steps of a scenario together raise a price too far.
    """
    prices = np.empty((len(ground.price_milli), len(scenarios)), dtype=np.int32)
    for number, scenario in enumerate(scenarios):
        price = ground.price_milli
        for step in scenario.steps:
            price = after(step, price, ground)
        _require_bounded(scenario, price, ground)
        prices[:, number] = price
    return prices


def suspended_in(scenarios: Sequence[Scenario], securities: pl.Series) -> NDArray[np.bool_]:
    """Say which securities each scenario suspends: [code, scenario], without rows where none suspends any."""
    named = [
        {name for step in scenario.steps if step.kind is Kind.SUSPENSION for name in step.moves_bp}
        for scenario in scenarios
    ]
    if not any(named):
        return np.zeros((0, len(scenarios)), dtype=np.bool_)
    return np.column_stack([securities.is_in(sorted(names)).to_numpy() for names in named])


def _require_bounded(scenario: Scenario, price: Int64, ground: Ground) -> None:
    highest = ground.price_milli * (BP + HIGHEST_MOVE_BP) // BP + ground.tick_milli
    if (beyond := np.flatnonzero(price > highest)).size:
        security = ground.security[int(beyond[0])]
        raise UsageError(
            f"The steps of scenario {scenario.key} together raise {security} by more than {HIGHEST_MOVE_BP // 100}%; "
            "expected no more than that. Mend the scenario."
        )


def after(step: Step, price: Int64, ground: Ground) -> Int64:
    """Return the prices after one step; a suspension and a change of terms leave them alone."""
    if step.kind is Kind.SUSPENSION or step.kind in TERMS:
        return price
    if step.kind is Kind.LIMIT_DOWN:
        for _ in range(step.days):
            price = moved(price, -ground.limit_bp, ground.tick_milli)
        return price
    return moved(price, _moves(step, ground), ground.tick_milli)


def moved(price: Int64, move_bp: Int64, tick_milli: Int64) -> Int64:
    """Return prices moved by basis points, rounded to the tick, a half upwards, and never against their move.

    >>> moved(np.array([10_050]), np.array([-1_000]), np.array([10]))  # 9.045 yuan
    array([9050])
    """
    exact, ticks_bp = price * (BP + move_bp), tick_milli * BP
    rounded = np.maximum((2 * exact + ticks_bp) // (2 * ticks_bp) * tick_milli, tick_milli)
    rounded = np.minimum(rounded, PRICE_LIMIT_MILLI - 1)
    directed = np.where(move_bp < 0, np.minimum(rounded, price), np.maximum(rounded, price))
    return np.where(move_bp == 0, price, directed)


def _moves(step: Step, ground: Ground) -> Int64:
    """Return the move of each price in basis points; 0 for what the step is not about."""
    match step.kind:
        case Kind.ALL:
            return np.full(len(ground.price_milli), step.moves_bp[""], dtype=np.int64)
        case Kind.INDEX:
            return _by_beta(step, ground)
        case Kind.HISTORY:
            past = ground.past.get(_span(step))
            by_beta = _by_beta(step, ground)
            return by_beta if past is None else np.where(past.is_known, past.move_bp, by_beta)
        case Kind.BOARD:
            return _by_number([board.value for board in BOARDS], ground.board, step)
        case Kind.GROUP:
            return _by_number([*GROUPS, *[""] * (NO_GROUP + 1 - len(GROUPS))], ground.group, step)
        case Kind.INDUSTRY:
            return _by_name(ground.industry, step)
        case _:
            return _by_name(ground.security, step)


def _by_beta(step: Step, ground: Ground) -> Int64:
    exact = ground.beta_bp * step.moves_bp[""]
    return ((exact + BP // 2) // BP).clip(LOWEST_MOVE_BP, HIGHEST_MOVE_BP)


def _by_number(names: Sequence[str], numbers: NDArray[np.uint8], step: Step) -> Int64:
    moves = np.array([step.moves_bp.get(name, 0) for name in names], dtype=np.int64)
    return moves[numbers]


def _by_name(names: pl.Series, step: Step) -> Int64:
    return names.replace_strict(dict(step.moves_bp), default=0, return_dtype=pl.Int64()).to_numpy()
