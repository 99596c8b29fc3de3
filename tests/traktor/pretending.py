"""A Traktor that runs, for tests: a real process of that name, and a lock so that no other test sees it.

Tests run in several processes at once, and an export refuses while any Traktor runs on the machine. So who
pretends one holds the lock alone, and who exports shares it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

NAME = "Traktor Pro 4"


@contextmanager
def _locked(how: int) -> Iterator[None]:
    with (Path(tempfile.gettempdir()) / f"djtui-tests-{os.getuid()}.traktor").open("w") as file:
        fcntl.flock(file, how)
        yield


@contextmanager
def no_traktor() -> Iterator[None]:
    """No other test pretends a Traktor meanwhile."""
    with _locked(fcntl.LOCK_SH):
        yield


@contextmanager
def alone() -> Iterator[None]:
    """No other test exports or pretends a Traktor meanwhile."""
    with _locked(fcntl.LOCK_EX):
        yield


def started(
    program: Path, *, arguments: Sequence[str] = (), cwd: Path | None = None
) -> subprocess.Popen[bytes]:
    """A process whose program has this name and does nothing for a minute. `arguments` begin with argv[0]."""
    program.parent.mkdir(parents=True, exist_ok=True)
    if not program.exists():
        shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    return subprocess.Popen([*(arguments or [str(program)]), "60"], executable=program, cwd=cwd)


@contextmanager
def running_traktor(folder: Path, name: str = NAME) -> Iterator[subprocess.Popen[bytes]]:
    """A Traktor that runs, and that no other test sees; it ends with the block, or when it is killed."""
    with alone():
        process = started(folder / name)
        try:
            yield process
        finally:
            process.kill()
            process.wait()
