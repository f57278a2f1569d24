"""What would make a refused order pass, check by check.

What lives here: the remedies and their words. What does not: whether an order passes (``kernels.py``). A remedy is
exact: an order after it passes the check, and anything less does not do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rongheng.basics.money import show_yuan
from rongheng.basics.text import Text


class Action(StrEnum):
    """What can be done about a refusal."""

    ADD_CASH = "add_cash"
    RAISE_CREDIT_LINE = "raise_credit_line"
    LOWER_TO = "lower_to"  # shares
    LOWER_AMOUNT_TO = "lower_amount_to"  # milli-yuan of cash
    RAISE_TO = "raise_to"  # shares
    PRICE_AT = "price_at"
    WAIT_UNTIL = "wait_until"
    DUE_BY = "due_by"
    GET_PERMISSION = "get_permission"
    CLEAR_PENDING = "clear_pending"


_WORDS = {
    Action.ADD_CASH: Text("追加保证金 {} 元", "add ¥{} of cash"),
    Action.RAISE_CREDIT_LINE: Text("授信额度提高 {} 元", "raise the credit line by ¥{}"),
    Action.LOWER_TO: Text("数量降至 {}", "lower to {} shares"),
    Action.LOWER_AMOUNT_TO: Text("金额降至 {} 元", "lower to ¥{}"),
    Action.RAISE_TO: Text("数量增至 {}", "raise to {} shares"),
    Action.PRICE_AT: Text("价格改为 {} 元", "set the price to ¥{}"),
    Action.WAIT_UNTIL: Text("等到 {}", "wait until {}"),
    Action.DUE_BY: Text("到期日不晚于 {}", "let it be due by {}"),
    Action.GET_PERMISSION: Text("开通{}权限", "get the permission for {}"),
    Action.CLEAR_PENDING: Text("撤销或改价无法占用的市价委托", "cancel the pending order at market that has no limit"),
}
_MONEY = (Action.ADD_CASH, Action.RAISE_CREDIT_LINE, Action.LOWER_AMOUNT_TO, Action.PRICE_AT)


@dataclass(frozen=True, slots=True)
class Remedy:
    """One thing to do: milli-yuan, shares, a day or a board's name, by its action."""

    action: Action
    value: int | date | str | None = None

    def show(self) -> Text:
        """Return the remedy in words."""
        words = _WORDS[self.action]
        value = self.value
        if isinstance(value, int):
            value = show_yuan(value) if self.action in _MONEY else f"{value:,}"
        return Text(words.zh.format(value), words.en.format(value))
