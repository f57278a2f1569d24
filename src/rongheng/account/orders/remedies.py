"""What would make a refused order pass, check by check.

What lives here: the remedies, how large each is, and its words. What does not: whether an order passes
(``kernels.py``). A remedy is exact: the order after it passes the check, and a milli-yuan or a lot less would not do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from rongheng.account.orders.checks import NONE, Check
from rongheng.account.orders.day import BARRED_PRICE
from rongheng.basics.account_tables import Business
from rongheng.basics.money import BP, ceil_milli, floor_milli, show_yuan
from rongheng.basics.text import Text

if TYPE_CHECKING:
    from rongheng.account.orders.verdict import Verdict

_SALES: Final = (Business.COLLATERAL_SALE, Business.SELL_TO_REPAY, Business.SHORT_SALE)


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


_WORDS: Final = {
    Action.ADD_CASH: Text("追加现金 {} 元", "add ¥{} of cash"),
    Action.RAISE_CREDIT_LINE: Text("授信额度提高 {} 元", "raise the credit line by ¥{}"),
    Action.LOWER_TO: Text("数量降至 {}", "lower to {} shares"),
    Action.LOWER_AMOUNT_TO: Text("金额降至 {} 元", "lower to ¥{}"),
    Action.RAISE_TO: Text("数量增至 {}", "raise to {} shares"),
    Action.PRICE_AT: Text("价格改为 {} 元", "set the price to ¥{}"),
    Action.WAIT_UNTIL: Text("等到 {}", "wait until {}"),
    Action.DUE_BY: Text("到期日不晚于 {}", "let it be due by {}"),
    Action.GET_PERMISSION: Text("开通 {} 权限", "get the permission for {}"),
    Action.CLEAR_PENDING: Text("撤销无法占用的市价委托", "cancel the pending order at market that has no limit"),
}
_MONEY: Final = (Action.ADD_CASH, Action.RAISE_CREDIT_LINE, Action.LOWER_AMOUNT_TO, Action.PRICE_AT)


@dataclass(frozen=True, slots=True)
class Remedy:
    """One thing to do: milli-yuan, shares, a day or a board's name, by its action."""

    action: Action
    value: int | date | str | None = None

    def show(self) -> Text:
        """Return the remedy in words.

        >>> Remedy(Action.ADD_CASH, 12_345_678).show().en
        'add ¥12,345.678 of cash'
        """
        words, value = _WORDS[self.action], self.value
        if isinstance(value, int):
            value = show_yuan(value) if self.action in _MONEY else f"{value:,}"
        return Text(words.zh.format(value), words.en.format(value))


def remedies_of(verdict: Verdict, check: Check) -> tuple[Remedy, ...]:
    """Return what would make the order pass a check that refuses it; nothing where no one can do anything today."""
    needed, have = verdict.numbers[check].tolist()
    return tuple(_REMEDIES.get(check, _nothing)(verdict, needed, have))


def _nothing(_verdict: Verdict, _needed: int, _have: int) -> Iterator[Remedy]:
    yield from ()


def _lower(verdict: Verdict, _needed: int = 0, _have: int = 0) -> Iterator[Remedy]:
    if verdict.largest:
        is_cash = verdict.order.security is None
        yield Remedy(Action.LOWER_AMOUNT_TO if is_cash else Action.LOWER_TO, verdict.largest)


def _add_margin(verdict: Verdict, needed: int, have: int) -> Iterator[Remedy]:
    yield from _lower(verdict)
    yield Remedy(Action.ADD_CASH, ceil_milli(needed - have, BP))


def _add_cash(verdict: Verdict, needed: int, have: int) -> Iterator[Remedy]:
    yield from _lower(verdict)
    yield Remedy(Action.ADD_CASH, needed - have)


def _rise_above_line(verdict: Verdict, _needed: int, _have: int) -> Iterator[Remedy]:
    """The ratio must be strictly above the line: what stands above it now is in the numbers of the line after."""
    above = int(verdict.numbers[Check.LINE_AFTER, 1])
    yield Remedy(Action.ADD_CASH, floor_milli(-above, BP) + 1)


def _reach_ratio(verdict: Verdict, needed: int, _have: int) -> Iterator[Remedy]:
    """Cash that brings the ratio to the one asked for, where the ratio is assets over debt."""
    gate, row = verdict.gate, verdict.row
    if not gate.terms_in.by_coefficient[gate.accounts_in.policy[row]]:
        debt = int(gate.debts_in.debt[gate.accounts_in.rank[row]])
        yield Remedy(Action.ADD_CASH, ceil_milli(needed * debt - int(gate.accounts_in.assets[row]) * BP, BP))


def _raise_line(verdict: Verdict, needed: int, have: int) -> Iterator[Remedy]:
    yield from _lower(verdict)
    yield Remedy(Action.RAISE_CREDIT_LINE, needed - have)


def _fit_lots(verdict: Verdict, _needed: int, have: int) -> Iterator[Remedy]:
    yield Remedy(Action.LOWER_TO, have) if have else Remedy(Action.RAISE_TO, int(verdict.gate.day.lot[verdict.code]))


def _on_tick(verdict: Verdict, needed: int, have: int) -> Iterator[Remedy]:
    """The nearest price that asks for no more margin: down for buys, up for sales."""
    up = verdict.order.business in _SALES or needed < have
    yield Remedy(Action.PRICE_AT, -(-needed // have) * have if up else needed // have * have)


def _inside_limits(verdict: Verdict, _needed: int, have: int) -> Iterator[Remedy]:
    """The limit that was passed; for an order at market where there is none, the last price."""
    yield Remedy(Action.PRICE_AT, have if have > 0 else int(verdict.gate.terms_in.price[verdict.code]))


def _at_floor(verdict: Verdict, _needed: int, _have: int) -> Iterator[Remedy]:
    """The least price of a short sale; nothing helps where the price to compare with is not known."""
    floor = int(verdict.gate.day.floor[verdict.code])
    if floor < BARRED_PRICE:
        yield Remedy(Action.PRICE_AT, floor or int(verdict.gate.terms_in.price[verdict.code]))


def _return_later(verdict: Verdict, needed: int, have: int) -> Iterator[Remedy]:
    """Lower, or wait for the session on which what was sold short lately may be returned."""
    yield from _lower(verdict)
    day = verdict.gate.first_return(verdict.row, verdict.code, needed - have)
    if day is not None:
        yield Remedy(Action.WAIT_UNTIL, day)


def _shorter(_verdict: Verdict, _needed: int, have: int) -> Iterator[Remedy]:
    """The latest day that the rule allows; nothing where no rule of that day names one."""
    if have != NONE:
        yield Remedy(Action.DUE_BY, date.fromisoformat(str(np.datetime64(have, "D"))))


def _wait_for_opening(verdict: Verdict, _needed: int, _have: int) -> Iterator[Remedy]:
    kind = "short" if verdict.order.business is Business.SHORT_SALE else "financing"
    rule = verdict.gate.today.rulebook.rule(f"exchange.{kind}.margin_ratio")
    yield Remedy(Action.WAIT_UNTIL, rule.first_session(verdict.market))


def _get_permission(verdict: Verdict, _needed: int, _have: int) -> Iterator[Remedy]:
    yield Remedy(Action.GET_PERMISSION, verdict.board.value)


def _clear_pending(_verdict: Verdict, _needed: int, _have: int) -> Iterator[Remedy]:
    yield Remedy(Action.CLEAR_PENDING)


_REMEDIES: Final[Mapping[Check, Callable[[Verdict, int, int], Iterator[Remedy]]]] = {
    Check.OPEN: _wait_for_opening,
    Check.PERMISSION: _get_permission,
    Check.LOT: _fit_lots,
    Check.TICK: _on_tick,
    Check.PRICE_LIMIT: _inside_limits,
    Check.MARKET_ORDER: _at_floor,
    Check.SHORT_PRICE: _at_floor,
    Check.OWN_SALE: _lower,
    Check.AVAILABLE: _lower,
    Check.LENDABLE: _lower,
    Check.CREDIT_LINE: _raise_line,
    Check.MARGIN: _add_margin,
    Check.CASH: _add_cash,
    Check.LINE_BEFORE: _rise_above_line,
    Check.LINE_AFTER: _add_margin,
    Check.SECURITY_SHARE: _lower,
    Check.CLASS_SHARE: _lower,
    Check.BOARD_SHARE: _lower,
    Check.NET_CAPITAL: _lower,
    Check.TERM: _shorter,
    Check.ROLL_OVER_RATIO: _reach_ratio,
    Check.RETURN: _return_later,
    Check.OWED: _lower,
    Check.COVER: _lower,
    Check.PENDING: _clear_pending,
}
