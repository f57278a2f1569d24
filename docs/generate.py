"""Write the reference pages from the code, or with ``--check`` say which of them are stale.

Each page is a function that returns Markdown; ``PAGES`` says which file it fills. A page that needs hands is not here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import typer
import yaml
from typer.core import TyperCommand, TyperGroup

from rongheng.basics import errors
from rongheng.basics.ids import indices
from rongheng.basics.tables import AUDIT_SCHEMA, TABLES
from rongheng.market.series import registry

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


PAGES: dict[str, Callable[[], str]] = {
    "tables.md": tables,
    "indicators.md": indicators,
    "errors.md": error_page,
    "commands.md": commands,
    "glossary.md": glossary,
    "indices.md": index_page,
}


def main() -> int:
    """Write every page, or say which are stale."""
    check = "--check" in sys.argv[1:]
    stale = []
    REFERENCE.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        wanted, path = HEAD + page(), REFERENCE / name
        if path.exists() and path.read_text(encoding="utf-8") == wanted:
            continue
        stale.append(name)
        if not check:
            path.write_text(wanted, encoding="utf-8")
    if check and stale:
        sys.stderr.write(f"docs/reference: {', '.join(stale)} do not say what the code says; run make docs\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
