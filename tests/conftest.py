"""What every test may use: the real data beside the repository, where they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Nothing in the tests is timed: a busy machine is no fault of the code. The default run takes the same few examples
# every time; the long one, with HYPOTHESIS=anew, takes many new ones.
settings.register_profile("same", deadline=None, derandomize=True, max_examples=40)
settings.register_profile("anew", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS", "same"))

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real market data, or skip: it may not ship with the repository."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real market data do not ship; they are looked for in ../shared/data beside the repository")
    return folder
