"""What this app may ask Spotify, found out by asking: read-only, at most ten requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from djtui.cli.spotify_shared import AN_APP, iso
from djtui.cli.spotify_status import MAY, worth
from djtui.jobs.job import JobError, TransientError
from djtui.model.text import harmless, plural
from djtui.spotify.budget import Use
from djtui.spotify.clock import WALL

if TYPE_CHECKING:
    from djtui.config import SpotifySettings
    from djtui.spotify.api import Spotify
    from djtui.spotify.capabilities import Capability
    from djtui.spotify.rows import Account, Playlist, Song

MOST: Final = 10
_WORDS: Final = "a"  # a search that finds something


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `ok` is false only where something is to be done about it."""

    name: str
    ok: bool
    detail: str


@dataclass(slots=True)
class Examined:
    """What was found, for the doctor."""

    checks: list[Check] = field(default_factory=list)
    requests: int = 0
    may: dict[str, Any] = field(default_factory=dict)


async def examine(settings: SpotifySettings) -> Examined:
    """Ask what can be asked, until something fails or ten requests are made."""
    from djtui.spotify.tokens import Tokens

    found = Examined()
    if not settings.client_id:
        found.checks.append(Check("app", False, AN_APP.format(port=settings.redirect_port).split("\n")[0]))
        return found
    found.checks.append(Check("app", True, f"client id {settings.client_id}"))
    tokens = Tokens(settings)
    signed_in, warning = tokens.signed_in(), tokens.warning(WALL.now())
    if signed_in is None:
        found.checks.append(Check("sign-in", False, "nobody is signed in: djtui spotify login"))
        return found
    ends = f"until about {signed_in.expires.astimezone():%-d %B %Y}"
    found.checks.append(Check("sign-in", warning is None, warning or ends))
    await _ask(settings, found)
    return found


async def _ask(settings: SpotifySettings, found: Examined) -> None:
    from djtui.spotify.api import Spotify

    try:
        port = Spotify.of(settings)
    except JobError as error:
        found.checks.append(Check("state", False, str(error)))
        return
    try:
        await _Round(port, settings, found.checks).ask()
        found.requests = port.requests
        known = port.capabilities.all()
        found.may = {name: {"value": it.value, "tested": iso(it.tested)} for name, it in known.items()}
        budget = port.gate.budget()
        of = f" of {budget.ceiling:,}" if budget.ceiling is not None else ""
        found.checks.append(
            Check(
                "requests",
                True,
                f"{plural(port.requests, 'request')} made for this; {budget.used:,}{of} in the last 24 hours",
            )
        )
    finally:
        await port.close()


class _Stop(Exception):
    """What comes after would fail too."""


class _Round:
    """One round of questions, each with its check."""

    def __init__(self, port: Spotify, settings: SpotifySettings, checks: list[Check]) -> None:
        self._port = port
        self._settings = settings
        self._checks = checks

    async def ask(self) -> None:
        """All of them, as far as ten requests go."""
        try:
            me = await self._account()
            song = await self._liked()
            await self._contents(await self._playlists(me))
            if song is not None:
                await self._artists_and_albums(song)
            await self._search()
            await self._plays()
        except _Stop:
            return

    async def _answer(self, name: str, question: Callable[[], Awaitable[str]], *, most: int = 1) -> None:
        """Ask one thing and note what came; `most` requests, or it is left. Raises `_Stop` on a limit."""
        from djtui.spotify.errors import NotFound, RateLimited, Refused, SignInNeeded

        if self._port.requests + most > MOST:
            self._checks.append(Check(name, True, f"not asked: {MOST} requests are enough"))
            return
        try:
            self._checks.append(Check(name, True, await question()))
        except (RateLimited, SignInNeeded, TransientError) as trouble:
            self._checks.append(Check(name, False, str(trouble)))
            raise _Stop from trouble
        except (Refused, NotFound, JobError) as trouble:
            self._checks.append(Check(name, False, str(trouble)))
            if isinstance(trouble, Refused) and trouble.kind in ("premium", "allowlist"):
                raise _Stop from trouble

    async def _account(self) -> Account:
        found: list[Account] = []

        async def asked() -> str:
            me = await self._port.me(use=Use.INTERACTIVE)
            found.append(me)
            product = f", {me.product}" if me.product else ""
            return harmless(f"{me.name or me.user_id}{product}")

        await self._answer("account", asked)
        if not found:
            raise _Stop
        return found[0]

    async def _liked(self) -> Song | None:
        first: list[Song] = []

        async def asked() -> str:
            page = await self._port.liked(0, use=Use.INTERACTIVE)
            first.extend(row.song for row in page.rows if row.song is not None and row.song.id)
            return plural(page.total, "song")

        await self._answer("liked songs", asked)
        return first[0] if first else None

    async def _playlists(self, me: Account) -> Playlist | None:
        own: list[Playlist] = []

        async def asked() -> str:
            page = await self._port.playlists(0, use=Use.INTERACTIVE)
            own.extend(it for it in page.rows if it.owner_id == me.user_id or it.collaborative)
            return f"{plural(page.total, 'playlist')}; {len(own):,} of the first {len(page.rows):,} readable"

        await self._answer("playlists", asked)
        return own[0] if own else None

    async def _contents(self, playlist: Playlist | None) -> None:
        if playlist is None:
            return

        async def asked() -> str:
            page = await self._port.items(playlist.id, 0, use=Use.INTERACTIVE)
            return harmless(f"{playlist.name or playlist.id}: {plural(page.total, 'row')}")

        await self._answer("contents", asked)

    async def _artists_and_albums(self, song: Song) -> None:
        artist = next((it.id for it in song.artists if it.id), None)
        album = song.album.id if song.album is not None else None
        if artist is not None:
            await self._several(
                "artists", "batch_artists", lambda: self._port.artists([artist], use=Use.INTERACTIVE)
            )
            await self._one("artist", "has_genres", lambda: self._port.artist(artist, use=Use.INTERACTIVE))
        if album:
            await self._several(
                "albums", "batch_albums", lambda: self._port.albums([album], use=Use.INTERACTIVE)
            )
            await self._one("album", "has_label", lambda: self._port.album(album, use=Use.INTERACTIVE))

    async def _several(self, name: str, capability: Capability, ask: Callable[[], Awaitable[Any]]) -> None:
        async def asked() -> str:
            await ask()
            return self._said(capability)

        await self._answer(name, asked)

    async def _one(self, name: str, capability: Capability, ask: Callable[[], Awaitable[Any]]) -> None:
        """What a single one shows, where several at once did not tell already."""

        async def asked() -> str:
            if self._port.capabilities.get(capability) is None:
                await ask()
            return self._said(capability)

        await self._answer(name, asked)

    async def _search(self) -> None:
        async def asked() -> str:
            page = await self._port.search(_WORDS, use=Use.INTERACTIVE)
            return f"{plural(len(page.rows), 'song')} a page"

        await self._answer("search", asked)

    async def _plays(self) -> None:
        if not self._settings.plays:
            return

        async def asked() -> str:
            return f"{plural(len(await self._port.plays(use=Use.INTERACTIVE)), 'song')} played lately"

        await self._answer("plays", asked)

    def _said(self, capability: Capability) -> str:
        value = self._port.capabilities.get(capability)
        told = "not known, the answer came from the cache" if value is None else worth(capability, value)
        return f"{MAY[capability]}: {told}"
