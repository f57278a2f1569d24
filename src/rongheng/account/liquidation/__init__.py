"""Forced sales: what is sold of an account, in which order, under lots, limits, halts and T+1.

A plan is made from marks (``liquidate``), shown as tables, and can be filled into a new book; what clients pay is paid
into one (``pay_in``).
"""

from rongheng.account.liquidation.fill import fill
from rongheng.account.liquidation.paid import PaidIn, pay_in
from rongheng.account.liquidation.plan import Outcome, Plan, SaleOrder, liquidate
from rongheng.account.liquidation.tables import Unsold, orders_of, outcomes_of, unsold_of
from rongheng.account.liquidation.venue import SaleTerms

__all__ = [
    "Outcome",
    "PaidIn",
    "Plan",
    "SaleOrder",
    "SaleTerms",
    "Unsold",
    "fill",
    "liquidate",
    "orders_of",
    "outcomes_of",
    "pay_in",
    "unsold_of",
]
