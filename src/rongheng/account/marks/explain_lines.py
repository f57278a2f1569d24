"""Explain where an account stands: ratio, leverage, the row of lines and why, each line, the state, falls to a line.

What lives here: quotients and comparisons, with the numbers in them. What does not: the sums they are made of
(``explain_sums.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from rongheng.account.marks.explain_subject import RATIO, WITHDRAWAL, Subject, Term, named, percent, yuan
from rongheng.account.policy import MovingLines
from rongheng.account.policy.policy import ShareBasis
from rongheng.basics.account_tables import LINES, Board, State
from rongheng.basics.money import BP

_DUAL = (Board.STAR, Board.CHINEXT)


def ratio(subject: Subject) -> Iterator[Term]:
    """Explain the maintenance ratio and the leverage."""
    rule = subject.cite("ratio_method") if subject.by_coefficient else RATIO
    if not subject.debt:
        yield subject.total("maintenance_ratio_bp", "D = 0", rule)
        yield subject.total("leverage_bp", "D = 0", RATIO, exact=1)
        return
    quotient = f"⌊{yuan(subject.cover)} ÷ {yuan(subject.debt)}⌋"
    yield subject.total("maintenance_ratio_bp", quotient, rule, exact=subject.cover / subject.debt)
    net = subject.assets - subject.debt
    if net <= 0:
        yield subject.total("leverage_bp", f"{yuan(net)} ≤ 0", RATIO)
        return
    working = f"⌈{yuan(subject.assets)} ÷ ({yuan(subject.assets)} − {yuan(subject.debt)})⌉"
    yield subject.total("leverage_bp", working, RATIO, exact=Fraction(subject.assets, net))


def lines(subject: Subject) -> Iterator[Term]:
    """Explain which row of lines applies and why, each line of it, and the state that follows."""
    row, moving = subject.found["line_row"], subject.policy.moving_lines
    rule = subject.cite("moving_lines", "lines", default=WITHDRAWAL)
    yield subject.total("line_row", _why(subject), rule)
    withdrawal = subject.found["withdrawal_line_bp"]
    moved = row > 0 and moving is not None and moving.rows[row - 1].withdrawal_line_bp is not None
    source = rule if moved else subject.cite("withdrawal_line_bp", default=WITHDRAWAL)
    yield subject.total("withdrawal_line_bp", percent(withdrawal), source)
    fixed = subject.cite("lines", default=WITHDRAWAL)
    for name in LINES:
        line = subject.found[f"{name}_line_bp"]
        if line is not None:
            stated = subject.policy.cites.get(f"{name}_line_bp")
            source = rule if row else ", ".join(dict.fromkeys(filter(None, (fixed, stated))))
            yield subject.total(f"{name}_line_bp", percent(line), source)
    yield _state(subject, rule if row else fixed)


def _why(subject: Subject) -> str:
    """Say in signs which row applies and why."""
    row, moving, debt = subject.found["line_row"], subject.policy.moving_lines, subject.debt
    if moving is None:
        return "固定线 fixed lines"
    if subject.was_fixed:
        return f"上一收盘确定 fixed at the last close: {row}"
    if debt == 0:
        return "固定线 fixed lines: D = 0"
    found = subject.found["maintenance_ratio_bp"]
    if subject.cover > Fraction(moving.wake_bp * debt, BP):
        return f"R > {percent(moving.wake_bp)} (R = {percent(found)}…): 固定线 fixed lines"
    share = percent(subject.found["dual_board_share_bp"] or 0)
    return f"R = {percent(found)} ≤ {percent(moving.wake_bp)}, {share} ∈ {_interval(moving, row)}: {row}"


def _interval(moving: MovingLines, row: int) -> str:
    lower = moving.rows[row - 2].upper_share_bp if row > 1 else 0
    return f"{'[' if row == 1 else '('}{percent(lower)}, {percent(moving.rows[row - 1].upper_share_bp)}]"


def _state(subject: Subject, rule: str) -> Term:
    state, label = State(subject.found["state"]), named("state")
    assert state == _judged(subject), "the state is another"
    if state is State.NO_DEBT:
        return Term("state", label, "D = 0", rule, is_total=True)
    at = percent(subject.found["maintenance_ratio_bp"])
    withdrawal = percent(subject.found["withdrawal_line_bp"])
    if state is State.WITHDRAWABLE:
        return Term("state", label, f"{at} > {withdrawal}: {state}", WITHDRAWAL, is_total=True)
    under = subject.found[f"{state}_line_bp"] if state in LINES else None
    graver = [name for name in LINES if subject.found[f"{name}_line_bp"] is not None]
    graver = graver[graver.index(state) + 1 :] if state in LINES else graver[:1]
    not_under = f", ≥ {percent(subject.found[f'{graver[0]}_line_bp'])} {graver[0]}" if graver else ""
    reason = f"{at} < {percent(under)}" if under is not None else f"{at} ≤ {withdrawal}"
    return Term("state", label, f"{reason}: {state}{not_under}", rule, is_total=True)


def _judged(subject: Subject) -> State:
    """Return the lowest line that the ratio is strictly under, worked again in fractions (definition 8)."""
    if not subject.debt:
        return State.NO_DEBT
    for name in reversed(LINES):
        line = subject.found[f"{name}_line_bp"]
        if line is not None and subject.cover * BP < line * subject.debt:
            return State(name)
    may_withdraw = subject.cover * BP > subject.found["withdrawal_line_bp"] * subject.debt
    return State.WITHDRAWABLE if may_withdraw else State.NORMAL


def falls(subject: Subject) -> Iterator[Term]:
    """Explain the uniform fall to today's liquidation line, and to the one that then applies (definition 11)."""
    line = subject.found["liquidation_line_bp"]
    if line is None or not subject.debt or subject.by_coefficient:
        return
    rule = f"{RATIO}, {subject.cite('moving_lines', 'lines')}"
    yield subject.total("fall_to_todays_line_bp", _fall(subject, line), rule, exact=fall_to(subject, line))
    number, later = _row_then(subject) or (0, line)
    working = f"{_fall(subject, later)}; {number}: {percent(later)}" if number else _fall(subject, later)
    yield subject.total("fall_to_line_bp", working if later else "∅", rule, exact=fall_to(subject, later))


def fall_to(subject: Subject, line_bp: int) -> Fraction | None:
    """Return the uniform fall that meets a line which stands still; ``None`` where no fall does."""
    slope = subject.securities - Fraction(line_bp * subject.shorts, BP)
    return None if slope <= 0 or not line_bp else (subject.assets - Fraction(line_bp * subject.debt, BP)) / slope


def _fall(subject: Subject, line_bp: int) -> str:
    slope = subject.securities - Fraction(line_bp * subject.shorts, BP)
    if slope <= 0:
        return f"S − {percent(line_bp)} × V = {yuan(slope)} ≤ 0"
    over = f"{yuan(subject.assets)} − {percent(line_bp)} × {yuan(subject.debt)}"
    return f"⌊({over}) ÷ ({yuan(subject.securities)} − {percent(line_bp)} × {yuan(subject.shorts)})⌋"


def _row_then(subject: Subject) -> tuple[int, int] | None:
    """Return the row and line that a fall meets where lines move: (0, 0) for none, ``None`` where lines stand still."""
    moving = subject.policy.moving_lines
    line = Fraction(subject.found["liquidation_line_bp"], BP)
    if moving is None or subject.was_fixed or subject.assets < line * subject.debt:
        return None
    board = _board(subject, moving)
    today = next(n for n, row in enumerate(moving.rows, 1) if board * BP <= row.upper_share_bp * subject.assets)
    for number in range(today, 0, -1):
        line_bp = moving.rows[number - 1].lines.liquidation_bp or 0
        fall = fall_to(subject, line_bp)
        if fall is None:
            continue
        left = subject.assets - fall * subject.securities
        lower = moving.rows[number - 2].upper_share_bp if number > 1 else -1
        if lower < 0 or board * (1 - fall) * BP > lower * left:
            return number, line_bp
    return 0, 0


def _board(subject: Subject, moving: MovingLines) -> int:
    """Return what the lines move by: STAR and ChiNext shares, less shorts of them where the policy nets."""
    held = sum(position.value for position in subject.positions if position.board in _DUAL)
    shorts = sum(c.value for c in subject.contracts if c.is_short and c.board in _DUAL)
    return max(held - (0 if moving.basis is ShareBasis.GROSS else shorts), 0)


def dual_board(subject: Subject) -> Term:
    """Explain the share of STAR and ChiNext shares that lines move by."""
    moving = subject.policy.moving_lines or MovingLines(0, ())
    board = _board(subject, moving)
    parts = f"{yuan(board)} ÷ {yuan(subject.assets)}"
    rule = subject.cite("moving_lines", default="practice.concentration.measure")
    basis = "净 net" if moving.basis is ShareBasis.NET else "毛 gross"
    share = Fraction(board, subject.assets)
    return subject.total("dual_board_share_bp", f"⌈{parts}⌉ ({basis})", rule, exact=share)
