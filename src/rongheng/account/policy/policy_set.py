"""The policies that a book's accounts name, by name: a broker's, or that of a client's contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from rongheng.account.policy.broker import broker_policy
from rongheng.account.policy.client import client_policy
from rongheng.account.policy.concentration import Concentration
from rongheng.account.policy.policy import Policy
from rongheng.basics.code_changes import code_changes, renamed
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

        A name is a broker's or a client's; a client's policy has its broker's terms with those of its contract laid
        over them, the tightest winning.

        Parameters
        ----------
        haircuts, groups : by name of the broker, its lists: (security, haircut_bp) and (security, group)

        Terms that name a security by a code of before it changed are those of the new one.

        Raises
        ------
        UsageError
            A name is unknown.
        """
        rulebook = rulebook or Rulebook.load()
        policies = []
        for name in names or (*sorted(rulebook.brokers), *sorted(rulebook.clients)):
            is_client = name in rulebook.clients
            broker = rulebook.client(name).broker if is_client else name
            load = client_policy if is_client else broker_policy
            lists = {"haircuts": (haircuts or {}).get(broker), "groups": (groups or {}).get(broker)}
            policies.append(_by_codes_of(session, load(rulebook, name, session, known_at=known_at, **lists)))
        return cls.of(*policies)

    def __getitem__(self, name: str) -> Policy:
        return self.policies[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.policies)

    def __len__(self) -> int:
        return len(self.policies)


def _by_codes_of(session: date, policy: Policy) -> Policy:
    """Return the policy whose terms for single securities name them by the codes of a session."""
    ratios = policy.margin_ratios
    own = tuple(replace(row, securities=_codes_on(session, row.securities)) for row in ratios.own)
    return replace(
        policy,
        margin_ratios=replace(ratios, own=own),
        concentration=policy.concentration and _limits_on(session, policy.concentration),
        haircuts=None if policy.haircuts is None else renamed(policy.haircuts, on=session),
        groups=None if policy.groups is None else renamed(policy.groups, on=session),
    )


def _limits_on(session: date, limits: Concentration) -> Concentration:
    tables = frozenset(
        replace(
            table,
            overrides=tuple(replace(one, securities=_codes_on(session, one.securities)) for one in table.overrides),
        )
        for table in limits.tables
    )
    return replace(limits, tables=tables)


def _codes_on(session: date, securities: frozenset[str]) -> frozenset[str]:
    called = code_changes().on(session)
    return frozenset(called.get(code, code) for code in securities)
