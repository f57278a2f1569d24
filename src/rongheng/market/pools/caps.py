"""Haircut caps: how much of its value a security may count for at most, on a session, and by which rule.

What lives here: the class of each security, and the cap of the class. What does not: when the static P/E is tested
(``static_pe``), and what a broker makes of the cap (``list_check``). No cap is ever guessed upwards: a security in no
class has the cap 0 and a problem says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from rongheng.basics.securities import board_of, exchange_of
from rongheng.basics.text import Text
from rongheng.market.pools.frames import conform
from rongheng.market.pools.problems import SCHEMA as PROBLEM_SCHEMA
from rongheng.market.pools.problems import problem
from rongheng.market.pools.rules import Ask, cite
from rongheng.market.pools.static_pe import static_pe_state
from rongheng.market.pools.tables import SECURITIES
from rongheng.rulebook import Rulebook

_CLASS_OF_KIND = {
    "etf": "etf",
    "lof": "other_fund",
    "other_fund": "other_fund",
    "money_fund": "money_fund",
    "cash_product": "cash_product",
    "treasury_bond": "treasury_bond",
    "other_bond": "other_bond",
    "warrant": "warrant",
}
_SHARES = ["index_share", "other_share"]
# What takes a share out of its class, the gravest first; each has a column that says it.
_TAKEN_OUT = {"delisting": "delisting", "risk_warned": "risk_warned", "high_pe_share": "zeroed"}
_RULE_SCHEMA = {
    "exchange": pl.String(),
    "security_class": pl.String(),
    "haircut_cap_bp": pl.Int64(),
    "rule": pl.String(),
    "document_zh": pl.String(),
    "document_en": pl.String(),
}


@dataclass(frozen=True)
class Caps:
    """The cap of every security of the frame.

    ``rows`` has ``security``, ``name``, ``exchange``, ``security_class``, ``haircut_cap_bp``, ``static_pe`` (on
    ``pe_tested_on``), ``rule`` and the document. ``problems`` has one row for each thing that could not be known.
    """

    session: date
    pe_tested_on: date | None
    rows: pl.DataFrame
    problems: pl.DataFrame
    notes: tuple[Text, ...]


def haircut_caps(
    securities: pl.DataFrame,
    *,
    session: date,
    static_pe: pl.DataFrame | None = None,
    book: Rulebook | None = None,
    known_at: date | None = None,
    where: str = "the securities",
) -> Caps:
    """Return the exchange's cap on the haircut of each security on a session (折算率上限).

    Parameters
    ----------
    securities : columns of ``tables.SECURITIES``
        ``kind`` (shares are known by their codes), ``index_member``, ``risk_warned``, ``delisting``; or
        ``security_class`` where the caller knows it. Status goes before class: a risk-warned member of an index has 0.
    session : the session on which the cap stands
    static_pe : columns of ``tables.STATIC_PE``, optional
        Static P/E by session, tested once a week. Without it the column ``static_pe`` of ``securities`` is taken as
        the figure of the last test. A share whose figure is missing keeps the cap of its class, untested: a problem.

    Returns
    -------
    Caps
        Whole basis points. A security in no class, or in one that has no cap in its market on the session, has 0.

    Raises
    ------
    DataError
        The frame does not keep to its table.

    Source
    ------
    exchange.haircut.cap.*, exchange.haircut.static_pe

    Examples
    --------
    >>> rows = pl.DataFrame({"security": ["600000.SH", "000998.SZ"], "index_member": [True, False],
    ...     "risk_warned": [False, False], "delisting": [False, False], "static_pe": [6.5, -20.0]})
    >>> haircut_caps(rows, session=date(2025, 3, 21)).rows.select("security_class", "haircut_cap_bp").rows()
    [('index_share', 7000), ('high_pe_share', 0)]
    """
    ask = Ask(book or Rulebook.load(), session, known_at)
    rows = conform(securities, SECURITIES, where=where, on=session)
    rows = rows.with_columns(exchange_of(pl.col("security")).alias("exchange"))
    tested, day, notes = _with_test(ask, rows, static_pe)
    table = _caps_of_classes(ask)
    classed = _classed(tested, table)
    joined = classed.join(table, on=["exchange", "security_class"], how="left", maintain_order="left")
    capped = joined.with_columns(pl.col("haircut_cap_bp").fill_null(0))
    shown = ["security", "name", "exchange", "security_class", "haircut_cap_bp", "static_pe", "rule"]
    return Caps(
        session,
        day,
        capped.select(*shown, "document_zh", "document_en"),
        _problems(ask, joined),
        (*notes, *_absent(tested)),
    )


def _with_test(
    ask: Ask, rows: pl.DataFrame, history: pl.DataFrame | None
) -> tuple[pl.DataFrame, date | None, tuple[Text, ...]]:
    """Return the rows with the ``static_pe`` of the last test and whether it sets the haircut to zero (``zeroed``)."""
    day: date | None = None
    notes: tuple[Text, ...] = ()
    if history is None:
        figures = rows.select("security", "static_pe").with_columns(pl.lit(ask.session).alias("session"))
        state = static_pe_state(figures, session=ask.session, tested=ask.session, ask=ask)
    else:
        state = static_pe_state(history, session=ask.session, ask=ask)
        day, notes = state.tested_on, state.notes
    return rows.drop("static_pe").join(state.rows, on="security", how="left", maintain_order="left"), day, notes


def _caps_of_classes(ask: Ask) -> pl.DataFrame:
    """Return the cap of every class in every market in which it has one on the session."""
    found = []
    for key, member in ask.book.classes.members["security_class"].items():
        for market in ("SSE", "SZSE", "BSE"):
            reading = None if member.rule is None else ask.find(member.rule, market=market)
            if reading is not None:
                document = cite(reading)
                found.append((market, key, reading.bp, reading.rule.id, document.zh, document.en))
    return pl.DataFrame(found, schema=_RULE_SCHEMA, orient="row")


def _classed(rows: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with the class that decides the cap."""
    is_share = (pl.col("kind") == "share").fill_null(board_of(pl.col("security")).is_not_null())
    by_kind = (
        pl.when(is_share & pl.col("index_member").fill_null(value=False))
        .then(pl.lit("index_share"))
        .when(is_share)
        .then(pl.lit("other_share"))
        .otherwise(pl.col("kind").replace_strict(_CLASS_OF_KIND, default=None, return_dtype=pl.String))
    )
    security_class = pl.coalesce("security_class", by_kind)
    taken = pl.coalesce(
        pl.when(_stands(table, key) & pl.col(column)).then(pl.lit(key)) for key, column in _TAKEN_OUT.items()
    )
    own = rows.with_columns(security_class.alias("security_class"))
    return own.with_columns(
        pl.when(pl.col("security_class").is_in(_SHARES)).then(pl.coalesce(taken, "security_class"))
        .otherwise("security_class").alias("security_class")
    )  # fmt: skip


def _stands(table: pl.DataFrame, key: str) -> pl.Expr:
    """Return whether the class has a cap in the security's market; before its rule, a status changes nothing."""
    markets = table.filter(pl.col("security_class") == key)["exchange"].to_list()
    return pl.col("exchange").is_in(markets)


def _problems(ask: Ask, rows: pl.DataFrame) -> pl.DataFrame:
    found = []
    for row in rows.filter(pl.col("haircut_cap_bp").is_null()).iter_rows(named=True):
        found.append(_without_cap(ask, row))
    untested = pl.col("security_class").is_in(_SHARES) & pl.col("static_pe").is_null()
    if rows["static_pe"].null_count() < rows.height:
        for row in rows.filter(untested).iter_rows(named=True):
            why = Text(
                "检验日没有静态市盈率，未按该规则检验；请补数据。",
                "no static P/E on the day of the test, so that rule was not applied; add the figure.",
            )
            found.append(problem(row, "static_pe", None, "static_pe_unknown", why))
    return pl.DataFrame(found, schema=PROBLEM_SCHEMA, orient="row")


def _without_cap(ask: Ask, row: dict[str, object]) -> tuple[object, ...]:
    key = row["security_class"]
    if key is None:
        why = Text(
            "不属于任何折算率类别，折算率按 0 计；请在 kind 或 security_class 列说明类别。",
            "in no class for haircut caps, so its haircut is 0; say what it is in the column kind or security_class.",
        )
        return problem(row, "kind", row["kind"], "no_class", why)
    why = Text(
        f"{ask.session} 该市场此类证券尚无折算率上限，折算率按 0 计。",
        f"securities of this class have no cap in this market on {ask.session}, so its haircut is 0.",
    )
    return problem(row, "security_class", key, "no_cap_in_force", why)


def _absent(rows: pl.DataFrame) -> list[Text]:
    """Return a note for each column that says nothing at all, and what that was taken to mean."""
    meant = {
        "risk_warned": Text("无一证券按风险警示处理", "no security is taken as risk-warned"),
        "delisting": Text("无一证券按退市整理处理", "no security is taken as being delisted"),
        "index_member": Text("无一股票按指数成份股处理", "no share is taken as a member of an index"),
        "static_pe": Text(
            "未按静态市盈率检验任何股票（滚动市盈率 TTM 不能代替）",
            "no share was tested by its static P/E (the one over twelve months, TTM, is no substitute)",
        ),
    }
    return [
        Text(f"没有 {name} 列的数据：{words.zh}。", f"The column {name} holds nothing: {words.en}.")
        for name, words in meant.items()
        if rows.height and rows[name].null_count() == rows.height
    ]
