"""What the one-word answers of the indicators mean, in both languages (``state``, ``verdict``, ``basis``).

What lives here: the words that stand in text columns in place of sentences, so that JSON and CSV stay the same in
every language and a report can show them in its own. What does not: names of indices and of periods.
"""

from __future__ import annotations

from rongheng.basics.text import Text

WORDS: dict[str, Text] = {
    # state of a period, of a fall
    "complete": Text("完整", "complete"),
    "to_date": Text("至今", "to date"),
    "confirmed": Text("已确认", "confirmed"),
    "so_far": Text("进行中", "so far"),
    # verdict of weighted-cost
    "meaningful": Text("有意义", "meaningful"),
    "meaningless": Text("无意义", "meaningless"),
    # verdict of collateral: cash over securities against the maintenance ratio
    "same": Text("同向", "same direction"),
    "opposite": Text("反向", "opposite direction"),
    "unchanged": Text("未变", "unchanged"),
    # move of basis
    "narrowed_markedly": Text("明显收窄", "narrowed markedly"),
    "narrowed": Text("收窄", "narrowed"),
    "widened": Text("走阔", "widened"),
    "widened_markedly": Text("明显走阔", "widened markedly"),
    # baseline of liquidity-record
    "all-sessions": Text("全部交易日", "all sessions"),
    # kind and state of a group in index-financing
    "index": Text("指数", "index"),
    "industry": Text("行业", "industry"),
    "board": Text("板块", "board"),
    "all": Text("全部", "all"),
    "members_unknown": Text("名单未知", "members unknown"),
    "sessions_missing": Text("缺交易日", "sessions missing"),
    # state of a fund in flows
    "split": Text("份额拆分", "split"),
    "no_nav": Text("缺净值", "no net asset value"),
    "no_before": Text("缺前一日", "no session before"),
    # basis of collateral-gap
    "securities": Text("证券担保物", "securities collateral"),
    "ratio_x_debt": Text("维保比例×两融余额", "ratio × margin balance"),
}


def in_words(value: str) -> Text:
    """Return what a text column's value says; a value that is no such word (an index, a period) stands for itself.

    >>> in_words("so_far").en, in_words("2024Q4").zh
    ('so far', '2024Q4')
    """
    return WORDS.get(value, Text(value, value))
