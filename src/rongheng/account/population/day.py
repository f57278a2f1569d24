"""A simulated market day: boards, prices, sizes and flags about as the real market has them.

What lives here: the securities that a synthetic book holds where no market day is given. What does not: real days
(``market.series``). Price limits and haircut caps are the rulebook's; everything else is made up and graded so.
"""

from __future__ import annotations

from datetime import date
from itertools import count, filterfalse, islice

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.policy.price_limits import has_limit, limit_bp
from rongheng.basics.account_tables import Board, Listing
from rongheng.basics.code_changes import code_changes
from rongheng.basics.grades import Grade
from rongheng.basics.market_day import MarketDay
from rongheng.basics.money import BP, MILLI
from rongheng.rulebook import Rulebook

Float64 = NDArray[np.float64]
Random = np.random.Generator

# Share of the securities, first code, suffix and board, in the exchanges' own ranges.
_RANGES = (
    (0.30, 600_000, "SH", Board.MAIN),
    (0.11, 688_001, "SH", Board.STAR),
    (0.27, 1, "SZ", Board.MAIN),
    (0.24, 300_001, "SZ", Board.CHINEXT),
    (0.05, 920_001, "BJ", Board.BSE),
    (0.03, 510_001, "SH", Board.FUND),
)


def known_or_median(day: MarketDay, name: str) -> Float64:
    """Return a column of a day by security, its median where it is not known; 1 where it is known of none."""
    column = day.securities[name].cast(pl.Float64)
    return column.fill_null(column.median() or 1.0).to_numpy()


def make_day(session: date, *, securities: int = 5_500, seed: int = 1) -> MarketDay:
    """Return a simulated market day (模拟行情); the same session, number and seed make the same day."""
    random = np.random.default_rng((seed, 101))
    codes, boards = _codes(securities, session)
    is_fund = np.array([board is Board.FUND for board in boards])
    price = np.round(np.exp(random.normal(2.4, 0.8, securities)).clip(1.01, 1_800) * 100) * (MILLI // 100)
    price = np.where(is_fund, np.round(np.exp(random.normal(0.3, 0.5, securities)).clip(0.3, 8.0) * MILLI), price)
    size = np.exp(random.normal(22.5, 1.2, securities))  # float value, yuan
    rank = size.argsort().argsort() / securities  # 1 for the largest
    warned = random.random(securities)
    listing = np.select([is_fund, warned < 0.003, warned < 0.035], ["normal", "delisting", "risk_warned"], "normal")
    frame = pl.DataFrame(
        {
            "security": codes,
            "board": [board.value for board in boards],
            "class": _classes(listing, is_fund, is_member=(rank > 0.93) & (random.random(securities) < 0.9)),
            "price_milli": price.astype(np.int64),
            "listing": listing,
            "suspended": random.random(securities) < 0.005,
            "financing_allowed": (listing == "normal") & (random.random(securities) < 0.55 + 0.45 * rank),
            "average_amount_milli": (size * random.uniform(0.005, 0.05, securities) * MILLI).astype(np.int64),
            "total_value_milli": (size * random.uniform(1.0, 2.0, securities) * MILLI).astype(np.int64),
            "float_shares": (size / price * MILLI).astype(np.int64),
        }
    )
    sold_short = pl.Series((rank > 0.4) & (random.random(securities) < 0.6)) & frame["financing_allowed"]
    index_value = frame["price_milli"] * pl.Series(random.uniform(0.8, 1.1, securities))
    frame = frame.with_columns(
        _previous_closes(frame, random, session),
        short_allowed=sold_short,
        index_price_milli=pl.when("suspended").then(index_value.round().cast(pl.Int64).clip(1)),
        haircut_cap_bp=_caps(frame, session),
    )
    return MarketDay(session, _limited(frame, session), Grade.SIMULATED)


def _codes(securities: int, session: date) -> tuple[list[str], list[Board]]:
    """Return codes in the real ranges of each board that there was, and the boards; none that has become another.

    What rounding leaves over is on the main board.
    """
    given_up = code_changes().on(session)
    ranges = [entry for entry in _RANGES if has_limit(entry[3], session)]
    codes: list[tuple[str, Board]] = []
    for share, first, suffix, board in ranges:
        wanted = max(round(share * securities), 1)
        numbers = (f"{number:06d}.{suffix}" for number in count(first))
        codes += [(code, board) for code in islice(filterfalse(given_up.__contains__, numbers), wanted)]
    more = securities - len(codes)
    codes += [(f"{603_000 + number:06d}.SH", Board.MAIN) for number in range(more)]
    kept = codes[:securities]
    return [code for code, _ in kept], [board for _, board in kept]


def _classes(listing: NDArray[np.str_], is_fund: NDArray[np.bool_], *, is_member: NDArray[np.bool_]) -> list[str]:
    """Return each security's class for haircut caps; ``is_member``: it is in one of the rule's indices."""
    by_status = [listing == Listing.DELISTING.value, listing == Listing.RISK_WARNED.value, is_fund, is_member]
    names: list[str] = np.select(by_status, ["delisting", "risk_warned", "etf", "index_share"], "other_share").tolist()
    return names


def _caps(frame: pl.DataFrame, session: date) -> pl.Series:
    """Return the exchanges' haircut caps: exchange.haircut.cap.*; a class without one yet has that of other shares."""
    caps = {name: _cap_of(name, session) for name in frame["class"].unique()}
    return frame["class"].replace_strict(caps, return_dtype=pl.Int64())


def _cap_of(name: str, session: date) -> int:
    rule = Rulebook.load().rule(f"exchange.haircut.cap.{name}")
    if session < rule.first_session("SSE"):
        return _cap_of("other_share", session)
    return rule.on(session, market="SSE").bp


def _previous_closes(frame: pl.DataFrame, random: Random, session: date) -> pl.Series:
    """Return previous closes from which today's prices are within their limits."""
    limit = frame.select(limit_bp(session)).to_series().to_numpy() / BP * 0.9
    move = random.normal(0.0, 0.02, frame.height).clip(-limit, limit)
    tick = np.where(frame["board"] == Board.FUND.value, 1, MILLI // 100)
    before = np.round(frame["price_milli"].to_numpy() / (1 + move) / tick) * tick
    return pl.Series("previous_close_milli", before.clip(tick).astype(np.int64))


def _limited(frame: pl.DataFrame, session: date) -> pl.DataFrame:
    """Return the frame with today's price limits, rounded to the tick as the exchanges round them: half up."""
    tick = pl.when(pl.col("board") == Board.FUND.value).then(1).otherwise(MILLI // 100)
    limited = []
    for name, sign in (("high_limit_milli", 1), ("low_limit_milli", -1)):
        exact = pl.col("previous_close_milli") * (BP + sign * limit_bp(session))
        limited.append(((exact + tick * BP // 2) // (tick * BP) * tick).clip(1).alias(name))
    frame = frame.with_columns(limited)
    in_limits = pl.col("price_milli").clip("low_limit_milli", "high_limit_milli")
    return frame.with_columns(in_limits.alias("price_milli"))
