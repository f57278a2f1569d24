"""A question that a publisher did not answer as it should have, and what that is in a word."""

from __future__ import annotations

from dataclasses import dataclass

from rongheng.basics.errors import (
    DataError,
    NotPublishedError,
    SourceChangedError,
    SourceDownError,
    SourceRefusedError,
)
from rongheng.basics.text import Text


@dataclass(frozen=True, slots=True)
class Trouble:
    """A question that was not answered as it should have been."""

    source: str
    days: str
    error: DataError

    @property
    def kind(self) -> Text:
        """What it is, in a word."""
        return next(text for known, text in _KINDS if isinstance(self.error, known))


_KINDS: tuple[tuple[type[DataError], Text], ...] = (
    (SourceRefusedError, Text("拒绝访问", "refused")),
    (SourceDownError, Text("无法连接", "down")),
    (SourceChangedError, Text("格式变更", "changed layout")),
    (NotPublishedError, Text("尚未公布", "not published yet")),
    (DataError, Text("数据有误", "bad data")),
)
