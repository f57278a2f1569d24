"""What the tests of reports share: the demo's dossier, and its note in both languages, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from rongheng.desk.demo import demo
from rongheng.findings.dossier import Dossier
from rongheng.report.page import page


@pytest.fixture(scope="session")
def dossier(tmp_path_factory: pytest.TempPathFactory) -> Dossier:
    """Return the dossier of the simulated market, which passes through the published figures."""
    return demo(tmp_path_factory.mktemp("demo")).dossier


@pytest.fixture(scope="session")
def chinese(dossier: Dossier) -> str:
    """Return the note in Chinese."""
    return page(dossier, "zh")


@pytest.fixture(scope="session")
def english(dossier: Dossier) -> str:
    """Return the note in English."""
    return page(dossier, "en")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder whose name has Chinese and a blank in it."""
    made = tmp_path / "研究 报告"
    made.mkdir()
    return made
