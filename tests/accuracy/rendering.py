"""From a score to an audio file: `fluidsynth` plays it, `ffmpeg` writes the format."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from tests.accuracy.midi import Score

Sound = NDArray[np.float32]

SOUNDS = Path(os.environ.get("SOUNDFONT", "/usr/share/sounds/sf2/FluidR3_GM.sf2"))
RATE = 44_100

FORMATS = {
    "flac": ("flac",),
    "mp3": ("mp3", "-b:a", "192k"),
    "ogg": ("ogg", "-q:a", "5"),
    "wav": ("wav",),
    "mp3-320": ("mp3", "-b:a", "320k"),
    "mp3-vbr": ("mp3", "-q:a", "2"),
    "m4a": ("m4a", "-b:a", "192k"),
}
"""Format of the table -> file extension, and what ffmpeg is told."""


def play(score: Score) -> Sound:
    """Play a score on FluidR3's instruments, with fluidsynth's own reverb and chorus. `[n, 2]` at RATE."""
    with tempfile.TemporaryDirectory() as scratch:
        midi, wav = Path(scratch, "score.mid"), Path(scratch, "score.wav")
        score.write(midi)
        run(
            "fluidsynth", "-ni", "-q", "-g", "0.5", "-r", str(RATE), "-o", "synth.polyphony=128",
            "-F", str(wav), str(SOUNDS), str(midi),
        )  # fmt: skip
        sound, _ = soundfile.read(wav, dtype="float32")
    return np.asarray(sound, np.float32)


def master(sound: Sound, drive: float) -> Sound:
    """As loud as records are: driven into soft limiting."""
    peak = max(float(np.abs(sound).max()), 1e-9)
    return np.asarray(0.95 * np.tanh(sound / peak * drive), np.float32)


def varispeed(cents: float) -> int:
    """The rate at which sound of RATE is played when the pitch fader stands so."""
    return round(RATE * 2 ** (cents / 1200))


def encode(sound: Sound, played_at: int, path: Path, format: str, rate: int) -> None:
    """Write sound that plays at one rate as a file of another."""
    with tempfile.TemporaryDirectory() as scratch:
        wav = Path(scratch, "sound.wav")
        soundfile.write(wav, sound, played_at)
        options = FORMATS[format][1:]
        run("ffmpeg", "-v", "error", "-nostdin", "-y", "-i", str(wav), "-ar", str(rate), *options, str(path))


def run(*command: str) -> None:
    """Run a program to its end; one that fails ends us too."""
    finished = subprocess.run(command, capture_output=True, text=True)
    if finished.returncode:
        raise SystemExit(f"{command[0]} failed: {finished.stderr.strip()}")
