"""An inventory: contracts, the session whose close their state is of, and since when anybody could know them.

What lives here: that record. What does not: how one is read (``files.py``, ``ladder.py``) and followed (``lives.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from rongheng.basics.text import Text
from rongheng.market.derivatives.snowball.contracts import PROBLEMS


@dataclass(frozen=True)
class Inventory:
    """Contracts that can be valued (存续雪球清单); nobody publishes one, so all that rests on it is ``estimated``.

    ``stated`` is the session whose close ``knocked_in`` is of; closes after it move the state on. ``known`` is the
    first session on which a reader could have had it: no session before is judged by it.
    """

    name: Text
    contracts: pl.DataFrame
    stated: date
    known: date
    problems: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PROBLEMS))
