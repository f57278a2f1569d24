"""A verb costs only its own file, and every verb is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rongheng.cli import verbs
from tests.cli.words import Run

HEAVY = "polars numpy numba deltalake pydantic altair vl_convert pandas"

# Runs a command line, then says which files of ours and which heavy libraries it has loaded.
LOADED = f"""
import os, sys
from rongheng.cli.app import main
sys.stdout = open(os.devnull, "w")
try:
    main()
except SystemExit:
    pass
sys.stdout = sys.__stdout__
print(*[name for name in sys.modules if name.startswith("rongheng.cli.") or name in {HEAVY.split()!r}])
"""


@pytest.mark.parametrize("words", [["rules"], ["rules", "--search", "折算率"], ["rules", "--help"]])
def test_rules_loads_no_other_verb_and_nothing_heavy(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", LOADED, *words], capture_output=True, text=True, check=True)
    loaded = {name.removeprefix("rongheng.cli.") for name in done.stdout.split()}
    assert loaded & files_of_verbs() == {"rules"}
    assert loaded & set(HEAVY.split()) == set()


@pytest.mark.parametrize("verb", ["", "mark", "book make", "check-order", "calls pay"])
def test_help_loads_nothing_heavy(verb: str) -> None:
    words = [*verb.split(), "--help"]
    done = subprocess.run([sys.executable, "-c", LOADED, *words], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & set(HEAVY.split()) == set()


def test_help_names_every_verb_that_has_a_file(rongheng: Run) -> None:
    listed = set(verbs.Verbs().commands)
    assert listed == {name.strip("_").replace("_", "-") for name in files_of_verbs()}
    shown = rongheng("--help").out
    assert all(f"\n  {verb} " in shown for verb in listed)


def test_a_misspelt_verb_is_told_the_near_one(rongheng: Run) -> None:
    ran = rongheng("ruls")
    assert ran.code == 2
    assert "Did you mean 'rules'?" in ran.err


def files_of_verbs() -> set[str]:
    files = Path(verbs.__file__).parent.glob("*.py")
    return {file.stem for file in files if "\ndef register(" in file.read_text(encoding="utf-8")}
