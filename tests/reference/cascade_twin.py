"""The exact twin of a fire-sale cascade: every account summed up anew at every set of prices, in fractions.

Written from the definitions alone; what is asked of an account it asks the twin of the mark. It shares no code with the
package.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil, floor, isqrt

from tests.reference import twin

FORCED = ("liquidation", "emergency", "next_day", "minimum")
LIMITS = {"main": 10, "star": 20, "chinext": 20, "bse": 30, "fund": 10}  # percent a session, early in 2026
MILLION = 1_000_000


@dataclass(frozen=True)
class Trading:
    """How one security trades; ``average`` is the amount of a day, None where nobody knows it."""

    board: str
    average: int | None
    suspended: bool = False

    @property
    def barred(self) -> bool:
        return self.suspended or self.average == 0

    @property
    def turnover(self) -> int:
        return -1 if self.average is None else self.average

    @property
    def tick(self) -> int:
        return 1 if self.board == "fund" else 10


@dataclass(frozen=True)
class Impact:
    """The fall for one day's volume, and whether it grows with the square root."""

    fall: Fraction
    is_root: bool

    def of(self, sold: int, average_shares: int) -> Fraction:
        """The fall, with days of volume, their root and the fall each rounded up to millionths."""
        days = ceil(Fraction(sold * MILLION, average_shares))
        if self.is_root:
            days = isqrt(days * MILLION - 1) + 1 if days else 0
        return min(Fraction(ceil(days * self.fall), MILLION), Fraction(1))

    def room(self, limit: Fraction, average_shares: int) -> int:
        """The shares that sell before the fall is as deep as the limit."""
        days = (limit / self.fall) ** 2 if self.is_root else limit / self.fall
        return floor(average_shares * Fraction(floor(days * MILLION), MILLION))


@dataclass
class Seller:
    """One account under way."""

    account: twin.Account
    terms: twin.Terms
    was_called: bool = False
    due: dict[str, int] = field(default_factory=dict)


@dataclass
class Cascaded:
    """How it ends."""

    prices: dict[str, int]
    sellers: list[Seller]
    sold: dict[str, int]
    rounds: list[tuple[int, int]] = field(default_factory=list)  # debt called, shortfall
    sessions: list[int] = field(default_factory=list)  # rounds of each


@dataclass(frozen=True)
class Stand:
    """One account at some prices."""

    assets: Fraction
    debt: Fraction
    called: bool
    cash_first: Fraction
    needed: Fraction


def cascade(
    accounts: list[tuple[twin.Account, twin.Terms]],
    market: dict[str, twin.Security],
    trading: dict[str, Trading],
    shocked: dict[str, int],
    impact: Impact,
    *,
    sessions: int,
    liquid_first: bool,
    crowd: int,
) -> Cascaded:
    """Follow a shock until nothing is left to sell."""
    sellers = [Seller(account, terms) for account, terms in accounts]
    before = {code: security.price for code, security in market.items()}
    volumes = {
        code: None if one.average is None else max(one.average // before[code] // crowd, 1)
        for code, one in trading.items()
    }
    order = sorted(market, key=lambda code: (-trading[code].turnover, code))
    for seller in sellers:
        if stand(seller, market, before).called:
            due = wanted(seller, market, before, trading, order if liquid_first else None)
            seller.was_called, seller.due = True, due
    found = Cascaded(dict(shocked), sellers, dict.fromkeys(market, 0))
    note(found, market, before)
    note(found, market, shocked)
    for _ in range(sessions):
        opening = dict(found.prices)
        floors = {code: limit_price(price, trading[code]) for code, price in opening.items()}
        asked = asked_at(found, market, trading, order if liquid_first else None)
        if not any(sum(one.values()) for one in asked):
            break
        rounds = 0
        while True:
            total = {code: sum(one.get(code, 0) for one in asked) for code in market}
            led = {
                code: led_to(opening[code], floors[code], total[code], volumes[code], trading[code], impact)
                for code in market
            }
            lower = {code: min(price, led[code]) for code, price in found.prices.items()}
            if lower == found.prices:
                break
            found.prices, rounds = lower, rounds + 1
            note(found, market, lower)
            asked = asked_at(found, market, trading, order if liquid_first else None)
        found.sessions.append(rounds)
        rooms = {
            code: room_of(opening[code], floors[code], found.prices[code], volumes[code], trading[code], impact)
            for code in market
        }
        left = 0
        for seller, one in zip(sellers, asked, strict=True):
            left += sum(one.values()) - sell(seller, one, total, rooms, market, found)
        if not left:
            break
        if len(found.sessions) < sessions:
            note(found, market, found.prices)
    return found


def note(found: Cascaded, market: dict[str, twin.Security], prices: dict[str, int]) -> None:
    stands = [stand(seller, market, prices) for seller in found.sellers]
    called = sum(int(one.debt) for one in stands if one.called)
    found.rounds.append((called, sum(max(int(one.debt - one.assets), 0) for one in stands)))


def at(market: dict[str, twin.Security], prices: dict[str, int]) -> dict[str, twin.Security]:
    return {code: replace(security, price=prices[code]) for code, security in market.items()}


def stand(seller: Seller, market: dict[str, twin.Security], prices: dict[str, int]) -> Stand:
    """Definitions 6, 8, 9 and 10 at these prices."""
    account, terms, here = seller.account, seller.terms, at(market, prices)
    securities = Fraction(sum(quantity * prices[code] for code, quantity in account.positions.items()))
    assets = account.cash + account.other_collateral + securities
    shorts = [contract for contract in account.contracts if contract.kind == "short"]
    debt = Fraction(money(account) + sum(short.quantity * prices[short.security] for short in shorts))
    if debt == 0:
        return Stand(assets, debt, False, Fraction(0), Fraction(0))
    share = twin.dual_board_share(account, here, terms, assets)
    lines = twin.todays_row(terms, assets, debt, share).lines
    state = twin.state(assets, debt, lines, terms.withdrawal)
    if state not in FORCED:
        return Stand(assets, debt, False, Fraction(0), Fraction(0))
    target = twin.restored(terms, state, lines)
    free = Fraction(account.cash - account.frozen - sum(short.amount for short in shorts))
    if target is None:
        return Stand(assets, debt, True, max(min(free, debt), Fraction(0)), securities)
    sale = twin.sale_to_cure(free, securities, assets, debt, target, terms.cost)
    lacking = target * debt - assets
    first = max(min(free, Fraction(ceil(lacking / (target - 1))), debt), Fraction(0))
    return Stand(assets, debt, True, first, securities if sale == twin.NOT_CURABLE else Fraction(str(sale)))


def money(account: twin.Account) -> int:
    financed = sum(contract.amount for contract in account.contracts if contract.kind == "financing")
    return account.other_debt + financed + sum(contract.interest for contract in account.contracts)


def wanted(
    seller: Seller,
    market: dict[str, twin.Security],
    prices: dict[str, int],
    trading: dict[str, Trading],
    order: list[str] | None,
) -> dict[str, int]:
    """The shares that a called account must sell: the same part of each, rounded up, or in order of turnover."""
    due_value = sum(quantity * prices[code] for code, quantity in seller.due.items())
    needed = stand(seller, market, prices).needed - due_value
    account = seller.account
    sellable = {
        code: 0 if trading[code].barred else max(quantity - account.held_back.get(code, 0) - seller.due.get(code, 0), 0)
        for code, quantity in account.positions.items()
    }
    worth = sum(quantity * prices[code] for code, quantity in sellable.items())
    if needed <= 0:
        return {}
    if worth <= needed:
        return sellable
    if order is None:
        return {code: ceil(quantity * needed / worth) for code, quantity in sellable.items()}
    goes = {}
    for code in (code for code in order if code in sellable):
        goes[code] = min(sellable[code], max(ceil(needed / prices[code]), 0))
        needed -= goes[code] * prices[code]
    return goes


def asked_at(
    found: Cascaded, market: dict[str, twin.Security], trading: dict[str, Trading], order: list[str] | None
) -> list[dict[str, int]]:
    called = [stand(seller, market, found.prices).called for seller in found.sellers]
    return [
        wanted(seller, market, found.prices, trading, order) if is_called else {}
        for seller, is_called in zip(found.sellers, called, strict=True)
    ]


def limit_price(opening: int, trading: Trading) -> int:
    limit = Fraction(LIMITS[trading.board], 100)
    rounded = floor(opening * (1 - limit) / trading.tick + Fraction(1, 2)) * trading.tick
    return min(max(rounded, trading.tick), opening)


def led_to(opening: int, lowest: int, sold: int, volume: int | None, trading: Trading, impact: Impact) -> int:
    if volume is None or sold == 0:
        return opening
    fall = impact.of(sold, volume)
    rounded = floor(opening * (1 - fall) / trading.tick + Fraction(1, 2)) * trading.tick
    return max(rounded, lowest) if fall else opening


def room_of(opening: int, lowest: int, price: int, volume: int | None, trading: Trading, impact: Impact) -> int | None:
    at_limit = lowest < opening and price <= lowest
    return impact.room(Fraction(LIMITS[trading.board], 100), volume) if at_limit and volume is not None else None


def sell(
    seller: Seller,
    asked: dict[str, int],
    total: dict[str, int],
    rooms: dict[str, int | None],
    market: dict[str, twin.Security],
    found: Cascaded,
) -> int:
    """Sell, repay from cash and from what comes in; return the shares that were taken."""
    account, now = seller.account, stand(seller, market, found.prices)
    amount = taken = 0
    positions = dict(account.positions)
    for code, quantity in asked.items():
        room = rooms[code]
        part = quantity if room is None or total[code] <= room else quantity * room // total[code]
        positions[code] -= part
        found.sold[code] += part
        amount += part * found.prices[code]
        taken += part
    owed = money(account)
    first = min(int(now.cash_first), owed) if now.called and not seller.was_called else 0
    proceeds = amount - ceil(amount * seller.terms.cost)
    repaid = min(proceeds, owed - first)
    seller.account = replace(
        account,
        positions=positions,
        cash=account.cash + proceeds - repaid - first,
        other_debt=account.other_debt - repaid - first,
    )
    return taken
