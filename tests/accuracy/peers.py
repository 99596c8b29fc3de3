"""What others hear: librosa; aubiotrack, soundstretch and bpm (of bpm-tools) where they are installed."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from shutil import which

import numpy as np

from djtui.model.key import spell
from tests.accuracy.hearing import Analyser, Heard

# Krumhansl & Kessler 1982, as librosa has no key finder of its own: the profiles that its users take.
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


def librosa(path: str) -> Heard:
    """`beat_track`, its beats fitted by a line, and `chroma_cqt` against Krumhansl's profiles."""
    import librosa as library

    sound, rate = library.load(path, sr=22_050)
    _, beats = library.beat.beat_track(y=sound, sr=rate, units="time")
    chroma = library.feature.chroma_cqt(y=sound, sr=rate).mean(axis=1)
    profiles = [np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)]
    key = int(np.argmax([np.corrcoef(profile, chroma)[0, 1] for profile in profiles]))
    times = [float(beat) for beat in beats]
    return Heard(bpm=_fitted(times), key=spell(key, "musical"), first_beat=_first(times))


def aubio(path: str) -> Heard:
    """aubiotrack's beats, fitted by a line."""
    with tempfile.TemporaryDirectory() as folder:
        beats = [float(line) for line in _output("aubiotrack", "-i", _wav(path, folder)).split()]
    return Heard(bpm=_fitted(beats), first_beat=_first(beats))


def soundstretch(path: str) -> Heard:
    """`soundstretch -bpm`."""
    with tempfile.TemporaryDirectory() as folder:
        output = _output("soundstretch", _wav(path, folder), "-bpm")
    found = re.search(r"Detected BPM rate ([\d.]+)", output)
    return Heard(bpm=float(found[1]) if found else None)


def bpm_tools(path: str) -> Heard:
    """`bpm` of bpm-tools."""
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder, "sound.raw")
        _output(*_DECODE, path, "-ac", "1", "-ar", "44100", "-f", "f32le", str(raw))
        with raw.open("rb") as sound:
            output = subprocess.run(["bpm"], stdin=sound, capture_output=True, text=True).stdout
    return Heard(bpm=float(output) if output.strip() else None)


_DECODE = ("ffmpeg", "-v", "error", "-nostdin", "-threads", "1", "-i")


def installed() -> dict[str, Analyser]:
    """The peers that can be asked here."""
    programs: dict[str, Analyser] = {"aubiotrack": aubio, "soundstretch": soundstretch, "bpm": bpm_tools}
    return {"librosa": librosa, **{name: peer for name, peer in programs.items() if which(name)}}


def _wav(path: str, folder: str) -> str:
    """The file as 16-bit mono wav."""
    wav = str(Path(folder, "sound.wav"))
    _output(*_DECODE, path, "-ac", "1", "-ar", "44100", wav)
    return wav


def _output(*command: str) -> str:
    finished = subprocess.run(command, capture_output=True, text=True)
    return finished.stdout + finished.stderr


def _fitted(beats: Sequence[float]) -> float | None:
    """The tempo of the line through all beats, the kindest reading of them."""
    if len(beats) < 4:
        return None
    intervals = np.diff(beats)
    numbers = np.concatenate([[0], np.cumsum(np.round(intervals / np.median(intervals)))])
    return float(60 / np.polyfit(numbers, beats, 1)[0])


def _first(beats: Sequence[float]) -> float | None:
    return float(beats[0]) if len(beats) else None
