"""The table of Spotify's songs: the tracks' table, over what Spotify says."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

from textual import events
from textual.binding import BindingType

from djtui.library.live import TrackRows
from djtui.model.key import Notation
from djtui.model.track import COLUMNS
from djtui.tui.widgets.table_columns import TableColumn
from djtui.tui.widgets.track_columns import TRACK_COLUMNS
from djtui.tui.widgets.track_table import MISSING, TrackTable
from djtui.tui.widgets.virtual_table import VirtualDataTable

OWNED: Final = "✓"
_HAS: Final = "owned"  # a field of the filter language, and no column of a track


def has(value: int | None, width: int) -> str:
    """Whether the library has the song."""
    return OWNED if value else ""


_SPECIAL: Final = {
    _HAS: TableColumn(_HAS, "Have", 4, priority=3, format=has),
    "added": replace(TRACK_COLUMNS["added"], label="Liked", priority=6),
    "released": replace(TRACK_COLUMNS["released"], min_width=4, priority=7),
    "duration": replace(TRACK_COLUMNS["duration"], priority=4),
    "title": replace(TRACK_COLUMNS["title"], width=20),
    "artist": replace(TRACK_COLUMNS["artist"], width=14),
    "album": replace(TRACK_COLUMNS["album"], width=14, flex=2, priority=5),
}
SONG_FIELDS: Final = (
    "title", "artist", _HAS, "duration", "album", "added", "released", "bpm", "key", "label", "isrc",
)  # fmt: skip
_LATER: Final = {"bpm": 8, "key": 9, "label": 10, "isrc": 11}
SONG_COLUMNS: Final[Mapping[str, TableColumn]] = {
    name: _SPECIAL.get(name) or replace(TRACK_COLUMNS[name], priority=_LATER.get(name, at + 1))
    for at, name in enumerate(SONG_FIELDS)
}


class SongRows(TrackRows):
    """Rows of songs, read from a connection for songs (`library.songs`)."""

    def __init__(self, connection: sqlite3.Connection, fields: Sequence[str]) -> None:
        super().__init__(connection, [field for field in fields if field in COLUMNS])
        values = (_OWNED_SQL if field == _HAS else field for field in fields)
        self._sql = f"SELECT id, {', '.join(values)} FROM track WHERE id IN (SELECT value FROM json_each(?))"


_OWNED_SQL: Final = "track.id IN (SELECT id FROM owned_track)"


class SongTable(TrackTable, inherit_bindings=False):
    """Songs, by their numbers. Nothing is done to several of them, so that there are no marks."""

    BINDINGS: ClassVar[list[BindingType]] = VirtualDataTable.BINDINGS

    def __init__(self, connection: sqlite3.Connection, *, notation: Notation, **options: Any) -> None:
        super().__init__(connection, SONG_FIELDS, notation=notation, **options)

    def _columns(self, names: Sequence[str]) -> list[TableColumn]:
        columns = (SONG_COLUMNS[name] for name in names)
        return [self._spelt(column) if column.field == "key" else column for column in columns]

    def _rows_of(self, columns: Sequence[TableColumn]) -> TrackRows:
        return SongRows(self._connection, [*(column.field for column in columns), "missing"])

    def row_look(self, index: int, row: Sequence[Any]) -> tuple[str, Mapping[str, str]]:
        return "", {_HAS: "tracktable--lost" if row[-1] else "tracktable--mark"}

    def cell_text(self, index: int, row: Sequence[Any], column: TableColumn, value: Any, width: int) -> str:
        if column.field == _HAS and row[-1]:
            return MISSING
        return column.format(value, width)

    async def _on_click(self, event: events.Click) -> None:
        await VirtualDataTable._on_click(self, event)  # and not the tracks', which sets marks
