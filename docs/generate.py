"""Write the reference pages from the code, or with ``--check`` say which of them are stale.

Each page is a function that returns Markdown; ``PAGES`` says which file it fills. A page that needs hands is not here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files
from pathlib import Path

import polars as pl
import typer
import yaml
from typer.core import TyperCommand, TyperGroup

from rongheng.basics import errors
from rongheng.basics.account_tables import ACCOUNT_TABLES, MARKS, PROBLEMS, AccountTable, Field
from rongheng.basics.ids import indices
from rongheng.basics.tables import AUDIT_SCHEMA, TABLES
from rongheng.basics.text import Text
from rongheng.market.derivatives.snowball.files import TERMS
from rongheng.market.derivatives.snowball.table import SNOWBALLS
from rongheng.market.series import registry
from rongheng.market.sources.libraries import Call, calls_of
from rongheng.market.sources.web import Feed, datasets
from rongheng.rulebook import Rule, Rulebook
from rongheng.rulebook.rows import EntryRow, card, timeline_rows

REFERENCE = Path(__file__).parent / "reference"
HEAD = "<!-- Written by docs/generate.py. Change the code, then `make docs`. -->\n\n"


def tables() -> str:
    """The canonical tables."""
    parts = ["# Tables of the lake\n"]
    for table in TABLES.values():
        publication = table.publication
        when = f"{publication.sessions_later} session(s) later, {publication.clock:%H:%M} Shanghai time"
        parts.append(
            f"## `{table.name}` {table.label.zh} · {table.label.en}\n\n"
            f"One row for each {', '.join(f'`{name}`' for name in table.identity)}. Known {when}: "
            f"{publication.reference}.\n\n| column | unit | 中文 | meaning | bounds |\n|---|---|---|---|---|"
        )
        for column in table.columns:
            bounds = "" if column.highest is None else f"{column.lowest:g} … {column.highest:g}"
            parts.append(f"| `{column.name}` | {column.unit} | {column.label.zh} | {column.label.en} | {bounds} |")
        parts.append("")
    parts.append("## Beside every fact\n\n| column | type |\n|---|---|")
    parts += [f"| `{name}` | {dtype} |" for name, dtype in AUDIT_SCHEMA.items()]
    return "\n".join(parts) + "\n"


def account_tables() -> str:
    """The tables of a book, of a market day and of marks."""
    parts = [
        "# Tables of the account half\n\nMoney is whole milli-yuan, ratios are whole basis points, rates whole parts "
        "per million: the unit stands last in the name. The last column says what an input without the column means.\n"
    ]
    for table in ACCOUNT_TABLES.values():
        parts += _account_table(table)
    return "\n".join(parts)


def snowballs() -> str:
    """The table of snowball contracts, and the words of a YAML file that stand for its columns."""
    parts = [
        "# Snowball contracts\n\nA file of `rongheng snowball`: CSV and Parquet have these columns, YAML has the keys "
        "below. Levels and floors are whole basis points of the initial level or of the notional, coupons parts per "
        "million a year.\n"
    ]
    parts += _account_table(SNOWBALLS)
    parts.append("## Keys of a YAML file\n\n| key | column |\n|---|---|")
    parts += [f"| `{key}` | `{column}` |" for key, (column, _) in TERMS.items()]
    return "\n".join([*parts, "| `observations` | `observations`, as a list of dates |", ""])


def _account_table(table: AccountTable) -> list[str]:
    key = f" Key: {', '.join(f'`{name}`' for name in table.key)}." if table.key else ""
    parts = [f"## `{table.name}` {table.label.zh} · {table.label.en}\n"]
    if key:
        parts.append(f"{key.strip()}\n")
    parts.append("| column | type | 中文 | meaning | without it |\n|---|---|---|---|---|")
    parts += [
        f"| `{field.name}` | {_type(field)} | {field.label.zh} | {field.label.en} | {_lack(field, table)} |"
        for field in table.fields
    ]
    return [*parts, ""]


def _type(field: Field) -> str:
    if isinstance(field.dtype, pl.Enum):
        return ", ".join(f"`{word}`" for word in field.dtype.categories)
    names = {pl.String(): "text", pl.Int64(): "whole number", pl.Float64(): "number", pl.Date(): "date"}
    return (names | {pl.Boolean(): "true or false"})[field.dtype]


def _lack(field: Field, table: AccountTable) -> str:
    if field.is_required:
        return "—" if table in (MARKS, PROBLEMS) else "refused"
    return "null" if field.default is None else f"`{field.default}`" if field.default != "" else "empty"


def indicators() -> str:
    """Every indicator with its formula, source and known problems."""
    parts = ["# Indicators\n\nEach is `rongheng show NAME`, and `rh.read(NAME, panel)` from Python.\n"]
    for one in registry().values():
        problems = "\n".join(f"- {problem.en}\n  {problem.zh}" for problem in one.problems)
        parts.append(
            f"## `{one.name}` {one.label.zh} · {one.label.en}\n\n{one.meaning.en}\n\n{one.meaning.zh}\n\n"
            f"**Formula.** {one.formula}\n\n**Source.** {one.source}\n\n**Known problems.**\n\n{problems}\n\n"
            f"**Needs.** {', '.join(f'`{name}`' for name in one.needs) or 'nothing in particular'}\n"
        )
        if one.option_help:
            parts.append("**Options.**\n")
            parts += [f"- `--{name.replace('_', '-')}`: {text.en} {text.zh}" for name, text in one.option_help.items()]
            parts.append("")
        parts.append("| figure | unit | 中文 | meaning | |\n|---|---|---|---|---|")
        for figure in one.figures:
            kind = "as published" if figure.published else "computed"
            parts.append(f"| `{figure.name}` | {figure.unit} | {figure.label.zh} | {figure.label.en} | {kind} |")
        parts.append("")
    return "\n".join(parts)


def error_page() -> str:
    """The tree of errors and their exit codes."""
    parts = ["# Errors\n", "| error | exit code | what it means |", "|---|---|---|"]
    known = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.RonghengError)]
    parts += [
        f"| `{one.__name__}` | {one.exit_code} | {(one.__doc__ or '').strip().splitlines()[0]} |" for one in known
    ]
    parts.append(
        "\nA partly failed import of several files exits with the gravest code; the other files are in the lake."
    )
    return "\n".join(parts) + "\n"


def commands() -> str:
    """The help of every command, as the command line prints it."""
    from rongheng.cli.app import app
    from rongheng.cli.show import indicator_commands

    parts = ["# Commands\n"]
    parts += _helps(_group(app), ("rongheng",))
    parts += _helps(_group(indicator_commands()), ("rongheng", "show"))
    return "\n".join(parts)


def _group(app: typer.Typer) -> TyperGroup:
    command = typer.main.get_command(app)
    assert isinstance(command, TyperGroup)
    return command


def _helps(command: TyperCommand | TyperGroup, path: tuple[str, ...]) -> list[str]:
    context = typer.Context(command, info_name=" ".join(path), max_content_width=100, terminal_width=100)
    parts = []
    if path != ("rongheng", "show") or isinstance(command, TyperGroup):
        text = re.sub(r"[ \t]+$", "", command.get_help(context), flags=re.MULTILINE)
        parts.append(f"## `{' '.join(path)}`\n\n```text\n{text}\n```\n")
    if isinstance(command, TyperGroup):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert isinstance(child, TyperCommand | TyperGroup)
            parts += _helps(child, (*path, name))
    return parts


def glossary() -> str:
    """One word per idea, in both languages."""
    text = files("rongheng.basics").joinpath("glossary.yaml").read_text(encoding="utf-8")
    rows = [f"| {entry['en']} | {entry['zh']} | {entry['meaning']} |" for entry in yaml.safe_load(text)]
    return "\n".join(["# Glossary 术语\n", "| word | 中文 | meaning |", "|---|---|---|", *rows]) + "\n"


def index_page() -> str:
    """The indices that are known by name."""
    rows = [
        f"| `{one.key}` | {one.code} | {one.label.zh} | {one.label.en} | {', '.join(one.spellings)} |"
        for one in indices().values()
    ]
    return (
        "\n".join(["# Indices\n", "| key | code | 中文 | English | also written |", "|---|---|---|---|---|", *rows])
        + "\n"
    )


def sources() -> str:
    """Who is asked for each dataset, who stands in, and what is compared."""
    intro = (
        "# Sources\n\n`rongheng update` asks the first for what the lake lacks, and the next for what did not come. "
        "What came is compared with theirs for the newest session, and what differs is told with both figures. Open "
        "libraries are asked where `--library` names them, and are compared too. In code font stands the name under "
        "which answers are kept.\n\n"
        "A call of a library that has not come back after two minutes is left alone, and what it prints is not shown. "
        "AKShare names many columns by their position: what nothing tells apart there is left out, and the rest is "
        "held against the session before. Tushare's client sends its token over plain `http`; use one that opens "
        "nothing else. `make libraries` calls both, with everything that they ask answered on this machine.\n"
    )
    head = "| dataset | first | stands in | compared | open libraries | what nobody else says |"
    rows = [
        " | ".join(
            (
                f"| `{name}` {_cell(one.label)}",
                _feeds(one.first),
                _feeds(one.others),
                _feeds([feed for feed in one.others if feed.compares]),
                _named(dict.fromkeys(map(_function, calls_of(one)))),
                f"{_cell(one.alone)} |",
            )
        )
        for name, one in datasets().items()
    ]
    return "\n".join([intro, head, "|---|---|---|---|---|---|", *rows]) + "\n"


def _function(call: Call) -> str:
    """Return the name of a library's function, and whether it is compared and no more."""
    return f"`{call.library}.{call.function}`{'' if call.stands_in else ' 仅核对 · compared only'}"


def _feeds(feeds: Sequence[Feed]) -> str:
    """Return the publishers of feeds, each once, with the name of what is asked."""
    known = [feed.source.describe() for feed in feeds]
    return _named(dict.fromkeys(f"{_cell(one.publisher)} `{one.id}`" for one in known))


def _named(names: Iterable[str]) -> str:
    return "<br>".join(names) or "—"


def rule_index(book: Rulebook) -> str:
    """Every rule with its name and its page, by who made it."""
    rows = [f"| [`{id_}`]({id_}.md) | {rule.name.zh} | {rule.name.en} |" for id_, rule in sorted(book.rules.items())]
    intro = "# Rules\n\nWhat the documents say, one page a rule. `rongheng rules ID --timeline` prints the same.\n"
    return "\n".join([intro, "| rule | 中文 | name |", "|---|---|---|", *rows]) + "\n"


def rule_page(rule: Rule) -> str:
    """One rule: what it is, and every entry of its timeline with document and confidence."""
    about = card(rule)
    facts = [about.unit, about.binds.en, " ".join(about.markets)]
    if about.direction is not None:
        facts.append(about.direction.en)
    head = f"# `{about.id}`\n\n{about.name.zh} · {about.name.en}\n\n{about.meaning.zh}\n\n{about.meaning.en}\n"
    return "\n".join([head, "; ".join(facts) + ".\n", *[_entry(entry) for entry in timeline_rows(rule)]])


def _entry(entry: EntryRow) -> str:
    lines = [f"## {entry.start.en} ({' '.join(entry.markets)})\n", *_value(entry), ""]
    lines += [f"- {one.name.en} {one.name.zh}: {one.value.en}" for one in entry.exceptions]
    if entry.announced is not None:
        lines.append(f"- announced {entry.announced}, first session {entry.first_session}")
    if entry.existing is not None:
        lines.append(f"- existing contracts: {entry.existing.en}")
    if entry.note is not None:
        lines.append(f"- {entry.note.en} {entry.note.zh}")
    lines += [f"- {citation.en}" for citation in entry.citations]
    lines += [f"- <{url}>" for url in entry.urls]
    lines += [f"- how sure: {part}: {confidence.label().en}" for part, confidence in entry.confidence]
    return "\n".join(lines) + "\n"


def _value(entry: EntryRow) -> list[str]:
    """Return the value in both languages: a table as such, several terms as a list."""
    if entry.cells:
        head = [_cell(label) for _, label in entry.columns]
        rows = [[_cell(row.get(name)) for name, _ in entry.columns] for row in entry.cells]
        return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
    if len(entry.parts) > 1:
        return [*(f"- {_cell(part)}" for part in entry.parts), "", "Said by:"]
    return [_both(entry.value).rstrip()]


def _both(text: Text) -> str:
    return f"{text.en}\n" if text.zh == text.en else f"{text.zh}\n\n{text.en}\n"


def _cell(text: Text | None) -> str:
    """Return a phrase in both languages, in one line."""
    if text is None:
        return ""
    shown = text.en if text.zh == text.en else f"{text.zh} · {text.en}"
    return shown.replace("|", "\\|")


def pages() -> dict[str, str]:
    """Return every generated page by its path below ``docs/reference``."""
    book = Rulebook.load()
    written = {name: page() for name, page in PAGES.items()}
    written["rules/README.md"] = rule_index(book)
    return written | {f"rules/{id_}.md": rule_page(rule) for id_, rule in book.rules.items()}


PAGES: dict[str, Callable[[], str]] = {
    "tables.md": tables,
    "account_tables.md": account_tables,
    "snowballs.md": snowballs,
    "indicators.md": indicators,
    "errors.md": error_page,
    "commands.md": commands,
    "glossary.md": glossary,
    "indices.md": index_page,
    "sources.md": sources,
}


def main() -> int:
    """Write every page and remove those that nothing writes any more, or say which are stale."""
    check = "--check" in sys.argv[1:]
    written = pages()
    known = {path.relative_to(REFERENCE).as_posix() for path in REFERENCE.rglob("*.md")}
    stale = sorted(known - set(written))
    for name, text in written.items():
        wanted, path = HEAD + text, REFERENCE / name
        if path.exists() and path.read_text(encoding="utf-8") == wanted:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted, encoding="utf-8")
    if check and stale:
        some = ", ".join(stale[:5]) + (f" and {len(stale) - 5} more" if len(stale) > 5 else "")
        sys.stderr.write(f"docs/reference: {some} do not say what the code says; run make docs\n")
        return 1
    for name in known - set(written):
        (REFERENCE / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
