"""Unfold one account's numbers into their terms, each with its working, its rule and how sure that rule is.

What lives here: one function for each number that has terms, in plain whole numbers. What does not: the kernels, which
these sums check: an explanation that does not add up to the mark is a broken promise of ours and an assertion fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from rongheng.account.marks.marks import Marks
from rongheng.account.policy import Policy
from rongheng.account.policy.policy import LossNetting, RatioMethod
from rongheng.basics.account_tables import Board
from rongheng.basics.errors import NotInForceError
from rongheng.basics.money import BP, show_yuan
from rongheng.basics.text import Text
from rongheng.rulebook import Rule, Rulebook

MARGIN = "exchange.available_margin.definition"
LOSS = "exchange.available_margin.loss_haircut"
RATIO = "exchange.maintenance_ratio.definition"
COLUMNS = {
    "number": pl.String(),
    "term_zh": pl.String(),
    "term_en": pl.String(),
    "amount_milli": pl.Int64(),
    "working": pl.String(),
    "rule": pl.String(),
    "name_zh": pl.String(),
    "name_en": pl.String(),
    "article_zh": pl.String(),
    "article_en": pl.String(),
    "confidence_zh": pl.String(),
    "confidence_en": pl.String(),
}


@dataclass(frozen=True, slots=True)
class Term:
    """One term of one number: its name, its amount (milli-yuan × 10 000, exact), how it comes about, the rule."""

    number: str
    label: Text
    amount_bp: int
    working: str
    rule: str


@dataclass(frozen=True, slots=True)
class _Holding:
    """One position or contract with everything that its terms need."""

    code: str
    quantity: int
    price: int
    haircut: int
    board: Board
    amount: int = 0
    ratio: int = 0
    interest: int = 0
    is_short: bool = False
    contract: str = ""

    @property
    def value(self) -> int:
        """Quantity × price, in milli-yuan."""
        return self.quantity * self.price

    @property
    def profit(self) -> int:
        """The floating profit or loss of a contract, in milli-yuan."""
        return self.amount - self.value if self.is_short else self.value - self.amount


def explain(marks: Marks, account_id: str, policy: Policy, *, rulebook: Rulebook | None = None) -> pl.DataFrame:
    """Return every term of an account's assets, debt and available margin, with rule, article and confidence.

    Parameters
    ----------
    policy : the account's policy
    rulebook : where articles are looked up; the shipped one unless given

    Returns
    -------
    polars.DataFrame
        One row for each term: the number that it belongs to, its name in Chinese and English, its amount in milli-yuan
        (rounded down for the eye; the sum is exact), its working, and the rule with article and confidence.

    Raises
    ------
    UsageError, BookError
        The account is unknown, or quarantined (the message says why).
    """
    row = marks.book.row_of(account_id)
    marks.require_marked(row)
    terms = [*_assets(marks, row, policy), *_debt(marks, row), *_margin(marks, row, policy)]
    _check(marks, row, policy, terms)
    cited = _citations({term.rule for term in terms}, marks.day.session, rulebook or Rulebook.load())
    rows = [
        {
            "number": term.number,
            "term_zh": term.label.zh,
            "term_en": term.label.en,
            "amount_milli": term.amount_bp // BP,
            "working": term.working,
            "rule": term.rule,
            **cited[term.rule],
        }
        for term in terms
    ]
    return pl.DataFrame(rows, schema=COLUMNS)


def _assets(marks: Marks, row: int, policy: Policy) -> Iterator[Term]:
    layout, name = marks.book.layout, "assets_milli"
    cash, other = int(layout.cash_milli[row]), int(layout.other_collateral_milli[row])
    yield Term(name, Text("现金", "cash"), cash * BP, show_yuan(cash), RATIO)
    for position in _positions(marks, row):
        working = f"{position.quantity:,} × {show_yuan(position.price)}"
        yield Term(
            name, Text(f"证券 {position.code}", f"position {position.code}"), position.value * BP, working, RATIO
        )
    if other:
        yield Term(name, Text("其他担保物", "other collateral"), other * BP, show_yuan(other), RATIO)
    if policy.ratio_method is RatioMethod.COEFFICIENT:
        yield from _cover(marks, row, policy)


def _cover(marks: Marks, row: int, policy: Policy) -> Iterator[Term]:
    """What stands above the fraction when securities count at their board's coefficient; other collateral is out."""
    cash, rule = int(marks.book.layout.cash_milli[row]), policy.cites.get("ratio_method", RATIO)
    yield Term("cover_milli", Text("现金", "cash"), cash * BP, show_yuan(cash), rule)
    for position in _positions(marks, row):
        coefficient = policy.board_coefficients_bp.get(position.board, BP)
        working = f"{show_yuan(position.value)} × {_percent(coefficient)}"
        label = Text(f"证券 {position.code}", f"position {position.code}")
        yield Term("cover_milli", label, position.value * coefficient, working, rule)


def _debt(marks: Marks, row: int) -> Iterator[Term]:
    name = "debt_milli"
    for contract in _contracts(marks, row):
        kind = Text("融券", "short") if contract.is_short else Text("融资", "financing")
        owed = contract.value if contract.is_short else contract.amount
        working = f"{contract.quantity:,} × {show_yuan(contract.price)}" if contract.is_short else show_yuan(owed)
        label = Text(f"{kind.zh} {contract.contract} {contract.code}", f"{kind.en} {contract.contract} {contract.code}")
        yield Term(name, label, owed * BP, working, RATIO)
        if contract.interest:
            label = Text(f"利息 {contract.contract}", f"interest of {contract.contract}")
            yield Term(name, label, contract.interest * BP, show_yuan(contract.interest), RATIO)
    other = int(marks.book.layout.other_debt_milli[row])
    if other:
        yield Term(name, Text("其他负债", "other debt"), other * BP, show_yuan(other), RATIO)


def _margin(marks: Marks, row: int, policy: Policy) -> Iterator[Term]:
    name, layout = "available_margin_milli", marks.book.layout
    cash, other_debt = int(layout.cash_milli[row]), int(layout.other_debt_milli[row])
    contracts = list(_contracts(marks, row))
    financed: dict[str, int] = {}
    for contract in contracts:
        if not contract.is_short:
            financed[contract.code] = financed.get(contract.code, 0) + contract.quantity
    yield Term(name, Text("现金", "cash"), cash * BP, show_yuan(cash), MARGIN)
    for position in _positions(marks, row):
        free = position.quantity - financed.get(position.code, 0)
        working = f"({position.quantity:,} − {position.quantity - free:,}) × {show_yuan(position.price)}"
        yield Term(
            name,
            Text(f"担保证券 {position.code}", f"collateral {position.code}"),
            free * position.price * position.haircut,
            f"{working} × {_percent(position.haircut)}",
            policy.cites.get("haircuts", MARGIN),
        )
    yield from _profits(contracts, policy)
    yield from _margin_in_use(contracts, policy)
    owed = sum(contract.interest for contract in contracts) + other_debt
    if owed:
        yield Term(name, Text("利息及其他负债", "interest and other debt"), -owed * BP, f"−{show_yuan(owed)}", MARGIN)


def _profits(contracts: list[_Holding], policy: Policy) -> Iterator[Term]:
    """Floating profits at their haircut and losses in full, by contract or netted by security."""
    groups: dict[tuple[object, ...], list[_Holding]] = {}
    for contract in contracts:
        key = (contract.is_short, contract.code)
        netted = policy.loss_netting is LossNetting.SECURITY
        groups.setdefault(key if netted else (*key, contract.contract), []).append(contract)
    for together in groups.values():
        first, profit = together[0], sum(contract.profit for contract in together)
        counts = first.haircut if profit > 0 else BP
        names = " ".join(contract.contract for contract in together)
        yield Term(
            "available_margin_milli",
            Text(f"浮动盈亏 {first.code} {names}", f"floating profit or loss {first.code} {names}"),
            profit * counts,
            f"{show_yuan(profit)} × {_percent(counts)}",
            MARGIN if profit > 0 else LOSS,
        )


def _margin_in_use(contracts: list[_Holding], policy: Policy) -> Iterator[Term]:
    name, rules = "available_margin_milli", policy.cites.get("margin_ratio_bp", "").split(", ")
    for contract in contracts:
        code = f"{contract.contract} {contract.code}"
        if contract.is_short:
            label = Text(f"融券卖出金额 {code}", f"short proceeds {code}")
            yield Term(name, label, -contract.amount * BP, f"−{show_yuan(contract.amount)}", MARGIN)
        base = contract.value if contract.is_short else contract.amount
        yield Term(
            name,
            Text(f"占用保证金 {code}", f"margin in use {code}"),
            -base * contract.ratio,
            f"−{show_yuan(base)} × {_percent(contract.ratio)}",
            rules[-1] if contract.is_short else rules[0],
        )


def _check(marks: Marks, row: int, policy: Policy, terms: list[Term]) -> None:
    """An explanation adds up to the mark, or it is none."""
    totals = {name: sum(term.amount_bp for term in terms if term.number == name) for name in {t.number for t in terms}}
    found = marks.of(row)
    assert totals["assets_milli"] == found["assets_milli"] * BP, "the terms of the assets do not add up"
    assert totals.get("debt_milli", 0) == found["debt_milli"] * BP, "the terms of the debt do not add up"
    margin = totals["available_margin_milli"] // BP
    assert margin == found["available_margin_milli"], "the terms of the available margin do not add up"
    if policy.ratio_method is RatioMethod.COEFFICIENT and found["debt_milli"]:
        assert totals["cover_milli"] // found["debt_milli"] == found["maintenance_ratio_bp"], "the cover is another"


def _positions(marks: Marks, row: int) -> Iterator[_Holding]:
    held = marks.book.positions_of(row)
    base = int(marks.book.layout.policy[row]) * marks.terms.n_securities
    first = int(marks.book.layout.starts[row])
    for place, (security, quantity) in enumerate(held.iter_rows()):
        code = int(marks.book.layout.code[first + place])
        yield _holding(marks, base, code, security, quantity)


def _contracts(marks: Marks, row: int) -> Iterator[_Holding]:
    columns = marks.book.layout
    base = int(columns.policy[row]) * marks.terms.n_securities
    for i in range(*marks.book.contract_span(row)):
        code = int(columns.contract_code[i])
        holding = _holding(marks, base, code, marks.book.securities[code], int(columns.contract_quantity[i]))
        yield _Holding(
            holding.code,
            holding.quantity,
            holding.price,
            holding.haircut,
            holding.board,
            amount=int(columns.amount_milli[i]),
            ratio=int(marks.ratio_bp[i]),
            interest=int(marks.interest_milli[i]),
            is_short=bool(columns.is_short[i]),
            contract=marks.book.contracts["contract_id"][i],
        )


def _holding(marks: Marks, base: int, code: int, security: str, quantity: int) -> _Holding:
    terms = marks.terms
    board = list(Board)[int(terms.board[code])]
    return _Holding(security, quantity, int(terms.price_milli[base + code]), int(terms.haircut_bp[base + code]), board)


def _citations(rules: set[str], session: date, rulebook: Rulebook) -> dict[str, dict[str, str]]:
    """Return name, article and confidence of each rule on that session, in both languages."""
    return {id_: _cited(rulebook.find_rule(id_), session) for id_ in rules}


def _cited(rule: Rule | None, session: date) -> dict[str, str]:
    """Return what is to be said of a rule; nothing but its name where it does not stand on that session."""
    said = {} if rule is None else {"name_zh": rule.name.zh, "name_en": rule.name.en}
    for market in rule.markets if rule else ():
        try:
            reading = rule.on(session, market=market) if rule else None
        except NotInForceError:
            continue
        if reading is not None:
            cited, confidence = [citation.show() for citation in reading.citations], reading.confidence.label()
            said |= {"article_zh": "；".join(text.zh for text in cited), "confidence_zh": confidence.zh}
            said |= {"article_en": "; ".join(text.en for text in cited), "confidence_en": confidence.en}
            break
    return said


def _percent(bp: int) -> str:
    whole, rest = divmod(bp, 100)
    return f"{whole}%" if rest == 0 else f"{whole}.{rest:02d}%"
