"""Asking for songs in the Spotify view, and showing what comes: rows, counts, the song at the cursor."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from typing import Final

from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import DataTable, Static

from djtui.library import live
from djtui.library.live import Answer, Searches, Unknown
from djtui.library.songs import LIKED, songs_connection
from djtui.library.view import Condition, Listing, conditions
from djtui.library.view import View as Wanted
from djtui.model.text import harmless
from djtui.tui.asking import NATURAL, order_of
from djtui.tui.screens.view import View
from djtui.tui.widgets import spotify_song
from djtui.tui.widgets.edge import Edge
from djtui.tui.widgets.filter_bar import FilterBar
from djtui.tui.widgets.spotify_lists import FIRST, Place
from djtui.tui.widgets.spotify_song import Song, SongLines
from djtui.tui.widgets.spotify_table import SONG_COLUMNS, SongTable

REST_S: Final = 0.06
SORTS: Final = (
    *SONG_COLUMNS, "year", "rating", "genre", "popularity", "artist_popularity", "followers", "explicit",
    "liked",
)  # fmt: skip
OWNED_FIRST: Final = "CASE WHEN track.id IN (SELECT id FROM owned_track) THEN 0 ELSE 1 END"
_NAMES: Final = {"added": "liked on"}


@dataclass
class SongsAnswered(Message):
    """The listing thread has an answer."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class SongQuestion:
    """What the table is asked to show. `sort` is the name of a field."""

    place: Place = FIRST
    filter: str = ""
    sort: str = NATURAL
    reverse: bool = False

    def view(self) -> Wanted:
        """The view. Raises `QueryError` for a filter with a mistake in it."""
        where: tuple[Condition, ...] = ()
        if self.filter.strip():
            from djtui.query import parse

            where = conditions(parse(self.filter), indexed=False)
        order = OWNED_FIRST if self.sort == "owned" else order_of(self.sort)
        return Wanted(playlist=self.place.id, where=where, order=order, reverse=self.reverse)

    def why_nothing(self, unknown: int) -> list[str]:
        """What to say when there is no song; `unknown` might pass the filter, if more were known of them."""
        if self.filter.strip() and self.place.readable and self.place.read:
            more = [f"{unknown:,} might, if more were known of them."] if unknown else []
            return ["No song passes this filter. Esc clears it.", *more]
        return [self.place.why_empty()]


class Songs(View):
    """The part of the Spotify view that lists songs."""

    def __init__(self) -> None:
        super().__init__()
        self.question = SongQuestion()
        self.songs: sqlite3.Connection | None = None
        self._feed: live.TrackFeed | None = None
        self._wanted: Wanted | None = None
        self._count = 0
        self._total = 0
        self._unknown = 0
        self._place = ""
        self._fresh = True
        self._searches: Searches | None = None
        self._rest: Timer | None = None

    @property
    def table(self) -> SongTable:
        return self.query_one(SongTable)

    # -- asking -----------------------------------------------------------------------------------

    def open_songs(self) -> sqlite3.Connection:
        """The connection that rows are read from: opened once, in a millisecond or two."""
        if self.songs is None:
            self.songs = songs_connection(self.djtui.library_path)
        return self.songs

    def begin_asking(self) -> None:
        """From now on a thread lists what is asked for."""
        self._feed = live.TrackFeed(self.open_songs())
        connection = songs_connection(self.djtui.library_path)
        self._searches = Searches(connection, lambda answer: self.post_message(SongsAnswered(answer)))
        self._ask()

    def songs_changed(self) -> None:
        """The library changed: read the rows that did anew, and list anew when the turn comes."""
        changes = self._feed.poll() if self._feed else None
        if changes is not None and self._searches:
            self.table.refresh_tracks()  # a song changes with the track that it is linked to
            self._searches.changed()
            self._inspect_soon()

    def close(self) -> None:
        if self._searches:
            self._searches.close()
        if self.songs is not None:
            self.songs.close()

    def ask(self, question: SongQuestion) -> None:
        """Show what this question asks for."""
        if question.place.key != self.question.place.key:
            question = replace(question, sort=NATURAL, reverse=False)
            self._fresh = True
        self.question = question
        self.table.show_sorted(question.sort or None, question.reverse)
        self.query_one("#songs").border_title = Content(harmless(question.place.name))
        self._ask()

    def _ask(self) -> None:
        wanted = self.query_one(FilterBar).view_of(self.question)
        if wanted is None:
            return
        self._wanted = wanted
        if self._searches:
            self._searches.show(wanted)

    # -- showing ----------------------------------------------------------------------------------

    def on_songs_answered(self, message: SongsAnswered) -> None:
        answer = message.answer
        if answer.view != self._wanted:
            return
        if isinstance(answer, Listing):
            self._take(answer)
        elif isinstance(answer, Unknown):
            self._unknown = answer.count
            self._say_counts()
        else:
            self.query_one(FilterBar).point_at(0, len(self.question.filter), answer.reason)

    def _take(self, listing: Listing) -> None:
        table = self.table
        self._count, self._total = len(listing.ids), listing.total
        here = table.cursor_track_id
        lost = self._fresh and (here is None or live.find(listing.ids, here) is None)
        table.show(listing.ids, top=lost)
        self._fresh, self._unknown = False, 0
        self._say_counts()
        self._inspect_soon()

    def _say_counts(self) -> None:
        count = f"{self._count:,}"
        if self._unknown:
            count += f" · +{self._unknown:,} unknown"
        self.query_one(FilterBar).say_count(count)
        nothing = self._count == 0
        self.set_class(nothing, "-nothing")
        if nothing:
            said = "\n".join(harmless(line) for line in self.question.why_nothing(self._unknown))
            self.query_one("#nothing", Static).update(Content(said))
        self._say_position()

    def _say_position(self) -> None:
        question = self.question
        arrow = "↓" if question.reverse else "↑"
        name = _NAMES.get(question.sort, question.sort)
        sort = f"sort {name} {arrow}" if question.sort else ("reversed" if question.reverse else "")
        total = f" of {self._total:,}" if self._total > self._count else ""
        self._place = f"{min(self.table.cursor_row + 1, self._count):,} / {self._count:,}"
        empty = self.has_class("-new")
        self.query_one(Edge).say("" if empty else sort, "" if empty else self._place + total)
        self.refresh_position()

    # -- the song under the cursor ----------------------------------------------------------------

    def on_track_table_track_highlighted(self) -> None:
        self._say_position()
        self._inspect_soon()

    def _inspect_soon(self) -> None:
        """Look at the song when the cursor rests: not at each one that it passes."""
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST_S, self._inspect)

    def _inspect(self) -> None:
        self.query_one(SongLines).show(self.song)

    @property
    def song(self) -> Song | None:
        """The song under the cursor, read now."""
        id = self.table.cursor_track_id
        return None if id is None else spotify_song.read(self.open_songs(), id)

    # -- sorting ----------------------------------------------------------------------------------

    def action_sort(self) -> None:
        from djtui.query.fields import FIELDS
        from djtui.tui.screens.dialog import Picker, plain

        first = {LIKED: "newest first", None: "order of arrival"}.get(
            self.question.place.id, "playlist order"
        )
        fields = (FIELDS[name] for name in SORTS)
        rows = [
            plain("-", f"{first:<18}"),
            *(
                plain(field.name, f"{_NAMES.get(field.name, field.name):<18} {field.help}")
                for field in fields
            ),
        ]
        self.djtui.push_screen(Picker("Sort by", rows, cursor=self.question.sort or "-"), self._sort_by)

    def _sort_by(self, field: str | None) -> None:
        if field is not None:
            field = NATURAL if field == "-" else field
            reverse = field == self.question.sort and bool(field) and not self.question.reverse
            self.ask(replace(self.question, sort=field, reverse=reverse))

    def action_reverse(self) -> None:
        self.ask(replace(self.question, reverse=not self.question.reverse))

    def on_data_table_header_selected(self, message: DataTable.HeaderSelected) -> None:
        self._sort_by(str(message.column_key.value))
