"""What changes on the list of underlyings, and why: a regular adjustment, removals of the day, two published lists.

What lives here: differences of lists as rows with their reasons. What does not: who qualifies (``screening``) and in
which order (``ranking``). The exchange publishes each list; what is computed here is what its rules lead to.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import cast

import polars as pl

from rongheng.basics.errors import UsageError
from rongheng.basics.text import Text
from rongheng.market.pools.conditions import PASS
from rongheng.market.pools.frames import conform
from rongheng.market.pools.ranking import RULE as RANKING_RULE
from rongheng.market.pools.ranking import Ranking
from rongheng.market.pools.rules import Ask
from rongheng.market.pools.screening import SIDES, Screening, screen
from rongheng.market.pools.tables import EXCHANGE_LIST, SECURITIES
from rongheng.rulebook import Rulebook

IN, OUT, KEPT = "in", "out", "kept"
REGULAR_RULE = "exchange.underlying.regular_adjustment"
REMOVAL_RULE = "exchange.underlying.removal_cases"

SCHEMA = {
    "security": pl.String(),
    "name": pl.String(),
    "list": pl.String(),  # financing, short or collateral
    "change": pl.Enum([IN, OUT, KEPT]),
    "why_zh": pl.String(),
    "why_en": pl.String(),
    "rule": pl.String(),
}
_LISTS = {
    "financing": Text("融资标的", "financing underlyings"),
    "short": Text("融券标的", "short underlyings"),
    "collateral": Text("可充抵保证金证券", "collateral"),
}


def regular_adjustment(
    ranking: Ranking, *, places: Mapping[str, int], screening: Screening | None = None, side: str = "financing"
) -> pl.DataFrame:
    """Return what a regular adjustment does to the list of each exchange (标的证券定期调整).

    Underlyings that still qualify keep their places before any candidate; what places are left go to candidates in the
    order of the ranking.

    Parameters
    ----------
    ranking : of the shares of the exchange, with ``candidates`` set to those that qualify
    places : how many shares the list of each exchange may hold; the exchange says it with each adjustment
    screening : gives the reasons of those that no longer qualify, optional
    side : the side whose reasons are shown

    Returns
    -------
    Columns of ``SCHEMA``; shares that are neither on the list nor put on it have no row.

    Source
    ------
    exchange.underlying.regular_adjustment, exchange.underlying.ranking
    """
    unsaid = set(ranking.rows["exchange"].unique()) - set(places)
    if unsaid:
        raise UsageError(f"How many places has the list of {', '.join(sorted(unsaid))}? Say it, such as SSE=1000.")
    failures = {} if screening is None else _failures(screening, side)
    rows = []
    for row in ranking.rows.iter_rows(named=True):
        change = _regular(row, places[row["exchange"]], failures)
        if change is not None:
            kind, why, rule = change
            rows.append((row["security"], row["name"], side, kind, why.zh, why.en, rule))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _regular(
    row: Mapping[str, object], places: int, failures: Mapping[str, tuple[Text, str]]
) -> tuple[str, Text, str] | None:
    place, is_underlying = cast(int | None, row["place"]), row["is_underlying"]
    if place is None:
        if not is_underlying:
            return None
        unqualified = Text("不再满足条件，或缺少数据", "no longer qualifies, or a figure is missing")
        why, rule = failures.get(str(row["security"]), (unqualified, REGULAR_RULE))
        return OUT, why, rule
    numbered = Text(f"第 {place} 位，共 {places} 席", f"place {place} of {places}")
    if place <= places:
        return (KEPT if is_underlying else IN), numbered, RANKING_RULE
    return (OUT, numbered, RANKING_RULE) if is_underlying else None


def _failures(screening: Screening, side: str) -> dict[str, tuple[Text, str]]:
    """Return, for each security, the conditions of one side that it does not pass, and the first one's rule."""
    lost = screening.conditions.filter((pl.col("side") == side) & (pl.col("outcome") != PASS))
    words: dict[str, tuple[Text, str]] = {}
    for row in lost.iter_rows(named=True):
        zh = f"{row['label_zh']}：{row['value']}（要求{row['threshold_zh']}）"
        en = f"{row['label_en']}: {row['value']} (asked: {row['threshold_en']})"
        if row["security"] not in words:
            words[row["security"]] = Text(zh, en), row["rule"]
        else:
            known, rule = words[row["security"]]
            words[row["security"]] = Text(f"{known.zh}；{zh}", f"{known.en}; {en}"), rule
    return words


def removals(
    securities: pl.DataFrame,
    *,
    session: date,
    book: Rulebook | None = None,
    known_at: date | None = None,
    where: str = "the securities",
) -> pl.DataFrame:
    """Return the underlyings that are taken off the list on the session, each with its case (即时调出).

    Parameters
    ----------
    securities : columns of ``tables.SECURITIES``
        ``is_underlying``, ``risk_warned``, ``delisting`` and ``removal_case`` as of the session.

    Returns
    -------
    Columns of ``SCHEMA``, one row for each underlying in a case that the rule names. They may return when the reason
    ends.

    Source
    ------
    exchange.underlying.removal_cases
    """
    ask = Ask(book or Rulebook.load(), session, known_at)
    reading = ask.rule(REMOVAL_RULE)
    names = reading.rule.schema.choices
    case = _case(cast(tuple[str, ...], reading.value))
    rows = conform(securities, SECURITIES, where=where, on=session)
    rows = rows.filter("is_underlying").with_columns(case.alias("case"))
    found = []
    for row in rows.filter(pl.col("case").is_not_null()).iter_rows(named=True):
        why = names[row["case"]]
        for side in SIDES:
            found.append((row["security"], row["name"], side, OUT, why.zh, why.en, REMOVAL_RULE))
    return pl.DataFrame(found, schema=SCHEMA, orient="row")


def _case(cases: Collection[str]) -> pl.Expr:
    """Return the case that a row is in, the gravest one where there are several, or null."""
    named = pl.col("removal_case")
    events = [
        pl.when("delisting").then(pl.lit("delisting")),
        pl.when("risk_warned").then(pl.lit("risk_warning")),
        pl.when(named.is_in(list(cases))).then(named),
    ]
    first = pl.coalesce(events)
    return pl.when(first.is_in(list(cases))).then(first)


def reasons(
    securities: pl.DataFrame,
    *,
    session: date,
    book: Rulebook | None = None,
    known_at: date | None = None,
    where: str = "the securities",
) -> pl.DataFrame:
    """Return what the rules would do with each security on the session: the reasons behind a published change.

    Parameters
    ----------
    securities : columns of ``tables.SECURITIES``

    Returns
    -------
    Columns of ``SCHEMA``: ``in`` for each side on which a security qualifies, ``out`` for each on which it does not.

    Source
    ------
    exchange.underlying.removal_cases, and the rules of ``screen``
    """
    found = screen(securities, session=session, book=book, known_at=known_at, where=where)
    rows = [_coming(row) for row in found.verdicts.filter("qualifies").iter_rows(named=True)]
    for side in SIDES:
        for code, (why, rule) in _failures(found, side).items():
            rows.append((code, None, side, OUT, why.zh, why.en, rule))
    off = removals(securities, session=session, book=book, known_at=known_at, where=where)
    return pl.concat([off, pl.DataFrame(rows, schema=SCHEMA, orient="row")])


_ROUTES = {
    "registration": Text("注册制股票，上市首日起即为标的", "offered under the registration system: from listing on"),
    "bse_all": Text("北交所上市股票", "listed on the Beijing exchange"),
    "bse_launch": Text("北证50成份股", "member of the BSE 50"),
}


def _coming(row: Mapping[str, object]) -> tuple[object, ...]:
    why = _ROUTES.get(str(row["route"]), Text("满足全部条件", "meets every condition"))
    return (row["security"], row["name"], row["side"], IN, why.zh, why.en, None)


def difference(
    before: pl.DataFrame,
    after: pl.DataFrame,
    *,
    reasons: pl.DataFrame | None = None,
    where: tuple[str, str] = ("the list before", "the list after"),
    on: date | None = None,
) -> pl.DataFrame:
    """Return what came on a published list and what left it (名单变动).

    Parameters
    ----------
    before, after : columns of ``tables.EXCHANGE_LIST``
        A list without any of ``financing``, ``short``, ``collateral`` is one of collateral.
    reasons : what the rules lead to (``removals``, ``regular_adjustment``), optional
        A change that none of its rows explains has no reason: the exchange decided it, or a figure was missing.
    where : how messages call the two lists
    on : the session of the list after, optional: a change of code between the two is then no change of the list

    Returns
    -------
    Columns of ``SCHEMA``, sorted by list, change and code; ``why`` and ``rule`` are null where no reason is known.
    """
    old, new = (_members(one, name, on) for one, name in zip((before, after), where, strict=True))
    missing = {name for name, _ in old} ^ {name for name, _ in new}
    if missing:
        only = ", ".join(sorted(missing))
        raise UsageError(f"Only one of the two lists says which securities are {only}. Compare like with like.")
    changes = []
    for (name, left), (_, right) in zip(old, new, strict=True):
        changes += [_only_in(right, left, name, IN), _only_in(left, right, name, OUT)]
    found = pl.concat(changes)
    known = pl.DataFrame(schema=SCHEMA) if reasons is None else reasons
    key = ["security", "list", "change"]
    explained = found.join(known.drop("name").unique(key, keep="first"), on=key, how="left")
    return explained.select(list(SCHEMA)).sort("list", "change", "security")


def _only_in(first: pl.DataFrame, second: pl.DataFrame, name: str, change: str) -> pl.DataFrame:
    rows = first.join(second, on="security", how="anti")
    return rows.with_columns(pl.lit(name).alias("list"), pl.lit(change, dtype=SCHEMA["change"]).alias("change"))


def _members(frame: pl.DataFrame, where: str, on: date | None) -> list[tuple[str, pl.DataFrame]]:
    """Return the members of each list that the frame speaks of."""
    rows = conform(frame, EXCHANGE_LIST, where=where, on=on)
    spoken = [name for name in _LISTS if name in frame.columns and rows[name].null_count() < rows.height]
    if not spoken:
        return [("collateral", rows.select("security", "name"))]
    return [(name, rows.filter(pl.col(name)).select("security", "name")) for name in spoken]
