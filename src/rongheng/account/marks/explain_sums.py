"""Explain the numbers that are sums: assets, what covers the debt, debt, available margin.

What lives here: each sum's terms, as the exchanges' formulas list them. What does not: numbers that are made of sums
(``explain_lines.py``, ``explain_ways.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from rongheng.account.marks.explain_subject import MARGIN, RATIO, Holding, Subject, Term, percent, yuan
from rongheng.account.policy import Policy
from rongheng.account.policy.policy import LossNetting
from rongheng.basics.money import BP
from rongheng.basics.text import Text

LOSS = "exchange.available_margin.loss_haircut"
COVER = "cover_milli"


def assets(subject: Subject) -> Iterator[Term]:
    """Explain cash, each position and other collateral."""
    name, cash, other = "assets_milli", subject.of("cash_milli"), subject.of("other_collateral_milli")
    terms = [_term(name, Text("现金", "cash"), cash, yuan(cash), RATIO)]
    for held in subject.positions:
        label = Text(f"证券 {held.code}", f"position {held.code}")
        terms.append(_term(name, label, held.value, f"{held.quantity:,} × {yuan(held.price)}", RATIO))
    if other:
        terms.append(_term(name, Text("其他担保物", "other collateral"), other, yuan(other), RATIO))
    yield from _with_total(subject, name, terms, RATIO)
    if subject.by_coefficient:
        yield from _cover(subject)


def _cover(subject: Subject) -> Iterator[Term]:
    """What stands above the fraction when securities count at their board's coefficient; other collateral is out."""
    cash, rule = subject.of("cash_milli"), subject.cite("ratio_method")
    yield _term(COVER, Text("现金", "cash"), cash, yuan(cash), rule)
    for held in subject.positions:
        coefficient = subject.policy.board_coefficients_bp.get(held.board, BP)
        label = Text(f"证券 {held.code}", f"position {held.code}")
        counted = Fraction(held.value * coefficient, BP)
        yield _term(COVER, label, counted, f"{yuan(held.value)} × {percent(coefficient)}", rule)
    label = Text("比例分子（按板块折算）", "above the fraction: at coefficients")
    yield Term(COVER, label, "Σ", rule, subject.cover, is_total=True)


def debt(subject: Subject) -> Iterator[Term]:
    """Explain each contract, its interest, and other debt."""
    name, terms = "debt_milli", []
    for contract in subject.contracts:
        kind = Text("融券", "short") if contract.is_short else Text("融资", "financing")
        owed = contract.value if contract.is_short else contract.amount
        working = f"{contract.quantity:,} × {yuan(contract.price)}" if contract.is_short else yuan(owed)
        terms.append(_term(name, _named(kind, contract), owed, working, RATIO))
        if contract.interest:
            label = Text(f"利息 {contract.contract}", f"interest of {contract.contract}")
            rule = f"{RATIO}, {subject.cite('interest')}"
            terms.append(_term(name, label, contract.interest, yuan(contract.interest), rule))
    other = subject.of("other_debt_milli")
    if other:
        terms.append(_term(name, Text("其他负债", "other debt"), other, yuan(other), RATIO))
    yield from _with_total(subject, name, terms, RATIO)


def margin(subject: Subject) -> Iterator[Term]:
    """Explain the eight terms of available margin."""
    name, cash = "available_margin_milli", subject.of("cash_milli")
    terms = [_term(name, Text("现金", "cash"), cash, yuan(cash), MARGIN)]
    for held in subject.positions:
        financed = subject.financed.get(held.code, 0)
        counted = Fraction((held.quantity - financed) * held.price * held.haircut, BP)
        working = f"({held.quantity:,} − {financed:,}) × {yuan(held.price)} × {percent(held.haircut)}"
        label = Text(f"担保证券 {held.code}", f"collateral {held.code}")
        terms.append(_term(name, label, counted, working, subject.cite("haircuts", default=MARGIN)))
    terms += _profits(subject.contracts, subject.policy)
    terms += _margin_in_use(subject)
    owed = sum(contract.interest for contract in subject.contracts) + subject.of("other_debt_milli")
    if owed:
        label = Text("利息及其他负债", "interest and other debt")
        terms.append(_term(name, label, -owed, f"−{yuan(owed)}", MARGIN))
    yield from _with_total(subject, name, terms, MARGIN)


def _profits(contracts: list[Holding], policy: Policy) -> Iterator[Term]:
    """Floating profits at their haircut and losses in full, by contract or netted by security."""
    groups: dict[tuple[object, ...], list[Holding]] = {}
    for contract in contracts:
        key = (contract.is_short, contract.code)
        netted = policy.loss_netting is LossNetting.SECURITY
        groups.setdefault(key if netted else (*key, contract.contract), []).append(contract)
    for together in groups.values():
        first, profit = together[0], sum(contract.profit for contract in together)
        counts = first.haircut if profit > 0 else BP
        names = " ".join(contract.contract for contract in together)
        yield _term(
            "available_margin_milli",
            Text(f"浮动盈亏 {first.code} {names}", f"floating profit or loss {first.code} {names}"),
            Fraction(profit * counts, BP),
            f"{yuan(profit)} × {percent(counts)}",
            MARGIN if profit > 0 else LOSS,
        )


def _margin_in_use(subject: Subject) -> Iterator[Term]:
    name, rules = "available_margin_milli", subject.cite("margin_ratio_bp", default=MARGIN).split(", ")
    for contract in subject.contracts:
        if contract.is_short:
            label = _named(Text("融券卖出金额", "short proceeds"), contract)
            yield _term(name, label, -contract.amount, f"−{yuan(contract.amount)}", MARGIN)
        base = contract.value if contract.is_short else contract.amount
        yield _term(
            name,
            _named(Text("占用保证金", "margin in use"), contract),
            Fraction(-base * contract.ratio, BP),
            f"−{yuan(base)} × {percent(contract.ratio)}",
            rules[-1] if contract.is_short else rules[0],
        )


def _named(kind: Text, contract: Holding) -> Text:
    return Text(f"{kind.zh} {contract.contract} {contract.code}", f"{kind.en} {contract.contract} {contract.code}")


def _term(number: str, label: Text, amount: Fraction | int, working: str, rule: str) -> Term:
    return Term(number, label, working, rule, Fraction(amount))


def _with_total(subject: Subject, number: str, terms: list[Term], rule: str) -> Iterator[Term]:
    yield from terms
    exact = sum((term.exact for term in terms if term.exact is not None), Fraction(0))
    whole = exact.denominator == 1
    yield subject.total(number, "Σ" if whole else "⌊Σ⌋", rule, exact=exact)
