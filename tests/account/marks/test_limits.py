"""A broker's own limits: measured exactly, judged at the limit and at the warning level to the milli-yuan."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from rongheng.account.marks.limits import broker_limits
from rongheng.rulebook import Rulebook

NET_CAPITAL = 10**12  # a billion yuan; 5 % of it are 50 million, 4 % are 40 million
LIMIT, WARNING = 5 * NET_CAPITAL // 100, 4 * NET_CAPITAL // 100


def _limits(
    financing: list[int],
    short: list[int] | None = None,
    holdings: dict[str, tuple[int, int | None]] | None = None,
    session: date = date(2026, 3, 2),
) -> list[dict[str, Any]]:
    marks = pl.DataFrame(
        {
            "account_id": [f"A{number}" for number in range(len(financing))],
            "financing_debt_milli": financing,
            "short_debt_milli": short or [0] * len(financing),
        }
    )
    held = holdings or {}
    frame = pl.DataFrame(
        {
            "security": list(held),
            "value_milli": [value for value, _ in held.values()],
            "total_value_milli": [total for _, total in held.values()],
        },
        schema={"security": pl.String(), "value_milli": pl.Int64(), "total_value_milli": pl.Int64()},
    )
    rulebook = Rulebook.load()
    return broker_limits(marks.lazy(), frame, session=session, net_capital_milli=NET_CAPITAL, rulebook=rulebook)


def _verdicts(rows: list[dict[str, Any]], rule: str) -> list[tuple[str, str]]:
    return [(row["subject"], row["verdict"]) for row in rows if row["rule"] == f"csrc.broker.{rule}"]


@pytest.mark.parametrize(
    ("amount", "verdict"),
    [
        (LIMIT + 1, "breach"),
        (LIMIT, "warning"),
        (WARNING, "warning"),
        (WARNING - 1, "within"),
    ],
)
def test_one_client_may_owe_a_twentieth_of_net_capital_and_is_warned_of_from_a_twenty_fifth(
    amount: int, verdict: str
) -> None:
    assert _verdicts(_limits([amount]), "single_client_financing") == [("A0", verdict)]


def test_a_client_that_is_one_milli_yuan_over_is_never_shown_at_the_limit() -> None:
    (row,) = [row for row in _limits([LIMIT + 1]) if row["rule"] == "csrc.broker.single_client_financing"]
    assert (row["share_bp"], row["limit_bp"], row["warning_bp"]) == (501, 500, 400)
    assert "2024" in row["article_en"]


def test_everybody_beyond_a_level_is_named_and_the_nearest_in_any_case() -> None:
    rows = _limits([LIMIT * 2, 1, WARNING, LIMIT + 1], short=[0, 3, LIMIT + 5, 0])
    assert _verdicts(rows, "single_client_financing") == [("A0", "breach"), ("A3", "breach"), ("A2", "warning")]
    assert _verdicts(rows, "single_client_short") == [("A2", "breach")]
    assert _verdicts(_limits([1, 2]), "single_client_financing") == [("A1", "within")]


def test_a_share_as_collateral_is_measured_against_all_of_its_own_value() -> None:
    rows = _limits([1], holdings={"X": (200, 1_000), "Y": (201, 1_000), "Z": (159, 1_000), "W": (77, None)})
    assert _verdicts(rows, "single_collateral") == [
        ("Y", "breach"),
        ("X", "warning"),
        ("1 without a total value", "unknown"),
    ]


def test_the_whole_business_may_be_four_times_net_capital_though_its_sum_leaves_64_bits() -> None:
    assert _verdicts(_limits([3 * NET_CAPITAL], short=[NET_CAPITAL]), "total_multiple") == [("", "within")]
    assert _verdicts(_limits([3 * NET_CAPITAL], short=[NET_CAPITAL + 1]), "total_multiple") == [("", "breach")]
    (row,) = [row for row in _limits([10**14 - 1] * 100_000) if row["rule"] == "csrc.broker.total_multiple"]
    assert row["amount_milli"] == (10**14 - 1) * 100_000  # above 2^63


def test_a_limit_that_is_not_in_force_yet_says_so() -> None:
    rows = _limits([LIMIT * 2], session=date(2024, 12, 31))
    assert [row["verdict"] for row in rows if row["rule"] == "csrc.broker.single_client_financing"] == ["not_in_force"]
