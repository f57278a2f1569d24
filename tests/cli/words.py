"""What the tests of the command line share: a small file of balances, and a command run inside this process."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from rongheng.cli.app import main

BALANCES = """日期,融资余额(亿元),融券余额(亿元),平均维持担保比例(%)
2025-01-06,18213.22,104.10,248.85
2025-01-07,18218.45,104.50,250.10
2025-01-08,18230.01,104.40,249.90
2025-01-09,18190.52,103.42,252.15
2025-01-10,18151.11,102.27,248.95
"""


@dataclass(frozen=True)
class Ran:
    """One command that has run."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


def run_here(words: Sequence[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ran:
    """Run ``rongheng`` with some words in this process: what it prints, what it says and with which code it ends."""
    monkeypatch.setattr(sys, "argv", ["rongheng", *words])
    capsys.readouterr()
    code = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    printed = capsys.readouterr()
    return Ran(code, printed.out, printed.err)
