"""Audio analysis: processor time against decoding alone, memory, two workers, start-up; peers beside it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import soundfile

from djtui.analysis.analyze import analyze
from djtui.analysis.result import Options
from djtui.config import PoolSettings
from djtui.demo.music import RATE, compose, save
from djtui.jobs.pool import HEAVY_NICENESS, Pool
from djtui.jobs.worker import one_thread_each
from tests.accuracy import peers
from tests.accuracy.hearing import hear
from tests.benchmarks.measure import Line, best, run, show

ROUNDS = 5
MINUTES_OF_A_TRACK, MINUTES_OF_A_MIX = 4, 120
FORMATS = ("mp3", "flac", "ogg", "wav")
WORKERS, FILES = 2, 32

FACTS = {
    "Mixxx (qm-dsp)": 1.33, "libKeyFinder (key only)": 1.07, "essentia, multifeature": 3.75,
    "essentia, degara": 1.57, "BTrack (beats only)": 1.93, "madmom": 33.6,
}  # fmt: skip
"""Peers that pip or a distribution does not bring: seconds measured once, on a machine of the same kind."""

PROCESSOR_TIME = """
import json, sys, time
import soundfile
from djtui.jobs.worker import one_thread_each
one_thread_each()
from djtui.analysis.analyze import analyze
from djtui.analysis.result import Options

def decode(path):
    with soundfile.SoundFile(path) as file:
        while len(file.read(10 * file.samplerate, dtype="float32", always_2d=True)):
            pass

def seconds(function, *args):
    started = time.process_time()
    function(*args)
    return time.process_time() - started

def look(path):
    plain, with_peak = Options(), Options(true_peak=True)
    return [seconds(decode, path), seconds(analyze, path, plain), seconds(analyze, path, with_peak)]

rounds, *paths = sys.argv[1:]
look(paths[0])
print(json.dumps([[look(path) for path in paths] for _ in range(int(rounds))]))
"""

ANALYZE = """
import os, sys
os.nice(max(0, int(sys.argv[1]) - os.nice(0)))
from djtui.jobs.worker import one_thread_each
one_thread_each()
from djtui.analysis.analyze import analyze
for path in sys.argv[2:]:
    analyze(path)
"""


def main() -> list[Line]:
    """Measure and return the lines of the table."""
    one_thread_each()
    with tempfile.TemporaryDirectory(prefix="djtui-bench-") as name:
        folder = Path(name)
        tracks = [_track(folder / f"track.{format}", MINUTES_OF_A_TRACK) for format in FORMATS]
        decoding, analysis, with_peak = _processor_time(tracks)
        memory_track = _memory([tracks[0]] * ROUNDS)
        memory_mix = _memory([_track(folder / "mix.flac", MINUTES_OF_A_MIX)])
        independent, pooled = _throughput(folder)
        python, first = _start(folder)
    return [
        Line(
            "analysis of a 4-minute track against decoding it, mean of mp3, flac, ogg, wav; processor time",
            analysis / decoding, 2.2, 1.6,
            detail=f"{analysis:.2f} s against {decoding:.2f} s",
        ),
        Line(
            "the same with true peak", with_peak / decoding, 2.8, 2.0,
            detail=f"{with_peak:.2f} s against {decoding:.2f} s",
        ),
        Line("peak private memory of a worker, 4-minute track", memory_track, 130, 110, " MB"),
        Line("peak private memory of a worker, 2-hour mix", memory_mix, 300, 180, " MB"),
        Line(
            "2 workers against two independent processes, wall", pooled / independent, 1 / 0.92, 1 / 0.98,
            detail=f"throughput {independent / pooled:.3f}x: {FILES / pooled:.1f} files of a minute a second",
        ),
        Line(
            "worker start to first result, against Python with numpy, wall", first / python, 3, 2,
            detail=f"{first * 1000:.0f} ms against {python * 1000:.0f} ms",
        ),
    ]  # fmt: skip


def beside() -> list[str]:
    """What peers take for the same 4-minute tracks, ffmpeg's decoding included where they need it."""
    with tempfile.TemporaryDirectory(prefix="djtui-bench-") as name:
        tracks = [_track(Path(name, f"track.{format}"), MINUTES_OF_A_TRACK) for format in FORMATS]
        measured = {}
        for peer, analyser in peers.installed().items():
            hear(analyser, tracks[0])
            measured[peer] = sum(hear(analyser, path).seconds for path in tracks) / len(tracks)
    lines = ["peers, processor time a 4-minute track:"]
    lines += [f"  {peer:<26}{seconds:>7.2f} s" for peer, seconds in measured.items()]
    lines += [f"  {peer:<26}{seconds:>7.2f} s  not measured in this run" for peer, seconds in FACTS.items()]
    return lines


def _track(path: Path, minutes: int) -> str:
    """A track of so many minutes; a longer one repeats its four minutes."""
    sound = compose(124, "Am", "house", seconds=4 * 60, seed=1)
    if minutes == MINUTES_OF_A_TRACK:
        save(path, sound, RATE)
        return str(path)
    with soundfile.SoundFile(path, "w", RATE, 2) as file:
        for _ in range(minutes // 4):
            file.write(sound)
    return str(path)


def _processor_time(tracks: Sequence[str]) -> list[float]:
    """Seconds a track, for decoding, analysis, and analysis with true peak: the best of several rounds."""
    finished = run([sys.executable, "-c", PROCESSOR_TIME, str(ROUNDS), *tracks])
    if finished.code:
        raise SystemExit(finished.output)
    rounds = json.loads(finished.output.splitlines()[-1])
    return [
        sum(best([of[track][kind] for of in rounds]) for track in range(len(tracks))) / len(tracks)
        for kind in range(3)
    ]


def _memory(paths: Sequence[str]) -> float:
    finished = run([sys.executable, "-c", ANALYZE, "0", *paths], memory=True)
    if finished.code:
        raise SystemExit(finished.output)
    return finished.peak_mb


def _throughput(folder: Path) -> tuple[float, float]:
    """Wall seconds for the same files: of two independent processes, and of two workers of the pool."""
    paths = []
    for number in range(FILES):
        path = folder / f"{number}.flac"
        save(path, compose(120 + number, "Am", "house", seconds=60, seed=number), RATE)
        paths.append(str(path))
    independent, pooled = [], []
    for _ in range(3):
        independent.append(_independent(paths))
        pooled.append(asyncio.run(_pooled(paths)))
    return best(independent), best(pooled)


def _independent(paths: Sequence[str]) -> float:
    started = time.perf_counter()
    command = [sys.executable, "-c", ANALYZE, str(HEAVY_NICENESS)]
    processes = [subprocess.Popen([*command, *paths[number::WORKERS]]) for number in range(WORKERS)]
    for process in processes:
        process.wait()
    return time.perf_counter() - started


async def _pooled(paths: Sequence[str]) -> float:
    started = time.perf_counter()
    pool = Pool.of(PoolSettings(analysis_max=WORKERS))
    await asyncio.gather(*(pool.run("analysis", analyze, path, Options(), timeout=60) for path in paths))
    seconds = time.perf_counter() - started
    await pool.close()
    return seconds


def _start(folder: Path) -> tuple[float, float]:
    """Wall seconds: Python that imports numpy and ends; a new pool until it has analysed 8 s of sound."""
    path = folder / "short.wav"
    save(path, compose(120, seconds=8), RATE)
    python, first = [], []
    for _ in range(ROUNDS):
        python.append(run([sys.executable, "-c", "import numpy"]).seconds)
        first.append(asyncio.run(_pooled([str(path)])))
    return best(python), best(first)


if __name__ == "__main__":
    show(main())
    print("\n".join(beside()))
