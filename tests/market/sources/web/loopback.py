"""Publishers on loopback: a server that answers as they do about a made-up market, and breaks as they break.

Nothing in these tests may reach beyond 127.0.0.1: ``only_loopback`` refuses every other connection.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from rongheng.market.sources.web import Client, Manners
from tests.market.sources.web.rendered import ENDPOINTS, route
from tests.market.sources.web.world import Document, World

AGENT = "rongheng/test (loopback)"
HOSTS = (
    "datacenter-web.eastmoney.com",
    "query.sse.com.cn",
    "www.szse.cn",
    "www.csindex.com.cn",
    "push2his.eastmoney.com",
    "www.bse.cn",
    "www.csf.com.cn",
    "www.cffex.com.cn",
    "api.fund.eastmoney.com",
    "fundmobapi.eastmoney.com",
    "fund.eastmoney.com",
    "www.sse.com.cn",
    "oss-ch.csindex.com.cn",
    "hq.cnindex.com.cn",
    "www.bseinfo.net",
)


@dataclass
class Reply:
    """What goes over the wire."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    stop_after: int | None = None  # bytes, after which the connection ends
    reset: bool = False  # and ends with a reset


Bend = Callable[[Document, Mapping[str, str]], Document]
Break = Callable[[Reply, int], Reply]  # the reply and how many there were before it


class FakeClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self, now: datetime) -> None:
        self.moment = now
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)


@dataclass
class Asked:
    """One question that reached the server."""

    address: str
    params: dict[str, str]
    headers: dict[str, str]


class Loopback:
    """The server. ``bend`` changes documents, ``fault`` changes replies, both by the address they begin with."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked: list[Asked] = []
        self.bends: dict[str, Bend] = {}
        self.faults: dict[str, Break] = {}
        self._lock = threading.Lock()

    def bend(self, address: str, change: Bend) -> None:
        """Change what is answered at addresses that begin so."""
        self.bends[address] = change

    def fault(self, address: str, change: Break) -> None:
        """Change how it goes over the wire."""
        self.faults[address] = change

    def answer(self, address: str, params: dict[str, str], headers: dict[str, str]) -> Reply:
        with self._lock:
            before = sum(one.address == address for one in self.asked)
            self.asked.append(Asked(address, params, headers))
        render, encode = ENDPOINTS[route(address)]
        params = params | {"path": address}
        document = render(self.world, params)
        for start, bend in self.bends.items():
            if _is_at(address, start):
                document = bend(document, params)
        reply = Reply(encode(document, params))
        for start, fault in self.faults.items():
            if _is_at(address, start):
                reply = fault(reply, before)
        return reply


def _is_at(address: str, start: str) -> bool:
    """Whether an address is the one that was named, or begins as it does where that is no whole one."""
    return route(address) == start if start in ENDPOINTS else address.startswith(start)


@contextmanager
def serve(world: World) -> Iterator[tuple[Loopback, dict[str, str]]]:
    """Serve the made-up market; give the server and the base URLs of its hosts."""
    loopback = Loopback(world)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body are two writes

        def do_GET(self) -> None:
            self.reply({})

        def do_POST(self) -> None:
            posted = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.reply(dict(parse_qsl(posted, keep_blank_values=True)))

        def reply(self, form: dict[str, str]) -> None:
            parts = urlsplit(self.path)
            params = dict(parse_qsl(parts.query, keep_blank_values=True)) | form
            _send(self, loopback.answer(parts.path.lstrip("/"), params, dict(self.headers)))

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A connection that was reset on purpose is no error."""

    server = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield loopback, {host: f"http://127.0.0.1:{server.server_port}/{host}" for host in HOSTS}
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    handler.send_response(reply.status)
    headers = {"Content-Type": "application/json;charset=UTF-8", "Content-Length": str(len(reply.body))}
    for name, value in (headers | reply.headers).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(reply.body[: reply.stop_after])
    if reply.stop_after is not None:
        handler.wfile.flush()
        handler.close_connection = True
        if reply.reset:
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def client(urls: Mapping[str, str], clock: FakeClock, **manners: Any) -> Client:
    """Return a client that asks the server and whose pauses take no time."""
    polite = Manners(user_agent=AGENT, use_system_proxy=False, **manners)
    return Client(polite, clock, lambda: 0.5, base_urls=urls)


@pytest.fixture
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1"):
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
