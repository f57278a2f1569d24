"""Which verbs there are, and that a verb's file is imported only when the verb is used, or all of them are listed.

One verb is one file beside this one, with a function ``register`` that gives the verb to a command line. What the verbs
share lives in ``options.py`` and ``output.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_group

# In the order in which help shows them.
_FILES: Final = {
    "demo": "demo",
    "update": "update",
    "import": "import_",
    "status": "status",
    "show": "show",
    "basis": "basis",
    "flows": "flows",
    "note": "note",
    "reproduce": "reproduce",
    "rules": "rules",
    "pools": "pools",
    "brokers": "brokers",
    "cases": "cases",
    "schedule": "schedule",
    "day": "day",
    "book": "book",
    "mark": "mark",
    "explain": "explain",
    "check-order": "check_order",
    "liquidate": "liquidate",
    "stress": "stress",
    "cascade": "cascade",
    "calls": "calls",
    "snowball": "snowball",
    "close": "close",
}


class Verbs(TyperGroup):
    """A command line whose verbs are imported one by one."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Commands()  # type: ignore[assignment]  # Typer only reads it


class _Commands(Mapping[str, Any]):
    """The command of each verb, made when it is asked for."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            verb = typer.Typer(rich_markup_mode=None)
            import_module(f"rongheng.cli.{_FILES[name]}").register(verb)
            self._made |= get_group(verb).commands
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_FILES)

    def __len__(self) -> int:
        return len(_FILES)


def add_group(app: typer.Typer, name: str, verbs: Mapping[str, Any], *, about: str) -> None:
    """Give the command line a verb of two words, such as ``pools screen``."""
    group = typer.Typer(name=name, help=about, no_args_is_help=True, rich_markup_mode=None)
    for word, verb in verbs.items():
        group.command(word)(verb)
    app.add_typer(group)
