"""Clients and their contracts: who a client is, with which broker it signed, and of what type it is.

What lives here: ``rules/client/<name>/client.yaml``. What does not: a client's terms, which are files of a broker's
shapes beside it, and whether they are as tight as the broker's (``tightening.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rongheng.basics.text import Text
from rongheng.rulebook.brokers import Broker
from rongheng.rulebook.classes import Classes
from rongheng.rulebook.reader import Item


@dataclass(frozen=True, slots=True)
class Client:
    """One client, or all who signed one contract, by the name of the folder.

    ``type`` is a member of ``client_type``; exceptions made for it apply. ``None``: the contract is for any type.
    """

    key: str
    name: Text
    broker: str
    type: str | None
    note: Text | None
    place: str


def read_client(root: Item, *, key: str, brokers: Mapping[str, Broker], classes: Classes) -> Client:
    """Return the client of ``rules/client/<key>/client.yaml``."""
    fields = root.fields(required=("name", "broker"), optional=("type", "note"))
    if key in brokers:
        root.refuse(f"{key!r} is a broker already, and an account names its policy by one word. Rename the folder.")
    return Client(
        key=key,
        name=fields["name"].bilingual(),
        broker=fields["broker"].one_of(tuple(brokers), what="broker"),
        type=fields["type"].one_of(tuple(classes.members["client_type"]), what="client type")
        if "type" in fields
        else None,
        note=fields["note"].bilingual() if "note" in fields else None,
        place=root.place,
    )
