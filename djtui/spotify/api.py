"""Spotify, as the rest of djtui sees it: every read and every write it makes, typed.

Lists are paged by our own offset. Never is a `market` named: Spotify would answer with other ids than those
that are stored. Nothing is tried again here, save once after a 401: a wait or a failure is raised, and who
asked keeps its checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self

from djtui.spotify import reading, writing
from djtui.spotify.cache import Cache, open_cache
from djtui.spotify.capabilities import Capabilities
from djtui.spotify.clock import WALL, Clock
from djtui.spotify.errors import BadRequest, ServiceTrouble
from djtui.spotify.gate import Gate, Use
from djtui.spotify.line import Line
from djtui.spotify.request import NOTHING, Request
from djtui.spotify.rows import (
    LIBRARY_URIS,
    PAGE,
    Account,
    Album,
    Artist,
    Item,
    Page,
    Play,
    Playlist,
    Song,
)
from djtui.spotify.state import State
from djtui.spotify.things import ALBUM, ARTIST, TRACK, Things
from djtui.spotify.tokens import Tokens

if TYPE_CHECKING:
    from djtui.config import SpotifySettings

SEARCH: Final = 10  # results a page has that every app may ask for


class Spotify:
    """The port. Everything may raise RateLimited, SignInNeeded, Refused, BadRequest and ServiceTrouble."""

    def __init__(
        self,
        settings: SpotifySettings,
        state: State,
        tokens: Tokens,
        cache: Cache,
        *,
        clock: Clock = WALL,
        told: Callable[[str], None] | None = None,
    ) -> None:
        self.gate = Gate(state, settings, clock)
        self.tokens = tokens
        self.cache = cache
        self._app = settings.client_id
        self._state = state
        self._clock = clock
        self._line = Line(settings.api_url, self.gate, tokens, clock)
        signed_in = tokens.signed_in()
        self._account_id = (signed_in.account_id if signed_in else None) or ""
        self._things = Things(self._line, cache, self._capabilities(), told)
        for note in (state.note, cache.note):
            if note is not None and told is not None:
                told(note)

    @classmethod
    def of(
        cls, settings: SpotifySettings, *, clock: Clock = WALL, told: Callable[[str], None] | None = None
    ) -> Self:
        """Spotify for the app and the sign-in that the settings name. `told` gets sentences worth showing."""
        state = State.open(clock=clock)
        return cls(
            settings,
            state,
            Tokens(settings, clock=clock),
            open_cache(settings, clock),
            clock=clock,
            told=told,
        )

    @property
    def requests(self) -> int:
        """The attempts that were really sent, those that failed too."""
        return self._line.requests

    @property
    def cached(self) -> int:
        """What needed no sending: artists, albums and tracks by their ids, and pages of playlists."""
        return self._things.cached

    @property
    def capabilities(self) -> Capabilities:
        """What this app may, for the account that is signed in."""
        return self._things.capabilities

    async def close(self) -> None:
        """Hang up. Takes no time, also with a request in flight."""
        self._line.close()
        self.cache.close()
        self._state.close()

    async def me(self, *, use: Use = Use.SYNC) -> Account:
        """Who is signed in; asked every ten minutes at most."""
        account = await self._line.me(use)
        if account.id != self._account_id:
            self._account_id = account.id
            self._things.capabilities = self._capabilities()
        return account

    async def liked(self, offset: int, *, use: Use = Use.SYNC) -> Page[Item]:
        """A page of the liked songs, the newest first."""
        return reading.items(await self._page("me/tracks", "the liked songs", offset, use), offset)

    async def playlists(self, offset: int, *, use: Use = Use.SYNC) -> Page[Playlist]:
        """A page of the account's playlists, in its order."""
        return reading.playlists(await self._page("me/playlists", "the playlists", offset, use), offset)

    async def playlist(self, playlist_id: str, *, use: Use = Use.SYNC) -> Playlist:
        """A playlist without its rows. Raises NotFound."""
        path = f"playlists/{writing.checked_id(playlist_id, 'a playlist')}"
        return _found(reading.playlist(await self._line.ask(Request("GET", path, "a playlist"), use)))

    async def items(
        self,
        playlist_id: str,
        offset: int,
        *,
        snapshot: str | None = None,
        fresh: bool = False,
        use: Use = Use.SYNC,
    ) -> Page[Item]:
        """A page of a playlist's rows. Raises Refused for somebody else's, NotFound for Spotify's own.

        With a `snapshot` it is kept under that, and comes from the cache if it is there. Spotify's snapshots
        are a hint, not a promise: `fresh` asks all the same, and keeps what comes.
        """
        path = f"playlists/{writing.checked_id(playlist_id, 'a playlist')}/items"
        key = f"{playlist_id}:{snapshot}:{offset}"
        if snapshot is not None and not fresh:
            kept = (await self._things.kept("items", [key])).get(key)
            if kept is not None:
                return reading.items(kept, offset)
        answer = await self._page(
            path, "the songs of a playlist", offset, use, additional_types="track,episode"
        )
        page = reading.items(answer, offset)
        if snapshot is not None:
            await self._things.keep("items", {key: reading.slim(answer)})
        return page

    async def artists(self, ids: Iterable[str], *, use: Use = Use.SYNC) -> dict[str, Artist | None] | None:
        """Artists by id, from the cache or fifty at a time; None stands for one that is not there.

        None for all: this app may not ask for several at once. That is found out by asking, and remembered.
        """
        return await self._things.several(ARTIST, ids, use)

    async def albums(self, ids: Iterable[str], *, use: Use = Use.SYNC) -> dict[str, Album | None] | None:
        """Albums by id, twenty at a time; otherwise as `artists`."""
        return await self._things.several(ALBUM, ids, use)

    async def tracks(self, ids: Iterable[str], *, use: Use = Use.SYNC) -> dict[str, Song | None] | None:
        """Tracks by id, fifty at a time; otherwise as `artists`."""
        return await self._things.several(TRACK, ids, use)

    async def artist(self, artist_id: str, *, use: Use = Use.SYNC) -> Artist | None:
        """One artist, from the cache or asked for; None: there is none."""
        return await self._things.single(ARTIST, artist_id, use)

    async def album(self, album_id: str, *, use: Use = Use.SYNC) -> Album | None:
        """One album, from the cache or asked for; None: there is none."""
        return await self._things.single(ALBUM, album_id, use)

    async def track(self, track_id: str, *, use: Use = Use.SYNC) -> Song | None:
        """One track, from the cache or asked for; None: there is none."""
        return await self._things.single(TRACK, track_id, use)

    async def plays(self, after: str | None = None, *, use: Use = Use.SYNC) -> tuple[Play, ...]:
        """The songs played since `after` (as `Play.played`), fifty at most. None for an app that is not told;
        without its scope Refused is raised."""
        if self.capabilities.get("plays") == 0:
            return ()
        query: dict[str, str | int] = {"limit": PAGE}
        if after is not None:
            query["after"] = int(datetime.fromisoformat(after).timestamp() * 1000)
        request = Request("GET", "me/player/recently-played", "the songs played lately", query)
        answer = await self._things.probed("plays", request, use)
        return () if answer is NOTHING else reading.plays(answer)

    async def liked_among(self, uris: Sequence[str], *, use: Use = Use.SYNC) -> set[str]:
        """Those of the songs that are liked; forty to a request."""
        liked: set[str] = set()
        for part in writing.chunks(uris, LIBRARY_URIS):
            query = {"uris": writing.joined(part)}
            request = Request("GET", "me/library/contains", "which songs are liked", query)
            liked |= reading.contained(await self._line.ask(request, use), part)
        return liked

    async def search(
        self, words: str, offset: int = 0, *, limit: int = SEARCH, use: Use = Use.INTERACTIVE
    ) -> Page[Song]:
        """A page of the songs that a search finds: `limit` of them, if this app may ask for so many."""
        limit = min(limit, self.capabilities.get("search_max") or PAGE)
        while True:
            query: dict[str, str | int] = {"q": words, "type": "track", "limit": limit, "offset": offset}
            try:
                answer = await self._line.ask(Request("GET", "search", "a search", query), use)
            except BadRequest:
                if limit <= SEARCH:
                    raise
                self.capabilities.set("search_max", limit := SEARCH)
                continue
            if limit > SEARCH and self.capabilities.get("search_max") is None:
                self.capabilities.set("search_max", PAGE)
            return reading.songs(answer, offset)

    async def create_playlist(
        self, name: str, description: str | None = None, public: bool = False
    ) -> Playlist:
        """Make an empty playlist."""
        return _found(reading.playlist(await self._write(writing.create(name, description, public))))

    async def change_playlist(
        self,
        playlist_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        public: bool | None = None,
        collaborative: bool | None = None,
    ) -> None:
        """Change what is said of a playlist; None leaves a thing as it is."""
        await self._write(
            writing.change(
                playlist_id, name=name, description=description, public=public, collaborative=collaborative
            )
        )

    async def unfollow(self, playlist_id: str) -> None:
        """Take a playlist out of the account's library; one of its own is thereby deleted."""
        await self._write(writing.unfollow(playlist_id))

    async def replace_items(self, playlist_id: str, uris: Sequence[str]) -> str | None:
        """Make these, a hundred at most, the only rows; the new snapshot. More are added by `add_items`."""
        return reading.snapshot(await self._write(writing.replace(playlist_id, uris)))

    async def add_items(
        self, playlist_id: str, uris: Sequence[str], position: int | None = None, *, rows: int | None = None
    ) -> str | None:
        """Put up to a hundred songs before the row at `position` (None: at the end); the new snapshot.

        `rows` is how many the playlist has: with it, more than 10,000 are refused before anything is sent.
        After ServiceTrouble with `sent` it may have been done: look before doing it again.
        """
        return reading.snapshot(await self._write(writing.add(playlist_id, uris, position, rows=rows)))

    async def remove_items(self, playlist_id: str, uris: Sequence[str], snapshot: str | None) -> str | None:
        """Take all rows of these songs, a hundred at most, out of the playlist; the new snapshot."""
        return reading.snapshot(await self._write(writing.remove(playlist_id, uris, snapshot)))

    async def move_items(self, playlist_id: str, start: int, before: int, length: int = 1) -> str | None:
        """Move `length` rows from `start` on to before the row that is now at `before`; the new snapshot.

        Local files and empty rows can be moved as well. After ServiceTrouble with `sent` it may have been
        done: look before doing it again.
        """
        return reading.snapshot(await self._write(writing.move(playlist_id, start, before, length)))

    async def like(self, uris: Sequence[str]) -> None:
        """Add songs to the liked ones; forty to a request."""
        for part in writing.chunks(uris, LIBRARY_URIS):
            await self._write(writing.like(part))

    async def unlike(self, uris: Sequence[str]) -> None:
        """Take songs out of the liked ones; forty to a request."""
        for part in writing.chunks(uris, LIBRARY_URIS):
            await self._write(writing.unlike(part))

    async def _page(self, path: str, about: str, offset: int, use: Use, **more: str) -> Any:
        query: dict[str, str | int] = {"limit": PAGE, "offset": offset, **more}
        return await self._line.ask(Request("GET", path, about, query), use)

    async def _write(self, request: Request) -> Any:
        return await self._line.ask(request, Use.WRITE)

    def _capabilities(self) -> Capabilities:
        return Capabilities(self._state, self._app, self._account_id, self._clock)


def _found(playlist: Playlist | None) -> Playlist:
    if playlist is None:
        raise ServiceTrouble("Spotify's answer for a playlist names no playlist.", sent=True)
    return playlist
