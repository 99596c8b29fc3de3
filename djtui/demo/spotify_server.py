"""The Spotify stand-in's HTTP server: takes requests, counts them, lets things go wrong, writes the log."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlsplit

from djtui.demo import spotify_endpoints
from djtui.demo.spotify_accounts import SCOPES, Accounts
from djtui.demo.spotify_answers import COHORTS, Answers, Cohort, Json
from djtui.demo.spotify_api import Asked, State
from djtui.demo.spotify_limits import Answer, AnswerNow, Faults, Limits, Quota, Trouble, Window
from djtui.demo.spotify_world import Clock, World

_HOST: Final = "127.0.0.1"
_HUNG_S: Final = 60.0
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))


@dataclass(slots=True)
class Logged:
    """A request that came. `number` counts those to the API from 1; 0: to the accounts service. `status` is
    None while there is no answer, and for ever if the connection dropped. `while_blocked`: its client had
    been answered 429, and not yet enough time had passed. `connection` is the client's port."""

    number: int
    at: datetime
    method: str
    path: str
    query: dict[str, str]
    connection: int
    while_blocked: bool = False
    status: int | None = None


@dataclass(frozen=True, slots=True)
class _Received:
    """A request as the line brought it."""

    method: str
    target: str
    authorization: str | None
    body: bytes
    connection: int


class StandIn:
    """The server, as a context manager. It listens from the start; `close` ends it, open connections too."""

    def __init__(
        self,
        world: World,
        *,
        cohort: str | Cohort = "new",
        window: Window | None = None,
        quota: Quota | None = None,
        clock: Clock | None = None,
        port: int = 0,
        faults: Faults | None = None,
    ) -> None:
        self.clock = world.clock = clock or world.clock
        self.world = world
        self.cohort = COHORTS[cohort] if isinstance(cohort, str) else cohort
        self.faults = faults or Faults()
        self.limits = Limits(window, quota)
        self.accounts = Accounts(self.clock, seed=17)
        self.log: list[Logged] = []
        self.hook: Callable[[int, Logged], None] | None = None  # called before each request to the API
        self._count = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(self, port)
        address = f"http://{_HOST}:{self._server.server_address[1]}/"
        self.api_url = f"{address}v1/"
        self.accounts_url = address
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.drop_all()
        self._thread.join()

    @property
    def requests(self) -> list[Logged]:
        """Those to the API."""
        return [logged for logged in self.log if logged.number]

    @property
    def sent_while_blocked(self) -> list[Logged]:
        return [logged for logged in self.log if logged.while_blocked]

    def sign_in(self, scope: str = SCOPES, client_id: str = "stand-in") -> Json:
        """What the token endpoint answers to somebody who signs in, without the browser."""
        return self.accounts.sign_in(scope, client_id)

    def answer(self, received: _Received) -> Answer | None:
        """Answer a request, or None: drop the connection."""
        place = urlsplit(received.target)
        query = dict(parse_qsl(place.query, keep_blank_values=True))
        api = place.path.startswith("/v1/")
        with self._lock:
            now = self.clock.now()
            self._count += api
            logged = Logged(
                self._count if api else 0, now, received.method, place.path, query, received.connection
            )
            logged.while_blocked = api and self.limits.defied(now, received.connection)
            self.log.append(logged)
        if api:
            return self._api(received, logged)
        with self._lock:
            answer = self._account(received, logged)
        logged.status = answer.status
        return answer

    def _account(self, received: _Received, logged: Logged) -> Answer:
        if self.faults.accounts_down:
            return Answer(503, "upstream connect error")
        if (logged.method, logged.path) == ("GET", "/authorize"):
            return self.accounts.authorize(logged.query, self.faults)
        if (logged.method, logged.path) == ("POST", "/api/token"):
            return self.accounts.token(dict(parse_qsl(received.body.decode())), self.faults)
        return Answer(404, "Not found")

    def _api(self, received: _Received, logged: Logged) -> Answer | None:
        if self.hook:
            self.hook(logged.number, logged)
        if self.faults.delay_s:
            self._closing.wait(self.faults.delay_s)
        trouble = self.faults.trouble(logged.number)
        if trouble == "hang":
            self._closing.wait(_HUNG_S)
        if trouble in ("timeout", "hang"):
            return None
        with self._lock, self.world.lock:
            answer = self._carried_out(received, logged, trouble)
        if trouble == "lost":
            return None
        logged.status = answer.status
        return answer

    def _carried_out(self, received: _Received, logged: Logged, trouble: Trouble | None) -> Answer:
        now = self.clock.now()
        if trouble == "window" or trouble == "quota":
            return self.limits.block(now, trouble, logged.connection, self.faults)
        refusal = self.limits.admit(now, logged.connection, self.faults)
        if refusal:
            return refusal
        if trouble in ("500", "502", "503"):
            return Answer(int(trouble), {"error": {"status": int(trouble), "message": "Server error."}})
        path = logged.path.removeprefix("/v1/")
        try:
            scope = self.accounts.scope(received.authorization)
            asked = Asked(logged.method, path, logged.query, _json(received.body), scope)
            state = State(self.world, self.cohort, Answers(self.api_url, self.cohort), self.faults)
            return spotify_endpoints.answer(state, asked)
        except AnswerNow as early:
            return early.answer


def _json(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        raise AnswerNow(400, "Error parsing JSON.") from None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, stand_in: StandIn, port: int) -> None:
        self.stand_in = stand_in
        self._open: set[socket.socket] = set()
        super().__init__((_HOST, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is nobody's error; anything else is told as usual."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def drop_all(self) -> None:
        for request in list(self._open):
            _hang_up(request)


def _hang_up(request: socket.socket) -> None:
    try:
        request.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        received = _Received(
            self.command, self.path, self.headers.get("Authorization"), body, self.client_address[1]
        )
        answer = self.server.stand_in.answer(received)
        if answer is None:
            self.close_connection = True
            _hang_up(self.connection)
            return
        text = isinstance(answer.body, str)
        content = b""
        if answer.body is not None:
            content = (answer.body if text else _ENCODER.encode(answer.body)).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "text/plain" if text else "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "private, max-age=0")
        for name, value in answer.headers:
            self.send_header(name, value)
        self._headers_buffer.append(b"\r\n")  # type: ignore[attr-defined]
        self._headers_buffer.append(content)  # type: ignore[attr-defined]
        self.flush_headers()

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is written: the stand-in keeps its own log."""
