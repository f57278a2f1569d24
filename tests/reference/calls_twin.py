"""The calls of one account at a time, from the definitions, without frames: the twin of ``account.calls.machine``.

Slow and plain: every demand is a small record, every event a tuple. It shares nothing with what it judges but the
calendar and the names of things.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo

from rongheng.basics.calendar import calendar

END = time(23, 59)
ORDER = ("warning", "call", "liquidation", "emergency", "next_day", "minimum")
SHANGHAI = ZoneInfo("Asia/Shanghai")
Told = tuple[str, str]  # what happened, to which demand; "" for the whole account


@dataclass(frozen=True)
class Clocked:
    """One row of deadlines: under ``line``, ``within`` sessions, ``by`` a time of that day."""

    line: str
    within: int
    by: time | None
    target: int | None
    needs: frozenset[str]


@dataclass(frozen=True)
class Terms:
    """What a policy says of calls."""

    lines: Mapping[str, int]
    deadlines: Sequence[Clocked]
    target: int | None  # None: the warning line, or the line itself
    needs_payment: bool
    intraday: bool


@dataclass
class Demand:
    """One thing that is asked."""

    line: str
    opened: datetime
    status: str
    due: datetime | None = None
    target: int = 0
    needs_payment: bool = False
    announced: datetime | None = None


@dataclass
class Account:
    """One account."""

    permissions: frozenset[str]
    terms: Terms
    demands: dict[str, Demand] = field(default_factory=dict)
    assets: int = 0
    debt: int = 0
    paid_at: datetime | None = None

    def mark(self, at: datetime, assets: int, debt: int) -> list[Told]:
        """Mark the account and return what happens, in order."""
        told = self._judge(at, including=False)
        asked_before = any(demand.status in ("open", "lapsed", "waived") for demand in self.demands.values())
        self.assets, self.debt = assets, debt
        told += self._end(at)
        under = [line for line in ORDER if line in self.terms.lines and assets * 10_000 < debt * self.terms.lines[line]]
        called = list(self._call(at, under))
        told += sorted(called) + self._judge_at_once(at, called)
        told += self._warn(at, under)
        told += self._announce(at, skip={demand for _, demand in called})
        return told + ([("marked", "")] if asked_before else [])

    def clock(self, at: datetime) -> list[Told]:
        """Let a moment come."""
        return self._judge(at, including=True) + self._announce(at, skip=set())

    def pay(self, at: datetime, *, assets: int, debt: int) -> list[Told]:
        """Take a payment: more assets, less debt."""
        told = self._judge(at, including=False)
        self.assets, self.debt, self.paid_at = self.assets + assets, self.debt - debt, at
        return [*told, ("paid", "")]

    def _paid(self, demand: Demand) -> bool:
        return self.debt == 0 or (self.paid_at is not None and self.paid_at > demand.opened)

    def _reached(self, target: int) -> bool:
        return self.debt == 0 or self.assets * 10_000 >= self.debt * target

    def _judge(self, at: datetime, *, including: bool) -> list[Told]:
        told = []
        for name, demand in sorted(self.demands.items()):
            assert demand.due is not None or demand.status == "warned"
            if demand.status != "open" or demand.due is None or demand.due > at or (demand.due == at and not including):
                continue
            enough = self._reached(demand.target) and (self._paid(demand) or not demand.needs_payment)
            told.append(("cured" if enough else "lapsed", name))
        return self._done(told)

    def _judge_at_once(self, at: datetime, called: Sequence[Told]) -> list[Told]:
        return self._done([("lapsed", name) for _, name in sorted(called) if self.demands[name].due == at])

    def _end(self, at: datetime) -> list[Told]:
        at_end, told = at.time() == END, []
        for name, demand in sorted(self.demands.items()):
            reached, paid = self._reached(demand.target), self._paid(demand)
            by_price = not demand.needs_payment and (at_end or demand.due == at)
            if demand.status == "open" and reached and (paid or by_price):
                told.append(("cured", name))
            elif demand.status == "open" and demand.due is not None and demand.due <= at:
                told.append(("lapsed", name))
            elif demand.status == "lapsed" and reached and (paid or at_end):
                told.append(("restored", name))
            elif at_end and self._is_clear(demand, at, reached=reached):
                told.append(("cleared", name))
        return self._done(told)

    def _is_clear(self, demand: Demand, at: datetime, *, reached: bool) -> bool:
        if demand.status == "warned":
            return self.assets * 10_000 >= self.debt * self.terms.lines[demand.line]
        return demand.status == "waived" and (reached or (demand.due is not None and demand.due <= at))

    def _done(self, told: list[Told]) -> list[Told]:
        for kind, name in told:
            if kind == "lapsed":
                self.demands[name].status = "lapsed"
            else:
                del self.demands[name]
        return told

    def _may(self, line: str, at: datetime) -> bool:
        return at.time() == END or (self.terms.intraday and ORDER.index(line) >= ORDER.index("emergency"))

    def _call(self, at: datetime, under: Sequence[str]) -> Iterator[Told]:
        asked = {demand.line for demand in self.demands.values() if demand.status in ("open", "lapsed", "waived")}
        for line in under:
            rows = [row for row in self.terms.deadlines if row.line == line]
            for number, row in enumerate(rows):
                if line in asked or not self._may(line, at) or (row.needs and not row.needs & self.permissions):
                    continue
                value = self.terms.lines[line]
                target = row.target or self.terms.target or self.terms.lines.get("warning") or value
                due = datetime.combine(calendar().offset(at.date(), row.within), row.by or END, tzinfo=SHANGHAI)
                name = f"{line}@{_shown(at)}" + (f"/{number + 1}" if number else "")
                self.demands[name] = Demand(
                    line, at, "open", max(due, at), max(target, value), self.terms.needs_payment
                )
                yield "called", name

    def _warn(self, at: datetime, under: Sequence[str]) -> list[Told]:
        if not under or not self._may(under[-1], at):
            return []
        told = max((ORDER.index(demand.line) for demand in self.demands.values()), default=-1)
        if ORDER.index(under[-1]) <= told:
            return []
        name = f"{under[-1]}@{_shown(at)}"
        self.demands[name] = Demand(under[-1], at, "warned")
        return [("warned", name)]

    def _announce(self, at: datetime, *, skip: set[str]) -> list[Told]:
        told = []
        for name, demand in sorted(self.demands.items()):
            due = demand.due
            if demand.status != "open" or due is None or name in skip or demand.announced == due:
                continue
            if due.date() == at.date() and due > at:
                demand.announced = due
                told.append(("due", name))
        return told


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d}" if at.time() == END else f"{at:%Y-%m-%d %H:%M}"
