"""Published figures recomputed from the lake, and where they and we disagree.

What lives here: :func:`reproduce`. Its parts are one file per kind of figure (``balances``, ``lows``, ``moves``,
``collateral``, ``flows``, ``leverage``, ``float_cap``, ``pools``), what they look at (``evidence``) and what they may
conclude (``verdict``). What does not: the figures themselves (``market.sources.published``) and the formulas
(``market.indicators``).
"""

from rongheng.market.reproduction.reproduce import FINANCING_TO, reproduce
from rongheng.market.reproduction.verdict import Kind, Verdict

__all__ = ["FINANCING_TO", "Kind", "Verdict", "reproduce"]
