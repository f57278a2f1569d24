"""What governs an account: exchange, broker and client terms, the tightest of which wins.

>>> from datetime import date
>>> from rongheng.account.policy import PolicySet
>>> PolicySet.load("exchange_only", session=date(2026, 1, 19))["exchange_only"].withdrawal_line_bp
30000
"""

from rongheng.account.policy.concentration import (
    BoardGroup,
    Concentration,
    ConcentrationCheck,
    LimitRow,
    LimitTable,
    OverLimit,
    Override,
    RowBy,
    Scope,
)
from rongheng.account.policy.concentration_terms import ConcentrationTerms, concentration_terms
from rongheng.account.policy.enforcement import (
    CallRules,
    CuredBy,
    Deadline,
    DebtPart,
    LiquidationOrder,
    Step,
    StopAt,
    WithinStep,
    deadlines_under,
)
from rongheng.account.policy.gaps import Gap, TakenFrom
from rongheng.account.policy.policy import Interest, Lines, MarginRatios, MovingLines, MovingRow, Policy
from rongheng.account.policy.policy_set import PolicySet
from rongheng.account.policy.terms import Terms, terms_of
from rongheng.account.policy.tightest import tightest

__all__ = [
    "BoardGroup",
    "CallRules",
    "Concentration",
    "ConcentrationCheck",
    "ConcentrationTerms",
    "CuredBy",
    "Deadline",
    "DebtPart",
    "Gap",
    "Interest",
    "LimitRow",
    "LimitTable",
    "Lines",
    "LiquidationOrder",
    "MarginRatios",
    "MovingLines",
    "MovingRow",
    "OverLimit",
    "Override",
    "Policy",
    "PolicySet",
    "RowBy",
    "Scope",
    "Step",
    "StopAt",
    "TakenFrom",
    "Terms",
    "WithinStep",
    "concentration_terms",
    "deadlines_under",
    "terms_of",
    "tightest",
]
