"""The cache in a Redis server, which several machines may share. How much it holds is the server's affair
(`maxmemory`, best with `allkeys-lru`). redis-py, which spotipy brings along, is imported here only."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from djtui.config import SpotifySettings
from djtui.spotify.cache import (
    KINDS,
    Cache,
    Entry,
    Figures,
    Kind,
    KindFigures,
    kept_for,
    packed,
    saved_requests,
    scope,
    unpacked,
)

log = logging.getLogger(__name__)
Result = TypeVar("Result")

_CONNECT_S: Final = 1.0
_ANSWER_S: Final = 2.0
_AT_ONCE: Final = 500


class RedisCache:
    """Answers in Redis. A server that does not answer is given up for this process: SQLite takes over."""

    def __init__(self, settings: SpotifySettings, instead: Callable[[], Cache]) -> None:
        self.note: str | None = None
        self._settings = settings
        self._prefix = f"djtui:{scope(settings)}"
        self._where = _without_password(settings.cache)
        self._make_instead = instead
        self._instead: Cache | None = None
        self._turn = threading.Lock()
        self._server: Any = None
        try:
            self._server = redis.Redis.from_url(
                settings.cache,
                socket_connect_timeout=_CONNECT_S,
                socket_timeout=_ANSWER_S,
                retry=Retry(NoBackoff(), 0),
                protocol=2,  # which servers before 6.0 speak too
            )
            self._server.ping()
        except (redis.RedisError, OSError, ValueError) as error:
            self._give_up(error)

    def get(self, kind: Kind, ids: Iterable[str], *, batch: int = 1) -> dict[str, Entry]:
        asked = list(dict.fromkeys(ids))

        def work(server: Any) -> dict[str, Entry]:
            found = {}
            keys = [self._key(kind, id_) for id_ in asked]
            for id_, value in zip(asked, server.mget(keys), strict=True):
                if value is not None:
                    try:
                        found[id_] = unpacked(value)
                    except ValueError:
                        server.delete(self._key(kind, id_))
            with server.pipeline(transaction=False) as pipe:
                for name, count in (
                    ("hits", len(found)),
                    ("misses", len(asked) - len(found)),
                    ("saved", saved_requests(len(asked), len(found), batch)),
                ):
                    pipe.hincrby(f"{self._prefix}:figures", f"{kind}.{name}", count)
                pipe.execute()
            return found

        return self._either(work, lambda cache: cache.get(kind, asked, batch=batch)) if asked else {}

    def put(self, kind: Kind, entries: Mapping[str, Entry], ttl: timedelta | None = None) -> None:
        def work(server: Any) -> None:
            with server.pipeline(transaction=False) as pipe:
                for id_, entry in entries.items():
                    keep = kept_for(self._settings, kind, entry) if ttl is None else ttl
                    if keep > timedelta(0):
                        pipe.set(self._key(kind, id_), packed(entry), px=keep)
                pipe.execute()

        self._either(work, lambda cache: cache.put(kind, entries, ttl))

    def forget(self, kind: Kind | None = None, id: str | None = None) -> int:
        def work(server: Any) -> int:
            gone = 0
            for each in KINDS if kind is None else (kind,):
                if id is not None:
                    gone += server.unlink(self._key(each, id))
                for keys in self._scanned(server, each, "*" if id is None else f"{_literal(id)}:*"):
                    gone += server.unlink(*keys)
            return gone

        return self._either(work, lambda cache: cache.forget(kind, id))

    def figures(self) -> Figures:
        def work(server: Any) -> Figures:
            counts = {name.decode(): int(n) for name, n in server.hgetall(f"{self._prefix}:figures").items()}
            kinds: dict[Kind, KindFigures] = {}
            for kind in KINDS:
                entries = size = 0
                for keys in self._scanned(server, kind, "*"):
                    with server.pipeline(transaction=False) as pipe:
                        for key in keys:
                            pipe.strlen(key)
                        size += sum(pipe.execute())
                    entries += len(keys)
                used = (counts.get(f"{kind}.{name}", 0) for name in ("hits", "misses", "saved"))
                kinds[kind] = KindFigures(entries, size, *used)
            return Figures(self._where, kinds)

        return self._either(work, lambda cache: cache.figures())

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        if self._instead is not None:
            self._instead.close()

    def _key(self, kind: Kind, id_: str) -> str:
        return f"{self._prefix}:{kind}:{id_}"

    def _scanned(self, server: Any, kind: Kind, pattern: str) -> Iterator[list[bytes]]:
        """The keys that match, each once, a few hundred at a time."""
        keys = set(server.scan_iter(match=self._key(kind, pattern), count=_AT_ONCE))
        ordered = sorted(keys)
        for at in range(0, len(ordered), _AT_ONCE):
            yield ordered[at : at + _AT_ONCE]

    def _either(self, work: Callable[[Any], Result], instead: Callable[[Cache], Result]) -> Result:
        if self._instead is None:
            try:
                return work(self._server)
            except (redis.RedisError, OSError) as error:
                self._give_up(error)
        assert self._instead is not None
        return instead(self._instead)

    def _give_up(self, error: Exception) -> None:
        with self._turn:
            if self._instead is not None:
                return
            log.warning("Redis at %s: %s", self._where, type(error).__name__)
            self._instead = self._make_instead()
            self.note = " ".join(
                filter(
                    None,
                    (
                        f"Redis at {self._where} cannot be used ({type(error).__name__}): Spotify's answers "
                        "are kept in SQLite until djtui starts anew.",
                        self._instead.note,
                    ),
                )
            )


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}"


def _literal(text: str) -> str:
    """Text with the signs that mean something in a pattern of Redis escaped."""
    return re.sub(r"([*?\[\]\\^])", r"\\\1", text)
