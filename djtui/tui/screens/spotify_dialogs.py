"""Dialogs of the Spotify view: what the last sync changed, and all that is known of account, app and cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from djtui.tui import formats
from djtui.tui.formats import Part
from djtui.tui.screens.dialog import Lines
from djtui.tui.widgets.rows import Row

if TYPE_CHECKING:
    import sqlite3

    from djtui.library.database import Reader

SHOWN: Final = 2000
_SIGNS: Final = {
    "liked": ("+", "$success", "liked"),
    "unliked": ("-", "$warning", "no longer liked"),
    "added": ("+", "$success", "added to"),
    "removed": ("-", "$warning", "removed from"),
    "playlist": ("+", "$success", "new playlist"),
    "playlist gone": ("-", "$warning", "playlist gone"),
    "renamed": ("·", "$accent", "renamed"),
}


class Changed(Lines[None]):
    """What the last sync that changed anything changed."""


async def changed(reader: Reader) -> Changed:
    """The dialog with what there is to say. Raises `LibraryError`."""
    rows = await reader.fetchall(
        "SELECT change.*, title, artist FROM spotify_change AS change"
        " LEFT JOIN spotify_track AS song ON song.id = change.track_id"
        " WHERE job_id = (SELECT max(job_id) FROM spotify_change) ORDER BY change.id LIMIT ?",
        (SHOWN,),
    )
    at = f" · {formats.moment(rows[0]['at']).strip()}" if rows else ""
    empty = "No sync has changed anything yet: the first one only fills the library."
    return Changed(f"What the last sync changed{at}", list(map(_change, rows)), empty=empty)


def _change(row: sqlite3.Row) -> Row:
    sign, style, what = _SIGNS.get(row["kind"], ("·", "$quiet", row["kind"]))
    playlist = row["playlist"] or ""
    if row["track_id"] is None:
        name: list[Part] = [(playlist or row["detail"] or "without a name", "")]
        right = row["detail"] if playlist and row["detail"] else ""
    else:
        name = [(row["title"] or "without a title", ""), (f" · {row['artist']}" if row["artist"] else "", "$quiet")]
        right = playlist
    left: list[Part] = [(f" {sign} ", style), (f"{what:<16} ", "$quiet"), *name]
    return Row(row["id"], left, ((formats.cut(right, 32), "$quiet"),))


def headed(title: str, facts: Sequence[tuple[str, str]]) -> Iterator[Row]:
    """A heading, and a line for each fact that there is."""
    said = [(name, value) for name, value in facts if value]
    if said:
        yield Row(("heading", title), ((f" {title}", "bold"),), live=False)
    for name, value in said:
        yield Row((title, name), ((f"   {name:<22} ", "$quiet"), (value, "")))


def _sure(value: Any) -> str:
    return {True: "yes", False: "no", None: "not asked yet"}.get(value, str(value))
