"""Hears the browser come back from Spotify: the least of an HTTP server, on 127.0.0.1 and nowhere else."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

HOST: Final = "127.0.0.1"
_PATIENCE_S: Final = 5.0  # browsers open connections in advance and never use them
_LONGEST: Final = 16_384
_NOT_HERE: Final = "There is nothing here. djtui waits for Spotify's answer at another address."

Heard = Callable[[str], Awaitable[tuple[bool, str]]]


class Listener:
    """Hands every `GET PATH?…` to `heard`, and answers with what that returns: whether it went well, and a
    sentence. Everything else, as a browser's wish for an icon or a stranger's request, gets a 404."""

    def __init__(self, port: int, path: str, heard: Heard) -> None:
        self._port = port
        self._path = path
        self._heard = heard
        self._server: asyncio.Server | None = None
        self._reading: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen from now on. Raises `OSError`, where the port is taken for one."""
        self._server = await asyncio.start_server(self._serve, HOST, self._port, limit=_LONGEST)

    def close(self) -> None:
        """Stop listening, at once. An answer that is on its way still gets there."""
        if self._server is not None:
            self._server.close()
        for task in self._reading:
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            target = await self._target(reader)
            if target is not None and target.startswith(f"{self._path}?"):
                well, sentence = await self._heard(target)
                status = "200 OK" if well else "400 Bad Request"
            else:
                status, sentence = "404 Not Found", _NOT_HERE
            writer.write(_page(status, sentence))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            return
        finally:
            with suppress(OSError):
                writer.close()

    async def _target(self, reader: asyncio.StreamReader) -> str | None:
        """Path and query of a GET request, None of any other."""
        task = asyncio.current_task()
        assert task is not None
        self._reading.add(task)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                head = await reader.readuntil(b"\r\n\r\n")
        finally:
            self._reading.discard(task)
        method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        return rest.partition(" ")[0] if method == "GET" else None


def _page(status: str, sentence: str) -> bytes:
    body = (
        '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<title>djtui</title><style>body{font:1.2rem sans-serif;margin:4rem auto;max-width:36rem;"
        "padding:0 1rem;color-scheme:light dark}</style>"
        f"<h1>djtui</h1><p>{html.escape(sentence)}</p>\n"
    ).encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
        "Referrer-Policy: no-referrer\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
