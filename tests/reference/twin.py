"""The exact twin: what one account's mark is, in fractions, as slowly and plainly as the definitions read.

Written from the definitions and the exchanges' formulas alone, before the kernels and without looking at them; it
shares no code with the package. Amounts are ``Fraction`` of milli-yuan, ratios are plain fractions (1 is 100 %), and
each value is rounded once, where its definition says so. Everything here is for reading, nothing is for speed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Literal

NOT_CURABLE = "NOT_CURABLE"
GROUPS = "ABCDEFG"
DUAL_BOARDS = ("star", "chinext")
LINE_NAMES = ("warning", "call", "liquidation", "emergency", "next_day", "minimum")  # from the mildest to the gravest


@dataclass(frozen=True)
class Security:
    """One security today: the market's facts and the broker's haircut, group and board coefficient."""

    price: int
    haircut: Fraction = Fraction(0)  # the broker's; off the list: 0
    cap: Fraction = Fraction(1)  # the exchange's
    zero_by_status: bool = False  # risk-warned or delisting
    group: str | None = None
    board: str = "main"
    board_groups: frozenset[str] = frozenset()  # those whose limits its value is added to
    over_limit: bool = False  # in the over-limit class
    coefficient: Fraction = Fraction(1)

    @property
    def counts(self) -> Fraction:
        """The haircut that applies (definition 4)."""
        return Fraction(0) if self.zero_by_status else min(self.haircut, self.cap)


@dataclass(frozen=True)
class Contract:
    """One open contract: ``amount`` is the financed cost, or quantity × sale price; ``ratio`` is its margin ratio."""

    kind: Literal["financing", "short"]
    security: str
    quantity: int
    amount: int
    ratio: Fraction
    interest: int = 0  # owed through the day of the mark


@dataclass(frozen=True)
class Lines:
    """The lines of one row, as fractions; a line that a policy does not have is absent."""

    warning: Fraction | None = None
    call: Fraction | None = None
    liquidation: Fraction | None = None
    emergency: Fraction | None = None
    next_day: Fraction | None = None
    minimum: Fraction | None = None

    def named(self) -> list[tuple[str, Fraction]]:
        """The lines that exist, the gravest first."""
        pairs = [(name, getattr(self, name)) for name in reversed(LINE_NAMES)]
        return [(name, line) for name, line in pairs if line is not None]


@dataclass(frozen=True)
class Row:
    """One row of a table of lines that move with the dual-board share: applies to shares up to ``upper``, included."""

    upper: Fraction
    lines: Lines
    withdrawal: Fraction | None = None  # None: the terms' own


@dataclass(frozen=True)
class Interval:
    """Numbers between two bounds, each of which may be missing and may belong to it or not."""

    low: Fraction | None = None
    low_included: bool = False
    high: Fraction | None = None
    high_included: bool = False

    def has(self, number: Fraction | None) -> bool:
        """Whether the number lies in it; ``None`` stands above every number."""
        if number is None:
            return self.high is None
        above = self.low is None or number > self.low or (self.low_included and number == self.low)
        below = self.high is None or number < self.high or (self.high_included and number == self.high)
        return above and below


@dataclass(frozen=True)
class Limit:
    """One row of a table of concentration limits; what is empty makes no difference."""

    scope: Literal["security", "class", "board"]
    limit: Fraction | None  # None: no limit
    classes: frozenset[str] = frozenset()
    boards: frozenset[str] = frozenset()
    over_limit: bool | None = None
    clients: frozenset[str] = frozenset()
    ratio: Interval = Interval()
    amount: Interval = Interval()


@dataclass(frozen=True)
class Override:
    """A limit for single securities, before the rows of its own table; without names for every one."""

    securities: frozenset[str]
    ratio: Interval
    limit: Fraction | None


@dataclass(frozen=True)
class Concentration:
    """Tables of limits, each of which binds: pairs of rows and overrides."""

    tables: tuple[tuple[tuple[Limit, ...], tuple[Override, ...]], ...]
    exempt_without_debt: bool
    row_by: Literal["debt", "credit_line", "larger"]


@dataclass(frozen=True)
class Terms:
    """What a policy says that is not about one security."""

    lines: Lines
    withdrawal: Fraction = Fraction(3)
    table: tuple[Row, ...] = ()  # by rising share; the last row has no bound in effect (upper 1)
    wake: Fraction = Fraction(2)  # the table applies at a ratio up to this
    gross_share: bool = False
    target: Fraction | None = None  # what a cure restores; None: today's warning line
    targets: dict[str, Fraction] = field(default_factory=dict)  # by state, before ``target``
    cost: Fraction = Fraction(0)  # of selling
    netting: Literal["contract", "security"] = "contract"
    coefficients: bool = False  # the ratio counts securities at their board's coefficient
    concentration: Concentration | None = None


@dataclass(frozen=True)
class Account:
    """One client's account; ``cash`` includes short proceeds, ``positions`` include financed shares."""

    cash: int = 0
    frozen: int = 0
    other_collateral: int = 0
    other_debt: int = 0
    positions: dict[str, int] = field(default_factory=dict)
    contracts: tuple[Contract, ...] = ()
    held_back: dict[str, int] = field(default_factory=dict)  # shares that may not leave today, by security
    client: str = "individual"
    credit_line: int = 0  # 0: none set


# --- what a contract bears --------------------------------------------------------------------------------------------

_FINANCING = ((date(2010, 3, 31), 50), (date(2015, 11, 23), 100), (date(2023, 9, 11), 80), (date(2026, 1, 19), 100))
_SHORT = ((date(2010, 3, 31), 50), (date(2023, 10, 30), 80), (date(2024, 7, 22), 100))
_SHORT_PRIVATE = ((date(2010, 3, 31), 50), (date(2023, 10, 30), 100), (date(2024, 7, 22), 120))


def ratio_at_opening(kind: str, opened: date, *, private_fund: bool = False) -> Fraction:
    """The exchanges' minimum on the day on which the contract was opened (regulation, table of changes)."""
    timeline = _FINANCING if kind == "financing" else _SHORT_PRIVATE if private_fund else _SHORT
    return Fraction([percent for since, percent in timeline if since <= opened][-1], 100)


def margin_ratio(
    kind: str, opened: date, *, pinned: Fraction | None, private_fund: bool = False, applied_2023: bool = False
) -> Fraction:
    """Definition 3: pinned as it stands, else the rule at opening; applied in 2023: min(own, 80 %) for what stood."""
    own = ratio_at_opening(kind, opened, private_fund=private_fund) if pinned is None else pinned
    if applied_2023 and kind == "financing" and opened < date(2023, 9, 11):
        return min(own, Fraction(80, 100))
    return own


def accrued(
    principal: int,
    *,
    rate: Fraction,
    overdue_per_day: Fraction,
    basis: int,
    opened: date,
    due: date,
    through: date,
    session: date,
    last_day_out: bool = False,
) -> int:
    """New interest after ``through``, each calendar day counted by walking over it (definition 5), rounded up once."""
    owed = Fraction(0)
    day = max(through + timedelta(days=1), opened)
    last = session - timedelta(days=1) if last_day_out else session
    while day <= last:
        owed += principal * rate / basis
        if day >= due:
            owed += principal * overdue_per_day
        day += timedelta(days=1)
    return ceil(owed)


# --- the mark ---------------------------------------------------------------------------------------------------------


def mark(account: Account, market: dict[str, Security], terms: Terms, *, fixed: int | None = None) -> dict[str, object]:
    """Every number of one account's mark, under the names of the table of marks.

    ``fixed`` is the row of lines that was fixed at the last close: 0 for the fixed lines, then the table's from 1.
    """
    securities = Fraction(sum(quantity * market[code].price for code, quantity in account.positions.items()))
    financing = sum(c.amount for c in account.contracts if c.kind == "financing")
    short = sum(c.quantity * market[c.security].price for c in account.contracts if c.kind == "short")
    proceeds = sum(c.amount for c in account.contracts if c.kind == "short")
    interest = sum(c.interest for c in account.contracts)
    assets = account.cash + securities + account.other_collateral
    debt = Fraction(financing + short + interest + account.other_debt)
    cover = assets
    if terms.coefficients:
        cover = Fraction(account.cash)
        for code, quantity in account.positions.items():
            cover += quantity * market[code].price * market[code].coefficient
    margin = available_margin(account, market, terms)
    free = account.cash - proceeds - account.frozen
    share = dual_board_share(account, market, terms, assets)
    today = todays_row(terms, cover, debt, share)
    if fixed is not None:
        today = (Row(Fraction(1), terms.lines), *terms.table)[fixed]
    lines, withdrawal = today.lines, today.withdrawal or terms.withdrawal
    stands = state(cover, debt, lines, withdrawal)
    result: dict[str, object] = {
        "assets_milli": int(assets),
        "securities_milli": int(securities),
        "debt_milli": int(debt),
        "financing_debt_milli": financing,
        "short_debt_milli": short,
        "interest_milli": interest,
        "maintenance_ratio_bp": None if debt == 0 else floor(cover / debt * 10_000),
        "available_margin_milli": margin,
        "withdrawable_milli": withdrawable(margin, free, cover, debt, withdrawal),
        "withdrawable_securities_milli": withdrawable_securities(account, market, terms, cover, debt, withdrawal),
        "leverage_bp": leverage(assets, debt),
        "dual_board_share_bp": None if share is None else ceil(share * 10_000),
        "state": stands,
        "line_row": terms.table.index(today) + 1 if today in terms.table else 0,
    }
    result |= {f"{name}_line_bp": _bp(getattr(lines, name)) for name in LINE_NAMES}
    result |= largest(account, market, assets)
    result |= group_shares(account, market, assets)
    result |= cures(free, securities, assets, cover, debt, restored(terms, stands, lines), terms)
    result |= worst_breach(account, market, terms, assets, debt)
    result |= falls(account, market, securities, Fraction(short), assets, debt, lines, terms, moves=fixed is None)
    return result


def available_margin(account: Account, market: dict[str, Security], terms: Terms) -> int:
    """Definition 2: eight terms, floored once."""
    return floor(exact_margin(account, market, terms))


def exact_margin(account: Account, market: dict[str, Security], terms: Terms) -> Fraction:
    """Definition 2 before it is floored."""
    financed: dict[str, int] = defaultdict(int)
    for contract in account.contracts:
        if contract.kind == "financing":
            financed[contract.security] += contract.quantity
    total = Fraction(account.cash)
    for code, quantity in account.positions.items():
        total += (quantity - financed[code]) * market[code].price * market[code].counts
    for kind in ("financing", "short"):
        for code, profit in profits(account, market, kind, terms.netting):
            total += profit * market[code].counts if profit > 0 else profit
    for contract in account.contracts:
        if contract.kind == "short":
            total -= contract.amount
            total -= contract.quantity * market[contract.security].price * contract.ratio
        else:
            total -= contract.amount * contract.ratio
        total -= contract.interest
    return total - account.other_debt


def profits(account: Account, market: dict[str, Security], kind: str, netting: str) -> list[tuple[str, int]]:
    """The floating profit or loss of each contract, or of each security's contracts together."""
    each = []
    for contract in account.contracts:
        if contract.kind == kind:
            value = contract.quantity * market[contract.security].price
            each.append(
                (contract.security, value - contract.amount if kind == "financing" else contract.amount - value)
            )
    if netting == "contract":
        return each
    together: dict[str, int] = defaultdict(int)
    for code, profit in each:
        together[code] += profit
    return list(together.items())


def withdrawable(margin: int, free: int, cover: Fraction, debt: Fraction, line: Fraction) -> int:
    """Definition 7."""
    least = min(margin, free) if debt == 0 else min(margin, free, floor(cover - line * debt))
    return max(0, least)


def withdrawable_securities(
    account: Account, market: dict[str, Security], terms: Terms, cover: Fraction, debt: Fraction, line: Fraction
) -> int:
    """Definition 7 for securities: the same part of each that is neither financed nor held back, when no cash leaves.

    What leaves takes its haircut value out of the available margin, and its whole value out of the assets.
    """
    margin = exact_margin(account, market, terms)
    if margin < 0:
        return 0
    value = counted = Fraction(0)
    for code, quantity in account.positions.items():
        financed = sum(c.quantity for c in account.contracts if c.kind == "financing" and c.security == code)
        free = min(quantity - financed, quantity - account.held_back.get(code, 0)) * market[code].price
        value += free
        counted += free * market[code].counts
    part = Fraction(1) if counted <= margin else margin / counted
    return max(0, floor(part * value if debt == 0 else min(part * value, cover - line * debt)))


def leverage(assets: Fraction, debt: Fraction) -> int | None:
    """Definition 12; rounded up, since more leverage is worse."""
    if debt == 0:
        return 10_000
    return None if assets <= debt else ceil(assets / (assets - debt) * 10_000)


def largest(account: Account, market: dict[str, Security], assets: Fraction) -> dict[str, object]:
    """Definition 12: the largest position, gross; the smallest code on a tie."""
    if not account.positions:
        return {"largest_security": None, "largest_share_bp": None}
    values = {code: quantity * market[code].price for code, quantity in account.positions.items()}
    top = max(values.values())
    code = min(code for code, value in values.items() if value == top)
    return {"largest_security": code, "largest_share_bp": _share(Fraction(top), assets)}


def group_shares(account: Account, market: dict[str, Security], assets: Fraction) -> dict[str, object]:
    """The share of assets in each concentration group and on each board, long positions alone."""
    shares: dict[str, object] = {}
    for group in GROUPS:
        shares[f"group_{group.lower()}_share_bp"] = _share(_value(account, market, "group", group), assets)
    for board in ("star", "chinext", "bse"):
        shares[f"{board}_share_bp"] = _share(_value(account, market, "board", board), assets)
    return shares


def _value(account: Account, market: dict[str, Security], attribute: str, wanted: str) -> Fraction:
    held = [(code, q) for code, q in account.positions.items() if getattr(market[code], attribute) == wanted]
    return Fraction(sum(quantity * market[code].price for code, quantity in held))


def dual_board(account: Account, market: dict[str, Security], terms: Terms) -> Fraction:
    """Definition 9, the amount: long less short value of STAR and ChiNext shares."""
    total = Fraction(0)
    for code, quantity in account.positions.items():
        if market[code].board in DUAL_BOARDS:
            total += quantity * market[code].price
    for contract in account.contracts:
        if contract.kind == "short" and market[contract.security].board in DUAL_BOARDS and not terms.gross_share:
            total -= contract.quantity * market[contract.security].price
    return total


def dual_board_share(account: Account, market: dict[str, Security], terms: Terms, assets: Fraction) -> Fraction | None:
    """Definition 9: the share, other collateral included in the assets; no assets, no share."""
    return None if assets == 0 else max(Fraction(0), dual_board(account, market, terms)) / assets


def todays_row(terms: Terms, cover: Fraction, debt: Fraction, share: Fraction | None) -> Row:
    """Definition 9: the table's row when the table is awake, else the policy's fixed lines."""
    awake = debt > 0 and cover / debt <= terms.wake
    if not terms.table or not awake:
        return Row(Fraction(1), terms.lines)
    return row_of(terms, share if share is not None else Fraction(0))


def row_of(terms: Terms, share: Fraction) -> Row:
    """The row whose interval (lower, upper] holds the share."""
    return next(row for row in terms.table if share <= row.upper)


def state(cover: Fraction, debt: Fraction, lines: Lines, withdrawal: Fraction) -> str:
    """Definition 8: the lowest line that the ratio is strictly under."""
    if debt == 0:
        return "no_debt"
    ratio = cover / debt
    for name, line in lines.named():
        if ratio < line:
            return name
    return "withdrawable" if ratio > withdrawal else "normal"


def restored(terms: Terms, stands: str, lines: Lines) -> Fraction | None:
    """The ratio that a cure restores: the policy's for that state, never short of the line that names it."""
    target = terms.targets.get(stands, terms.target)
    if target is None:
        return lines.warning
    return max(target, getattr(lines, stands)) if stands in LINE_NAMES else target


def cures(
    free: int,
    securities: Fraction,
    assets: Fraction,
    cover: Fraction,
    debt: Fraction,
    target: Fraction | None,
    terms: Terms,
) -> dict[str, object]:
    """Definition 10, with today's lines; with board coefficients only the cash to add is defined."""
    nothing: dict[str, object] = {"cash_to_cure_milli": None, "repay_to_cure_milli": None, "sale_to_cure_milli": None}
    if target is None:
        return nothing
    if debt == 0:
        return dict.fromkeys(nothing, 0)
    cash = max(0, ceil(target * debt - cover))
    if terms.coefficients:
        return nothing | {"cash_to_cure_milli": cash}
    repay = max(0, ceil(debt - assets / target))
    sale = sale_to_cure(Fraction(free), securities, assets, debt, target, terms.cost)
    return {"cash_to_cure_milli": cash, "repay_to_cure_milli": repay, "sale_to_cure_milli": sale}


def sale_to_cure(
    free: Fraction, securities: Fraction, assets: Fraction, debt: Fraction, target: Fraction, cost: Fraction
) -> int | str:
    """Definition 10: free cash repays first, then securities are sold."""
    short_of = target * debt - assets
    if short_of <= 0:
        return 0
    repaid = max(Fraction(0), min(free, Fraction(ceil(short_of / (target - 1))), debt))
    assets, debt = assets - repaid, debt - repaid
    if target * debt - assets <= 0:
        return 0
    if assets * (1 - cost) <= debt or target * (1 - cost) <= 1:
        return NOT_CURABLE
    sale = ceil((target * debt - assets) / (target * (1 - cost) - 1))
    return NOT_CURABLE if sale > securities else sale


def falls(
    account: Account,
    market: dict[str, Security],
    securities: Fraction,
    short: Fraction,
    assets: Fraction,
    debt: Fraction,
    lines: Lines,
    terms: Terms,
    *,
    moves: bool,
) -> dict[str, object]:
    """Definition 11: the uniform fall to the liquidation line that then applies, and to today's.

    Lines that were fixed at the last close stand still whatever happens to prices until the next.
    """
    line = lines.liquidation
    if debt == 0 or line is None or terms.coefficients:
        return {"fall_to_line_bp": None, "fall_to_todays_line_bp": None}
    today = fall_to(line, securities, short, assets, debt)
    then = today
    if moves and terms.table and assets >= line * debt:
        then = least_fall(account, market, securities, short, assets, debt, terms)
    return {"fall_to_line_bp": _floor_bp(then), "fall_to_todays_line_bp": _floor_bp(today)}


def fall_to(line: Fraction, securities: Fraction, short: Fraction, assets: Fraction, debt: Fraction) -> Fraction | None:
    """The fall that brings the ratio to a line that stands still."""
    if securities <= line * short:
        return None
    return (assets - line * debt) / (securities - line * short)


def least_fall(
    account: Account,
    market: dict[str, Security],
    securities: Fraction,
    short: Fraction,
    assets: Fraction,
    debt: Fraction,
    terms: Terms,
) -> Fraction | None:
    """The least fall just after which the ratio is under the line of the row that then holds the share.

    Tried row by row over the whole path: the fall at which each row's line is met, and the falls at which the share
    crosses each bound; just after each of them the account is looked at anew. The share after the fall x is
    b(1 − x)/(A − xS), which crosses a bound u where b(1 − x) = u(A − xS).
    """
    board = max(Fraction(0), dual_board(account, market, terms))
    candidates = {Fraction(0)}
    for row in terms.table:
        met = row.lines.liquidation and fall_to(row.lines.liquidation, securities, short, assets, debt)
        if met is not None:
            candidates.add(Fraction(met))
        if board != row.upper * securities:
            candidates.add((board - row.upper * assets) / (board - row.upper * securities))
    ordered = sorted(fall for fall in candidates if fall >= 0)
    for place, fall in enumerate(ordered):
        after = ordered[place + 1] if place + 1 < len(ordered) else fall + 1
        if under_after((fall + after) / 2, board, securities, short, assets, debt, terms):
            return fall
    return None


def under_after(
    fall: Fraction,
    board: Fraction,
    securities: Fraction,
    short: Fraction,
    assets: Fraction,
    debt: Fraction,
    terms: Terms,
) -> bool:
    """Whether, after the fall, the ratio is under the liquidation line that then applies."""
    assets_then, debt_then = assets - fall * securities, debt - fall * short
    if fall >= 1:  # nothing of the securities is left: the first row's line, as far as the formula goes on
        lines = terms.table[0].lines
    elif assets_then > terms.wake * debt_then:
        lines = terms.lines
    else:
        lines = row_of(terms, board * (1 - fall) / assets_then).lines
    return lines.liquidation is not None and assets_then < lines.liquidation * debt_then


# --- concentration ----------------------------------------------------------------------------------------------------

Breach = tuple[str, str, Fraction, Fraction]  # scope, name, value, limit
BOARD_GROUPS = ("main", "star", "chinext", "bse", "dual_board", "registration", "approval", "other")  # what is no share


def groups_of_board(board: str, registered: bool | None) -> frozenset[str]:
    """The groups of boards that a security is added to; where its registration is not known, to both."""
    if board == "star":
        return frozenset({"star", "dual_board", "registration"})
    if board == "bse":
        return frozenset({"bse"})
    if board == "main":
        return frozenset({"main"}) if registered else frozenset({"main", "approval"})
    if board == "chinext":
        systems = {True: {"registration"}, False: {"approval"}, None: {"registration", "approval"}}[registered]
        return frozenset({"chinext", "dual_board"} | systems)
    return frozenset({"other"})


def breaches(
    account: Account, market: dict[str, Security], terms: Terms, assets: Fraction, debt: Fraction
) -> list[Breach] | None:
    """Every limit that is breached: securities by code, then classes, then groups of boards; None: no limit applies.

    Values are held against limit × assets, the account's total assets; without debt the ratio is above every bound.
    """
    limits = terms.concentration
    if limits is None or not limits.tables or (debt == 0 and limits.exempt_without_debt):
        return None
    ratio = None if debt == 0 else assets / debt
    amount = {"debt": debt, "credit_line": Fraction(account.credit_line)}.get(
        limits.row_by, max(debt, Fraction(account.credit_line))
    )

    def fits(row: Limit) -> bool:
        return (not row.clients or account.client in row.clients) and row.ratio.has(ratio) and row.amount.has(amount)

    def lowest(found: list[Fraction | None]) -> Fraction | None:
        return min((limit for limit in found if limit is not None), default=None)

    def of_security(code: str) -> Fraction | None:
        security, found = market[code], []
        for rows, overrides in limits.tables:
            own = [o for o in overrides if (not o.securities or code in o.securities) and o.ratio.has(ratio)]
            if own:
                found.append(own[-1].limit)
                continue
            for row in rows:
                about = row.scope == "security" and fits(row) and row.over_limit in (None, security.over_limit)
                named = not row.classes or security.group in row.classes
                listed = not row.boards or bool(row.boards & security.board_groups)
                if about and named and listed:
                    found.append(row.limit)
        return lowest(found)

    def together(scope: str, name: str) -> Fraction | None:
        all_rows = [row for rows, _ in limits.tables for row in rows if row.scope == scope and fits(row)]
        return lowest(
            [row.limit for row in all_rows if name in (row.classes | row.boards) or not row.classes | row.boards]
        )

    values = {code: Fraction(quantity * market[code].price) for code, quantity in account.positions.items()}
    held: list[tuple[str, str, Fraction, Fraction | None]] = []
    held += [("security", code, values[code], of_security(code)) for code in sorted(values)]
    for group in GROUPS:
        part = sum((v for code, v in values.items() if market[code].group == group), Fraction(0))
        held.append(("class", group, part, together("class", group)))
    for board in BOARD_GROUPS:
        part = sum((v for code, v in values.items() if board in market[code].board_groups), Fraction(0))
        held.append(("board", board, part, together("board", board)))
    return [(s, n, part, limit) for s, n, part, limit in held if limit is not None and part > limit * assets]


def worst_breach(
    account: Account, market: dict[str, Security], terms: Terms, assets: Fraction, debt: Fraction
) -> dict[str, object]:
    """How many limits are breached, and the greatest excess; of equal ones the first."""
    found = breaches(account, market, terms, assets, debt)
    names = ("worst_breach_scope", "worst_breach", "worst_excess_bp")
    if not found:
        return {"breaches": None if found is None else 0, **dict.fromkeys(names)}
    scope, name, part, limit = max(found, key=lambda breach: breach[2] - breach[3] * assets)
    return {
        "breaches": len(found),
        **dict(zip(names, (scope, name, ceil((part / assets - limit) * 10_000)), strict=True)),
    }


def _share(value: Fraction, assets: Fraction) -> int | None:
    return None if assets == 0 else ceil(value / assets * 10_000)


def _bp(line: Fraction | None) -> int | None:
    return None if line is None else int(line * 10_000)


def _floor_bp(fall: Fraction | None) -> int | None:
    """A fall as it is shown: in basis points, and beyond a hundred thousand times everything as just that."""
    return None if fall is None else max(-(10**9), min(10**9, floor(fall * 10_000)))
