"""The maintenance ratio as a straight line on the logarithm of an index, read anew on every session (拟合).

What lives here: the line of each session over what was known then, and how far the ratio stands off it. What does not:
least squares itself (``regression``).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from rongheng.basics.errors import MissingDataError, UsageError
from rongheng.basics.grades import GRADE_DTYPE, Grade, worst_of
from rongheng.basics.ids import index as index_of
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import Figure, Indicator, Reading, has, indices_in, require
from rongheng.market.indicators.regression import NO_LINE, Line, fit_line
from rongheng.market.indicators.rows import array, figures, reading
from rongheng.market.indicators.trend import FloatArray

LEAST_SESSIONS = 60  # a quarter: with fewer points no line is drawn

_FROM_LINE = ("slope", "intercept", "r_squared", "slope_error", "slope_t", "residual_sigma", "durbin_watson")


def fit(panel: pl.DataFrame, *, index: str = "csi-all", window: int = 0) -> Reading:
    """Return the line of the maintenance ratio on the log of an index, as of each session (维保比例对指数的拟合).

    Each row is fitted on the sessions up to its own, so that no residual knows what came later; a line through the
    whole history would.

    Parameters
    ----------
    index : str
        A code or name.
    window : int, sessions
        Fit on this many sessions up to the row's, of which 60 must have both figures; 0 takes all of them.

    Returns
    -------
    Reading
        One row per session. ``slope`` is the change of the ratio for a change of the log by 1: 0.5 says that 1 % on
        the index adds about half a percentage point. ``slope_error`` and ``slope_t`` are Newey-West, see
        :func:`~rongheng.market.indicators.regression.fit_line`; ``residual`` is ratio minus fitted, ``residual_sigma``
        the same in standard deviations; ``durbin_watson`` below ``r_squared`` is the mark of a spurious regression.
        Null before 60 sessions have both figures, and where the session itself lacks one. The grade is the worst of
        all that the line rests on, ``derived`` at best.

    Raises
    ------
    UsageError
        ``window`` is neither 0 nor 60 or more, or no index has that name.
    MissingDataError
        The panel holds no maintenance ratio or no close of that index.

    Source
    ------
    Newey and West (1987, 1994); Granger and Newbold (1974) on spurious regressions.

    Examples
    --------
    A ratio of 2 + 0.5·ln(close / 1000) on 60 sessions:

    >>> from datetime import date, timedelta
    >>> closes = [1000.0 + n for n in range(60)]
    >>> panel = pl.DataFrame({
    ...     "session": [date(2024, 1, 1) + timedelta(n) for n in range(60)],
    ...     "csi_all_close": closes, "csi_all_grade": ["official"] * 60,
    ...     "maintenance_ratio": [2 + 0.5 * float(np.log(close / 1000)) for close in closes],
    ...     "account_grade": ["official"] * 60,
    ... })
    >>> fit(panel).rows.select(pl.col("slope", "r_squared").round(6)).rows()
    [(0.5, 1.0)]
    """
    if window != 0 and window < LEAST_SESSIONS:
        raise UsageError(f"window is {window}; it must be 0 for all sessions, or {LEAST_SESSIONS} or more.")
    require(panel, INDICATOR)
    wanted = index_of(index)
    close = f"{wanted.prefix}_close"
    if not has(panel, close):
        keys = ", ".join(one.key for one in indices_in(panel)) or "none"
        raise MissingDataError(
            f"fit needs the closes of {wanted.key}, which the lake does not hold for these sessions (indices that it "
            f"holds: {keys}). Import its bars, or name another index."
        )
    logs, ratios = np.log(array(panel, close)), array(panel, "maintenance_ratio")
    lines = _lines(logs, ratios, window)
    columns = {name: figures(np.array([getattr(line, name) for line in lines])) for name in (*_FROM_LINE, "residual")}
    rows = panel.with_columns(
        index=pl.lit(wanted.key),
        close=pl.col(close),
        as_of="session",
        grade=_grade(close, f"{wanted.prefix}_grade", window),
        **columns,
    ).with_columns(fitted=pl.col("maintenance_ratio") - pl.col("residual"))
    # Without its line a ratio is no reading of this indicator.
    seen = [pl.when(pl.col("residual").is_not_null()).then(name).alias(name) for name in ("maintenance_ratio", "close")]
    return reading(rows.with_columns(seen), INDICATOR, notes=_spurious(lines))


def _lines(logs: FloatArray, ratios: FloatArray, window: int) -> list[Line]:
    """Return the line of each position; ``NO_LINE`` where there is none."""
    at = np.flatnonzero(~np.isnan(logs) & ~np.isnan(ratios))
    x, y = logs[at], ratios[at]
    lines = [NO_LINE] * len(logs)
    for last, position in enumerate(at.tolist()):
        first = int(np.searchsorted(at, position - window + 1)) if window else 0
        if last - first + 1 >= LEAST_SESSIONS:
            lines[position] = fit_line(x[first : last + 1], y[first : last + 1])
    return lines


def _grade(close: str, close_grade: str, window: int) -> pl.Expr:
    """Return the worst grade of the points up to each session, or of those inside the window."""
    used = pl.col("maintenance_ratio").is_not_null() & pl.col(close).is_not_null()
    rank = pl.when(used).then(worst_of("account_grade", close_grade, Grade.DERIVED).to_physical().cast(pl.Int8))
    worst = rank.rolling_max(window, min_samples=1) if window else rank.cum_max()
    by_rank: dict[int, str] = {grade.rank: grade.value for grade in Grade}
    return worst.replace_strict(by_rank, default=None, return_dtype=GRADE_DTYPE)


def _spurious(lines: list[Line]) -> tuple[Text, ...]:
    drawn = [line for line in lines if line is not NO_LINE]
    if not drawn:
        return (_TOO_FEW,)
    last = drawn[-1]
    if not last.r_squared > last.durbin_watson:
        return ()
    return (
        Text(
            "R²（{r:.2f}）大于 Durbin-Watson 值（{d:.2f}）：两个有趋势的序列之间，这样的拟合多半是伪回归，"
            "t 值不能当作检验，只可作描述。",
            "R² ({r:.2f}) exceeds Durbin-Watson ({d:.2f}): between two trending series such a fit is likely spurious. "
            "Its t is no test; read it as a description.",
        ).format(r=last.r_squared, d=last.durbin_watson),
    )


_TOO_FEW = Text(
    f"可用的交易日不足 {LEAST_SESSIONS} 个，未作拟合。",
    f"Fewer than {LEAST_SESSIONS} sessions have both figures: no line is drawn.",
)

INDICATOR = Indicator(
    name="fit",
    label=Text("维保比例与指数的拟合", "ratio fitted on an index"),
    meaning=Text(
        "平均维持担保比例对指数对数的线性拟合，以及当日比例偏离拟合值多少个标准差。",
        "The average maintenance ratio as a line on the log of an index, and how many standard deviations the day's "
        "ratio stands off it.",
    ),
    formula="R(t) = a + b·ln C(t) + e(t) by least squares on the sessions up to each row; errors of b: Newey-West, "
    "Bartlett weights, L = floor(4·(n/100)^(2/9)) lags, factor n/(n-2); residual_sigma = e / sqrt(Σe²/(n-2))",
    source="Newey and West 1987, 1994; Granger and Newbold 1974.",
    problems=(
        Text(
            "两个序列都有趋势：水平值之间的高R²和大t值可以完全没有含义（伪回归）。R²大于Durbin-Watson值即为征兆。",
            "Both series trend: a high R² and a large t between levels can mean nothing at all (spurious regression). "
            "R² above Durbin-Watson is the mark of it.",
        ),
        Text(
            "担保品市值就是比例的分子，二者同动有一部分是机械的，不是发现。",
            "Prices are the ratio's numerator: that both move together is partly arithmetic and no discovery.",
        ),
        Text(
            "残差记忆很长，所用滞后阶数偏少，标准误仍偏小。",
            "The residuals' memory is far longer than the lags allowed for, so that the errors are still too small.",
        ),
        Text(
            "客户构成、保证金比例与折算率规则多年来有变，同一条直线未必适用于全部历史；可用 window 只看近期。",
            "Clients, margin ratios and haircuts have changed over the years; one line need not hold for all of them. "
            "`window` looks at the recent part.",
        ),
    ),
    needs=("maintenance_ratio",),
    figures=(
        Figure("index", Unit.TEXT, Text("指数", "index")),
        Figure("close", Unit.POINTS, Text("收盘", "close")),
        Figure("maintenance_ratio", Unit.RATIO, Text("平均维持担保比例", "average maintenance ratio")),
        Figure("fitted", Unit.RATIO, Text("拟合值", "fitted")),
        Figure("residual", Unit.RATIO, Text("残差", "residual")),
        Figure("residual_sigma", Unit.SIGMA, Text("残差（标准差）", "residual in standard deviations")),
        Figure("slope", Unit.TIMES, Text("斜率", "slope")),
        Figure("slope_error", Unit.TIMES, Text("斜率稳健标准误", "robust error of the slope")),
        Figure("slope_t", Unit.TIMES, Text("斜率 t 值", "t of the slope")),
        Figure("intercept", Unit.TIMES, Text("截距", "intercept")),
        Figure("r_squared", Unit.FRACTION, Text("R²", "R²")),
        Figure("durbin_watson", Unit.TIMES, Text("Durbin-Watson", "Durbin-Watson")),
    ),
    compute=fit,
    option_help={
        "index": Text("指数代码或名称", "Code or name of an index."),
        "window": Text("拟合窗口（交易日），0 为全部", "Sessions to fit on; 0 for all up to the row."),
    },
)
