"""``rongheng day``: one session of the market, from the lake, as a folder that books are marked with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rongheng.basics.errors import UsageError
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.cli.options import (
    DEFAULT_LAKE,
    Format,
    FormatOption,
    KnownAtOption,
    LakeOption,
    Lang,
    LangOption,
    open_lake,
    parse_date,
    parse_moment,
)
from rongheng.cli.output import print_rows, say

if TYPE_CHECKING:
    from rongheng.cli.table import Heading
    from rongheng.market.series.day import MadeDay

_COUNTS = {
    "securities": Text("证券", "securities"),
    "suspended": Text("停牌", "suspended"),
    "at_high_limit": Text("涨停", "at upper limit"),
    "at_low_limit": Text("跌停", "at lower limit"),
    "without_limit": Text("无涨跌停价", "without limits"),
    "financing": Text("可融资", "may be financed"),
    "short": Text("可融券", "may be sold short"),
    "collateral": Text("可充抵", "collateral"),
}


def register(app: typer.Typer) -> None:
    """Give the verbs to the command line."""
    day = typer.Typer(
        name="day",
        help="One session of the market (某日行情), from the lake, for marking books.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    day.callback()(_group)
    day.command("make")(make)
    day.command("traits")(traits)
    app.add_typer(day)


def _group() -> None:
    pass


def make(
    session: Annotated[str, typer.Option("--session", metavar="DATE", help="The session, such as 2024-02-05.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder for the day.")],
    lake: LakeOption = DEFAULT_LAKE,
    known_at: KnownAtOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Make a market day from the lake: prices, limits, status, caps, lists and sizes of every security.

    What the lake does not know stays empty and is counted; what is assumed instead is said and graded. summary.json in
    the folder keeps both.

    Example: rongheng day make --session 2024-02-05 --out day
    """
    from rongheng.desk.market_day import write_market_day

    when = parse_date(session, option="--session")
    assert when is not None, "the option is required"
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file; give a folder.")
    made = write_market_day(open_lake(lake), when, out, known_at=parse_moment(known_at, option="--known-at"))
    _print(made, style=style, lang=lang)
    _talk(made, lang=lang)
    say(f"{out.resolve()}", None)


def traits(
    session: Annotated[str, typer.Option("--session", metavar="DATE", help="The session, such as 2024-02-05.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file: CSV, or Parquet.")],
    scenario: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Scenarios whose spans of history are looked up too.", show_default=False),
    ] = None,
    lake: LakeOption = DEFAULT_LAKE,
    known_at: KnownAtOption = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
) -> None:
    """Make the traits that stress scenarios use: betas of a year of bars, and what each security did in past falls.

    Add a column "industry" of your own, and give the file to rongheng stress and rongheng close with --traits.

    Example: rongheng day traits --session 2026-03-06 --out traits.csv
    """
    from rongheng.desk.traits import make_traits, write_traits

    when = parse_date(session, option="--session")
    assert when is not None, "the option is required"
    moment = parse_moment(known_at, option="--known-at")
    made = make_traits(open_lake(lake), when, scenarios=scenario or (), known_at=moment)
    write_traits(made, out)
    rows = [{"column": name, "securities": count, "as_of": when} for name, count in made.known.items()]
    headings = [
        ("column", Text("列", "column"), Unit.TEXT),
        ("securities", Text("已知证券", "securities known"), Unit.COUNT),
    ]
    print_rows(rows, headings, style=style, lang=lang)
    say(f"{out.resolve()}", None)


def _print(made: MadeDay, *, style: Format, lang: Lang) -> None:
    from rongheng.market.series.day import by_board

    day = made.day
    boards: list[dict[str, Any]] = [
        {"session": day.session, "grade": day.grade.value, **row} for row in by_board(day).to_dicts()
    ]
    columns = [{"session": day.session, **row} for row in made.parts.to_dicts()]
    of_boards: list[Heading] = [("board", Text("板块", "board"), Unit.TEXT)]
    of_boards += [(name, label, Unit.COUNT) for name, label in _COUNTS.items()]
    of_columns: list[Heading] = [
        ("column", Text("列", "column"), Unit.TEXT),
        ("unknown", Text("未知", "unknown"), Unit.COUNT),
        ("grade", Text("级别", "grade"), Unit.TEXT),
    ]
    if style is Format.TABLE:
        title = Text(f"{day.session} 行情（{day.grade.value}）", f"Market of {day.session} ({day.grade.value})")
        print_rows(boards, of_boards, style=style, lang=lang, title=title.in_(lang.value))
        print_rows(columns, of_columns, style=style, lang=lang, title=Text("未知与级别", "unknown").in_(lang.value))
    else:
        print_rows([*boards, *columns], [*of_boards, *of_columns], style=style, lang=lang)


def _talk(made: MadeDay, *, lang: Lang) -> None:
    for note in made.notes:
        say(note.in_(lang.value), None)
    if made.carried:
        text = Text(
            f"{made.carried} 只证券当日没有行情，沿用此前最后价格",
            f"{made.carried} securities have no bar of the session; their last price is carried",
        )
        say(text.in_(lang.value), None)
