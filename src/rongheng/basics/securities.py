"""What a security's code tells: its exchange, its board, and whether it is an A share; and how vendors spell codes.

What lives here: the ranges of codes that the exchanges give to shares and funds. What does not: anything that a code
does not tell (an index member, a kind of fund); a list says that in a column. Ranges of codes are the exchanges'
numbering, not a rule about margin trading.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import polars as pl

SUFFIXES: Final = {"SH": "SSE", "SZ": "SZSE", "BJ": "BSE"}
SUFFIX_OF: Final = {exchange: suffix for suffix, exchange in SUFFIXES.items()}
CODE: Final = r"^\d{6}\.(SH|SZ|BJ)$"

# The first digits of A shares, by board. Whatever begins otherwise (900 and 200 are B shares) is another security.
_SHARES: Final = {
    "main": ("600", "601", "603", "605", "000", "001", "002", "003"),
    "star": ("688", "689"),
    "chinext": ("300", "301", "302"),
    "bse": ("43", "82", "83", "87", "88", "92"),
}
_BY_FIRST: Final = {"600": "SH", "601": "SH", "603": "SH", "605": "SH", "688": "SH", "689": "SH"} | dict.fromkeys(
    ("000", "001", "002", "003", "300", "301", "302"), "SZ"
)
# The first digits of listed funds: Shanghai numbers them 5…, Shenzhen 15…, 16… and 18….
_FUNDS: Final = {"5": "SH", "15": "SZ", "16": "SZ", "18": "SZ"}
_ETFS: Final = {"51": "SH", "52": "SH", "53": "SH", "56": "SH", "58": "SH", "159": "SZ"}
# What vendors write before or behind the six digits: sh600000, SH.600000, 600000.XSHG, 0.000001.
_EXCHANGES: Final = {"SH": "SH", "XSHG": "SH", "SS": "SH", "SZ": "SZ", "XSHE": "SZ", "BJ": "BJ", "XBSE": "BJ"}
_SPELLED: Final = re.compile(r"^(?:(?P<before>[A-Z]{2,4})\.?)?(?P<digits>\d{6})(?:\.(?P<behind>[A-Z]{2,4}))?$")
# How broker comparisons count: A shares by exchange, everything else together (沪A, 深A, 京A, 其他证券).
GROUPS: Final = ("SSE", "SZSE", "BSE", "other")


def exchange_of(security: pl.Expr) -> pl.Expr:
    """Return SSE, SZSE or BSE for codes such as ``600000.SH``."""
    return security.str.tail(2).replace_strict(SUFFIXES, default=None, return_dtype=pl.String)


def board_of(security: pl.Expr) -> pl.Expr:
    """Return main, star, chinext or bse for codes of A shares, null for any other security.

    >>> codes = pl.DataFrame({"security": ["600000.SH", "688981.SH", "300750.SZ", "920002.BJ", "000012.SH"]})
    >>> codes.select(board_of(pl.col("security"))).to_series().to_list()
    ['main', 'star', 'chinext', 'bse', None]
    """
    board = pl.lit(None, dtype=pl.String)
    for name, firsts in _SHARES.items():
        for first in firsts:
            suffix = _BY_FIRST.get(first, "BJ")
            here = security.str.starts_with(first) & security.str.ends_with(suffix)
            board = pl.when(here).then(pl.lit(name)).otherwise(board)
    return board


def kind_of(security: pl.Expr) -> pl.Expr:
    """Return share, etf or other_fund, as far as the code tells, null for any other security.

    >>> codes = pl.DataFrame({"security": ["600000.SH", "510300.SH", "159915.SZ", "161725.SZ", "113050.SH"]})
    >>> codes.select(kind_of(pl.col("security"))).to_series().to_list()
    ['share', 'etf', 'etf', 'other_fund', None]
    """
    kind = pl.when(board_of(security).is_not_null()).then(pl.lit("share")).otherwise(pl.lit(None, dtype=pl.String))
    for name, firsts in (("other_fund", _FUNDS), ("etf", _ETFS)):
        for first, suffix in firsts.items():
            here = security.str.starts_with(first) & security.str.ends_with(suffix)
            kind = pl.when(here).then(pl.lit(name)).otherwise(kind)
    return kind


def group_of(security: pl.Expr, kind: pl.Expr) -> pl.Expr:
    """Return the group in which a list is counted: the exchange of an A share, ``other`` for everything else.

    Parameters
    ----------
    kind : String
        What the list says the security is; where it is null, the code decides.
    """
    share = (kind == "share").fill_null(board_of(security).is_not_null())
    return pl.when(share).then(exchange_of(security)).otherwise(pl.lit("other"))


def with_exchange(code: str) -> str | None:
    """Return the full code of a bare one that only one exchange gives to an A share, or ``None``.

    >>> with_exchange("600000"), with_exchange("920002"), with_exchange("019547")
    ('600000.SH', '920002.BJ', None)
    """
    for firsts in _SHARES.values():
        for first in firsts:
            if code.startswith(first):
                return f"{code}.{_BY_FIRST.get(first, 'BJ')}"
    return None


@lru_cache(maxsize=32_768)
def find_security(spelling: str, *, exchange: str | None = None) -> str | None:
    """Return the code that a vendor's spelling means, or ``None``; bare digits must be those of a share or a fund.

    Parameters
    ----------
    exchange : SSE, SZSE or BSE, where something beside the code says it; a code that says another one is none

    >>> find_security("sh600000"), find_security("SZ.000001"), find_security("600000.XSHG"), find_security("920002")
    ('600000.SH', '000001.SZ', '600000.SH', '920002.BJ')
    >>> find_security("SH.600000.SZ"), find_security("019547"), find_security("510300")
    (None, None, '510300.SH')
    >>> find_security("000012", exchange="SSE"), find_security("600000.SZ", exchange="SSE")
    ('000012.SH', None)
    """
    said = None if exchange is None else SUFFIX_OF[exchange]
    match = _SPELLED.match(spelling.strip().upper())
    if match is None or (match["before"] and match["behind"]):
        return None
    printed = match["before"] or match["behind"]
    if printed is None:
        suffix = said or _suffix_of_share(match["digits"]) or _suffix_of_fund(match["digits"])
    else:
        suffix = _EXCHANGES.get(printed)
    return None if suffix is None or said not in (None, suffix) else f"{match['digits']}.{suffix}"


def _suffix_of_share(code: str) -> str | None:
    full = with_exchange(code)
    return None if full is None else full[-2:]


def _suffix_of_fund(code: str) -> str | None:
    return next((suffix for first, suffix in _FUNDS.items() if code.startswith(first)), None)
