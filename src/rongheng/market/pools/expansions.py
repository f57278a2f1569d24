"""Expansions of the pool of underlying shares, as the rulebook has them.

What lives here: the rule ``exchange.underlying.expansions`` as rows. What does not: what a list of today holds
(``counts``); shares offered under the registration system come on top of these numbers.
"""

from __future__ import annotations

from datetime import date
from typing import cast

import polars as pl

from rongheng.rulebook import Rulebook

RULE = "exchange.underlying.expansions"


def pool_expansions(book: Rulebook | None = None, *, known_at: date | None = None) -> pl.DataFrame:
    """Return the number of underlying shares after each expansion (标的股票扩容), the first row being the start.

    Parameters
    ----------
    known_at : what was announced later is invisible, optional

    Returns
    -------
    ``session``, ``SSE``, ``SZSE`` (null where only the total is known), ``total``, ``document_zh``, ``document_en``.

    Source
    ------
    exchange.underlying.expansions
    """
    entries = (book or Rulebook.load()).rule(RULE).timeline.entries
    rows = []
    for entry in entries:
        if known_at is not None and entry.known > known_at:
            continue
        value = cast(dict[str, int], entry.value)
        document = entry.citations[0].show()
        rows.append((entry.effective, value.get("sse"), value.get("szse"), value["total"], document.zh, document.en))
    names = {"session": pl.Date, "SSE": pl.Int64, "SZSE": pl.Int64, "total": pl.Int64}
    return pl.DataFrame(rows, schema=names | {"document_zh": pl.String, "document_en": pl.String}, orient="row")
