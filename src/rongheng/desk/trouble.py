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
        return next(text for known, text, _ in _KINDS if isinstance(self.error, known))

    @property
    def text(self) -> Text:
        """What happened and what to do, in a sentence."""
        return told(type(self.error).__name__, str(self.error))


def told(outcome: str, said: str) -> Text:
    """Return what an error of that name said, as a reader is told.

    The error itself speaks English and says what to do; a Chinese reader is told what to do before it.
    """
    kind, remedy = next(((kind, remedy) for known, kind, remedy in _KINDS if known.__name__ == outcome), _OTHER)
    return Text(f"{kind.zh}，{remedy}。原文：{said}", f"{kind.en}: {said}")


_KINDS: tuple[tuple[type[DataError], Text, str], ...] = (  # the last is what to do, for those who read Chinese
    (SourceRefusedError, Text("拒绝访问", "refused"), "请半小时后再试，仍被拒绝时用浏览器打开该网站，看本网络能否访问"),
    (SourceDownError, Text("无法连接", "down"), "请检查网络和代理（--proxy），或十分钟后再试"),
    (SourceChangedError, Text("格式变更", "changed layout"), "请升级融衡；已入库的数据不受影响"),
    (NotPublishedError, Text("尚未公布", "not published yet"), "请在公布时间之后再试"),
    (DataError, Text("数据有误", "bad data"), "未入库，请查看原文所指之处"),
)
_OTHER = _KINDS[-1][1:]
