"""The rows of a sheet below its header, before any value is read: blank lines, totals and footers are no rows."""

from __future__ import annotations

import re

import polars as pl

from rongheng.basics.errors import DataError
from rongheng.market.sources.files.aliases import DATE, KEYS, Aliases
from rongheng.market.sources.files.checks.sessions import DATE_TEXT
from rongheng.market.sources.files.dates import parse_day
from rongheng.market.sources.files.inspection import Inspection
from rongheng.market.sources.files.sheet import ROW
from rongheng.market.sources.files.wording import fold

_SENTENCE = re.compile(r"[\u4e00-\u9fff]{6,}")  # words of a language, not a day, a code or a mark of a blank


def read_rows(found: Inspection, aliases: Aliases) -> tuple[pl.DataFrame, int]:
    """Return the rows (their cells, ``ROW`` and ``DATE_TEXT``) and how many there were.

    Rows with more cells than the header go to quarantine: nothing says which cell is one too many.
    """
    sheet, header = found.sheet, found.header
    cells = sheet.cells.with_row_index(ROW, offset=sheet.first_line).with_columns(pl.col(ROW).cast(pl.Int64))
    rows = cells.slice(header.first_row).with_columns(
        pl.col(str(found.plan.places[DATE])).str.strip_chars().alias(DATE_TEXT)
    )
    rows = _without_others(_without_blank(rows, sheet.cells.columns), found)
    rows = _without_footers(_without_totals(rows, found, aliases), found, aliases)
    rows = _without_headers(rows, found)
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
    """Leave out the rows that are of another kind by the layout: options among futures, bonds among classes."""
    kept = rows
    if found.plan.passes_over is not None:
        key, pattern = found.plan.passes_over
        kept = kept.filter(~_matches(found.plan.places[key], pattern))
    if found.plan.takes is not None:
        kept = kept.filter(_matches(*found.plan.takes))
    left_out = rows.height - kept.height
    if left_out:
        found.notice(
            f"{left_out} 行不属于本表（如小计、期权），未读",
            f"rows of another kind (subtotals, options), left out: {left_out}",
            count=left_out,
        )
    return kept


def _matches(place: int, pattern: str) -> pl.Expr:
    return pl.col(str(place)).str.strip_chars().str.contains(pattern).fill_null(value=False)


def _all_blank(names: list[str]) -> pl.Expr:
    return pl.all_horizontal(pl.col(name).fill_null("").str.strip_chars() == "" for name in names)


def _without_totals(rows: pl.DataFrame, found: Inspection, aliases: Aliases) -> pl.DataFrame:
    """Leave out rows of totals and averages (合计, 平均), which stand for no day and for nobody."""
    keys = [str(place) for key, place in found.plan.places.items() if key in (DATE, *KEYS)]
    lines = [line for name in keys for line in _lines_of_totals(rows.select(ROW, name), aliases)]
    nameless = rows.filter(pl.any_horizontal(pl.col(name).fill_null("").str.strip_chars() == "" for name in keys))
    if nameless.height:  # the word stands in another column
        others = [name for name in found.sheet.cells.columns if name not in keys]
        cells = [pl.when(pl.col(name).str.strip_chars() != "").then(name) for name in others]
        lines += _lines_of_totals(nameless.select(ROW, pl.coalesce(cells).alias("first")), aliases) if cells else []
    if not lines:
        return rows
    count = len(set(lines))
    found.notice(
        f"{count} 行是合计、平均之类，不是某日某证券的数据，未读（第 {min(lines)} 行起）",
        f"rows of totals or averages, left out: {count} (from line {min(lines)})",
        count=count,
    )
    return rows.filter(~pl.col(ROW).is_in(lines))


def _lines_of_totals(texts: pl.DataFrame, aliases: Aliases) -> list[int]:
    """Return the lines (the first column) whose text (the second) is a word for a total."""
    each = texts[:, 1].unique().drop_nulls()
    totals = [text for text in each if fold(text).rstrip(":") in aliases.totals]
    return texts.filter(texts[:, 1].is_in(totals).fill_null(value=False))[ROW].to_list() if totals else []


def _without_headers(rows: pl.DataFrame, found: Inspection) -> pl.DataFrame:
    """Leave out the header where pages that were glued together repeat it; another header begins another table."""
    texts = found.header.texts
    named = fold(texts[found.plan.places[DATE]])
    repeated = [text for text in rows[DATE_TEXT].unique().drop_nulls() if named and fold(text) == named]
    again = rows.filter(pl.col(DATE_TEXT).is_in(repeated)) if repeated else rows.clear()
    for line in again.iter_rows(named=True):
        if [fold(line[str(place)] or "") for place in range(len(texts))] != [fold(text) for text in texts]:
            raise DataError(
                f"{found.sheet.where}, row {line[ROW]}: another table begins here, with other headers than that above "
                "it. Save the two as two files or two sheets."
            )
    if not again.height:
        return rows
    found.notice(f"表头重复 {again.height} 次，未读", f"the header again, left out: {again.height}", count=again.height)
    return rows.filter(~pl.col(ROW).is_in(again[ROW].implode()))


def _without_footers(rows: pl.DataFrame, found: Inspection, aliases: Aliases) -> pl.DataFrame:
    """Lines such as 数据来源：Wind, alone in their row, below the last date."""
    tail = rows.tail(20)
    lines: list[int] = []
    for row in reversed(list(tail.iter_rows(named=True))):
        filled = [cell for name, cell in row.items() if name.isdigit() and cell and cell.strip()]
        filled = [cell for cell in filled if parse_day(cell) is None]  # where no row says its day, each was given one
        if len(filled) != 1 or not _is_remark(filled[0], aliases):
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


def _is_remark(text: str, aliases: Aliases) -> bool:
    """Say whether a cell that stands alone in its row is a remark: it begins like one, or it is a sentence."""
    return fold(text).startswith(aliases.footers) or bool(_SENTENCE.search(text))
