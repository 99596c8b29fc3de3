"""What an analysis answers: plain values that cross from a worker to the host. Unknown is None."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

VERSION: Final = 1
"""Of the algorithms. A result of an older version is worth doing again."""

COLUMNS: Final = 1200
"""Columns of an overview waveform."""

Steadiness = Literal["steady", "drifting", "changing"]

Reason = Literal[
    "missing",  # no such file (any more)
    "unreadable",  # no right to read it, an I/O error
    "not a file",  # a folder, a FIFO, a device
    "empty",  # 0 bytes, or no sample in it
    "not audio",  # nothing that a decoder knows
    "damaged",  # audio, but nothing of it could be decoded
    "protected",  # DRM
    "needs ffmpeg",  # audio that only ffmpeg can read, and there is none
    "changed",  # the file was changed while it was read
    "too long to decode",  # over the time limit
    "too much memory",
    "decoder crashed",
    "unexpected",  # a bug of ours: the sentence says which
]


class Unanalyzable(Exception):
    """A file that cannot be analysed: a reason for the statistics, a sentence for the DJ."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(reason, sentence)  # as arguments, so that it survives pickling
        self.reason = reason
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True)
class Options:
    """What an analysis is asked for."""

    octave: tuple[float, float] = (78.0, 180.0)
    """Where a tempo is looked for first, in BPM: of 70 and 140 the one that lies in it."""
    genre: str | None = None
    """As the tags have it: drum & bass is faster than hip-hop."""
    true_peak: bool = False
    ffmpeg: str | None = None
    """The path of the program; None: there is none."""


@dataclass(frozen=True, slots=True)
class Tempo:
    """How fast. Confidences run from 0 to 1."""

    bpm: float
    confidence: float
    steadiness: Steadiness
    spread: float
    """By how many ms the beats stray from a constant grid, as a standard deviation."""
    others: tuple[float, ...] = ()
    """The other octaves that were nearly as likely, or, where the tempo changes, the tempi in order."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the beats are, in seconds of the decoded sound (0 is the first sample that the decoder gives)."""

    first_beat: float
    confidence: float
    downbeat: int | None = None
    """How many beats after `first_beat` the first downbeat is, 0 to 3; None: not sure enough."""
    downbeat_confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Key:
    """In which key: 0..11 C..B major, 12..23 C..B minor, as in `model.key`."""

    key: int
    confidence: float
    second: int | None
    """The runner-up."""
    tuning: float
    """How far the music is from A = 440 Hz, in cents, -50 to 50."""


@dataclass(frozen=True, slots=True)
class Loudness:
    """EBU R128 (ITU-R BS.1770-4) integrated loudness in LUFS; peaks in dB of full scale."""

    lufs: float | None
    """None: silence, or shorter than 0.4 s."""
    sample_peak: float | None
    """dBFS; None: digital silence."""
    true_peak: float | None = None
    """dBTP; None: not asked for."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that was heard of one file."""

    path: str
    size: int
    mtime_ns: int
    """With path and size the identity of the file that was heard."""
    duration: float
    """Seconds that were really decoded."""
    stated: float | None
    """Seconds that the file says it has; None: it does not say."""
    samplerate: int
    channels: int
    decoder: Literal["libsndfile", "ffmpeg"]
    loudness: Loudness
    tempo: Tempo | None = None
    grid: Grid | None = None
    key: Key | None = None
    energy: int | None = None
    """1 to 10; see `energy.py` for the formula."""
    waveform: bytes = b""
    """COLUMNS x 3 bytes: low, middle and high band of each column, 0 to 255; empty: silence."""
    notes: tuple[str, ...] = ()
    """Sentences: decoded 27 of 82 s, a mix of several tempi."""
    seconds: float = 0.0
    """Processor time that it took."""
    version: int = VERSION
