"""What is known of one track: read at once for the pane below the table, and in full for its dialog."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from djtui.library import analyses, sources
from djtui.library.analyses import Heard
from djtui.library.sources import Source
from djtui.model.cue import Cue, CueType
from djtui.model.track import COLUMNS, Track

if TYPE_CHECKING:
    from djtui.library.differences import Difference

NAME: Final = "name"
"""The name of the file, among the fields that wait."""


@dataclass(frozen=True, slots=True)
class Details:
    """All that is shown of one track.

    `waiting` are the fields that wait for export to Traktor, with what Traktor has; `new`: the track itself
    is not there yet. `nights` are the last days on which it was played. `heard` is its analysis, `waveform`
    1,200 columns of three bytes, `sources` where each of its values came from.
    """

    track: Track
    cues: tuple[Cue, ...]
    crates: tuple[str, ...]
    waiting: Mapping[str, Any] = field(default_factory=dict)
    new: bool = False
    conflicts: int = 0
    nights: tuple[str, ...] = ()
    heard: Heard | None = None
    waveform: bytes = b""
    sources: Mapping[str, Source] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Title and artist, or the file's name."""
        track = self.track
        title = track.title or (track.path or track.location or f"track {track.id}").rpartition("/")[2]
        return f"{title} · {track.artist}" if track.artist else title

    @property
    def set_cues(self) -> list[Cue]:
        """The cues without the grid markers, in order of time."""
        return sorted((cue for cue in self.cues if cue.type is not CueType.GRID), key=lambda cue: cue.start)

    def is_heard(self, field: str) -> bool:
        """Whether a field has its value from the analysis; of the cues, whether the beat grid does."""
        source = self.sources.get(sources.GRID if field == "cues" else field)
        return source is not None and source.origin == "analysis"

    @property
    def differences(self) -> list[Difference]:
        """Where the analysis hears something else than stands here, but for what the DJ has left so."""
        from djtui.library.differences import Difference, is_same, key_kind, tempo_kind

        track, heard = self.track, self.heard
        if heard is None:
            return []
        found = []
        if heard.bpm is not None and not track.locked and not is_same("bpm", track.bpm, heard.bpm):
            kind, sure = tempo_kind(track.bpm, heard.bpm), heard.bpm_confidence or 0.0
            found.append(Difference(track.id, self.name, "bpm", track.bpm, heard.bpm, sure, kind))
        if heard.key is not None and track.key != heard.key:
            kind, sure = key_kind(track.key, heard.key), heard.key_confidence or 0.0
            found.append(Difference(track.id, self.name, "key", track.key, heard.key, sure, kind))
        return [each for each in found if each.field not in heard.dismissed]


def read(connection: sqlite3.Connection, id: int) -> Details | None:
    """A track with its cues, crates and analysis, or None; takes well under a millisecond."""
    row = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM track WHERE id = ?", (id,)).fetchone()
    if row is None:
        return None
    cues = [tuple(cue) for cue in connection.execute(_CUES, (id,))]
    crates = connection.execute(_CRATES, (id,))
    nights = connection.execute(_NIGHTS, (id,))
    rows = connection.execute("SELECT field, traktor FROM conflict WHERE track_id = ?", (id,))
    conflicts = {name: json.loads(value or "null") for name, value in rows}
    image = dict(row) | {"cues": [list(cue) for cue in cues] or None}
    waiting, new = _waiting(connection, image, conflicts)
    heard, waveform = analyses.read(connection, id)
    return Details(
        Track(*row),
        tuple(Cue(CueType(cue[0]), *cue[1:]) for cue in cues),
        tuple(f"{folder}/{name}" if folder else name for _, name, folder in crates),
        waiting,
        new,
        len(conflicts),
        tuple(day for (day,) in nights),
        heard,
        waveform,
        sources.read(connection, image, heard),
    )


def _waiting(
    connection: sqlite3.Connection, image: Mapping[str, Any], conflicts: Mapping[str, Any]
) -> tuple[Mapping[str, Any], bool]:
    """The fields that Traktor's collection does not have yet, with what it has; and if it lacks the track."""
    entries = connection.execute(_ENTRIES, {"id": image["id"]}).fetchall()
    if not entries:
        return {}, False
    found = _other_names([key for _, _, key in entries if key])
    bases = [json.loads(base) for _, base, _ in entries if base]
    if not bases:
        file = image["missing"] == 0 and image["path"] and image["kind"] != "set"
        return found, bool(file and not any(known for known, _, _ in entries))
    from djtui.traktor.pending import differences

    for base in bases:
        found |= {name: old for name, (old, _) in differences(base, image, conflicts).items()}
    return found, False


def _other_names(keys: Sequence[str]) -> dict[str, Any]:
    """NAME with the path that Traktor has, where that is not the file's."""
    if not keys:
        return {}
    from djtui.traktor.location import portable

    return {NAME: portable(keys[0])}


_CUES: Final = (
    "SELECT type, start, length, slot, name, repeats, grid_bpm, color FROM cue WHERE track_id = ?"
    " ORDER BY position"
)
_CRATES: Final = (
    "SELECT DISTINCT playlist.id, playlist.name, above.name FROM playlist_item"
    " JOIN playlist ON playlist.id = playlist_id LEFT JOIN playlist AS above ON above.id = playlist.parent_id"
    " WHERE track_id = ? ORDER BY playlist.id LIMIT 12"
)
_NIGHTS: Final = (
    "SELECT DISTINCT substr(ifnull(at, started), 1, 10) AS day FROM play JOIN night ON night.id = night_id"
    " WHERE track_id = ? AND public IS NOT 0 AND day IS NOT NULL ORDER BY day DESC LIMIT 3"
)
# A collection that is linked, and what the library remembers of the track in it: a row a collection. The key
# only where the file is called otherwise now.
_ENTRIES: Final = (
    "SELECT entry.id AS known, CASE WHEN entry.gone THEN NULL ELSE entry.base END AS base,"
    " CASE WHEN entry.moved IS NOT NULL AND NOT entry.gone THEN entry.key END AS key"
    " FROM nml_file AS file LEFT JOIN nml_entry AS entry"
    " ON entry.file_id = file.id AND entry.track_id = :id WHERE file.role = 'collection'"
)
