"""Pre-trade checks: whether an order may go out, the largest that may, and what would make it pass.

>>> import rongheng.account.orders as orders
>>> orders.Order(orders.Business.WITHDRAWAL, "A-17", amount_milli=1_000).amount_milli
1000
"""

from rongheng.account.orders.batch import Answers, check_frame
from rongheng.account.orders.check import check_order
from rongheng.account.orders.checks import Check
from rongheng.account.orders.gate import Gate, open_gate
from rongheng.account.orders.order import Order
from rongheng.account.orders.verdict import Line, Outcome, Verdict
from rongheng.basics.account_tables import Business

__all__ = [
    "Answers",
    "Business",
    "Check",
    "Gate",
    "Line",
    "Order",
    "Outcome",
    "Verdict",
    "check_frame",
    "check_order",
    "open_gate",
]
