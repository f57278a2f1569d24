"""Answer orders at the gate: one at a time with every rule that speaks, or a column of them.

What lives here: turning orders into the kernel's columns and running it. What does not: the gate (``gate.py``), the
arithmetic (``kernels.py``), and the words of a verdict (``verdict.py``).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from rongheng.account.orders.checks import NONE
from rongheng.account.orders.columns import N_CHECKS, N_SUMS, AnswersOut, Int64, OrdersIn
from rongheng.account.orders.day import BUSINESSES, MARKETS, days_since_1970
from rongheng.account.orders.gate import CASH_ALONE, Gate
from rongheng.account.orders.kernels import check_orders
from rongheng.account.orders.order import Order
from rongheng.account.orders.uses import N_USES
from rongheng.account.orders.verdict import Verdict
from rongheng.basics.account_tables import Business
from rongheng.basics.compiled import is_compiled
from rongheng.basics.errors import UsageError
from rongheng.basics.money import AMOUNT_LIMIT_MILLI, PRICE_LIMIT_MILLI, QUANTITY_LIMIT
from rongheng.rulebook.scalars import Duration

CONTRACT_TERM = "exchange.order.contract_term"
ROLL_OVER = "exchange.order.roll_over"
_NUMBER_OF = {business: number for number, business in enumerate(BUSINESSES)}


def check_order(gate: Gate, order: Order) -> Verdict:
    """Return whether an order may go out, with every rule that speaks (委托检查).

    One that names a security by a code of before it changed is about the new one; the verdict's order says so.

    Raises
    ------
    UsageError
        The order is not complete, or names an account, a security or a contract that is not there.
    BookError
        The account is quarantined or could not be marked; the message says why.
    """
    row = gate.row_of(order.account_id)
    if order.security is not None and order.security in gate.called:
        order = replace(order, security=gate.called[order.security])
    contract = _contract(gate, order, row)
    code = _code(gate, order, contract)
    _require_size(order)
    columns = np.array(
        [
            row,
            _NUMBER_OF[order.business],
            code,
            order.amount_milli if order.business in CASH_ALONE else order.quantity,
            order.price_milli or 0,
            contract,
            NONE if order.due is None else days_since_1970(order.due),
            _latest_due(gate, order, code, contract),
        ],
        dtype=np.int64,
    ).reshape(-1, 1)
    out = np.zeros((len(AnswersOut._fields), 1), dtype=np.int64)
    numbers, sums, used = workspace()
    check_orders(
        0,
        1,
        days_since_1970(gate.today.session),
        OrdersIn(*columns),
        gate.securities_in,
        gate.terms_in,
        gate.accounts_in,
        gate.debts_in,
        gate.waiting_in,
        gate.ties_in,
        AnswersOut(*out),
        numbers,
        sums,
        used,
    )
    asked, refused_by, warned, largest, used, left = out[:, 0].tolist()
    return Verdict(gate, order, row, code, asked, refused_by, warned, largest, used, left, numbers[0])


def checks_are_ready() -> bool:
    """Say whether the kernel of the checks need not be compiled any more on this machine."""
    return is_compiled(check_orders)


def workspace() -> tuple[Int64, Int64, Int64]:
    """Return what one call of the kernel works in: the numbers of one order, sums, and what pending orders use."""
    numbers = np.zeros((1, N_CHECKS, 2), dtype=np.int64)
    return numbers, np.zeros(N_SUMS, dtype=np.int64), np.zeros(N_USES, dtype=np.int64)


def _contract(gate: Gate, order: Order, row: int) -> int:
    """Return the place of the contract that a roll-over names, or -1."""
    if order.business is not Business.ROLL_OVER:
        return -1
    if order.contract_id is None or order.due is None:
        raise UsageError("A roll-over names its contract and the new due day; give contract_id and due.")
    place = gate.contract_of.get(order.contract_id, -1)
    first, last = gate.marks.book.contract_span(row)
    if not first <= place < last:
        raise UsageError(f"Account {order.account_id} has no contract {order.contract_id!r}. Check the id.")
    return place


def _code(gate: Gate, order: Order, contract: int) -> int:
    if order.business in CASH_ALONE:
        return gate.no_security
    if contract >= 0:
        return int(gate.accounts_in.to_code[gate.debts_in.code[contract]])
    if order.security is None:
        raise UsageError(f"An order of {order.business} names its security; give one, such as 600000.SH.")
    code = gate.code_of.get(order.security)
    if code is None:
        raise UsageError(f"The market day {gate.today.session} has no security {order.security!r}. Check the code.")
    return code


def _require_size(order: Order) -> None:
    """Refuse sizes that no account of a broker can have; see the bounds of ``basics.money``."""
    price = order.price_milli
    if price is not None and not 0 < price < PRICE_LIMIT_MILLI:
        raise UsageError(f"The price {price} milli-yuan; expected above 0 and below {PRICE_LIMIT_MILLI}.")
    if order.quantity < 0 or order.quantity >= QUANTITY_LIMIT or order.quantity * (price or 0) >= AMOUNT_LIMIT_MILLI:
        raise UsageError(f"{order.quantity} shares; expected zero or more, for less than 10^11 yuan.")
    if not 0 <= order.amount_milli < AMOUNT_LIMIT_MILLI:
        raise UsageError(f"The amount {order.amount_milli} milli-yuan; expected zero or more, below 10^11 yuan.")


def _latest_due(gate: Gate, order: Order, code: int, contract: int) -> int:
    """Return the latest day on which the contract may be due, as the kernel holds it; NONE where none is asked for."""
    if order.due is None:
        return NONE
    rolled = order.business is Business.ROLL_OVER
    return latest_due(gate, int(gate.day.market[code]), gate.due_of(contract) if rolled else None)


def latest_due(gate: Gate, market: int, due: date | None) -> int:
    """Return the latest day on which a contract may be due, as the kernel holds it; NONE where no rule says it.

    Parameters
    ----------
    due : when the contract that is rolled over is due; None for a new one
    """
    longest: object = None
    if due is not None:
        reading = gate.today.find(ROLL_OVER, MARKETS[market])
        longest = None if reading is None else reading.terms.get("each_at_most")
    else:
        reading = gate.today.find(CONTRACT_TERM, MARKETS[market])
        longest = None if reading is None else reading.duration
    return days_since_1970(longest.after(due or gate.today.session)) if isinstance(longest, Duration) else NONE
