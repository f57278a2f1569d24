"""The command line, run inside this process: what it prints, what it says and with which code it ends."""

from __future__ import annotations

import pytest

from tests.cli.words import Ran, Run, run_here


@pytest.fixture
def rongheng(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs ``rongheng`` with some words."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("RONGHENG_LAKE", raising=False)

    def run(*words: object) -> Ran:
        return run_here([str(word) for word in words], monkeypatch, capsys)

    return run
