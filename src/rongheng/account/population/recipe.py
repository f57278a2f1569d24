"""What a synthetic book is to be like: how many accounts, how large, how indebted, under which policies.

What lives here: the numbers that a book is drawn from, with where each comes from, and their checks. What does not:
the draws. The shapes follow what is published of the whole market (accounts, the indebted among them, institutions,
the average ratio); how wealth, positions and leverage spread between clients is published nowhere and is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

from rongheng.basics.errors import UsageError

TOLERANCE = 0.005  # how far the average ratio of a book may lie from the one asked for, as a part of it
_LEAST_RATIO, _MOST_RATIO = 1.2, 20.0
_SHARES = ("indebted_share", "short_share", "bought_today_share", "in_transit_share", "pinned_share")


@dataclass(frozen=True)
class Recipe:
    """What a synthetic book is like; everything beside ``accounts`` and ``seed`` has the market's own size.

    ``average_ratio`` is the indebted accounts' assets over their debt, interest and shorts at the day's prices
    included. A book of a thousand accounts or more meets it within ``TOLERANCE``.
    """

    accounts: int
    seed: int
    policy: str = "illustrative"  # or several with their shares: "huatai:0.6,guosen:0.4"
    mean_positions: float = 6.7
    positions_deviation: float = 1.05  # of the logarithm
    most_positions: int = 401
    median_wealth_yuan: float = 120_000.0  # of an account with one position, before its tail
    wealth_deviation: float = 1.5  # of the logarithm
    indebted_share: float = 0.12  # 1.9 of 15.6 million accounts
    debt_follows_wealth: float = 0.5  # the power of wealth that the chance of having debt grows with
    short_share: float = 0.03  # of the indebted accounts
    bought_today_share: float = 0.02  # of the positions: not all of it may be sold today
    in_transit_share: float = 0.001  # of the positions: bonus shares are on their way
    pinned_share: float = 0.2  # of the contracts: they state a margin ratio of their own
    average_ratio: float = 2.7
    ratio_deviation: float = 0.7  # of the logarithm of net assets over debt
    popularity_power: float = 0.8  # of the float value
    popularity_deviation: float = 0.6  # of the logarithm: taste beside size

    def __post_init__(self) -> None:
        if self.accounts < 1:
            raise UsageError(f"A book of {self.accounts} accounts cannot be made; give 1 or more.")
        for name in _SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{name} is {getattr(self, name)}; a share lies between 0 and 1. Mend the recipe.")
        if not 1 <= self.mean_positions <= self.most_positions:
            raise UsageError(f"{self.mean_positions} positions on average; give from 1 to {self.most_positions}.")
        if not _LEAST_RATIO <= self.average_ratio <= _MOST_RATIO:
            raise UsageError(
                f"An average ratio of {self.average_ratio} is too {'low' if self.average_ratio < 2 else 'high'}; give "
                f"from {_LEAST_RATIO} to {_MOST_RATIO}, such as 2.7 for 270 %."
            )
        assert self.policies

    @property
    def policies(self) -> dict[str, float]:
        """The policies of the accounts, each with its share of them, by rising name."""
        parts = [part.strip().partition(":") for part in self.policy.split(",")]
        shares = {name.strip(): _share(share, alone=len(parts) == 1) for name, _, share in parts}
        if len(shares) < len(parts) or "" in shares or not abs(sum(shares.values()) - 1) <= 1e-9:
            raise UsageError(
                f"The policies are {self.policy!r}; give one name, or several with shares that add up to 1, such as "
                "huatai:0.6,guosen:0.4."
            )
        return dict(sorted(shares.items()))


def _share(text: str, *, alone: bool) -> float:
    """Return the share that was typed; not a number where none was, unless the policy stands alone."""
    try:
        return float(text) if text or not alone else 1.0
    except ValueError:
        return float("nan")
