"""``rongheng pools``: which securities qualify, in which order, what changed, at which cap, and what is stopped."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rongheng.basics.errors import UsageError
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
from rongheng.cli.options import Format, FormatOption, Lang, LangOption, RulesKnownOption, parse_date
from rongheng.cli.output import say
from rongheng.cli.verbs import add_group

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

SecuritiesArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="Securities with their figures: CSV or xlsx.", show_default=False)
]


class Side(StrEnum):
    """Which underlyings are meant."""

    FINANCING = "financing"
    SHORT = "short"


def register(app: typer.Typer) -> None:
    """Give the verbs to the command line."""
    about = "Underlyings and collateral by the exchanges' rules: screen, rank, diff, caps, stops."
    verbs = {"screen": screen, "rank": rank, "diff": diff, "caps": caps, "stops": stops}
    add_group(app, "pools", verbs, about=about)


def screen(
    file: SecuritiesArgument,
    on: OnOption = None,
    known_at: RulesKnownOption = None,
    side: Annotated[Side | None, typer.Option("--side", help="Only this side; both if left out.")] = None,
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="CODE", help="Every condition of one security, with its rule.")
    ] = None,
    conditions: Annotated[bool, typer.Option("--conditions", help="Every condition of every security.")] = False,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Say which securities qualify as underlyings on a session; a missing figure is unknown, and does not qualify.

    Examples:

      rongheng pools screen securities.csv --on 2025-03-21

      rongheng pools screen securities.csv --on 2025-03-21 --explain 600000.SH
    """
    import polars as pl

    from rongheng.desk.pool_files import read_pool_file
    from rongheng.market.pools import screening
    from rongheng.market.pools.tables import SECURITIES

    session, known = session_of(on), parse_date(known_at, option="--known-at")
    read = read_pool_file(file, SECURITIES)
    found = screening.screen(read.rows, session=session, known_at=known, where=read.where)
    named = {row["condition"]: row[f"label_{lang.value}"] for row in found.conditions.iter_rows(named=True)}
    rows = found.conditions if conditions or explain is not None else found.verdicts
    if style is Format.TABLE and rows is found.verdicts:
        rows = rows.with_columns(_labelled(column, named, lang) for column in ("failed", "unknown"))
    if side is not None:
        rows = rows.filter(pl.col("side") == side.value)
    if explain is not None:
        rows = rows.filter(pl.col("security") == explain)
        if rows.is_empty():
            raise UsageError(f"{explain} is not in {read.where}; give a code of the file, such as 600000.SH.")
    headings = _CONDITIONS if conditions or explain is not None else _VERDICTS
    print_listed(dated(rows, session), headings, style=style, lang=lang)
    for one in screening.SIDES:
        own = found.verdicts.filter(pl.col("side") == one)
        unknown = own.filter((pl.col("failed") == "") & (pl.col("unknown") != "")).height
        say(f"{one}: {own['qualifies'].sum()} of {own.height} qualify, {unknown} unknown for want of figures", None)
    tell([*read.notes, *found.notes], lang)


def rank(
    file: SecuritiesArgument,
    on: OnOption = None,
    known_at: RulesKnownOption = None,
    places: Annotated[
        list[str] | None,
        typer.Option(help="How many places an exchange's list has, SSE=1000: then say who comes and who goes."),
    ] = None,
    screened: Annotated[
        bool, typer.Option("--screened", help="Only what qualifies as a financing underlying may have a place.")
    ] = False,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Order the shares of each exchange for a regular adjustment, existing underlyings first.

    The means of the market are taken over all shares of the file, so it must hold all of them.

    Example: rongheng pools rank securities.csv --on 2025-04-10 --places SSE=1000 --places SZSE=1200
    """
    from rongheng.desk.pool_files import read_pool_file
    from rongheng.market.pools import ranking, screening
    from rongheng.market.pools.adjustment import regular_adjustment
    from rongheng.market.pools.tables import SECURITIES

    session, known = session_of(on), parse_date(known_at, option="--known-at")
    read = read_pool_file(file, SECURITIES)
    verdicts = screening.screen(read.rows, session=session, known_at=known, where=read.where) if screened else None
    candidates = None if verdicts is None else verdicts.qualifying("financing")
    found = ranking.rank(read.rows, session=session, candidates=candidates, known_at=known, where=read.where)
    if places:
        rows = regular_adjustment(found, places=_places(places), screening=verdicts)
        print_listed(dated(rows, session), _CHANGES, style=style, lang=lang)
    else:
        print_listed(dated(found.rows, session), _RANKS, style=style, lang=lang)
    tell([*read.notes, *found.notes], lang)


def diff(
    before: Annotated[Path, typer.Argument(help="An exchange's list: CSV or xlsx.", show_default=False)],
    after: Annotated[Path, typer.Argument(help="A later one.", show_default=False)],
    securities: Annotated[
        Path | None, typer.Option(help="Securities with their figures, to say why.", show_default=False)
    ] = None,
    on: OnOption = None,
    known_at: RulesKnownOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Say what came on an exchange's list and what left it, and why, as far as the figures tell.

    Example: rongheng pools diff list-0320.csv list-0321.csv --securities securities.csv --on 2025-03-21
    """
    from rongheng.desk.broker_lists import read_exchange_lists
    from rongheng.desk.pool_files import read_pool_file
    from rongheng.market.pools.adjustment import difference, reasons
    from rongheng.market.pools.tables import SECURITIES

    session, known = session_of(on), parse_date(known_at, option="--known-at")
    old, first_notes = read_exchange_lists([before])
    new, second_notes = read_exchange_lists([after])
    why = None
    if securities is not None:
        read = read_pool_file(securities, SECURITIES)
        why = reasons(read.rows, session=session, known_at=known, where=read.where)
    rows = difference(old, new, reasons=why, where=(before.name, after.name), on=session)
    print_listed(dated(rows, session), _CHANGES, style=style, lang=lang)
    tell([*first_notes, *second_notes], lang)


def caps(
    file: SecuritiesArgument,
    pe: Annotated[
        Path | None, typer.Option("--pe", help="Static P/E by security and session.", show_default=False)
    ] = None,
    on: OnOption = None,
    known_at: RulesKnownOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Return the exchange's cap on the haircut of each security; one in no class has 0, and is named.

    The static P/E (last annual report) is an input; the one over twelve months (TTM) is another number.

    Example: rongheng pools caps securities.csv --pe static-pe.csv --on 2025-03-21
    """
    from rongheng.findings.pools import unclassed_securities

    session, known = session_of(on), parse_date(known_at, option="--known-at")
    found, where, notes = read_caps(file, pe=pe, session=session, known_at=known)
    print_listed(fractions(dated(found.rows, session)), _CAPS, style=style, lang=lang)
    if found.pe_tested_on is not None:
        say(f"static P/E tested on {found.pe_tested_on}", None)
    tell_findings(unclassed_securities(found), lang)
    for row in found.problems.filter(problem="static_pe_unknown").iter_rows(named=True):
        say(f"{where}, row {row['row']}: {row['security']}: {row[f'reason_{lang.value}']}", None)
    tell(notes, lang)


def stops(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Balances, holdings and float caps by security and session: CSV or xlsx.",
            show_default=False,
        ),
    ],
    stopped: Annotated[
        list[str] | None, typer.Option(help="Stopped before the first session: 600000.SH=financing.")
    ] = None,
    events: Annotated[bool, typer.Option("--events", help="Only the sessions whose close changes something.")] = False,
    known_at: RulesKnownOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Follow the market-wide stops of financed buys and short sales of each security over its sessions.

    Example: rongheng pools stops monitor.csv --events
    """
    import polars as pl

    from rongheng.desk.pool_files import read_pool_file
    from rongheng.market.pools.stops import market_stops
    from rongheng.market.pools.tables import MONITOR

    read = read_pool_file(file, MONITOR)
    before = assigned(
        stopped, option="--stopped", example="600000.SH=financing", read=lambda one: one if one in list(Side) else None
    )
    known = parse_date(known_at, option="--known-at")
    found = market_stops(read.rows, stopped=before, known_at=known, where=read.where)
    rows = found.rows.filter(pl.col("event").is_not_null()) if events else found.rows
    records = [row | {"as_of": row["session"], "grade": "derived"} for row in rows.iter_rows(named=True)]
    print_listed(records, _STOPS, style=style, lang=lang)
    tell([*read.notes, *found.notes], lang)


def _labelled(column: str, labels: Mapping[str, str], lang: Lang) -> pl.Expr:
    """Return keys of conditions, parted by commas, as the conditions are called."""
    import polars as pl

    keys = pl.col(column).str.split(", ").list.eval(pl.element().replace(labels))
    return keys.list.join(Text("；", "; ").in_(lang.value)).alias(column)


def _places(words: Sequence[str]) -> dict[str, int]:
    read = assigned(words, option="--places", example="SSE=1000", read=lambda n: int(n) if n.isdecimal() else None)
    unknown = [market for market, _ in read if market not in ("SSE", "SZSE", "BSE")]
    if unknown:
        raise UsageError(f"--places names the exchange {unknown[0]!r}; expected SSE, SZSE or BSE, such as SSE=1000.")
    return dict(read)


_SECURITY = ("security", Text("证券代码", "security"), Unit.TEXT)
_NAME = ("name", Text("简称", "name"), Unit.TEXT)
_RULE = ("rule", Text("规则", "rule"), Unit.TEXT)
_VERDICTS = (
    _SECURITY,
    _NAME,
    ("kind", Text("类别", "kind"), Unit.TEXT),
    ("board", Text("板块", "board"), Unit.TEXT),
    ("side", Text("方向", "side"), Unit.TEXT),
    ("route", Text("适用", "by"), Unit.TEXT),
    ("qualifies", Text("符合", "qualifies"), Unit.TEXT),
    ("failed", Text("未满足", "failed"), Unit.TEXT),
    ("unknown", Text("缺数据", "unknown"), Unit.TEXT),
)
_CONDITIONS = (
    _SECURITY,
    ("side", Text("方向", "side"), Unit.TEXT),
    ("label_{lang}", Text("条件", "condition"), Unit.TEXT),
    ("outcome", Text("结果", "outcome"), Unit.TEXT),
    ("value", Text("数值", "value"), Unit.TEXT),
    ("threshold_{lang}", Text("要求", "asked"), Unit.TEXT),
    _RULE,
    ("document_{lang}", Text("文件", "document"), Unit.TEXT),
)
_RANKS = (
    ("exchange", Text("交易所", "exchange"), Unit.TEXT),
    ("place", Text("位次", "place"), Unit.TEXT),
    _SECURITY,
    _NAME,
    ("is_underlying", Text("现为标的", "underlying now"), Unit.TEXT),
    ("score", Text("加权指标", "score"), Unit.TIMES),
    ("rank", Text("指标排名", "rank by score"), Unit.TEXT),
    ("mean_float_cap", Text("日均流通市值", "mean float cap"), Unit.YUAN),
    ("mean_amount", Text("日均成交金额", "mean amount"), Unit.YUAN),
)
_CHANGES = (
    _SECURITY,
    _NAME,
    ("list", Text("名单", "list"), Unit.TEXT),
    ("change", Text("变动", "change"), Unit.TEXT),
    ("why_{lang}", Text("原因", "why"), Unit.TEXT),
    _RULE,
)
_CAPS = (
    _SECURITY,
    _NAME,
    ("security_class", Text("类别", "class"), Unit.TEXT),
    ("haircut_cap", Text("折算率上限", "haircut cap"), Unit.FRACTION),
    ("static_pe", Text("静态市盈率", "static P/E"), Unit.TIMES),
    _RULE,
    ("document_{lang}", Text("文件", "document"), Unit.TEXT),
)
_STOPS = (
    ("session", Text("交易日", "session"), Unit.DATE),
    _SECURITY,
    ("side", Text("方向", "side"), Unit.TEXT),
    ("ratio", Text("监控指标", "monitoring ratio"), Unit.FRACTION),
    ("stopped", Text("暂停中", "stopped"), Unit.TEXT),
    ("event", Text("收市后", "at the close"), Unit.TEXT),
    ("works_from", Text("生效", "works from"), Unit.DATE),
    _RULE,
)
