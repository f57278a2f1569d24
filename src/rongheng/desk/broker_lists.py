"""Lists of brokers and exchanges from files: which file is whose, and several files of one broker as one list.

What lives here: naming and joining. What does not: reading a file (``pool_files``) and anything said about a list
(``market.pools``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from rongheng.basics.errors import SourceChangedError, UsageError
from rongheng.basics.text import Text
from rongheng.desk.pool_files import PoolFile, read_pool_file
from rongheng.market.pools.broker_list import BrokerList
from rongheng.market.pools.frames import merge
from rongheng.market.pools.tables import BROKER_LIST, EXCHANGE_LIST

_TOLD = ("haircut_bp", "financing", "short", "financing_ratio_bp", "short_ratio_bp")


def read_broker_lists(named: Sequence[str], *, as_of: date | None = None) -> tuple[list[BrokerList], list[Text]]:
    """Read the lists of some brokers.

    Parameters
    ----------
    named : ``BROKER=FILE``, or ``FILE``, whose name without its ending is then the broker's
        Files of one broker (collateral in one, underlyings in another) are joined by code.
    as_of : the day of the lists, optional

    Returns
    -------
    The lists in the order in which their brokers were first named, and notes on what was left out of the files.

    Raises
    ------
    UsageError
        A file is not there.
    DataError
        A file is wrong, or two files of one broker say different things about one code.
    """
    files: dict[str, list[PoolFile]] = {}
    for words in named:
        broker, path = split_name(words)
        file = read_pool_file(path, BROKER_LIST)
        if all(file.rows[name].null_count() == file.rows.height for name in _TOLD):
            raise SourceChangedError(
                f"{file.where}: neither haircuts nor underlyings nor margin ratios. Expected a column such as 折算率, "
                "融资标的 or 融资保证金比例."
            )
        files.setdefault(broker, []).append(file)
    lists = [
        BrokerList.of(_joined(own), broker=broker, as_of=as_of, where=own[0].where) for broker, own in files.items()
    ]
    return lists, [note for own in files.values() for file in own for note in file.notes]


def split_name(words: str) -> tuple[str, Path]:
    """Return the broker and the file of ``BROKER=FILE`` or ``FILE``.

    >>> split_name("中信证券=lists/a.xlsx"), split_name("lists/gf.csv")
    (('中信证券', PosixPath('lists/a.xlsx')), ('gf', PosixPath('lists/gf.csv')))
    """
    name, sign, file = words.partition("=")
    if not sign:
        return Path(words).stem, Path(words)
    if not name.strip() or not file.strip():
        raise UsageError(f"{words!r} names no broker or no file; write BROKER=FILE.")
    return name.strip(), Path(file.strip())


def read_exchange_lists(paths: Sequence[Path]) -> tuple[pl.DataFrame, list[Text]]:
    """Read lists of the exchanges (collateral, underlyings) and return them as one table.

    A file that says of no security whether it is an underlying is a list of collateral: everything in it is.
    """
    files = [read_pool_file(path, EXCHANGE_LIST) for path in paths]
    parts = [(file.where, _as_collateral(file.rows)) for file in files]
    return merge(parts, EXCHANGE_LIST), [note for file in files for note in file.notes]


def _as_collateral(rows: pl.DataFrame) -> pl.DataFrame:
    told = [name for name in ("collateral", "financing", "short") if rows[name].null_count() < rows.height]
    return rows if told else rows.with_columns(pl.lit(value=True).alias("collateral"))


def _joined(files: Sequence[PoolFile]) -> pl.DataFrame:
    return merge([(file.where, file.rows) for file in files], BROKER_LIST)
