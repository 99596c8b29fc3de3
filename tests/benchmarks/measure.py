"""How the benchmarks measure: whole processes, their private memory, and ratios in one table."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import psutil


@dataclass(slots=True)
class Line:
    """A line of the table: a measured figure beside its limit and its aim, in the same unit."""

    what: str
    measured: float
    limit: float
    aim: float
    unit: str = "x"
    detail: str = ""


@dataclass(slots=True)
class Run:
    """A finished command: seconds, exit code, output, and the peak private memory of any of its processes."""

    seconds: float
    code: int
    output: str
    peak: dict[str, int] = field(default_factory=dict)

    @property
    def peak_mb(self) -> float:
        return max(self.peak.values(), default=0) / 1e6


def run(command: Sequence[str], *, memory: bool = False) -> Run:
    """Run a command to its end. With `memory`, its processes are looked at every 50 ms (which costs time)."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    peak: dict[str, int] = {}
    watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    if memory:
        watcher.start()
    output, _ = process.communicate()
    seconds = time.perf_counter() - started
    if memory:
        watcher.join()
    return Run(seconds, process.returncode, output, peak)


def private_memory(pid: int) -> int:
    """Bytes that only this process holds (smaps: private clean and dirty; mapped files are not counted)."""
    return int(psutil.Process(pid).memory_full_info().uss)


def _watch(pid: int, peak: dict[str, int]) -> None:
    try:
        root = psutil.Process(pid)
        while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
            for process in (root, *root.children(recursive=True)):
                try:
                    name = f"{process.pid}"
                    peak[name] = max(peak.get(name, 0), process.memory_full_info().uss)
                except psutil.Error:
                    continue
            time.sleep(0.05)
    except psutil.Error:
        return


def best(seconds: Sequence[float]) -> float:
    """The least disturbed of several runs."""
    return min(seconds)


def show(lines: Sequence[Line]) -> None:
    """Print the table; a figure over its limit is marked."""
    width = max(len(line.what) for line in lines)
    print(f"{'what':<{width}}  {'measured':>10}  {'at most':>9}  {'aim':>8}")
    for line in lines:
        mark = "  OVER" if line.measured > line.limit else ""
        figure = (
            f"{line.measured:,.3g}{line.unit}" if line.measured < 100 else f"{line.measured:,.0f}{line.unit}"
        )
        print(
            f"{line.what:<{width}}  {figure:>10}  {line.limit:>8g}{line.unit}  {line.aim:>7g}{line.unit}"
            f"{mark}  {line.detail}"
        )
    sys.stdout.flush()
