"""The tables of the operations ledger, the same in SQLite and PostgreSQL, and the version of their layout.

What lives here: tables and column types. What does not: reading and writing them (``reading.py``, ``writing.py``).

Rows are only ever added. The one exception is ``open_demands``, an index that says where the fold of the events has to
begin; it can be made again from them at any time, and ``Ledger.verify`` compares it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    Time,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

from rongheng.account.calls.events import EVENTS as EVENT_TABLE

VERSION: Final = 1  # a change that this code cannot read raises it
PRODUCT: Final = "rongheng operations ledger"


class Moment(TypeDecorator[datetime]):
    """A moment, kept in UTC: SQLite knows no time zones and would drop one in silence."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the moment in UTC without its zone, for the database."""
        if value is None:
            return None
        assert value.tzinfo is not None, "a moment without a time zone means nothing"
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the moment with its zone."""
        return None if value is None else value.replace(tzinfo=UTC)


METADATA = MetaData()

LEDGER = Table(
    "ledger",
    METADATA,
    Column("product", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
)

COMMITS = Table(
    "commits",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # one more than the one before: a lost pen
    Column("recorded_at", Moment, nullable=False),
    Column("action", Text, nullable=False),
    Column("by_whom", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("events", BigInteger, nullable=False),
    Column("last_sequence", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),  # over everything in this commit and the digest of the one before
)

RUNS = Table(
    "runs",
    METADATA,
    Column("moment", Moment, primary_key=True),
    Column("commit_number", BigInteger, ForeignKey("commits.number"), nullable=False),
    Column("marks", Text, nullable=False),  # sha256 of what was judged; empty where only the clock ran
    Column("place", Text, nullable=False),
    Column("accounts", BigInteger, nullable=False),
    Column("grade", Text, nullable=False),  # of the marks; empty where only the clock ran
)

TERMS = Table(
    "terms",
    METADATA,
    Column("commit_number", BigInteger, ForeignKey("commits.number"), primary_key=True),
    Column("policy", Text, primary_key=True),
    Column("terms", Text, nullable=False),  # JSON; a row stands where they changed
)


_TYPES: Final[Mapping[type[pl.DataType], TypeEngine[Any]]] = {
    pl.Int64: BigInteger(),
    pl.Boolean: Boolean(),
    pl.Time: Time(),
    pl.Datetime: Moment(),
}


def _type(dtype: pl.DataType) -> TypeEngine[Any]:
    return _TYPES.get(type(dtype), Text())


EVENTS = Table(
    "call_events",
    METADATA,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("commit_number", BigInteger, ForeignKey("commits.number"), nullable=False),
    *(Column(field.name, _type(field.dtype), nullable=not field.is_required) for field in EVENT_TABLE.fields),
    UniqueConstraint(*EVENT_TABLE.key),  # the same thing never happens twice
)

OPEN_DEMANDS = Table(
    "open_demands",
    METADATA,
    Column("account_id", Text, primary_key=True),
    Column("demand", Text, primary_key=True),
    Column("first_sequence", BigInteger, nullable=False),
)
