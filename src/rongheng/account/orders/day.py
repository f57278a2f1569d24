"""What the market day and the rulebook say of each security to an order of the day, as columns for the kernel.

What lives here: prices, limits, lots, ticks and flags by security, and which checks speak and which refuse whatever the
quantity, by kind of business. What does not: anything of an account (``gate.py``) or of a policy (``account.policy``).

A rule that is not in force on the session in a security's market is silent: its check is not asked. The place after
the last security stands for "no security", for orders about cash alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.orders.checks import ASKED, NONE, Check
from rongheng.basics.account_tables import Board, Business
from rongheng.basics.errors import NotInForceError
from rongheng.basics.market_day import MarketDay
from rongheng.basics.money import PRICE_LIMIT_MILLI
from rongheng.basics.text import Text
from rongheng.rulebook import Reading, Rulebook
from rongheng.rulebook.scalars import Duration

Int64 = NDArray[np.int64]

MARKETS = ("SSE", "SZSE", "BSE")
BUSINESSES = tuple(Business)
BOARDS = tuple(Board)
SHARE_BOARDS = (Board.MAIN, Board.STAR, Board.CHINEXT, Board.BSE)
PERMISSIONS = (Board.STAR, Board.CHINEXT, Board.BSE)  # the bit of each in a client's permissions
NO_PRICE = 0  # no limit, no floor
BARRED_PRICE = PRICE_LIMIT_MILLI  # a floor that no price reaches: the price to compare with is not known

_SUFFIXES = {"SH": 0, "SZ": 1, "BJ": 2}
_MARGIN_RATIO = "exchange.financing.margin_ratio"
_SHORT_RATIO = "exchange.short.margin_ratio"
_LOTS = "exchange.order.lots"
_ODD_LOTS = "exchange.trading.odd_lots"
_TICK = "exchange.trading.price_tick"
_PERMISSION = "exchange.permission.board"
_SHORT_PRICE = "exchange.order.short_price"
_EXEMPT = "exchange.order.short_price_exempt"
_OWN_SALES = "exchange.order.short_price_own_sales"
_NO_MARKET = "exchange.order.short_market_orders"
_RETURN = "exchange.order.short_return"
_ROLL_OVER = "exchange.order.roll_over"
_TRANSFER_FEE = "csdc.transfer_fee"
_PROCEEDS = "exchange.order.short_proceeds_use"
_STOPS = {
    (Business.FINANCING_BUY, False): "exchange.stops.financing",
    (Business.FINANCING_BUY, True): "exchange.stops.financing_etf",
    (Business.SHORT_SALE, False): "exchange.stops.short",
    (Business.SHORT_SALE, True): "exchange.stops.short_etf",
}
_STOPPED = {Business.FINANCING_BUY: "financing", Business.SHORT_SALE: "short"}  # what the market day calls it
_PROCEEDS_MAY_BUY = {"money_fund": "money_funds", "cash_product": "cash_products"}  # class: what the rule calls it


class Today:
    """What rules say on one session, asked once for each market; a rule that is silent there is ``None``."""

    def __init__(self, rulebook: Rulebook, session: date) -> None:
        self.rulebook = rulebook
        self.session = session
        self._said: dict[tuple[str, str, str | None], Reading | None] = {}
        self.citations: dict[tuple[str, str], tuple[Text, Text]] = {}

    def find(self, rule: str, market: str, *, client: str | None = None) -> Reading | None:
        """Return what the rule says today in a market, or ``None`` where it is not in force or has no value."""
        key = (rule, market, client)
        if key not in self._said:
            self._said[key] = self._ask(rule, market, client)
        return self._said[key]

    def _ask(self, id_: str, market: str, client: str | None) -> Reading | None:
        rule = self.rulebook.find_rule(id_)
        if rule is None or market not in rule.markets:
            return None
        try:
            reading = rule.on(self.session, market=market, client=client)
        except NotInForceError:
            return None
        return None if reading.is_abolished or reading.is_unpublished else reading


@dataclass(frozen=True)
class DayColumns:
    """Columns by code of ``names``, with one place more for orders about cash alone."""

    names: pl.Series
    market: NDArray[np.int64]
    board: NDArray[np.uint8]
    classes: pl.Series
    is_etf: NDArray[np.bool_]
    asked: Int64  # [business, code]: the checks that speak
    barred: Int64  # [business, code]: the checks that refuse whatever the quantity
    high: Int64  # NO_PRICE: no limit
    low: Int64
    floor: Int64  # of a short sale; NO_PRICE: none, BARRED_PRICE: not known
    tick: Int64
    lot: Int64
    step: Int64
    odd_lots: NDArray[np.bool_]  # what is below one lot may be sold, whole
    fee_ppm: Int64  # of a buy
    permission: NDArray[np.uint8]  # the bits that a client needs
    monitor: Int64  # [business, code]: how much is used of what may be lent, at the session before; NONE: not known
    stop_line: Int64  # [business, code]: where the business may be stopped; NONE: no rule
    for_proceeds: NDArray[np.bool_]  # short proceeds may buy it
    last_return: Int64  # the last day of opening whose shorts may be returned today, in days since 1970


def day_columns(day: MarketDay, names: pl.Series, today: Today) -> DayColumns:
    """Return the columns of these securities on a market day; a security that the day does not have is barred."""
    frame = pl.DataFrame({"security": names}).join(day.securities, on="security", how="left", maintain_order="left")
    frame = pl.concat([frame, pl.DataFrame({"security": ["."]})], how="diagonal")  # the place of no security
    market = _markets(frame["security"])
    board = frame["board"].cast(pl.String()).fill_null(Board.OTHER.value)
    is_etf = (frame["class"] == "etf").fill_null(False).to_numpy()
    by_place = _Places(market, board.to_list(), today)
    asked, barred = _masks(frame, by_place, is_etf)
    monitor, stop_line = _stops(frame, by_place, is_etf)
    return DayColumns(
        names=names,
        market=market,
        board=np.array([BOARDS.index(Board(name)) for name in board], dtype=np.uint8),
        classes=frame["class"],
        is_etf=is_etf,
        asked=asked,
        barred=barred,
        high=_filled(frame["high_limit_milli"]),
        low=_filled(frame["low_limit_milli"]),
        floor=_floors(frame, by_place, is_etf),
        tick=by_place.of(_tick),
        lot=by_place.of(lambda today, market, board: _lots(today, market, board)[0]),
        step=by_place.of(lambda today, market, board: _lots(today, market, board)[1]),
        odd_lots=by_place.of(_odd_lots).astype(np.bool_),
        fee_ppm=by_place.of(_fee_ppm),
        permission=by_place.of(_permission).astype(np.uint8),
        monitor=monitor,
        stop_line=stop_line,
        for_proceeds=_for_proceeds(frame, by_place),
        last_return=by_place.of(_last_return),
    )


class _Places:
    """Values that only the market and the board of a security decide, asked once for each pair of them."""

    def __init__(self, market: NDArray[np.int64], boards: list[str], today: Today) -> None:
        self.today = today
        numbers = {name: number for number, name in enumerate(Board)}
        pairs = market * len(numbers) + np.array([numbers[Board(name)] for name in boards], dtype=np.int64)
        self.pairs, self.place = np.unique(pairs, return_inverse=True)
        self._in_force: dict[str, NDArray[np.bool_]] = {}

    def in_force(self, rule: str) -> NDArray[np.bool_]:
        """Say where a rule is in force today."""
        if rule not in self._in_force:
            self._in_force[rule] = self.of(lambda today, market, _: int(today.find(rule, market) is not None)).astype(
                np.bool_
            )
        return self._in_force[rule]

    def of(self, ask: Callable[[Today, str, Board], int]) -> Int64:
        """Return the column of what ``ask(today, market, board)`` says."""
        return np.array([ask(self.today, *self._named(pair)) for pair in self.pairs], dtype=np.int64)[self.place]

    def _named(self, pair: int) -> tuple[str, Board]:
        market, board = divmod(int(pair), len(BOARDS))
        return MARKETS[market], BOARDS[board]


def _markets(names: pl.Series) -> Int64:
    suffix = names.str.tail(2).replace_strict(_SUFFIXES, default=0, return_dtype=pl.Int64())
    return suffix.to_numpy().astype(np.int64)


def _filled(column: pl.Series) -> Int64:
    return column.fill_null(NO_PRICE).to_numpy().astype(np.int64)


def _lots(today: Today, market: str, board: Board) -> tuple[int, int]:
    """Return the least quantity and the step above it; funds and what else has no row go by the main board's."""
    reading = today.find(_LOTS, market)
    if reading is None:
        return 1, 1
    fallback = Board.BSE if market == "BSE" else Board.MAIN
    row = reading.table.find_row(board=board.value) if board in SHARE_BOARDS else None
    row = row or reading.table.row(board=fallback.value)
    return _whole(row.values["minimum"]), _whole(row.values["step"])


def _odd_lots(today: Today, market: str, _: Board) -> int:
    reading = today.find(_ODD_LOTS, market)
    return int(reading is not None and reading.is_on)


def _tick(today: Today, market: str, board: Board) -> int:
    reading = today.find(_TICK, market)
    return 1 if reading is None else _whole(reading.terms["share" if board in SHARE_BOARDS else "fund"])


def _fee_ppm(today: Today, market: str, board: Board) -> int:
    """The transfer fee of a buy of shares; commissions are each contract's own and are not counted."""
    reading = today.find(_TRANSFER_FEE, market)
    return reading.ppm if reading is not None and board in SHARE_BOARDS else 0


def _permission(today: Today, market: str, board: Board) -> int:
    reading = today.find(_PERMISSION, market)
    if reading is None or board not in PERMISSIONS or reading.table.find_row(board=board.value) is None:
        return 0
    return 1 << PERMISSIONS.index(board)


def _last_return(today: Today, market: str, _: Board) -> int:
    reading = today.find(_RETURN, market)
    wait = Duration(0, "trading days") if reading is None else reading.duration
    last = today.session if wait.count == 0 else Duration(-wait.count, wait.unit).after(today.session)
    return days_since_1970(last)


def days_since_1970(day: date) -> int:
    """Return a date as the kernel holds it."""
    return int(np.datetime64(day, "D").astype(np.int64))


def _may_roll_over(today: Today, market: str, _: Board) -> int:
    reading = today.find(_ROLL_OVER, market)
    return int(reading is not None and bool(reading.terms["allowed"]))


def _whole(value: object) -> int:
    assert isinstance(value, int), f"{value!r} is a whole number"
    return value


def _floors(frame: pl.DataFrame, places: _Places, is_etf: NDArray[np.bool_]) -> Int64:
    """Return the least price of a short sale: the last trade's, or before the first one the previous close."""
    floor = frame.select(
        pl.when(pl.col("traded")).then("price_milli").otherwise("previous_close_milli").fill_null(BARRED_PRICE)
    ).to_series()
    binds = places.in_force(_SHORT_PRICE)
    exempts = places.of(_exempts_etf).astype(np.bool_)
    return np.where(binds & ~(is_etf & exempts), floor.to_numpy().astype(np.int64), NO_PRICE)


def _exempts_etf(today: Today, market: str, _: Board) -> int:
    reading = today.find(_EXEMPT, market)
    return int(reading is not None and isinstance(reading.value, tuple) and "etf" in reading.value)


def _for_proceeds(frame: pl.DataFrame, places: _Places) -> NDArray[np.bool_]:
    """Say what may be bought with short proceeds: money funds and cash products, since a rule allows it."""
    result = np.zeros(frame.height, dtype=np.bool_)
    for security_class, choice in _PROCEEDS_MAY_BUY.items():

        def allowed(today: Today, market: str, _: Board, *, choice: str = choice) -> int:
            reading = today.find(_PROCEEDS, market)
            return int(reading is not None and isinstance(reading.value, tuple) and choice in reading.value)

        is_such = (frame["class"] == security_class).fill_null(False).to_numpy()
        result |= is_such & places.of(allowed).astype(np.bool_)
    return result


def _masks(frame: pl.DataFrame, places: _Places, is_etf: NDArray[np.bool_]) -> tuple[Int64, Int64]:
    """Return which checks speak and which refuse, by business and security."""
    asked = np.zeros((len(BUSINESSES), frame.height), dtype=np.int64)
    barred = np.zeros_like(asked)
    told = {name: frame[name].fill_null(unsaid).to_numpy() for name, unsaid in _FLAGS.items()}
    for number, business in enumerate(BUSINESSES):
        speaks = {check: _speaks(check, business, places, is_etf) for check in set(ASKED[business])}
        for check, where in speaks.items():
            asked[number] |= where.astype(np.int64) << check
        for check, where in _refusals(frame, told, business, places, is_etf):
            barred[number] |= (where & speaks.get(check, np.False_)).astype(np.int64) << check
    return asked, barred


_FLAGS = {  # and what counts where they are not said
    "financing_allowed": False,
    "short_allowed": False,
    "is_collateral": False,
    "suspended": True,
}
_SILENT_WITHOUT: Mapping[Check, str] = {
    Check.LOT: _LOTS,
    Check.TICK: _TICK,
    Check.SHORT_PRICE: _SHORT_PRICE,
    Check.OWN_SALE: _OWN_SALES,
    Check.MARKET_ORDER: _NO_MARKET,
    Check.PERMISSION: _PERMISSION,
    Check.PERSON: "exchange.persons.own_shares",
    Check.LENDABLE: "exchange.order.naked_short",
    Check.TERM: "exchange.order.contract_term",
    Check.ROLL_OVER: _ROLL_OVER,
    Check.TIMELY: _ROLL_OVER,
    Check.CIRCUMVENTION: "exchange.order.list_circumvention",
    Check.REPAYS_FIRST: "sac.contract.sale_repays_first",
}


def _speaks(check: Check, business: Business, places: _Places, is_etf: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say for which securities a check's rule is in force today."""
    if check is Check.STOP:
        return np.where(is_etf, places.in_force(_STOPS[business, True]), places.in_force(_STOPS[business, False]))
    rule = _SILENT_WITHOUT.get(check)
    return np.ones(len(is_etf), dtype=np.bool_) if rule is None else places.in_force(rule)


def _refusals(
    frame: pl.DataFrame,
    told: Mapping[str, NDArray[np.bool_]],
    business: Business,
    places: _Places,
    is_etf: NDArray[np.bool_],
) -> Iterable[tuple[Check, NDArray[np.bool_]]]:
    """Yield for each check the securities that it refuses whatever the order says."""
    is_short = business is Business.SHORT_SALE
    yield Check.OPEN, ~places.in_force(_SHORT_RATIO if is_short else _MARGIN_RATIO)
    yield Check.UNDERLYING, ~told["short_allowed" if is_short else "financing_allowed"]
    yield Check.COLLATERAL, ~told["is_collateral"]
    yield Check.SUSPENDED, told["suspended"]
    yield Check.ROLL_OVER, ~places.of(_may_roll_over).astype(np.bool_)
    if business in _STOPPED:
        yield Check.STOP, _stopped(frame, business, places, is_etf)


def _stopped(frame: pl.DataFrame, business: Business, places: _Places, is_etf: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say where the business is stopped; where the exchange is not heard, the ratio of the session before decides."""
    told = frame[f"{_STOPPED[business]}_stopped"]
    ratio, line = _monitor(frame, business), _stop_line(business, places, is_etf)
    reached = (ratio != NONE) & (line != NONE) & (ratio >= line)
    return np.where(told.is_null().to_numpy(), reached, told.fill_null(False).to_numpy())


def _stops(frame: pl.DataFrame, places: _Places, is_etf: NDArray[np.bool_]) -> tuple[Int64, Int64]:
    """Return the monitoring ratios and the lines at which a business may be stopped, by business and security."""
    monitor = np.full((len(BUSINESSES), frame.height), NONE, dtype=np.int64)
    line = np.full_like(monitor, NONE)
    for business in _STOPPED:
        number = BUSINESSES.index(business)
        monitor[number], line[number] = _monitor(frame, business), _stop_line(business, places, is_etf)
    return monitor, line


def _monitor(frame: pl.DataFrame, business: Business) -> Int64:
    return frame[f"{_STOPPED[business]}_monitor_bp"].fill_null(NONE).to_numpy()


def _stop_line(business: Business, places: _Places, is_etf: NDArray[np.bool_]) -> Int64:
    of_etf, of_share = (places.of(_asking_stop(_STOPS[business, etf])) for etf in (True, False))
    return np.where(is_etf, of_etf, of_share)


def _asking_stop(rule: str) -> Callable[[Today, str, Board], int]:
    def line(today: Today, market: str, _: Board) -> int:
        reading = today.find(rule, market)
        return NONE if reading is None else _whole(reading.terms["stop_at"])

    return line
