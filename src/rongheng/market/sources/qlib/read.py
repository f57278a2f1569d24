"""From a folder of qlib to batches: bars of shares, bars of indices, listings, members.

This is the control of the room: it calls what decodes and recovers, and says in notices what a reader must know.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import cast

import polars as pl

from rongheng.basics.batch import Batch, Notice
from rongheng.basics.grades import Grade, worst
from rongheng.basics.ids import find_index
from rongheng.basics.securities import find_security
from rongheng.basics.tables import INDEX_DAILY, INDEX_MEMBERS, SECURITY_BARS, SECURITY_STATUS, Table
from rongheng.basics.text import Text
from rongheng.market.sources.files.compressed import Part
from rongheng.market.sources.qlib.aside import Aside
from rongheng.market.sources.qlib.folder import CALENDAR, Folder, Series, read_folder
from rongheng.market.sources.qlib.index_bars import read_levels
from rongheng.market.sources.qlib.lists import read_listings, read_members
from rongheng.market.sources.qlib.stock_bars import read_bars
from rongheng.rulebook import Rulebook

SOURCE = "qlib"
_TICK = "exchange.trading.price_tick"
_ALL = "instruments/all.txt"


def is_qlib(names: Collection[str]) -> bool:
    """Say whether an archive with these files is such a folder."""
    return CALENDAR in names and any(name.startswith("features/") for name in names)


def read_qlib(parts: Sequence[Part], *, file: str, sha256: str, grade: Grade = Grade.DERIVED) -> list[Batch]:
    """Return the facts of a folder, one batch for each table.

    Prices and levels were reckoned with by whoever made the folder, so that their grade is ``derived`` at best. Members
    of an index are ``estimated``: a list that lacks some of them does not say so.

    Raises
    ------
    DataError
        The calendar or a list of the folder cannot be read.
    """
    folder = read_folder(parts, file=file)
    writer = _Writer(file, sha256, worst(grade, Grade.DERIVED))
    shares, indices, unknown = _sorted_out(folder)
    batches = []
    if shares or folder.broken:
        batches.append(_bars(folder, shares, writer, unknown))
    if indices:
        batches.append(_levels(folder, indices, writer))
    for name, spans in folder.lists.items():
        index = find_index(PurePosixPath(name).stem)
        if name == _ALL:
            batches.append(_listings(folder, writer))
        elif index is not None:
            frame, aside, sizes = read_members(index.code, spans, folder.sessions)
            members = _members_notice(index.label, sizes)
            batches.append(
                writer.batch(
                    INDEX_MEMBERS, frame, aside, rows_read=frame.height + aside.row_count, name=name, notices=[members]
                )
            )
    return batches


@dataclass(frozen=True)
class _Writer:
    """What all batches of one folder have in common."""

    file: str
    sha256: str
    grade: Grade

    def batch(
        self, table: Table, frame: pl.DataFrame, aside: Aside, *, rows_read: int, name: str, notices: Sequence[Notice]
    ) -> Batch:
        """Return the batch of a table; ``rows_read`` does not count what was set aside as a whole code."""
        grade = worst(self.grade, Grade.ESTIMATED) if table is INDEX_MEMBERS else self.grade
        known = table.publication.known_at_each(frame["as_of"])
        facts = frame.with_columns(known, pl.lit(grade.value).alias("grade")).sort(list(table.identity))
        order = [column for column in table.schema if column in facts.columns]
        return Batch(
            table=table,
            facts=facts.select(pl.col(column).cast(table.schema[column]) for column in order),
            quarantine=aside.quarantine(table, file=self.file, sheet=name, sha256=self.sha256),
            source=SOURCE,
            file=self.file,
            sheet=name,
            sha256=self.sha256,
            rows_read=rows_read,
            rows_repeated=0,
            notices=tuple(notices),
        )


Coded = list[tuple[str, Series]]


def _sorted_out(folder: Folder) -> tuple[Coded, Coded, list[str]]:
    """Return the series of shares and of indices with our codes, and the codes that are neither.

    A code is first an index: SH000001 is the composite, for no share of Shanghai begins with 000.
    """
    shares, indices, unknown = [], [], []
    for series in folder.series:
        index, security = find_index(series.code), find_security(series.code)
        if index is not None:
            indices.append((index.code, series))
        elif security is not None:
            shares.append((security, series))
        else:
            unknown.append(series.code)
    return shares, indices, unknown


def _bars(folder: Folder, shares: Coded, writer: _Writer, unknown: Sequence[str]) -> Batch:
    tick = cast(int, Rulebook.load().rule(_TICK).on(folder.sessions[-1]).terms["share"])
    bars = read_bars(shares, folder.sessions, tick_milli=tick)
    for code, reason in folder.broken.items():
        bars.aside.whole(code, reason)
    notices = [
        Notice(
            Text(
                f"{bars.carried} 行当日没有成交，按前收盘价结转",
                f"sessions of a share without a trade, in which the close before is carried: {bars.carried}",
            ),
            bars.carried,
        ),
        Notice(
            Text(
                f"{bars.ex_dates} 个除权除息日，前收盘价按因子变动还原",
                f"ex-dates on which the previous close follows from the change of the factor: {bars.ex_dates}",
            ),
            bars.ex_dates,
        ),
    ]
    if unknown or folder.passed_over:
        left = [*unknown, *folder.passed_over]
        listed = ", ".join(left[:5])
        notices.append(
            Notice(Text(f"未读：{listed} 等 {len(left)} 项", f"not read: {len(left)} ({listed}, …)"), len(left))
        )
    rows = bars.rows_read + len(folder.broken)
    return writer.batch(SECURITY_BARS, bars.facts, bars.aside, rows_read=rows, name="features", notices=notices)


def _levels(folder: Folder, indices: Coded, writer: _Writer) -> Batch:
    facts, aside = read_levels(indices, folder.sessions)
    rows = sum(series.length for _, series in indices)
    return writer.batch(INDEX_DAILY, facts, aside, rows_read=rows, name="features", notices=[])


def _listings(folder: Folder, writer: _Writer) -> Batch:
    frame, aside, others = read_listings(folder.lists[_ALL], folder.sessions)
    text = Text(f"{others} 行不是 A 股，未读", f"lines that are of no A share, not read: {others}")
    rows = frame.height + aside.row_count
    return writer.batch(
        SECURITY_STATUS, frame, aside, rows_read=rows, name=_ALL, notices=[Notice(text, others)] if others else []
    )


def _members_notice(label: Text, sizes: tuple[int, int]) -> Notice:
    fewest, most = sizes
    return Notice(
        Text(
            f"{label.zh}的名单最少 {fewest} 只、最多 {most} 只；名单不全时无法由此断定不在其中",
            f"lists of {label.en} with {fewest} to {most} members; whoever is not on an incomplete list may still be a "
            "member",
        )
    )
