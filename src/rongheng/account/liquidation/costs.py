"""What a trade costs on a session: stamp duty, transfer fee and commission, in whole fen and never too little.

What lives here: the rates from the rulebook. What does not: the sum itself (``settlement.py``, compiled). Stamp duty is
paid by who sells shares; the transfer fee by both sides of a trade in shares; a fund bears neither. A commission is
each contract's own term: the upper end of the common range stands in for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from rongheng.basics.account_tables import Board
from rongheng.basics.errors import NotInForceError
from rongheng.rulebook import Reading, Rulebook

STAMP_DUTY: Final = "mof.stamp_duty"
TRANSFER_FEE: Final = "csdc.transfer_fee"
COMMISSION: Final = "practice.commission"
SHARES: Final = (Board.MAIN, Board.STAR, Board.CHINEXT, Board.BSE, Board.OTHER)  # what is not known bears the most


@dataclass(frozen=True, slots=True)
class Costs:
    """Rates in parts per million of the amount, and the least commission of an order in milli-yuan."""

    stamp_ppm: int
    transfer_ppm: int
    commission_ppm: int
    least_commission_milli: int
    rules: tuple[str, ...] = (STAMP_DUTY, TRANSFER_FEE, COMMISSION)

    @classmethod
    def on(cls, session: date, *, rulebook: Rulebook, known_at: date | None = None) -> Costs:
        """Return what trades cost on a session (交易费用)."""
        commission = _standing(rulebook, COMMISSION, session, known_at)
        return cls(
            stamp_ppm=_rate(rulebook, STAMP_DUTY, session, known_at),
            transfer_ppm=_rate(rulebook, TRANSFER_FEE, session, known_at),
            commission_ppm=0 if commission is None else _whole(commission.terms["highest"]),
            least_commission_milli=0 if commission is None else _whole(commission.terms["per_order"]),
        )

    @property
    def sale_ppm(self) -> int:
        """What a sale of shares costs beyond the least commission."""
        return self.stamp_ppm + self.transfer_ppm + self.commission_ppm


def _rate(rulebook: Rulebook, rule: str, session: date, known_at: date | None) -> int:
    """Return a rate; 0 before it was introduced."""
    reading = _standing(rulebook, rule, session, known_at)
    return 0 if reading is None else reading.ppm


def _standing(rulebook: Rulebook, rule: str, session: date, known_at: date | None) -> Reading | None:
    try:
        return rulebook.rule(rule).on(session, known_at=known_at, market="SSE")
    except NotInForceError:
        return None


def _whole(value: object) -> int:
    assert isinstance(value, int), f"{value!r} is no whole number"
    return value
