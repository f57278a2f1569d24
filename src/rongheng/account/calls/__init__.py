"""Calls (追保): lines and clocks; who is warned, who must act by when, who is cured and who has lapsed.

>>> from datetime import date
>>> from rongheng.account.calls import CallTerms, State
>>> from rongheng.account.policy import PolicySet
>>> terms = CallTerms.of(PolicySet.load("guosen", session=date(2025, 4, 7)).values())
>>> terms.deadlines.select("line", "within_sessions", "by").rows()[-1]
('next_day', 1, datetime.time(11, 30))
>>> State.begin().demands.height
0
"""

from rongheng.account.calls.decisions import Action, Answer, Decision
from rongheng.account.calls.events import EVENTS, MATURITY, Kind, Status
from rongheng.account.calls.maturity import RollOver
from rongheng.account.calls.moments import END_OF_DAY, moment
from rongheng.account.calls.payments import Payment
from rongheng.account.calls.state import State
from rongheng.account.calls.step import Clock, Contracts, Decided, Event, Mark, step
from rongheng.account.calls.terms import CallTerms

__all__ = [
    "END_OF_DAY",
    "EVENTS",
    "MATURITY",
    "Action",
    "Answer",
    "CallTerms",
    "Clock",
    "Contracts",
    "Decided",
    "Decision",
    "Event",
    "Kind",
    "Mark",
    "Payment",
    "RollOver",
    "State",
    "Status",
    "moment",
    "step",
]
