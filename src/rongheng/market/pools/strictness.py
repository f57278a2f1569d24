"""Whether smaller brokers are stricter: a test over brokers, not over securities.

What lives here: the test. What does not: the ranks that it looks at (``haircut_ranks``). A broker sets the haircuts of
thousands of shares by one policy, so that thousands of shares are not thousands of witnesses: what varies on its own is
the broker, and with six of them only a nearly perfect order can be told from chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from rongheng.basics.errors import UsageError
from rongheng.basics.text import Text
from rongheng.market.pools.association import Association, exact_tau


@dataclass(frozen=True)
class Strictness:
    """``rows`` has ``broker``, ``lent`` (yuan), ``mean_rank``, the largest broker first. ``association`` is positive
    where smaller brokers have higher ranks, and ``is_shown`` says whether that is more than chance at ``level``.
    """

    rows: pl.DataFrame
    association: Association
    level: float

    @property
    def is_shown(self) -> bool:
        """Whether an order as clear as this would come by chance less often than ``level``."""
        return self.association.p_value < self.level

    def statement(self) -> Text:
        """Return the answer in one sentence."""
        one = self.association
        numbers = f"tau = {one.tau:.2f}, p = {one.p_value:.3f}"
        zh = "规模较小的公司折算率更严" if self.is_shown else "不能认定规模较小的公司折算率更严"
        en = "Smaller brokers are stricter" if self.is_shown else "It is not shown that smaller brokers are stricter"
        return Text(
            f"{zh}（{one.count} 家公司，{numbers}，单侧精确检验，水平 {self.level:.0%}）。",
            f"{en} ({one.count} brokers, {numbers}, exact one-sided test at {self.level:.0%}).",
        )


def strictness(mean_ranks: Mapping[str, float], *, lent: Mapping[str, float], level: float = 0.05) -> Strictness:
    """Test whether brokers that lend less give lower haircuts (规模与严格程度).

    Parameters
    ----------
    mean_ranks : by broker
        The mean rank of its haircuts over common shares (``HaircutRanks.mean_rank``); high is strict.
    lent : by broker, yuan (or any other measure of size)
    level : the probability under which an order counts as shown

    Returns
    -------
    Strictness
        Kendall's tau-b between smallness and mean rank, with the exact one-sided p-value over all orders of brokers.

    Raises
    ------
    UsageError
        A broker's size is not given, or there are fewer than 3 or more than 8 brokers.

    Examples
    --------
    >>> test = strictness({"A": 1.2, "B": 1.5, "C": 2.9}, lent={"A": 9e10, "B": 5e10, "C": 1e10})
    >>> test.association.tau, test.is_shown  # three brokers in perfect order: one chance in six
    (1.0, False)
    """
    unsaid = [broker for broker in mean_ranks if broker not in lent]
    if unsaid:
        raise UsageError(f"How much does {unsaid[0]} lend? Give its size, as for the others.")
    brokers = sorted(mean_ranks, key=lambda broker: -lent[broker])
    rows = pl.DataFrame(
        {
            "broker": brokers,
            "lent": [float(lent[broker]) for broker in brokers],
            "mean_rank": [float(mean_ranks[broker]) for broker in brokers],
        }
    )
    association = exact_tau([-size for size in rows["lent"]], rows["mean_rank"].to_list())
    return Strictness(rows, association, level)
