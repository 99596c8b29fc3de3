"""Import of a Traktor collection: wall time against a bare parse-and-insert, and private memory."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from pathlib import Path

from djtui.demo.collection import write_collection
from tests.benchmarks.measure import Line, Run, best, run, show

ROUNDS = 3


def main(entries: int = 100_000) -> list[Line]:
    """Measure and return the lines of the table."""
    with tempfile.TemporaryDirectory(prefix="djtui-bench-") as name:
        folder = Path(name)
        collection = folder / "collection.nml"
        write_collection(collection, entries)
        reference: list[float] = []
        first: list[float] = []
        for number in range(ROUNDS):
            reference.append(_reference(collection, folder / f"reference{number}.db"))
            first.append(_import(collection, folder / f"library{number}.db").seconds)
        watched = _import(collection, folder / "watched.db", memory=True)
        library = folder / "library0.db"
        _import(collection, library)
        unchanged = [_import(collection, library).seconds for _ in range(ROUNDS)]
        changed = []
        for number in range(ROUNDS):
            _change(collection, 500, f"Benchmark {number}")
            changed.append(_import(collection, library).seconds)
    whole = best(first)
    return [
        Line(
            f"import of a new collection of {entries:,}, wall",
            whole / best(reference), 1.5, 1.0,
            detail=f"{whole:.2f} s against {best(reference):.2f} s",
        ),
        Line("peak private memory of any process while importing", watched.peak_mb, 250, 120, " MB"),
        Line("importing it again unchanged", best(unchanged) / whole, 0.12, 0.06, detail=f"{best(unchanged):.2f} s"),
        Line("importing it again, 500 changed", best(changed) / whole, 0.3, 0.15, detail=f"{best(changed):.2f} s"),
    ]  # fmt: skip


def _reference(collection: Path, database: Path) -> float:
    return _checked(
        run([sys.executable, "-m", "tests.benchmarks.reference_import", str(collection), str(database)])
    ).seconds


def _import(collection: Path, library: Path, *, memory: bool = False) -> Run:
    command = [
        sys.executable,
        "-m",
        "djtui",
        "--library",
        str(library),
        "--json",
        "traktor",
        "import",
        str(collection),
    ]
    return _checked(run(command, memory=memory))


def _checked(finished: Run) -> Run:
    if finished.code:
        raise SystemExit(finished.output)
    if finished.output and json.loads(finished.output.splitlines()[-1])["event"] != "result":
        raise SystemExit(finished.output)
    return finished


def _change(collection: Path, entries: int, genre: str) -> None:
    """Give the genre to so many entries, spread over the file."""
    text = collection.read_bytes()
    found = list(re.finditer(rb' GENRE="[^"]*"', text))
    step = max(1, len(found) // entries)
    parts, behind = [], 0
    for match in found[::step][:entries]:
        parts += [text[behind : match.start()], f' GENRE="{genre}"'.encode()]
        behind = match.end()
    collection.write_bytes(b"".join(parts) + text[behind:])
    os.utime(collection)


if __name__ == "__main__":
    show(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
