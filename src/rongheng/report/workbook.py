"""The workbook: a dossier as Excel sheets with real numbers, dates and native charts.

What lives here: the sheets, their columns and formats, and the door :func:`workbook_bytes`. What does not: the native
charts (``workbook_charts``), display as text (``tables``), the page. Figures stand unrounded; money is in the unit at
the head of its column (亿元, CNY bn), fractions are fractions shown as percentages, dates are dates.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from math import isfinite
from typing import Any

import polars as pl
import xlsxwriter

from rongheng.basics.calendar import SHANGHAI
from rongheng.basics.grades import Grade
from rongheng.basics.text import Language, Text
from rongheng.basics.units import Unit
from rongheng.findings.dossier import Dossier
from rongheng.findings.key_numbers import key_numbers
from rongheng.market.indicators.contract import Figure, Reading
from rongheng.report import chapter_tables
from rongheng.report.account_tables import TABLES, Column
from rongheng.report.facts import today
from rongheng.report.numbers import column_scale, typeset
from rongheng.report.tables import Table, in_plain, word
from rongheng.report.words import GRADES, SIMULATED, SIMULATED_MEANS, verdict
from rongheng.report.workbook_charts import Sheet, add_charts

# Settings without which the library changes, links or refuses what it is given.
OPTIONS = {
    "in_memory": True,
    "remove_timezone": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": True,
    "default_date_format": "yyyy-mm-dd",
}
_FORMATS: dict[Unit, str] = {
    Unit.YUAN: "#,##0.00",
    Unit.MILLI: "#,##0.000",
    Unit.SHARES: "#,##0.00",
    Unit.COUNT: "#,##0",
    Unit.POINTS: "#,##0.00",
    Unit.FRACTION: "0.00%",
    Unit.RATIO: "0.00%",
    Unit.TIMES: "0.00",
    Unit.SIGMA: "0.00",
    Unit.SESSIONS: "0",
    Unit.DATE: "yyyy-mm-dd",
    Unit.TEXT: "@",
    Unit.SWITCH: "0",
    Unit.ROW: "0.0000",
}
_SHOWN_AS_IS = (Unit.FRACTION, Unit.RATIO, Unit.COUNT)  # the number format does the scaling
_NARROW, _WIDE = 9, 62  # characters
_MOST_ROWS = 5_000  # of one reading; a longer one shows its newest rows and says so


def workbook_bytes(dossier: Dossier, language: Language) -> bytes:
    """Return the workbook of a dossier. The same dossier gives the same bytes."""
    stream = BytesIO()
    book = xlsxwriter.Workbook(stream, OPTIONS)
    moment = dossier.known_at.astimezone(SHANGHAI).replace(tzinfo=None)
    title = Text("融资融券市场日报", "Margin Trading Daily").in_(language)
    book.set_properties({"title": f"{title} {dossier.as_of}", "author": "Rongheng 融衡", "created": moment})
    writer = _Writer(dossier, language, book)
    writer.summary(title, moment)
    writer.charts_page()
    for name, reading in dossier.readings.items():
        writer.reading(name, reading)
    writer.accounts()
    if dossier.calls:
        writer.table(Text("追保与强平", "Calls"), chapter_tables.of_account_calls(dossier, language))
    writer.table(Text("需要关注", "Findings"), chapter_tables.of_findings(dossier, language))
    writer.table(Text("数据覆盖", "Coverage"), chapter_tables.of_coverage(dossier, language))
    writer.table(Text("报告复算", "Reproduced"), chapter_tables.of_reproduced(dossier, language))
    writer.unreadable()
    writer.contents()
    writer.draw_charts()
    book.close()
    return stream.getvalue()


@dataclass
class _Writer:
    """One workbook in the making."""

    dossier: Dossier
    language: Language
    book: Any
    sheets: dict[str, Sheet] = field(default_factory=dict)
    _names: list[str] = field(default_factory=list)
    _formats: dict[str, Any] = field(default_factory=dict)
    _first: Any = None
    _contents_row: int = 0
    _canvas: Any = None

    def format(self, **properties: Any) -> Any:
        """Return a format of the book, made once."""
        key = repr(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format({"font_name": "Arial", "font_size": 10} | properties)
        return self._formats[key]

    def add(self, name: str) -> tuple[Any, int]:
        """Add a sheet, with the banner when the dossier is simulated; return it and its first free row."""
        sheet = self.book.add_worksheet(self._sheet_name(name))
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A&R&P / &N")
        if not self.dossier.simulated:
            return sheet, 0
        alarm = self.format(bold=True, font_size=12, font_color="#ffffff", bg_color="#c9540f", valign="vcenter")
        sheet.set_row(0, 22, alarm)
        sheet.write_string(0, 0, f"{SIMULATED.in_(self.language)}　{SIMULATED_MEANS.in_(self.language)}", alarm)
        sheet.set_header(f"&C&B{SIMULATED.in_(self.language)}")
        sheet.set_tab_color("#c9540f")
        return sheet, 1

    def _sheet_name(self, name: str) -> str:
        clean = "".join("-" if sign in "[]:*?/\\'" else sign for sign in name)[:31]
        taken = {known.lower() for known in self._names}
        unique, place = clean, 2
        while unique.lower() in taken:
            unique, place = f"{clean[:28]} {place}", place + 1
        self._names.append(unique)
        return unique

    def summary(self, title: str, moment: datetime) -> None:
        """Write the first sheet: which session, known when, the verdict, the key numbers."""
        sheet, row = self.add(Text("概要", "Summary").in_(self.language))
        self._first = sheet
        sheet.fit_to_pages(1, 1)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 6, 16)
        sheet.set_row(row, 26)
        sheet.write_string(row, 0, title, self.format(bold=True, font_size=16, valign="vcenter"))
        overall = today(self.dossier, "pressure", criterion="overall")
        stated = (
            (Text("交易日", "session"), self.dossier.as_of.isoformat()),
            (Text("所知时点（北京时间）", "known at (Beijing time)"), f"{moment:%Y-%m-%d %H:%M}"),
            (Text("两融压力", "margin pressure"), verdict(overall.get("verdict")).in_(self.language)),
            (Text("依据", "evidence"), typeset(str(overall.get(f"evidence_{self.language}") or ""))),
        )
        for place, (label, text) in enumerate(stated, start=row + 1):
            sheet.write_string(place, 0, label.in_(self.language), self.format(font_color="#5b656f", valign="top"))
            sheet.merge_range(place, 1, place, 6, text, self.format(text_wrap=True, valign="top"))
        sheet.set_row(row + len(stated), 58)
        row = self._key_numbers(sheet, row + len(stated) + 2)
        self._contents_row = row + 1

    def _key_numbers(self, sheet: Any, row: int) -> int:
        table = chapter_tables.of_key_numbers(self.dossier, self.language)
        if table is None:
            return row
        self._heads(sheet, row, [column.head for column in table.columns], right=range(1, 5))
        for place, (number, cells) in enumerate(zip(key_numbers(self.dossier), table.rows, strict=True), start=row + 1):
            figure = number.figure
            scale = column_scale(figure.unit, [number.value], self.language)
            divisor = 1 if figure.unit in _SHOWN_AS_IS else scale.divisor
            unit = "" if figure.unit in _SHOWN_AS_IS else scale.label.in_(self.language)
            sheet.write_string(place, 0, f"{cells[0].text}（{unit}）" if unit else cells[0].text, self.format())
            sheet.write_number(place, 1, number.value / divisor, self._number_format(figure.unit))
            for column, change in ((2, number.change_day), (3, number.change_week)):
                kind = Unit.FRACTION if number.relative else figure.unit
                self._number(sheet, place, column, change, kind)
            sheet.write_number(place, 4, number.percentile, self._number_format(Unit.FRACTION))
            sheet.write_datetime(place, 5, _moment(number.as_of), self._number_format(Unit.DATE))
            sheet.write_string(place, 6, cells[6].text, self.format())
        return row + 1 + len(table.rows)

    def charts_page(self) -> None:
        """Make room for the charts behind the summary; they are drawn when the sheets that they show are there."""
        self._canvas, _ = self.add(Text("图表", "Charts").in_(self.language))
        self._canvas.set_portrait()
        self._canvas.fit_to_pages(1, 1)

    def draw_charts(self) -> None:
        """Draw the native charts."""
        add_charts(self.book, self._canvas, self.sheets, self.language, first_row=1 if self.dossier.simulated else 0)

    def reading(self, name: str, reading: Reading) -> None:
        """Write one indicator's rows: labels, units, numbers, the grade of each row."""
        label = reading.indicator.label.in_(self.language)
        label += f"（{name.partition('.')[2]}）" if "." in name else ""
        shown = label if all(label != other for other in self._names) else f"{label} {name}"
        sheet, row = self.add(shown)
        sheet.write_string(row, 0, f"{label}　{name}", self.format(bold=True, font_size=13))
        sheet.write_string(
            row + 1, 0, typeset(reading.indicator.meaning.in_(self.language)), self.format(font_color="#5b656f")
        )
        rows = reading.rows.tail(_MOST_ROWS)
        remarks = [typeset(remark.in_(self.language)) for remark in (*reading.notes, *_shortened(reading.rows, rows))]
        for place, remark in enumerate(remarks, start=row + 2):
            sheet.write_string(place, 0, remark, self.format(font_color="#a86f00"))
        row += 3 + len(remarks)
        figures = [figure for figure in reading.indicator.figures if self._worth_a_column(figure, rows)]
        columns = [_SESSION, *figures, _AS_OF, _GRADE]
        units = self._columns(sheet, row, rows, columns)
        first, last = row + 2, row + 1 + rows.height
        places = {figure.name: place for place, figure in enumerate(columns)}
        self.sheets[name] = Sheet(self._names[-1], places, units, first, last, rows)
        sheet.freeze_panes(row + 2, 1)
        if rows.height:
            sheet.autofilter(row + 1, 0, last, len(columns) - 1)

    def _worth_a_column(self, figure: Figure, rows: pl.DataFrame) -> bool:
        """Say whether a figure has anything to show: not when it is empty, nor in the other language."""
        other = "_en" if self.language == "zh" else "_zh"
        held = figure.name in rows.columns and rows[figure.name].null_count() < rows.height
        return held and not figure.name.endswith(other) and figure.name != "unit"  # each number shows its own unit

    def _columns(self, sheet: Any, row: int, rows: pl.DataFrame, figures: Sequence[Figure]) -> dict[str, str]:
        """Write the columns, and return the unit at the head of each.

        The grade of a row is that of its published figures; where that is better than derived, the heads of the
        others say what they are.
        """
        said: dict[str, str] = {}
        numeric = [n for n, figure in enumerate(figures) if figure.unit not in (Unit.TEXT, Unit.DATE)]
        official = Grade.OFFICIAL.value in rows["grade"].cast(pl.String).unique().to_list()
        known = {figure.name: figure for figure in figures}
        figures = [in_plain(figure, known) for figure in figures]
        self._heads(sheet, row, [figure.label.in_(self.language) for figure in figures], right=numeric)
        for column, figure in enumerate(figures):
            values = rows[figure.name].to_list() if figure.name in rows.columns else []
            unit, divisor = self._unit(figure, values)
            grade = Grade.OFFICIAL if figure.published else Grade.DERIVED
            parts = [unit, GRADES[grade].in_(self.language) if official and column in numeric else ""]
            below = self.format(font_color="#5b656f", align="right", bottom=1)
            sheet.write_string(row + 1, column, " · ".join(part for part in parts if part), below)
            units = rows["unit"].to_list() if figure.unit is Unit.ROW else [figure.unit] * len(values)
            self._fill(sheet, row + 2, column, values, units, divisor)
            width = max(
                _width(figure.label.in_(self.language)), _width(unit), _content_width(figure, values, self.language)
            )
            sheet.set_column(column, column, min(max(width + 2, _NARROW), _WIDE))
            said[figure.name] = unit
        return said

    def _unit(self, figure: Figure, values: Sequence[Any]) -> tuple[str, float]:
        """Return what stands under a column's label, and what its numbers are divided by."""
        if figure.unit in _SHOWN_AS_IS:
            return ("" if figure.unit is Unit.COUNT else "%"), 1.0
        scale = column_scale(figure.unit, [v for v in values if isinstance(v, (int, float))], self.language)
        return scale.label.in_(self.language), scale.divisor

    def _fill(
        self, sheet: Any, row: int, column: int, values: Sequence[Any], units: Sequence[str], divisor: float
    ) -> None:
        shapes = {unit: self._number_format(Unit(unit)) for unit in set(units)}
        words = {value: word(value, self.language) for value in set(values) if isinstance(value, str)}
        wide = max((_width(said) for said in words.values()), default=0) > _WIDE
        text = self.format(align="left", indent=1, text_wrap=wide, valign="top")
        for place, (value, unit) in enumerate(zip(values, units, strict=True), start=row):
            if value is None:
                continue
            if isinstance(value, str):
                sheet.write_string(place, column, words[value], text)
                if wide:
                    sheet.set_row(place, _height(words[value]))
            elif isinstance(value, date):
                sheet.write_datetime(place, column, _moment(value), shapes[unit])
            elif isfinite(value):
                sheet.write_number(place, column, value / divisor if divisor != 1 else value, shapes[unit])

    def table(self, title: Text, table: Table | None) -> None:
        """Write a table of texts on a sheet of its own; an empty one says that there is nothing."""
        sheet, row = self.add(title.in_(self.language))
        sheet.write_string(row, 0, title.in_(self.language), self.format(bold=True, font_size=13))
        row += 2
        if table is None or not table.rows:
            sheet.write_string(row, 0, Text("无", "none").in_(self.language), self.format())
            return
        self._heads(sheet, row, [column.head for column in table.columns])
        for place, cells in enumerate(table.rows, start=row + 1):
            for column, cell in enumerate(cells):
                long = table.columns[column].kind == "long"
                sheet.write_string(place, column, cell.text, self.format(text_wrap=long, valign="top"))
            longest = max(
                (cells[n].text for n, head in enumerate(table.columns) if head.kind == "long"), key=_width, default=""
            )
            sheet.set_row(place, _height(longest))
        for column, head in enumerate(table.columns):
            widest = max([_width(head.head), *(_width(cells[column].text) for cells in table.rows)])
            sheet.set_column(column, column, min(max(widest + 2, _NARROW), _WIDE))
        sheet.freeze_panes(row + 1, 1)
        sheet.autofilter(row, 0, row + len(table.rows), len(table.columns) - 1)

    def accounts(self) -> None:
        """Write each table of a marked book on a sheet of its own, in numbers."""
        if self.dossier.accounts is None:
            return
        for shown in TABLES.values():
            rows = shown.rows(self.dossier.accounts)
            if not rows:
                continue
            label = shown.title.in_(self.language)
            sheet, row = self.add(f"{Text('账户', 'Accounts').in_(self.language)} {label}")
            sheet.write_string(
                row, 0, f"{label}　{self.dossier.accounts.session}", self.format(bold=True, font_size=13)
            )
            figures = [Figure(column.key(self.language), _unit_of(column), column.label) for column in shown.columns]
            names = [figure.name for figure in figures]
            frame = pl.DataFrame({name: [one.get(name) for one in rows] for name in {*names, "grade"}}, strict=False)
            self._columns(sheet, row + 2, frame, figures)
            sheet.freeze_panes(row + 4, 1)

    def unreadable(self) -> None:
        """Write which indicators could not be read, and why."""
        if not self.dossier.unreadable:
            return
        sheet, row = self.add(Text("未能读取", "Unreadable").in_(self.language))
        sheet.set_column(0, 0, 20)
        for place, (name, why) in enumerate(self.dossier.unreadable.items(), start=row):
            sheet.write_string(place, 0, name, self.format(bold=True))
            sheet.write_string(place, 1, why.in_(self.language), self.format())

    def contents(self) -> None:
        """Write on the first sheet which sheets there are, each a step away."""
        row = self._contents_row
        self._first.write_string(row, 0, Text("工作表", "Sheets").in_(self.language), self.format(bold=True))
        link = self.format(font_color="#1c5a96", underline=1)
        for place, name in enumerate(self._names[1:], start=row + 1):
            self._first.write_url(place, 0, f"internal:'{name}'!A1", link, name)

    def _heads(self, sheet: Any, row: int, heads: Sequence[str], *, right: Collection[int] = ()) -> None:
        for column, text in enumerate(heads):
            side = "right" if column in right else "left"
            shape = self.format(bold=True, top=2, bg_color="#f5f7f9", text_wrap=True, valign="bottom", align=side)
            sheet.write_string(row, column, text, shape)

    def _number(self, sheet: Any, row: int, column: int, value: float | None, unit: Unit) -> None:
        if value is not None:
            sheet.write_number(row, column, value, self._number_format(unit))

    def _number_format(self, unit: Unit) -> Any:
        side = "left" if unit is Unit.DATE else "right"
        return self.format(num_format=_FORMATS[unit], align=side, indent=int(unit is Unit.DATE), valign="top")


_SESSION = Figure("session", Unit.DATE, Text("交易日", "session"))
_AS_OF = Figure("as_of", Unit.DATE, Text("所用数据截至", "figures to"))
_GRADE = Figure("grade", Unit.TEXT, Text("级别", "grade"))


def _unit_of(column: Column) -> Unit:
    """Return the unit of an account column; what is always shown in full is a count."""
    return column.unit if isinstance(column.unit, Unit) else Unit.COUNT


def _shortened(whole: pl.DataFrame, shown: pl.DataFrame) -> tuple[Text, ...]:
    if shown.height == whole.height:
        return ()
    return (
        Text(
            f"仅列最近 {shown.height:,} 行，全部 {whole.height:,} 行可由 rongheng show 导出。",
            f"The newest {shown.height:,} rows of {whole.height:,}; `rongheng show` gives them all.",
        ),
    )


def _moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001  Excel's dates have no zone


def _width(text: str) -> int:
    """Return how many columns of a sheet a text takes: a Chinese character takes two."""
    return sum(2 if ord(sign) > 0x2E80 else 1 for sign in text)


def _height(text: str) -> float:
    """Return how high a row must be, in points, for a text that wraps at the widest column."""
    return 13.5 * max(1, -(-_width(text) // (_WIDE - 4)))


def _content_width(figure: Figure, values: Sequence[Any], language: Language) -> int:
    if figure.unit is Unit.DATE:
        return 10
    if figure.unit is Unit.TEXT:
        distinct = {value for value in values if isinstance(value, str)}
        return max((_width(word(value, language)) for value in distinct), default=0)
    return 11
