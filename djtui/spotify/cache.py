"""Answers of Spotify that are kept, so that they need not be asked for again.

Keys carry the version of what is stored and the app it was sent to, for apps are sent different fields. An
entry that is None is a miss: Spotify has no such thing. The cache is a convenience: whatever is wrong with
it, a sync goes on without.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, Literal, Protocol
from urllib.parse import urlsplit

from djtui.config import SpotifySettings
from djtui.spotify.clock import WALL, Clock

Kind = Literal["track", "artist", "album", "items"]
"""`items`: pages of a playlist, by "PLAYLIST:SNAPSHOT:OFFSET"."""

KINDS: Final[tuple[Kind, ...]] = ("track", "artist", "album", "items")
VERSION: Final = 1
PACKED_FROM: Final = 4096
Entry = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class KindFigures:
    """The figures of one kind of entry."""

    entries: int = 0
    bytes: int = 0
    hits: int = 0
    misses: int = 0
    saved: int = 0  # requests that were not made


@dataclass(frozen=True, slots=True)
class Figures:
    """What the cache holds and what it was good for, since it was begun."""

    where: str
    kinds: Mapping[Kind, KindFigures] = field(default_factory=dict)

    @property
    def total(self) -> KindFigures:
        """All kinds together."""
        kinds = self.kinds.values()
        return KindFigures(
            entries=sum(kind.entries for kind in kinds),
            bytes=sum(kind.bytes for kind in kinds),
            hits=sum(kind.hits for kind in kinds),
            misses=sum(kind.misses for kind in kinds),
            saved=sum(kind.saved for kind in kinds),
        )

    @property
    def rate(self) -> float | None:
        """The part of what was looked for that was found; None before anything was."""
        total = self.total
        looked = total.hits + total.misses
        return total.hits / looked if looked else None


class Cache(Protocol):
    """Where answers are kept. The calls block (a file, or a server nearby): make them on a thread, on any.
    None raises."""

    note: str | None
    """What is wrong with the cache, as a sentence; None: nothing."""

    def get(self, kind: Kind, ids: Iterable[str], *, batch: int = 1) -> dict[str, Entry]:
        """The kept ones among `ids`; None for one that Spotify has not.

        `batch`: how many of them one request could have asked for, to reckon what is saved.
        """
        ...

    def put(self, kind: Kind, entries: Mapping[str, Entry], ttl: timedelta | None = None) -> None:
        """Keep entries that JSON can hold, for so long; by default as long as the settings say."""
        ...

    def forget(self, kind: Kind | None = None, id: str | None = None) -> int:
        """Drop everything, one kind, or one id (with all pages of a playlist); returns how many went."""
        ...

    def figures(self) -> Figures:
        """What it holds and saved."""
        ...

    def close(self) -> None:
        """Let go of file or connection."""
        ...


def open_cache(settings: SpotifySettings, clock: Clock = WALL, path: Path | None = None) -> Cache:
    """The cache that the settings name, ready whatever is wrong: look at its `note`.

    Redis that cannot be reached is replaced by SQLite.
    """
    from djtui.spotify.cache_sqlite import SqliteCache

    if settings.cache.startswith(("redis://", "rediss://", "unix://")):
        from djtui.spotify.cache_redis import RedisCache

        return RedisCache(settings, instead=lambda: SqliteCache(settings, clock, path))
    cache = SqliteCache(settings, clock, path)
    if settings.cache != "sqlite":
        cache.note = "spotify.cache is neither sqlite nor redis://HOST: answers are kept in SQLite."
    return cache


def scope(settings: SpotifySettings) -> str:
    """What tells one app's answers from another's, and a stand-in's from Spotify's."""
    whose = f"{urlsplit(settings.api_url).netloc} {settings.client_id}"
    return f"{VERSION}.{blake2b(whose.encode(), digest_size=6).hexdigest()}"


def kept_for(settings: SpotifySettings, kind: Kind, entry: Entry) -> timedelta:
    """How long an entry is kept by the settings."""
    if entry is None:
        return timedelta(days=settings.ttl_missing_days)
    days = {
        "track": settings.ttl_track_days,
        "artist": settings.ttl_artist_days,
        "album": settings.ttl_album_days,
        "items": settings.reread_days,
    }
    return timedelta(days=days[kind])


def packed(entry: Entry) -> bytes:
    """An entry as it is stored: JSON, compressed when it is long."""
    plain = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return plain if len(plain) <= PACKED_FROM else zlib.compress(plain)


def unpacked(stored: bytes) -> Entry:
    """The entry again. Raises `ValueError` for what is none. (zlib begins with an x, as no JSON does.)"""
    try:
        plain = zlib.decompress(stored) if stored[:1] == b"x" else stored
    except zlib.error as error:
        raise ValueError(str(error)) from error
    entry = json.loads(plain.decode("utf-8", "surrogatepass"))
    if entry is not None and not isinstance(entry, dict):
        raise ValueError("not an answer of Spotify")
    return entry


def saved_requests(asked: int, found: int, batch: int) -> int:
    """How many requests it saved that `found` of `asked` were kept, `batch` to a request."""
    return -(-asked // batch) - -(-(asked - found) // batch)
