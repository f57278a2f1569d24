"""The exact twin of a forced sale: every quantity tried one after another, in fractions, as the rules read.

Written from the rules alone; it shares no code with the package. Whatever is asked here of an account — is it at its
target? — is asked of the whole account, summed up anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil

STAMP, TRANSFER, COMMISSION, LEAST = Fraction(5, 10_000), Fraction(1, 100_000), Fraction(3, 10_000), 5_000
SALE = STAMP + TRANSFER + COMMISSION


@dataclass(frozen=True)
class Security:
    """What the market says today; ``room`` is what all accounts may still sell, and as much again may be bought."""

    value: int  # what a share counts in the assets and is owed at
    sell: int | None  # the price of a sale; None: it cannot be sold today
    buy: int | None
    is_share: bool = True
    least: int = 100
    step: int = 100


@dataclass(frozen=True)
class Short:
    """Shares owed."""

    security: str
    quantity: int
    proceeds: int


@dataclass
class Account:
    """One account; ``money`` is everything owed but shares, ``order`` what goes first."""

    name: str
    cash: int
    frozen: int
    other: int
    money: int
    target: Fraction | None  # None: until the debt is paid
    held: dict[str, int]
    available: dict[str, int]
    order: list[str]
    shorts: list[Short] = field(default_factory=list)
    covers_first: bool = True

    def assets(self, market: dict[str, Security]) -> int:
        """Cash, securities and other collateral."""
        return self.cash + self.other + sum(q * market[code].value for code, q in self.held.items())

    def debt(self, market: dict[str, Security]) -> int:
        """Money, and shares at today's price."""
        return self.money + sum(short.quantity * market[short.security].value for short in self.shorts)

    def lacks(self, market: dict[str, Security], target: Fraction | None) -> Fraction:
        """What assets are short of the target; the debt itself where all of it must be paid."""
        debt = self.debt(market)
        if target is None or debt == 0:
            return Fraction(debt)
        return max(target * debt - self.assets(market), Fraction(0))

    def copy(self) -> Account:
        """The account as it is now."""
        return replace(self, held=dict(self.held), available=dict(self.available), shorts=list(self.shorts))


def charges(amount: int, *, is_sale: bool, is_share: bool) -> int:
    """Commission, transfer fee and stamp duty, each up to a whole fen."""
    rates = [TRANSFER] if is_share else []
    rates += [STAMP] if is_share and is_sale else []
    return max(_fen(amount * COMMISSION), LEAST) + sum(_fen(amount * rate) for rate in rates)


def _fen(amount: Fraction) -> int:
    return ceil(amount / 10) * 10


@dataclass
class Sold:
    """What was done to one account."""

    repaid_from_cash: int = 0
    hopeless: bool = False
    sold: dict[str, int] = field(default_factory=dict)
    bought: list[int] = field(default_factory=list)  # by short, in order


def liquidate(accounts: list[Account], market: dict[str, Security], room: dict[str, int]) -> dict[str, Sold]:
    """Sell the accounts out, the lowest ratio first; each is changed in place."""
    sell_room, buy_room = dict(room), dict(room)
    order = sorted(accounts, key=lambda a: (a.assets(market) * 10_000 // a.debt(market), a.name))
    return {account.name: _sell_out(account, market, sell_room, buy_room) for account in order}


def _sell_out(a: Account, market: dict[str, Security], sell_room: dict[str, int], buy_room: dict[str, int]) -> Sold:
    done = Sold(bought=[0] * len(a.shorts))
    free = a.cash - a.frozen - sum(short.proceeds for short in a.shorts)
    needed = Fraction(a.money) if a.target is None else a.lacks(market, a.target) / (a.target - 1)
    done.repaid_from_cash = max(min(free, a.money, ceil(needed)), 0)
    a.cash -= done.repaid_from_cash
    a.money -= done.repaid_from_cash
    target = a.target
    if a.lacks(market, target) > 0:
        assets, debt = a.assets(market), a.debt(market)
        kept = assets - assets * SALE
        done.hopeless = kept <= debt or (target is not None and target * (1 - SALE) <= 1)
        target = None if done.hopeless else target
    if a.covers_first:
        _cover(a, market, target, buy_room, done)
    for code in a.order:
        if a.lacks(market, target) > 0:
            _sell(a, code, market, target, sell_room, buy_room, done)
    _cover(a, market, target, buy_room, done)
    for i, bought in enumerate(done.bought):
        buy_room[a.shorts[i].security] -= bought
    return done


def _quantities(security: Security, most: int, everything: int) -> list[int]:
    """The quantities of an order up to ``most``; an odd lot goes only with all the rest."""
    several = list(range(security.least, most + 1, security.step))
    if most == everything and most > 0 and most not in several:
        several.append(most)
    return several


def _sell(
    a: Account,
    code: str,
    market: dict[str, Security],
    target: Fraction | None,
    sell_room: dict[str, int],
    buy_room: dict[str, int],
    done: Sold,
) -> None:
    security = market[code]
    if security.sell is None:
        return
    most = min(a.available[code], sell_room[code])
    best: tuple[int, Account, Sold] | None = None
    for quantity in _quantities(security, most, a.held[code]):
        trial, deed = a.copy(), Sold(bought=list(done.bought))
        amount = quantity * security.sell
        proceeds = amount - charges(amount, is_sale=True, is_share=security.is_share)
        paid = max(min(proceeds, trial.money), 0)
        trial.held[code] -= quantity
        trial.available[code] -= quantity
        trial.cash += proceeds - paid
        trial.money -= paid
        if trial.money == 0:
            _cover(trial, market, target, buy_room, deed)
        best = (quantity, trial, deed)
        if trial.lacks(market, target) == 0:
            break
    if best is None:
        return
    quantity, trial, deed = best
    if target is None:
        helps = trial.debt(market) < a.debt(market) or trial.cash > a.cash
    else:
        helps = _short_of(trial, market, target) < _short_of(a, market, target)
    if helps:
        a.held, a.available, a.cash, a.money, a.shorts = (
            trial.held,
            trial.available,
            trial.cash,
            trial.money,
            trial.shorts,
        )
        done.bought = deed.bought
        done.sold[code] = quantity
        sell_room[code] -= quantity


def _short_of(a: Account, market: dict[str, Security], target: Fraction) -> Fraction:
    return target * a.debt(market) - a.assets(market)


def _cover(
    a: Account, market: dict[str, Security], target: Fraction | None, buy_room: dict[str, int], done: Sold
) -> None:
    for i, short in enumerate(a.shorts):
        security = market[short.security]
        if a.lacks(market, target) == 0:
            return
        if security.buy is None:
            continue
        bought_before = sum(done.bought[k] for k, other in enumerate(a.shorts) if other.security == short.security)
        most = min(short.quantity, buy_room[short.security] - bought_before)
        chosen = None
        for quantity in range(security.least, most + 1, security.step):
            amount = quantity * security.buy
            paid = amount + charges(amount, is_sale=False, is_share=security.is_share)
            if paid > a.cash - a.frozen:
                break
            chosen = (quantity, paid)
            trial = a.copy()
            trial.cash -= paid
            trial.shorts[i] = replace(short, quantity=short.quantity - quantity)
            if trial.lacks(market, target) == 0:
                break
        if chosen:
            quantity, paid = chosen
            a.cash -= paid
            a.shorts[i] = replace(short, quantity=short.quantity - quantity)
            done.bought[i] += quantity
