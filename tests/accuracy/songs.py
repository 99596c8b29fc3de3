"""Music that people wrote and whose tempo is on record: projects of LMMS and loops of Sonic Pi.

What is not installed is left out: Debian has them as lmms with lmms-common, and sonic-pi-samples.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import soundfile

from tests.accuracy.rendering import run
from tests.accuracy.truth import Truth

PROJECTS = Path("/usr/share/lmms/projects")
LOOPS = Path("/usr/share/sonic-pi/samples")

SHORTEST = 30  # seconds: less is an excerpt
LOOP_SECONDS = 40
BEATS = {
    "3d_printer": 16, "amen": 4, "amen_full": 16, "breakbeat": 4, "compus": 16, "electric": 4, "garzul": 16,
    "industrial": 2, "mehackit1": 4, "mehackit2": 4, "mika": 16, "perc1": 4, "perc2": 4, "safari": 16,
}  # fmt: skip
"""Of each loop of Sonic Pi that has a beat."""


def lmms_projects(folder: Path, known: frozenset[str]) -> Iterator[Truth]:
    """Render the demo projects. One whose length is not of whole bars changes its tempo: it is left out."""
    if not shutil.which("lmms"):
        return
    projects = [path for part in ("demos", "shorties") for path in sorted((PROJECTS / part).rglob("*.mmp*"))]
    for number, project in enumerate(projects):
        path = folder / f"lmms-{project.stem}.{('mp3', 'flac')[number % 2]}"
        if str(path) in known:
            continue
        bpm, beats_a_bar = _lmms_head(project)
        with tempfile.TemporaryDirectory() as scratch:
            wav = Path(scratch, "song.wav")
            root = ("--allowroot",) if os.geteuid() == 0 else ()
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
            run("lmms", *root, "render", str(project), "-o", str(wav), "-f", "wav")
            seconds = soundfile.info(wav).duration
            bars = seconds * bpm / 60 / beats_a_bar
            if seconds < SHORTEST or abs(bars - round(bars)) > 0.02:
                continue
            run("ffmpeg", "-v", "error", "-y", "-i", str(wav), "-b:a", "320k", str(path))
        downbeat = 0.0 if beats_a_bar == 4 else None
        yield _row(path, "lmms", bpm, seconds, first_beat=0.0, downbeat=downbeat)


def loops(folder: Path, known: frozenset[str]) -> Iterator[Truth]:
    """Repeat Sonic Pi's loops: their exact length is their tempo."""
    for name, beats in BEATS.items():
        source, path = LOOPS / f"loop_{name}.flac", folder / f"loop-{name}.flac"
        if not source.exists() or str(path) in known:
            continue
        loop, rate = soundfile.read(source, dtype="float32")
        sound = np.tile(loop, (round(LOOP_SECONDS * rate / len(loop)), 1))
        soundfile.write(path, sound, rate)
        downbeat = 0.0 if beats % 4 == 0 else None
        bpm = beats * 60 * rate / len(loop)
        yield _row(path, "loop", bpm, len(sound) / rate, first_beat=0.0, downbeat=downbeat)


def _row(
    path: Path,
    group: str,
    bpm: float,
    seconds: float,
    *,
    first_beat: float,
    downbeat: float | None,
) -> Truth:
    return Truth(
        path=str(path),
        group=group,
        style="",
        format=path.suffix[1:],
        bpm=bpm,
        octave_known=True,
        key="",
        first_beat=first_beat,
        downbeat=downbeat,
        duration=seconds,
    )


def _lmms_head(project: Path) -> tuple[float, float]:
    """The tempo of a project, and its beats a bar. `.mmpz` is compressed, behind four bytes of length."""
    content = project.read_bytes()
    if project.suffix == ".mmpz":
        content = zlib.decompress(content[4:])
    start = content.index(b"<head")
    head = ElementTree.XML(content[start : content.index(b">", start)].rstrip(b"/") + b"/>")
    beats = 4 * float(head.get("timesig_numerator", 4)) / float(head.get("timesig_denominator", 4))
    return float(head.get("bpm", 140)), beats
