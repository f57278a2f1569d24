"""Call a function of a library and keep what it gives as an answer: JSON of records, every number as it prints.

What lives here: finding the library, the call, its frame as bytes, and what its failures are. What does not: what the
columns mean (``calls``), how foreign code is kept apart (``apart``). AKShare cannot say whether figures are not out
yet, a publisher is down or a page has changed; nor can the errors of this file. Tushare says in words why it refuses.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from importlib import import_module
from typing import Any

from rongheng.basics.errors import DataError, SourceDownError, SourceRefusedError, UsageError
from rongheng.market.sources.libraries.apart import apart
from rongheng.market.sources.web.client import Clock
from rongheng.market.sources.web.source import Answer, Fetcher, Request

SCHEME = "library"
_SERVICE = "tushare"  # asks one service behind a token
# What the names of errors say.
_DOWN = ("connection", "timeout", "remotedisconnected", "proxy", "ssl", "chunkedencoding", "incompleteread")
_NO_FIGURES = ("jsondecode", "badzipfile", "httperror")
_PAUSE_SECONDS = 1.5  # the library does not pace itself
_MOST_SECONDS = 120.0  # nor does it give up: nearly none of AKShare's questions has a time limit
# What Tushare says where it refuses, and what to do; its client drops the number of the error.
_REFUSALS = (
    (("最多访问", "过快"), "it is asked too often. Wait a minute, or a day where it says 每天"),
    (("权限", "积分"), "the token has not the points for it. Leave out --library tushare, or earn them"),
    (("token",), "the token is not valid. Set TUSHARE_TOKEN to the one of your own page at tushare.pro"),
)


@dataclass
class LibraryFetcher:
    """Calls libraries, and hands every other question on.

    Parameters
    ----------
    others : who is asked over the network
    clock : Clock
    tokens : by library, where one needs one
    most_seconds : how long a call may take
    """

    others: Fetcher
    clock: Clock
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    most_seconds: float = _MOST_SECONDS

    def get(self, request: Request) -> Answer:
        """Return the records that a function gives, or what the others answer.

        Raises
        ------
        UsageError
            The library is not installed, or needs a token.
        SourceDownError
            It could not reach its publisher, or has not come back.
        SourceRefusedError
            A page came where figures should stand; its service does not take the token, or has been asked too often.
        DataError
            It failed otherwise.
        """
        if request.scheme != SCHEME:
            return self.others.get(request)
        function = self._function(request.host, request.path)
        self.clock.sleep(_PAUSE_SECONDS)
        try:
            frame = apart(partial(function, **dict(request.params)), seconds=self.most_seconds)
        except Exception as error:  # noqa: BLE001  # a library raises whatever a page led it to
            raise _told(request, error, secret=self.tokens.get(request.host)) from None
        if request.host == _SERVICE and _is_bare(frame):
            raise SourceDownError(f"{_call(request)}: its service answered with an error and no more. Try later.")
        asked = ", ".join(f"{name}={value}" for name, value in request.params)
        return Answer(f"{request.host}.{request.path}({asked})", _as_json(frame), self.clock.now())

    def check(self, name: str) -> None:
        """Raise a ``UsageError`` where a library is not installed, or needs a token."""
        self._library(name)

    def _library(self, name: str) -> Any:
        try:
            library = apart(partial(import_module, name), seconds=self.most_seconds)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise _not_loaded(name, error) from None
            raise UsageError(
                f"{name} is not installed; it is none of Rongheng's own libraries. Install it beside Rongheng "
                f"(pip install {name}), or leave out --library {name}."
            ) from None
        except Exception as error:  # noqa: BLE001  # a library that does not fit what it needs raises anything
            raise _not_loaded(name, error) from None
        if name != _SERVICE:
            return library
        if not self.tokens.get(name):
            raise UsageError("tushare needs a token: set TUSHARE_TOKEN to yours.")
        return library.pro_api(self.tokens[name])

    def _function(self, name: str, function: str) -> Callable[..., Any]:
        found: Callable[..., Any] | None = getattr(self._library(name), function, None)
        if found is None:
            raise DataError(f"{name} has no function {function!r}; this version of it is not supported.")
        return found


def _not_loaded(name: str, error: Exception) -> UsageError:
    return UsageError(
        f"{name} is installed and does not load ({type(error).__name__}: {str(error)[:120]}). Install it anew "
        f"(pip install --upgrade {name}), or leave out --library {name}."
    )


def _call(request: Request) -> str:
    return f"{request.host}.{request.path}"


def _told(request: Request, error: Exception, *, secret: str | None) -> DataError:
    said = str(error).replace(secret, "***") if secret else str(error)  # the service may repeat the token
    what = f"{_call(request)} failed ({type(error).__name__}: {said[:120]})"
    kind = type(error).__name__.lower()
    if any(word in kind for word in _DOWN):
        return SourceDownError(f"{what}: its publisher could not be reached, or broke off. Try later.")
    for words, remedy in _REFUSALS if request.host == _SERVICE else ():
        if any(word in said.lower() for word in words):
            return SourceRefusedError(f"{what}: {remedy}.")
    if any(word in kind for word in _NO_FIGURES):
        return SourceRefusedError(
            f"{what}: its publisher answered with a page where figures should stand. Wait half an hour, or open its "
            "page in a browser."
        )
    return DataError(
        f"{what}: nothing may be out yet, or the publisher's page has changed; the library cannot tell which."
    )


def _is_bare(frame: Any) -> bool:
    """Say whether a frame has no columns: Tushare's client makes one of every status that is an error."""
    return frame is not None and len(frame.columns) == 0


def _as_json(frame: Any) -> bytes:
    """Return the records of a frame; what is not a number (NaN, NaT) and None become null."""
    records = [] if frame is None else frame.to_dict("records")
    rows = [{str(name): _as_text(value) for name, value in row.items()} for row in records]
    return json.dumps(rows, ensure_ascii=False).encode()


def _as_text(value: Any) -> str | None:
    if value is None or value != value:  # NaN and NaT differ from themselves
        return None
    return value.isoformat() if isinstance(value, date) else str(value)
