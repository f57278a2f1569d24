"""The one door of the package: what it names is there, and naming it costs nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

import rongheng


def test_everything_that_the_door_names_is_behind_it() -> None:
    assert sorted(rongheng.__all__) == sorted(rongheng.__dir__())
    for name in rongheng.__all__:
        assert getattr(rongheng, name) is not None


def test_what_is_not_there_is_told_what_is() -> None:
    with pytest.raises(AttributeError, match="it has: Dossier, Grade"):
        _ = rongheng.nothing


@pytest.mark.parametrize("module", ["rongheng", "rongheng.cli.app", "rongheng.rulebook"])
def test_what_must_start_fast_loads_nothing_heavy(module: str) -> None:
    heavy = "polars numpy numba deltalake pydantic altair vl_convert pandas"
    code = f"import sys, {module}; print(*[name for name in {heavy.split()!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
