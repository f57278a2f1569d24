"""Unfold one account's numbers into their terms, each with its working, its rule and how sure that rule is.

What lives here: the front, the check that every explanation comes out as the mark does, and the citations. What does
not: the formulas (``explain_sums.py``, ``explain_lines.py``, ``explain_ways.py``, ``explain_shares.py``), which are
worked in whole numbers and fractions and not in the kernels: an explanation that does not come to the mark is a broken
promise of ours, and an assertion fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from math import ceil, floor

import polars as pl

from rongheng.account.marks.arithmetic import FALL_LIMIT_BP
from rongheng.account.marks.explain_lines import falls, lines, ratio
from rongheng.account.marks.explain_shares import concentration, shares
from rongheng.account.marks.explain_subject import Subject, Term
from rongheng.account.marks.explain_sums import assets, debt, margin
from rongheng.account.marks.explain_ways import cures, withdrawals
from rongheng.account.marks.marks import Marks
from rongheng.account.policy import Policy
from rongheng.basics.account_tables import MARKS
from rongheng.basics.errors import NotInForceError
from rongheng.basics.money import BP
from rongheng.rulebook import Rule, Rulebook

COLUMNS = {
    "number": pl.String(),
    "is_total": pl.Boolean(),
    "term_zh": pl.String(),
    "term_en": pl.String(),
    "amount_milli": pl.Int64(),
    "ratio_bp": pl.Int64(),
    "working": pl.String(),
    "rule": pl.String(),
    "name_zh": pl.String(),
    "name_en": pl.String(),
    "article_zh": pl.String(),
    "article_en": pl.String(),
    "confidence_zh": pl.String(),
    "confidence_en": pl.String(),
}
_STEPS: tuple[Callable[[Subject], Iterator[Term]], ...] = (
    assets,
    debt,
    ratio,
    lines,
    margin,
    withdrawals,
    cures,
    falls,
    shares,
    concentration,
)
_ROUNDED_UP = ("to_cure", "share", "leverage")
_QUOTIENTS = ("maintenance", "leverage", "fall", "sale")  # without an exact value there must be none in the mark either


def explain(marks: Marks, account_id: str, policy: Policy, *, rulebook: Rulebook | None = None) -> pl.DataFrame:
    """Return every number of an account's mark with its terms, each with rule, article and confidence (逐项说明).

    Parameters
    ----------
    policy : the account's policy
    rulebook : where articles are looked up; the shipped one unless given

    Returns
    -------
    polars.DataFrame
        One row for each term, then one for the number itself (``is_total``): its name, an amount in milli-yuan or a
        ratio in basis points (both null: the working says it), the working, and the rules with name, article and
        confidence in both languages. Terms are rounded down for the eye; what is added up is exact. A, D, S, V
        and T stand for assets, debt, securities, shorts at today's price and the target.

    Raises
    ------
    UsageError, BookError
        The account is unknown, or quarantined (the message says why).
    """
    row = marks.book.row_of(account_id)
    marks.require_marked(row)
    subject = Subject(marks, row, policy)
    terms = [term for step in _STEPS for term in step(subject)]
    for term in terms:
        _check(subject, term)
    ids = {rule for term in terms for rule in term.rule.split(", ")}
    cited = _citations(ids, marks.day.session, rulebook or Rulebook.load())
    return pl.DataFrame([_row(subject, term, cited) for term in terms], schema=COLUMNS)


def _check(subject: Subject, term: Term) -> None:
    """A number that is explained comes out as it was marked, or the explanation is none."""
    if not term.is_total or term.number not in MARKS.schema:
        return
    found = subject.found[term.number]
    if term.exact is None:
        assert found is None or not term.number.startswith(_QUOTIENTS), f"{term.number} is explained without a number"
        return
    exact = term.exact * BP if term.number.endswith("_bp") else term.exact
    rounded = ceil(exact) if any(word in term.number for word in _ROUNDED_UP) else floor(exact)
    rounded = max(-FALL_LIMIT_BP, min(rounded, FALL_LIMIT_BP)) if term.number.startswith("fall") else rounded
    assert found == rounded, f"the terms of {term.number} come to {rounded}, and the mark says {found}"


def _row(subject: Subject, term: Term, cited: dict[str, dict[str, str]]) -> dict[str, object]:
    return {
        "number": term.number,
        "is_total": term.is_total,
        "term_zh": term.label.zh,
        "term_en": term.label.en,
        "amount_milli": _shown(subject, term),
        "ratio_bp": term.ratio_bp,
        "working": term.working,
        "rule": term.rule,
        **_together([cited[rule] for rule in term.rule.split(", ")]),
    }


def _together(cited: list[dict[str, str]]) -> dict[str, str]:
    """Return what is to be said of several rules at once, each thing said once."""
    names = dict.fromkeys(name for one in cited for name in one)
    said = {name: dict.fromkeys(one[name] for one in cited if name in one) for name in names}
    return {name: ("；" if name.endswith("_zh") else "; ").join(texts) for name, texts in said.items()}


def _shown(subject: Subject, term: Term) -> int | None:
    """Return an amount as whole milli-yuan: of a number the mark's own, of a term rounded down for the eye."""
    if term.is_total and term.number in MARKS.schema:
        found: int | None = subject.found[term.number] if term.number.endswith("_milli") else None
        return found
    return None if term.exact is None else floor(term.exact)


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
