"""The columns that the table of tracks can have, and how their values read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from djtui.model.track import COLORS
from djtui.tui import formats
from djtui.tui.widgets.table_columns import TableColumn


def tempo(value: float | None, width: int) -> str:
    return "" if value is None else f"{value:.2f}"


def stars(value: int | None, width: int) -> str:
    """`★★★★`, or `4` where there is no room for five."""
    if not value:
        return ""
    return "★" * value if width >= 5 else str(value)


def playing_time(value: float | None, width: int) -> str:
    """`4:29`; a set's `1:02:03` as `1h02` where that does not fit."""
    text = formats.clock(value)
    return text if len(text) <= width else text.rpartition(":")[0].replace(":", "h")


def day(value: str | None, width: int) -> str:
    return "" if value is None else value[:10]


def decimal(value: float | None, width: int) -> str:
    return "" if value is None else f"{value:.1f}"


def kilobits(value: int | None, width: int) -> str:
    return "" if value is None else str(round(value / 1000))


def megabytes(value: int | None, width: int) -> str:
    return "" if value is None else f"{value / 1e6:.1f}"


def color(value: int | None, width: int) -> str:
    return (COLORS[value] or "") if value is not None and 0 <= value < len(COLORS) else ""


def yes(value: int | None, width: int) -> str:
    return "yes" if value else ""


def _number(field: str, label: str, width: int, priority: int, **options: Any) -> TableColumn:
    return TableColumn(field, label, width, align="right", priority=priority, **options)


def _text(field: str, label: str, width: int, priority: int, **options: Any) -> TableColumn:
    return TableColumn(field, label, width, min_width=8, priority=priority, **options)


TRACK_COLUMNS: Final[Mapping[str, TableColumn]] = {
    column.field: column
    for column in (
        TableColumn("title", "Title", 28, min_width=10, flex=3, priority=1),
        TableColumn("artist", "Artist", 18, min_width=8, flex=2, priority=2),
        _number("bpm", "BPM", 6, 3, format=tempo),
        _number("key", "Key", 3, 4),
        TableColumn("rating", "★★★★★", 5, min_width=1, priority=6, format=stars, short="★"),
        _number("duration", "Time", 5, 5, format=playing_time),
        _text("genre", "Genre", 12, 7),
        TableColumn("added", "Added", 10, priority=8, format=day),
        _text("label", "Label", 14, 9),
        _number("plays", "Plays", 5, 10),
        _text("album", "Album", 20, 11),
        _text("remixer", "Remixer", 14, 12),
        _number("year", "Year", 4, 13),
        _text("comment", "Comment", 24, 14),
        TableColumn("played", "Played", 10, priority=15, format=day),
        _number("cue_count", "Cues", 4, 16),
        _number("energy", "Energy", 6, 17),
        _number("lufs", "LUFS", 5, 18, format=decimal),
        _text("producer", "Producer", 14, 19),
        _text("albumartist", "Album artist", 14, 20),
        _text("mix", "Mix", 12, 21),
        _text("comment2", "Comment 2", 14, 22),
        _text("catalogue", "Catalogue", 10, 23),
        TableColumn("color", "Color", 7, priority=24, format=color),
        TableColumn("released", "Released", 10, priority=25, format=day),
        TableColumn("modified", "Modified", 10, priority=26, format=day),
        _number("bitrate", "kbit/s", 6, 27, format=kilobits),
        TableColumn("format", "Format", 6, priority=28),
        _number("filesize", "MB", 6, 29, format=megabytes),
        _number("track_number", "Track", 5, 30),
        TableColumn("kind", "Kind", 5, priority=31),
        TableColumn("locked", "Locked", 6, priority=32, format=yes),
        TableColumn("analyzed", "Analyzed", 8, priority=33, format=yes),
        TableColumn("isrc", "ISRC", 12, priority=34),
        TableColumn("key_text", "Key tag", 8, priority=35),
        _text("path", "Path", 40, 36),
        _text("location", "Location", 40, 37),
    )
}
DEFAULT_COLUMNS: Final = tuple(TRACK_COLUMNS)[:14]
