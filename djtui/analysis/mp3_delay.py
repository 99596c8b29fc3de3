"""The one place that knows how far Traktor's clock is from the decoded sound of an MP3.

An encoder puts silence before the music (LAME: 576 samples), a decoder adds 529 of its own, and an
information frame would play as one more frame of silence. libsndfile and ffmpeg leave all three out;
Traktor plays them. So what we hear at 0 s Traktor has at 1152 + 576 + 529 = 2257 samples, 51.2 ms.

Measured on files of libmp3lame and of ffmpeg, with impulses at known samples:
- with an information frame of LAME or ffmpeg ("Lavc"), libsndfile 1.2.2 and ffmpeg 5.1 both drop that frame,
  the delay that it names, and 529 samples;
- with one that names no delay, libsndfile drops the frame and 529 samples, ffmpeg the frame alone;
- with Fraunhofer's (VBRI), libsndfile drops nothing, ffmpeg the frame alone;
- with none, neither drops anything.

Proven of Traktor, by others (konduktor, Traktor 4.5: cues placed by hand and its AutoGrids): that it drops
nothing from files with an information frame of ffmpeg (2257 samples, at 44.1 and 48 kHz), and that files
without one, and WAV, AIFF, FLAC and AAC, have no offset. Assumed: the same for Xing without an encoder's
name, and for VBRI. Not settled: frames of LAME whose checksum is right. konduktor saw the 2257 samples on
every MP3 of a collection; older research with Traktor 2 and 3 (digital-dj-tools/dj-data-converter, issue 3)
found that it skips such a frame. `Delay.otherwise` is that second possibility, for whoever can compare with
grids that Traktor made.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final, Literal

from djtui.analysis import container, mpeg

Decoder = Literal["libsndfile", "ffmpeg"]

_OF_A_DECODER: Final = 529
_LAME: Final = "LAME"
_LIBAV: Final = ("Lavc", "Lavf")


@dataclass(frozen=True, slots=True)
class Delay:
    """By how many samples a moment is later for Traktor than in the decoded sound."""

    samples: int = 0
    samplerate: int = 44_100
    proven: bool = True
    """Somebody measured it in Traktor; else it is what follows from what was measured."""
    otherwise: int | None = None
    """The other number of samples that is possible."""

    @property
    def ms(self) -> float:
        return 1000 * self.samples / self.samplerate


def read_delay(path: str, decoder: Decoder = "libsndfile") -> Delay:
    """The delay of a file whose sound came out of that decoder; none for all but MP3s.

    Raises Unanalyzable if the file is not there or cannot be read.
    """
    descriptor = container.open_file(path)
    try:
        data, frame = container.mpeg_head(descriptor)
    finally:
        os.close(descriptor)
    return Delay() if frame is None else _delay(frame, mpeg.information(data, frame), decoder)


def _delay(frame: mpeg.Frame, information: mpeg.Information | None, decoder: Decoder) -> Delay:
    if information is None:
        return Delay(samplerate=frame.samplerate)
    if information.kind == "VBRI":
        dropped = 0 if decoder == "libsndfile" else frame.samples
    elif information.encoder:
        dropped = frame.samples + information.delay + _OF_A_DECODER
    else:
        dropped = frame.samples + (_OF_A_DECODER if decoder == "libsndfile" else 0)
    settled = information.encoder.startswith(_LIBAV)
    skipped = information.encoder.startswith(_LAME) and information.checked
    return Delay(dropped, frame.samplerate, settled, dropped - frame.samples if skipped else None)


def to_nml(seconds: float, delay: Delay) -> float:
    """A position in the decoded sound as Traktor's milliseconds. Before Traktor's zero there are none."""
    return max(0.0, 1000 * seconds + delay.ms)


def from_nml(ms: float, delay: Delay) -> float:
    """Traktor's milliseconds as seconds of the decoded sound; below 0: inside the encoder's silence."""
    return (ms - delay.ms) / 1000
