"""The chapters of a note, in order: which sentences, figures and tables each has.

What lives here: the plan of the note, and its texts that rest on no number. What does not: the sentences with numbers
(``claims``, ``lens_claims``), the figures (``charts``), the tables (``chapter_tables``) and the page (``note``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rongheng.basics.text import Language, Text
from rongheng.findings.dossier import Dossier
from rongheng.report import account_claims, chapter_tables, claims, lens_claims
from rongheng.report.claims import Claim
from rongheng.report.tables import Table


@dataclass(frozen=True)
class Chapter:
    """One chapter: its title, what it says, and its figures and tables in order."""

    name: str
    title: Text
    says: Callable[[Dossier, Language], Iterator[Claim]]
    figures: tuple[str, ...]
    tables: tuple[Callable[[Dossier, Language], Table | None], ...]
    beside: tuple[Callable[[Dossier, Language], Table | None], ...] = ()  # narrow tables that stand among the figures


CHAPTERS: tuple[Chapter, ...] = (
    Chapter(
        "scale",
        Text("规模与趋势", "Scale and trend"),
        claims.of_scale,
        ("balance", "balance-recent", "quarters", "buys", "share", "cost"),
        (chapter_tables.of_balance,),
    ),
    Chapter(
        "leverage",
        Text("杠杆与安全距离", "Leverage and safety distance"),
        claims.of_leverage,
        ("leverage", "safety", "buffers"),
        (),
        beside=(chapter_tables.of_falls,),
    ),
    Chapter(
        "bottoms",
        Text("维持担保比例与市场底部", "Maintenance ratio and market bottoms"),
        claims.of_bottoms,
        ("ratio", "lags", "record", "fit", "residual"),
        (chapter_tables.of_lows, chapter_tables.of_record),
    ),
    Chapter(
        "pressure",
        Text("担保物与平仓压力", "Collateral and liquidation pressure"),
        claims.of_pressure,
        ("pressure", "collateral-gap", "collateral", "cover"),
        (chapter_tables.of_pressure, chapter_tables.of_collateral, chapter_tables.of_gap),
    ),
    Chapter(
        "extremes",
        Text("极端涨跌", "Extremes"),
        claims.of_extremes,
        ("extremes", "extremes-short"),
        (chapter_tables.of_extremes,),
    ),
    Chapter(
        "participation",
        Text("参与者", "Who participates"),
        claims.of_participation,
        ("investors", "debt-each"),
        (chapter_tables.of_participation,),
    ),
    Chapter(
        "liquidity",
        Text("流动性结论", "The verdict on liquidity"),
        lens_claims.of_liquidity,
        (),
        (chapter_tables.of_liquidity, chapter_tables.of_liquidity_record),
    ),
    Chapter(
        "financing",
        Text("分指数融资", "Financing by index"),
        lens_claims.of_financing,
        ("index-financing",),
        (chapter_tables.of_financing, chapter_tables.of_movers),
    ),
    Chapter(
        "basis",
        Text("股指期货基差", "Basis of index futures"),
        lens_claims.of_basis,
        ("basis-history", "basis-term"),
        (chapter_tables.of_basis,),
    ),
    Chapter(
        "flows",
        Text("ETF 资金流", "Flows into exchange-traded funds"),
        lens_claims.of_flows,
        ("flows-today", "flows-month"),
        (chapter_tables.of_flows,),
    ),
    Chapter(
        "snowballs",
        Text("雪球", "Snowballs"),
        lens_claims.of_snowballs,
        ("knock-in-map", "hedging"),
        (chapter_tables.of_snowballs, chapter_tables.of_snowball_bands),
    ),
)

ACCOUNTS = Chapter(
    "accounts",
    Text("信用账户", "The credit accounts"),
    account_claims.of_accounts,
    ("account-ratios", "account-falls", "account-shares"),
    (
        chapter_tables.of_account_states,
        chapter_tables.of_account_calls,
        chapter_tables.of_account_holdings,
        chapter_tables.of_account_limits,
    ),
)


def chapters_of(dossier: Dossier) -> tuple[Chapter, ...]:
    """Return the chapters of a note: those on the market, and one on the accounts where a marked book was given."""
    return CHAPTERS if dossier.accounts is None else (*CHAPTERS, ACCOUNTS)


def risks_of(dossier: Dossier) -> tuple[Text, ...]:
    """Return what a reader must bear in mind."""
    return (_TAIL if dossier.accounts is None else _TAIL_WITH_ACCOUNTS, *RISKS)


def disclaimer_of(dossier: Dossier) -> Text:
    """Return what the note is, and is not."""
    return DISCLAIMER if dossier.accounts is None else _DISCLAIMER_WITH_ACCOUNTS


_TAIL = Text(
    "市场平均值掩盖尾部：平均比例远离各线时，仍有账户已触及平仓线；本文不含任何单个账户的数据。",
    "A market average hides the tail: while it stands far from the lines, some accounts have met theirs. No single "
    "account's data are in this note.",
)
_TAIL_WITH_ACCOUNTS = Text(
    "市场平均值掩盖尾部：平均比例远离各线时，仍有账户已触及平仓线；信用账户一章只说所给账簿，不代表全市场。",
    "A market average hides the tail: while it stands far from the lines, some accounts have met theirs. The chapter "
    "on the credit accounts is about the book that was given, and stands for no other.",
)

RISKS: tuple[Text, ...] = (
    Text(
        "警戒线、追保线、平仓线自 2019 年起由证券公司与客户约定，各家不同，并可随集中度、板块调整；文中各线为通行值。",
        "Since 2019 the warning, call and liquidation lines are agreed between broker and client; they differ and may "
        "move with concentration and board. The lines used here are the usual ones.",
    ),
    Text(
        "价格是维持担保比例的分子：比例与指数同时见底部分是机械的。几次吻合的事件不是规律，不构成对未来的预测。",
        "Prices are the numerator of the maintenance ratio: that it bottoms with the index is partly mechanical. A few "
        "events that fit are not a law and forecast nothing.",
    ),
    Text(
        "公布数据可能修订、缺漏或延迟；账户统计在下一交易日晚间才公布，当日收盘时无从知晓。",
        "Published figures may be revised, missing or late; account statistics come out on the evening of the next "
        "session and could not be known at the close.",
    ),
    Text(
        "均匀下跌的情景假定所有证券同跌、负债不变；客户持仓的波动通常大于宽基指数，强制平仓又会压低价格。",
        "A uniform fall takes all securities to fall alike and debt to stay. What clients hold moves more than broad "
        "indices, and forced sales press prices further.",
    ),
)

_DISCLAIMER_WITH_ACCOUNTS = Text(
    "本文由程序根据公开数据与所给的客户账簿生成，仅供内部研究参考，不构成投资建议；账簿属客户资料，请妥为保管。",
    "Made by a program from public data and the book of accounts that was given, for internal research; not investment "
    "advice. A book is its clients' own: keep it so.",
)

DISCLAIMER = Text(
    "本文由程序根据公开数据生成，仅供研究参考，不构成投资建议。",
    "Made by a program from public data, for research; not investment advice.",
)
