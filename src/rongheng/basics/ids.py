"""Which index or market is meant: one canonical code and one short key for each, and every spelling that names it.

The catalogue is ``indices.yaml``. Codes of indices carry their publisher (``000300.CSI``), so that 000001 the index and
000001 the bank never meet. No index stands in for another here; where one does, the caller says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import yaml

from rongheng.basics.errors import UsageError
from rongheng.basics.text import Text

MARKETS: dict[str, Text] = {
    "SSE": Text("上海证券交易所", "Shanghai Stock Exchange"),
    "SZSE": Text("深圳证券交易所", "Shenzhen Stock Exchange"),
    "BSE": Text("北京证券交易所", "Beijing Stock Exchange"),
    "SSE+SZSE": Text("沪深两市", "Shanghai and Shenzhen"),
    "ALL": Text("沪深北三市", "Shanghai, Shenzhen and Beijing"),
}


@dataclass(frozen=True, slots=True)
class Anchor:
    """A printed level that a file of this index must show where it covers the days: a check on which index it is."""

    first: date
    last: date
    field: str  # close, high (the highest) or low (the lowest) over the days
    level: float
    source: str


@dataclass(frozen=True, slots=True)
class Index:
    """One index: canonical code, short key (``csi300``), names, and the printed levels that identify it."""

    code: str
    key: str
    label: Text
    total_return: bool
    covers_market: str | None  # its amount traded is that of this whole market
    spellings: tuple[str, ...]
    anchors: tuple[Anchor, ...]
    is_industry: bool = False  # its members make an industry
    in_panel: bool = True  # its bars stand beside the market's figures; others are there to be looked up

    @property
    def prefix(self) -> str:
        """The key as the beginning of a column's name."""
        return self.key.replace("-", "_")


@cache
def indices() -> dict[str, Index]:
    """Return the catalogue by key, in the order in which tables and charts show the indices."""
    text = Path(__file__).with_name("indices.yaml").read_text(encoding="utf-8")
    loaded = yaml.load(text, Loader=yaml.BaseLoader)  # every scalar stays the text that was typed
    catalogue = {}
    for entry in loaded:
        anchors = tuple(
            Anchor(
                first=date.fromisoformat(anchor["first"]),
                last=date.fromisoformat(anchor.get("last", anchor["first"])),
                field=anchor["field"],
                level=float(anchor["level"]),
                source=anchor["source"],
            )
            for anchor in entry.get("anchors", [])
        )
        catalogue[entry["key"]] = Index(
            code=entry["code"],
            key=entry["key"],
            label=Text(entry["zh"], entry["en"]),
            total_return=entry.get("total_return") == "yes",
            covers_market=entry.get("covers_market"),
            spellings=tuple(entry.get("spellings", [])),
            anchors=anchors,
            is_industry=entry.get("is_industry") == "yes",
            in_panel=entry.get("in_panel") != "no",
        )
    return catalogue


@cache
def _by_spelling() -> dict[str, Index]:
    found: dict[str, Index] = {}
    for index in indices().values():
        names = (index.code, index.key, index.prefix, index.label.zh, index.label.en, *index.spellings)
        for name in names:
            known = found.setdefault(_fold(name), index)
            assert known is index, f"{name} names both {known.key} and {index.key}"
    return found


def find_index(spelling: str) -> Index | None:
    """Return the index that a code or name means, or ``None``.

    >>> find_index("sh000300").key, find_index("沪深300").key, find_index("000300.SH").key
    ('csi300', 'csi300', 'csi300')
    """
    return _by_spelling().get(_fold(spelling))


def index(spelling: str) -> Index:
    """Return the index that a code or name means; an unknown one is a ``UsageError`` that lists near ones."""
    found = find_index(spelling)
    if found is None:
        near = get_close_matches(_fold(spelling), _by_spelling(), n=3)
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        raise UsageError(f"No index is called {spelling!r}.{hint} Known: {', '.join(indices())}.")
    return found


def _fold(spelling: str) -> str:
    return spelling.strip().lower().replace("_", "-").replace(" ", "")
