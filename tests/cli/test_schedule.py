"""What is given to cron and systemd: every dataset after its publication time, in Shanghai's time."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from rongheng.basics.errors import UsageError
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
    # The exchanges publish before nine; what was not there at noon is asked for in the evening, not the day after.
    assert _times(crontab, "balances") == ["09:05", "09:40", "12:00", "20:00"]
    assert _times(crontab, "accounts") == ["10:00", "18:05", "18:40", "21:00"]  # by six in the evening, often by ten
    assert _times(crontab, "indices")[0] == _times(crontab, "turnover")[0] == "18:05"
    assert all(line.endswith(" >/dev/null") for line in crontab.splitlines()[1:])  # mail is for what went wrong
    assert _times(crontab, "calendar") == ["08:30"]  # it is known since December, and nobody is up at midnight


def test_what_is_due_at_night_is_asked_for_on_the_morning_after_it_fridays_on_a_saturday(
    schedule: Callable[..., str],
) -> None:
    lines = [line.split(" ") for line in schedule("--lake", "/srv/lake").splitlines()[1:]]
    days = {
        (hour, minute): weekdays for minute, hour, _, _, weekdays, *command in lines if "etf-nav" in " ".join(command)
    }
    assert days == {("8", "30"): "2-6", ("23", "5"): "1-5", ("23", "40"): "1-5"}
    assert {line[4] for line in lines if "etf-nav" not in " ".join(line)} == {"1-5"}


def test_cron_is_told_where_the_program_stands(
    schedule: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cron and systemd look in few places, and a virtual environment is none of them."""
    program = tmp_path / "its bin" / "rongheng"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr(verb, "sys", type("", (), {"argv": [str(program)]}))
    command = schedule("--lake", "/srv/lake").splitlines()[1].split(" ", 5)[5]
    assert shlex.split(command)[0] == str(program)


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
    names = re.findall(r"^# (\S+)$", units, re.M)
    assert len(set(names)) == 2 * times
    assert "OnCalendar=Mon..Fri *-*-* 09:05:00 Asia/Shanghai" in units
    assert "OnCalendar=Tue..Sat *-*-* 08:30:00 Asia/Shanghai" in units
    assert "ExecStart=/opt/rongheng/bin/rongheng update --quiet --only balances,details,collateral," in units


def test_units_are_written_one_a_file_as_systemd_itself_accepts_them(
    schedule: Callable[..., str], tmp_path: Path
) -> None:
    folder = tmp_path / "units"
    lake = "/srv/it's 100% $mine"
    assert schedule("--for", "systemd", "--out", str(folder), "--program", "/bin/true", "--lake", lake) == ""
    files = sorted(folder.iterdir())
    assert len(files) == 2 * (len(schedule().splitlines()) - 1)
    service = (folder / "rongheng-update-mon-0905.service").read_text()
    assert service.splitlines()[-1].endswith("""--lake "/srv/it's 100%% $$mine\"""")
    verifier = shutil.which("systemd-analyze")
    if verifier is None:
        pytest.skip("systemd-analyze is not on this machine: the units' text alone was looked at")
    told = subprocess.run(
        [verifier, "verify", "--man=no", *map(str, files)], capture_output=True, text=True, check=False
    )
    if "not permitted" in told.stderr or "Failed to" in told.stderr:
        pytest.skip(f"systemd-analyze cannot run here: {told.stderr.strip()[:120]}")
    assert (told.returncode, told.stderr) == (0, "")


def test_a_crontab_is_printed_and_never_written(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="crontab -"):
        verb.schedule(out=Path("somewhere"))
