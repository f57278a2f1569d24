"""What the documents show is what happens: every console and Python block of docs/ and the README is run.

In a ```console block a line that begins with ``$`` is run, and the lines under it must be found in what it prints, in
that order; ``…`` alone stands for anything. ```python blocks of one page share a namespace. A page runs in a folder of
its own, with the files that its ``<!-- file: NAME -->`` blocks make. A line that is ``rongheng`` with words and nothing
else runs in this process; all others, and those of the first page that is shown to anybody, in a shell.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.words import run_here

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "tutorials").glob("*.md")) + sorted((ROOT / "docs" / "howto").glob("*.md"))
ALONE = re.compile(r"rongheng [^|&;<>$`*?~\n]*$")
BLOCK = re.compile(r"(?:<!-- file: (?P<file>\S+) -->\n+)?```(?P<kind>\w+)\n(?P<body>.*?)```", re.DOTALL)


Shell = Callable[[str], str]


@pytest.fixture
def shell(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Return a function that runs one line with this interpreter's commands on the path and returns what it prints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RONGHENG_LAKE", raising=False)
    here = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for name, value in {"PATH": here, "RONGHENG_LANG": "en", "COLUMNS": "200"}.items():
        monkeypatch.setenv(name, value)

    def run(line: str) -> str:
        if ALONE.match(line) and page.stem != "first-note":
            ran = run_here(shlex.split(line)[1:], monkeypatch, capsys)
            return ran.out + ran.err
        done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    return run


def check_console(body: str, shell: Shell) -> None:
    """Run each command of a block and look for the lines under it."""
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, *expected = part.rstrip("\n").split("\n")
        printed = shell(command)
        rest = printed
        for line in expected:
            wanted = " ".join(line.split())
            if wanted in ("", "…"):
                continue
            flat = " ".join(rest.split())
            assert wanted in flat, f"$ {command}\nexpected: {wanted}\nprinted:\n{printed}"
            rest = flat.split(wanted, 1)[1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_shows_is_what_happens(page: Path, tmp_path: Path, shell: Shell) -> None:
    names: dict[str, object] = {}
    blocks = list(BLOCK.finditer(page.read_text(encoding="utf-8")))
    assert blocks, f"{page} shows nothing"
    for block in blocks:
        if block["file"]:
            (tmp_path / block["file"]).write_text(block["body"], encoding="utf-8")
        elif block["kind"] == "console":
            check_console(block["body"], shell)
        elif block["kind"] == "python":
            exec(compile(block["body"], str(page), "exec"), names)


def test_every_link_between_documents_leads_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not target.startswith(("http:", "https:")):
                assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} links to {target}"


def test_the_generated_pages_say_what_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
