"""``rongheng schedule``: what to give cron or systemd, so that the lake stays current."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rongheng.cli.options import DEFAULT_LAKE, LakeOption

if TYPE_CHECKING:
    from rongheng.desk.schedule import Run


class Kind(StrEnum):
    """For whom the times are written."""

    CRON = "cron"
    SYSTEMD = "systemd"


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("schedule")(schedule)


def schedule(
    kind: Annotated[Kind, typer.Option("--for", help="Write a crontab, or systemd units.")] = Kind.CRON,
    program: Annotated[str, typer.Option(help="How the program is called there.")] = "rongheng",
    lake: LakeOption = DEFAULT_LAKE,
) -> None:
    """Print the times at which an update is worth running; nothing is installed.

    Updates run after each publication time, and twice more for what comes late. A run that has nothing to ask asks
    nobody, so holidays need no care.

    Examples:

      rongheng schedule --lake /srv/lake | crontab -

      rongheng schedule --for systemd
    """
    from rongheng.desk.schedule import schedule as runs

    folder = lake.expanduser().resolve()
    write = _crontab if kind is Kind.CRON else _units
    typer.echo(write(list(runs()), program, folder), nl=False)


def _command(run: Run, program: str, lake: Path) -> str:
    return f"{program} update --quiet --only {','.join(run.datasets)} --lake {shlex.quote(str(lake))}"


def _crontab(runs: list[Run], program: str, lake: Path) -> str:
    # In a crontab a per cent sign ends the command.
    lines = [
        f"{run.clock.minute} {run.clock.hour} * * 1-5 " + _command(run, program, lake).replace("%", r"\%")
        for run in runs
    ]
    return "\n".join(["CRON_TZ=Asia/Shanghai", *lines]) + "\n"


def _units(runs: list[Run], program: str, lake: Path) -> str:
    # To systemd a per cent sign begins a specifier.
    parts = []
    for run in runs:
        name = f"rongheng-update-{run.clock:%H%M}"
        command = _command(run, program, lake).replace("%", "%%")
        parts.append(
            f"# {name}.service\n[Unit]\nDescription=Rongheng: {', '.join(run.datasets)}\nWants=network-online.target\n"
            f"After=network-online.target\n\n[Service]\nType=oneshot\nExecStart={command}\n\n"
            f"# {name}.timer\n[Timer]\nOnCalendar=Mon..Fri *-*-* {run.clock:%H:%M}:00 Asia/Shanghai\n"
            "Persistent=true\n\n[Install]\nWantedBy=timers.target\n"
        )
    return "\n".join(parts)
