"""Ask a publisher politely: slowly, with patience where waiting helps, and never past a refusal.

What lives here: pace, retries, time limits, the circuit breaker, and the errors of the way. What the bytes say is in
``body``. Time and chance come from the caller, so nothing here reads a clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Protocol, Self

import httpx

from rongheng.basics.errors import (
    DataError,
    SourceChangedError,
    SourceDownError,
    SourceRefusedError,
    UsageError,
)
from rongheng.market.sources.web.source import Answer, Request

_ADDRESS = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")
_OK, _TOO_MANY = 200, 429
_MOVED_FOR_GOOD = (301, 308)
_NOBODY = 3  # hosts that cannot be reached before any other answers: then it is the network, and waiting is in vain
_REFUSALS = (401, 403, 418, 451, 456, 567)  # the last two are what Chinese web firewalls answer


class Clock(Protocol):
    """The time, and the passing of it."""

    def now(self) -> datetime:
        """Return the moment, with its time zone."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let that time pass."""
        ...


@dataclass(frozen=True, slots=True)
class Manners:
    """How we ask. The defaults are slower than a person who clicks."""

    user_agent: str
    pause_seconds: float = 1.5  # between two questions to one host
    jitter_seconds: float = 0.5  # and up to this much more
    retries: int = 3
    backoff_seconds: float = 2.0  # doubled with every retry
    longest_wait_seconds: float = 120.0  # a host that asks for more patience is left alone
    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    breaker_failures: int = 5  # failed questions in a row, after which a host is left alone
    breaker_rest: timedelta = timedelta(minutes=30)
    largest_body: int = 64 * 2**20
    proxy: str | None = None
    use_system_proxy: bool = True


@dataclass
class _Host:
    """What we remember of one host."""

    next_at: datetime | None = None
    failures: int = 0
    rests_until: datetime | None = None


@dataclass
class _Attempt:
    """One try: an answer, or what stood in its way and whether it may pass."""

    answer: Answer | None = None
    error: DataError | None = None
    may_pass: bool = False
    wait_seconds: float | None = None  # what the host asks for


@dataclass
class Client:
    """Asks hosts one question at a time.

    Parameters
    ----------
    manners : Manners
    clock : Clock
    chance : function without arguments
        A number from 0 to 1, for the jitter.
    base_urls : mapping of host to URL
        Where a host is to be asked instead of at its own address.
    relay : URL, optional
        Where every other host is asked, under its name: ``http://relay:8080`` is asked for
        ``http://relay:8080/www.szse.cn/api/…``.

    Raises
    ------
    UsageError
        The proxy is no proxy that can be used, the relay is no address, or the user agent cannot be sent.
    """

    manners: Manners
    clock: Clock
    chance: Callable[[], float]
    base_urls: Mapping[str, str] = field(default_factory=dict)
    relay: str | None = None
    skew: timedelta | None = None  # the hosts' clock less ours, as the last answer stated it

    def __post_init__(self) -> None:
        limits = httpx.Timeout(self.manners.read_seconds, connect=self.manners.connect_seconds)
        if not self.manners.user_agent.isascii() or not self.manners.user_agent.isprintable():
            raise UsageError(
                f"{self.manners.user_agent!r} cannot be sent as our name: ASCII letters, digits and signs alone can. "
                "Change --contact."
            )
        if self.relay is not None and not _ADDRESS.fullmatch(self.relay):
            raise UsageError(f"{self.relay!r} is no relay's address. Say --relay http://HOST:PORT.")
        try:
            self._http = httpx.Client(
                timeout=limits,
                follow_redirects=False,
                trust_env=self.manners.use_system_proxy,
                proxy=self.manners.proxy,
                headers={"User-Agent": self.manners.user_agent, "Accept-Language": "zh-CN,zh;q=0.9"},
            )
        except (ValueError, ImportError, httpx.InvalidURL) as error:
            raise UsageError(
                f"The proxy cannot be used: {error} Say --proxy http://HOST:PORT, or mend HTTPS_PROXY and ALL_PROXY."
            ) from None
        self._hosts: dict[str, _Host] = {}
        self._unreached: set[str] = set()  # hosts that could not be connected to since anybody answered

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, request: Request) -> Answer:
        """Return the answer to a question.

        Raises
        ------
        SourceDownError
            The host cannot be reached, breaks off or fails, however often it is asked; or it failed so often that it
            is left alone for a while.
        SourceRefusedError
            It will not serve us (401, 403, 429, …) or sends us to another page.
        SourceChangedError
            The address is gone or has moved for good, or the answer is larger than any that we know.
        """
        host = self._hosts.setdefault(request.host, _Host())
        self._check_rest(request, host)
        retries = 0 if len(self._unreached) >= _NOBODY else self.manners.retries
        for retry in range(retries + 1):
            self._keep_pace(host)
            attempt = self._try(request)
            if attempt.answer is not None:
                host.failures = 0
                return attempt.answer
            wait = attempt.wait_seconds or self.manners.backoff_seconds * 2**retry
            if not attempt.may_pass or retry == retries or wait > self.manners.longest_wait_seconds:
                break
            self.clock.sleep(wait)
        self._note_failure(host)
        assert attempt.error is not None
        raise attempt.error

    def _check_rest(self, request: Request, host: _Host) -> None:
        if host.rests_until is not None and self.clock.now() < host.rests_until:
            raise SourceDownError(
                f"{request.host} failed {host.failures} times in a row and is left alone until "
                f"{host.rests_until:%H:%M}. Run the update again after that."
            )

    def _keep_pace(self, host: _Host) -> None:
        now = self.clock.now()
        if host.next_at is not None and now < host.next_at:
            self.clock.sleep((host.next_at - now).total_seconds())
        pause = self.manners.pause_seconds + self.manners.jitter_seconds * self.chance()
        host.next_at = self.clock.now() + timedelta(seconds=pause)

    def _note_failure(self, host: _Host) -> None:
        host.failures += 1
        if host.failures >= self.manners.breaker_failures:
            host.rests_until = self.clock.now() + self.manners.breaker_rest

    def _try(self, request: Request) -> _Attempt:
        try:
            with self._http.stream(
                "GET" if request.form is None else "POST",
                self._url(request),
                params=list(request.params),
                data=None if request.form is None else dict(request.form),
                headers=dict(request.headers),
            ) as response:
                self._unreached.clear()
                if response.status_code != _OK:
                    return self._turned_away(request, response)
                body = self._body(response)
        except httpx.TransportError as error:
            if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                self._unreached.add(request.host)
            kind = type(error).__name__
            said = f": {error}" if str(error) else ""
            down = SourceDownError(
                f"{request.address} could not be read ({kind}{said}). Check the network and the proxy, or try later.",
                of_host=not isinstance(error, httpx.RemoteProtocolError),  # it answers, and breaks off
            )
            return _Attempt(error=down, may_pass=True)
        except (httpx.DecodingError, SourceChangedError) as error:
            return _Attempt(error=SourceChangedError(f"{request.address}: {error}"))
        self._compare_clocks(response)
        return _Attempt(answer=Answer(str(response.url), body, self.clock.now()))

    def _url(self, request: Request) -> str:
        own = f"{request.scheme}://{request.host}"
        through = own if self.relay is None else f"{self.relay.rstrip('/')}/{request.host}"
        return self.base_urls.get(request.host, through) + request.path

    def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > self.manners.largest_body:
                raise SourceChangedError(
                    f"the answer is larger than {self.manners.largest_body // 2**20} MiB, which none of its tables is"
                )
        return bytes(body)

    def _turned_away(self, request: Request, response: httpx.Response) -> _Attempt:
        status = response.status_code
        if status == _TOO_MANY:
            error: DataError = SourceRefusedError(
                f"{request.host} says that it was asked too often (429). Try again in half an hour."
            )
            return _Attempt(error=error, may_pass=True, wait_seconds=_retry_after(response))
        if status >= 500 and status not in _REFUSALS:
            error = SourceDownError(f"{request.address} failed with status {status}. Try again later.", of_host=False)
            return _Attempt(error=error, may_pass=True, wait_seconds=_retry_after(response))
        if status in _REFUSALS:
            return _Attempt(
                error=SourceRefusedError(
                    f"{request.address} refuses to serve us (status {status}). Wait, ask less often, or check that "
                    "this network may use it."
                )
            )
        if response.is_redirect and status not in _MOVED_FOR_GOOD:
            return _Attempt(
                may_pass=_gives_cookie_first(response),
                error=SourceRefusedError(
                    f"{request.address} sends us on to {response.headers.get('location')!r} (status {status}) instead "
                    "of answering; redirects are not followed. Open its page in a browser to see what it asks for."
                ),
            )
        where = f" to {response.headers.get('location')!r}" if response.is_redirect else ""
        return _Attempt(
            error=SourceChangedError(
                f"{request.address} answers status {status}{where}: its address or its parameters have changed."
            )
        )

    def _compare_clocks(self, response: httpx.Response) -> None:
        stated = response.headers.get("date")
        if stated:
            try:
                self.skew = parsedate_to_datetime(stated) - self.clock.now()
            except (ValueError, TypeError):
                self.skew = None


def _gives_cookie_first(response: httpx.Response) -> bool:
    """Say whether a host sends us to the very place where we are, with a cookie to come back with."""
    target = response.url.join(response.headers.get("location", ""))
    return target == response.url and "set-cookie" in response.headers


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    return float(text) if text.isdigit() else None
