"""Artists, albums and tracks by their ids: from the cache, several at a time where the app may, or singly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from djtui.spotify import reading, writing
from djtui.spotify.errors import NotFound, Refused, ServiceTrouble
from djtui.spotify.request import NOTHING, Request
from djtui.spotify.rows import ALBUMS, ARTISTS, TRACKS, Album, Artist, Song

if TYPE_CHECKING:
    from djtui.spotify.cache import Cache, Entry, Kind
    from djtui.spotify.capabilities import Capabilities, Capability
    from djtui.spotify.gate import Use
    from djtui.spotify.line import Line

Thing = TypeVar("Thing", Artist, Album, Song)


@dataclass(frozen=True, slots=True)
class Sort(Generic[Thing]):
    """A sort of thing that has an id."""

    kind: Kind
    path: str  # and the name of the list in the answer for several
    batch: Capability
    limit: int  # ids to a request
    read: Callable[[Any], Thing | None]
    shows: Mapping[Capability, str] = field(default_factory=dict)  # what a field's presence says of the app


ARTIST: Final = Sort(
    "artist",
    "artists",
    "batch_artists",
    ARTISTS,
    reading.artist,
    {"has_genres": "genres", "has_popularity": "popularity"},
)
ALBUM: Final = Sort("album", "albums", "batch_albums", ALBUMS, reading.album, {"has_label": "label"})
TRACK: Final = Sort("track", "tracks", "batch_tracks", TRACKS, reading.song)


class Things:
    """What is asked for by id, and the cache in front of it. `cached` counts what needed no sending."""

    def __init__(
        self, line: Line, cache: Cache, capabilities: Capabilities, told: Callable[[str], None] | None
    ) -> None:
        self.capabilities = capabilities
        self.cached = 0
        self._line = line
        self._cache = cache
        self._told = told
        self._last_note: str | None = None

    async def several(
        self, sort: Sort[Thing], ids: Iterable[str], use: Use
    ) -> dict[str, Thing | None] | None:
        """All of them by id; None for all where this app may not ask for several."""
        if self.capabilities.get(sort.batch) == 0:
            return None
        wanted = tuple(dict.fromkeys(ids))
        found = {asked: None for asked in wanted if not writing.is_id(asked)} | await self.kept(
            sort.kind, [asked for asked in wanted if writing.is_id(asked)], batch=sort.limit
        )
        for part in writing.chunks([asked for asked in wanted if asked not in found], sort.limit):
            request = Request("GET", sort.path, f"several {sort.path}", {"ids": ",".join(part)})
            answer = await self.probed(sort.batch, request, use)
            if answer is NOTHING:
                return None
            came = reading.several(answer, sort.path, part)
            found |= await self._taken(sort, came)
        return {asked: _thing(sort, asked, found[asked]) for asked in wanted}

    async def single(self, sort: Sort[Thing], asked: str, use: Use) -> Thing | None:
        """One of them; None if Spotify has it not."""
        path = f"{sort.path}/{writing.checked_id(asked, f'one of the {sort.path}')}"
        found = await self.kept(sort.kind, [asked])
        if asked not in found:
            try:
                answer = await self._line.ask(Request("GET", path, f"one of the {sort.path}"), use)
            except NotFound:
                answer = None
            else:
                if sort.read(answer) is None:
                    raise ServiceTrouble(f"Spotify's answer for one of the {sort.path} cannot be used.")
            found = await self._taken(sort, {asked: answer})
        return _thing(sort, asked, found[asked])

    async def probed(self, name: Capability, request: Request, use: Use) -> Any:
        """The answer, or NOTHING if Spotify took this away from the app; which is remembered."""
        try:
            answer = await self._line.ask(request, use)
        except (NotFound, Refused) as trouble:
            if isinstance(trouble, NotFound):
                await self._line.me(use)  # raises where it is not this request alone that fails
            if self.capabilities.learn(name, trouble) is None:
                raise
            return NOTHING
        if self.capabilities.get(name) is None:
            self.capabilities.learn(name, None)
        return answer

    async def kept(self, kind: Kind, ids: Sequence[str], *, batch: int = 1) -> dict[str, Entry]:
        """What the cache has."""
        if not ids:
            return {}
        found = await self._line.beside(lambda: self._cache.get(kind, ids, batch=batch))
        self.cached += len(found)
        self._tell()
        return found

    async def keep(self, kind: Kind, entries: Mapping[str, Entry]) -> None:
        """Have the cache keep these for as long as the settings say."""
        await self._line.beside(lambda: self._cache.put(kind, entries))
        self._tell()

    async def _taken(self, sort: Sort[Thing], came: Mapping[str, Any]) -> dict[str, Entry]:
        """What came, as it is kept. Where it cannot be read there is none."""
        entries = {
            asked: reading.slim(answer) if sort.read(answer) is not None else None
            for asked, answer in came.items()
        }
        await self.keep(sort.kind, entries)
        present = [entry for entry in entries.values() if entry is not None]
        for name, shown in sort.shows.items() if present else ():
            has = int(any(shown in entry for entry in present))
            if self.capabilities.get(name) != has:
                self.capabilities.set(name, has)
        return entries

    def _tell(self) -> None:
        note = self._cache.note
        if note is not None and note != self._last_note and self._told is not None:
            self._told(note)
        self._last_note = note


def _thing(sort: Sort[Thing], asked: str, entry: Entry) -> Thing | None:
    return None if entry is None else reading.known_as(asked, sort.read(entry))
