"""How sure a value of the rulebook is, and why: no value goes without.

What lives here: the few grades of evidence. What does not: which document says a value (``documents.py``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache

from rongheng.basics.text import Text


class Basis(StrEnum):
    """What a value rests on, from best to worst."""

    OFFICIAL = "official"  # read on a page of an exchange or a regulator, or in the broker's own notice
    PUBLISHED = "published"  # stated in a published research report
    SECONDARY = "secondary"  # press, data vendors, quotations of a primary text
    DERIVED = "derived"  # follows from such facts by arithmetic
    CHOSEN = "chosen"  # a choice of Rongheng's where the rules leave one, or an illustration
    FORUM = "forum"  # an adviser's answer or a forum: an example of practice, never a rule
    UNCONFIRMED = "unconfirmed"  # known in the trade, not confirmed by a document that we have seen


_LABELS: dict[Basis, Text] = {
    Basis.OFFICIAL: Text("官方文本", "official text"),
    Basis.PUBLISHED: Text("公开研报", "published report"),
    Basis.SECONDARY: Text("二手来源", "secondary source"),
    Basis.DERIVED: Text("推算", "derived"),
    Basis.CHOSEN: Text("本系统取定", "chosen by Rongheng"),
    Basis.FORUM: Text("论坛或投顾问答", "forum or adviser"),
    Basis.UNCONFIRMED: Text("未经文件证实", "not confirmed by a document"),
}


@dataclass(frozen=True, slots=True)
class Confidence:
    """What a value rests on; an unconfirmed one carries the probability that it is right as written.

    >>> parse_confidence("unconfirmed 0.85").label().en
    'not confirmed by a document (probability 0.85)'
    """

    basis: Basis
    probability: Fraction | None = None

    @property
    def is_doubtful(self) -> bool:
        """Whether a reader must be told beside the number."""
        return self.basis in (Basis.FORUM, Basis.UNCONFIRMED)

    def label(self) -> Text:
        """Return the words that stand beside the number."""
        label = _LABELS[self.basis]
        if self.probability is None:
            return label
        shown = f"{float(self.probability):.2f}"
        return Text(f"{label.zh}（概率 {shown}）", f"{label.en} (probability {shown})")

    def __str__(self) -> str:
        return self.basis if self.probability is None else f"{self.basis} {float(self.probability):.2f}"


@cache
def parse_confidence(typed: str) -> Confidence:
    """Return the confidence that was typed: a basis, and after ``unconfirmed`` a probability such as 0.85."""
    basis, _, rest = typed.partition(" ")
    if basis not in list(Basis):
        raise ValueError(f"found {typed!r}; expected one of {', '.join(Basis)}.")
    if basis != Basis.UNCONFIRMED:
        if rest:
            raise ValueError(f"found {typed!r}; only 'unconfirmed' takes a probability. Write {basis!r}.")
        return Confidence(Basis(basis))
    if not re.match(r"^0\.[0-9]{1,2}$", rest) or Fraction(rest) == 0:
        raise ValueError(f"found {typed!r}; expected a probability between 0 and 1, such as 'unconfirmed 0.85'.")
    return Confidence(Basis.UNCONFIRMED, Fraction(rest))
