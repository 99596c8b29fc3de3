"""Export to a Traktor collection: wall time against lxml's parse and write, memory, and merging."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from djtui.demo.collection import write_collection
from tests.benchmarks.measure import Line, Run, best, run, show

ROUNDS = 3
EDITED = 500

REFERENCE = """
import sys
from lxml import etree
tree = etree.parse(sys.argv[1], etree.XMLParser(huge_tree=True))
tree.write(sys.argv[2], encoding="UTF-8", xml_declaration=True, standalone=False)
"""

EDIT = """
import asyncio, sys
from pathlib import Path
from djtui.library import history
from djtui.library.database import Library

async def main(path, genre, edited):
    library = await Library.open(Path(path))
    rows = await library.fetchall("SELECT id FROM track ORDER BY id")
    ids = [row["id"] for row in rows][:: max(1, len(rows) // edited)][:edited]
    await history.edit(library, ids, {"genre": genre}, "edit")
    await library.close()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


MERGE = """
import asyncio, sys, time
from pathlib import Path
from djtui.library.database import Library
from djtui.traktor.entry import parse_entries
from djtui.traktor.location import VolumeMap
from djtui.traktor.matching import Link
from djtui.traktor.nml import survey
from djtui.traktor.storing import Storing

async def main(collection, path):
    found = survey(collection)
    library = await Library.open(Path(path))
    rows = await library.fetchall("SELECT id, track_id, hash FROM nml_entry")
    links = {row["hash"]: Link(row["track_id"], row["id"]) for row in rows}
    storing = Storing("merge", "merge", file_id=1)
    seconds = 0.0
    for start in range(0, len(found.entries), 1000):
        spans = found.entries.pick(range(start, min(start + 1000, len(found.entries))))
        parsed = parse_entries(collection, found.fingerprint, spans, VolumeMap()).entries
        known = [(links[spans.hash(at)], entry, spans.hash(at)) for at, entry in enumerate(parsed)]
        started = time.perf_counter()
        await storing.differences(library, known)
        seconds += time.perf_counter() - started
    await library.close()
    print(seconds)

asyncio.run(main(sys.argv[1], sys.argv[2]))
"""


def main(entries: int = 100_000) -> list[Line]:
    """Measure and return the lines of the table."""
    with tempfile.TemporaryDirectory(prefix="djtui-bench-") as name:
        folder = Path(name)
        collection, library = folder / "collection.nml", folder / "library.db"
        (folder / "config.toml").write_text("[traktor]\nquiet_s = 0\nrecheck_s = 0\n")
        write_collection(collection, entries)
        first = _djtui(library, "traktor", "import", str(collection)).seconds
        reference, export = [], []
        for number in range(ROUNDS):
            copy = str(folder / "reference.nml")
            reference.append(run([sys.executable, "-c", REFERENCE, str(collection), copy]).seconds)
            _edit(library, f"Benchmark {number}")
            export.append(_export(library, collection).seconds)
        _edit(library, "Benchmark again")
        watched = _export(library, collection, memory=True)
        _djtui(library, "traktor", "import", str(collection))
        detecting = _seconds(library, ("Reading", "Matching"))
        merging = [_merge(collection, library) for _ in range(ROUNDS)]
    return [
        Line(
            f"export of {EDITED} changed among {entries:,}, everything included",
            best(export) / best(reference), 0.5, 0.3,
            detail=f"{best(export):.2f} s against {best(reference):.2f} s",
        ),
        Line("peak private memory of any process while exporting", watched.peak_mb, 400, 250, " MB"),
        Line(
            "change detection on an unchanged file, of a first import", detecting / first, 0.02, 0.02,
            detail=f"{detecting * 1000:.0f} ms",
        ),
        Line(
            f"merge of {entries:,} against {entries:,}, of a first import",
            best(merging) / first, 0.5, 0.5,
            detail=f"{best(merging):.2f} s against {first:.2f} s",
        ),
    ]  # fmt: skip


def _djtui(library: Path, *command: str, memory: bool = False) -> Run:
    config = library.with_name("config.toml")
    start = [sys.executable, "-m", "djtui", "--library", str(library), "--config", str(config), "--json"]
    finished = run([*start, *command], memory=memory)
    if finished.code:
        raise SystemExit(finished.output)
    return finished


def _export(library: Path, collection: Path, *, memory: bool = False) -> Run:
    finished = _djtui(library, "traktor", "export", str(collection), "--force", memory=memory)
    if json.loads(finished.output.splitlines()[-1])["entries_changed"] != EDITED:
        raise SystemExit(finished.output)
    return finished


def _edit(library: Path, genre: str) -> None:
    finished = run([sys.executable, "-c", EDIT, str(library), genre, str(EDITED)])
    if finished.code:
        raise SystemExit(finished.output)


def _merge(collection: Path, library: Path) -> float:
    """Seconds to merge every entry of the file with its track, the reading of the library included."""
    finished = run([sys.executable, "-c", MERGE, str(collection), str(library)])
    if finished.code:
        raise SystemExit(finished.output)
    return float(finished.output)


def _seconds(library: Path, phases: tuple[str, ...]) -> float:
    """How long these phases of the newest job took."""
    jobs = json.loads(_djtui(library, "jobs", "list").output.splitlines()[-1])["jobs"]
    newest = max(jobs, key=lambda job: job["id"])
    return float(sum(phase["seconds"] for phase in newest["phases"] if phase["name"] in phases))


if __name__ == "__main__":
    show(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
