"""The market day: one session of the market, from the lake to the account half."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

from rongheng.basics.market_day import MarketDay
from rongheng.market.series.day import MadeDay, by_board, make_day
from rongheng.market.store import Lake


def market_day(lake: Lake, session: date, *, known_at: datetime | None = None) -> MarketDay:
    """Return one session of the market as columns, as the lake knew it at a moment (某日行情).

    Parameters
    ----------
    session : a trading day
    known_at : datetime with a time zone, optional
        What was not known then is not used. The default is when that session's prices came out.

    Raises
    ------
    UsageError
        The exchanges do not trade on that day.
    MissingDataError
        The lake has no prices of that session.
    """
    return make_day(lake, session, known_at=known_at).day


def write_market_day(lake: Lake, session: date, out: Path, *, known_at: datetime | None = None) -> MadeDay:
    """Make a market day and write it into a folder, with ``summary.json`` that says how it came about.

    See :func:`market_day` for the parameters and errors.
    """
    made = make_day(lake, session, known_at=known_at)
    made.day.write(out)
    summary = {
        "session": session.isoformat(),
        "grade": made.day.grade.value,
        "boards": by_board(made.day).to_dicts(),
        "columns": made.parts.to_dicts(),
        "carried": made.carried,
        "unlimited": made.unlimited,
        "notes": [{"zh": note.zh, "en": note.en} for note in made.notes],
    }
    (out / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return made
