"""Golden cases of orders: one account on one day, one order, and what a risk officer expects of it, in YAML.

What lives here: reading the order, checking it, and comparing. What does not: reading what a case sets up
(``marks.stage``).

    - case: A financing buy at the margin
      why: The margin of a new trade may reach the available margin, and not go beyond.
      session: 2026-03-02
      source: hand
      policy: exchange_only
      market: {600000.SH: {close: 10.00, cap: 70%, financing: yes}}
      account: {cash: 50_000}
      order: {business: financing_buy, security: 600000.SH, quantity: 5_000, price: 10.00}
      expect:
        refused_by: margin
        largest: 4_900                       # 50 000 / (10 × 1.00001) in lots of a hundred
        margin_used: 5_000 * 10.00 * 1.00001

``refused_by`` and ``warned`` are ``none`` or names of checks, parted by commas; ``to_pass`` is what would make it pass,
in English, parted by semicolons. The largest size is in shares, or in yuan for cash alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor
from pathlib import Path
from typing import Final

from rongheng.account.marks.mark import mark
from rongheng.account.marks.stage import FIELDS, Compared, Stage, case_items, evaluated, milli, read_order, set_up
from rongheng.account.orders.check import check_order
from rongheng.account.orders.checks import checks_in
from rongheng.account.orders.gate import CASH_ALONE, open_gate
from rongheng.account.orders.order import Order
from rongheng.account.orders.verdict import Verdict
from rongheng.account.policy import PolicySet
from rongheng.basics.account_tables import Business
from rongheng.basics.money import MILLI
from rongheng.rulebook import Rulebook
from rongheng.rulebook.reader import Item

_NAMES: Final = ("refused_by", "warned", "to_pass", "largest", "margin_used", "margin_left")


@dataclass(frozen=True)
class OrderCase:
    """One case, read: what it sets up, and the order."""

    stage: Stage
    order: Order
    net_capital_milli: int | None

    @property
    def name(self) -> str:
        """What the case is called."""
        return self.stage.name


def read_order_cases(path: Path, *, rulebook: Rulebook | None = None) -> list[OrderCase]:
    """Return the cases of one file, or of every YAML file below a folder.

    Raises
    ------
    UsageError
        No such file or folder.
    RuleError
        A case is malformed; the message says ``file:line``.
    """
    rulebook = rulebook or Rulebook.load()
    return [_read(item, rulebook) for item in case_items(path)]


def run_order_cases(cases: Iterable[OrderCase], *, rulebook: Rulebook | None = None) -> list[Compared]:
    """Return what every case expected and what the check said."""
    rulebook = rulebook or Rulebook.load()
    return [compared for case in cases for compared in _run(case, rulebook)]


def verdict_of(case: OrderCase, *, rulebook: Rulebook | None = None) -> Verdict:
    """Return the verdict on the order of a case."""
    stage = case.stage
    marks = mark(stage.book(), stage.day, PolicySet.of(stage.policy))
    return check_order(open_gate(marks, net_capital_milli=case.net_capital_milli, rulebook=rulebook), case.order)


def _read(item: Item, rulebook: Rulebook) -> OrderCase:
    fields = item.fields(required=(*FIELDS, "order"), optional=("terms", "net_capital"))
    stage = set_up(item, fields, rulebook, needs_haircuts=True)
    for name, expected in stage.expect.items():
        if name not in _NAMES:
            expected.refuse(f"no answer to an order is called {name!r}; expected {', '.join(_NAMES)}.")
    row = read_order(fields["order"])
    order = Order(**(row | {"business": Business(row["business"])}))
    return OrderCase(stage, order, milli(fields["net_capital"]) if "net_capital" in fields else None)


def _run(case: OrderCase, rulebook: Rulebook) -> list[Compared]:
    verdict = verdict_of(case, rulebook=rulebook)
    return [_compared(case, name, item, verdict) for name, item in case.stage.expect.items()]


def _compared(case: OrderCase, name: str, item: Item, verdict: Verdict) -> Compared:
    typed = item.text()
    expected, got = _words(name, typed, verdict) or _numbers(case, name, item, verdict)
    return Compared(case.name, item.place, name, typed, expected, got, expected == got)


def _words(name: str, typed: str, verdict: Verdict) -> tuple[str, str] | None:
    if name == "to_pass":
        remedies = dict.fromkeys(remedy.show().en for line in verdict.refusals for remedy in line.remedies)
        return typed, "; ".join(remedies) or "none"
    if name in ("refused_by", "warned"):
        mask = verdict.refused_by if name == "refused_by" else verdict.warned
        wanted = sorted(part.strip() for part in typed.split(","))
        return ", ".join(wanted), ", ".join(sorted(check.name.lower() for check in checks_in(mask))) or "none"
    return None


def _numbers(case: OrderCase, name: str, item: Item, verdict: Verdict) -> tuple[str, str]:
    """Return what is expected and what came out, in whole units: margin used is rounded up, what is left down."""
    typed, _, fineness = item.text().partition(" to ")
    if typed == "none":
        return typed, str(verdict.largest).lower()
    in_shares = name == "largest" and case.order.business not in CASH_ALONE
    value = evaluated(item, typed) * (1 if in_shares else MILLI)
    if value.denominator != 1 and not fineness:
        item.refuse(f"{typed} is not a whole milli-yuan; say how finely it is compared, such as 'to 0.001'.")
    got = {
        "largest": verdict.largest,
        "margin_used": verdict.margin_used_milli,
        "margin_left": verdict.margin_left_milli,
    }
    return str(ceil(value) if name == "margin_used" else floor(value)), str(got[name])
