"""All that an analysis heard of a track, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from djtui.library import typed
from djtui.library.analyses import Heard
from djtui.model import key as musical_keys
from djtui.tui import formats
from djtui.tui.formats import Part
from djtui.tui.widgets.rows import Row

_WIDTH: Final = 14
_TEMPI: Final = 6


def analysis_rows(heard: Heard, notation: musical_keys.Notation) -> Iterator[Row]:
    """What was heard, each value with how sure it is; or why nothing was."""
    if heard.failure is not None:
        yield _row("failed", [(heard.failure, "$warning")])
    else:
        yield _row("tempo", _tempo(heard))
        if heard.tempi:
            yield _row("goes through" if _follows(heard) else "or", _tempi(heard))
        yield _row("first beat", _beat(heard))
        yield _row("heard key", _key(heard, notation))
        yield _row("loudness", _loudness(heard))
        if heard.duration is not None:
            sound = f"{heard.samplerate or 0:,} Hz, {formats.plural(heard.channels or 0, 'channel')}"
            yield _row("decoded", [(formats.clock(heard.duration), ""), (f"  {sound}", "$quiet")])
    for note in heard.notes:
        yield _row("note", [(note, "$warning")])
    yield _row("analysed", [(formats.moment(heard.heard).strip(), "$quiet")])


def _row(label: str, parts: list[Part]) -> Row:
    return Row(("heard", label, *parts), ((f" {label:<{_WIDTH}}", "$quiet"), *parts))


def _sure(confidence: float | None) -> Part:
    return (f"  {confidence or 0.0:.2f} sure", "$quiet")


def _tempo(heard: Heard) -> list[Part]:
    if heard.bpm is None:
        return [("none", "$quiet")]
    spread = "" if heard.spread is None else f", beats stray by {heard.spread:.0f} ms"
    return [(f"{heard.bpm:.2f} BPM", ""), _sure(heard.bpm_confidence), (f"  {heard.steadiness}{spread}", "")]


def _follows(heard: Heard) -> bool:
    """Whether the tempi are those in order, as pairs of a second and a tempo, and not other octaves."""
    return isinstance(heard.tempi[0], list | tuple)


def _tempi(heard: Heard) -> list[Part]:
    if not _follows(heard):
        return [(", ".join(f"{bpm:.2f}" for bpm in heard.tempi), "")]
    shown = [f"{formats.clock(second)} {bpm:.1f}" for second, bpm in heard.tempi[:_TEMPI]]
    more = len(heard.tempi) - _TEMPI
    return [(" · ".join(shown), ""), (f" and {more:,} more" if more > 0 else "", "$quiet")]


def _beat(heard: Heard) -> list[Part]:
    if heard.first_beat is None:
        return [("none", "$quiet")]
    said: list[Part] = [(typed.clock(1000 * heard.first_beat), ""), _sure(heard.beat_confidence)]
    if heard.downbeat is None:
        return [*said, ("  which beat begins the bar is not clear", "$quiet")]
    bar = f"  a bar begins on beat {heard.downbeat + 1}"
    return [*said, (bar, ""), _sure(heard.downbeat_confidence)]


def _key(heard: Heard, notation: musical_keys.Notation) -> list[Part]:
    if heard.key is None:
        return [("none", "$quiet")]
    said: list[Part] = [(_spelt(heard.key, notation), ""), _sure(heard.key_confidence)]
    if heard.key_second is not None:
        said.append((f"  else {_spelt(heard.key_second, notation)}", "$quiet"))
    if heard.tuning is not None:
        said.append((f"  tuning {heard.tuning:+.0f} cents", "$quiet"))
    return said


def _spelt(key: int, notation: musical_keys.Notation) -> str:
    return f"{musical_keys.spell(key, notation)} {musical_keys.musical(key)}"


def _loudness(heard: Heard) -> list[Part]:
    if heard.lufs is None:
        return [("silence", "$quiet")]
    peaks = [
        f"{name} {value:.1f} {unit}"
        for name, value, unit in (
            ("peak", heard.sample_peak, "dBFS"),
            ("true peak", heard.true_peak, "dBTP"),
        )
        if value is not None
    ]
    energy = [] if heard.energy is None else [f"energy {heard.energy}"]
    return [(f"{heard.lufs:.1f} LUFS", ""), (f"  {'  '.join([*peaks, *energy])}", "$quiet")]
