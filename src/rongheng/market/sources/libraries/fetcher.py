"""Call a function of a library and keep what it gives as an answer: JSON of records, every number as it prints.

What lives here: finding the library, the call, its frame as bytes. What does not: what the columns mean (``calls``).
A library cannot say whether figures are not out yet, a publisher is down or a page has changed; nor can the errors of
this file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from typing import Any

from rongheng.basics.errors import DataError, SourceDownError, UsageError
from rongheng.market.sources.web.client import Clock
from rongheng.market.sources.web.source import Answer, Fetcher, Request

SCHEME = "library"
_DOWN = ("connection", "timeout", "remotedisconnected", "proxy", "ssl")
_PAUSE_SECONDS = 1.5  # the library does not pace itself


@dataclass
class LibraryFetcher:
    """Calls libraries, and hands every other question on.

    Parameters
    ----------
    others : who is asked over the network
    clock : Clock
    tokens : by library, where one needs one
    """

    others: Fetcher
    clock: Clock
    tokens: Mapping[str, str] = field(default_factory=dict)

    def get(self, request: Request) -> Answer:
        """Return the records that a function gives, or what the others answer.

        Raises
        ------
        UsageError
            The library is not installed, or needs a token.
        SourceDownError
            It could not reach its publisher.
        DataError
            It failed otherwise.
        """
        if request.scheme != SCHEME:
            return self.others.get(request)
        function = self._function(request.host, request.path)
        self.clock.sleep(_PAUSE_SECONDS)
        try:
            frame = function(**dict(request.params))
        except Exception as error:  # noqa: BLE001  # a library raises whatever a page led it to
            raise _told(request, error) from None
        asked = ", ".join(f"{name}={value}" for name, value in request.params)
        return Answer(f"{request.host}.{request.path}({asked})", _as_json(frame), self.clock.now())

    def check(self, name: str) -> None:
        """Raise a ``UsageError`` where a library is not installed, or needs a token."""
        self._library(name)

    def _library(self, name: str) -> Any:
        try:
            library: Any = import_module(name)
        except ImportError:
            raise UsageError(
                f"{name} is not installed; it is none of Rongheng's own libraries. Install it beside Rongheng "
                f"(pip install {name}), or leave out --library {name}."
            ) from None
        if name != "tushare":
            return library
        if not self.tokens.get("tushare"):
            raise UsageError("tushare needs a token: set TUSHARE_TOKEN to yours.")
        return library.pro_api(self.tokens["tushare"])

    def _function(self, name: str, function: str) -> Callable[..., Any]:
        found: Callable[..., Any] | None = getattr(self._library(name), function, None)
        if found is None:
            raise DataError(f"{name} has no function {function!r}; this version of it is not supported.")
        return found


def _told(request: Request, error: Exception) -> DataError:
    what = f"{request.host}.{request.path} failed ({type(error).__name__}: {str(error)[:120]})"
    if any(word in type(error).__name__.lower() for word in _DOWN):
        return SourceDownError(f"{what}: its publisher could not be reached. Try later.")
    return DataError(
        f"{what}: nothing may be out yet, or the publisher's page has changed; the library cannot tell which."
    )


def _as_json(frame: Any) -> bytes:
    """Return the records of a frame; what is not a number (NaN, NaT) and None become null."""
    records = [] if frame is None else frame.to_dict("records")
    rows = [{str(name): _as_text(value) for name, value in row.items()} for row in records]
    return json.dumps(rows, ensure_ascii=False).encode()


def _as_text(value: Any) -> str | None:
    if value is None or value != value:  # NaN and NaT differ from themselves
        return None
    return value.isoformat() if isinstance(value, date) else str(value)
