"""What an indicator is: a pure function of aligned columns, with its formula, its source and its known problems.

What lives here: the shapes that every indicator file uses. What does not: any indicator (one file each beside this
one), and where columns come from (``market.series``).

The columns come as one frame, the *panel*: one row per session of the calendar, ascending, without gaps; a session
without a figure has null. ``PANEL`` names every column. The indices' columns are ``<prefix>_open``, ``_high``,
``_low``, ``_close`` and ``<prefix>_grade`` for each index of ``basics.ids`` that the lake holds.

What has many rows a session (contracts of futures, funds, securities) comes as a frame of its own: ``Indicator.reads``
names it and ``FRAMES`` its columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from rongheng.basics.errors import MissingDataError
from rongheng.basics.grades import GRADE_DTYPE, Grade, worst_of
from rongheng.basics.ids import Index, indices
from rongheng.basics.text import Text
from rongheng.basics.units import Unit

# Every column of the panel beside those of the indices. Fractions are fractions, money is yuan.
PANEL: dict[str, pl.DataType] = {
    "session": pl.Date(),
    # what clients owe (balance_grade)
    "financing_balance": pl.Float64(),
    "short_balance": pl.Float64(),
    "margin_balance": pl.Float64(),
    "financing_buys": pl.Float64(),
    "financing_repaid": pl.Float64(),
    "balance_grade": GRADE_DTYPE,
    # the market around it
    "turnover": pl.Float64(),  # A shares of Shanghai and Shenzhen, yuan
    "turnover_grade": GRADE_DTYPE,
    "float_cap": pl.Float64(),
    "float_cap_grade": GRADE_DTYPE,
    # the credit accounts (account_grade)
    "maintenance_ratio": pl.Float64(),
    "collateral_total": pl.Float64(),
    "collateral_cash": pl.Float64(),
    "collateral_securities": pl.Float64(),
    "individual_count": pl.Int64(),
    "institution_count": pl.Int64(),
    "active_count": pl.Int64(),
    "indebted_count": pl.Int64(),
    "account_grade": GRADE_DTYPE,
    # what the rulebook says on that session, as fractions
    "financing_margin_ratio": pl.Float64(),  # null before 2010-03-31
    "haircut_index_share": pl.Float64(),  # cap for a constituent of SSE 180, SZSE 100, BSE 50
    "haircut_other_share": pl.Float64(),  # cap for any other share
    "warning_line": pl.Float64(),
    "call_line": pl.Float64(),
    "liquidation_line": pl.Float64(),
    "withdrawal_line": pl.Float64(),
}


# One row a session and contract, ascending.
FUTURES: dict[str, pl.DataType] = {
    "session": pl.Date(),
    "contract": pl.String(),
    "product": pl.String(),
    "index": pl.String(),  # the key of its index
    "last_trading_day": pl.Date(),
    "close": pl.Float64(),
    "open_interest_lots": pl.Int64(),
    "volume_lots": pl.Int64(),
    "index_close": pl.Float64(),
    "dividends_expected": pl.Float64(),  # fraction of the index, from the session to the last trading day; estimated
    "dividends_realised": pl.Float64(),  # likewise, known only once the last trading day is over
    "grade": GRADE_DTYPE,  # of the prices
}

# One row a session and fund, ascending.
FUNDS: dict[str, pl.DataType] = {
    "session": pl.Date(),  # as its publisher dates the shares
    "security": pl.String(),
    "fund_name": pl.String(),
    "exchange": pl.String(),
    "index": pl.String(),  # the key of the index that it tracks, or its printed name; null where nothing says it
    "category": pl.String(),  # broad (an index of the house), other, unmapped
    "shares": pl.Float64(),
    "nav": pl.Float64(),
    "index_close": pl.Float64(),
    "float_cap": pl.Float64(),  # of Shanghai and Shenzhen
    "grade": GRADE_DTYPE,
}

# One row a session and security of the last year, ascending.
SECURITIES: dict[str, pl.DataType] = {
    "session": pl.Date(),
    "security": pl.String(),
    "board": pl.String(),
    "financing_balance": pl.Float64(),
    "financing_buys": pl.Float64(),
    "net_financing": pl.Float64(),
    "amount": pl.Float64(),
    "float_cap": pl.Float64(),
    "grade": GRADE_DTYPE,
}

# The same, summed: one row a session and group of the last year, ascending.
FINANCING: dict[str, pl.DataType] = {
    "session": pl.Date(),
    "group_kind": pl.String(),  # index, industry, board, all
    "group": pl.String(),
    "financing_balance": pl.Float64(),
    "net_financing": pl.Float64(),
    "buys_of_traded": pl.Float64(),  # of securities whose amount is known
    "amount": pl.Float64(),
    "balance_of_capped": pl.Float64(),  # of securities whose float cap is known
    "float_cap": pl.Float64(),
    "index_high": pl.Float64(),
    "index_low": pl.Float64(),
    "index_close": pl.Float64(),
    "securities": pl.Int64(),
    "lacking": pl.Int64(),  # securities whose net financing is not known
    "state": pl.String(),  # members_unknown, or empty
    "grade": GRADE_DTYPE,
}

# One row a session and index of an inventory of snowballs, from the session on which it was known.
SNOWBALLS: dict[str, pl.DataType] = {
    "session": pl.Date(),
    "index": pl.String(),  # its key
    "close": pl.Float64(),
    "contracts": pl.Int64(),  # alive
    "waiting_yuan": pl.Float64(),  # may knock in at any close
    "knocked_yuan": pl.Float64(),
    "nearest": pl.Float64(),  # fall to the nearest line, as a fraction of the close
    "near_yuan": pl.Float64(),
    "near_futures": pl.Float64(),  # by which hedges fall when those knock in
    "average_volume_lots": pl.Float64(),  # null where the lake has none
    "fell_yuan": pl.Float64(),  # knocked in that session
    "left_yuan": pl.Float64(),  # knocked out that session
    "grade": GRADE_DTYPE,
}

# One row a session of the panel: what the lenses of liquidity are judged by.
LENSES: dict[str, pl.DataType] = {
    "session": pl.Date(),
    "financing_balance": pl.Float64(),
    "balance_grade": GRADE_DTYPE,
    "pressure": pl.Float64(),  # the overall verdict of `pressure`: 0 low, 1 watch, 2 high
    "pressure_zh": pl.String(),  # its evidence, on the last session alone
    "pressure_en": pl.String(),
    "pressure_grade": GRADE_DTYPE,
    "close": pl.Float64(),  # of the broad index
    "close_grade": GRADE_DTYPE,
    "discount": pl.Float64(),  # of index futures, by year
    "discount_grade": GRADE_DTYPE,
    "fund_flow": pl.Float64(),  # into funds over five sessions, as a share of their assets
    "fund_grade": GRADE_DTYPE,
    "knock_in_share": pl.Float64(),  # what a fall releases of a day's futures, of the index where it is the most
    "snowballs_zh": pl.String(),  # whose inventory, and what it holds
    "snowballs_en": pl.String(),
    "snowball_grade": GRADE_DTYPE,
}

FRAMES: dict[str, dict[str, pl.DataType]] = {
    "panel": PANEL,
    "lenses": LENSES,
    "futures": FUTURES,
    "funds": FUNDS,
    "securities": SECURITIES,
    "financing": FINANCING,
    "snowballs": SNOWBALLS,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One column of a reading. ``published`` figures keep their row's grade; the others are at best ``derived``."""

    name: str
    unit: Unit
    label: Text
    published: bool = False


@dataclass(frozen=True)
class Indicator:
    """One indicator: what it says, how, from where, and what is wrong with it.

    ``compute(panel, **options)`` returns a :class:`Reading`. Its keyword-only parameters are the options that the
    command line offers, with the types ``int``, ``float``, ``str`` or ``date | None`` and their defaults.
    """

    name: str  # as typed: safety-distance
    label: Text
    meaning: Text  # one or two sentences
    formula: str
    source: str
    problems: tuple[Text, ...]
    needs: tuple[str, ...]  # panel columns without which nothing can be said
    figures: tuple[Figure, ...]
    compute: Callable[..., Reading]
    option_help: Mapping[str, Text] = field(default_factory=dict)
    reads: str = "panel"  # the frame that ``compute`` takes, one of ``FRAMES``


@dataclass(frozen=True)
class Reading:
    """The rows that an indicator gives, with what a reader must know beside them.

    ``rows`` has ``session`` (the session that the row is about), ``as_of`` (the last session whose figures the row
    uses), the indicator's figures, and ``grade`` (the worst grade of what the row rests on, and ``derived`` at best
    where none of the figures is published).
    """

    indicator: Indicator
    rows: pl.DataFrame
    notes: tuple[Text, ...] = ()

    def __post_init__(self) -> None:
        if "grade" in self.rows.columns and not any(figure.published for figure in self.indicator.figures):
            at_best = pl.when(pl.col("grade").is_not_null()).then(worst_of("grade", Grade.DERIVED)).alias("grade")
            object.__setattr__(self, "rows", self.rows.with_columns(at_best))

    def between(self, first: date | None, last: date | None) -> Reading:
        """Return the reading with only the rows whose ``session`` lies between the two days, both included."""
        kept = self.rows
        if first is not None:
            kept = kept.filter(pl.col("session") >= first)
        if last is not None:
            kept = kept.filter(pl.col("session") <= last)
        return Reading(self.indicator, kept, self.notes)


def require(panel: pl.DataFrame, indicator: Indicator) -> None:
    """Raise ``MissingDataError`` when a column that the indicator cannot do without holds nothing at all."""
    lacking = [name for name in indicator.needs if not has(panel, name)]
    if lacking:
        raise MissingDataError(
            f"{indicator.name} needs {', '.join(lacking)}, which the lake does not hold for these sessions. "
            "Import a file that has it, or ask for a later date (`rongheng status` shows what there is)."
        )


def has(panel: pl.DataFrame, column: str) -> bool:
    """Say whether the panel has at least one value of that column."""
    return column in panel.columns and panel[column].null_count() < panel.height


def indices_in(panel: pl.DataFrame, *, total_return: bool = False) -> list[Index]:
    """Return the indices of which the panel has closes, in the catalogue's order."""
    return [
        index
        for index in indices().values()
        if index.total_return == total_return and has(panel, f"{index.prefix}_close")
    ]


def as_of(panel: pl.DataFrame) -> date:
    """Return the last session of the panel."""
    last = panel["session"].max()
    assert isinstance(last, date), "a panel has at least one session"
    return last
