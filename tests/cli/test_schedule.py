"""What is given to cron and systemd: every dataset after its publication time, in Shanghai's time."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable

import pytest
import typer

from rongheng.cli import schedule as verb


@pytest.fixture
def schedule(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    app = typer.Typer()
    app.callback()(lambda: None)
    verb.register(app)

    def run(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["rongheng", "schedule", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            app()
        assert not ended.value.code
        return capsys.readouterr().out

    return run


def _times(crontab: str, dataset: str) -> list[str]:
    found = []
    for line in crontab.splitlines()[1:]:
        minute, hour, *_, command = line.split(" ", 5)
        words = shlex.split(command)
        if dataset in words[words.index("--only") + 1].split(","):
            found.append(f"{int(hour):02}:{int(minute):02}")
    return found


def test_every_dataset_is_asked_for_after_it_is_due(schedule: Callable[..., str]) -> None:
    crontab = schedule("--lake", "/srv/lake")
    assert crontab.startswith("CRON_TZ=Asia/Shanghai\n")
    assert _times(crontab, "balances")[0] == "09:05"  # the exchanges publish before nine
    assert _times(crontab, "accounts") == ["10:00", "18:05", "18:40", "21:00"]  # by six in the evening, often by ten
    assert _times(crontab, "indices")[0] == _times(crontab, "turnover")[0] == "18:05"
    assert all(line.split(" ")[4] == "1-5" for line in crontab.splitlines()[1:])


@pytest.mark.parametrize("folder", ["/srv/my lake", "/srv/100%", "/srv/it's"])
def test_a_folder_of_any_name_survives_the_crontab(schedule: Callable[..., str], folder: str) -> None:
    line = schedule("--lake", folder).splitlines()[1]
    command = line.split(" ", 5)[5].replace(r"\%", "%")  # as cron does
    words = shlex.split(command)
    assert words[words.index("--lake") + 1] == folder
    assert "%" not in line.replace(r"\%", "")


def test_systemd_gets_a_service_and_a_timer_for_every_time(schedule: Callable[..., str]) -> None:
    units = schedule("--for", "systemd", "--lake", "/srv/lake", "--program", "/opt/rongheng/bin/rongheng")
    times = len(schedule().splitlines()) - 1
    assert units.count("[Service]") == units.count("[Timer]") == times
    assert "OnCalendar=Mon..Fri *-*-* 09:05:00 Asia/Shanghai" in units
    assert "ExecStart=/opt/rongheng/bin/rongheng update --quiet --only balances,details,collateral," in units
