"""Golden cases of marks: one account on one day, and what a risk officer worked out for it, in YAML.

What lives here: reading such cases, marking them, and comparing. What does not: cases of rules (``rulebook.cases``).

    - case: A rising borrowed share lowers the ratio
      why: Borrowed shares are owed at today's price, not at the price they were sold for.
      session: 2024-03-01
      source: hand                       # hand | document | statement; never the program's own answer
      policy: exchange_only
      market: {600000.SH: {close: 12.00}}
      account:
        cash: 500_000
        positions: {600000.SH: 20_000}
        short: [{security: 600000.SH, quantity: 10_000, sold_at: 11.00, opened: 2024-02-01}]
      expect:
        assets: 500_000 + 20_000 * 12.00
        maintenance_ratio: 740_000 / 120_000 to 0.01%

Money is in yuan; a right-hand side may be a sum that shows its working. Nothing is defaulted that a number rests on:
who expects available margin states each security's cap and each contract's day of opening. ``to`` says how finely a
number that does not come out even is compared; its rounding is the column's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any, Final

import polars as pl

from rongheng.account.book import Book
from rongheng.account.marks.mark import mark
from rongheng.account.policy import Policy, PolicySet
from rongheng.account.policy.policy import LossNetting
from rongheng.basics.account_tables import BOOK_TABLES, MARKS, ClientType, Listing
from rongheng.basics.errors import UsageError
from rongheng.basics.market_day import MarketDay
from rongheng.basics.money import BP, MILLI, PPM
from rongheng.rulebook import Rulebook
from rongheng.rulebook.formula import FormulaError, parse_formula
from rongheng.rulebook.reader import Item, read_yaml
from rongheng.rulebook.scalars import read_date, read_percent, read_switch

ID: Final = "CASE"
_NEEDS_HAIRCUTS: Final = ("available_margin", "withdrawable", "withdrawable_securities")
_ROUNDED_UP: Final = ("leverage", "share", "to_cure")
_WORDS: Final = ("state", "largest_security", "problem")


@dataclass(frozen=True)
class MarkCase:
    """One case, read: what is marked, and what is expected of it."""

    name: str
    why: str
    source: str
    place: str
    session: date
    policy: Policy
    day: MarketDay
    frames: Mapping[str, pl.DataFrame]
    expect: Mapping[str, Item]

    def book(self) -> Book:
        """Return the book of the one account; its interest is counted through the session."""
        accounts, positions, contracts = (self.frames[name] for name in BOOK_TABLES)
        return Book.of(accounts, positions, contracts, session=self.session, source=self.place)


@dataclass(frozen=True, slots=True)
class MarkOutcome:
    """One expected number of one case, and what the kernels said."""

    case: str
    place: str
    number: str
    typed: str
    expected: str
    got: str
    passed: bool

    def __str__(self) -> str:
        verdict = "ok" if self.passed else "FAILED"
        expected = f"expected {self.typed} = {self.expected}, got {self.got}"
        return f"{verdict} {self.place}: {self.case}, {self.number}: {expected}"


def read_mark_cases(path: Path, *, rulebook: Rulebook | None = None) -> list[MarkCase]:
    """Return the cases of one file, or of every YAML file below a folder.

    Raises
    ------
    UsageError
        No such file or folder.
    RuleError
        A case is malformed; the message says ``file:line``.
    """
    files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
    if not path.exists() or not files:
        raise UsageError(f"{path}: no YAML files with cases there.")
    rulebook = rulebook or Rulebook.load()
    return [_read(item, rulebook) for file in files for item in read_yaml(file, name=str(file)).items()]


def run_mark_cases(cases: Iterable[MarkCase]) -> list[MarkOutcome]:
    """Return what every case expected and what the kernels said."""
    return [outcome for case in cases for outcome in _run(case)]


def _run(case: MarkCase) -> list[MarkOutcome]:
    marks = mark(case.book(), case.day, PolicySet.of(case.policy))
    problems = marks.problems["problem"].to_list()
    row = marks.frame().row(0, named=True) if marks.marked else {}
    return [_compared(case, number, item, row, problems) for number, item in case.expect.items()]


def _compared(case: MarkCase, number: str, item: Item, row: Mapping[str, Any], problems: list[str]) -> MarkOutcome:
    typed = item.text()
    got: object
    if number == "problem":
        expected, got = typed, ", ".join(problems) or "none"
    elif number in _WORDS or typed in ("none", "yes", "no"):
        expected, got = typed, _word(row.get(_column(number, item)))
    else:
        whole = expected_whole(number, item)
        expected, got = str(whole), str(row.get(_column(number, item)))
    return MarkOutcome(case.name, item.place, number, typed, expected, str(got), expected == str(got))


def expected_whole(number: str, item: Item) -> int:
    """Return the expected number as its column holds it: milli-yuan or basis points, rounded the column's way."""
    column = _column(number, item)
    typed, _, fineness = item.text().partition(" to ")
    value = evaluated(item, typed) * (MILLI if column.endswith("_milli") else BP)
    if value.denominator != 1 and not fineness:
        item.refuse(f"{typed} does not come out even in {column}; say how finely it is compared, such as 'to 0.01%'.")
    return ceil(value) if any(word in column for word in _ROUNDED_UP) else floor(value)


def evaluated(item: Item, typed: str) -> Fraction:
    """Return the value of a sum such as ``500_000 + 20_000 * 12.00``."""
    try:
        formula = parse_formula(typed.replace("−", "-"))
    except FormulaError as error:
        item.refuse(f"cannot read the sum {typed!r}: {error}.")
    if formula.names:
        item.refuse(f"the sum {typed!r} uses {', '.join(sorted(formula.names))}; expected numbers alone.")
    return formula()


def _column(number: str, item: Item) -> str:
    for name in (f"{number}_milli", f"{number}_bp", number):
        if name in MARKS.schema:
            return name
    return item.refuse(f"no column of the marks is called {number!r}; write it as in the table of marks, without unit.")


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def _read(item: Item, rulebook: Rulebook) -> MarkCase:
    required = ("case", "why", "session", "source", "policy", "market", "account", "expect")
    fields = item.fields(required=required, optional=("terms",))
    session = fields["session"].read(read_date)
    expect = fields["expect"].pairs()
    policy = PolicySet.load(fields["policy"].text(), session=session, rulebook=rulebook)
    terms = fields["terms"].pairs() if "terms" in fields else {}
    needs_haircuts = any(number in _NEEDS_HAIRCUTS for number in expect)
    market = fields["market"].pairs()
    return MarkCase(
        name=fields["case"].text(),
        why=fields["why"].text(),
        source=fields["source"].one_of(("hand", "document", "statement"), what="source"),
        place=item.place,
        session=session,
        policy=_with_terms(policy[fields["policy"].text()], terms, market),
        day=_day(session, market, needs_haircuts=needs_haircuts),
        frames=_frames(fields["account"], fields["policy"].text(), session),
        expect=expect,
    )


def _with_terms(policy: Policy, terms: Mapping[str, Item], market: Mapping[str, Item]) -> Policy:
    """Return the policy with what the case changes of it, and the haircuts and groups that its market names."""
    for name, item in terms.items():
        match name:
            case "loss_netting":
                policy = replace(policy, loss_netting=LossNetting(item.one_of([*LossNetting], what="netting")))
            case "applied_to_existing":
                ratios = replace(policy.margin_ratios, applied_to_existing=item.read(read_switch))
                policy = replace(policy, margin_ratios=ratios)
            case "sale_cost":
                policy = replace(policy, sale_cost_ppm=int(evaluated(item, item.text()) * PPM))
            case _:
                item.refuse(
                    f"{name!r} is no term that a case may change: loss_netting, applied_to_existing, sale_cost."
                )
    lists: dict[str, list[dict[str, Any]]] = {"haircut": [], "group": []}
    for code, item in market.items():
        for name, value in item.pairs().items():
            if name == "haircut":
                lists[name].append({"security": code, "haircut_bp": value.read(read_percent)})
            if name == "group":
                lists[name].append({"security": code, "group": value.text()})
    if lists["haircut"]:
        policy = replace(policy, haircuts=pl.DataFrame(lists["haircut"]))
    return replace(policy, groups=pl.DataFrame(lists["group"])) if lists["group"] else policy


_SECURITY: Final = ("board", "cap", "haircut", "group", "listing", "suspended", "collateral", "class", "given")


def _day(session: date, market: Mapping[str, Item], *, needs_haircuts: bool) -> MarketDay:
    rows = []
    for code, item in market.items():
        fields = item.fields(required=("close",), optional=_SECURITY)
        if needs_haircuts and "cap" not in fields:
            item.refuse(f"{code} has no cap, and the case expects a number that rests on haircuts. State it.")
        rows.append(
            {
                "security": code,
                "board": fields["board"].text() if "board" in fields else "main",
                "class": fields["class"].text() if "class" in fields else None,
                "price_milli": _milli(fields["close"]),
                "haircut_cap_bp": fields["cap"].read(read_percent) if "cap" in fields else 0,
                "listing": fields["listing"].text() if "listing" in fields else Listing.NORMAL.value,
                "suspended": "suspended" in fields and fields["suspended"].read(read_switch),
                "is_collateral": "collateral" not in fields or fields["collateral"].read(read_switch),
                "given_price_milli": _milli(fields["given"]) if "given" in fields else None,
            }
        )
    return MarketDay(session, pl.DataFrame(rows, infer_schema_length=None))


_AMOUNTS: Final = ("cash", "frozen_cash", "other_collateral", "other_debt")


def _frames(item: Item, policy: str, session: date) -> dict[str, pl.DataFrame]:
    optional = (*_AMOUNTS[1:], "client", "positions", "held_back", "financing", "short")
    fields = item.fields(required=("cash",), optional=optional)
    account: dict[str, Any] = {"account_id": ID, "policy": policy}
    account["client_type"] = fields["client"].text() if "client" in fields else ClientType.INDIVIDUAL.value
    account |= {f"{name}_milli": _milli(fields[name]) for name in _AMOUNTS if name in fields}
    held, held_back = (_quantities(fields[name]) if name in fields else {} for name in ("positions", "held_back"))
    positions = [
        {
            "account_id": ID,
            "security": code,
            "quantity": quantity,
            "available_quantity": quantity - held_back.get(code, 0),
        }
        for code, quantity in held.items()
    ]
    contracts = [
        _contract(entry, kind, session) | {"contract_id": f"{kind}-{number}", "account_id": ID, "kind": kind}
        for kind in ("financing", "short")
        for number, entry in enumerate(fields[kind].items() if kind in fields else [], start=1)
    ]
    return {
        "accounts": pl.DataFrame([account]),
        "positions": pl.DataFrame(positions, schema=BOOK_TABLES["positions"].schema),
        "contracts": pl.DataFrame(contracts, schema=BOOK_TABLES["contracts"].schema),
    }


def _quantities(item: Item) -> dict[str, int]:
    return {code: int(evaluated(quantity, quantity.text())) for code, quantity in item.pairs().items()}


def _contract(item: Item, kind: str, session: date) -> dict[str, Any]:
    price = "amount" if kind == "financing" else "sold_at"
    fields = item.fields(required=("security", "quantity", price, "opened"), optional=("ratio", "interest", "due"))
    quantity = int(evaluated(fields["quantity"], fields["quantity"].text()))
    amount = _milli(fields[price])
    return {
        "security": fields["security"].text(),
        "quantity": quantity,
        "amount_milli": amount if kind == "financing" else amount * quantity,
        "margin_ratio_bp": fields["ratio"].read(read_percent) if "ratio" in fields else None,
        "opened": fields["opened"].read(read_date),
        "due": fields["due"].read(read_date) if "due" in fields else session + timedelta(days=1),
        "rate_ppm": 0,
        "interest_milli": _milli(fields["interest"]) if "interest" in fields else 0,
    }


def _milli(item: Item) -> int:
    value = evaluated(item, item.text()) * MILLI
    if value.denominator != 1:
        item.refuse(f"{item.text()} has more than three decimals of a yuan; expected whole milli-yuan.")
    return int(value)
