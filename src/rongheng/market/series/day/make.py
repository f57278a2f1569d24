"""Make one session of the market from the lake: what is known becomes columns, what is not stays null and is counted.

This is the control of the room: it reads the facts, calls what computes from them, and says of each part how it came
about. The day's grade is the worst of its parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from rongheng.basics.account_tables import SECURITIES
from rongheng.basics.calendar import calendar
from rongheng.basics.errors import UsageError
from rongheng.basics.grades import Grade, worst
from rongheng.basics.ids import indices
from rongheng.basics.market_day import MarketDay
from rongheng.basics.tables import SECURITY_BARS
from rongheng.basics.text import Text
from rongheng.market.pools import Caps
from rongheng.market.series.day.facts import Facts, read_facts
from rongheng.market.series.day.limits import limit_prices, ticks
from rongheng.market.series.day.prices import prices
from rongheng.market.series.day.sizes import sizes
from rongheng.market.series.day.standing import assumed_flags, caps, flags, registered, standing
from rongheng.market.series.day.suspended import index_prices
from rongheng.market.store import Lake, Snapshot
from rongheng.rulebook import Rulebook

PART_SCHEMA = {"column": pl.String(), "unknown": pl.Int64(), "grade": pl.String()}


@dataclass(frozen=True)
class MadeDay:
    """A market day, and how it came about.

    ``parts`` has a row for each column: ``unknown`` (of how many securities it is not known), and ``grade`` (the worst
    of what it rests on; null where nothing of it is known).
    """

    day: MarketDay
    parts: pl.DataFrame
    carried: int  # securities without a bar of the session
    unlimited: int  # securities in their first sessions, which have no price limit
    notes: tuple[Text, ...]


def make_day(lake: Lake | Snapshot, session: date, *, known_at: datetime | None = None) -> MadeDay:
    """Return the market of a session as the lake knew it at a moment (某日行情).

    Parameters
    ----------
    session : a trading day
    known_at : datetime with a time zone, optional
        The default is when that session's prices came out.

    Raises
    ------
    UsageError
        The exchanges do not trade on that day.
    MissingDataError
        The lake has no prices of that session.
    """
    if not calendar().is_session(session):
        raise UsageError(f"{session} is no trading day; the session before it is {calendar().on_or_before(session)}.")
    moment = known_at or SECURITY_BARS.publication.known_at(session)
    facts = read_facts(lake, session, known_at=moment)
    book = Rulebook.load()
    priced = standing(prices(facts, tick_milli=ticks(book, session)), facts)
    priced = priced.with_columns(registered(priced, session=session, book=book))
    sized = limit_prices(priced, session=session, book=book).join(sizes(facts), on="security", how="left")
    valued = sized.join(index_prices(sized, facts), on="security", how="left")
    capped = caps(valued, facts, book=book)
    rows = _with_flags(_with_caps(valued, capped), facts, book)
    securities = _securities(rows)
    parts = _parts(rows, capped)
    grade = worst(*(Grade(one) for one in parts["grade"].drop_nulls().to_list()))
    day = MarketDay(session, securities, grade, _levels(facts))
    return MadeDay(
        day,
        parts,
        carried=int((rows["source"] == "carried").sum()),
        unlimited=int(rows["unlimited"].sum()),
        notes=tuple(_notes(rows, capped)),
    )


def _with_caps(rows: pl.DataFrame, capped: Caps) -> pl.DataFrame:
    without = capped.problems.filter(pl.col("problem").is_in(["no_class", "no_cap_in_force"]))["security"]
    known = capped.rows.select("security", pl.col("security_class").alias("class"), "haircut_cap_bp")
    return rows.join(known, on="security", how="left", maintain_order="left").with_columns(
        (~pl.col("security").is_in(without.implode())).alias("has_cap")
    )


def _with_flags(rows: pl.DataFrame, facts: Facts, book: Rulebook) -> pl.DataFrame:
    said = flags(rows, facts)
    assumed = assumed_flags(rows, session=facts.session, book=book)
    names = [name for name in said.columns if name != "security"]
    joined = rows.join(said, on="security", how="left", maintain_order="left").join(
        assumed, on="security", how="left", maintain_order="left", suffix="_assumed"
    )
    return joined.with_columns(
        *[pl.col(name).is_not_null().alias(f"{name}_said") for name in names],
        *[pl.coalesce(name, f"{name}_assumed").alias(name) for name in names],
    )


def _securities(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the columns of the day that the lake says something about; the day itself fills in the others."""
    board = pl.coalesce("board", pl.when(pl.col("kind").is_in(["etf", "other_fund"])).then(pl.lit("fund")))
    named = rows.with_columns(board.fill_null("other").alias("board"), (~pl.col("suspended")).alias("traded"))
    told = [field for field in SECURITIES.fields if field.name in named.columns]
    return named.select(pl.col(field.name).cast(field.dtype) for field in told)


def _levels(facts: Facts) -> tuple[tuple[str, float], ...]:
    today = facts.levels.filter((pl.col("as_of") == facts.session) & pl.col("close").is_not_null())
    closes = dict(today.select("index", "close").iter_rows())
    return tuple((one.key, closes[one.code]) for one in indices().values() if one.code in closes)


def _parts(rows: pl.DataFrame, capped: Caps) -> pl.DataFrame:
    """Return for each column of how many securities it is not known, and the worst grade of what it rests on."""
    price = _worst(rows["grade"]) or Grade.DERIVED
    untested = capped.rows["static_pe"].is_null()
    in_doubt = rows["index_member"].is_null() | ~rows["listing_known"] | untested
    cap = Grade.ESTIMATED if in_doubt.any() else worst(price, Grade.DERIVED)
    no_limit = rows["high_limit_milli"].is_null() & ~rows["unlimited"]
    last_known = rows.filter("suspended")["index_price_milli"].null_count()
    found = [
        ("price_milli", 0, price),
        ("previous_close_milli", rows["previous_close_milli"].null_count(), worst(price, Grade.DERIVED)),
        ("high_limit_milli", int(no_limit.sum()), worst(price, Grade.DERIVED)),
        ("low_limit_milli", int(no_limit.sum()), worst(price, Grade.DERIVED)),
        ("last_traded", rows["last_traded"].null_count(), price),
        ("listing", int((~rows["listing_known"]).sum()), _assumed(rows["listing_known"])),
        ("class", int(in_doubt.sum()), cap),
        ("haircut_cap_bp", int(in_doubt.sum()), cap),
        *[
            (name, int((~rows[f"{name}_said"]).sum()), _assumed(rows[f"{name}_said"]))
            for name in ("is_collateral", "financing_allowed", "short_allowed")
        ],
        ("average_amount_milli", rows["average_amount_milli"].null_count(), _worst(rows["amount_grade"])),
        ("total_value_milli", rows["total_value_milli"].null_count(), Grade.DERIVED),
        ("float_shares", rows["float_shares"].null_count(), _worst(rows["float_grade"])),
        ("registered", rows["registered"].null_count(), Grade.DERIVED),
        ("static_pe_hundredths", rows["static_pe_hundredths"].null_count(), Grade.DERIVED),
        ("index_price_milli", last_known, Grade.ESTIMATED),
    ]
    nothing = dict.fromkeys(("total_value_milli", "registered", "static_pe_hundredths"), rows.height)
    nothing |= {"index_price_milli": int(rows["suspended"].sum())}
    shown = [
        (name, unknown, None if grade is None or unknown == nothing.get(name) else grade.value)
        for name, unknown, grade in found
    ]
    return pl.DataFrame(shown, schema=PART_SCHEMA, orient="row")


def _worst(grades: pl.Series) -> Grade | None:
    known = [Grade(one) for one in grades.drop_nulls().unique()]
    return worst(*known) if known else None


def _assumed(known: pl.Series) -> Grade:
    return Grade.OFFICIAL if known.all() else Grade.ESTIMATED


def _notes(rows: pl.DataFrame, capped: Caps) -> Iterator[Text]:
    """Yield what a reader must know, each with its count."""
    warned = int((~rows["listing_known"]).sum())
    if warned:
        yield Text(
            f"{warned} 只证券没有上市状态名单，按未被风险警示处理",
            f"{warned} securities stand on no list of their status; they are taken as not risk-warned.",
        )
    members = rows["index_member"].null_count()
    if members:
        yield Text(
            f"{members} 只证券所在市场没有成份股名单（上证180、深证100、北证50），按其他A股取较低上限",
            f"{members} securities have no list of their market's index (SSE 180, SZSE 100, BSE 50): they have the "
            "lower cap of other A shares.",
        )
    assumed = int((~rows["financing_allowed_said"]).sum())
    if assumed:
        yield Text(
            f"{assumed} 只证券没有当日标的名单，按标的条件推定（缺数据的条件视为满足），实际名单较短",
            f"{assumed} securities stand on no list of underlyings: those that fail no condition are taken as "
            "underlyings, and a condition without its figure as met. The exchange's list was shorter.",
        )
    beyond = _beyond_limits(rows)
    if beyond:
        yield Text(
            f"{beyond} 只证券的价格超出所计算的涨跌停价：可能漏记除权、风险警示或新股",
            f"{beyond} securities have a price beyond the limits reckoned: an ex-date, a warning or a new listing may "
            "be missing.",
        )
    yield from capped.notes


def _beyond_limits(rows: pl.DataFrame) -> int:
    price = pl.col("price_milli")
    beyond = (price > pl.col("high_limit_milli")) | (price < pl.col("low_limit_milli"))
    return rows.filter(beyond.fill_null(value=False)).height
