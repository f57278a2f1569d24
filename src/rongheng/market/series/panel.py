"""The panel: one row per session, every column that an indicator may ask for, as it was known at a moment.

What lives here: which stored fact fills which column, and which wins where two say the same thing. What does not:
anything that an indicator computes, and how facts are kept. ``indicators.contract.PANEL`` lists the columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import MissingDataError, StaleDataError
from rongheng.basics.grades import GRADE_DTYPE, Grade, worst_in_group, worst_of
from rongheng.basics.ids import indices
from rongheng.basics.tables import ACCOUNT_DAILY, INDEX_DAILY, MARGIN_SUMMARY, MARKET_DAILY
from rongheng.market.indicators.contract import PANEL
from rongheng.market.store import Lake, Snapshot
from rongheng.rulebook import Rulebook

# The rules that stand in the panel as columns, so that every indicator reads them by date.
RULE_COLUMNS: dict[str, str] = {
    "financing_margin_ratio": "exchange.financing.margin_ratio",
    "haircut_index_share": "exchange.haircut.cap.index_share",
    "haircut_other_share": "exchange.haircut.cap.other_share",
    "warning_line": "practice.lines.warning",
    "call_line": "practice.lines.call",
    "liquidation_line": "practice.lines.liquidation",
    "withdrawal_line": "exchange.maintenance.withdrawal_line",
}

_WHOLE_MARKET = ("ALL", "SSE+SZSE")  # the first that is there wins; else the sum of the exchanges
_EXCHANGES = ("SSE", "SZSE")
_OF_THE_NOTE = (ACCOUNT_DAILY, MARGIN_SUMMARY, INDEX_DAILY, MARKET_DAILY)


def panel(lake: Lake | Snapshot, *, as_of: date | None = None, known_at: datetime | None = None) -> pl.DataFrame:
    """Return the aligned columns up to ``as_of``, as they were known at ``known_at``.

    Parameters
    ----------
    as_of : date, optional
        The last session shown; a day without trading means the session before it. The default is the last session
        of which the lake has account statistics or margin balances.
    known_at : datetime with a time zone, optional
        The default is the moment when the last figures of ``as_of`` came out (:func:`published_by`).

    Returns
    -------
    DataFrame
        One row per session of the calendar from the first margin figure to ``as_of``, without gaps. Columns as in
        ``indicators.contract.PANEL``; missing figures are null.

    Raises
    ------
    MissingDataError
        The lake has no figure at or before ``as_of``.
    StaleDataError
        ``as_of`` lies after the last figure that the lake holds.
    """
    lake = lake.snapshot() if isinstance(lake, Lake) else lake  # no import may come in between two reads
    session = resolve_as_of(lake, as_of)
    moment = known_at or published_by(session)
    account = lake.read(ACCOUNT_DAILY, known_at=moment, last=session)
    summary = lake.read(MARGIN_SUMMARY, known_at=moment, last=session)
    if account.is_empty() and summary.is_empty():
        raise MissingDataError(
            f"Nothing about margin trading up to {session} was known at {moment:%Y-%m-%d %H:%M}. Account statistics "
            "come out on the evening of the next session; ask for an earlier session or a later --known-at."
        )
    market = lake.read(MARKET_DAILY, known_at=moment, last=session)
    bars = lake.read(INDEX_DAILY, known_at=moment, last=session)
    return assemble(account=account, summary=summary, market=market, bars=bars, last=session, known_at=moment)


def assemble(
    *,
    account: pl.DataFrame,
    summary: pl.DataFrame,
    market: pl.DataFrame,
    bars: pl.DataFrame,
    last: date,
    known_at: datetime,
) -> pl.DataFrame:
    """Return the panel of four canonical tables as :meth:`Lake.read` gives them."""
    first = min(day for day in (account["as_of"].min(), summary["as_of"].min()) if isinstance(day, date))
    sessions = calendar().between(first, last)
    frame = pl.DataFrame({"session": sessions}, schema={"session": pl.Date})
    whole = _of_whole_market(summary)
    for part in (
        _balances(account, whole),
        _turnover(market, bars),
        _float_cap(market, whole, account),
        _accounts(account),
        _rules(sessions, known_at),
        *_bars_by_index(bars),
    ):
        frame = frame.join(part, on="session", how="left", maintain_order="left")
    absent = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in PANEL.items() if name not in frame.columns]
    frame = frame.with_columns(absent)
    return frame.select(*PANEL, *[name for name in frame.columns if name not in PANEL])


def published_by(session: date) -> datetime:
    """Return the moment, Shanghai time, by which the figures of that session that a panel is made of are out.

    >>> published_by(date(2024, 2, 8)).isoformat()
    '2024-02-19T18:00:00+08:00'
    """
    return max(table.publication.known_at(session) for table in _OF_THE_NOTE)


def resolve_as_of(lake: Lake | Snapshot, as_of: date | None) -> date:
    """Return the session that ``as_of`` means in this lake; see :func:`panel` for the errors."""
    days: list[date] = []
    for table in (ACCOUNT_DAILY, MARGIN_SUMMARY):
        stated = lake.read(table)["as_of"]
        days += [day for day in (stated.min(), stated.max()) if isinstance(day, date)]
    if not days:
        raise MissingDataError(
            f"The lake at {lake.root} holds no account statistics and no margin balances. "
            "Import a file that has them: rongheng import FILE"
        )
    first, last = min(days), max(days)
    if as_of is None:
        return last
    if as_of < first:
        raise MissingDataError(
            f"{as_of} is before the margin figures of this lake begin ({first}); ask for a later day."
        )
    session = calendar().on_or_before(as_of)
    if session > last:
        raise StaleDataError(
            f"The newest margin figures of this lake are of {last}, {calendar().count_between(last, session)} sessions "
            f"before {session}. Import newer files, or ask for --as-of {last}."
        )
    return session


def _of_whole_market(frame: pl.DataFrame) -> pl.DataFrame:
    """Return one row per day: that of the whole market where it is stated, else the sum of both exchanges."""
    stated = [frame.filter(pl.col("market") == name) for name in _WHOLE_MARKET]
    numbers = [
        name for name, dtype in frame.schema.items() if dtype.is_numeric() and name not in ("revision", "sequence")
    ]
    both = (
        frame.filter(pl.col("market").is_in(_EXCHANGES))
        .group_by("as_of")
        .agg(
            pl.len().alias("exchanges"),
            *[
                pl.when(pl.col(name).is_null().any()).then(None).otherwise(pl.col(name).sum()).alias(name)
                for name in numbers
            ],
            worst_in_group(Grade.DERIVED).cast(pl.String),
        )
        .filter(pl.col("exchanges") == len(_EXCHANGES))
    )
    columns = ["as_of", *numbers, "grade"]
    ranked = [part.select(columns) for part in (*stated, both)]
    return pl.concat(ranked).unique("as_of", keep="first", maintain_order=True).rename({"as_of": "session"})


def _balances(account: pl.DataFrame, whole: pl.DataFrame) -> pl.DataFrame:
    """Return what clients owe: the account statistics first, the exchanges' summary where they are silent."""
    ours = account.select(
        session="as_of",
        financing_balance="financing_balance",
        short_balance="short_balance",
        financing_buys="financing_buys",
        account_grade=pl.col("grade"),
    )
    theirs = whole.select(
        "session", "financing_balance", "short_balance", "financing_buys", "financing_repaid", "grade"
    )
    joined = ours.join(theirs, on="session", how="full", coalesce=True, suffix="_exchange")
    chosen = [
        pl.coalesce(name, f"{name}_exchange").alias(name)
        for name in ("financing_balance", "short_balance", "financing_buys")
    ]
    return joined.select(
        "session",
        *chosen,
        "financing_repaid",
        pl.coalesce("account_grade", "grade").cast(GRADE_DTYPE).alias("balance_grade"),
    ).with_columns(margin_balance=pl.col("financing_balance") + pl.col("short_balance"))


def _turnover(market: pl.DataFrame, bars: pl.DataFrame) -> pl.DataFrame:
    """Return the amount traded in Shanghai and Shenzhen: as published, else the amounts behind both indices."""
    stated = _of_whole_market(market.filter(pl.col("amount").is_not_null())).select(
        "session", turnover="amount", turnover_grade=pl.col("grade").cast(GRADE_DTYPE)
    )
    codes = {index.covers_market: index.code for index in indices().values() if index.covers_market}
    shanghai, shenzhen = (
        bars.filter(pl.col("index") == codes[name]).select("as_of", "amount", "grade") for name in _EXCHANGES
    )
    summed = shanghai.join(shenzhen, on="as_of", suffix="_other").select(
        session="as_of",
        turnover=pl.col("amount") + pl.col("amount_other"),
        turnover_grade=worst_of("grade", "grade_other", Grade.DERIVED),
    )
    return pl.concat([stated, summed.drop_nulls("turnover")]).unique("session", keep="first", maintain_order=True)


def _float_cap(market: pl.DataFrame, whole: pl.DataFrame, account: pl.DataFrame) -> pl.DataFrame:
    """Return the float cap: as published, else what the published shares of it imply (``derived``)."""
    stated = _of_whole_market(market.filter(pl.col("float_cap").is_not_null())).select(
        "session", float_cap="float_cap", float_cap_grade=pl.col("grade").cast(GRADE_DTYPE)
    )
    from_summary = whole.select(
        "session",
        float_cap=pl.col("financing_balance") / pl.col("financing_to_float_cap"),
        float_cap_grade=worst_of("grade", Grade.DERIVED),
    )
    from_account = account.select(
        session="as_of",
        float_cap=(pl.col("financing_balance") + pl.col("short_balance")) / pl.col("balance_to_float_cap"),
        float_cap_grade=worst_of("grade", Grade.DERIVED),
    )
    ranked = [part.filter(pl.col("float_cap").is_finite()) for part in (stated, from_summary, from_account)]
    return pl.concat(ranked).unique("session", keep="first", maintain_order=True)


def _accounts(account: pl.DataFrame) -> pl.DataFrame:
    names = [name for name in PANEL if name in ACCOUNT_DAILY.by_name and name not in _balance_columns()]
    return account.select(
        pl.col("as_of").alias("session"), *names, pl.col("grade").cast(GRADE_DTYPE).alias("account_grade")
    )


def _balance_columns() -> tuple[str, ...]:
    return ("financing_balance", "short_balance", "financing_buys")


def _rules(sessions: Sequence[date], known_at: datetime) -> pl.DataFrame:
    rulebook = Rulebook.load()
    columns: dict[str, object] = {"session": list(sessions)}
    for name, rule_id in RULE_COLUMNS.items():
        points = rulebook.scalar_by_session(rule_id, sessions, known_at=known_at)
        columns[name] = [None if value is None else value / 10_000 for value in points]
    schema = {"session": pl.Date()} | {name: pl.Float64() for name in RULE_COLUMNS}
    return pl.DataFrame(columns, schema=schema)


def _bars_by_index(bars: pl.DataFrame) -> list[pl.DataFrame]:
    parts = []
    for index in indices().values():
        own = bars.filter(pl.col("index") == index.code)
        if own.is_empty() or not index.in_panel:
            continue
        fields = [pl.col(name).alias(f"{index.prefix}_{name}") for name in ("open", "high", "low", "close")]
        grade = pl.col("grade").cast(GRADE_DTYPE).alias(f"{index.prefix}_grade")
        parts.append(own.select(pl.col("as_of").alias("session"), *fields, grade))
    return parts
