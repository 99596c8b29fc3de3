"""A server on loopback that answers as it is told, byte for byte: for what no decent server sends."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

Behaviour = Callable[[socket.socket], bool]
"""Answers one request; whether the connection is kept."""


@dataclass
class Heard:
    """One request, as it came over the line."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def answer(status: int = 200, body: Any = None, **headers: str) -> Behaviour:
    """An ordinary answer. `body`: bytes as they are, None for nothing, anything else as JSON."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    head = {"Content-Type": "application/json", "Content-Length": str(len(content))}
    head |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in head.items()), "", ""]

    def behave(line: socket.socket) -> bool:
        line.sendall("\r\n".join(lines).encode() + content)
        return True

    return behave


def dropped(line: socket.socket) -> bool:
    """The connection is gone before a word was said."""
    return False


def raw(data: bytes) -> Behaviour:
    """These bytes, and the connection is gone."""

    def behave(line: socket.socket) -> bool:
        line.sendall(data)
        return False

    return behave


@dataclass
class Tiny:
    """The server. It goes through `script` and stays at its last behaviour."""

    script: Sequence[Behaviour]
    heard: list[Heard] = field(default_factory=list)
    connections: int = 0
    let_go: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}/v1/"
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go.set()
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def silent(self, line: socket.socket) -> bool:
        """No answer until the server ends."""
        self.let_go.wait(30)
        return False

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._door.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        with line, line.makefile("rb") as reader:
            try:
                while (heard := _read(reader)) is not None:
                    self.heard.append(heard)
                    behave = self.script[min(len(self.heard), len(self.script)) - 1]
                    if not behave(line):
                        return
            except OSError:
                return


def _read(reader: Any) -> Heard | None:
    first = reader.readline().decode().split()
    if not first:
        return None
    headers = {}
    while text := reader.readline().decode().strip():
        name, _, value = text.partition(":")
        headers[name.lower()] = value.strip()
    return Heard(first[0], first[1], headers, reader.read(int(headers.get("content-length", 0))))
