"""What readers call phases, lines and events of calls, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rongheng.account.calls.events import MATURITY, Kind
from rongheng.account.calls.lists import Phase
from rongheng.basics.text import Text

PHASES: Final[Mapping[str, Text]] = {
    Phase.WAITING: Text("待定", "waiting"),
    Phase.WARNED: Text("警戒", "warned"),
    Phase.CALLED: Text("追保", "called"),
    Phase.DUE: Text("今日到期", "due today"),
    Phase.EMERGENCY: Text("应急", "emergency"),
    Phase.LAPSED: Text("逾期", "lapsed"),
}

LINES: Final[Mapping[str, Text]] = {
    "warning": Text("警戒线", "warning line"),
    "call": Text("追保线", "call line"),
    "liquidation": Text("平仓线", "liquidation line"),
    "emergency": Text("应急平仓线", "emergency line"),
    "next_day": Text("次日平仓线", "next-day line"),
    "minimum": Text("最低线", "minimum line"),
    MATURITY: Text("合约到期", "end of a contract"),
}

KINDS: Final[Mapping[str, Text]] = {
    Kind.WARNED: Text("警戒提示", "warned"),
    Kind.CALLED: Text("追保", "called"),
    Kind.MATURES: Text("合约临近到期", "a contract ends soon"),
    Kind.DUE: Text("今日到期", "due today"),
    Kind.PAID: Text("收到款项或担保物", "paid"),
    Kind.MARKED: Text("每日快照", "marked"),
    Kind.CONFIRMED: Text("期限确认", "deadline confirmed"),
    Kind.POSTPONED: Text("停牌顺延", "put off while suspended"),
    Kind.NOTICED: Text("已通知", "noticed"),
    Kind.PROPOSED: Text("提交复核", "proposed"),
    Kind.APPROVED: Text("复核同意", "approved"),
    Kind.REFUSED: Text("复核不同意", "refused"),
    Kind.EXTENDED: Text("延长期限", "extended"),
    Kind.WAIVED: Text("暂免追保", "waived"),
    Kind.ROLLED: Text("展期", "rolled over"),
    Kind.BOOKED: Text("账簿已更新", "booked"),
    Kind.CURED: Text("已补足", "cured"),
    Kind.CLEARED: Text("已解除", "cleared"),
    Kind.REPAID: Text("合约已了结", "contract settled"),
    Kind.LAPSED: Text("逾期未补", "lapsed"),
    Kind.RESTORED: Text("逾期后恢复", "restored"),
}
