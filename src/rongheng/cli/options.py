"""The options that verbs share, and how what was typed becomes a date, a moment or a language."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rongheng.basics.errors import UsageError

if TYPE_CHECKING:
    from rongheng.market.store import Lake


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class Lang(StrEnum):
    """The language of labels and notes."""

    ZH = "zh"
    EN = "en"


LakeOption = Annotated[Path, typer.Option("--lake", envvar="RONGHENG_LAKE", help="The lake's folder.")]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print: table, json (a list of rows) or csv.")]
LangOption = Annotated[Lang, typer.Option("--lang", envvar="RONGHENG_LANG", help="Language of labels: zh or en.")]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help="The session, such as 2025-01-10; the last one if left out."),
]
KnownAtOption = Annotated[
    str | None,
    typer.Option(
        "--known-at",
        metavar="MOMENT",
        help="Use only what was known then: '2024-02-05 15:00' (Shanghai time) or now. "
        "If left out: when the session's figures came out.",
    ),
]
RulesKnownOption = Annotated[
    str | None, typer.Option("--known-at", metavar="DATE", help="Rules as they were known on that day.")
]
RulesOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--rules", metavar="FOLDER", help="Add a folder of your own: rules/, documents.yaml. May be given again."
    ),
]
DEFAULT_LAKE = Path("lake")


def parse_date(text: str | None, *, option: str) -> date | None:
    """Return the date that was typed, as 2025-01-10 or 20250110."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{option} {text} is not a date; write it as 2025-01-10.") from None


def parse_money(text: str | None, *, option: str) -> int | None:
    """Return the amount that was typed as milli-yuan: in yuan, or with a unit, such as 250亿元 or 3.5万元."""
    from rongheng.basics.money import parse_yuan
    from rongheng.basics.units import Unit, find_scale

    if text is None:
        return None
    number = text.strip().rstrip("元亿万千百yuancYUANC ")
    spelling = text.strip()[len(number) :].strip()
    scale = find_scale(spelling if not spelling or spelling.endswith(("元", "n", "y")) else f"{spelling}元")
    if spelling and (scale is None or scale.unit is not Unit.YUAN):
        raise UsageError(f"{option} {text} has no unit of money that is known; write it as 250亿元, or in yuan.")
    return parse_yuan(number) * (scale.numerator if scale else 1)


def parse_percent(text: str, *, option: str) -> int:
    """Return the percentage that was typed, in basis points."""
    from rongheng.rulebook.scalars import read_percent

    try:
        return read_percent(text.strip())
    except ValueError as problem:
        raise UsageError(f"{option}: {problem}") from None


def now() -> datetime:
    """Return this moment in Shanghai."""
    from rongheng.basics.calendar import SHANGHAI

    return datetime.now(tz=SHANGHAI)


def parse_moment(text: str | None, *, option: str) -> datetime | None:
    """Return the moment that was typed, Shanghai time where it names no zone; a bare date means its end."""
    from rongheng.basics.calendar import SHANGHAI

    if text is None:
        return None
    if text.strip().lower() == "now":
        return datetime.now(tz=SHANGHAI)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{option} {text} is not a moment; write it as '2024-02-05 15:00', or now.") from None
    if len(text.strip()) <= len("2024-02-05"):
        moment = datetime.combine(moment.date(), time.max)
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)


def open_lake(folder: Path, *, create: bool = False) -> Lake:
    """Return the lake in that folder."""
    from rongheng.market.store import Lake

    return Lake(folder, create=create)
