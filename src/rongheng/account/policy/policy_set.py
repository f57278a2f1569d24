"""The policies that a book's accounts name, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from rongheng.account.policy.broker import broker_policy
from rongheng.account.policy.policy import Policy
from rongheng.rulebook import Rulebook


@dataclass(frozen=True)
class PolicySet(Mapping[str, Policy]):
    """Policies by name, for one session."""

    policies: Mapping[str, Policy]

    @classmethod
    def of(cls, *policies: Policy) -> PolicySet:
        """Return a set of these policies."""
        return cls({policy.name: policy for policy in policies})

    @classmethod
    def load(
        cls,
        *names: str,
        session: date,
        rulebook: Rulebook | None = None,
        known_at: date | None = None,
        haircuts: Mapping[str, pl.DataFrame] | None = None,
        groups: Mapping[str, pl.DataFrame] | None = None,
    ) -> PolicySet:
        """Return the named policies as they stand on a session; without names, every one that the rulebook has.

        Parameters
        ----------
        haircuts, groups : by policy name, the broker's lists: (security, haircut_bp) and (security, group)

        Raises
        ------
        UsageError
            A name is unknown.
        """
        rulebook = rulebook or Rulebook.load()
        return cls.of(
            *(
                broker_policy(
                    rulebook,
                    name,
                    session,
                    known_at=known_at,
                    haircuts=(haircuts or {}).get(name),
                    groups=(groups or {}).get(name),
                )
                for name in names or sorted(rulebook.brokers)
            )
        )

    def __getitem__(self, name: str) -> Policy:
        return self.policies[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.policies)

    def __len__(self) -> int:
        return len(self.policies)
