"""The policies that a book's accounts name, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from rongheng.account.policy import exchange
from rongheng.account.policy.policy import Policy
from rongheng.basics.errors import UsageError
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
        cls, *names: str, session: date, rulebook: Rulebook | None = None, known_at: date | None = None
    ) -> PolicySet:
        """Return the named policies as they stand on a session; ``exchange_only`` is always there.

        Raises
        ------
        UsageError
            A name is unknown.
        """
        rulebook = rulebook or Rulebook.load()
        known = {exchange.NAME: exchange.exchange_only}
        for name in names:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                raise UsageError(f"No policy is called {name!r}; there are: {', '.join(sorted(known))}.{hint}")
        return cls.of(*(known[name](rulebook, session, known_at=known_at) for name in names or known))

    def __getitem__(self, name: str) -> Policy:
        return self.policies[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.policies)

    def __len__(self) -> int:
        return len(self.policies)
