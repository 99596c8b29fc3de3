"""A track in full: every field, every cue, every crate, what waits for Traktor, and when it was played."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from djtui.bridge.touched_words import value_text
from djtui.library import typed
from djtui.model import key as musical_keys
from djtui.model.cue import Cue, CueType
from djtui.tui import environment, formats
from djtui.tui.details import Details
from djtui.tui.screens.dialog import Lines
from djtui.tui.screens.heard import analysis_rows
from djtui.tui.swatch import swatch
from djtui.tui.widgets.rows import Row

if TYPE_CHECKING:
    from djtui.library.database import Library
    from djtui.library.nights import TrackPlay
    from djtui.traktor.conflicts import Conflict

_FIRST: Final = (
    "title", "artist", "mix", "remixer", "producer", "album", "albumartist", "track_number", "label",
    "catalogue", "genre", "year", "released", "bpm", "key", "key_text", "lufs", "energy", "rating", "color",
    "comment", "comment2", "duration", "format", "bitrate", "filesize", "added", "modified", "plays",
    "played", "isrc", "locked", "missing", "path", "location", "kind",
)  # fmt: skip
_WIDTH: Final = 14
PLAYS: Final = 50


class More(NamedTuple):
    """What takes longer to find than the rest."""

    plays: Sequence[TrackPlay] = ()
    conflicts: Sequence[Conflict] = ()


async def more_of(library: Library, details: Details) -> More:
    """The plays and the conflicts of a track. Raises `LibraryError`."""
    from djtui.library import nights

    plays = await nights.plays_of_track(library, details.track.id, PLAYS)
    if not details.conflicts:
        return More(plays)
    await environment.loaded("djtui.traktor.conflicts")
    from djtui.traktor.conflicts import conflicts

    rows = await library.fetchall("SELECT id FROM conflict WHERE track_id = ?", (details.track.id,))
    return More(plays, await conflicts(library, [row["id"] for row in rows]))


class TrackInFull(Lines[None]):
    """The dialog behind enter."""

    def __init__(self, details: Details, more: More, notation: musical_keys.Notation) -> None:
        super().__init__(details.name, list(rows(details, more, notation)))


def rows(details: Details, more: More, notation: musical_keys.Notation) -> Iterator[Row]:
    """The lines of the dialog: what is to settle and to export, cues by time, crates, plays, fields."""
    yield from _traktor(details, more)
    cues = details.set_cues
    if cues:
        yield _heading(f"Cues  {len(cues)}")
        for number, cue in enumerate(cues):
            yield Row(("cue", number), _cue(cue))
    if grid := [cue for cue in details.cues if cue.type is CueType.GRID]:
        yield Row("grid", ((f" {'grid':<{_WIDTH}}", "$quiet"), (_grid(grid), "")))
    if details.heard is not None:
        yield _heading("Analysis")
        yield from analysis_rows(details.heard, notation)
    if details.crates:
        yield _heading("In")
        for name in details.crates:
            yield Row(("crate", name), ((f" {name}", ""),))
    if more.plays:
        yield _heading("Played")
        for number, play in enumerate(more.plays):
            yield Row(("play", number), _play(play))
    yield _heading("Fields")
    for field in _FIRST:
        if parts := _text(details, field, notation):
            yield Row(field, ((f" {formats.label(field):<{_WIDTH}}", "$quiet"), *parts))
    unknown = [formats.label(field) for field in _FIRST if getattr(details.track, field) is None]
    if unknown:
        yield Row("unknown", ((f" {'unknown':<{_WIDTH}}", "$quiet"), (", ".join(unknown), "$quiet")))


def _traktor(details: Details, more: More) -> Iterator[Row]:
    if more.conflicts:
        yield _heading("To settle in the Traktor view (3)")
    for conflict in more.conflicts:
        sides = f"here {conflict.shown('library')}   in Traktor {conflict.shown('traktor')}"
        yield Row(("conflict", conflict.id), ((f" {conflict.label:<{_WIDTH}}", "$warning"), (sides, "")))
    if details.waiting or details.new:
        yield _heading("Not yet in Traktor")
    if details.new:
        yield Row("new", ((" the track itself: it is new", ""),))
    for field, was in details.waiting.items():
        left = (f" {formats.label(field):<{_WIDTH}}", "$accent")
        theirs = "nothing" if was is None else value_text(field, was)
        yield Row(("waits", field), (left, ("Traktor has ", "$quiet"), (theirs, "")))


def _play(play: TrackPlay) -> tuple[formats.Part, ...]:
    at = (play.at or play.night)[:16].replace("T", " ")
    deck = f"deck {play.deck}" if play.deck else ""
    length = formats.clock(play.duration) if play.duration else ""
    cued = "  only cued" if play.public is False else ""
    return ((f" {at:<18}", ""), (f"{deck:<8}{length:>6}{cued}", "$quiet"))


def _heading(text: str) -> Row:
    return Row(("heading", text), ((f" {text}", "bold"),), live=False)


def _cue(cue: Cue) -> tuple[formats.Part, ...]:
    pad = str(cue.slot) if cue.slot is not None else " "
    name = cue.name if cue.name and cue.name != "n.n." else ""
    length = f"  {cue.length / 1000:.2f} s long" if cue.length else ""
    return (
        (f" {pad:>2} ", "$accent"),
        (f"{typed.clock(cue.start):>10}  ", ""),
        (f"{cue.type.word:<9}", "$quiet"),
        (name, ""),
        (length, "$quiet"),
    )


def _grid(cues: list[Cue]) -> str:
    first = cues[0]
    tempo = f" at {first.grid_bpm:.2f} BPM" if first.grid_bpm else ""
    return f"{formats.plural(len(cues), 'marker')}, the first at {typed.clock(first.start)}{tempo}"


def _text(details: Details, field: str, notation: musical_keys.Notation) -> Sequence[formats.Part]:
    value = getattr(details.track, field)
    if value is None or (field == "kind" and value == "track"):
        return ()
    if field == "color":
        return swatch(value)
    return ((_plain(field, value, notation), ""),)


def _plain(field: str, value: Any, notation: musical_keys.Notation) -> str:
    match field:
        case "key":
            return f"{musical_keys.spell(value, notation)} ({musical_keys.musical(value)})"
        case "duration":
            return formats.clock(value)
        case "rating":
            return "★" * value or "0"
        case "bitrate":
            return f"{value // 1000:,} kbit/s"
        case "filesize":
            return f"{value / 1e6:,.1f} MB"
        case "missing":
            return "yes: the file is not where it should be" if value else "no"
    return typed.show(field, value)
