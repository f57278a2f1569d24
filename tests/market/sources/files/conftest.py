"""Small files, written where a test may write, and read back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rongheng.basics.batch import Batch
from rongheng.market.sources import read_file

Reader = Callable[..., Batch]


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Return a function that writes text (or bytes) to a file and reads the one batch that it holds."""

    def write_and_read(
        content: str | bytes, *, name: str = "file.csv", encoding: str = "utf-8", **options: Any
    ) -> Batch:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        (batch,) = read_file(path, **options)
        return batch

    return write_and_read
