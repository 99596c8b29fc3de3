"""What the phases of a routing job share: the way to Spotify, and what they have read and written."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Self

from djtui.jobs.job import Batch, Context, Wait
from djtui.library.database import Tx
from djtui.routing.steps import Row
from djtui.spotify.api import Spotify
from djtui.spotify.errors import Refused
from djtui.spotify.gate import Use
from djtui.spotify.rows import Account, Album, Artist, Item, Page, Playlist
from djtui.spotify.sync_state import Sync

Steps = AsyncGenerator[Batch | Wait, None]

FRESH_S: Final = 120.0
"""For so long what was read of a playlist is taken for what it holds."""

log = logging.getLogger(__name__)


class Port(Spotify):
    """Spotify for who writes playlists: what is read for that may use what is kept for writing."""

    async def me(self, *, use: Use = Use.WRITE) -> Account:
        return await super().me(use=use)

    async def liked(self, offset: int, *, use: Use = Use.WRITE) -> Page[Item]:
        return await super().liked(offset, use=use)

    async def playlists(self, offset: int, *, use: Use = Use.WRITE) -> Page[Playlist]:
        return await super().playlists(offset, use=use)

    async def playlist(self, playlist_id: str, *, use: Use = Use.WRITE) -> Playlist:
        return await super().playlist(playlist_id, use=use)

    async def items(
        self,
        playlist_id: str,
        offset: int,
        *,
        snapshot: str | None = None,
        fresh: bool = False,
        use: Use = Use.WRITE,
    ) -> Page[Item]:
        return await super().items(playlist_id, offset, snapshot=snapshot, fresh=fresh, use=use)

    async def artists(self, ids: Iterable[str], *, use: Use = Use.WRITE) -> dict[str, Artist | None] | None:
        return await super().artists(ids, use=Use.WRITE)

    async def albums(self, ids: Iterable[str], *, use: Use = Use.WRITE) -> dict[str, Album | None] | None:
        return await super().albums(ids, use=Use.WRITE)


@dataclass(frozen=True, slots=True)
class Held:
    """What a playlist holds, row by row, since `at`. `items` are there if it was read, `snapshot` if it was
    written by us."""

    rows: tuple[Row, ...]
    at: datetime
    items: tuple[Item, ...] = ()
    snapshot: str | None = None

    @classmethod
    def read(cls, items: Iterable[Item], at: datetime, snapshot: str | None = None) -> Self:
        items = tuple(items)
        return cls(rows_of(items), at, items, snapshot)

    @property
    def dates(self) -> list[str | None]:
        return [item.added for item in self.items]


@dataclass(slots=True)
class Pages:
    """A playlist of which only the first pages are read yet."""

    began: datetime
    items: list[Item] = field(default_factory=list)
    total: int | None = None


@dataclass(slots=True, eq=False)
class Route(Sync):
    """One routing job under way. `run_id` is None until its run is noted; `undoes` is a change.

    `held` and `unfinished` are only in memory: what they spare is read again after a restart.
    """

    run_id: int | None = None
    undoes: int | None = None
    held: dict[str, Held] = field(default_factory=dict)
    unfinished: dict[str, Pages] = field(default_factory=dict)
    _booked: tuple[int, int] = (0, 0)

    @property
    def spotify(self) -> Spotify:
        if self._port is None:
            self._port = Port.of(self.settings, clock=self.clock, told=lambda note: log.warning("%s", note))
            self._requests = self._cached = 0
            self._booked = (0, 0)
        return self._port

    @property
    def known_account(self) -> Account | None:
        """Who is signed in, if that was asked already."""
        return self._account

    def fresh(self, playlist_id: str) -> Held | None:
        """What a playlist holds, if that is known well enough to build on."""
        held = self.held.get(playlist_id)
        if held is None or self.clock.now() - held.at > timedelta(seconds=FRESH_S):
            return None
        return held

    async def book(self, tx: Tx) -> None:
        """Note with the run the requests that were made since this was asked last."""
        if self._port is None or self.run_id is None:
            return
        made, cached = self._port.requests - self._booked[0], self._port.cached - self._booked[1]
        self._booked = (self._port.requests, self._port.cached)
        if made or cached:
            await tx.execute(
                "UPDATE route_run SET requests = requests + ?, cached = cached + ? WHERE id = ?",
                (made, cached, self.run_id),
            )

    def counted(self, ctx: Context) -> None:
        """Count the requests that were made for the phase."""
        if self._port is not None:
            made, self._requests = self._port.requests - self._requests, self._port.requests
            if made:
                ctx.requested(made)


def ends_all(error: Exception) -> bool:
    """Whether a refusal concerns the app or the sign-in, and so every playlist."""
    return isinstance(error, Refused) and error.kind in ("premium", "allowlist", "scope")


def rows_of(items: Iterable[Item]) -> tuple[Row, ...]:
    """The rows by uri; None: an empty one."""
    return tuple(None if item.song is None else item.song.uri for item in items)


def digest(rows: Sequence[Row]) -> bytes:
    """What rows in their order are known again by: blake2b, 16 bytes."""
    return hashlib.blake2b(json.dumps(list(rows)).encode(), digest_size=16).digest()


def json_of(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
