"""Every published figure, sent to the check that knows it; and the claims and sums beside them.

What lives here: which check belongs to which figure. What does not: any check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import polars as pl

from rongheng.basics.errors import MissingDataError
from rongheng.basics.text import Text
from rongheng.market.reproduction import (
    balance_claims,
    balances,
    collateral,
    collateral_claims,
    float_cap,
    flow_claims,
    flows,
    leverage,
    lows,
    moves,
    points,
    pool_claims,
    pools,
)
from rongheng.market.reproduction.claim import Claim
from rongheng.market.reproduction.evidence import Evidence, LackingError
from rongheng.market.reproduction.printed import figures
from rongheng.market.reproduction.verdict import Check, Figure, frame, missing

# The last session of the windows of net financing by index that were published.
FINANCING_TO = date(2025, 1, 6)

Checker = Callable[[Figure, Evidence], Check]


def _alone(check: Callable[[Figure], Check]) -> Checker:
    """Return a check that looks at the published figures alone."""
    return lambda figure, _: check(figure)


_TABLES: Mapping[tuple[str, str], Checker] = {
    ("guosen", "t1"): flows.table_1,
    ("guosen", "t2"): flows.inflow,
    ("huachuang", "c03"): _alone(pools.counted),
    ("huachuang", "c04"): _alone(pools.counted),
    ("huachuang", "c08"): _alone(pools.counted),
    ("huachuang", "c09"): _alone(pools.line),
    ("huachuang", "c10"): _alone(pools.line),
    ("huachuang", "c11"): _alone(pools.class_share),
    ("huachuang", "c13"): _alone(pools.counted),
    ("huachuang", "c14"): _alone(pools.counted),
    ("huachuang", "c16"): _alone(pools.counted),
    ("huachuang", "c23"): lows.chart_23,
    ("huachuang", "c24"): moves.over_sessions,
    ("huachuang", "c26"): moves.over_sessions,
    ("qihe", "lows"): points.points,
}

_TEXT: Mapping[str, Mapping[str, Checker]] = {
    "qihe": balances.QIHE,
    "guosen": balances.GUOSEN
    | {
        "assumed_leverage": leverage.assumed,
        "liquidation_line": leverage.liquidation_line,
        "safety_distance": leverage.distance,
        "financing_buy_share_of_turnover": flows.purchases,
        "etf_net_inflow_all": flows.inflow_of_all,
    },
    "huachuang": balances.HUACHUANG
    | {
        "average_leverage": leverage.average,
        "max_leverage": leverage.ceiling,
        "drop_from_255_to_130": _alone(leverage.halved),
        "example_single_security_limit": _alone(leverage.single_security),
        "cash_to_securities_collateral_pct": collateral.cash_share,
        "securities_minus_index_drop_pp": _alone(collateral.gap),
        "margin_share_of_float_cap_low_pct": float_cap.lowest_share,
        "margin_share_of_float_cap_pct": float_cap.share,
        "float_cap_growth_pct": float_cap.growth,
        "common_collateral_stocks_6_brokers": _alone(pools.common),
        "pairwise_equal_haircuts": _alone(pools.counted),
    },
}

_CLAIMS: tuple[Claim, ...] = (
    *points.CLAIMS,
    *balance_claims.CLAIMS,
    *flow_claims.CLAIMS,
    *lows.CLAIMS,
    *moves.CLAIMS,
    *collateral_claims.CLAIMS,
    *float_cap.CLAIMS,
    *pool_claims.CLAIMS,
)


def reproduce(
    panel: pl.DataFrame, *, funds: pl.DataFrame | None = None, financing: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return every published figure beside what the panel gives for it, and who is right where they differ.

    A printed figure agrees when ours lies within half a unit of its last printed digit. Only a stand-in has more room
    (CSI All Share for Wind All A: one percentage point), and its verdict says so. Where ours differs, the explanation
    shows the sums: the report is wrong when its own figures, or official figures of the same thing, exclude what it
    prints; it merely disagrees when two sources of equal standing differ. Simulated or estimated numbers convict
    nobody.

    Parameters
    ----------
    panel : DataFrame
        One row per session, with the columns of ``indicators.contract.PANEL`` and of the indices.
    funds : DataFrame, optional
        The frame ``funds``; without it flows of funds are missing data.
    financing : DataFrame, optional
        The frame ``financing`` up to ``FINANCING_TO``; without it net financing by index is missing data.

    Returns
    -------
    DataFrame
        One row per published figure (``kind`` = ``figure``, in the order of publication), then one per statement in
        words (``claim``) and one per inner sum (``sum``). ``report``, ``table``, ``key``, ``date``, ``column`` say
        which; ``unit``, ``printed``, ``published``, ``computed``, ``difference`` (computed − published) and
        ``tolerance`` in our units, null where there is no number; ``verdict``; ``explanation_zh``, ``explanation_en``
        with the arithmetic, or which data are missing and what would supply them; ``grade`` of the computed number.
    """
    evidence = Evidence(panel, funds, financing)
    checks = [_figure(figure, evidence) for figure in figures()]
    checks += [claim.check(evidence) for claim in _CLAIMS]
    return frame(checks)


def _figure(figure: Figure, evidence: Evidence) -> Check:
    try:
        return _checker(figure)(figure, evidence)
    except LackingError as lacking:
        return missing(figure, lacking.why)
    except MissingDataError as lacking:  # an indicator's own refusal, which names what it lacks
        return missing(figure, Text(f"缺少数据：{lacking}", str(lacking)))


def _checker(figure: Figure) -> Checker:
    if figure.table == "text":
        return _TEXT[figure.report][figure.key]
    if figure.table == "c26" and "collateral" in figure.column:
        return collateral.chart_26
    return _TABLES[figure.report, figure.table]
