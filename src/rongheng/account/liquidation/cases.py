"""Golden cases of forced sales: one account on one day, and what a risk officer expects to be sold, in YAML.

What lives here: reading how the account is sold out, planning it, and comparing. What does not: reading what a case
sets up (``marks.stage``).

    - case: The least lots that restore the target
      why: 140 / 110 is 127.3 %; ...
      session: 2026-03-02
      source: hand
      policy: huatai
      market: {600000.SH: {close: 10.00}}
      account:
        cash: 0
        positions: {600000.SH: 14_000}
        financing: [{security: 600000.SH, quantity: 10_000, amount: 110_000, opened: 2026-02-02}]
      liquidate: {target: 140%}
      expect:
        sold: {600000.SH: 3_600}
        outcome: reached

``sold`` and ``bought`` are shares by security, ``none`` for nothing; amounts are in yuan.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from rongheng.account.liquidation.plan import SaleOrder, liquidate
from rongheng.account.liquidation.tables import orders_of, outcomes_of, unsold_of
from rongheng.account.liquidation.venue import SaleTerms
from rongheng.account.marks.mark import mark
from rongheng.account.marks.stage import FIELDS, ID, Compared, Stage, case_items, evaluated, milli, set_up
from rongheng.account.policy import PolicySet
from rongheng.basics.account_tables import Business
from rongheng.rulebook import Rulebook
from rongheng.rulebook.reader import Item
from rongheng.rulebook.scalars import read_percent

_SHARES: Final = {"sold": Business.SELL_TO_REPAY, "bought": Business.BUY_TO_COVER}
_AMOUNTS: Final = ("cash_repaid", "repaid", "costs", "debt_after", "remainder", "bad_debt")
_NAMES: Final = (*_SHARES, *_AMOUNTS, "outcome", "hopeless", "unsold")


@dataclass(frozen=True)
class LiquidationCase:
    """One case, read: what it sets up, and how the account is sold out."""

    stage: Stage
    target_bp: int | None
    order: SaleOrder
    terms: SaleTerms

    @property
    def name(self) -> str:
        """What the case is called."""
        return self.stage.name


def read_liquidation_cases(path: Path, *, rulebook: Rulebook | None = None) -> list[LiquidationCase]:
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


def run_liquidation_cases(cases: Iterable[LiquidationCase], *, rulebook: Rulebook | None = None) -> list[Compared]:
    """Return what every case expected and what the plan says."""
    rulebook = rulebook or Rulebook.load()
    return [compared for case in cases for compared in _run(case, rulebook)]


def _read(item: Item, rulebook: Rulebook) -> LiquidationCase:
    fields = item.fields(required=(*FIELDS, "liquidate"), optional=("terms",))
    stage = set_up(item, fields, rulebook, needs_haircuts=False)
    for name, expected in stage.expect.items():
        if name not in _NAMES:
            expected.refuse(f"no answer of a forced sale is called {name!r}; expected {', '.join(_NAMES)}.")
    how = fields["liquidate"].fields(required=(), optional=("target", "order", "participation", "discount"))
    percent = {name: how[name].read(read_percent) for name in ("target", "participation", "discount") if name in how}
    return LiquidationCase(
        stage,
        target_bp=percent.get("target"),
        order=SaleOrder(how["order"].one_of([*SaleOrder], what="order")) if "order" in how else SaleOrder.POLICY,
        terms=SaleTerms(percent.get("participation", SaleTerms().participation_bp), percent.get("discount", 0)),
    )


def _run(case: LiquidationCase, rulebook: Rulebook) -> list[Compared]:
    stage = case.stage
    marks = mark(stage.book(), stage.day, PolicySet.of(stage.policy))
    plan = liquidate(marks, {ID: case.target_bp}, rulebook=rulebook, order=case.order, terms=case.terms)
    orders, outcome, unsold = orders_of(plan), outcomes_of(plan).row(0, named=True), unsold_of(plan)
    got = {name: _shares(orders.filter(pl.col("business") == kind.value)) for name, kind in _SHARES.items()}
    got |= {name: _amount(outcome[f"{name}_milli"]) for name in _AMOUNTS}
    got |= {"outcome": outcome["outcome"], "hopeless": "yes" if outcome["hopeless"] else "no"}
    got["unsold"] = _pairs({row["security"]: row["reason"] for row in unsold.iter_rows(named=True)})
    return [_compared(case, name, item, got[name]) for name, item in stage.expect.items()]


def _compared(case: LiquidationCase, name: str, item: Item, got: str) -> Compared:
    if name in _AMOUNTS:
        typed = item.text()
        expected = typed if typed == "none" else _amount(milli(item))
    elif not item.is_text:
        pairs = item.pairs()
        expected = _pairs(
            {code: str(int(evaluated(value))) if name in _SHARES else value.text() for code, value in pairs.items()}
        )
        typed = expected
    else:
        typed = expected = item.text()
    return Compared(case.name, item.place, name, typed, expected, got, expected == got)


def _shares(orders: pl.DataFrame) -> str:
    by_security = orders.group_by("security").agg(pl.col("quantity").sum())
    return _pairs({code: str(quantity) for code, quantity in by_security.iter_rows()})


def _amount(amount: int | None) -> str:
    return "none" if amount is None else f"{amount} milli"


def _pairs(pairs: dict[str, str]) -> str:
    return ", ".join(f"{code}: {value}" for code, value in sorted(pairs.items())) or "none"
