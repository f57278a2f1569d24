"""Net financing of each index's members over windows, beside the index's fall from its high (指数融资净买入).

What lives here: windows, shares of one in another, ratios, the fall. What does not: which securities were members when
(``market.series.financing``), and single securities (``financing_movers``).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl

from rongheng.basics.calendar import calendar
from rongheng.basics.errors import UsageError
from rongheng.basics.text import Text
from rongheng.basics.units import Unit
from rongheng.market.indicators.contract import Figure, Indicator, Reading, as_of, require
from rongheng.market.indicators.row_schema import row_schema

WINDOWS = "60,20,5"  # sessions: a quarter, a month, a week
_KINDS = ("index", "industry", "board", "all")


def index_financing(frame: pl.DataFrame, *, since: str = WINDOWS, by: str = "every") -> Reading:
    """Return the net financing of each group over each window up to the last session (各指数融资净买入).

    Net financing is what clients bought on credit less what they repaid. Each session counts the members of that
    session, so that a change of the list is no flow.

    Parameters
    ----------
    frame : DataFrame
        The frame ``financing``; see ``contract.FINANCING``.
    since : str
        Windows with commas: a number of sessions, or a day, whose own session does not count (``2024-12-12`` sums
        the sessions after it). The first one is what the others are held against.
    by : str
        ``index``, ``industry``, ``board``, ``all``, or ``every`` one of them.

    Returns
    -------
    Reading
        One row a group and window, all about the last session. Money in yuan, shares as fractions. ``share_of_first``
        is the window's net financing over the first window's. ``financing_to_float_cap`` and ``buys_share`` take the
        securities of which the cap or the amount is known. ``stage_fall`` is the lowest low after the highest high of
        the window, over that high, less 1. Sums are null, and ``state`` says ``members_unknown``, where the window
        holds a session on which no list of members was known, or ``sessions_missing``.

    Raises
    ------
    UsageError
        A window or ``by`` is not one of those that can be.
    MissingDataError
        The frame holds no balance of a security.

    Source
    ------
    The exchanges' margin trading by security; members as published.
    """
    require(frame, INDICATOR)
    if by not in ("every", *_KINDS):
        raise UsageError(f"--by is {by!r}; it can be every, {', '.join(_KINDS)}.")
    last = as_of(frame)
    starts = [_start(word, last) for word in since.split(",")]
    wanted = frame if by == "every" else frame.filter(pl.col("group_kind") == by)
    groups = wanted.sort("session").partition_by("group_kind", "group", maintain_order=True)
    ordered = sorted(groups, key=lambda group: (_KINDS.index(group["group_kind"][0]), group["group"][0]))
    rows = [row for group in ordered for row in _windows(group, starts, last)]
    return Reading(INDICATOR, pl.DataFrame(rows, schema=row_schema(INDICATOR.figures), orient="row"))


def _start(word: str, last: date) -> date:
    """Return the session after which a window begins."""
    text = word.strip()
    if text.isdecimal() and int(text) > 0:
        return calendar().offset(last, -int(text))
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--since has {word!r}; give a number of sessions or a day, such as 20 or 2024-12-12."
        ) from None
    if not calendar().first <= day < last:
        raise UsageError(f"--since has {day}; a window must begin before its last session, {last}.")
    return calendar().on_or_before(day)


def _windows(group: pl.DataFrame, starts: list[date], last: date) -> Iterator[dict[str, Any]]:
    first: float | None = None
    for place, start in enumerate(starts):
        row = _window(group.filter(pl.col("session") > start), start, last)
        if place == 0:
            first = row["net_financing"]
        row["share_of_first"] = None if not first or row["net_financing"] is None else row["net_financing"] / first
        yield row | {"group_kind": group["group_kind"][0], "group": group["group"][0]}


def _window(rows: pl.DataFrame, start: date, last: date) -> dict[str, Any]:
    count = calendar().count_between(start, last)
    state = _state(rows, count)
    now = rows.filter(pl.col("session") == last).to_dicts()
    today = now[0] if now else {}
    bought, traded = (float(rows[name].sum()) for name in ("buys_of_traded", "amount"))
    return {
        "session": last,
        "as_of": last,
        "since": start,
        "sessions": count,
        "net_financing": None if state else float(rows["net_financing"].sum()),
        "financing_balance": today.get("financing_balance"),
        "financing_to_float_cap": _over(today.get("balance_of_capped"), today.get("float_cap")),
        "buys_share": None if state else _over(bought, traded),
        "securities": today.get("securities", 0),
        "lacking": int(rows["lacking"].max() or 0),  # type: ignore[arg-type]
        "state": state,
        "grade": today.get("grade"),
        **_stage(rows),
    }


def _state(rows: pl.DataFrame, count: int) -> str | None:
    if (rows["state"] == "members_unknown").any():
        return "members_unknown"
    return "sessions_missing" if rows["net_financing"].count() < count else None


def _over(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else part / whole


def _stage(rows: pl.DataFrame) -> dict[str, Any]:
    """Return the index's highest high of the window, the lowest low from there on, and the fall between them."""
    levels = rows.select("session", "index_high", "index_low").drop_nulls()
    if levels.is_empty():
        return {"stage_high": None, "stage_high_session": None, "stage_low": None, "stage_fall": None}
    high = levels.row(int(levels["index_high"].arg_max() or 0), named=True)
    low = float(levels.filter(pl.col("session") >= high["session"])["index_low"].min())  # type: ignore[arg-type]
    return {
        "stage_high": high["index_high"],
        "stage_high_session": high["session"],
        "stage_low": low,
        "stage_fall": low / high["index_high"] - 1,
    }


INDICATOR = Indicator(
    name="index-financing",
    label=Text("分指数融资净买入", "Net financing by index"),
    meaning=Text(
        "各指数（行业、板块）成份股在各窗口内的融资净买入、后窗占首窗之比、融资余额占流通市值、融资买入占成交额，"
        "并列指数自阶段高点的跌幅。",
        "Net financing of the members of each index, industry and board over windows, the share of later windows in "
        "the first, financing over float cap, credit buys over turnover, beside the index's fall from its high.",
    ),
    formula=(
        "Σ over sessions of the window, Σ over that session's members, of financing buys − repayments (or the change "
        "of the balance where repayments are not stated)"
    ),
    source="the exchanges' margin trading by security, index providers' members",
    problems=(
        Text(
            "成份股名单按日期采用；某日尚无名单的指数不计，并注明。没有任何指数替代另一指数（国证2000 不是中证2000）。",
            "Lists of members are taken by date; an index without one on a session is not summed, and the row says so. "
            "No index stands in for another: CNI 2000 is not CSI 2000.",
        ),
        Text(
            "新调入标的首日若无偿还额，则无前日余额可比，不计入并计数。",
            "A security that is new among the underlyings has no balance before: where repayments are not stated its "
            "first session is left out and counted.",
        ),
        Text(
            "行业以中证全指行业指数的成份股划分；湖中没有其名单则没有行业。",
            "An industry is the members of a CSI All Share industry index; without its lists there is none.",
        ),
    ),
    needs=("financing_balance",),
    figures=(
        Figure("group_kind", Unit.TEXT, Text("类别", "kind")),
        Figure("group", Unit.TEXT, Text("分组", "group")),
        Figure("since", Unit.DATE, Text("起算日（不含）", "after")),
        Figure("sessions", Unit.SESSIONS, Text("交易日数", "sessions")),
        Figure("net_financing", Unit.YUAN, Text("融资净买入", "net financing")),
        Figure("share_of_first", Unit.FRACTION, Text("占首窗之比", "share of the first window")),
        Figure("financing_balance", Unit.YUAN, Text("融资余额", "financing balance")),
        Figure("financing_to_float_cap", Unit.FRACTION, Text("融资余额占流通市值", "financing / float cap")),
        Figure("buys_share", Unit.FRACTION, Text("融资买入占成交额", "financing buys / amount")),
        Figure("stage_high", Unit.POINTS, Text("阶段高点", "stage high")),
        Figure("stage_high_session", Unit.DATE, Text("高点日", "of")),
        Figure("stage_low", Unit.POINTS, Text("其后低点", "low after it")),
        Figure("stage_fall", Unit.FRACTION, Text("最大回撤", "fall")),
        Figure("securities", Unit.COUNT, Text("标的数", "securities")),
        Figure("lacking", Unit.COUNT, Text("缺数证券", "without a flow")),
        Figure("state", Unit.TEXT, Text("说明", "state")),
    ),
    compute=index_financing,
    option_help={
        "since": Text(
            "窗口，逗号分隔：交易日数或起算日（不含当日），首个为基准。",
            "Windows with commas: sessions, or a day that does not count itself; the first is the base.",
        ),
        "by": Text("index、industry、board、all 或 every。", "index, industry, board, all or every."),
    },
    reads="financing",
)
