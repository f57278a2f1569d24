"""The alias table: which printed name means which column, and what a user's own file adds to it.

The names are data (``aliases.yaml``). What does not live here: whole layouts (``layouts``) and units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from rongheng.basics.errors import UsageError
from rongheng.basics.tables import TABLES
from rongheng.basics.text import Text
from rongheng.market.sources.files.wording import Spelling, fold, spellings

DATE, INDEX, MARKET, SECURITY, CONTRACT = "date", "index", "market", "security", "contract"
KEYS = (DATE, INDEX, MARKET, SECURITY, CONTRACT)


@dataclass(frozen=True)
class Aliases:
    """Names by what they mean; every name is folded (``wording.fold``)."""

    columns: Mapping[str, str]  # → column, or table.column
    ignored: Mapping[str, Text]  # → the reason
    prefixes: frozenset[str]
    unit_labels: frozenset[str]
    metadata_labels: frozenset[str]
    footers: tuple[str, ...]
    totals: frozenset[str]  # what rows of totals are called
    markets: Mapping[str, str]  # → SSE, SZSE, …
    market_words: Mapping[str, str]  # words in titles → SSE, SZSE, …
    printed: Mapping[str, str]  # the names as printed

    def meaning(self, header: str) -> tuple[str, str | None] | None:
        """Return the column that a header means, with the unit beside it; ``None`` when the table does not know it."""
        for spelling in self.readings(header):
            column = self.columns.get(fold(spelling.name))
            if column is not None:
                return column, spelling.unit
        return None

    def readings(self, header: str) -> list[Spelling]:
        """Return the readings of a header, the most literal first."""
        return list(spellings(header, prefixes=self.prefixes))

    def reason_ignored(self, header: str) -> Text | None:
        """Return why a column of that header is left out, or ``None``."""
        return next((why for s in self.readings(header) if (why := self.ignored.get(fold(s.name)))), None)


@cache
def _shipped() -> dict[str, Any]:
    text = files("rongheng.market.sources.files").joinpath("aliases.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)
    return loaded


def load_aliases(extra: Path | None = None) -> Aliases:
    """Return the alias table that ships, extended by a user's YAML file.

    Raises
    ------
    UsageError
        When the user's file is not there, is not YAML, or names a column that no table has.
    """
    shipped = _shipped()
    columns, printed = _columns(shipped["columns"], file="aliases.yaml")
    ignored = {fold(name): Text(why["zh"], why["en"]) for name, why in shipped["ignored"].items()}
    if extra is not None:
        own = _own(extra)
        own_columns, own_printed = _columns(own.get("columns", {}), file=str(extra))
        columns |= own_columns
        printed |= own_printed
        ignored |= {fold(name): Text(str(why), str(why)) for name, why in own.get("ignored", {}).items()}
    return Aliases(
        columns=columns,
        ignored=ignored,
        prefixes=frozenset(map(fold, shipped["prefixes"])),
        unit_labels=frozenset(map(fold, shipped["metadata"]["unit"])),
        metadata_labels=frozenset(map(fold, shipped["metadata"]["other"])),
        footers=tuple(map(fold, shipped["footers"])),
        totals=frozenset(map(fold, shipped["totals"])),
        markets={fold(name): market for market, names in shipped["markets"].items() for name in names},
        market_words={word: market for market, words in shipped["market_words"].items() for word in words},
        printed=printed,
    )


def _columns(named: Mapping[str, list[str] | str], *, file: str) -> tuple[dict[str, str], dict[str, str]]:
    found: dict[str, str] = {}
    printed: dict[str, str] = {}
    for column, names in named.items():
        _check_column(column, file=file)
        for name in [names] if isinstance(names, str) else names:
            known = found.setdefault(fold(name), column)
            if known != column:
                raise UsageError(
                    f"{file}: the name {name!r} stands under {known} and under {column}; keep one of them."
                )
            printed[fold(name)] = name
    return found, printed


def _check_column(column: str, *, file: str) -> None:
    table, dot, name = column.rpartition(".")
    tables = [TABLES[table]] if dot and table in TABLES else [] if dot else list(TABLES.values())
    if column in KEYS or any(name in known.by_name for known in tables):
        return
    known_names = sorted({one for known in TABLES.values() for one in known.by_name})
    raise UsageError(f"{file}: no table has a column {column!r}. There are: date, {', '.join(known_names)}.")


def _own(path: Path) -> dict[str, Any]:
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The alias file {path} cannot be read: {error}.") from None
    except yaml.YAMLError as error:
        raise UsageError(f"The alias file {path} is not YAML: {' '.join(str(error).split())}.") from None
    shape = "columns:\n  collateral_total: [担保品合计]\nignored:\n  备注: free text"
    if not isinstance(loaded, dict) or not set(loaded) <= {"columns", "ignored"}:
        raise UsageError(f"The alias file {path} must have `columns` and `ignored` alone, like:\n{shape}")
    if not all(isinstance(part, dict) for part in loaded.values()):
        raise UsageError(f"The alias file {path}: `columns` and `ignored` must be mappings, like:\n{shape}")
    return loaded
