"""What is found while a sheet is read: rows and cells that cannot land, each with its reason, and notices.

Checks take the frame of facts and an ``Inspection`` and return the frame without what they set aside; so no row can be
lost on the way (``Batch`` counts them once more). The frame has ``ROW`` (the line in the file), ``as_of``, the table's
key, the value columns that the file states, and ``note``.
"""

from __future__ import annotations

import polars as pl

from rongheng.basics.batch import Notice
from rongheng.basics.tables import QUARANTINE_SCHEMA
from rongheng.basics.text import Text
from rongheng.market.sources.files.header import Header
from rongheng.market.sources.files.plan import Plan
from rongheng.market.sources.files.sheet import ROW, Sheet

NOTE = "note"


class Inspection:
    """One reading of one table from one sheet."""

    def __init__(self, sheet: Sheet, header: Header, plan: Plan) -> None:
        self.sheet = sheet
        self.header = header
        self.plan = plan
        self.notices: list[Notice] = []
        self.settled: dict[str, str] = {}  # the key of all rows, where no column of the file says it
        self._found: list[pl.DataFrame] = []

    def set_rows_aside(self, frame: pl.DataFrame, bad: pl.Expr, reason: str | pl.Expr) -> pl.DataFrame:
        """Send the rows where ``bad`` is true to quarantine and return the others; null counts as good."""
        is_bad = frame.select(bad.fill_null(value=False).alias("bad"))["bad"]
        if not is_bad.any():
            return frame
        self._keep(frame.filter(is_bad), None, reason)
        return frame.filter(~is_bad)

    def set_cells_aside(self, frame: pl.DataFrame, column: str, bad: pl.Expr, reason: str | pl.Expr) -> pl.DataFrame:
        """Send the cells of ``column`` where ``bad`` is true to quarantine and return the frame with nulls there."""
        is_bad = frame.select((bad & pl.col(column).is_not_null()).fill_null(value=False).alias("bad"))["bad"]
        if not is_bad.any():
            return frame
        self._keep(frame.filter(is_bad), self.plan.binding(column).place, reason)
        return frame.with_columns(pl.when(~is_bad).then(column).alias(column))

    def set_unread_aside(self, rows: pl.Series, place: int, reason: str) -> None:
        """Send cells that could not be read to quarantine; their column has null there already."""
        self._keep(pl.DataFrame({ROW: rows}), place, reason)

    def notice(self, zh: str, en: str, *, count: int = 1) -> None:
        """Tell the reader of the summary something."""
        self.notices.append(Notice(Text(zh, en), count))

    def _keep(self, rows: pl.DataFrame, place: int | None, reason: str | pl.Expr) -> None:
        why = pl.lit(reason) if isinstance(reason, str) else reason
        where = pl.lit(place, dtype=pl.Int64).alias("place")
        self._found.append(rows.select(pl.col(ROW).cast(pl.Int64), where, why.cast(pl.String).alias("reason")))

    def quarantine(self, sha256: str) -> pl.DataFrame:
        """Return everything that was set aside, in the order of the file."""
        kept = {name: dtype for name, dtype in QUARANTINE_SCHEMA.items() if name not in ("imported_at", "sequence")}
        if not self._found:
            return pl.DataFrame(schema=kept)
        found = pl.concat(self._found).sort(ROW, "place", nulls_last=False)
        cells = self.sheet.cells[found[ROW] - self.sheet.first_line]
        names = self._unique_names()
        columns = {
            "table": pl.lit(self.plan.table.name),
            "file": pl.lit(self.sheet.file),
            "sheet": pl.lit(self.sheet.name, dtype=pl.String),
            "row": pl.col(ROW),
            "column": pl.col("place").replace_strict(names, default=None, return_dtype=pl.String),
            "found": self._printed(found, cells),
            "reason": pl.col("reason"),
            "raw": _as_json(cells, names),
            "sha256": pl.lit(sha256),
        }
        return found.select(columns[name].cast(dtype).alias(name) for name, dtype in kept.items())

    def _unique_names(self) -> dict[int, str]:
        names: dict[int, str] = {}
        for place in range(self.sheet.cells.width):
            text = self.header.texts[place] if place < len(self.header.texts) else ""
            name = text or f"column {place + 1}"
            names[place] = name if name not in names.values() else f"{name} (column {place + 1})"
        return names

    def _printed(self, found: pl.DataFrame, cells: pl.DataFrame) -> pl.Expr:
        """The text of the cell that was set aside; of a whole row, the text of its date."""
        date_place = self.plan.places["date"]
        places = found["place"].fill_null(date_place)
        printed = pl.Series("found", [None] * found.height, dtype=pl.String)
        for place in places.unique().to_list():
            printed = printed.zip_with(places != place, cells[:, place])
        return pl.lit(printed)


def _as_json(cells: pl.DataFrame, names: dict[int, str]) -> pl.Expr:
    renamed = cells.rename({str(place): name for place, name in names.items()})
    return pl.lit(renamed.select(pl.struct(pl.all()).struct.json_encode().alias("raw"))["raw"])
