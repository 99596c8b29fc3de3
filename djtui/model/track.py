"""A track: what the library knows of one recording in one file. Unknown is None."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final


@dataclass(frozen=True, slots=True)
class Track:
    """The columns of table `track`, in its order. Units: seconds, bit/s, bytes, LUFS, stars 0..5."""

    id: int
    revision: int
    bpm: float | None = None
    key: int | None = None
    rating: int | None = None
    duration: float | None = None
    year: int | None = None
    added: str | None = None
    plays: int | None = None
    played: str | None = None
    missing: bool | None = None
    cue_count: int = 0
    color: int | None = None
    energy: int | None = None
    lufs: float | None = None
    bitrate: int | None = None
    locked: bool | None = None
    analyzed: bool | None = None
    track_number: int | None = None
    filesize: int | None = None
    job_id: int | None = None
    released: str | None = None
    modified: str | None = None
    format: str | None = None
    kind: str = "track"
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    genre: str | None = None
    label: str | None = None
    remixer: str | None = None
    producer: str | None = None
    albumartist: str | None = None
    comment: str | None = None
    comment2: str | None = None
    mix: str | None = None
    catalogue: str | None = None
    isrc: str | None = None
    key_text: str | None = None
    path: str | None = None
    location: str | None = None


COLUMNS: Final = tuple(field.name for field in fields(Track))

# Folded into track_text; the first seven are what bare words are looked for in.
SEARCHED: Final = ("title", "artist", "album", "remixer", "label", "genre", "comment")
FOLDED: Final = (*SEARCHED, "producer", "albumartist", "comment2", "mix", "catalogue")

# What Traktor and the library may both edit. Everything else that Traktor says is a fact about the file.
SYNCED: Final = (
    "title", "artist", "album", "track_number", "genre", "label", "remixer", "producer", "comment",
    "comment2", "mix", "catalogue", "released", "rating", "color", "key", "key_text", "bpm", "locked",
    "plays", "played", "added", "cues",
)  # fmt: skip

COLORS: Final = (None, "red", "orange", "yellow", "green", "blue", "violet", "magenta")
