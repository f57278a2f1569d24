"""``rongheng schedule``: what to give cron or systemd, so that the lake stays current."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rongheng.basics.errors import UsageError
from rongheng.cli.options import DEFAULT_LAKE, LakeOption
from rongheng.cli.output import say

if TYPE_CHECKING:
    from rongheng.desk.schedule import Run


class Kind(StrEnum):
    """For whom the times are written."""

    CRON = "cron"
    SYSTEMD = "systemd"


def register(app: typer.Typer) -> None:
    """Give the verb to the command line."""
    app.command("schedule")(schedule)


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_PLAIN = re.compile(r"[\w@+=:,./-]+", re.ASCII)  # what neither a shell nor systemd reads as anything but itself


def schedule(
    kind: Annotated[Kind, typer.Option("--for", help="Write a crontab, or systemd units.")] = Kind.CRON,
    program: Annotated[
        str | None,
        typer.Option(help="How the program is called there; by default where it is now.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the systemd units into that folder, a file each.", show_default=False)
    ] = None,
    lake: LakeOption = DEFAULT_LAKE,
) -> None:
    """Print the times at which an update is worth running; nothing is installed.

    Updates run after each publication time, and more often for what comes late. A run that has nothing to ask asks
    nobody, so holidays need no care. Cron mails what went wrong and what is overdue, and is silent otherwise. Times are
    Shanghai's, wherever the machine stands; a cron that does not know CRON_TZ must run in that time zone.

    Examples:

      rongheng schedule --lake /srv/lake | crontab -

      rongheng schedule --for systemd --out /etc/systemd/system
    """
    from rongheng.desk.schedule import schedule as runs

    folder = lake.expanduser().resolve()
    if kind is Kind.CRON:
        if out is not None:
            raise UsageError("--out is for systemd units; a crontab is printed: rongheng schedule | crontab -.")
        typer.echo(_crontab(list(runs()), program or shlex.quote(_own_program()), folder), nl=False)
        return
    units = _units(list(runs()), program or _systemd_word(_own_program()), folder)
    if out is None:
        typer.echo("\n".join(f"# {name}\n{text}" for name, text in units.items()), nl=False)
        return
    _write(units, out)


def _own_program() -> str:
    """Return where this program was started from: neither cron nor systemd looks where a shell does."""
    own = Path(sys.argv[0])
    return str(own.absolute()) if own.is_file() and os.access(own, os.X_OK) else "rongheng"


def _command(run: Run, program: str, lake: str) -> str:
    return f"{program} update --quiet --only {','.join(run.datasets)} --lake {lake}"


def _crontab(runs: list[Run], program: str, lake: Path) -> str:
    # In a crontab a per cent sign ends the command, and Monday is 1.
    lines = [
        f"{run.clock.minute} {run.clock.hour} * * {run.weekdays[0] + 1}-{run.weekdays[1] + 1} "
        + _command(run, program, shlex.quote(str(lake))).replace("%", r"\%")
        + " >/dev/null"  # cron mails whatever is printed: the summary is not for its mail, what went wrong is
        for run in runs
    ]
    return "\n".join(["CRON_TZ=Asia/Shanghai", *lines]) + "\n"


def _units(runs: list[Run], program: str, lake: Path) -> dict[str, str]:
    """Return the text of each unit by its file's name."""
    units = {}
    for run in runs:
        first, last = (_DAYS[day] for day in run.weekdays)
        name = (
            f"rongheng-update-{first.lower()}-{run.clock:%H%M}"  # at one time there may be a run of two kinds of days
        )
        units[f"{name}.service"] = (
            f"[Unit]\nDescription=Rongheng: {', '.join(run.datasets)}\nWants=network-online.target\n"
            "After=network-online.target\n\n[Service]\nType=oneshot\n"
            f"ExecStart={_command(run, program, _systemd_word(str(lake)))}\n"
        )
        units[f"{name}.timer"] = (
            f"[Unit]\nDescription=Rongheng: {', '.join(run.datasets)}\n\n[Timer]\n"
            f"OnCalendar={first}..{last} *-*-* {run.clock:%H:%M}:00 Asia/Shanghai\n"
            "Persistent=true\n\n[Install]\nWantedBy=timers.target\n"
        )
    return units


def _systemd_word(text: str) -> str:
    """Return a word of a command as systemd reads it, to which $ and per cent begin something."""
    escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("$", "$$").replace("%", "%%")
    return text if _PLAIN.fullmatch(text) else f'"{escaped}"'


def _write(units: Mapping[str, str], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in units.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"The units cannot be written into {folder}: {error.strerror}. Give another --out.") from None
    timers = " ".join(name for name in units if name.endswith(".timer"))
    say(f"{len(units)} units written. To start them: systemctl daemon-reload && systemctl enable --now {timers}", None)
