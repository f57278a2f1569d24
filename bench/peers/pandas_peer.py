"""Assets, debt, ratio and state in pandas, in yuan as floats, as a desk's own script would have them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl

from bench.peers.work import LIQUIDATION, WARNING, Work


class Pandas:
    """The book as frames of floats."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.positions = pd.DataFrame({"account": work.owner, "code": work.code, "quantity": work.quantity})
        self.contracts = pd.DataFrame(
            {
                "account": work.contract_owner,
                "is_short": work.is_short,
                "code": work.contract_code,
                "quantity": work.contract_quantity,
                "amount": work.amount / 1000,
                "interest": work.interest / 1000,
            }
        )
        self.price = work.price / 1000

    def judged(self) -> pl.DataFrame:
        """Return assets and debt in yuan, and the state by dividing one by the other, at the fixed lines."""
        work = self.work
        value = self.positions["quantity"] * self.price[self.positions["code"]]
        securities = value.groupby(self.positions["account"]).sum().reindex(range(len(work.cash)), fill_value=0.0)
        owed = self.contracts["quantity"] * self.price[self.contracts["code"]]
        owed = owed.where(self.contracts["is_short"], self.contracts["amount"]) + self.contracts["interest"]
        debt = owed.groupby(self.contracts["account"]).sum().reindex(range(len(work.cash)), fill_value=0.0)
        assets = securities + (work.cash + work.other_collateral) / 1000
        debt = debt + work.other_debt / 1000
        ratio = np.divide(assets, debt, out=np.full(len(debt), np.inf), where=debt.to_numpy() > 0)
        state = states(ratio, debt.to_numpy(), work)
        return pl.DataFrame({"assets": assets.to_numpy(), "debt": debt.to_numpy(), "state": state})


def states(ratio: np.ndarray, debt: np.ndarray, work: Work) -> np.ndarray:
    """Return the states at the fixed lines from a ratio that was divided."""
    state = np.full(len(ratio), 2)
    state[ratio > work.withdrawal / 10_000] = 1
    state[ratio < work.lines[WARNING][0] / 10_000] = 3 + WARNING
    state[ratio < work.lines[LIQUIDATION][0] / 10_000] = 3 + LIQUIDATION
    state[debt == 0] = 0
    return state
