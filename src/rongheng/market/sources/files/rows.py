"""The rows of a sheet below its header, before any value is read: blank lines and footers are no rows."""

from __future__ import annotations

import polars as pl

from rongheng.basics.errors import DataError
from rongheng.market.sources.files.aliases import DATE, Aliases
from rongheng.market.sources.files.checks.sessions import DATE_TEXT
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.files.inspection import Inspection
from rongheng.market.sources.files.sheet import ROW
from rongheng.market.sources.files.wording import fold


def read_rows(found: Inspection, aliases: Aliases) -> tuple[pl.DataFrame, int]:
    """Return the rows (their cells, ``ROW`` and ``DATE_TEXT``) and how many there were.

    Rows with more cells than the header go to quarantine: nothing says which cell is one too many.
    """
    sheet, header = found.sheet, found.header
    cells = sheet.cells.with_row_index(ROW, offset=sheet.first_line).with_columns(pl.col(ROW).cast(pl.Int64))
    rows = cells.slice(header.first_row).with_columns(
        pl.col(str(found.plan.places[DATE])).str.strip_chars().alias(DATE_TEXT)
    )
    rows = _without_footers(_without_blank(rows, sheet.cells.columns), found, aliases)
    rows = _without_others(rows, found)
    if not found.plan.alone:  # a row that says nothing of this table is a row of the other one
        rows = rows.filter(~_all_blank([str(binding.place) for binding in found.plan.bindings]))
    _check_no_line_swallowed(rows, found)
    read = rows.height
    beyond = [str(place) for place in range(sheet.cells.width) if not any(header.texts[place:])]
    if beyond:
        too_many = pl.any_horizontal(pl.col(name).is_not_null() & (pl.col(name) != "") for name in beyond)
        rows = found.set_rows_aside(rows, too_many, "the row has more cells than the header")
    return rows, read


def _check_no_line_swallowed(rows: pl.DataFrame, found: Inspection) -> None:
    """A quotation mark that is opened by mistake makes one cell of all lines up to the next one."""
    if not found.sheet.joined_lines:
        return
    names = [name for name in rows.columns if name.isdecimal()]
    broken = rows.filter(pl.any_horizontal(pl.col(name).str.contains("\n", literal=True) for name in names))
    if broken.height:
        raise DataError(
            f'{found.sheet.where}, row {broken[ROW][0]}: a cell goes over several lines. A quotation mark (") there is '
            "opened and not closed, and the rows after it would be lost; mend that row."
        )


def _without_blank(rows: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Only rows without a date can be blank, so only they are looked at."""
    undated = (pl.col(DATE_TEXT).fill_null("") == "").alias("undated")
    if not rows.select(undated)["undated"].any():
        return rows
    return rows.filter(~(undated & _all_blank(names)))


def _without_others(rows: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Leave out the rows that are of another kind by the layout: subtotals, or options among futures."""
    if found.plan.passes_over is None:
        return rows
    key, pattern = found.plan.passes_over
    other = pl.col(str(found.plan.places[key])).str.strip_chars().str.contains(pattern).fill_null(value=False)
    kept = rows.filter(~other)
    left_out = rows.height - kept.height
    if left_out:
        found.notice(
            f"{left_out} 行不属于本表（如小计、期权），未读",
            f"rows of another kind (subtotals, options), left out: {left_out}",
            count=left_out,
        )
    return kept


def _all_blank(names: list[str]) -> pl.Expr:
    return pl.all_horizontal(pl.col(name).fill_null("").str.strip_chars() == "" for name in names)


def _without_footers(rows: pl.DataFrame, found: Inspection, aliases: Aliases) -> pl.DataFrame:
    """Lines such as 数据来源：Wind, alone in their row, below the last date."""
    tail = rows.tail(20)
    lines: list[int] = []
    for row in reversed(list(tail.iter_rows(named=True))):
        filled = [cell for name, cell in row.items() if name.isdigit() and cell and cell.strip()]
        filled = [cell for cell in filled if parse_day(cell) is None]  # where no row says its day, each was given one
        if len(filled) != 1 or not fold(filled[0]).startswith(aliases.footers):
            break
        lines.append(row[ROW])
    if not lines:
        return rows
    found.notice(
        f"末尾 {len(lines)} 行是说明，不是数据（第 {min(lines)} 行起）",
        f"remarks below the last row, left out: {len(lines)} (from line {min(lines)})",
        count=len(lines),
    )
    return rows.filter(~pl.col(ROW).is_in(lines))
