"""The exact twin of a book carried over corporate actions: one account, one day, one share at a time, in fractions.

Written from the rules alone: new shares and cash come on their day and count for nothing before; a borrower owes from
the ex-date; what an account is to get is rounded down, what it owes is rounded up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import ceil, floor

FEN = 10


@dataclass
class Holding:
    quantity: int
    held_back: int = 0
    in_transit: int = 0


@dataclass
class Lent:
    kind: str
    security: str
    quantity: int


@dataclass
class Client:
    cash: int
    frozen: int = 0
    other_debt: int = 0
    holdings: dict[str, Holding] = field(default_factory=dict)
    contracts: dict[str, Lent] = field(default_factory=dict)
    coming: list[Coming] = field(default_factory=list)


@dataclass
class Coming:
    due: date
    kind: str
    security: str
    quantity: int = 0
    amount: int = 0
    contract: str | None = None


@dataclass(frozen=True)
class Event:
    security: str
    ex_date: date
    pay_date: date
    list_date: date
    cash: Fraction = Fraction(0)  # milli-yuan a share
    bonus: Fraction = Fraction(0)
    rights: Fraction = Fraction(0)
    rights_price: int = 0
    compensation: Fraction | None = None
    split: Fraction = Fraction(1)


def pass_days(
    client: Client, events: Iterable[Event], days: Iterable[date], subscribed: Mapping[str, int] | None = None
) -> list[str]:
    """Let the days pass for one client; return what could not be done."""
    refused: list[str] = []
    for day in days:
        for event in events:
            if event.ex_date == day:
                refused += _go_ex(client, event, dict(subscribed or {}).get(event.security))
        _come_in(client, day)
    return refused


def _go_ex(client: Client, event: Event, wanted: int | None) -> list[str]:
    code, refused = event.security, []
    held = client.holdings.get(code)
    contracts = {name: one for name, one in client.contracts.items() if one.security == code}
    if event.split != 1:
        _split(client, event, held, contracts)
        return []
    entitled = floor(held.quantity * event.rights) if held else 0
    brought = held.quantity if held else 0
    for one in contracts.values():
        if one.kind != "short":
            continue
        if event.rights and event.compensation is None:
            refused.append("compensation_unknown")
        owed = one.quantity * (event.cash + (event.compensation or 0))
        client.other_debt += ceil(owed / FEN) * FEN
        one.quantity += ceil(one.quantity * event.bonus)
    if wanted is not None and event.rights:
        cost = wanted * event.rights_price
        if wanted > entitled:
            refused.append("subscribed_above_entitled")
        elif cost > client.cash - client.frozen:
            refused.append("rights_not_paid")
        else:
            assert held is not None
            client.cash -= cost
            held.in_transit += wanted
            client.coming.append(Coming(event.list_date, "shares", code, wanted))
    if held is None:
        return refused
    client.coming.append(Coming(event.pay_date, "cash", code, amount=floor(brought * event.cash / FEN) * FEN))
    more = floor(brought * event.bonus)
    held.in_transit += more
    client.coming.append(Coming(event.list_date, "shares", code, more))
    for name, one in contracts.items():
        if one.kind == "financing":
            part = floor(one.quantity * event.bonus)
            client.coming.append(Coming(event.list_date, "contract", code, part, contract=name))
    return refused


def _split(client: Client, event: Event, held: Holding | None, contracts: Mapping[str, Lent]) -> None:
    if held is not None:
        held.quantity = floor(held.quantity * event.split)
        held.held_back = min(ceil(held.held_back * event.split), held.quantity)
        held.in_transit = floor(held.in_transit * event.split)
    for one in contracts.values():
        exact = one.quantity * event.split
        one.quantity = ceil(exact) if one.kind == "short" else floor(exact)
    for coming in client.coming:
        if coming.security == event.security:
            coming.quantity = floor(coming.quantity * event.split)


def _come_in(client: Client, day: date) -> None:
    due = [coming for coming in client.coming if coming.due <= day]
    client.coming = [coming for coming in client.coming if coming.due > day]
    for coming in due:
        if coming.kind == "cash":
            client.cash += coming.amount
        elif coming.kind == "contract":
            assert coming.contract is not None
            client.contracts[coming.contract].quantity += coming.quantity
        elif coming.quantity:
            held = client.holdings.setdefault(coming.security, Holding(0))
            held.quantity += coming.quantity
            held.in_transit = max(0, held.in_transit - coming.quantity)
