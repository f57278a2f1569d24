"""Notices to clients and the desk's lists, as texts, CSV and Excel.

What lives here: how amounts, moments and words are written for a client, and the files. What does not: what is to be
told (``desk.calls``). A text comes from a Jinja2 template; the one that ships is Chinese, and anyone may give another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from jinja2 import Environment, StrictUndefined, TemplateError

from rongheng.account.calls.moments import is_end_of_day, show_moment
from rongheng.account.calls.words import KINDS, LINES
from rongheng.basics.errors import UsageError
from rongheng.basics.money import ceil_fen, floor_fen, show_yuan
from rongheng.basics.text import Language
from rongheng.report.workbook import OPTIONS

TEMPLATE = "templates/call_notice.txt.j2"
_TITLES = (
    ("lapsed", "融资融券业务逾期未补足担保物通知书"),
    ("open", "融资融券业务追加担保物（到期）通知书"),
    ("warned", "融资融券业务风险提示"),
)


@dataclass(frozen=True)
class Letter:
    """The template of a notice."""

    source: str
    name: str

    @classmethod
    def load(cls, path: Path | None = None) -> Letter:
        """Return the template in a file, or the one that ships.

        Raises
        ------
        UsageError
            The file cannot be read, or is no template.
        """
        if path is None:
            return cls(files("rongheng.report").joinpath(TEMPLATE).read_text(encoding="utf-8"), TEMPLATE)
        try:
            letter = cls(path.read_text(encoding="utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"The template {path} cannot be read: {error}. Give a text file in UTF-8.") from error
        _ = letter._template
        return letter

    def write(
        self,
        account: str,
        session: date,
        *,
        happened: Sequence[Mapping[str, Any]],
        asks: Sequence[Mapping[str, Any]],
        standing: Mapping[str, Any],
    ) -> str:
        """Return the text for one client.

        Raises
        ------
        UsageError
            The template names something that a notice does not have.
        """
        try:
            text: str = self._template.render(
                account=account,
                session=session.isoformat(),
                title=_title(asks),
                happened=[_event_words(row) for row in happened],
                asks=[_ask_words(row) for row in asks],
                **_standing_words(standing),
            )
        except TemplateError as error:
            raise UsageError(f"The template {self.name} cannot be filled in: {error}. Mend it.") from error
        return text

    @cached_property
    def _template(self) -> Any:
        environment = Environment(
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,
        )
        try:
            return environment.from_string(self.source)
        except TemplateError as error:
            raise UsageError(f"{self.name} is no template: {error}. Mend it.") from error


def _title(asks: Sequence[Mapping[str, Any]]) -> str:
    found = {row["status"] for row in asks}
    return next((title for status, title in _TITLES if status in found), "融资融券业务通知书")


def _event_words(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "kind": KINDS[row["kind"]].zh,
        "line": _line(row["line"]),
        "contract": row["contract_id"] or "",
        "due": _moment(row["due"]),
        "target": _percent(row["target_bp"]) if row["kind"] == "called" else "",
    }


def _ask_words(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "status": row["status"],
        "line": _line(row["line"]),
        "contract": row["contract_id"] or "",
        "due": _moment(row["due"]),
        "provisional": bool(row["provisional"]),
        "target": _percent(row["target_bp"]),
        "cash": _payable(row["cash_missing_milli"]),
        "repay": _payable(row["repay_missing_milli"]),
        "covered": row["cash_missing_milli"] == 0,
    }


def _standing_words(standing: Mapping[str, Any]) -> dict[str, str]:
    return {
        "marked_at": _moment(standing["marked_at"]),
        "ratio": _percent(standing["ratio_bp"]) or "（无负债）",
        "assets": "" if standing["assets_milli"] is None else show_yuan(floor_fen(standing["assets_milli"])),
        "debt": _payable(standing["debt_milli"]),
    }


def _line(line: str | None) -> str:
    return LINES[line].zh if line else ""


def _moment(value: datetime | None) -> str:
    if value is None:
        return ""
    return f"{show_moment(value)}日终" if is_end_of_day(value) else show_moment(value)


def _percent(bp: int | None) -> str:
    """Return basis points as a percentage, exactly."""
    return "" if bp is None else f"{bp // 100}.{bp % 100:02d}%"


def _payable(milli: int | None) -> str:
    return "" if milli is None else show_yuan(ceil_fen(milli))


def file_name(account: str) -> str:
    """Return a name of a file for an account; what no file may be called is written as its number.

    >>> file_name("A-17"), file_name("沪/1")
    ('A-17.txt', '沪%2F1.txt')
    """
    return re.sub(r"[^\w.-]", lambda match: f"%{ord(match[0]):02X}", account) + ".txt"


def table_csv(rows: pl.DataFrame) -> bytes:
    """Return a table as CSV that Excel reads as UTF-8."""
    return rows.write_csv(include_bom=True).encode("utf-8")


def lists_workbook(sheets: Mapping[str, pl.DataFrame], *, created: datetime, language: Language) -> bytes:
    """Return tables as the sheets of a workbook; the same tables give the same bytes."""
    stream = BytesIO()
    book = xlsxwriter.Workbook(stream, OPTIONS)
    book.set_properties({"author": "Rongheng 融衡", "created": created.replace(tzinfo=None)})
    head = book.add_format({"bold": True, "bottom": 1})
    for name, table in sheets.items():
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(table.columns):
            sheet.write_string(0, place, column, head)
            sheet.set_column(place, place, 18 if language == "en" else 16)
            for row, value in enumerate(table[column].to_list(), start=1):
                if value is not None:
                    sheet.write(row, place, value)
    book.close()
    return stream.getvalue()
