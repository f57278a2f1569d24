"""Concentration limits of some policies as columns for one session.

What lives here: tables of limits × market day × the securities of a book → the columns that a kernel looks up
(``concentration_lookup.py``). What does not: what a table says (``concentration.py``).

A table changes only at its bounds, so the bounds of all tables of a policy part ratios and amounts into bands, and one
cell for each (client type, band, band, kind of security) holds what the tables say there: exact, however it is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.policy.concentration import (
    BoardGroup,
    Concentration,
    LimitRow,
    LimitTable,
    OverLimit,
    Override,
    RowBy,
    Scope,
)
from rongheng.account.policy.concentration_lookup import (
    BOARD_SLOT,
    CLASS_SLOT,
    N_CLIENTS,
    NO_LIMIT_BP,
    SECURITY_SLOT,
    Limits,
)
from rongheng.account.policy.policy import Policy
from rongheng.basics.account_tables import GROUPS, Board, ClientType
from rongheng.basics.market_day import MarketDay
from rongheng.rulebook.bounds import Range

PE_SCALE: Final = 100  # the market day's P/E is in hundredths
SHARES: Final = (Board.MAIN, Board.STAR, Board.CHINEXT, Board.BSE)
_B = BoardGroup
_REGISTERED: Final = frozenset({_B.REGISTRATION})
_APPROVED: Final = frozenset({_B.APPROVAL})
_CHINEXT: Final = frozenset({_B.CHINEXT, _B.DUAL_BOARD})

# The groups of boards that a security is added to, by its board and by whether it was registered. What is not known is
# added to both, so that no limit is missed.
_CELL_BY_BOARD: Final = {
    (Board.MAIN, True): frozenset({_B.MAIN}),
    (Board.MAIN, False): frozenset({_B.MAIN, _B.APPROVAL}),
    (Board.MAIN, None): frozenset({_B.MAIN, _B.APPROVAL}),
    (Board.CHINEXT, True): _CHINEXT | _REGISTERED,
    (Board.CHINEXT, False): _CHINEXT | _APPROVED,
    (Board.CHINEXT, None): _CHINEXT | _REGISTERED | _APPROVED,
    **{(Board.STAR, known): frozenset({_B.STAR, _B.DUAL_BOARD, _B.REGISTRATION}) for known in (True, False, None)},
    **{(Board.BSE, known): frozenset({_B.BSE}) for known in (True, False, None)},
    **{
        (board, known): frozenset({_B.OTHER})
        for board in (Board.FUND, Board.BOND, Board.OTHER)
        for known in (True, False, None)
    },
}
BOARD_CELLS: Final = (frozenset[BoardGroup](), *dict.fromkeys(_CELL_BY_BOARD.values()))  # 0: in none

Break = tuple[int, bool]  # a bound, and whether the bands part after it: then the bound itself is in the lower band


@dataclass(frozen=True, slots=True)
class Unknown:
    """How many securities a policy's limits ask something of that nobody has told us, and what was taken."""

    policy: str
    term: str  # over_limit: taken as not in it; registration: taken as either; class: no limit of a class applies
    securities: int


@dataclass(frozen=True)
class ConcentrationTerms:
    """Columns for the kernels, and what must be said of them."""

    limits: Limits
    board_cell: NDArray[np.uint8]  # [code]: index into BOARD_CELLS; sum values by cell, then cells by board group
    in_board: NDArray[np.bool_]  # [cell, index into BoardGroup]
    over_limit: NDArray[np.bool_]  # [policy, code]: in the over-limit class by that policy's standard
    unknown: tuple[Unknown, ...]


@dataclass(frozen=True)
class _Securities:
    """What limits ask of the securities of a book, by code."""

    codes: list[str]
    group: NDArray[np.int64]  # index into GROUPS, len(GROUPS) for none
    cell: NDArray[np.int64]
    over: NDArray[np.bool_]


@dataclass(frozen=True)
class _Kind:
    """Securities that are all alike to the tables of a policy; ``code`` where an override names one of them."""

    group: str | None
    boards: frozenset[BoardGroup]
    over: bool
    code: str | None

    def fits(self, row: LimitRow) -> bool:
        return (
            (not row.classes or self.group in row.classes)
            and (not row.boards or not row.boards.isdisjoint(self.boards))
            and row.over_limit in (None, self.over)
        )

    def is_named(self, override: Override) -> bool:
        return not override.securities or self.code in override.securities


def concentration_terms(policies: Sequence[Policy], day: MarketDay, securities: pl.Series) -> ConcentrationTerms:
    """Return the limits of these policies for the securities of a book, on a market day (集中度上限).

    A policy without limits limits nothing. A security that no row fits has no limit: nothing is made up for it, and
    where that is for want of knowledge it is counted in ``unknown``.

    Parameters
    ----------
    policies : in the order of the book's policy numbers
    securities : text, in the order of the book's codes

    Source
    ------
    broker.*.concentration_limits, practice.concentration.measure, practice.over_limit
    """
    today = pl.DataFrame({"security": securities}).join(
        day.securities, on="security", how="left", maintain_order="left"
    )
    cell = _cells(today)
    built = [_Built.of(policy, _seen_by(policy, today, cell)) for policy in policies]
    return ConcentrationTerms(
        limits=_stacked(built),
        board_cell=cell.astype(np.uint8),
        in_board=np.array([[group in cell for group in BoardGroup] for cell in BOARD_CELLS]),
        over_limit=np.array([one.securities.over for one in built]).reshape(len(built), today.height),
        unknown=tuple(unknown for policy in policies for unknown in _unknown(policy, today)),
    )


def _cells(today: pl.DataFrame) -> NDArray[np.int64]:
    """Return the set of board groups that each security is added to, as an index into BOARD_CELLS."""
    pairs = zip(today["board"].cast(pl.String()).to_list(), today["registered"].to_list(), strict=True)
    index = {(board.value, known): BOARD_CELLS.index(cell) for (board, known), cell in _CELL_BY_BOARD.items()}
    return np.array([index.get(pair, 0) for pair in pairs], dtype=np.int64)


def _seen_by(policy: Policy, today: pl.DataFrame, cell: NDArray[np.int64]) -> _Securities:
    standard = policy.concentration.over_limit if policy.concentration else None
    over = _over_limit(today, standard).fill_null(False).to_numpy()
    return _Securities(today["security"].to_list(), _group_numbers(policy, today), cell, over)


def _group_numbers(policy: Policy, today: pl.DataFrame) -> NDArray[np.int64]:
    if policy.groups is None:
        return np.full(today.height, len(GROUPS), dtype=np.int64)
    groups = dict(policy.groups.select("security", "group").iter_rows())
    numbers = {group: number for number, group in enumerate(GROUPS)}
    return np.array([numbers.get(groups.get(code, ""), len(GROUPS)) for code in today["security"]], dtype=np.int64)


def _over_limit(today: pl.DataFrame, standard: OverLimit | None) -> pl.Series:
    """Return whether each security is in the over-limit class; null for a share of which that is not known."""
    if standard is None:
        return pl.Series([False] * today.height, dtype=pl.Boolean)
    pe = pl.col("static_pe_hundredths")
    dear = pe >= ceil(standard.static_pe * PE_SCALE)
    if standard.negative_counts:
        dear = dear | (pe < 0)
    is_share = pl.col("board").cast(pl.String()).is_in([board.value for board in SHARES]).fill_null(False)
    over = (pl.col("collateral_share_bp") >= standard.collateral_share_bp) & dear
    return today.select(pl.when(is_share).then(over).otherwise(False)).to_series()


def _unknown(policy: Policy, today: pl.DataFrame) -> list[Unknown]:
    """Return what the tables of a policy ask that the market day or the policy's lists do not say."""
    concentration = policy.concentration
    if concentration is None:
        return []
    rows = [row for table in concentration.tables for row in table.rows if row.limit_bp is not None]
    asked = {group for row in rows for group in row.boards} & {_B.REGISTRATION, _B.APPROVAL}
    boards = [Board.CHINEXT.value, *([Board.MAIN.value] if _B.APPROVAL in asked else [])]
    unregistered = today["registered"].is_null() & today["board"].cast(pl.String()).is_in(boards)
    over = _over_limit(today, concentration.over_limit)
    counts = {
        "over_limit": over.null_count() if any(row.over_limit is not None for row in rows) else 0,
        "registration": int(unregistered.sum()) if asked else 0,
        "class": int((_group_numbers(policy, today) == len(GROUPS)).sum()) if any(r.classes for r in rows) else 0,
    }
    return [Unknown(policy.name, term, count) for term, count in counts.items() if count]


@dataclass(frozen=True)
class _Built:
    """The limits of one policy: its breaks, its kinds of securities, and the cells [client, ratio, amount, slot]."""

    concentration: Concentration | None
    securities: _Securities
    ratios: list[Break]
    amounts: list[Break]
    slot: NDArray[np.int64]
    cells: NDArray[np.uint16]

    @classmethod
    def of(cls, policy: Policy, securities: _Securities) -> _Built:
        """Return what the tables of a policy say of the securities of a book."""
        tables = policy.concentration.tables if policy.concentration else frozenset[LimitTable]()
        rows = [row for table in tables for row in table.rows]
        overrides = [override for table in tables for override in table.overrides]
        ratios = _breaks([row.ratio_bp for row in rows] + [override.ratio_bp for override in overrides])
        amounts = _breaks(row.amount_milli for row in rows)
        kinds, kind = _kinds(securities, overrides)
        shape = (N_CLIENTS, len(ratios) + 1, len(amounts) + 1, SECURITY_SLOT + len(kinds))
        cells = np.full(shape, NO_LIMIT_BP, dtype=np.uint16)
        for table in tables:
            cells = np.minimum(cells, _cells_of(table, kinds, ratios, amounts, shape))
        return cls(policy.concentration, securities, ratios, amounts, SECURITY_SLOT + kind, cells)


def _breaks(ranges: Iterable[Range]) -> list[Break]:
    """Return every place at which a number passes from one band into the next, rising."""
    breaks: set[Break] = set()
    for bounds in ranges:
        breaks |= {(bounds.low, not bounds.low_included)} if bounds.low is not None else set()
        breaks |= {(bounds.high, bounds.high_included)} if bounds.high is not None else set()
    return sorted(breaks)


def _bands(bounds: Range, breaks: list[Break]) -> range:
    """Return the bands that a range covers."""
    first = 0 if bounds.low is None else breaks.index((bounds.low, not bounds.low_included)) + 1
    last = len(breaks) if bounds.high is None else breaks.index((bounds.high, bounds.high_included))
    return range(first, last + 1)


def _kinds(securities: _Securities, overrides: list[Override]) -> tuple[list[_Kind], NDArray[np.int64]]:
    """Return the kinds of securities that a book has, and the number of its kind for each."""
    names = sorted({code for override in overrides for code in override.securities})
    number = {code: place for place, code in enumerate(names, start=1)}
    named = np.array([number.get(code, 0) for code in securities.codes], dtype=np.int64)
    mixed = (securities.group * len(BOARD_CELLS) + securities.cell) * 2 + securities.over
    _, firsts, kind = np.unique(mixed * (len(names) + 1) + named, return_index=True, return_inverse=True)
    kinds = [
        _Kind(
            group=([*GROUPS, None])[securities.group[code]],
            boards=BOARD_CELLS[securities.cell[code]],
            over=bool(securities.over[code]),
            code=securities.codes[code] if named[code] else None,
        )
        for code in firsts
    ]
    return kinds, kind.astype(np.int64)


def _cells_of(
    table: LimitTable, kinds: list[_Kind], ratios: list[Break], amounts: list[Break], shape: tuple[int, ...]
) -> NDArray[np.uint16]:
    """Return the lowest limit of the rows that fit each cell; for one security an override goes before them."""
    cells = np.full(shape, NO_LIMIT_BP, dtype=np.uint16)
    for row in table.rows:
        clients = [place for place, client in enumerate(ClientType) if not row.clients or client.value in row.clients]
        place = np.ix_(clients, _bands(row.ratio_bp, ratios), _bands(row.amount_milli, amounts), _slots(row, kinds))
        cells[place] = np.minimum(cells[place], _cell(row.limit_bp))
    for override in table.overrides:
        for number, kind in enumerate(kinds):
            if kind.is_named(override):
                cells[:, _bands(override.ratio_bp, ratios), :, SECURITY_SLOT + number] = _cell(override.limit_bp)
    return cells


def _cell(limit_bp: int | None) -> int:
    return NO_LIMIT_BP if limit_bp is None else limit_bp


def _slots(row: LimitRow, kinds: list[_Kind]) -> list[int]:
    """Return the slots that a row is about."""
    if row.scope is Scope.CLASS:
        return [CLASS_SLOT + place for place, group in enumerate(GROUPS) if not row.classes or group in row.classes]
    if row.scope is Scope.BOARD:
        return [BOARD_SLOT + place for place, group in enumerate(BoardGroup) if not row.boards or group in row.boards]
    return [SECURITY_SLOT + number for number, kind in enumerate(kinds) if kind.fits(row)]


def _stacked(built: list[_Built]) -> Limits:
    """Return the limits of all policies in one set of columns, each axis as long as the longest."""
    sizes = [max((one.cells.shape[axis] for one in built), default=1) for axis in (1, 2, 3)]
    cells = np.full((len(built), N_CLIENTS, *sizes), NO_LIMIT_BP, dtype=np.uint16)
    for place, one in enumerate(built):
        cells[place, :, : one.cells.shape[1], : one.cells.shape[2], : one.cells.shape[3]] = one.cells
    checks = [one.concentration.check if one.concentration else None for one in built]
    slots = [one.slot for one in built]
    return Limits(
        is_limited=np.array([bool(one.concentration and one.concentration.tables) for one in built], dtype=np.bool_),
        exempt_without_debt=np.array([check is None or check.exempt_without_debt for check in checks], dtype=np.bool_),
        row_by=np.array([0 if check is None else list(RowBy).index(check.row_by) for check in checks], dtype=np.uint8),
        ratio_bp=_padded([[bound for bound, _ in one.ratios] for one in built], sizes[0] - 1),
        ratio_upper=_padded([[not after for _, after in one.ratios] for one in built], sizes[0] - 1),
        ratio_count=np.array([len(one.ratios) for one in built], dtype=np.int64),
        amount_milli=_padded([[bound for bound, _ in one.amounts] for one in built], sizes[1] - 1),
        amount_upper=_padded([[not after for _, after in one.amounts] for one in built], sizes[1] - 1),
        amount_count=np.array([len(one.amounts) for one in built], dtype=np.int64),
        slot=np.concatenate(slots).astype(np.uint16) if slots else np.zeros(0, dtype=np.uint16),
        limit_bp=cells.reshape(-1, sizes[2]),
        least_bp=cells[..., SECURITY_SLOT:].min(axis=-1, initial=NO_LIMIT_BP).reshape(-1),
    )


def _padded(rows: Sequence[Sequence[int]], width: int) -> NDArray[np.int64]:
    padded = np.zeros((len(rows), width), dtype=np.int64)
    for place, row in enumerate(rows):
        padded[place, : len(row)] = row
    return padded
