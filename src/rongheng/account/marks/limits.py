"""A broker's own limits over its marked book: one client, one share as collateral, the whole business (风控指标).

What lives here: what the regulator caps as a part of net capital or of a share's value, measured and judged. What does
not: lines and limits of one account (``kernels.py``), and the sums of the book (``summary.py``).

A share is shown rounded up, and judged by cross-multiplication in whole numbers: it breaks a limit strictly above it
and is warned of from the warning level on. Of each limit at least the largest measure is given, so that it is seen how
far the book is from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from rongheng.basics.errors import NotInForceError
from rongheng.basics.money import BP, ceil_bp
from rongheng.basics.text import Text
from rongheng.rulebook import Reading, Rulebook

CLIENT_FINANCING = "csrc.broker.single_client_financing"
CLIENT_SHORT = "csrc.broker.single_client_short"
COLLATERAL = "csrc.broker.single_collateral"
TOTAL = "csrc.broker.total_multiple"
BREACH, WARNING, WITHIN, UNKNOWN, NOT_IN_FORCE = "breach", "warning", "within", "unknown", "not_in_force"
MOST_ROWS = 100  # of each limit


@dataclass(frozen=True)
class _Cap:
    """A limit as its rule has it on the session, in basis points of what it is measured against."""

    rule: str
    limit_bp: int
    warning_bp: int | None
    words: Mapping[str, str]  # name, article and confidence in both languages

    def judged(self, subject: str, amount_milli: int, against_milli: int) -> dict[str, Any]:
        """Return one measure beside the limit."""
        return {
            "rule": self.rule,
            "subject": subject,
            "amount_milli": amount_milli,
            "against_milli": against_milli,
            "share_bp": ceil_bp(amount_milli, against_milli),
            "limit_bp": self.limit_bp,
            "warning_bp": self.warning_bp,
            "verdict": self._verdict(amount_milli, against_milli),
            **self.words,
        }

    def _verdict(self, amount: int, against: int) -> str:
        if amount * BP > self.limit_bp * against:
            return BREACH
        warned = self.warning_bp is not None and amount * BP >= self.warning_bp * against
        return WARNING if warned else WITHIN


def broker_limits(
    marks: pl.LazyFrame,
    holdings: pl.DataFrame,
    *,
    session: date,
    net_capital_milli: int,
    rulebook: Rulebook,
) -> list[dict[str, Any]]:
    """Return the measures that break a limit or are warned of, and the largest of each limit.

    Parameters
    ----------
    marks : the table of marks; a client has one account
    holdings : security, value_milli, total_value_milli (null: unknown), as ``Tally.holdings`` returns them
    net_capital_milli : the broker's net capital, above 0

    Source
    ------
    csrc.broker.single_client_financing, csrc.broker.single_client_short, csrc.broker.single_collateral,
    csrc.broker.total_multiple
    """
    clients = {CLIENT_FINANCING: "financing_debt_milli", CLIENT_SHORT: "short_debt_milli"}
    rows: list[dict[str, Any]] = []
    for rule in (*clients, COLLATERAL, TOTAL):
        cap = _cap(rulebook, rule, session)
        if cap is None:
            rows.append({"rule": rule, "verdict": NOT_IN_FORCE, **_words("name", rulebook.rule(rule).name)})
        elif rule in clients:
            rows += _worst(_of_clients(marks, clients[rule], cap, net_capital_milli))
        elif rule == COLLATERAL:
            rows += [*_worst(_of_shares(holdings, cap)), *_unmeasured(holdings, cap)]
        else:
            rows.append(cap.judged("", _lent(marks), net_capital_milli))
    return rows


def _cap(rulebook: Rulebook, id_: str, session: date) -> _Cap | None:
    """Return the limit, or ``None`` where the rule is not in force yet."""
    rule = rulebook.rule(id_)
    try:
        reading = rule.on(session, market=rule.markets[0])
    except NotInForceError:
        return None
    limit, warning = _levels(reading)
    cited = [citation.show() for citation in reading.citations]
    article = Text("；".join(text.zh for text in cited), "; ".join(text.en for text in cited))
    words = _words("name", rule.name) | _words("article", article)
    return _Cap(id_, limit, warning, words | _words("confidence", reading.confidence.label()))


def _words(name: str, text: Text) -> dict[str, str]:
    return {f"{name}_zh": text.zh, f"{name}_en": text.en}


def _levels(reading: Reading) -> tuple[int, int | None]:
    """Return limit and warning in basis points; a multiple of 4 is 40,000 of them."""
    if reading.rule.id == TOTAL:
        return int(reading.times * BP), None
    limit, warning = reading.terms["limit"], reading.terms.get("warning")
    assert isinstance(limit, int)
    assert warning is None or isinstance(warning, int)
    return limit, warning


def _of_clients(marks: pl.LazyFrame, column: str, cap: _Cap, net_capital: int) -> Iterator[dict[str, Any]]:
    largest = marks.select("account_id", column).top_k(MOST_ROWS, by=[column, "account_id"]).collect()
    for account, amount in largest.sort(column, "account_id", descending=[True, False]).rows():
        yield cap.judged(account, amount, net_capital)


def _of_shares(holdings: pl.DataFrame, cap: _Cap) -> Iterator[dict[str, Any]]:
    known = holdings.filter(pl.col("total_value_milli") > 0).select("security", "value_milli", "total_value_milli")
    part = pl.col("value_milli").cast(pl.Float64) / pl.col("total_value_milli")
    nearest = known.with_columns(part=part).sort("part", "security", descending=[True, False]).head(MOST_ROWS)
    for security, value, total, _ in nearest.rows():
        yield cap.judged(security, value, total)


def _unmeasured(holdings: pl.DataFrame, cap: _Cap) -> Iterator[dict[str, Any]]:
    """Say how many securities are held whose total value the market day does not have."""
    unknown = holdings.filter((pl.col("total_value_milli").fill_null(0) <= 0) & (pl.col("value_milli") > 0))
    if unknown.height:
        yield {
            "rule": cap.rule,
            "subject": f"{unknown.height} without a total value",
            "amount_milli": int(unknown["value_milli"].sum()),
            "limit_bp": cap.limit_bp,
            "verdict": UNKNOWN,
            **cap.words,
        }


def _lent(marks: pl.LazyFrame) -> int:
    lent = [pl.col(name).cast(pl.Int128).sum() for name in ("financing_debt_milli", "short_debt_milli")]
    return sum(int(part or 0) for part in marks.select(lent).collect().row(0))


def _worst(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what is beyond a level, and the first one in any case."""
    found = [row for row in rows if row["amount_milli"] > 0]
    return [row for place, row in enumerate(found) if place == 0 or row["verdict"] != WITHIN]
