"""How a track sounds, in two lines: the values, and where each of them came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from djtui.library.sources import GRID
from djtui.model import key as musical_keys
from djtui.tui import formats
from djtui.tui.details import Details
from djtui.tui.formats import Part
from djtui.tui.swatch import swatch

if TYPE_CHECKING:
    from djtui.library.differences import Difference

STEADINESS: Final = {"drifting": "tempo drifts", "changing": "tempo changes"}

_WITH_ORIGIN: Final = ("bpm", "key", GRID)
_DETUNED: Final = 8  # cents that a DJ who mixes in key hears


def sound(details: Details, notation: musical_keys.Notation) -> list[Part]:
    """What it sounds like: tempo, key, loudness, energy, tuning, format; and what a DJ did with it."""
    track, heard = details.track, details.heard
    parts: list[Part] = []
    if track.bpm is not None:
        parts += [(f"{track.bpm:.2f}", ""), (" BPM   ", "$quiet")]
    if heard is not None and heard.steadiness in STEADINESS:
        parts += [(f"{STEADINESS[heard.steadiness]}   ", "$warning")]
    if track.key is not None:
        parts += [
            (musical_keys.spell(track.key, notation), ""),
            (f" {musical_keys.musical(track.key)}   ", "$quiet"),
        ]
    if track.lufs is not None:
        parts += [(f"{track.lufs:.1f}", ""), (" LUFS   ", "$quiet")]
    if track.energy is not None:
        parts += [("energy ", "$quiet"), (f"{track.energy}   ", "")]
    if heard is not None and heard.tuning is not None and abs(heard.tuning) >= _DETUNED:
        parts += [("tuning ", "$quiet"), (f"{heard.tuning:+.0f}", ""), (" ct   ", "$quiet")]
    if track.rating:
        parts += [("★" * track.rating + "   ", "$accent")]
    if track.format or track.bitrate:
        rate = f" {track.bitrate // 1000:,} kbit/s" if track.bitrate else ""
        parts += [((track.format or "").upper(), ""), (f"{rate}   ", "$quiet")]
    parts += [("cues ", "$quiet"), (f"{track.cue_count}   ", "")]
    if track.plays:
        last = f", last {track.played}" if track.played and not details.nights else ""
        parts += [("played ", "$quiet"), (f"{track.plays}{last}   ", "")]
    if track.color:
        parts += [*swatch(track.color), ("   ", "")]
    if details.nights:
        parts += [("nights ", "$quiet"), (", ".join(map(formats.day, details.nights)), "")]
    return parts


def origins(details: Details, notation: musical_keys.Notation) -> list[Part]:
    """Who says so: "bpm: traktor · key: analysis 0.91 (tag said 8B)", and what the analysis hears instead."""
    differing: dict[str, Difference] = {each.field: each for each in details.differences}
    said: list[Sequence[Part]] = []
    for name in _WITH_ORIGIN:
        source = details.sources.get(name)
        parts: list[Part] = [(f"{name}: ", "$quiet"), (str(source), "")] if source is not None else []
        if name == "key" and (tag := _tag(details)):
            parts += [(f" (tag said {tag})" if parts else f"key: tag says {tag}", "$quiet")]
        if (other := differing.get(name)) is not None:
            parts += [(", " if parts else f"{name}: ", "$quiet"), *_instead(other, notation)]
        if parts:
            said.append(parts)
    if differing:
        said.append([(f"= settles {'it' if len(differing) == 1 else 'them'}", "$quiet")])
    said += [[(note, "$warning")] for note in (details.heard.notes if details.heard else ())]
    return [part for at, parts in enumerate(said) for part in ((" · ", "$quiet"), *parts)[0 if at else 1 :]]


def _tag(details: Details) -> str | None:
    """The key as the file's tag has it, where that is another one."""
    text, key = details.track.key_text, details.track.key
    return text if text and (key is None or musical_keys.parse(text) != key) else None


def _instead(other: Difference, notation: musical_keys.Notation) -> list[Part]:
    if other.ours is None:
        heard = f"perhaps {other.shown('heard', notation)}"
        return [(heard, "$warning"), (f" ({other.confidence:.2f})", "$quiet")]
    return [
        (f"heard {other.shown('heard', notation)}", "$warning"),
        (f" ({other.kind} {other.confidence:.2f})", "$quiet"),
    ]
