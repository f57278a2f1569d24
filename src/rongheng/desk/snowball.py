"""Snowballs at the desk: which files go into a valuation, and which closes into a replay.

What lives here: files, a lake and markets put together. What does not: any arithmetic
(``market.derivatives.snowball``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from rongheng.basics.errors import BookError, MissingDataError, UsageError
from rongheng.basics.grades import Grade
from rongheng.basics.ids import find_index
from rongheng.basics.ids import index as index_of
from rongheng.basics.text import Text
from rongheng.market.derivatives.snowball import (
    Contracts,
    Discounting,
    Inventory,
    Simulated,
    SnowballMarket,
    check_contracts,
    hedging_curve,
    illustrative_inventory,
    illustrative_ladder,
    read_contracts,
    read_market,
    replay,
    simulate,
    value_book,
)
from rongheng.market.derivatives.snowball.ladder import NAME as ILLUSTRATIVE
from rongheng.market.derivatives.snowball.sensitivities import priced
from rongheng.market.indicators.contract import indices_in
from rongheng.market.series import Frames
from rongheng.market.sources import read_file
from rongheng.market.store import Lake


@dataclass(frozen=True)
class Opened:
    """Contracts of a file, checked against a market, and the grade of what follows from both."""

    contracts: Contracts
    market: SnowballMarket
    grade: Grade = Grade.ESTIMATED


def open_snowballs(
    contracts: Path,
    market: Path,
    *,
    discounting: Discounting | None = None,
    scale: float = 1.0,
    shift: float = 0.0,
) -> Opened:
    """Read contracts and their market; the file ``illustrative`` is the ladder that ships with the package.

    Parameters
    ----------
    discounting : instead of the market file's convention
    scale, shift : of the illustrative ladder: all notionals, and all lines by a share; a file stands as it is

    Raises
    ------
    BookError
        No contract can be valued.
    """
    found = read_market(market)
    if discounting is not None:
        found = replace(found, discounting=discounting)
    checked = check_contracts(_read(contracts, scale, shift), found, where=str(contracts))
    if not checked.frame.height:
        raise BookError(f"{contracts}: no contract can be valued. {_first(checked.problems)}")
    return Opened(checked, found)


def open_on_a_session(
    contracts: Path,
    lake: Lake,
    *,
    as_of: date | None = None,
    discounting: Discounting | None = None,
    scale: float = 1.0,
    shift: float = 0.0,
) -> Opened:
    """Read contracts and value them with what a lake knew of a session; the ladder is followed up to it.

    Raises
    ------
    UsageError, DataError, BookError
        As :func:`open_snowballs`; or the lake does not reach to the session, or nothing is known of snowballs by then.
    """
    frames = Frames(lake, as_of=as_of)
    if str(contracts) == ILLUSTRATIVE:
        frames.inventory = illustrative_inventory(scale=scale, shift=shift)
    else:
        _refuse_changes(contracts, scale, shift)
        frames.inventory = inventory_of(contracts, frames)
    day = frames.snowball_day()
    if day is None:
        raise MissingDataError(
            f"Nothing of {frames.inventory.name.en} can be valued on {frames['panel']['session'][-1]}: it speaks from "
            f"{frames.inventory.known} on, while one contract is alive. Ask for another session with --as-of."
        )
    market = day.market if discounting is None else replace(day.market, discounting=discounting)
    return Opened(Contracts(day.contracts, frames.inventory.problems), market, day.grade)


def inventory_of(contracts: Path, frames: Frames) -> Inventory:
    """Return a file of contracts as they stand on the last session of the frames' panel, checked against that market.

    Raises
    ------
    UsageError, DataError
        The file is not there, of another kind, or cannot be read.
    BookError
        No contract can be valued.
    """
    panel = frames["panel"]
    session = panel["session"][-1]
    read = read_contracts(contracts)
    wanted = {index.key for name in read["index"] if (index := find_index(name))} if "index" in read else set()
    names = [index.key for index in indices_in(panel) if index.key in wanted]
    checked = check_contracts(read, frames.snowball_market(names), where=str(contracts))
    if not checked.frame.height:
        raise BookError(f"{contracts}: no contract can be valued. {_first(checked.problems)}")
    name = Text(f"清单 {contracts.name}", f"the inventory {contracts.name}")
    return Inventory(name, checked.frame, stated=session, known=session, problems=checked.problems)


def _read(contracts: Path, scale: float, shift: float) -> pl.DataFrame:
    if str(contracts) == ILLUSTRATIVE:
        return illustrative_ladder(scale=scale, shift=shift)
    _refuse_changes(contracts, scale, shift)
    return read_contracts(contracts)


def _refuse_changes(contracts: Path, scale: float, shift: float) -> None:
    if (scale, shift) != (1.0, 0.0):
        raise UsageError(f"--scale and --shift change the illustrative ladder alone; {contracts} stands as it is.")


def price_snowballs(opened: Opened) -> pl.DataFrame:
    """Return worth and slopes of every contract."""
    return priced(opened.contracts.frame, opened.market)


def simulate_snowballs(opened: Opened, *, paths: int, seed: int) -> list[Simulated]:
    """Return every contract's simulated worth and delta, in their order."""
    frame = opened.contracts.frame
    return [simulate(frame[row], opened.market, paths=paths, seed=seed) for row in range(frame.height)]


def value_snowballs(opened: Opened, out: Path | None) -> pl.DataFrame:
    """Return every contract's worth, slopes and hedge, and leave them in ``out``, the Problems beside it.

    Raises
    ------
    UsageError
        ``out`` ends otherwise than .parquet or .csv.
    """
    if out is not None and out.suffix not in (".parquet", ".csv"):
        raise UsageError(f"--out {out} ends in {out.suffix or 'nothing'}; expected .parquet or .csv.")
    valued = value_book(opened.contracts.frame, opened.market)
    if out is not None:
        _write(valued, out)
        if opened.contracts.problems.height:
            _write(opened.contracts.problems, out.with_name(f"{out.stem}-problems{out.suffix}"))
    return valued


def _write(frame: pl.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        frame.write_csv(path)
    else:
        frame.write_parquet(path)


def hedge_snowballs(opened: Opened, lowest_bp: int, highest_bp: int, step_bp: int) -> pl.DataFrame:
    """Return the hedging curve over moves of the index from the lowest to the highest.

    Raises
    ------
    UsageError
        The moves are empty, or reach to the loss of the whole index.
    """
    if not -10_000 < lowest_bp <= highest_bp:
        raise UsageError(
            f"From {lowest_bp / 100:g}% to {highest_bp / 100:g}% there is no move; give --from under --to."
        )
    moves = [move / 10_000 for move in range(lowest_bp, highest_bp + 1, step_bp)]
    return hedging_curve(opened.contracts.frame, opened.market, moves=moves)


def replay_snowballs(
    opened: Opened, *, files: Sequence[Path], lake: Path | None, last: date | None = None
) -> pl.DataFrame:
    """Return the events of every session after the market's, to ``last``, on closes from files of indices or a lake."""
    bars = [_closes_of(path) for path in files]
    if not bars and lake is None:
        raise UsageError("A replay needs closes; give --path FILE for each index, or --lake FOLDER.")
    if lake is not None:
        bars.append(Lake(lake).read("index_daily").select("as_of", "index", "close"))
    wanted = pl.concat(bars).filter(pl.col("as_of") > opened.market.session, pl.col("close").is_not_null())
    if last is not None:
        wanted = wanted.filter(pl.col("as_of") <= last)
    paths: dict[str, dict[date, float]] = {}
    for day, code, close in wanted.sort("as_of").iter_rows():
        paths.setdefault(index_of(code).key, {})[day] = close
    return replay(opened.contracts.frame, opened.market, paths)


def _closes_of(path: Path) -> pl.DataFrame:
    """Return the closes that a file of index levels states."""
    for batch in read_file(path):
        if batch.table.name == "index_daily" and "close" in batch.stated:
            return batch.facts.select("as_of", "index", "close")
    raise MissingDataError(f"{path} states no closes of an index. Give daily bars, such as sh000905.csv.")


def _first(problems: pl.DataFrame) -> str:
    if not problems.height:
        return "The file has no rows; add some."
    row = problems.row(0, named=True)
    return f"Row {row['row']}, {row['column']}: {row['found']} {row['reason_en']}. Mend it."
