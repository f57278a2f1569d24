"""Policies as columns for one session: what a kernel looks up by policy and security, or by policy alone.

What lives here: policies × market day × the securities of a book → arrays of integers. What does not: what a policy is
(``policy.py``) and what is computed from the arrays (``account.marks``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rongheng.account.policy.policy import (
    MAX_MOVING_ROWS,
    Lines,
    LossNetting,
    Policy,
    RatioMethod,
    ShareBasis,
    Valuation,
)
from rongheng.basics.account_tables import GROUPS, LINES, Board, Listing, State
from rongheng.basics.market_day import MarketDay
from rongheng.basics.money import BP

NO_GROUP = len(GROUPS)
BOARDS = tuple(Board)
NO_LINE = 0  # no ratio is under it


@dataclass(frozen=True)
class Terms:
    """Columns for the kernels. A security's term stands at ``policy × n_securities + code``; rows of lines start with
    the fixed ones, row 0."""

    policies: tuple[str, ...]
    n_securities: int
    price_milli: NDArray[np.int32]
    haircut_bp: NDArray[np.uint16]
    group: NDArray[np.uint8]  # index into GROUPS, NO_GROUP for none
    board: NDArray[np.uint8]  # index into Board
    unknown: NDArray[np.bool_]  # by code: the market day does not have the security
    securities: pl.Series  # by code
    security_class: pl.Series  # by code; null where the market day does not say it
    lines_bp: NDArray[np.int64]  # [policy, line of LINES, row]; NO_LINE where there is none
    upper_share_bp: NDArray[np.int64]  # [policy, row]; the rows beyond the last hold the last bound
    row_count: NDArray[np.int64]  # [policy]: moving rows, 0 for none
    wake_bp: NDArray[np.int64]
    gross_share: NDArray[np.bool_]
    withdrawal_bp: NDArray[np.int64]  # [policy, row]
    target_bp: NDArray[np.int64]  # [policy, state] that a cure restores; NO_LINE: today's warning line
    cost_ppm: NDArray[np.int64]
    net_by_security: NDArray[np.bool_]
    by_coefficient: NDArray[np.bool_]
    coefficient_bp: NDArray[np.int64]  # [policy, board]


def terms_of(policies: Sequence[Policy], day: MarketDay, securities: pl.Series) -> Terms:
    """Return the columns of these policies for the securities of a book, on a market day.

    Parameters
    ----------
    policies : in the order of the book's policy numbers
    securities : text, in the order of the book's codes
    """
    today = pl.DataFrame({"security": securities}).join(
        day.securities, on="security", how="left", maintain_order="left"
    )
    unknown = today["price_milli"].is_null()
    board = _codes(
        today["board"].cast(pl.String()), {board.value: i for i, board in enumerate(BOARDS)}, len(BOARDS) - 1
    )
    return Terms(
        policies=tuple(policy.name for policy in policies),
        n_securities=len(securities),
        price_milli=_flat([_prices(policy, today) for policy in policies]).astype(np.int32),
        haircut_bp=_flat([_haircuts(policy, today) for policy in policies]).astype(np.uint16),
        group=_flat([_groups(policy, today) for policy in policies]).astype(np.uint8),
        board=board.astype(np.uint8),
        unknown=unknown.to_numpy(),
        securities=securities,
        security_class=today["class"],
        lines_bp=np.array([_line_rows(policy) for policy in policies], dtype=np.int64).swapaxes(1, 2).copy(),
        upper_share_bp=np.array([_upper_shares(policy) for policy in policies], dtype=np.int64),
        row_count=_column([len(policy.moving_lines.rows) if policy.moving_lines else 0 for policy in policies]),
        wake_bp=_column([policy.moving_lines.wake_bp if policy.moving_lines else 0 for policy in policies]),
        gross_share=_truths([_is_gross(policy) for policy in policies]),
        withdrawal_bp=np.array([_withdrawal_rows(policy) for policy in policies], dtype=np.int64),
        target_bp=np.array([_targets(policy) for policy in policies], dtype=np.int64),
        cost_ppm=_column([policy.sale_cost_ppm for policy in policies]),
        net_by_security=np.array([policy.loss_netting is LossNetting.SECURITY for policy in policies], dtype=np.bool_),
        by_coefficient=np.array(
            [policy.ratio_method is RatioMethod.COEFFICIENT for policy in policies], dtype=np.bool_
        ),
        coefficient_bp=np.array([_coefficients(policy) for policy in policies], dtype=np.int64),
    )


def _prices(policy: Policy, today: pl.DataFrame) -> NDArray[np.int64]:
    """Return what each security is worth: its price, or while suspended what the policy's method gives."""
    price = pl.col("price_milli")
    if policy.valuation is not Valuation.LAST:
        other = pl.col("given_price_milli" if policy.valuation is Valuation.GIVEN else "index_price_milli")
        price = pl.when(pl.col("suspended")).then(pl.coalesce(other, price)).otherwise(price)
    return today.select(price.fill_null(0)).to_series().to_numpy().astype(np.int64)


def _haircuts(policy: Policy, today: pl.DataFrame) -> NDArray[np.int64]:
    """Return the haircut that counts: the least of list, cap and ceiling, 0 off a list or by status."""
    cap = (
        pl.when(pl.col("is_collateral") & (pl.col("listing") == Listing.NORMAL.value))
        .then("haircut_cap_bp")
        .otherwise(0)
    )
    own = cap
    if policy.haircut_ceilings is not None:
        today = _with_haircuts_by_class(policy, policy.haircut_ceilings, today)
        today = today.rename({"haircut_bp": "ceiling_bp"}).drop("group", "any_bp")
        cap = pl.min_horizontal(cap, "ceiling_bp")
    if policy.haircuts is not None:
        today = today.join(policy.haircuts, on="security", how="left", maintain_order="left")
        own = pl.col("haircut_bp").fill_null(0)
    elif policy.haircuts_by_class is not None:
        today = _with_haircuts_by_class(policy, policy.haircuts_by_class, today)
        own = pl.col("haircut_bp").fill_null(cap)
    return today.select(pl.min_horizontal(own, cap).fill_null(0)).to_series().to_numpy().astype(np.int64)


def _with_haircuts_by_class(policy: Policy, by_class: pl.DataFrame, today: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with each security's haircut by its class and group; null where no row is about it."""
    if policy.groups is not None:
        today = today.join(policy.groups, on="security", how="left", maintain_order="left")
    else:
        today = today.with_columns(group=pl.lit(None, dtype=pl.String))
    any_group = by_class.filter(pl.col("group").is_null()).select("class", any_bp="haircut_bp")
    named = by_class.filter(pl.col("group").is_not_null())
    today = today.join(named, on=["class", "group"], how="left", maintain_order="left")
    today = today.join(any_group, on="class", how="left", maintain_order="left")
    return today.with_columns(pl.coalesce("haircut_bp", "any_bp").alias("haircut_bp"))


def _groups(policy: Policy, today: pl.DataFrame) -> NDArray[np.int64]:
    if policy.groups is None:
        return np.full(today.height, NO_GROUP, dtype=np.int64)
    named = today.select("security").join(policy.groups, on="security", how="left", maintain_order="left")["group"]
    return _codes(named, {group: i for i, group in enumerate(GROUPS)}, NO_GROUP)


def _line_rows(policy: Policy) -> list[list[int]]:
    rows = [policy.lines, *(row.lines for row in policy.moving_lines.rows)] if policy.moving_lines else [policy.lines]
    padded = rows + [rows[-1]] * (1 + MAX_MOVING_ROWS - len(rows))
    return [_line_row(lines) for lines in padded]


def _line_row(lines: Lines) -> list[int]:
    return [getattr(lines, f"{name}_bp") or NO_LINE for name in LINES]


def _withdrawal_rows(policy: Policy) -> list[int]:
    moving = policy.moving_lines.rows if policy.moving_lines else ()
    rows = [policy.withdrawal_line_bp, *(row.withdrawal_line_bp or policy.withdrawal_line_bp for row in moving)]
    return rows + [rows[-1]] * (1 + MAX_MOVING_ROWS - len(rows))


def _targets(policy: Policy) -> list[int]:
    by_state = policy.restore_targets_bp
    return [by_state.get(state.value, policy.restore_target_bp or NO_LINE) for state in State]


def _upper_shares(policy: Policy) -> list[int]:
    """Return the bounds by row; the fixed row has none, and what lies beyond the last row is never asked."""
    rows = policy.moving_lines.rows if policy.moving_lines else ()
    bounds = [0, *(row.upper_share_bp for row in rows)]
    return bounds + [BP] * (1 + MAX_MOVING_ROWS - len(bounds))


def _is_gross(policy: Policy) -> bool:
    return policy.moving_lines is not None and policy.moving_lines.basis is ShareBasis.GROSS


def _coefficients(policy: Policy) -> list[int]:
    return [policy.board_coefficients_bp.get(board, BP) for board in BOARDS]


def _codes(column: pl.Series, numbers: Mapping[str, int], otherwise: int) -> NDArray[np.int64]:
    return column.replace_strict(numbers, default=otherwise, return_dtype=pl.Int64()).to_numpy().astype(np.int64)


def _column(values: list[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def _truths(values: list[bool]) -> NDArray[np.bool_]:
    return np.array(values, dtype=np.bool_)


def _flat(by_policy: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(by_policy)
