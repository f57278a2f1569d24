"""The files of ``rongheng calls notices``: a text for each client, and the desk's lists as CSV and as one workbook."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from pathlib import Path

import polars as pl

from rongheng.basics.errors import UsageError
from rongheng.cli.calls_rows import list_headings, list_rows
from rongheng.cli.options import Format, Lang
from rongheng.desk.calls.listing import LISTS, Listed, Which, last_session, list_calls
from rongheng.desk.calls.notices import due_notices, write_down
from rongheng.desk.ledger import Entry, Ledger
from rongheng.report.files import write_whole
from rongheng.report.notices import Letter, file_name, lists_workbook, table_csv

TEXTS = "texts"


def write_notices(ledger: Ledger, out: Path, session: date | None, letter: Letter, entry: Entry, *, lang: Lang) -> int:
    """Write texts and lists, then put down in the ledger what was told; return how many clients it is.

    A text that was written and not put down, because the process ended in between, is written again the next time.
    """
    if session is None:
        with ledger.reading() as now:
            session = last_session(now, ledger.place)
    notices = due_notices(ledger, session)
    texts = {
        notice.account_id: letter.write(
            notice.account_id, session, happened=notice.happened, asks=notice.asks, standing=notice.standing
        )
        for notice in notices
    }
    folder = _made(out / TEXTS)
    for account, text in texts.items():
        write_whole(folder / file_name(account), text.encode("utf-8"))
    _write_lists(ledger, out, session, entry, lang)
    digests = {account: sha256(text.encode("utf-8")).hexdigest() for account, text in texts.items()}
    return write_down(ledger, notices, digests, entry.now, entry)


def _write_lists(ledger: Ledger, out: Path, session: date, entry: Entry, lang: Lang) -> None:
    sheets = {}
    for which in Which:
        listed = list_calls(ledger, which, session=session)
        table = _table(listed, lang)
        sheets[LISTS[which].in_(lang.value)] = table
        write_whole(out / f"{which.value}.csv", table_csv(table))
    write_whole(out / "lists.xlsx", lists_workbook(sheets, created=entry.now, language=lang.value))


def _table(listed: Listed, lang: Lang) -> pl.DataFrame:
    """Return a list with the readers' words at the heads and in the cells; money in yuan."""
    headings = list_headings(listed)
    rows = list_rows(listed, lang, Format.TABLE)
    heads = [label.in_(lang.value) for _, label, _ in headings]
    cells = [[row.get(name) for name, _, _ in headings] for row in rows]
    return pl.DataFrame(cells, schema=heads, orient="row", infer_schema_length=None)


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as refused:
        raise UsageError(
            f"The folder {folder} cannot be made ({refused.strerror}). Name another with --out."
        ) from refused
    return folder
