"""Golden cases of marks: one account on one day, and what a risk officer worked out for it, in YAML.

What lives here: marking such cases and comparing. What does not: reading what they set up (``stage.py``), and cases of
rules (``rulebook.cases``).

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

    carried:                             # optional: the account is of an earlier day, and actions lie between
      from: 2024-02-28
      actions: [{security: 600000.SH, ex_date: 2024-03-01, cash_per_10: 3.62}]

    close:                               # optional: a close before it fixed the moving lines
      session: 2024-02-29
      market: {600000.SH: {close: 11.00}}

Money is in yuan; a right-hand side may be a sum that shows its working. Nothing is defaulted that a number rests on:
who expects available margin states each security's cap and each contract's day of opening. ``to`` says how finely a
number that does not come out even is compared; its rounding is the column's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil, floor
from pathlib import Path
from typing import Any, Final

from rongheng.account.marks.fixed import fixed_rows_of
from rongheng.account.marks.mark import mark
from rongheng.account.marks.marks import Marks
from rongheng.account.marks.stage import FIELDS, Compared, Stage, case_items, evaluated, set_up
from rongheng.account.policy import PolicySet
from rongheng.basics.account_tables import MARKS
from rongheng.basics.money import BP, MILLI
from rongheng.rulebook import Rulebook
from rongheng.rulebook.reader import Item

_NEEDS_HAIRCUTS: Final = ("available_margin", "withdrawable", "withdrawable_securities")
_ROUNDED_UP: Final = ("leverage", "share", "excess", "to_cure")
_WORDS: Final = ("state", "largest_security", "worst_breach", "worst_breach_scope", "problem")


def read_mark_cases(path: Path, *, rulebook: Rulebook | None = None) -> list[Stage]:
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


def run_mark_cases(cases: Iterable[Stage]) -> list[Compared]:
    """Return what every case expected and what the kernels said."""
    return [outcome for case in cases for outcome in _run(case)]


def marks_of(case: Stage) -> Marks:
    """Return the marks of a case's account, under the lines of the close before where it tells of one."""
    book, policies = case.book(), PolicySet.of(case.policy)
    if case.closed is None:
        return mark(book, case.day, policies)
    closed = mark(case.book(case.closed.session), case.closed, policies).frame()
    return mark(book, case.day, policies, fixed_rows=fixed_rows_of(closed, book))


def _run(case: Stage) -> list[Compared]:
    marks = marks_of(case)
    problems = marks.problems["problem"].to_list()
    row = marks.frame().row(0, named=True) if marks.marked else {}
    return [_compared(case, number, item, row, problems) for number, item in case.expect.items()]


def _compared(case: Stage, number: str, item: Item, row: Mapping[str, Any], problems: list[str]) -> Compared:
    typed = item.text()
    got: object
    if number == "problem":
        expected, got = typed, ", ".join(problems) or "none"
    elif number in _WORDS or typed in ("none", "yes", "no"):
        expected, got = typed, _word(row.get(_column(number, item)))
    else:
        whole = expected_whole(number, item)
        expected, got = str(whole), str(row.get(_column(number, item)))
    return Compared(case.name, item.place, number, typed, expected, str(got), expected == str(got))


def expected_whole(number: str, item: Item) -> int:
    """Return the expected number as its column holds it: milli-yuan or basis points, rounded the column's way."""
    column = _column(number, item)
    typed, _, fineness = item.text().partition(" to ")
    value = evaluated(item, typed) * (MILLI if column.endswith("_milli") else BP if column.endswith("_bp") else 1)
    if value.denominator != 1 and not fineness:
        item.refuse(f"{typed} does not come out even in {column}; say how finely it is compared, such as 'to 0.01%'.")
    return ceil(value) if any(word in column for word in _ROUNDED_UP) else floor(value)


def _column(number: str, item: Item) -> str:
    for name in (f"{number}_milli", f"{number}_bp", number):
        if name in MARKS.schema:
            return name
    return item.refuse(f"no column of the marks is called {number!r}; write it as in the table of marks, without unit.")


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def _read(item: Item, rulebook: Rulebook) -> Stage:
    fields = item.fields(required=FIELDS, optional=("terms", "carried", "close"))
    needs_haircuts = any(number in _NEEDS_HAIRCUTS for number in fields["expect"].pairs())
    return set_up(item, fields, rulebook, needs_haircuts=needs_haircuts)
