"""``rongheng brokers``: what brokers publish, side by side: lines, haircuts, classes, and their lists compared."""

from __future__ import annotations

from enum import StrEnum
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rongheng.basics.errors import NotInForceError, UsageError
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.cli.lists import (
    OnOption,
    assigned,
    dated,
    fractions,
    print_listed,
    read_caps,
    session_of,
    tell,
    tell_findings,
)
from rongheng.cli.options import Format, FormatOption, Lang, LangOption, RulesKnownOption, RulesOption, parse_date
from rongheng.cli.output import print_rows, say
from rongheng.cli.verbs import add_group

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    import polars as pl

    from rongheng.market.pools.broker_list import BrokerList
    from rongheng.market.pools.caps import Caps
    from rongheng.market.pools.haircut_ranks import HaircutRanks
    from rongheng.market.pools.list_check import ListCheck
    from rongheng.rulebook import Rulebook

ListsArgument = Annotated[
    list[str],
    typer.Argument(metavar="[BROKER=]FILE…", help="Lists of brokers: CSV or xlsx; without a name, the file's."),
]
DayOption = Annotated[str | None, typer.Option("--on", metavar="DATE", help="The day of the lists; today.")]
_LINES = ("withdrawal", "warning", "call", "liquidation", "emergency", "next_day", "minimum", "unnamed")


class Table(StrEnum):
    """The tables of a comparison."""

    COUNTS = "counts"
    RANKS = "ranks"
    EQUAL = "equal"
    SIZE = "size"


def register(app: typer.Typer) -> None:
    """Give the verbs to the command line."""
    about = "Brokers' published terms and lists side by side: lines, haircuts, classes, compare."
    add_group(
        app, "brokers", {"lines": lines, "haircuts": haircuts, "classes": classes, "compare": compare}, about=about
    )


def lines(
    on: OnOption = None,
    known_at: RulesKnownOption = None,
    own: RulesOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Show the maintenance-ratio lines that brokers have published, with how sure each reading is.

    Example: rongheng brokers lines --on 2025-03-28
    """
    from rongheng.rulebook import Rulebook

    book, session, known = Rulebook.load(*(own or [])), session_of(on), parse_date(known_at, option="--known-at")
    rows = [row for key in book.brokers if (row := _lines_of(book, key, session, known, lang)) is not None]
    labels = {name: part.label for name, part in book.shapes["lines"].schema.terms.items()}
    headings = [
        ("broker", Text("证券公司", "broker"), Unit.TEXT),
        *((name, labels[name], Unit.RATIO) for name in _LINES),
        ("confidence", Text("依据", "how sure"), Unit.TEXT),
        ("document", Text("文件", "document"), Unit.TEXT),
    ]
    print_rows(rows, headings, style=style, lang=lang)


def haircuts(
    lists: ListsArgument,
    on: DayOption = None,
    check: Annotated[bool, typer.Option("--check", help="Name what breaks the exchange's rules instead.")] = False,
    securities: Annotated[
        Path | None, typer.Option(help="Securities with class and status, for the caps.", show_default=False)
    ] = None,
    pe: Annotated[
        Path | None, typer.Option("--pe", help="Static P/E by security and session.", show_default=False)
    ] = None,
    exchange: Annotated[list[Path] | None, typer.Option(help="The exchanges' own lists.", show_default=False)] = None,
    known_at: RulesKnownOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Count the collateral of each broker by haircut, or hold its list against the exchange's rules.

    Examples:

      rongheng brokers haircuts A.csv B.xlsx

      rongheng brokers haircuts A.csv --check --securities securities.csv --exchange collateral.csv --on 2025-03-21
    """
    from rongheng.desk.broker_lists import read_exchange_lists
    from rongheng.market.pools.counts import haircut_tiers
    from rongheng.market.pools.list_check import check_list

    read, notes, session = _read(lists, on)
    if not check:
        headings = [_BROKER, ("haircut", Text("折算率", "haircut"), Unit.FRACTION), *_GROUPS, _TOTAL]
        print_rows(fractions(dated(haircut_tiers(read), session)), headings, style=style, lang=lang)
        tell(notes, lang)
        return
    known, caps = parse_date(known_at, option="--known-at"), None
    if securities is not None:
        caps, _, more = read_caps(securities, pe=pe, session=session, known_at=known)
        notes += more
    listed = None
    if exchange:
        listed, more = read_exchange_lists(exchange)
        notes += more
    checks = [check_list(one, session=session, caps=caps, exchange=listed, known_at=known) for one in read]
    _print_checks(checks, caps, session, style=style, lang=lang)
    tell([*notes, *(note for one in checks for note in one.notes)], lang)


def classes(
    lists: ListsArgument,
    on: DayOption = None,
    by_haircut: Annotated[
        bool, typer.Option("--by-haircut", help="Class by haircut instead, and how far they go together.")
    ] = False,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Count the collateral of each broker by concentration class.

    Example: rongheng brokers classes A.csv B.xlsx --by-haircut
    """
    import polars as pl

    from rongheng.market.pools.class_by_haircut import class_by_haircut
    from rongheng.market.pools.counts import class_counts

    read, notes, session = _read(lists, on)
    kind = ("concentration_class", Text("分类", "class"), Unit.TEXT)
    if by_haircut:
        found = class_by_haircut(read)
        haircut = ("haircut", Text("折算率", "haircut"), Unit.FRACTION)
        count = ("count", Text("只数", "count"), Unit.COUNT)
        rows = fractions(dated(pl.concat(one.rows for one in found), session))
        print_rows(rows, [_BROKER, kind, haircut, count], style=style, lang=lang)
        for one in found:
            tau = one.association
            chance = f"p = {tau.p_value:.3g}" if tau.p_value else "p < 1e-300"  # no chance is zero; a float's may be
            say(f"{one.broker}: tau-b = {tau.tau:.4f}, {chance} (two-sided, n = {tau.count})", None)
    else:
        share = ("share", Text("占比", "share"), Unit.FRACTION)
        rows = dated(class_counts(read), session)
        print_rows(rows, [_BROKER, kind, *_GROUPS, _TOTAL, share], style=style, lang=lang)
    tell(notes, lang)


def compare(
    lists: ListsArgument,
    on: DayOption = None,
    lent: Annotated[
        list[str] | None,
        typer.Option(help="What a broker lends, BROKER=AMOUNT, to ask whether smaller ones are stricter."),
    ] = None,
    table: Annotated[Table | None, typer.Option("--table", help="Only this table; all if left out.")] = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Compare brokers' lists: counts, the order of their haircuts share by share, how often two agree.

    Examples:

      rongheng brokers compare A.csv B.csv C.xlsx

      rongheng brokers compare A.csv B.csv C.csv --lent A=1134 --lent B=851 --lent C=485 --table size
    """
    read, notes, session = _read(lists, on)
    wanted = [table] if table is not None else [one for one in Table if lent or one is not Table.SIZE]
    if style is Format.CSV and len(wanted) > 1:
        raise UsageError("CSV holds one table; say which with --table counts, ranks, equal or size.")
    if Table.SIZE in wanted and not lent:
        raise UsageError("How much does each broker lend? Give --lent BROKER=AMOUNT for each.")
    tables = _compared(read, dict(assigned(lent, option="--lent", example="BROKER=1134", read=_amount)), wanted, lang)
    if style is Format.JSON:
        rows = [{"table": one.value} | row for one in wanted for row in dated(tables[one], session)]
        print_rows(rows, [], style=style, lang=lang)
    else:
        for one in wanted:
            print_listed(dated(tables[one], session), _headings(one, tables[one]), style=style, lang=lang)
    tell(notes, lang)


def _lines_of(book: Rulebook, key: str, session: date, known_at: date | None, lang: Lang) -> dict[str, Any] | None:
    """Return the row of one broker, or ``None`` where no lines of it were known by that day."""
    rule = book.terms_of(key).get("lines")
    if rule is None:
        return None
    try:
        reading = rule.on(session, known_at=known_at)
    except NotInForceError:
        return None
    if reading.is_abolished or reading.is_unpublished:
        return None
    parts = reading.entry.confidence
    doubts = {str(parts[name].label().in_(lang.value)) for name in parts}
    values = {name: None if (bp := reading.terms.get(name)) is None else int(str(bp)) / 10_000 for name in _LINES}
    return {
        "broker": book.broker(key).name.in_(lang.value),
        "broker_id": key,
        **values,
        "confidence": ", ".join(sorted(doubts)),
        "document": reading.citations[0].show().in_(lang.value),
        "rule": rule.id,
        "as_of": reading.entry.effective,
        "grade": "official" if parts["value"].basis == "official" else "derived",
    }


def _read(lists: Sequence[str], on: str | None) -> tuple[list[BrokerList], list[Text], date]:
    from rongheng.desk.broker_lists import read_broker_lists

    session = session_of(on)
    read, notes = read_broker_lists(lists, as_of=session)
    return read, notes, session


def _print_checks(checks: Sequence[ListCheck], caps: Caps | None, session: date, *, style: Format, lang: Lang) -> None:
    import polars as pl

    from rongheng.findings.pools import unclassed_securities

    rows = fractions(dated(pl.concat(one.breaches for one in checks), session))
    print_listed(rows, _BREACHES, style=style, lang=lang)
    if caps is not None:
        tell_findings(unclassed_securities(caps), lang)
    say(f"{len(rows)} breaches in {len(checks)} lists", None)


def _compared(
    lists: Sequence[BrokerList], lent: Mapping[str, float], wanted: Sequence[Table], lang: Lang
) -> dict[Table, pl.DataFrame]:
    """Return the wanted tables, and say what they rest on."""
    from rongheng.market.pools.counts import pool_counts
    from rongheng.market.pools.haircut_ranks import all_equal, equal_haircuts, haircut_ranks
    from rongheng.market.pools.strictness import strictness

    tables = {Table.COUNTS: pool_counts(lists)}
    if set(wanted) == {Table.COUNTS}:
        return tables
    ranks: HaircutRanks = haircut_ranks(lists)
    tables |= {Table.RANKS: ranks.counts, Table.EQUAL: equal_haircuts(ranks)}
    say(f"{ranks.count} shares on all lists; {all_equal(ranks)} have the same haircut on all of them", None)
    if Table.SIZE in wanted:
        test = strictness({broker: ranks.mean_rank(broker) for broker in ranks.brokers}, lent=lent)
        tables[Table.SIZE] = test.rows
        say(test.statement().in_(lang.value), None)
    return tables


def _amount(typed: str) -> float | None:
    try:
        amount = float(typed.replace(",", ""))
    except ValueError:
        return None
    return amount if isfinite(amount) and amount > 0 else None


def _headings(table: Table, rows: pl.DataFrame) -> list[tuple[str, Text, Unit | None]]:
    if table is Table.RANKS:
        brokers = [name for name in rows.columns if name != "rank"]
        return [("rank", Text("排名", "rank"), Unit.TEXT), *((one, Text(one, one), Unit.COUNT) for one in brokers)]
    return list(_COMPARED[table])


_BROKER = ("broker", Text("证券公司", "broker"), Unit.TEXT)
_TOTAL = ("total", Text("合计", "total"), Unit.COUNT)
_GROUPS = (
    ("SSE", Text("沪A", "Shanghai A"), Unit.COUNT),
    ("SZSE", Text("深A", "Shenzhen A"), Unit.COUNT),
    ("BSE", Text("京A", "Beijing A"), Unit.COUNT),
    ("other", Text("其他证券", "other"), Unit.COUNT),
)
_BREACHES = (
    _BROKER,
    ("row", Text("行", "row"), Unit.TEXT),
    ("security", Text("证券代码", "security"), Unit.TEXT),
    ("name", Text("简称", "name"), Unit.TEXT),
    ("breach", Text("不符", "breach"), Unit.TEXT),
    ("why_{lang}", Text("说明", "why"), Unit.TEXT),
    ("rule", Text("规则", "rule"), Unit.TEXT),
)
_COMPARED: dict[Table, tuple[tuple[str, Text, Unit], ...]] = {
    Table.COUNTS: (
        _BROKER,
        ("group", Text("市场", "market"), Unit.TEXT),
        ("financing", Text("融资标的", "financing underlyings"), Unit.COUNT),
        ("short", Text("融券标的", "short underlyings"), Unit.COUNT),
        ("collateral", Text("可充抵保证金证券", "collateral"), Unit.COUNT),
    ),
    Table.EQUAL: (
        ("first", Text("甲", "first"), Unit.TEXT),
        ("second", Text("乙", "second"), Unit.TEXT),
        ("common", Text("共有", "common"), Unit.COUNT),
        ("equal", Text("相同", "equal"), Unit.COUNT),
        ("first_stricter", Text("甲更低", "first lower"), Unit.COUNT),
        ("second_stricter", Text("乙更低", "second lower"), Unit.COUNT),
        ("equal_share", Text("相同占比", "share equal"), Unit.FRACTION),
    ),
    Table.SIZE: (
        _BROKER,
        ("lent", Text("融出资金", "lent"), Unit.POINTS),
        ("mean_rank", Text("平均排名", "mean rank"), Unit.TIMES),
    ),
}
