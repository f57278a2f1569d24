"""How far a price may move in a session, by board and status (涨跌幅限制).

What lives here: which rule speaks for which board. What does not: any limit's number, which stands in the rules
``exchange.trading.price_limit.*``, and the prices at the limits, which a market day states. Bonds and what is not known
take the limit of funds.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from rongheng.basics.account_tables import Board, Listing
from rongheng.rulebook import Rulebook

_LIMITS = {Board.MAIN: "main", Board.STAR: "star", Board.CHINEXT: "chinext", Board.BSE: "bse", Board.FUND: "etf"}


def limit_rule(board: Board) -> str:
    """Return the id of the rule that limits the prices of a board.

    >>> limit_rule(Board.STAR)
    'exchange.trading.price_limit.star'
    """
    return _rule_id(_LIMITS.get(board, _LIMITS[Board.FUND]))


def has_limit(board: Board, session: date) -> bool:
    """Say whether the board had its limit on that session already."""
    rule = Rulebook.load().rule(limit_rule(board))
    return session >= rule.first_session(rule.markets[0])


def limit_bp(session: date) -> pl.Expr:
    """Return how far a price may move from its previous close, in basis points, by ``board`` and ``listing``."""
    limits = {board.value: _limit_of(name, session) for board, name in _LIMITS.items() if has_limit(board, session)}
    warned = _limit_of("main_risk_warned", session)
    is_warned = (pl.col("board") == Board.MAIN.value) & (pl.col("listing") == Listing.RISK_WARNED.value)
    board = pl.col("board").cast(pl.String())
    by_board = board.replace_strict(limits, default=limits[Board.FUND.value], return_dtype=pl.Int64())
    return pl.when(is_warned).then(warned).otherwise(by_board)


def _limit_of(name: str, session: date) -> int:
    rule = Rulebook.load().rule(_rule_id(name))
    return rule.on(session, market=rule.markets[0]).bp


def _rule_id(name: str) -> str:
    return f"exchange.trading.price_limit.{name}"
