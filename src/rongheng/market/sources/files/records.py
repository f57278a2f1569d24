"""JSON of records and Parquet: containers that name their columns apart from the rows."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl
from polars.exceptions import PolarsError

from rongheng.basics.errors import DataError
from rongheng.market.sources.files.arrays import days_beside, unfolded
from rongheng.market.sources.files.damaged import reading
from rongheng.market.sources.files.sheet import Sheet, as_cells

_DEPTH = 4  # levels of objects around the records ({"result": {"data": [...]}}) and inside one ({"meta": {"open": 1}})


def read_json(data: bytes, *, file: str) -> list[Sheet]:
    """Return the records of a JSON document as cells; numbers keep the text that was typed.

    The records are the document itself, or the one list of objects inside it; one object per line is read too. Nested
    objects become columns with a dot (``meta.open``). Records that hold arrays beside a list of days are two sheets
    (``arrays``).
    """
    document = _parsed(data, file=file)
    lists = list(_lists_of_records(document, depth=0))
    if len(lists) != 1:
        raise DataError(
            f"{file} is JSON with {len(lists) or 'no'} lists of records. Expected one: "
            '[{"date": "2024-01-05", ...}, ...], alone or inside an object.'
        )
    if (days := days_beside(document, lists[0])) is not None:
        about, by_day = unfolded(lists[0], days)
        return [_sheet(about, file=file, name="records"), _sheet(by_day, file=file, name="arrays")]
    return [_sheet(lists[0], file=file, name=None)]


def _sheet(records: Sequence[Mapping[str, Any]], *, file: str, name: str | None) -> Sheet:
    flat = [_flat(record, file=file) for record in records]
    names = tuple(dict.fromkeys(name for record in flat for name in record))
    columns = [pl.Series(name, [record.get(name) for record in flat], dtype=pl.String) for name in names]
    return Sheet(file, name, as_cells(columns), names)


def read_parquet(data: bytes, *, file: str) -> Sheet:
    """Return a Parquet file as cells; times with a zone become Shanghai's, nested columns are cut into their fields."""
    with reading("a Parquet file", file=file):
        frame = pl.read_parquet(io.BytesIO(data))
    while nested := [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Struct)]:
        frame = frame.unnest(nested[0], separator=".")
    return Sheet(
        file, None, as_cells([_as_text(frame[name], file=file) for name in frame.columns]), tuple(frame.columns)
    )


def _as_text(column: pl.Series, *, file: str) -> pl.Series:
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone is not None:
        column = column.dt.convert_time_zone("Asia/Shanghai").dt.replace_time_zone(None)
    try:
        return column.cast(pl.String)
    except PolarsError:
        raise DataError(
            f"{file}: column {column.name!r} holds {column.dtype}, which is no cell. Expected numbers, dates or text."
        ) from None


def _parsed(data: bytes, *, file: str) -> Any:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DataError(f"{file}, line {line}: JSON must be UTF-8, and these bytes are not.") from None
    try:
        return loads_as_text(text)
    except json.JSONDecodeError as error:
        try:
            return [loads_as_text(line) for line in text.splitlines() if line.strip()]
        except (json.JSONDecodeError, RecursionError):
            pass
        raise DataError(
            f"{file}, line {error.lineno}, column {error.colno}: this is not JSON ({error.msg}). "
            "The file may have been cut short; fetch or export it again."
        ) from None
    except RecursionError:
        raise DataError(f"{file} is JSON nested too deep to be a table. Expected a list of records.") from None


def loads_as_text(text: str) -> Any:
    """Return a JSON document in which every number is the text that was typed.

    >>> loads_as_text('{"value": 704.530}')
    {'value': '704.530'}
    """
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)


def _lists_of_records(document: Any, *, depth: int) -> Iterable[list[dict[str, Any]]]:
    if isinstance(document, list):
        if document and all(isinstance(record, dict) for record in document):
            yield document
    elif isinstance(document, dict) and depth < _DEPTH:
        for inside in document.values():
            yield from _lists_of_records(inside, depth=depth + 1)


def _flat(record: Mapping[str, Any], *, file: str, prefix: str = "", depth: int = 0) -> dict[str, str | None]:
    cells: dict[str, str | None] = {}
    for name, value in record.items():
        if isinstance(value, dict) and depth < _DEPTH:
            cells |= _flat(value, file=file, prefix=f"{prefix}{name}.", depth=depth + 1)
        elif value is None or isinstance(value, str):
            cells[prefix + name] = value
        elif isinstance(value, bool):
            cells[prefix + name] = str(value).lower()
        else:
            raise DataError(f"{file}: {prefix + name!r} of a record holds a list or goes too deep; expected one value.")
    return cells
