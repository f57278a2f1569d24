"""How a marked book's summary is printed; which tables there are is ``report.account_tables``' word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.cli.options import Format, Lang
from rongheng.cli.output import print_rows
from rongheng.report.account_tables import TABLES, SummaryTable

if TYPE_CHECKING:
    from rongheng.account.marks.summary import Summary
    from rongheng.cli.table import Heading

_HISTOGRAMS = (SummaryTable.RATIOS, SummaryTable.FALLS, SummaryTable.SHARES)
_LONGEST = 24  # characters of a bar
_SECURITIES = 10  # in a table; the other formats have all of them


def print_summary(summary: Summary, *, table: SummaryTable | None, style: Format, lang: Lang) -> None:
    """Print one table of a summary, or all that have rows; JSON is one list, whose rows name their table.

    CSV holds one table: that of the states where none is named.
    """
    only = table or (SummaryTable.STATES if style is Format.CSV else None)
    wanted = [one for one in SummaryTable if only in (None, one)]
    if style is Format.JSON:
        rows = [{"table": one.value} | row for one in wanted for row in TABLES[one].rows(summary)]
        print_rows(rows, [], style=style, lang=lang)
        return
    blank = ""
    for one in wanted:
        rows = TABLES[one].rows(summary)
        if rows or table is not None:
            _print_table(one, rows, style=style, lang=lang, blank=blank)
            blank = "\n"


def _print_table(
    table: SummaryTable, rows: Sequence[Mapping[str, Any]], *, style: Format, lang: Lang, blank: str
) -> None:
    shown = TABLES[table]
    if style is Format.TABLE and table is SummaryTable.HOLDINGS:
        rows = rows[:_SECURITIES]
    units = shown.units(rows, lang.value)
    headings: list[Heading] = [
        (column.key(lang.value), column.label, unit) for column, unit in zip(shown.columns, units, strict=True)
    ]
    if style is Format.TABLE and table in _HISTOGRAMS:
        rows = [{**row, "bar": _bar(row, rows)} for row in rows]
        headings.insert(-1, ("bar", Text("", ""), Unit.TEXT))
    print_rows(rows, headings, style=style, lang=lang, title=f"{blank}{shown.title.in_(lang.value)}")


def _bar(row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a bar as long as the row's accounts are many."""
    most = max(other["accounts"] for other in rows)
    return ("█" * round(row["accounts"] / most * _LONGEST) or "▏") if row["accounts"] else " "
