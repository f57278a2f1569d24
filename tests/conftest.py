"""What every test may use: the real data beside the repository, where they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# Nothing in the tests is timed: a busy machine is no fault of the code.
settings.register_profile("rongheng", deadline=None)
settings.load_profile("rongheng")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real market data, or skip: it may not ship with the repository."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real market data do not ship; they are looked for in ../shared/data beside the repository")
    return folder
