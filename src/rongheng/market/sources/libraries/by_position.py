"""A function whose columns a library names by their position: its figures are held against each other first.

A publisher who reorders a page swaps figures there without a word, and each of them alone is a figure that could be.
What lives here: what gives a swap away (what came and went since the session before, what makes the total, and which
sum is the larger one); columns that nothing tells apart are left out. What does not: which those are (``calls``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import SourceChangedError
from rongheng.market.sources.libraries.call import Call
from rongheng.market.sources.web.body import Record
from rongheng.market.sources.web.source import Answer, Ask, Fetcher, Request

_MOST_APART = Decimal("0.2")  # of the rows: shares that change their number, securities that come and go
_ROUNDING = 1  # yuan, or a share


@dataclass(frozen=True)
class Flow:
    """What stands after a session, what came in it, and what went; ``went`` is empty where nobody prints it."""

    stands: str
    came: str
    went: str = ""

    def is_apart(self, before: Record, today: Record) -> bool | None:
        """Say whether two sessions contradict each other; ``None`` where they say nothing of it."""
        stood, stands, came = _number(before, self.stands), _number(today, self.stands), _number(today, self.came)
        went = _number(today, self.went) if self.went else Decimal(0)
        if stood is None or stands is None or came is None or went is None or not (came or went):
            return None
        left = stood + came - went - stands  # where nobody prints what went, what must have gone
        return left < -_ROUNDING or (bool(self.went) and left > _ROUNDING)


@dataclass(frozen=True)
class ByPosition(Call):
    """Rows whose columns may be others than they are called."""

    key: str = ""  # the column of the code, where each session is compared with the one before
    flows: tuple[Flow, ...] = ()
    total: tuple[str, str, str] = ("", "", "")  # of each row the first two columns make the third
    larger: tuple[tuple[str, str], ...] = ()  # of each two columns the first has the larger sum
    unsure: tuple[str, ...] = ()  # columns that are left out

    def fetch(self, ask: Ask, fetcher: Fetcher) -> list[Answer]:
        """Ask for the session, and for the one before."""
        before = [self._request(day, day) for day in [calendar().offset(ask.first, -1)] if self.flows]
        return [fetcher.get(request) for request in (ask.request, *before)]

    def _request(self, first: date, last: date) -> Request:
        return replace(super()._request(first, last), lists=bool(self.flows))

    def rows(self, ask: Ask, answers: Sequence[Answer]) -> list[Record]:
        """Return the rows, once nothing gives away that a column is another one."""
        rows = super().rows(ask, answers[:1])
        for more, less in self.larger:
            if _sum(rows, more) <= _sum(rows, less):
                raise _swapped(ask, f"all {less} together is not less than all {more}")
        self._add_up(rows, ask)
        if self.flows:
            self._hold_against(self.frame(ask, answers[1:]) if answers[1:] else [], rows, ask)
        return [{name: value for name, value in row.items() if name not in self.unsure} for row in rows]

    def _add_up(self, rows: Sequence[Record], ask: Ask) -> None:
        one, other, whole = self.total
        parts = [(_number(row, one), _number(row, other), _number(row, whole)) for row in rows if whole]
        off = sum(a is not None and b is not None and c is not None and abs(a + b - c) > _ROUNDING for a, b, c in parts)
        if off > _MOST_APART * len(parts):
            raise _swapped(ask, f"{one} and {other} do not make {whole} in {off} of {len(parts)} rows")

    def _hold_against(self, before: Sequence[Record], rows: Sequence[Record], ask: Ask) -> None:
        known = {row.get(self.key): row for row in before}
        pairs = [(known[row.get(self.key)], row) for row in rows if row.get(self.key) in known]
        if not pairs:
            raise _swapped(ask, "nothing of the session before came that it could be held against")
        if all(_figures(old, self.flows) == _figures(new, self.flows) for old, new in pairs):
            raise SourceChangedError(f"{ask.name}: the rows of the session before came again. Nothing of it was kept.")
        for flow in self.flows:
            told = [apart for pair in pairs if (apart := flow.is_apart(*pair)) is not None]
            if sum(told) > _MOST_APART * len(told):
                raise _swapped(
                    ask,
                    f"{flow.stands} does not follow from that of the session before in {sum(told)} of {len(told)} rows",
                )


def _figures(row: Record, flows: Sequence[Flow]) -> list[Decimal | None]:
    return [_number(row, name) for flow in flows for name in (flow.stands, flow.came)]


def _sum(rows: Sequence[Record], column: str) -> Decimal:
    return sum((_number(row, column) or Decimal(0) for row in rows), Decimal(0))


def _number(row: Record, column: str) -> Decimal | None:
    try:
        return Decimal(str(row.get(column)))
    except InvalidOperation:
        return None


def _swapped(ask: Ask, why: str) -> SourceChangedError:
    return SourceChangedError(
        f"{ask.name}: {why}. The library names columns by their position, and one may be another. Nothing of it "
        "was kept."
    )
