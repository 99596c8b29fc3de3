"""A track in full: every field, every cue, every crate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from djtui.model import key as musical_keys
from djtui.model.cue import Cue, CueType
from djtui.model.track import COLORS
from djtui.tui import formats
from djtui.tui.screens.dialog import Lines
from djtui.tui.widgets.inspector import Details
from djtui.tui.widgets.rows import Row

_FIRST: Final = (
    "title", "artist", "mix", "remixer", "producer", "album", "albumartist", "track_number", "label",
    "catalogue", "genre", "year", "released", "bpm", "key", "key_text", "lufs", "energy", "rating", "color",
    "comment", "comment2", "duration", "format", "bitrate", "filesize", "added", "modified", "plays",
    "played",    "isrc", "missing", "path", "location", "kind",
)  # fmt: skip
_WIDTH: Final = 14


class TrackInFull(Lines[None]):
    """The dialog behind enter."""

    def __init__(self, details: Details, notation: musical_keys.Notation) -> None:
        super().__init__(details.name, list(rows(details, notation)))


def rows(details: Details, notation: musical_keys.Notation) -> Iterator[Row]:
    """The lines of the dialog: fields that are known, cues by time, crates."""
    cues = details.set_cues
    if cues:
        yield _heading(f"Cues  {len(cues)}")
        for number, cue in enumerate(cues):
            yield Row(("cue", number), _cue(cue))
    if grid := [cue for cue in details.cues if cue.type is CueType.GRID]:
        yield Row("grid", ((f" {'grid':<{_WIDTH}}", "$quiet"), (_grid(grid), "")))
    if details.crates:
        yield _heading("In")
        for name in details.crates:
            yield Row(("crate", name), ((f" {name}", ""),))
    yield _heading("Fields")
    for field in _FIRST:
        if text := _text(details, field, notation):
            yield Row(field, ((f" {field.replace('_', ' '):<{_WIDTH}}", "$quiet"), (text, "")))
    unknown = [field.replace("_", " ") for field in _FIRST if getattr(details.track, field) is None]
    if unknown:
        yield Row("unknown", ((f" {'unknown':<{_WIDTH}}", "$quiet"), (", ".join(unknown), "$quiet")))


def _heading(text: str) -> Row:
    return Row(("heading", text), ((f" {text}", "bold"),), live=False)


def _cue(cue: Cue) -> tuple[formats.Part, ...]:
    pad = str(cue.slot) if cue.slot is not None else " "
    name = cue.name if cue.name and cue.name != "n.n." else ""
    length = f"  {cue.length / 1000:.2f} s long" if cue.length else ""
    return (
        (f" {pad:>2} ", "$accent"),
        (f"{position(cue.start):>10}  ", ""),
        (f"{cue.type.word:<9}", "$quiet"),
        (name, ""),
        (length, "$quiet"),
    )


def position(milliseconds: float) -> str:
    """A place in a track: "1:04.250"."""
    minutes, rest = divmod(max(0.0, milliseconds) / 1000, 60)
    return f"{int(minutes)}:{rest:06.3f}"


def _grid(cues: list[Cue]) -> str:
    first = cues[0]
    tempo = f" at {first.grid_bpm:.2f} BPM" if first.grid_bpm else ""
    return f"{formats.plural(len(cues), 'marker')}, the first at {position(first.start)}{tempo}"


def _text(details: Details, field: str, notation: musical_keys.Notation) -> str:
    value = getattr(details.track, field)
    if value is None:
        return ""
    match field:
        case "key":
            return f"{musical_keys.spell(value, notation)} ({musical_keys.musical(value)})"
        case "duration":
            return formats.clock(value)
        case "bpm":
            return f"{value:.3f}".rstrip("0").rstrip(".")
        case "rating":
            return "★" * value or "0"
        case "color":
            return (COLORS[value] if value < len(COLORS) else None) or ""
        case "bitrate":
            return f"{value // 1000:,} kbit/s"
        case "filesize":
            return f"{value / 1e6:,.1f} MB"
        case "missing":
            return "yes: the file is not where it should be" if value else "no"
        case "kind":
            return "" if value == "track" else str(value)
    return str(value)
