"""A client's policy: its broker's, with the terms of its contract laid over it, the tightest winning.

What lives here: putting the layers together. What does not: reading a layer (``broker.py``), merging two
(``tightest.py``), and whether a client's term is as tight as the broker's and the exchanges' (the rulebook refuses a
looser one when it is loaded, naming both documents).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl

from rongheng.account.policy.broker import broker_policy, laid_over_exchange
from rongheng.account.policy.policy import Policy
from rongheng.account.policy.tightest import tightest
from rongheng.rulebook import Rulebook


def client_policy(
    rulebook: Rulebook,
    name: str,
    session: date,
    *,
    known_at: date | None = None,
    haircuts: pl.DataFrame | None = None,
    groups: pl.DataFrame | None = None,
) -> Policy:
    """Return the policy of a client's contract on a session (客户合同约定).

    A term that the contract does not state is the broker's, with the broker's exceptions for that type of client.

    Parameters
    ----------
    name : the client's folder in the rulebook
    haircuts, groups : the broker's lists, as in :func:`broker_policy`

    Raises
    ------
    UsageError
        No such client is in the rulebook.
    RuleError
        The terms cannot stand together, such as a line above the ratio at which the broker's lines begin to move.
    """
    client = rulebook.client(name)
    own = laid_over_exchange(rulebook, f"client.{name}", session, known_at=known_at, client_type=client.type)
    # A broker's list goes before its own haircuts by class, but never beyond its client's contract.
    own = replace(own, haircut_ceilings=own.haircuts_by_class, haircuts_by_class=None)
    broker = broker_policy(
        rulebook, client.broker, session, known_at=known_at, haircuts=haircuts, groups=groups, client_type=client.type
    )
    return tightest(broker, own, name=name)
