"""The mark as sparse products in SciPy: accounts × securities in int64 times one column for each sum.

The products, one for value, counted value, each group and each board, are SciPy's; the largest position is NumPy's, and
the rest are NumPy expressions over the sums. No falls, no sales that cure, no securities that may leave, no breaches.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from bench.peers.work import BOARDS, COLUMNS, LIMITED, LIQUIDATION, NO_CODE, PARTS, WARNING, Work
from rongheng.basics.account_tables import GROUPS

Int64 = NDArray[np.int64]
BP = 10_000


class SciPy:
    """The book as a sparse matrix, built once."""

    def __init__(self, work: Work) -> None:
        self.work = work
        accounts, securities = len(work.cash), len(work.price)
        data, indices = work.quantity.astype(np.int64), work.code.astype(np.int32)
        self.held = csr_array((data, indices, work.starts), shape=(accounts, securities))
        count = len(work.amount)
        starts = np.searchsorted(work.contract_owner, np.arange(accounts + 1))
        ones = np.ones(count, dtype=np.int64)
        self.owed = csr_array((ones, np.arange(count), starts), shape=(accounts, count))

    def assets(self) -> pl.DataFrame:
        """Return assets alone."""
        securities = self.held @ self.work.price
        return pl.DataFrame({"assets": self.work.cash + self.work.other_collateral + securities})

    def everything(self) -> pl.DataFrame:
        """Return the columns of the mark for every account."""
        work = self.work
        on_group = [np.where(work.group == place, work.price, 0) for place in range(len(GROUPS))]
        is_dual = np.isin(work.board, [BOARDS.index("star"), BOARDS.index("chinext")])
        on_board = [np.where(work.board == BOARDS.index(name), work.price, 0) for name in LIMITED]
        weights = [work.price, work.price * work.haircut, *on_group, *on_board]
        sums = self.held @ np.column_stack(weights)
        columns = {"securities": sums[:, 0], "counted": sums[:, 1]}
        columns |= {name: sums[:, 2 + place] for place, name in enumerate(PARTS[:-2])}
        columns["largest"], columns["largest_security"] = self._largest()
        columns |= self._contracts(is_dual)
        return pl.DataFrame(_marked(columns, work)).select(COLUMNS)

    def _largest(self) -> tuple[Int64, Int64]:
        work = self.work
        value = work.quantity * work.price[work.code]
        first = np.zeros(len(work.cash), dtype=np.int64)  # of equal values the smallest code
        some = np.flatnonzero(np.diff(work.starts))
        first[some] = np.maximum.reduceat(value << 16 | (NO_CODE - work.code.astype(np.int64)), work.starts[some])
        return first >> 16, NO_CODE - (first & NO_CODE)

    def _contracts(self, is_dual: NDArray[np.bool_]) -> dict[str, Int64]:
        work, short = self.work, self.work.is_short
        value = work.contract_quantity * work.price[work.contract_code]
        haircut = work.haircut[work.contract_code]
        profit = np.where(short, work.amount - value, value - work.amount)
        counted = profit * np.where(profit > 0, haircut, BP)
        bound = np.where(short, value, work.amount) * work.ratio
        taken = np.where(short, work.amount * BP, value * haircut)
        columns = {
            "financing": np.where(short, 0, work.amount),
            "short": np.where(short, value, 0),
            "proceeds": np.where(short, work.amount, 0),
            "interest": work.interest,
            "change": counted - bound - taken,
            "dual_short": np.where(short & is_dual[work.contract_code], value, 0),
        }
        sums = self.owed @ np.column_stack(list(columns.values()))
        return {name: sums[:, place] for place, name in enumerate(columns)}


def _marked(sums: dict[str, Int64], work: Work) -> dict[str, Int64]:
    assets = work.cash + work.other_collateral + sums["securities"]
    debt = sums["financing"] + sums["short"] + sums["interest"] + work.other_debt
    owes = np.maximum(debt, 1)
    dual = np.maximum(sums["board_star"] + sums["board_chinext"] - sums["dual_short"], 0)
    margin = (work.cash * BP + sums["counted"] + sums["change"] - (sums["interest"] + work.other_debt) * BP) // BP
    row = _row(assets, debt, dual, work)
    warning, liquidation = work.lines[WARNING][row], work.lines[LIQUIDATION][row]
    free = work.cash - sums["proceeds"] - work.frozen
    limit = np.where(debt > 0, (assets * BP - work.withdrawal * debt) // BP, margin)
    lacking = warning * debt - assets * BP
    state = np.full(len(debt), 2)
    state[assets * BP > debt * work.withdrawal] = 1
    state[assets * BP < debt * warning] = 3 + WARNING
    state[assets * BP < debt * liquidation] = 3 + LIQUIDATION
    state[debt == 0] = 0
    there, net = np.maximum(assets, 1), np.maximum(assets - debt, 1)
    parts = sums | {"dual": dual}
    shares = {f"share_{name}": np.where(assets > 0, -(-parts[name] * BP // there), 0) for name in PARTS}
    return (
        sums
        | shares
        | {
            "assets": assets,
            "debt": debt,
            "leverage": np.where((debt > 0) & (assets > debt), -(-assets * BP // net), 0),
            "margin": margin,
            "row": row,
            "ratio": np.where(debt > 0, assets * BP // owes, 0),
            "withdrawable": np.maximum(np.minimum(np.minimum(margin, free), limit), 0),
            "state": state,
            "cash_to_cure": np.maximum(-((-lacking) // BP), 0),
            "repay_to_cure": np.maximum(-((-lacking) // np.maximum(warning, 1)), 0),
        }
    )


def _row(assets: Int64, debt: Int64, dual: Int64, work: Work) -> Int64:
    row = np.full(len(debt), work.rows)
    for place in range(work.rows - 1, 0, -1):
        row[dual * BP <= work.upper_share[place] * assets] = place
    row[(debt == 0) | (assets * BP > work.wake * debt)] = 0
    return row
