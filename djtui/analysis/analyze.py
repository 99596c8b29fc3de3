"""One file in, one result out: decoded once, in blocks that every measurement sees while they are at hand.

What is kept of the sound grows by about 2 kB a second, so that a mix of two hours fits into a worker too.
"""

from __future__ import annotations

import ctypes
import resource
from typing import Final

from djtui.analysis import decode, energy, grid, key, tempo, waveform
from djtui.analysis.loudness import Meter
from djtui.analysis.mono import Downmix
from djtui.analysis.onset import Curves, Onsets
from djtui.analysis.pitch import Pitches, PitchFrames
from djtui.analysis.result import Analysis, Loudness, Options

_MIX_S: Final = 20 * 60


def analyze(path: str, options: Options | None = None) -> Analysis:
    """All that can be heard in a file. Raises Unanalyzable with the reason if nothing can."""
    options = options or Options()
    started = _processor_seconds()
    with decode.open_audio(path, options.ffmpeg) as source:
        loudness, curves, pitches = _heard(source, options)
    _give_memory_back()
    audible = loudness.lufs is not None  # silence, or an offset: there is nothing to be measured
    rhythm = tempo.find(curves, source.seconds, options) if audible else None
    _give_memory_back()
    return Analysis(
        path=path,
        size=source.size,
        mtime_ns=source.mtime_ns,
        duration=source.seconds,
        stated=source.stated,
        samplerate=source.samplerate,
        channels=source.channels,
        decoder=source.decoder,
        loudness=loudness,
        tempo=rhythm,
        grid=grid.find(curves, rhythm, pitches) if rhythm is not None else None,
        key=key.find(pitches) if audible else None,
        energy=energy.measure(curves, loudness, rhythm) if audible else None,
        waveform=waveform.draw(curves.levels) if audible else b"",
        notes=(*source.notes, *_of_a_mix(source.seconds)),
        seconds=_processor_seconds() - started,
    )


def _heard(source: decode.Source, options: Options) -> tuple[Loudness, Curves, PitchFrames]:
    """The whole sound, as what the measurements keep of it."""
    meter = Meter(source.samplerate, source.channels, options.true_peak)
    downmix, onsets, pitches = Downmix(source.samplerate), Onsets(), Pitches()
    for block in source:
        meter.feed(block)
        mono = downmix.feed(block)
        onsets.feed(mono)
        pitches.feed(mono)
    rest = downmix.rest()
    onsets.feed(rest)
    pitches.feed(rest)
    return meter.result(), onsets.result(), pitches.result()


def _of_a_mix(seconds: float) -> tuple[str, ...]:
    if seconds <= _MIX_S:
        return ()
    return (f"{decode.lasting(seconds)} long: taken for a mix.",)


def _give_memory_back() -> None:
    """What was freed: glibc keeps it, and after a mix that would be as much again as is in use."""
    if (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)


def _processor_seconds() -> float:
    """Of this process, and of the decoders that it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)
