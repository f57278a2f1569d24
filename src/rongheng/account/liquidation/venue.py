"""What the market lets a forced sale do on a session: prices, lots, and how many shares may be sold or bought.

What lives here: columns by security of a book. What does not: accounts, and the search for the least sale
(``plan.py``).

A suspended security cannot be traded, nor one without turnover. At its lower limit a security is not sold (there is
no bid), at its upper limit it is not bought. The day's room is a share of the average amount, the same for every
account together; where the average is not known there is no such limit, and the plan says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.liquidation.costs import SHARES
from rongheng.basics.account_tables import Board
from rongheng.basics.errors import NotInForceError, UsageError
from rongheng.basics.market_day import MarketDay
from rongheng.basics.money import BP
from rongheng.rulebook import Rulebook

Int64 = NDArray[np.int64]
LOTS: Final = "exchange.order.lots"
TICK: Final = "exchange.trading.price_tick"
ODD_LOTS: Final = "exchange.trading.odd_lots"
UNLIMITED: Final = 2**62
_MARKETS: Final = ("SSE", "SZSE", "BSE")


class Bar(StrEnum):
    """Why a security cannot be traded today, or not more of it."""

    NONE = "none"
    SUSPENDED = "suspended"
    NO_TURNOVER = "no_turnover"
    AT_LIMIT = "at_limit"


@dataclass(frozen=True, slots=True)
class SaleTerms:
    """How a forced sale goes to the market.

    Parameters
    ----------
    participation_bp : the share of a security's average daily amount that is sold (and bought) at most in a session
    discount_bp : how far under the last price sales are planned, and how far above it purchases; never beyond a limit
    """

    participation_bp: int = 1_000
    discount_bp: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.participation_bp <= BP:
            raise UsageError(f"A participation of {self.participation_bp} bp; expected above 0 and at most {BP}.")
        if not 0 <= self.discount_bp < BP:
            raise UsageError(f"A discount of {self.discount_bp} bp; expected from 0 to under {BP}.")


@dataclass(frozen=True)
class Venue:
    """Columns by the book's code. Prices in milli-yuan, quantities in shares."""

    sell_price_milli: Int64
    buy_price_milli: Int64
    is_share: NDArray[np.bool_]
    least: Int64  # the least quantity of an order
    step: Int64  # and the step above it
    sell_room: Int64  # shares that may still be sold today, by all accounts together
    buy_room: Int64
    amount_milli: Int64  # average daily amount; -1: not known
    sell_bar: pl.Series  # of Bar
    buy_bar: pl.Series

    @classmethod
    def of(cls, day: MarketDay, securities: pl.Series, *, terms: SaleTerms, rulebook: Rulebook) -> Venue:
        """Return the columns for these securities on a market day (交易限制)."""
        today = pl.DataFrame({"security": securities}).join(
            day.securities, on="security", how="left", maintain_order="left"
        )
        board = today["board"].cast(pl.String()).fill_null(Board.OTHER.value)
        is_share = board.is_in([kind.value for kind in SHARES]).to_numpy()
        least, step = lots(rulebook, day.session, board)
        tick = np.where(is_share, *ticks(rulebook, day.session))
        price = today["price_milli"].fill_null(1).to_numpy().astype(np.int64)
        low, high = (_limit(today, name) for name in ("low_limit_milli", "high_limit_milli"))
        under = price * (BP - terms.discount_bp) // BP // tick * tick
        over = -(-price * (BP + terms.discount_bp) // BP // tick) * tick
        amount = today["average_amount_milli"].fill_null(-1).to_numpy().astype(np.int64)
        room = _room(amount, price, terms)
        sell_bar = _bars(today, amount, price <= low)
        buy_bar = _bars(today, amount, (high > 0) & (price >= high))
        return cls(
            sell_price_milli=np.maximum(np.maximum(under, low), 1),
            buy_price_milli=np.where(high > 0, np.minimum(over, high), over),
            is_share=is_share,
            least=least,
            step=step,
            sell_room=np.where((sell_bar == Bar.NONE.value).to_numpy(), room, 0),
            buy_room=np.where((buy_bar == Bar.NONE.value).to_numpy(), room, 0),
            amount_milli=amount,
            sell_bar=sell_bar,
            buy_bar=buy_bar,
        )


def lots(rulebook: Rulebook, session: date, board: pl.Series) -> tuple[Int64, Int64]:
    """Return the least quantity of an order and the step above it; a board without a rule takes the main board's."""
    found: dict[str, tuple[int, int]] = {}
    for market in _MARKETS:
        try:
            rows = rulebook.rule(LOTS).on(session, market=market).table.rows
        except NotInForceError:  # Beijing had no margin trading yet
            continue
        for row in rows:
            boards, least, step = row.keys["board"], row.values["minimum"], row.values["step"]
            assert isinstance(boards, frozenset), "a board is a class"
            assert isinstance(least, int), "a least quantity is whole"
            assert isinstance(step, int), "a step is whole"
            found |= dict.fromkeys(boards, (least, step))
    main = found[Board.MAIN.value]
    pairs = np.array([found.get(name, main) for name in board], dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0].copy(), pairs[:, 1].copy()


def ticks(rulebook: Rulebook, session: date) -> tuple[int, int]:
    """Return the smallest step of a share's price and of a fund's, in milli-yuan."""
    terms = rulebook.rule(TICK).on(session, market="SSE").terms
    share, fund = terms["share"], terms["fund"]
    assert isinstance(share, int), "a tick is money"
    assert isinstance(fund, int), "a tick is money"
    return share, fund


def _limit(today: pl.DataFrame, name: str) -> Int64:
    """Return a price limit; 0 where there is none."""
    return today[name].fill_null(0).to_numpy().astype(np.int64)


def _room(amount: Int64, price: Int64, terms: SaleTerms) -> Int64:
    """Return the shares that a session takes; without an average amount there is no limit."""
    share = amount // BP * terms.participation_bp + amount % BP * terms.participation_bp // BP
    return np.where(amount < 0, UNLIMITED, share // price)


def _bars(today: pl.DataFrame, amount: Int64, at_limit: NDArray[np.bool_]) -> pl.Series:
    bar = np.full(today.height, Bar.NONE.value, dtype=object)
    bar[at_limit] = Bar.AT_LIMIT.value
    bar[amount == 0] = Bar.NO_TURNOVER.value
    bar[today["suspended"].fill_null(True).to_numpy()] = Bar.SUSPENDED.value  # nobody trades what the day lacks
    return pl.Series(bar, dtype=pl.String)
