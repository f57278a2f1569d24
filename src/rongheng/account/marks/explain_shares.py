"""Explain shares of assets, and the concentration limits that they breach.

What lives here: one quotient for each share that is not 0, and one comparison for each breach. What does not: which
limit applies (``account.policy``) and the tests themselves (``concentration.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from rongheng.account.marks.breaches import breaches
from rongheng.account.marks.explain_lines import dual_board
from rongheng.account.marks.explain_subject import Subject, Term, percent, yuan
from rongheng.basics.account_tables import GROUPS, Board
from rongheng.basics.text import Text

MEASURE = "practice.concentration.measure"
_BOARDS = {"star_share_bp": Board.STAR, "chinext_share_bp": Board.CHINEXT, "bse_share_bp": Board.BSE}


def shares(subject: Subject) -> Iterator[Term]:
    """Explain the share of the largest position, of each group and board, and of STAR and ChiNext shares together."""
    if not subject.assets:
        return
    largest = subject.found["largest_security"]
    values = {held.code: held.value for held in subject.positions}
    if largest is not None:
        working = f"{largest}: {_quotient(subject, values[largest])}"
        yield subject.total("largest_share_bp", working, MEASURE, exact=Fraction(values[largest], subject.assets))
    for group in GROUPS:
        name = f"group_{group.lower()}_share_bp"
        if subject.found[name]:
            yield _share(subject, name, _of_group(subject, group))
    for name, board in _BOARDS.items():
        if subject.found[name]:
            held = sum(position.value for position in subject.positions if position.board is board)
            yield _share(subject, name, held)
    yield dual_board(subject)


def _share(subject: Subject, name: str, part: int) -> Term:
    return subject.total(name, _quotient(subject, part), MEASURE, exact=Fraction(part, subject.assets))


def _quotient(subject: Subject, part: int) -> str:
    return f"⌈{yuan(part)} ÷ {yuan(subject.assets)}⌉"


def _of_group(subject: Subject, group: str) -> int:
    groups = subject.policy.groups
    named = {} if groups is None else dict(groups.select("security", "group").iter_rows())
    return sum(position.value for position in subject.positions if named.get(position.code) == group)


def concentration(subject: Subject) -> Iterator[Term]:
    """Explain every limit that is breached, and how many there are."""
    count, rule = subject.found["breaches"], subject.cite("concentration_limits", default=MEASURE)
    if count is None:
        return
    for breach in breaches(subject.marks, rows=np.array([subject.row])).iter_rows(named=True):
        scope, name = breach["scope"], breach["name"]
        share = f"{_quotient(subject, breach['value_milli'])} = {percent(breach['share_bp'])}"
        working = f"{share} > {percent(breach['limit_bp'])}"
        label = Text(f"超限 {scope} {name}", f"above its limit: {scope} {name}")
        yield Term("breaches", label, working, breach["rule"], ratio_bp=breach["excess_bp"])
    yield subject.total("breaches", str(count), rule)
