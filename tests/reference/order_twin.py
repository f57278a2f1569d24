"""The exact twin of the checks before an order: one account, one order, in fractions, as plainly as the rules read.

Written from the regulation's sections on available margin, pending orders, order rules, persons, stops, concentration
and withdrawal, and from the definitions; it shares no code with the package, and of the tests only the twin of marks.
Each rule is in force from the day that its document says. Amounts are milli-yuan, ratios plain fractions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor

from tests.reference import twin

BUYS = ("financing_buy", "collateral_buy")
RESERVING = ("financing_buy", "short_sale", "collateral_buy", "buy_to_cover")
SALES = ("collateral_sale", "sell_to_repay")
TRADES = (*RESERVING, *SALES)
CASH_ALONE = ("withdrawal", "repay_cash")
SHARE_BOARDS = ("main", "star", "chinext", "bse")
MOST_SHARES, MOST_MONEY = 10**12 - 1, 10**14 - 1


@dataclass(frozen=True)
class Security:
    """One security today."""

    code: str
    board: str
    kind: str | None  # its class for haircut caps
    price: int
    previous: int | None
    high: int | None
    low: int | None
    haircut: Fraction
    coefficient: Fraction = Fraction(1)
    group: str | None = None
    registered: bool | None = None
    traded: bool = True
    suspended: bool = False
    collateral: bool = True
    financing: bool = True
    short: bool = True
    financing_stopped: bool | None = None
    short_stopped: bool | None = None
    financing_monitor: Fraction | None = None
    short_monitor: Fraction | None = None
    lendable: int | None = None  # of the broker, less what pending shorts of the whole book reserve

    @property
    def market(self) -> str:
        """Shanghai, Shenzhen or Beijing."""
        return {"SH": "SSE", "SZ": "SZSE", "BJ": "BSE"}[self.code[-2:]]


@dataclass(frozen=True)
class Contract:
    """One open contract."""

    id: str
    kind: str
    security: str
    quantity: int
    amount: int
    ratio: Fraction
    opened: date
    due: date


@dataclass(frozen=True)
class Order:
    """One order, or a pending one; ``price`` None is an order at market."""

    business: str
    security: str | None = None
    quantity: int = 0
    price: int | None = None
    amount: int = 0
    contract: str | None = None
    due: date | None = None

    @property
    def size(self) -> int:
        """Shares, or the cash of an order about cash alone."""
        return self.amount if self.business in CASH_ALONE else self.quantity


@dataclass(frozen=True)
class Account:
    """One client's account."""

    cash: int = 0
    frozen: int = 0
    other_debt: int = 0
    positions: dict[str, int] = field(default_factory=dict)
    held_back: dict[str, int] = field(default_factory=dict)
    contracts: tuple[Contract, ...] = ()
    pending: tuple[Order, ...] = ()
    client: str = "individual"
    permissions: frozenset[str] = frozenset()
    credit_limit: int | None = None
    ties: tuple[tuple[str, str, int | None], ...] = ()  # security, person, shares concerned


@dataclass(frozen=True)
class Limit:
    """One row of a table of concentration limits; what is None or empty makes no difference."""

    scope: str
    limit: Fraction
    groups: frozenset[str] = frozenset()
    boards: frozenset[str] = frozenset()
    clients: frozenset[str] = frozenset()
    ratio_from: Fraction | None = None  # included
    ratio_under: Fraction | None = None  # not included
    amount_from: int | None = None
    amount_under: int | None = None


@dataclass(frozen=True)
class Terms:
    """What the policy says."""

    mark: twin.Terms
    limits: tuple[Limit, ...] = ()
    blocked: frozenset[str] = frozenset()
    exempt_without_debt: bool = True
    row_by: str = "debt"
    may_cover: bool = False
    roll_over_ratio: Fraction | None = None
    roll_over_share: Fraction | None = None  # of the largest position
    client_share: Fraction = Fraction(5, 100)
    net_capital: int | None = None


@dataclass(frozen=True)
class Answer:
    """What is said of an order."""

    refused: frozenset[str]
    largest: int | None
    used: Fraction
    left: Fraction


@dataclass(frozen=True)
class Case:
    """Everything that one order is checked against."""

    session: date
    yesterday: date  # the session before
    account: Account
    market: dict[str, Security]
    terms: Terms
    order: Order

    @property
    def security(self) -> Security | None:
        """The security of the order; that of the contract for a roll-over."""
        code = self.order.security
        if self.order.business == "roll_over":
            code = self.contract.security
        return None if code is None else self.market[code]

    @property
    def contract(self) -> Contract:
        """The contract that a roll-over names."""
        return next(contract for contract in self.account.contracts if contract.id == self.order.contract)


def check(case: Case) -> Answer:
    """Answer one order."""
    fixed = set(refused_whatever_the_size(case))
    standing = set() if case.order.business in BUYS else set(above_limits(case, None))
    now = fixed | standing | set(too_much(case, case.order.size)) | set(wrong_lot(case))
    largest: int | None = 0
    if case.order.business in ("roll_over", "transfer_in"):
        largest = None
    elif not fixed and not standing:
        largest = largest_size(case)
    used = needs(case, case.order, case.order.size)["margin"]
    return Answer(frozenset(now), largest, used, margin_room(case) - used)


def largest_size(case: Case) -> int:
    """The largest size that may be ordered: what fits, then down to a quantity that may be ordered at all."""
    low, high = 0, MOST_MONEY if case.order.business in CASH_ALONE else MOST_SHARES
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (low, middle - 1) if any(too_much(case, middle)) else (middle, high)
    while low > 0 and not is_quantity(case, low):
        low -= 1
    return low


# --- what an order needs, and a pending one reserves (regulation, section on pending orders) --------------------------


def needs(case: Case, order: Order, size: int) -> dict[str, Fraction]:
    """Everything that an order of that size uses; what it does not use is 0."""
    use = dict.fromkeys(
        ("margin", "financing", "short", "own_cash", "any_cash", "shares", "lent", "returned", "repaid", "cover"),
        Fraction(0),
    )
    business = order.business
    if business == "withdrawal":
        return use | {"margin": Fraction(size), "own_cash": Fraction(size), "cover": Fraction(size)}
    if business == "repay_cash":
        return use | {"own_cash": Fraction(size), "repaid": Fraction(size)}
    if business in ("roll_over", "transfer_in"):
        return use
    assert order.security is not None
    security = case.market[order.security]
    if business in (*SALES, "return_shares", "transfer_out"):
        use["shares"] = Fraction(size)
    if business == "sell_to_repay":
        use["repaid"] = Fraction(1)
    if business == "return_shares":
        use["returned"] = Fraction(size)
    if business == "transfer_out":
        value = Fraction(size * security.price)
        counts = security.coefficient if case.terms.mark.coefficients else Fraction(1)
        return use | {"margin": value * security.haircut, "cover": value * counts}
    if business in SALES or business == "return_shares":
        return use
    amount = Fraction(size * reserve_price(order, security))
    paid = amount + ceil(amount * fee_rate(case, security))
    if business == "financing_buy":
        return use | {"margin": paid * new_ratio(case, "financing"), "financing": paid}
    if business == "short_sale":
        return use | {"margin": amount * new_ratio(case, "short"), "short": amount, "lent": Fraction(size)}
    own = "any_cash" if business == "buy_to_cover" or may_use_proceeds(case, security) else "own_cash"
    use[own] = paid
    if business == "buy_to_cover":
        return use | {"returned": Fraction(size)}
    return use | {"margin": paid - amount * security.haircut}


def reserve_price(order: Order, security: Security) -> int:
    """An order at market reserves at the upper limit; without one its last price is all there is."""
    if order.price is not None:
        return order.price
    return security.price if security.high is None else security.high


def fee_rate(case: Case, security: Security) -> Fraction:
    """The transfer fee of shares: 0.002 % since 2015-08-01, 0.001 % since 2022-04-29, and then in Beijing too."""
    if security.board not in SHARE_BOARDS:
        return Fraction(0)
    if case.session >= date(2022, 4, 29):
        return Fraction(1, 100_000)
    return Fraction(2, 100_000) if case.session >= date(2015, 8, 1) and security.market != "BSE" else Fraction(0)


def new_ratio(case: Case, kind: str) -> Fraction:
    """The ratio of a contract opened today."""
    return twin.ratio_at_opening(kind, case.session, private_fund=case.account.client == "private_fund")


def may_use_proceeds(case: Case, security: Security) -> bool:
    """Money funds and cash-management products, as the text of 2019 has it."""
    allowed = case.session >= date(2019, 8, 19) and security.market != "BSE"
    return allowed and security.kind in ("money_fund", "cash_product")


def reserved(case: Case, what: str, *, of_security: bool = False) -> Fraction:
    """What all pending orders reserve, or those of the order's security."""
    own = case.security.code if case.security else None
    orders = [o for o in case.account.pending if not of_security or (o.security == own and own is not None)]
    return sum((needs(case, order, order.size)[what] for order in orders), Fraction(0))


# --- what there is ----------------------------------------------------------------------------------------------------


def marked(case: Case) -> tuple[twin.Account, dict[str, twin.Security]]:
    """The account and the market as the twin of marks has them."""
    account = case.account
    contracts = tuple(
        twin.Contract("short" if c.kind == "short" else "financing", c.security, c.quantity, c.amount, c.ratio)
        for c in account.contracts
    )
    market = {
        s.code: twin.Security(s.price, s.haircut, group=s.group, board=s.board, coefficient=s.coefficient)
        for s in case.market.values()
    }
    return twin.Account(account.cash, account.frozen, 0, account.other_debt, account.positions, contracts), market


def margin_room(case: Case) -> Fraction:
    """The available margin less what pending orders reserve."""
    return Fraction(twin.available_margin(*marked(case), case.terms.mark)) - reserved(case, "margin")


def assets_of(case: Case) -> int:
    """Cash and securities."""
    held = sum(quantity * case.market[code].price for code, quantity in case.account.positions.items())
    return case.account.cash + held


def debt_of(case: Case) -> int:
    """Financed amounts, shorts at today's price, other debt."""
    return case.account.other_debt + financing_of(case) + short_of(case)


def financing_of(case: Case) -> int:
    """Financed amounts."""
    return sum(c.amount for c in case.account.contracts if c.kind == "financing")


def short_of(case: Case) -> int:
    """Shorts at today's price."""
    return sum(c.quantity * case.market[c.security].price for c in case.account.contracts if c.kind == "short")


def proceeds_of(case: Case) -> int:
    """Quantity × sale price of what is sold short."""
    return sum(c.amount for c in case.account.contracts if c.kind == "short")


def cover_of(case: Case) -> Fraction:
    """What stands above the fraction of the maintenance ratio."""
    if not case.terms.mark.coefficients:
        return Fraction(assets_of(case))
    values = (q * case.market[code].price * case.market[code].coefficient for code, q in case.account.positions.items())
    return case.account.cash + sum(values, Fraction(0))


def withdrawal_line(case: Case) -> Fraction:
    """The line of the row that applies today."""
    share = twin.dual_board_share(*marked(case), case.terms.mark, Fraction(assets_of(case)))
    row = twin.todays_row(case.terms.mark, cover_of(case), Fraction(debt_of(case)), share)
    return row.withdrawal or case.terms.mark.withdrawal


def open_quantity(case: Case, kind: str, *, until: date | None = None) -> int:
    """Shares of the order's security in open contracts of a kind, opened up to a day."""
    assert case.security is not None
    return sum(
        c.quantity
        for c in case.account.contracts
        if c.kind == kind and c.security == case.security.code and (until is None or c.opened <= until)
    )


def held(case: Case) -> int:
    """Shares of the order's security."""
    assert case.security is not None
    return case.account.positions.get(case.security.code, 0)


def sellable(case: Case) -> int:
    """Shares that may be sold today, less those that pending orders take."""
    assert case.security is not None
    back = case.account.held_back.get(case.security.code, 0)
    return held(case) - back - int(reserved(case, "shares", of_security=True))


def unfinanced(case: Case) -> int:
    """Shares that no open financing is about, less those that pending orders take."""
    return held(case) - open_quantity(case, "financing") - int(reserved(case, "shares", of_security=True))


# --- checks that depend on the size -----------------------------------------------------------------------------------


def too_much(case: Case, size: int) -> Iterator[str]:
    """The checks for which an order of that size is too large."""
    order, use = case.order, needs(case, case.order, size)
    if order.business in (*RESERVING, "transfer_out"):
        assert case.security is not None
        price = case.security.price if order.business == "transfer_out" else reserve_price(order, case.security)
        if size * price > MOST_MONEY:
            yield "beyond"
            return
    asks_margin = order.business in ("financing_buy", "short_sale", "collateral_buy", "transfer_out", "withdrawal")
    if asks_margin and use["margin"] > margin_room(case):
        yield "margin"
    if order.business in ("financing_buy", "short_sale"):
        yield from too_much_credit(case, use)
    if use["own_cash"] or use["any_cash"]:
        yield from too_much_cash(case, use)
    if order.business in (*SALES, "return_shares", "transfer_out"):
        yield from too_many_shares(case, size)
    if use["returned"] and use["returned"] > returnable(case):
        yield "return"
    owed = debt_of(case) - short_of(case) - reserved(case, "repaid")
    if order.business in ("repay_cash", "sell_to_repay") and use["repaid"] > owed:
        yield "owed"
    if order.business in ("withdrawal", "transfer_out") and debt_of(case) > 0:
        after = cover_of(case) - reserved(case, "cover") - use["cover"]
        if after < withdrawal_line(case) * debt_of(case):
            yield "line_after"
    yield from above_limits(case, size)


def too_many_shares(case: Case, size: int) -> Iterator[str]:
    """What is bought today, financed, or owed to a short of one's own, stays."""
    if size > (min(sellable(case), unfinanced(case)) if leaves(case) else sellable(case)):
        yield "available"
    if case.order.business in SALES and sold_too_low(case):
        over = held(case) - open_quantity(case, "short") - reserved(case, "shares", of_security=True)
        if size > over:
            yield "own_sale"
    if case.order.business == "return_shares" and not case.terms.may_cover and size > unfinanced(case):
        yield "cover"


def leaves(case: Case) -> bool:
    """Whether securities leave the account, which financed ones may not."""
    return case.order.business == "transfer_out"


def too_much_credit(case: Case, use: dict[str, Fraction]) -> Iterator[str]:
    """What the broker can lend, the credit line, and what one client may owe of the broker's net capital."""
    if case.order.business == "short_sale" and knows_lending(case) and use["lent"] > lendable(case):
        yield "lendable"
    limit = case.account.credit_limit
    pending = reserved(case, "financing") + reserved(case, "short")
    if limit is not None and financing_of(case) + proceeds_of(case) + pending + use["financing"] + use["short"] > limit:
        yield "credit_line"
    capital = case.terms.net_capital
    if capital is not None and case.session >= date(2025, 1, 1):
        most = floor(capital * case.terms.client_share)
        if case.order.business == "financing_buy":
            owed, more = financing_of(case) + reserved(case, "financing"), use["financing"]
        else:
            owed, more = short_of(case) + reserved(case, "short"), use["short"]
        if owed + more > most:
            yield "net_capital"


def too_much_cash(case: Case, use: dict[str, Fraction]) -> Iterator[str]:
    """Short proceeds pay for covering alone, and for money funds; frozen cash for nothing."""
    whole = case.account.cash - case.account.frozen - reserved(case, "own_cash")
    anything = whole - reserved(case, "any_cash")
    if use["any_cash"] > anything or (use["own_cash"] and use["own_cash"] > min(whole - proceeds_of(case), anything)):
        yield "cash"


def returnable(case: Case) -> int:
    """Borrowed shares that may go back today: from the next session on since 2015-08-04."""
    assert case.security is not None
    waits = case.security.market != "BSE" and case.session >= date(2015, 8, 4)
    shares = open_quantity(case, "short", until=case.yesterday if waits else case.session)
    shares -= int(reserved(case, "returned", of_security=True))
    if case.order.business == "buy_to_cover" and shares > 0:
        while not buyable(case, shares):  # one buys a quantity that can be bought
            shares += 1
    return shares


def knows_lending(case: Case) -> bool:
    """Whether it is known what the broker can lend, and the rule against naked shorts is in force."""
    security = case.security
    assert security is not None
    return security.lendable is not None and (security.market != "BSE" or case.session >= date(2023, 2, 13))


def lendable(case: Case) -> int:
    """What the broker can still lend."""
    assert case.security is not None
    assert case.security.lendable is not None
    return case.security.lendable


# --- lots -------------------------------------------------------------------------------------------------------------


def lots(case: Case) -> tuple[int, int] | None:
    """The least quantity and the step above it; None where no rule says it."""
    security = case.security
    assert security is not None
    if security.market == "BSE":
        return (100, 1) if case.session >= date(2023, 2, 13) else None
    return (200, 1) if security.board == "star" and case.session >= date(2019, 7, 22) else (100, 100)


def buyable(case: Case, quantity: int) -> bool:
    """Whether a quantity may be bought."""
    found = lots(case)
    if found is None:
        return quantity > 0
    least, step = found
    return quantity >= least and (quantity - least) % step == 0


def is_quantity(case: Case, quantity: int) -> bool:
    """Whether a quantity may be ordered; what is below a lot is sold whole."""
    if case.order.business not in TRADES:
        return quantity > 0
    if buyable(case, quantity):
        return True
    security, found = case.security, lots(case)
    assert security is not None
    splits = security.market == "BSE" and case.session < date(2021, 11, 15)
    if case.order.business not in SALES or found is None or splits:
        return False
    least, step = found
    available = sellable(case)
    if least == step:  # round lots: the sale carries all of what is below the last one
        return quantity > 0 and available > 0 and quantity % step == available % step
    return 0 < quantity == available < least


def wrong_lot(case: Case) -> Iterator[str]:
    """Whether the quantity as ordered is none."""
    if case.order.business in TRADES and lots(case) is not None and not is_quantity(case, case.order.quantity):
        yield "lot"


# --- concentration: the value of the security after the fill over the assets after the fill ---------------------------


def above_limits(case: Case, size: int | None) -> Iterator[str]:
    """The limits that the account is above; ``size`` None: as it stands, pending orders filled."""
    if case.order.business not in case.terms.blocked or not case.terms.limits:
        return
    values = {code: Fraction(quantity * case.market[code].price) for code, quantity in case.account.positions.items()}
    assets, debt = Fraction(assets_of(case)), Fraction(debt_of(case))
    filled = [(order, order.size) for order in case.account.pending]
    for order, shares in [*filled, *([] if size is None else [(case.order, size)])]:
        use = needs(case, order, shares)
        debt += use["financing"] + use["short"]
        if order.business == "withdrawal":
            assets -= shares
        if order.business == "short_sale":
            assets += use["short"]
        if order.security is None or order.business not in (*BUYS, "transfer_out"):
            continue
        security = case.market[order.security]
        if order.business == "transfer_out":
            values[order.security] = values.get(order.security, Fraction(0)) - shares * security.price
            assets -= shares * security.price
        else:
            amount = Fraction(shares * reserve_price(order, security))
            values[order.security] = values.get(order.security, Fraction(0)) + amount
            assets += amount if order.business == "financing_buy" else amount - use["own_cash"] - use["any_cash"]
    assets = max(assets, Fraction(0))
    if case.terms.exempt_without_debt and debt <= 0:
        return
    rows = [row for row in case.terms.limits if fits(case, row, assets, debt)]
    only = case.security.code if case.order.business in BUYS and case.security else None
    yield from sorted({name for row in rows for name in exceeded(case, row, values, assets, only)})


def fits(case: Case, row: Limit, assets: Fraction, debt: Fraction) -> bool:
    """Whether a row is about this account."""
    line = case.account.credit_limit or 0
    amount = {"debt": debt, "credit_line": Fraction(line), "larger": max(debt, Fraction(line))}[case.terms.row_by]
    within = (row.amount_from is None or amount >= row.amount_from) and (
        row.amount_under is None or amount < row.amount_under
    )
    if debt <= 0:
        ratio_fits = row.ratio_under is None
    else:
        ratio = assets / debt
        ratio_fits = (row.ratio_from is None or ratio >= row.ratio_from) and (
            row.ratio_under is None or ratio < row.ratio_under
        )
    return within and ratio_fits and (not row.clients or case.account.client in row.clients)


def exceeded(case: Case, row: Limit, values: dict[str, Fraction], assets: Fraction, only: str | None) -> Iterator[str]:
    """The check that a row refuses: one security, all of a class, or all of a group of boards together."""
    if row.scope == "security":
        for code, value in values.items():
            security = case.market[code]
            about = (not row.groups or security.group in row.groups) and (
                not row.boards or row.boards & board_groups(security)
            )
            if about and only in (None, code) and value > row.limit * assets:
                yield "security_share"
    elif row.scope == "class":
        for group in row.groups or frozenset("ABCDEFG"):
            total = sum((v for code, v in values.items() if case.market[code].group == group), Fraction(0))
            if (only is None or case.market[only].group == group) and total > row.limit * assets:
                yield "class_share"
    else:
        for board in row.boards or frozenset(
            {"main", "star", "chinext", "bse", "dual_board", "registration", "approval", "other"}
        ):
            total = sum((v for code, v in values.items() if board in board_groups(case.market[code])), Fraction(0))
            if (only is None or board in board_groups(case.market[only])) and total > row.limit * assets:
                yield "board_share"


def board_groups(security: Security) -> frozenset[str]:
    """The groups of boards that a security is added to; what is not known is added to both sides."""
    groups = {
        "star": {"star", "dual_board", "registration"},
        "chinext": {"chinext", "dual_board"},
        "bse": {"bse"},
        "main": {"main"},
    }.get(security.board, {"other"})
    if security.board == "chinext":
        groups |= {"registration"} if security.registered else set()
        groups |= {"approval"} if security.registered is False else set()
        groups |= {"registration", "approval"} if security.registered is None else set()
    if security.board == "main" and not security.registered:
        groups |= {"approval"}
    return frozenset(groups)


# --- checks whatever the size -----------------------------------------------------------------------------------------


def refused_whatever_the_size(case: Case) -> Iterator[str]:
    """The checks that refuse the order in any size."""
    order, security = case.order, case.security
    if order.business in ("withdrawal", "transfer_out"):
        cover = cover_of(case) - reserved(case, "cover")
        if debt_of(case) > 0 and cover <= withdrawal_line(case) * debt_of(case):
            yield "line_before"
    unbounded = [o for o in case.account.pending if o.business in RESERVING and o.price is None and no_limit(case, o)]
    if unbounded and order.business not in ("transfer_in", "roll_over"):
        yield "pending"
    if order.business == "roll_over":
        yield from roll_over(case)
    elif security is not None:
        yield from of_security(case, security)
        if order.business in TRADES:
            yield from of_price(case, security)
        if order.business in ("financing_buy", "short_sale"):
            yield from opening(case, security)


def no_limit(case: Case, order: Order) -> bool:
    """Whether the day sets no upper limit for a security."""
    assert order.security is not None
    return case.market[order.security].high is None


def of_security(case: Case, security: Security) -> Iterator[str]:
    """What the day and the client's standing say of the security."""
    business = case.order.business
    if business in TRADES and security.suspended:
        yield "suspended"
    if business in ("collateral_buy", "transfer_in") and not security.collateral:
        yield "collateral"
    since = {"star": date(2019, 7, 22), "chinext": date(2020, 8, 24), "bse": date(2021, 11, 15)}.get(security.board)
    may_trade = since is None or case.session < since or security.board in case.account.permissions
    if business in (*BUYS, "short_sale") and not may_trade:
        yield "permission"
    if business in ("financing_buy", "short_sale", "transfer_in") and case.session >= date(2025, 3, 28):
        for code, person, shares in case.account.ties:
            if code == security.code and is_barred(person, business, shares):
                yield "person"
                break


def is_barred(person: str, business: str, shares: int | None) -> bool:
    """The matrix of persons and acts."""
    if business == "transfer_in":
        return person in ("restricted_holder", "released_individual") and shares is None
    if business == "short_sale":
        return person in ("restricted_holder", "insider", "major_holder")
    return person in ("insider", "major_holder")


def floor_price(case: Case, security: Security) -> int | None:
    """The least price of a short sale: the last trade, before the first one the previous close; ETFs are exempt."""
    if security.market == "BSE" and case.session < date(2023, 2, 13):
        return None
    if security.kind == "etf" and security.market != "BSE":
        return None
    floor_ = security.price if security.traded else security.previous
    return 2**31 if floor_ is None else floor_  # nothing to compare with: no price is enough


def sold_too_low(case: Case) -> bool:
    """Whether one's own shares are offered under the floor while the same share is sold short."""
    security = case.security
    assert security is not None
    floor_ = floor_price(case, security)
    if floor_ is None or security.market == "BSE" or open_quantity(case, "short") == 0:
        return False
    return case.order.price is None or case.order.price < floor_


def of_price(case: Case, security: Security) -> Iterator[str]:
    """Tick, limits, and what a short sale may ask."""
    business, price = case.order.business, case.order.price
    if price is None:
        if business in RESERVING and security.high is None:
            yield "price_limit"
        if business == "short_sale" and security.market != "BSE":
            yield "market_order"
        return
    if (security.high is not None and price > security.high) or (security.low is not None and price < security.low):
        yield "price_limit"
    tick = 10 if security.board in SHARE_BOARDS else 1
    if price % tick and (security.market != "BSE" or case.session >= date(2021, 11, 15)):
        yield "tick"
    floor_ = floor_price(case, security)
    if business == "short_sale" and floor_ is not None and price < floor_:
        yield "short_price"


def opening(case: Case, security: Security) -> Iterator[str]:
    """What a new contract needs of the day."""
    kind = "short" if case.order.business == "short_sale" else "financing"
    if security.market == "BSE" and case.session < date(2023, 2, 13):
        yield "open"
    if not getattr(security, kind):
        yield "underlying"
    line = Fraction(75, 100) if security.kind == "etf" else Fraction(25, 100)
    told, monitor = getattr(security, f"{kind}_stopped"), getattr(security, f"{kind}_monitor")
    stopped = told if told is not None else monitor is not None and monitor >= line
    if stopped and security.market != "BSE":
        yield "stop"
    due = case.order.due
    in_force = security.market != "BSE" or case.session >= date(2023, 2, 13)
    if due is not None and in_force and due > months_later(case.session, 6):
        yield "term"


def roll_over(case: Case) -> Iterator[str]:
    """Allowed since 2015-07-01, before expiry, for six months at most, and longer than before."""
    contract, due = case.contract, case.order.due
    assert due is not None
    allowed = case.session >= date(2015, 7, 1)
    if not allowed:
        yield "roll_over"
    if case.session > contract.due:
        yield "timely"
    debt, assets = debt_of(case), assets_of(case)
    asked, most = case.terms.roll_over_ratio, case.terms.roll_over_share
    if asked is not None and debt > 0 and cover_of(case) < asked * debt:
        yield "roll_over_ratio"
    values = [quantity * case.market[code].price for code, quantity in case.account.positions.items()]
    if most is not None and assets > 0 and max(values, default=0) > most * assets:
        yield "roll_over_share"
    if due <= contract.due or (allowed and due > months_later(contract.due, 6)):
        yield "term"


def months_later(day: date, months: int) -> date:
    """The day that many months later; a month that is too short ends on its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
