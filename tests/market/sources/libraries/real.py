"""The real libraries, with every question of theirs answered on loopback about the made-up market.

What lives here: where their questions are turned to, and the service that Tushare's client asks. What does not: what
publishers answer (``rendered``), and what the service says of each function (``frames``).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import pytest

from tests.market.sources.libraries.frames import Service
from tests.market.sources.web.loopback import Loopback, serve
from tests.market.sources.web.world import World

SERVICE = "api.waditu.com"
TOKEN = "a1b2c3d4e5f6a7b8c9d0"  # of nobody
Said = dict[str, Any]


class Desk:
    """The service behind a token: tables by function, and what tests make of them."""

    def __init__(self, world: World) -> None:
        self._service = Service(world)
        self.asked: list[dict[str, Any]] = []
        self.bend: Callable[[pd.DataFrame], pd.DataFrame] = lambda frame: frame
        self.status = 200
        self.refusal: Said | None = None

    def answer(self, question: Mapping[str, Any]) -> Said:
        """Say what one question is answered with."""
        self.asked.append(dict(question))
        if self.refusal is not None:
            return self.refusal
        if question["token"] != TOKEN:
            return {"code": 40101, "msg": "您的token不对，请确认。", "data": None}
        given = {name: value for name, value in question["params"].items() if name != "ts_type_name"}
        frame = self.bend(getattr(self._service, question["api_name"])(**given))
        rows = json.loads(frame.to_json(orient="values"))
        return {"code": 0, "msg": "", "data": {"fields": list(frame.columns), "items": rows, "has_more": False}}


@contextmanager
def publishers(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """Turn whatever ``requests`` asks of a publisher to loopback; anybody else may not be asked."""
    with serve(world) as (loopback, urls):
        _turn(monkeypatch, urls)
        yield loopback


@contextmanager
def service(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Answer Tushare's client on loopback."""
    desk = Desk(world)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps(desk.answer(question), ensure_ascii=False).encode()
            self.send_response(desk.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    _turn(monkeypatch, {SERVICE: f"http://127.0.0.1:{server.server_port}"})
    try:
        yield desk
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _turn(monkeypatch: pytest.MonkeyPatch, urls: Mapping[str, str]) -> None:
    adapter = pytest.importorskip("requests").adapters.HTTPAdapter
    send = adapter.send

    def turned(self: Any, request: Any, **more: Any) -> Any:
        parts = urlsplit(request.url)
        if parts.netloc not in urls:
            raise AssertionError(f"a library asked {parts.netloc}, which no test answers for")
        request.url = f"{urls[parts.netloc]}{parts.path}{'?' if parts.query else ''}{parts.query}"
        return send(self, request, **more | {"proxies": {}})

    monkeypatch.setattr(adapter, "send", turned)
