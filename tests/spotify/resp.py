"""As much of a Redis server as the cache needs, for machines that have none: RESP2 on a loopback port."""

from __future__ import annotations

import fnmatch
import re
import socketserver
import threading
import time
from typing import Any


class SmallRedis:
    """A server in a thread, with one table of values and one of hashes."""

    def __init__(self) -> None:
        self.values: dict[bytes, tuple[bytes, float]] = {}
        self.hashes: dict[bytes, dict[bytes, int]] = {}
        self.server = _Server(("127.0.0.1", 0), _Talk)
        self.server.redis = self
        self.port: int = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, name: str, args: list[bytes]) -> Any:
        now = time.time()
        live = {key: value for key, (value, until) in self.values.items() if until > now}
        match name:
            case "PING":
                return "PONG"
            case "CLIENT" | "SELECT":
                return "OK"
            case "SET":
                self.values[args[0]] = (args[1], now + int(args[3]) / 1000)
                return "OK"
            case "MGET":
                return [live.get(key) for key in args]
            case "STRLEN":
                return len(live.get(args[0], b""))
            case "DEL" | "UNLINK":
                return sum(self.values.pop(key, None) is not None for key in args)
            case "SCAN":
                pattern = re.sub(r"\\(.)", r"[\1]", args[2].decode())
                found = [key for key in live if fnmatch.fnmatchcase(key.decode(), pattern)]
                return [b"0", found]
            case "HINCRBY":
                table = self.hashes.setdefault(args[0], {})
                table[args[1]] = table.get(args[1], 0) + int(args[2])
                return table[args[1]]
            case "HGETALL":
                pairs = self.hashes.get(args[0], {}).items()
                return [part for field, count in pairs for part in (field, str(count).encode())]
        return ValueError(f"unknown command {name}")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    redis: SmallRedis


class _Talk(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        while line := self.rfile.readline():
            words = []
            for _ in range(int(line[1:])):
                size = int(self.rfile.readline()[1:])
                words.append(self.rfile.read(size + 2)[:-2])
            self.wfile.write(_coded(self.server.redis.answer(words[0].decode().upper(), words[1:])))


def _coded(answer: Any) -> bytes:
    match answer:
        case ValueError():
            return b"-ERR %s\r\n" % str(answer).encode()
        case str():
            return b"+%s\r\n" % answer.encode()
        case int():
            return b":%d\r\n" % answer
        case None:
            return b"$-1\r\n"
        case bytes():
            return b"$%d\r\n%s\r\n" % (len(answer), answer)
        case _:
            return b"*%d\r\n%s" % (len(answer), b"".join(map(_coded, answer)))
