"""The simulated market as batches of the canonical tables, ready to land in a lake.

What lives here: columns, units and identities of the tables. What does not: how the numbers come about (``prices``,
``accounts``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256

import numpy as np
import polars as pl

from rongheng.basics.batch import Batch, Notice
from rongheng.basics.grades import Grade
from rongheng.basics.ids import indices
from rongheng.basics.tables import ACCOUNT_DAILY, INDEX_DAILY, MARGIN_SUMMARY, MARKET_DAILY, QUARANTINE_SCHEMA, Table
from rongheng.basics.text import Text
from rongheng.market.sources.simulated.accounts import Accounts
from rongheng.market.sources.simulated.anchors import Clock
from rongheng.market.sources.simulated.bridge import Array
from rongheng.market.sources.simulated.prices import KEYS, Bars

SOURCE = "simulated-market"

_NOTICE = Text(
    "模拟数据：经过已发布的数字，其余数值为随机生成，不是任何市场的记录。",
    "Simulated: these numbers pass through published figures; all others are random and record no market.",
)

# Chosen: how much of the turnover and of the float cap each exchange and index has, and a mean price for volumes.
_OF_TURNOVER = {
    "sse": 0.42,
    "szse": 0.58,
    "csi-all": 0.97,
    "csi300": 0.27,
    "csi500": 0.16,
    "csi1000": 0.19,
    "csi2000": 0.2,
}
_OF_FLOAT_CAP = {"SSE": 0.56, "SZSE": 0.44}
_MEAN_PRICE = 11.0
_SHORT_PRICE = 9.0

_QUARANTINE = {name: dtype for name, dtype in QUARANTINE_SCHEMA.items() if name not in ("imported_at", "sequence")}


def account_daily(clock: Clock, accounts: Accounts, options: str) -> Batch:
    """Return the account statistics."""
    margin = accounts.financing + accounts.short
    columns = {
        "financing_balance": accounts.financing,
        "short_balance": accounts.short,
        "financing_buys": accounts.buys,
        "short_sales": accounts.short_sales,
        "individual_count": accounts.individuals,
        "institution_count": accounts.institutions,
        "active_count": accounts.active,
        "indebted_count": accounts.indebted,
        "collateral_total": accounts.cash + accounts.securities,
        "collateral_cash": accounts.cash,
        "collateral_securities": accounts.securities,
        "maintenance_ratio": accounts.ratio,
        "balance_to_float_cap": margin / accounts.float_cap,
        "margin_turnover_share": (accounts.buys + accounts.short_sales) / accounts.turnover,
    }
    return _batch(ACCOUNT_DAILY, clock, [({}, columns)], options)


def margin_summary(clock: Clock, accounts: Accounts, options: str) -> Batch:
    """Return the exchanges' summary, with repayment: each balance is the last one plus purchases minus repayment."""
    shares = np.round(accounts.short / _SHORT_PRICE)
    sold = np.round(accounts.short_sales / _SHORT_PRICE)
    returned = sold - np.diff(shares, prepend=np.nan)
    columns = {
        "financing_balance": accounts.financing,
        "financing_buys": accounts.buys,
        "financing_repaid": accounts.repaid,
        "short_balance": accounts.short,
        "short_shares": shares,
        "short_sold_shares": sold + np.where(returned < 0, -returned, 0.0),
        "short_returned_shares": np.maximum(returned, 0.0),
        "margin_balance": accounts.financing + accounts.short,
        "financing_to_float_cap": accounts.financing / accounts.float_cap,
    }
    return _batch(MARGIN_SUMMARY, clock, [({"market": "SSE+SZSE"}, columns)], options)


def index_daily(clock: Clock, accounts: Accounts, bars: Bars, options: str) -> Batch:
    """Return the bars of every index."""
    parts: list[tuple[Mapping[str, str], Mapping[str, Array]]] = []
    for path, key in enumerate(KEYS):
        amount = np.round(accounts.turnover * _OF_TURNOVER[key])
        if key == "szse":  # the rest, so that both exchanges add up
            amount = accounts.turnover - np.round(accounts.turnover * _OF_TURNOVER["sse"])
        columns = {
            "open": bars.open[path],
            "high": bars.high[path],
            "low": bars.low[path],
            "close": bars.close[path],
            "volume_shares": np.round(amount / _MEAN_PRICE),
            "amount": amount,
        }
        parts.append(({"index": indices()[key].code}, columns))
    return _batch(INDEX_DAILY, clock, parts, options)


def market_daily(clock: Clock, accounts: Accounts, options: str) -> Batch:
    """Return turnover and capitalisation of both exchanges."""
    shanghai = np.round(accounts.turnover * _OF_TURNOVER["sse"])
    amounts = {"SSE": shanghai, "SZSE": accounts.turnover - shanghai}
    own = np.round(accounts.float_cap * _OF_FLOAT_CAP["SSE"])
    caps = {"SSE": own, "SZSE": accounts.float_cap - own}
    parts: list[tuple[Mapping[str, str], Mapping[str, Array]]] = []
    for market, amount in amounts.items():
        columns = {
            "amount": amount,
            "volume_shares": np.round(amount / _MEAN_PRICE),
            "total_cap": np.round(caps[market] * 1.25),
            "float_cap": caps[market],
        }
        parts.append(({"market": market}, columns))
    return _batch(MARKET_DAILY, clock, parts, options)


def _batch(
    table: Table, clock: Clock, parts: Sequence[tuple[Mapping[str, str], Mapping[str, Array]]], options: str
) -> Batch:
    """Return the batch of a table: one part for each value of its key, cut to the sessions of the clock."""
    known = [table.publication.known_at(session).astimezone(UTC) for session in clock.sessions]
    frames = [_part(table, clock, known, *part) for part in parts]
    return _landing(table, pl.concat(frames), options)


def of_frame(table: Table, frame: pl.DataFrame, clock: Clock, options: str) -> Batch:
    """Return the batch of a table of rows that were made one by one, cut to the sessions of the clock."""
    shown = frame.filter(pl.col("as_of") <= clock.sessions[-1])
    known = table.publication.known_at_each(shown["as_of"])
    facts = shown.with_columns(known, grade=pl.lit(Grade.SIMULATED.value), note=pl.lit(None, dtype=pl.String))
    order = [name for name in table.schema if name in facts.columns]
    return _landing(table, facts.select(pl.col(name).cast(table.schema[name]) for name in order), options)


def _landing(table: Table, rows: pl.DataFrame, options: str) -> Batch:
    facts = rows.sort(table.identity)
    return Batch(
        table=table,
        facts=facts,
        quarantine=pl.DataFrame(schema=_QUARANTINE),
        source=SOURCE,
        file=SOURCE,
        sheet=None,
        sha256=sha256(facts.write_csv().encode()).hexdigest(),
        rows_read=facts.height,
        rows_repeated=0,
        options=options,
        notices=(Notice(_NOTICE, facts.height),),
    )


def _part(
    table: Table, clock: Clock, known: Sequence[datetime], key: Mapping[str, str], columns: Mapping[str, Array]
) -> pl.DataFrame:
    sessions = pl.Series("as_of", clock.sessions, dtype=pl.Date)
    values = [pl.Series(name, column[: clock.size]).fill_nan(None) for name, column in columns.items()]
    frame = pl.DataFrame([sessions, *values]).with_columns(
        *[pl.lit(word).alias(name) for name, word in key.items()],
        pl.Series("known_at", known, dtype=pl.Datetime("us", "UTC")),
        grade=pl.lit(Grade.SIMULATED.value),
        note=pl.lit(None, dtype=pl.String),
    )
    order = [name for name in table.schema if name in frame.columns]
    return frame.select(pl.col(name).cast(table.schema[name]) for name in order)
