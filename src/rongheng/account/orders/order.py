"""One order, as a value; a column of them is a frame of the table of orders (``basics.account_tables.ORDERS``)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rongheng.basics.account_tables import Business


@dataclass(frozen=True, slots=True)
class Order:
    """What a client asks for (委托); the fields are the columns of the table of orders.

    ``price_milli`` is None for an order at market; ``amount_milli`` is the cash of a withdrawal or a repayment;
    ``contract_id`` and ``due`` say which contract a roll-over extends, and until when.
    """

    business: Business
    account_id: str
    security: str | None = None
    quantity: int = 0
    price_milli: int | None = None
    amount_milli: int = 0
    contract_id: str | None = None
    due: date | None = None
    order_id: str = "order"
