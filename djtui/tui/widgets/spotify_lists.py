"""The places that songs are in: the liked ones, every song that was met, and the account's playlists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from textual.message import Message

from djtui.library.songs import LIKED
from djtui.model.text import harmless
from djtui.tui import formats
from djtui.tui.widgets.rows import Row, Rows

if TYPE_CHECKING:
    from djtui.library.database import Library

UNREADABLE: Final = "unreadable"


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look for songs. `id` is the playlist's, LIKED, or None for every song.

    `read`: its songs are here. `total` is what Spotify's own list of playlists says.
    """

    id: int | None
    name: str
    count: int = 0
    total: int | None = None
    readable: bool = True
    read: bool = True
    owner: str | None = None

    @property
    def key(self) -> str:
        return "all" if self.id is None else f"list:{self.id}"

    def why_empty(self) -> str:
        """What stands there instead of songs, without a filter."""
        if not self.readable:
            whose = f"{self.owner}’s" if self.owner else "somebody else’s"
            songs = f" It has {formats.plural(self.total, 'song')}." if self.total else ""
            return (
                f"This playlist is {whose}: not readable. Spotify sends the songs of a playlist only to its "
                f"owner and to those who may change it.{songs} In Spotify, add them to one of your own."
            )
        if not self.read:
            return "This playlist has not been read yet: y syncs."
        if self.id is None or self.id == LIKED:
            return "No songs are here: y fetches them from Spotify."
        return "This playlist is empty."


FIRST: Final = Place(LIKED, "Liked")
EVERY: Final = Place(None, "All songs")


async def places(library: Library) -> list[Place]:
    """All of them, playlists in the account's order. Raises `LibraryError`."""
    counts = await library.fetchone(
        "SELECT (SELECT count(*) FROM spotify_like), (SELECT count(*) FROM spotify_track)"
    )
    rows = await library.fetchall(
        "SELECT id, name, owner, readable, total, items, items_generation FROM spotify_playlist"
        " ORDER BY position, id"
    )
    liked, every = (int(number) for number in counts) if counts else (0, 0)
    lists = (
        Place(
            row["id"],
            row["name"] or "without a name",
            row["items"],
            row["total"],
            bool(row["readable"]),
            row["items_generation"] is not None,
            row["owner"],
        )
        for row in rows
    )
    return [Place(FIRST.id, FIRST.name, liked), Place(EVERY.id, EVERY.name, every), *lists]


class SongLists(Rows):
    """The list. The table follows the cursor; enter goes into the songs."""

    class Chosen(Message):
        """The cursor came to a place; `enter`: the DJ wants to go into it."""

        def __init__(self, place: Place, *, enter: bool = False) -> None:
            super().__init__()
            self.place = place
            self.enter = enter

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.places: dict[str, Place] = {}

    def fill(self, found: list[Place]) -> None:
        """Show these."""
        self.places = {place.key: place for place in found}
        self.show(list(rows(found)))

    def on_rows_highlighted(self, event: Rows.Highlighted) -> None:
        event.stop()
        if self.has_focus and (place := self.places.get(str(event.row.key))):
            self.post_message(self.Chosen(place))

    def on_rows_selected(self, event: Rows.Selected) -> None:
        event.stop()
        if place := self.places.get(str(event.row.key)):
            self.post_message(self.Chosen(place, enter=True))


def rows(found: list[Place]) -> Iterator[Row]:
    for at, place in enumerate(found):
        if at == 2:
            yield Row(("group", "playlists"), ((" Playlists", "$quiet"),), live=False)
        indent = "   " if at >= 2 else " "
        style = "" if place.readable else "$quiet"
        yield Row(place.key, ((f"{indent}{harmless(place.name)}", style),), ((_right(place), "$quiet"),))


def _right(place: Place) -> str:
    if not place.readable:
        return UNREADABLE
    if not place.read:
        return f"… {formats.count(place.total)}" if place.total is not None else "…"
    return formats.count(place.count)
