"""The command line, run inside this process: what it prints, what it says and with which code it ends."""

from __future__ import annotations

import sys

import pytest

from rongheng.cli.app import main
from tests.cli.words import Ran, Run


@pytest.fixture
def rongheng(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs ``rongheng`` with some words."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("RONGHENG_LAKE", raising=False)

    def run(*words: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["rongheng", *map(str, words)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return run
