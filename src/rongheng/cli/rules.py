"""``rongheng rules``: what the documents say, by date."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
