"""A plan as tables: the orders for the counter, how each account ends, and what could not be sold.

What lives here: the columns and how they are filled. What does not: files and what is printed (the desk, the command
line). Amounts are milli-yuan, ratios basis points; a null means what its column's label says.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.liquidation.kernels import TRADE, charges
from rongheng.account.liquidation.plan import Outcome, Plan
from rongheng.account.liquidation.settlement import ASSETS, CASH, MONEY, SHORT
from rongheng.account.liquidation.venue import Bar
from rongheng.account.marks.arithmetic import NOT_CURABLE, sale_to_cure_milli
from rongheng.basics.account_tables import Business
from rongheng.basics.money import BP, PPM

Int64 = NDArray[np.int64]
ORDERS: Final = {
    "account_id": pl.String(),
    "sequence": pl.Int64(),
    "business": pl.String(),
    "security": pl.String(),
    "quantity": pl.Int64(),
    "price_milli": pl.Int64(),
    "amount_milli": pl.Int64(),
    "costs_milli": pl.Int64(),
    "contract_id": pl.String(),
}


class Unsold(StrEnum):
    """Why a security of an account that is still short of its target was not sold, or not all of it."""

    SUSPENDED = "suspended"
    NO_TURNOVER = "no_turnover"
    AT_LIMIT = "at_limit"
    NOT_AVAILABLE = "not_available"  # bought today (T+1), or frozen
    NO_ROOM = "no_room"  # the day takes no more
    DOES_NOT_LIFT = "does_not_lift"  # the sale would cost more than it brings nearer


def orders_of(plan: Plan) -> pl.DataFrame:
    """Return the orders of a plan in the order in which they go, account by account.

    Sales are 卖券还款, purchases that cover shorts 买券还券; prices are limits.
    """
    layout, venue = plan.marks.book.layout, plan.venue
    account, is_purchase, place, quantity = (plan.trades[name].to_numpy() for name in TRADE)
    buys = is_purchase == 1
    code, contract = np.zeros(len(place), dtype=np.int64), np.zeros(len(place), dtype=np.int64)
    code[~buys] = layout.code[plan.place[place[~buys]]]
    contract[buys] = plan.short[place[buys]]
    code[buys] = layout.contract_code[contract[buys]]
    price = np.where(buys, venue.buy_price_milli[code], venue.sell_price_milli[code])
    costs = np.zeros(len(code), dtype=np.int64)
    charges(quantity * price, ~buys, venue.is_share[code], plan.rates, costs)
    frame = pl.DataFrame(
        {
            "account_id": plan.marks.book.accounts["account_id"].gather(plan.rows[account]),
            "business": np.where(buys, Business.BUY_TO_COVER.value, Business.SELL_TO_REPAY.value),
            "security": plan.marks.book.securities.gather(code),
            "quantity": quantity,
            "price_milli": price,
            "amount_milli": quantity * price,
            "costs_milli": costs,
            "contract_id": plan.marks.book.contracts["contract_id"].gather(
                pl.Series(contract).set(pl.Series(~buys), None)
            ),
            "account": account,
        }
    )
    numbered = frame.with_columns(sequence=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("account"))
    return numbered.select(list(ORDERS)).cast(pl.Schema(ORDERS))


def outcomes_of(plan: Plan) -> pl.DataFrame:
    """Return one row for each account: where it stood, what was done, where it stands, and what is left to do."""
    orders = (
        orders_of(plan)
        .group_by("account_id")
        .agg(
            sold_milli=pl.col("amount_milli").filter(pl.col("business") == Business.SELL_TO_REPAY.value).sum(),
            bought_milli=pl.col("amount_milli").filter(pl.col("business") == Business.BUY_TO_COVER.value).sum(),
            costs_milli=pl.col("costs_milli").sum(),
        )
    )
    marks, before, after = plan.marks, plan.before, plan.after
    rows = pl.DataFrame(
        {
            "account_id": marks.book.accounts["account_id"].gather(plan.rows),
            "policy": marks.book.accounts["policy"].gather(plan.rows).cast(pl.String()),
            "target_bp": pl.Series(np.where(plan.stops_at_target, plan.target_bp, 0)),
            "ratio_before_bp": _ratios(before),
            "ratio_after_bp": _ratios(after),
            "debt_before_milli": before[:, MONEY] + before[:, SHORT],
            "debt_after_milli": after[:, MONEY] + after[:, SHORT],
            "cash_repaid_milli": plan.repaid_from_cash,
            "repaid_milli": plan.repaid,
            "outcome": [outcome.value for outcome in plan.outcomes],
            "hopeless": plan.hopeless,
            "remainder_milli": _remainders(plan),
            "bad_debt_milli": _bad_debts(plan),
        }
    )
    joined = rows.join(orders, on="account_id", how="left", maintain_order="left")
    amounts = ("sold_milli", "bought_milli", "costs_milli")
    joined = joined.with_columns(pl.col(amounts).fill_null(0), pl.col("target_bp").replace(0, None))
    return joined.select(*rows.columns[:8], *amounts, *rows.columns[8:])


def unsold_of(plan: Plan) -> pl.DataFrame:
    """Return what accounts still short of their target hold, and why it was not sold."""
    layout, venue = plan.marks.book.layout, plan.venue
    owner = np.repeat(np.arange(len(plan.rows)), np.diff(plan.sale_starts))
    kinds = list(Outcome)
    short_of = np.isin(plan.outcome, [kinds.index(Outcome.CARRIED), kinds.index(Outcome.EXHAUSTED)])[owner]
    code = layout.code[plan.place].astype(np.int64)
    quantity = _quantities(plan)
    rest = quantity - plan.sold
    rows = np.flatnonzero(short_of & (rest > 0))
    taken = np.zeros(len(venue.sell_room), dtype=np.int64)
    np.add.at(taken, code, plan.sold)
    room = venue.sell_room - taken
    bar = venue.sell_bar.gather(code[rows]).to_list()
    reasons = [
        _reason(bar[k], plan.available[i] - plan.sold[i], room[code[i]], venue.least[code[i]])
        for k, i in enumerate(rows)
    ]
    return pl.DataFrame(
        {
            "account_id": plan.marks.book.accounts["account_id"].gather(plan.rows[owner[rows]]),
            "security": plan.marks.book.securities.gather(code[rows]),
            "quantity": rest[rows],
            "reason": pl.Series([reason.value for reason in reasons], dtype=pl.String),
        }
    )


def _reason(bar: str, available: int, room: int, least: int) -> Unsold:
    if bar != Bar.NONE.value:
        return Unsold(bar)
    if available <= 0:
        return Unsold.NOT_AVAILABLE
    return Unsold.NO_ROOM if room < min(least, available) else Unsold.DOES_NOT_LIFT


def _quantities(plan: Plan) -> Int64:
    if not len(plan.place):
        return np.zeros(0, dtype=np.int64)
    first = int(plan.place.min())
    return plan.marks.book.layout.quantities(first, int(plan.place.max()) + 1)[plan.place - first]


def _ratios(state: Int64) -> pl.Series:
    """Return the maintenance ratio of each state, rounded down; null without debt."""
    debt = state[:, MONEY] + state[:, SHORT]
    ratio = state[:, ASSETS] * BP // np.maximum(debt, 1)
    return pl.Series(ratio).set(pl.Series(debt == 0), None)


def _securities_after(plan: Plan) -> Int64:
    other = plan.marks.book.layout.other_collateral_milli[plan.rows]
    after: Int64 = plan.after[:, ASSETS] - plan.after[:, CASH] - other
    return after


def _remainders(plan: Plan) -> pl.Series:
    """Return what is still to be sold; null where nothing is, everything where no sale restores the target."""
    still, kinds = _securities_after(plan), list(Outcome)
    values: list[int | None] = []
    for k, outcome in enumerate(plan.outcome):
        assets, money, short = (int(plan.after[k, place]) for place in (ASSETS, MONEY, SHORT))
        if kinds[outcome] is not Outcome.CARRIED:
            values.append(None)
            continue
        target = int(plan.target_bp[k]) if plan.stops_at_target[k] and not plan.hopeless[k] else 0
        sale = NOT_CURABLE
        if target:
            sale = int(sale_to_cure_milli(int(still[k]), assets, money + short, 0, target, plan.costs.sale_ppm))
        values.append(int(still[k]) if sale == NOT_CURABLE else sale)
    return pl.Series(values, dtype=pl.Int64)


def _bad_debts(plan: Plan) -> Int64:
    """Return the debt that remains when everything is sold at today's prices, rounded up."""
    still = _securities_after(plan)
    lost = -(-still * plan.costs.sale_ppm // PPM)
    debt = plan.after[:, MONEY] + plan.after[:, SHORT]
    bad: Int64 = np.maximum(debt - plan.after[:, ASSETS] + lost, 0)
    return bad
