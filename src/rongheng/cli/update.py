"""``rongheng update``: publishers' new figures into the lake."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from rongheng.basics.errors import DataError, SourceDownError, UsageError
from rongheng.basics.text import Text
from rongheng.cli.options import DEFAULT_LAKE, Format, FormatOption, LakeOption, Lang, LangOption, open_lake, parse_date
from rongheng.cli.output import print_rows, say
from rongheng.cli.progress import progress_bars

if TYPE_CHECKING:
    from pathlib import Path

    from rongheng.desk.missing import Wish
    from rongheng.desk.update import Updated
    from rongheng.market.sources.web import Fetcher

_MANY = 3  # sessions that are named one by one


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("update")(update)


def update(
    lake: LakeOption = DEFAULT_LAKE,
    only: Annotated[
        str | None,
        typer.Option(
            help="Datasets, with commas, such as accounts,balances; `rongheng update --dry-run` names them all."
        ),
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="Fill gaps since that day, instead of three years.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Fill gaps since figures exist. It can be stopped.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Read the answers that are kept once more, without asking anybody.")
    ] = False,
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="Ask each publisher once and compare the shape of its answer with the last one; land nothing.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say how every dataset stands and when more is due; ask nobody.")
    ] = False,
    library: Annotated[
        list[str] | None,
        typer.Option(
            help="A second opinion: akshare, or tushare (TUSHARE_TOKEN), installed beside Rongheng. May be repeated.",
            show_default=False,
        ),
    ] = None,
    proxy: Annotated[
        str | None,
        typer.Option(envvar="RONGHENG_PROXY", help="A proxy, such as http://proxy:3128.", show_default=False),
    ] = None,
    relay: Annotated[
        str | None,
        typer.Option(
            envvar="RONGHENG_RELAY",
            help="Ask this server for URL/HOST/PATH, instead of the publishers themselves.",
            metavar="URL",
            show_default=False,
        ),
    ] = None,
    contact: Annotated[
        str | None,
        typer.Option(
            envvar="RONGHENG_CONTACT", help="An address that publishers may write to; sent along.", show_default=False
        ),
    ] = None,
    style: FormatOption = Format.TABLE,
    lang: LangOption = Lang.ZH,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no notices.")] = False,
) -> None:
    """Ask the publishers for what the lake lacks, and land it.

    It goes on where it stopped. One publisher that fails leaves the others done, and the summary says what is missing,
    how old what there is, and when to come back. Every answer is kept in the lake's folder under raw/.

    Exit codes: 0 when nothing that is due is missing (what is merely awaited is not), 4 when something is, or when
    --live finds another shape, 130 when it is stopped. --dry-run tells, and ends with 0.

    Examples:

      rongheng update

      rongheng update --only accounts,balances --from 2024-01-02
    """
    from rongheng import __version__
    from rongheng.desk import update as desk
    from rongheng.desk.missing import Wish

    if full and first is not None:
        raise UsageError("--from and --full say two things: give the day from which on gaps are filled, or --full.")
    wish = Wish(_names(only), parse_date(first, option="--from"), full, tuple(library or ()))
    wish.datasets()  # an unknown name is said before anything is made
    store = open_lake(lake, create=not dry_run)
    raw, now = desk.raw_store(store), desk.SystemClock().now()
    if dry_run:
        standing = list(desk.outlook(store, raw=raw, now=now, wish=wish))
        for one in standing:
            _talk(one, lang=lang, quiet=quiet)
        _print_summary(standing, style=style, lang=lang)
        return
    agent = f"rongheng/{__version__} ({contact or 'margin trading statistics'})"
    if live:
        with desk.open_client(user_agent=agent, proxy=proxy, relay=relay) as client:
            asked = desk.with_libraries(client, wish.libraries)
            _compare_shapes(asked, raw.folder, wish=wish, style=style, lang=lang)
        return
    done: list[Updated] = []
    with (
        _stoppable(lang),
        progress_bars(quiet=quiet) as report,
        desk.open_client(user_agent=agent, proxy=proxy, relay=relay) as client,
    ):
        if again:
            runs = desk.reparse(store, raw=raw, now=now, wish=wish, progress=report, processes=desk.reading_processes())
        else:
            asked = desk.with_libraries(client, wish.libraries)
            runs = desk.update(store, client=asked, raw=raw, now=now, wish=wish, progress=report)
        for one in runs:
            done.append(one)
            _talk(one, lang=lang, quiet=quiet)
        warning = desk.clock_note(client)
    if warning is not None:
        say(warning.in_(lang.value))
    _print_summary(done, style=style, lang=lang)
    _fail_if_any([one for one in done if one.failed or (one.missing and not again)], of=done, lang=lang)


@contextmanager
def _stoppable(lang: Lang) -> Iterator[None]:
    """Say what becomes of an update that is stopped at the keyboard."""
    try:
        yield
    except KeyboardInterrupt:
        said = Text(
            "已停止。入库的数据完整保留；再次运行同一命令，即从停下处继续。",
            "stopped. What has landed stays, and nothing is half there; the same command goes on where it stopped.",
        )
        say(said.in_(lang.value))
        raise


def _compare_shapes(client: Fetcher, folder: Path, *, wish: Wish, style: Format, lang: Lang) -> None:
    from rongheng.basics.units import Unit
    from rongheng.desk.shapes import compare_shapes
    from rongheng.desk.update import SystemClock

    seen = list(compare_shapes(client=client, folder=folder, now=SystemClock().now(), wish=wish))
    for one in seen:
        if one.trouble is not None:
            say(f"{one.dataset}: {one.trouble.text.in_(lang.value)}")
        for sign, lines in (("-", one.gone), ("+", one.new)):
            for line in lines:
                say(f"  {one.source}: {sign} {line}", None)
    rows = [
        {
            "dataset": one.dataset,
            "source": one.source,
            "state": one.state.in_(lang.value),
            "hash": one.hash,
            "gone": len(one.gone),
            "new": len(one.new),
        }
        for one in seen
    ]
    headings = [
        ("dataset", Text("名称", "name"), Unit.TEXT),
        ("source", Text("来源", "source"), Unit.TEXT),
        ("state", Text("格式", "shape"), Unit.TEXT),
        ("hash", Text("指纹", "hash"), Unit.TEXT),
        ("gone", Text("缺", "gone"), Unit.COUNT),
        ("new", Text("增", "new"), Unit.COUNT),
    ]
    print_rows(rows, headings, style=style, lang=lang)
    if any(one.changed for one in seen):
        raise typer.Exit(DataError.exit_code)


def _names(only: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in (only or "").split(",") if name.strip()))


def _talk(one: Updated, *, lang: Lang, quiet: bool) -> None:
    for trouble in one.troubles:
        say(f"{one.dataset.name}: {trouble.text.in_(lang.value)}")
    if quiet:
        return
    for note in one.notes:
        say(f"  {one.dataset.name}: {note.in_(lang.value)}", None)
    for text, files in _noticed(one, lang):
        more = {Lang.ZH: f"（另有 {len(files) - 1} 份同此）", Lang.EN: f" (and {len(files) - 1} more like it)"}[lang]
        say(f"  {files[0]}: {text}{more if len(files) > 1 else ''}", None)


def _noticed(one: Updated, lang: Lang) -> Iterator[tuple[str, list[str]]]:
    """Yield what there is to say of the answers that are new, and of which: what holds of many is said once."""
    files: dict[str, list[str]] = {}
    for file, notice in one.notices:
        files.setdefault(notice.text.in_(lang.value), []).append(file)
    yield from files.items()


def _print_summary(done: list[Updated], *, style: Format, lang: Lang) -> None:
    from rongheng.basics.units import Unit

    headings = [
        ("dataset", Text("名称", "name"), Unit.TEXT),
        ("label", Text("数据", "dataset"), Unit.TEXT),
        ("state", Text("状态", "state"), Unit.TEXT),
        ("asked", Text("请求", "questions"), Unit.COUNT),
        ("new", Text("新增", "new"), Unit.COUNT),
        ("completed", Text("补全", "completed"), Unit.COUNT),
        ("changed", Text("更正", "changed"), Unit.COUNT),
        ("quarantined", Text("隔离", "set aside"), Unit.COUNT),
        ("newest", Text("最新交易日", "newest session"), Unit.DATE),
        ("age_sessions", Text("落后交易日", "sessions behind"), Unit.COUNT),
        ("missing", Text("缺", "missing"), Unit.TEXT),
        ("come_back", Text("何时再来", "come back"), Unit.TEXT),
    ]
    rows = [
        {
            "dataset": one.dataset.name,
            "label": one.dataset.label.in_(lang.value),
            "state": one.state.in_(lang.value),
            "asked": one.asked,
            **{
                outcome: sum(getattr(landed, outcome) for landed in one.landed)
                for outcome in ("new", "completed", "changed", "same", "outranked", "quarantined")
            },
            "newest": one.newest,
            "age_sessions": one.age_sessions,
            "missing": _named(one),
            "missing_count": len(one.missing),
            "come_back": f"{one.come_back:%Y-%m-%d %H:%M}" if one.come_back is not None else None,
        }
        for one in done
    ]
    print_rows(rows, headings, style=style, lang=lang)


def _named(one: Updated) -> str:
    days = [*map(str, one.missing[-_MANY:])]
    more = len(one.missing) - len(days)
    return ", ".join(days) + (f" (+{more})" if more else "")


def _fail_if_any(late: list[Updated], *, of: list[Updated], lang: Lang) -> None:
    """End with the code of data where something that is due is missing; what is merely awaited is no failure."""
    if not late:
        return
    if _nobody_answered(of):
        what = Text(
            "所有发布方都无法连接。已入库的数据照常可用：rongheng status、rongheng note、rongheng show；"
            "也可导入文件：rongheng import FILE。",
            "no publisher could be reached. What the lake holds can still be used: rongheng status, rongheng note, "
            "rongheng show; files can be imported: rongheng import FILE.",
        )
    else:
        what = Text(
            f"{len(of)} 项数据中有 {len(late)} 项缺少应已公布的内容，其余均已入库。",
            f"{len(late)} of {len(of)} datasets lack something that is due; the others are in the lake.",
        )
    say(what.in_(lang.value))
    raise typer.Exit(DataError.exit_code)


def _nobody_answered(done: list[Updated]) -> bool:
    """Say whether every question that was asked met a publisher who could not be reached."""
    troubles = [trouble for one in done for trouble in one.troubles]
    is_down = all(isinstance(trouble.error, SourceDownError) for trouble in troubles)
    return bool(troubles) and is_down and len(troubles) == sum(one.asked for one in done)
