"""Explain what an account may do and what it must: cash and securities that may leave, and the three cures.

What lives here: each formula with its numbers, worked again in fractions. What does not: the ratio and the lines that
they rest on (``explain_lines.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

from rongheng.account.marks.explain_subject import MARGIN, RATIO, WITHDRAWAL, Subject, Term, named, percent, yuan
from rongheng.account.marks.explain_sums import margin
from rongheng.basics.account_tables import LINES
from rongheng.basics.money import BP, PPM
from rongheng.basics.text import Text


def withdrawals(subject: Subject) -> Iterator[Term]:
    """Explain the cash that may leave, and the securities that may when no cash does (definition 7)."""
    yield from _cash(subject)
    yield from _securities(subject)


def _bounds(subject: Subject, number: str) -> Iterator[Term]:
    """The two bounds that cash and securities share: available margin, and what stands above the withdrawal line."""
    margin = subject.found["available_margin_milli"]
    yield Term(number, Text("保证金可用余额", "available margin"), yuan(margin), MARGIN, Fraction(margin))
    if subject.debt:
        line = subject.found["withdrawal_line_bp"]
        above = subject.cover - Fraction(line * subject.debt, BP)
        working = f"{yuan(subject.cover)} − {percent(line)} × {yuan(subject.debt)}"
        yield Term(number, Text("高于提取线部分", "above the withdrawal line"), working, WITHDRAWAL, above)


def _cash(subject: Subject) -> Iterator[Term]:
    number, cash, frozen = "withdrawable_milli", subject.of("cash_milli"), subject.of("frozen_cash_milli")
    working = f"{yuan(cash)} − {yuan(subject.proceeds)} − {yuan(frozen)}"
    free = Fraction(subject.free_cash)
    bounds = list(_bounds(subject, number))
    label = Text("自由现金（扣融券价款与冻结）", "free cash: without short proceeds and frozen")
    yield Term(number, label, working, "exchange.order.short_proceeds_use", free)
    yield from bounds
    least = min([free, *(bound.exact for bound in bounds if bound.exact is not None)])
    yield subject.total(number, "⌊max(0, min)⌋", WITHDRAWAL, exact=max(Fraction(0), least))


def _securities(subject: Subject) -> Iterator[Term]:
    number = "withdrawable_securities_milli"
    free = counted = Fraction(0)
    for held in subject.positions:
        quantity = min(held.quantity - subject.financed.get(held.code, 0), held.available)
        free += quantity * held.price
        counted += Fraction(quantity * held.price * held.haircut, BP)
        working = f"min({held.quantity:,} − {subject.financed.get(held.code, 0):,}, {held.available:,})"
        label = Text(f"可转出证券 {held.code}", f"free to leave {held.code}")
        working = f"{working} × {yuan(held.price)}"
        yield Term(number, label, working, WITHDRAWAL, Fraction(quantity * held.price))
    yield Term(number, Text("其折算后价值", "the same after haircuts"), "Σ × h", MARGIN, counted)
    yield from _bounds(subject, number)
    bears = _exact_margin(subject)
    if bears < 0:
        yield subject.total(number, f"{yuan(bears)} < 0", MARGIN, exact=0)
        return
    part = Fraction(1) if counted <= bears else bears / counted
    above = subject.cover - Fraction(subject.found["withdrawal_line_bp"] * subject.debt, BP)
    least = part * free if not subject.debt else min(part * free, above)
    working = f"⌊max(0, min({yuan(free)} × {yuan(min(bears, counted))} ÷ {yuan(counted)}, …))⌋" if counted else "Σ"
    yield subject.total(number, working, WITHDRAWAL, exact=max(Fraction(0), least))


def _exact_margin(subject: Subject) -> Fraction:
    total = next(term for term in margin(subject) if term.is_total)
    assert total.exact is not None, "available margin is an amount"
    return total.exact


def cures(subject: Subject) -> Iterator[Term]:
    """Explain what restores the target: cash to add, debt to repay from outside, securities to sell (definition 10)."""
    target = subject.found["target_bp"]
    if target is None or not subject.debt:
        return
    yield subject.total("target_bp", _which_target(subject, target), subject.cite("restore_targets", "lines"))
    times = Fraction(target, BP)
    lacking = max(times * subject.debt - subject.cover, Fraction(0))
    rule = f"{RATIO}, {subject.cite('lines')}"
    working = f"⌈{percent(target)} × {yuan(subject.debt)} − {yuan(subject.cover)}⌉"
    yield subject.total("cash_to_cure_milli", working, rule, exact=lacking)
    if subject.by_coefficient:
        return
    working = f"⌈{yuan(subject.debt)} − {yuan(subject.assets)} ÷ {percent(target)}⌉"
    repay = max(subject.debt - subject.assets / times, Fraction(0))
    yield subject.total("repay_to_cure_milli", working, rule, exact=repay)
    yield from _sale(subject, times, rule)


def _which_target(subject: Subject, target: int) -> str:
    state, policy = subject.found["state"], subject.policy
    stated = policy.restore_targets_bp.get(state, policy.restore_target_bp)
    if stated is None:
        return f"{percent(target)} = {named('warning_line_bp').zh} warning"
    if state in LINES and stated < subject.found[f"{state}_line_bp"]:
        return f"{percent(stated)} → {percent(target)} ({state})"
    return f"{percent(target)} ({state})" if state in policy.restore_targets_bp else percent(target)


def _sale(subject: Subject, target: Fraction, rule: str) -> Iterator[Term]:
    """Explain the sale: free cash repays first, then securities are sold, whose cost leaves with them."""
    number = "sale_to_cure_milli"
    assets, debt = Fraction(subject.assets), Fraction(subject.debt)
    lacking = max(target * debt - assets, Fraction(0))
    cost = Fraction(subject.policy.sale_cost_ppm, PPM)
    rule = f"{rule}, {subject.cite('sale_cost_ppm')}"
    repaid = max(min(Fraction(subject.free_cash), Fraction(ceil(lacking / (target - 1))), debt), Fraction(0))
    yield Term(number, Text("自由现金先还", "free cash repays first"), yuan(repaid), rule, repaid)
    assets, debt = assets - repaid, debt - repaid
    lacking, gain = target * debt - assets, target * (1 - cost) - 1
    times = percent(target * BP)
    working = f"⌈({times} × {yuan(debt)} − {yuan(assets)}) ÷ ({times} × (1 − {_cost(subject)}) − 1)⌉"
    if lacking <= 0:
        yield subject.total(number, "0: R ≥ T", rule, exact=0)
        yield subject.total("curable", "R ≥ T", rule)
        return
    reason = _why_not(subject, assets, debt, lacking, gain, cost)
    if reason:
        yield subject.total(number, reason, rule)
    else:
        yield subject.total(number, working, rule, exact=lacking / gain)
    yield subject.total("curable", reason or "≤ S", rule)


def _why_not(
    subject: Subject, assets: Fraction, debt: Fraction, lacking: Fraction, gain: Fraction, cost: Fraction
) -> str:
    """Say why no sale can cure the account; nothing where one can."""
    if assets * (1 - cost) <= debt:
        return f"{yuan(assets)} × (1 − {_cost(subject)}) ≤ {yuan(debt)}"
    if gain <= 0:
        return "T(1 − c) ≤ 1"
    if lacking / gain > subject.securities:
        return f"{yuan(ceil(lacking / gain))} > S = {yuan(subject.securities)}"
    return ""


def _cost(subject: Subject) -> str:
    return f"{subject.policy.sale_cost_ppm / 10_000:g}%"
