"""Columns for the kernels of a mark, from layouts, policies and the market, and room for what they write.

What lives here: renaming and allocation. What does not: the order of a mark (``mark.py``).
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from rongheng.account.book import Layout
from rongheng.account.marks.columns import (
    NO_BREACH,
    NO_LIMITS,
    SHARES,
    TO_TEST,
    ContractsIn,
    DebtsOut,
    HoldingsIn,
    HoldingsOut,
    LimitsIn,
    TermsIn,
    packed,
)
from rongheng.account.policy import ConcentrationTerms, Terms
from rongheng.account.policy.concentration_lookup import N_CLIENTS, SECURITY_SLOT, Limits
from rongheng.basics.account_tables import Board
from rongheng.basics.money import BP

Columns = TypeVar("Columns", HoldingsIn, ContractsIn)


def read_only(columns: Columns) -> Columns:
    """Return views that nobody writes to, so that a kernel is compiled once, wherever the columns come from."""
    views = {name: np.asarray(getattr(columns, name)).view() for name in columns._fields}
    for view in views.values():
        view.flags.writeable = False
    return columns._replace(**views)


def holdings_in(
    layout: Layout, *, credit_line: NDArray[np.int64], quantity: NDArray[np.int64] | None = None
) -> HoldingsIn:
    """Return a layout's holdings; ``quantity`` takes the place of quantities that need 64 bits."""
    return read_only(
        HoldingsIn(
            starts=layout.starts,
            policy=layout.policy,
            client=layout.client,
            cash=layout.cash_milli,
            frozen=layout.frozen_cash_milli,
            other_collateral=layout.other_collateral_milli,
            other_debt=layout.other_debt_milli,
            credit_line=credit_line,
            code=layout.code,
            quantity=layout.quantity if quantity is None else quantity,
            indebted=layout.indebted,
            held_back_at=layout.held_back_at,
            held_back=layout.held_back_quantity,
        )
    )


def contracts_in(
    layout: Layout, *, ratio: NDArray[np.int32], interest: NDArray[np.int64], fixed_row: NDArray[np.uint8]
) -> ContractsIn:
    """Return a layout's contracts with the ratio that each bears and its interest through today."""
    return read_only(
        ContractsIn(
            starts=layout.contract_starts,
            is_short=layout.is_short,
            code=layout.contract_code,
            quantity=layout.contract_quantity,
            amount=layout.amount_milli,
            ratio=ratio,
            interest=interest,
            fixed_row=fixed_row,
        )
    )


def terms_in(terms: Terms) -> TermsIn:
    """Return the columns of policies and market as the kernels name them."""
    return TermsIn(
        n_securities=terms.n_securities,
        packed=packed(terms.price_milli, terms.haircut_bp, terms.group, terms.board),
        price=terms.price_milli,
        haircut=terms.haircut_bp,
        group=terms.group,
        board=terms.board,
        lines=terms.lines_bp,
        upper_share=terms.upper_share_bp,
        row_count=terms.row_count,
        wake=terms.wake_bp,
        gross_share=terms.gross_share,
        withdrawal=terms.withdrawal_bp,
        target=terms.target_bp,
        cost=terms.cost_ppm,
        net_by_security=terms.net_by_security,
        by_coefficient=terms.by_coefficient,
        coefficient=terms.coefficient_bp,
    )


def limits_in(terms: Terms, concentration: ConcentrationTerms) -> LimitsIn:
    """Return the limits, and which boards are summed for each group of boards."""
    limits = concentration.limits
    belongs = concentration.in_board[concentration.board_cell]  # [security, group of boards]
    of_board = [belongs[terms.board == board] for board in range(len(Board))]
    may_hold = np.array([part.any(axis=0) for part in of_board]).T
    holds_all = np.array([part.all(axis=0) for part in of_board]).T
    return LimitsIn(
        is_any=bool(limits.is_limited.any()),
        is_for_all=bool((limits.is_limited & ~limits.exempt_without_debt).any()),
        without_debt=_without_debt(limits),
        limits=limits,
        least_together_bp=limits.limit_bp[:, :SECURITY_SLOT].min(axis=1),
        cell=concentration.board_cell,
        in_group=concentration.in_board,
        may_hold=np.ascontiguousarray(may_hold),
        is_whole=(holds_all | ~may_hold).all(axis=1),
    )


def _without_debt(limits: Limits) -> NDArray[np.uint16]:
    """Return, by policy and type of client, what an account without debt needs: its ratio is above every bound."""
    policies = len(limits.is_limited)
    ratios, amounts = limits.ratio_bp.shape[1] + 1, limits.amount_milli.shape[1] + 1
    least_bp = limits.limit_bp.min(axis=1).reshape(policies, N_CLIENTS, ratios, amounts)
    result = np.full((policies, N_CLIENTS), NO_LIMITS, dtype=np.uint16)
    for policy in np.flatnonzero(limits.is_limited & ~limits.exempt_without_debt):
        bands = least_bp[policy, :, limits.ratio_count[policy], : limits.amount_count[policy] + 1]
        result[policy] = np.where(bands.min(axis=1) < BP, TO_TEST, 0)
    return result


def allocated(layout: Layout) -> tuple[HoldingsOut, DebtsOut]:
    """Return room for the marks of a layout."""
    accounts, indebted = layout.n_accounts, len(layout.indebted)
    out = HoldingsOut(
        assets=np.empty(accounts, dtype=np.int64),
        securities=np.empty(accounts, dtype=np.int64),
        margin=np.empty(accounts, dtype=np.int64),
        withdrawable=np.empty(accounts, dtype=np.int64),
        withdrawable_securities=np.empty(accounts, dtype=np.int64),
        largest=np.empty(accounts, dtype=np.uint16),
        shares=np.empty((accounts, SHARES), dtype=np.uint16),
        breaches=np.full(accounts, NO_LIMITS, dtype=np.uint16),
        worst_at=np.full(accounts, NO_BREACH, dtype=np.int32),
        worst_excess_bp=np.zeros(accounts, dtype=np.int32),
    )
    columns: dict[str, Any] = {name: np.empty(indebted, np.int64) for name in DebtsOut._fields}
    columns |= {name: np.zeros(indebted, np.uint8) for name in ("row", "state")}  # a refused account keeps them
    return out, DebtsOut(**columns)
