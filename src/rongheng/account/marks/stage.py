"""What a golden case sets up: one account on one day under one policy, in YAML.

What lives here: reading of the fields that every golden case of an account has, and the sums in them. What does not:
what is then done with the account and how the answer is compared (the ``cases`` of each room).

Money is in yuan; a right-hand side may be a sum that shows its working.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import polars as pl

from rongheng.account.book import Book, actions_of, carry, tables_of
from rongheng.account.policy import Policy, PolicySet
from rongheng.account.policy.policy import LossNetting, Valuation
from rongheng.basics.account_tables import BOOK_TABLES, OPTIONAL_TABLES, Business, ClientType, Listing
from rongheng.basics.errors import UsageError
from rongheng.basics.market_day import MarketDay
from rongheng.basics.money import MILLI, PPM
from rongheng.rulebook import Rulebook
from rongheng.rulebook.formula import FormulaError, parse_formula
from rongheng.rulebook.reader import Item, read_yaml
from rongheng.rulebook.scalars import read_date, read_percent, read_switch

ID: Final = "CASE"
FIELDS: Final = ("case", "why", "session", "source", "policy", "market", "account", "expect")  # of every case


@dataclass(frozen=True)
class Stage:
    """One case, read: what it sets up, and what it expects."""

    name: str
    why: str
    source: str
    place: str
    session: date
    policy: Policy
    day: MarketDay
    frames: Mapping[str, pl.DataFrame]
    expect: Mapping[str, Item]
    closed: MarketDay | None = None  # the close before, which fixed the lines; none: they are decided now

    def book(self, session: date | None = None) -> Book:
        """Return the book of the one account; its interest is counted through the session."""
        accounts, positions, contracts = (self.frames[name] for name in BOOK_TABLES)
        orders, relations = (self.frames[name] for name in OPTIONAL_TABLES)
        return Book.of(
            accounts,
            positions,
            contracts,
            session=session or self.session,
            source=self.place,
            orders=orders,
            relations=relations,
        )


@dataclass(frozen=True, slots=True)
class Compared:
    """One expected answer of one case, and what the kernels said."""

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


def case_items(path: Path) -> list[Item]:
    """Return the cases of one file, or of every YAML file below a folder.

    Raises
    ------
    UsageError
        No such file or folder.
    """
    files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
    if not path.exists() or not files:
        raise UsageError(f"{path}: no YAML files with cases there.")
    return [item for file in files for item in read_yaml(file, name=str(file)).items()]


def set_up(item: Item, fields: Mapping[str, Item], rulebook: Rulebook, *, needs_haircuts: bool) -> Stage:
    """Return what a case sets up; ``needs_haircuts`` refuses a security whose cap is not stated."""
    session = fields["session"].read(read_date)
    name = fields["policy"].text()
    terms = fields["terms"].pairs() if "terms" in fields else {}
    market = fields["market"].pairs()
    policy = PolicySet.load(name, session=session, rulebook=rulebook)[name]
    return Stage(
        name=fields["case"].text(),
        why=fields["why"].text(),
        source=fields["source"].one_of(("hand", "document", "statement"), what="source"),
        place=item.place,
        session=session,
        policy=_with_terms(policy, terms, market),
        day=_day(session, market, needs_haircuts=needs_haircuts),
        frames=_frames_of(fields, name, session),
        expect=fields["expect"].pairs(),
        closed=_closed(fields["close"], before=session) if "close" in fields else None,
    )


def _closed(item: Item, *, before: date) -> MarketDay:
    """Return the market of the close that fixed the lines."""
    fields = item.fields(required=("session", "market"))
    session = fields["session"].read(read_date)
    if session >= before:
        item.refuse(f"the close of {session} does not lie before the session {before}. Give an earlier one.")
    return _day(session, fields["market"].pairs(), needs_haircuts=False)


def evaluated(item: Item, typed: str | None = None) -> Fraction:
    """Return the value of a sum such as ``500_000 + 20_000 * 12.00``: what the item holds, or a part of it."""
    typed = item.text() if typed is None else typed
    try:
        formula = parse_formula(typed.replace("−", "-"))
    except FormulaError as error:
        item.refuse(f"cannot read the sum {typed!r}: {error}.")
    if formula.names:
        item.refuse(f"the sum {typed!r} uses {', '.join(sorted(formula.names))}; expected numbers alone.")
    return formula()


def _with_terms(policy: Policy, terms: Mapping[str, Item], market: Mapping[str, Item]) -> Policy:
    """Return the policy with what the case changes of it, and the haircuts and groups that its market names."""
    for name, item in terms.items():
        match name:
            case "loss_netting":
                policy = replace(policy, loss_netting=LossNetting(item.one_of([*LossNetting], what="netting")))
            case "applied_to_existing":
                ratios = replace(policy.margin_ratios, applied_to_existing=item.read(read_switch))
                policy = replace(policy, margin_ratios=ratios)
            case "valuation":
                policy = replace(policy, valuation=Valuation(item.one_of([*Valuation], what="valuation")))
            case "sale_cost":
                policy = replace(policy, sale_cost_ppm=int(evaluated(item) * PPM))
            case _:
                item.refuse(
                    f"{name!r} is no term that a case may change: loss_netting, applied_to_existing, valuation, "
                    "sale_cost."
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
_PRICES: Final = {
    "index_value": "index_price_milli",
    "previous": "previous_close_milli",
    "high": "high_limit_milli",
    "low": "low_limit_milli",
    "turnover": "average_amount_milli",
}
_PERCENTS: Final = {
    "financing_monitor": "financing_monitor_bp",
    "short_monitor": "short_monitor_bp",
    "collateral_share": "collateral_share_bp",
}
_SWITCHES: Final = {
    "traded": "traded",
    "financing": "financing_allowed",
    "short": "short_allowed",
    "financing_stopped": "financing_stopped",
    "short_stopped": "short_stopped",
    "registered": "registered",
}


def _day(session: date, market: Mapping[str, Item], *, needs_haircuts: bool) -> MarketDay:
    rows = []
    for code, item in market.items():
        fields = item.fields(required=("close",), optional=(*_SECURITY, *_PRICES, *_PERCENTS, *_SWITCHES, "static_pe"))
        if needs_haircuts and "cap" not in fields:
            item.refuse(f"{code} has no cap, and the case expects a number that rests on haircuts. State it.")
        rows.append(
            {
                "security": code,
                "board": fields["board"].text() if "board" in fields else "main",
                "class": fields["class"].text() if "class" in fields else None,
                "price_milli": milli(fields["close"]),
                "haircut_cap_bp": fields["cap"].read(read_percent) if "cap" in fields else 0,
                "listing": fields["listing"].text() if "listing" in fields else Listing.NORMAL.value,
                "suspended": "suspended" in fields and fields["suspended"].read(read_switch),
                "is_collateral": "collateral" not in fields or fields["collateral"].read(read_switch),
                "given_price_milli": milli(fields["given"]) if "given" in fields else None,
                **_read(fields, _PRICES, milli),
                **_read(fields, _PERCENTS, lambda value: value.read(read_percent)),
                **_read(fields, _SWITCHES, lambda value: value.read(read_switch)),
                **_read(fields, {"static_pe": "static_pe_hundredths"}, lambda value: int(evaluated(value) * 100)),
            }
        )
    return MarketDay(session, pl.DataFrame(rows, infer_schema_length=None))


def _read(fields: Mapping[str, Item], names: Mapping[str, str], read: Callable[[Item], Any]) -> dict[str, Any]:
    """Return the columns that a case states; what it does not state is the table's own default."""
    return {column: read(fields[name]) for name, column in names.items() if name in fields}


def _frames_of(fields: Mapping[str, Item], policy: str, session: date) -> dict[str, pl.DataFrame]:
    """Return the tables of the account on the session; one of an earlier day is carried there over its actions."""
    if "carried" not in fields:
        return _frames(fields["account"], policy, session)
    carried = fields["carried"].fields(required=("from", "actions"))
    earlier = carried["from"].read(read_date)
    rows = [{name: _cell(name, cell) for name, cell in action.pairs().items()} for action in carried["actions"].items()]
    actions, problems = actions_of(pl.DataFrame(rows), where=carried["actions"].place)
    if problems.height:
        first = problems.row(0, named=True)
        carried["actions"].refuse(f"{first['column']} is {first['found']}; {first['reason']}.")
    frames = _frames(fields["account"], policy, earlier)
    book = Book.of(*(frames[name] for name in BOOK_TABLES), session=earlier, source=fields["case"].place)
    return frames | tables_of(carry(book, actions, to=session).book)


def _cell(name: str, item: Item) -> object:
    if name.endswith("_date"):
        return item.read(read_date)
    return milli(item) if name.endswith("_milli") else item.text()


_AMOUNTS: Final = ("cash", "frozen_cash", "other_collateral", "other_debt", "credit_limit")


def _frames(item: Item, policy: str, session: date) -> dict[str, pl.DataFrame]:
    optional = ("client", "permissions", "positions", "held_back", "financing", "short", "pending", "relations")
    fields = item.fields(required=("cash",), optional=(*_AMOUNTS[1:], *optional))
    account: dict[str, Any] = {"account_id": ID, "policy": policy}
    account["client_type"] = fields["client"].text() if "client" in fields else ClientType.INDIVIDUAL.value
    account["permissions"] = fields["permissions"].text() if "permissions" in fields else ""
    account |= {f"{name}_milli": milli(fields[name]) for name in _AMOUNTS if name in fields}
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
        "orders": _orders(fields["pending"].items() if "pending" in fields else []),
        "relations": _relations(fields["relations"].items() if "relations" in fields else []),
    }


def read_order(item: Item) -> dict[str, Any]:
    """Return an order as a row of the table of orders; one that names no price goes at market."""
    optional = ("security", "quantity", "price", "amount", "contract", "due")
    fields = item.fields(required=("business",), optional=optional)
    return {
        "order_id": ID,
        "account_id": ID,
        "business": fields["business"].one_of([business.value for business in Business], what="business"),
        "security": fields["security"].text() if "security" in fields else None,
        "quantity": int(evaluated(fields["quantity"])) if "quantity" in fields else 0,
        "price_milli": milli(fields["price"]) if "price" in fields else None,
        "amount_milli": milli(fields["amount"]) if "amount" in fields else 0,
        "contract_id": fields["contract"].text() if "contract" in fields else None,
        "due": fields["due"].read(read_date) if "due" in fields else None,
    }


def _orders(items: Sequence[Item]) -> pl.DataFrame:
    rows = [read_order(item) | {"order_id": f"pending-{number}"} for number, item in enumerate(items, start=1)]
    return pl.DataFrame(rows, schema=OPTIONAL_TABLES["orders"].schema)


def _relations(items: Sequence[Item]) -> pl.DataFrame:
    rows = []
    for item in items:
        fields = item.fields(required=("security", "person"), optional=("quantity",))
        quantity = int(evaluated(fields["quantity"])) if "quantity" in fields else None
        security, person = fields["security"].text(), fields["person"].text()
        rows.append({"account_id": ID, "security": security, "person": person, "quantity": quantity})
    return pl.DataFrame(rows, schema=OPTIONAL_TABLES["relations"].schema)


def _quantities(item: Item) -> dict[str, int]:
    return {code: int(evaluated(quantity)) for code, quantity in item.pairs().items()}


def _contract(item: Item, kind: str, session: date) -> dict[str, Any]:
    price = "amount" if kind == "financing" else "sold_at"
    fields = item.fields(required=("security", "quantity", price, "opened"), optional=("ratio", "interest", "due"))
    quantity = int(evaluated(fields["quantity"]))
    amount = milli(fields[price])
    return {
        "security": fields["security"].text(),
        "quantity": quantity,
        "amount_milli": amount if kind == "financing" else amount * quantity,
        "margin_ratio_bp": fields["ratio"].read(read_percent) if "ratio" in fields else None,
        "opened": fields["opened"].read(read_date),
        "due": fields["due"].read(read_date) if "due" in fields else session + timedelta(days=1),
        "rate_ppm": 0,
        "interest_milli": milli(fields["interest"]) if "interest" in fields else 0,
    }


def milli(item: Item) -> int:
    """Return an amount typed in yuan as whole milli-yuan."""
    value = evaluated(item) * MILLI
    if value.denominator != 1:
        item.refuse(f"{item.text()} has more than three decimals of a yuan; expected whole milli-yuan.")
    return int(value)
