"""Renaming: the plan against a bare str.format, and the whole of it against bare os.rename with a sync."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.measure import Line, best, run, show

ROUNDS = 3

PLAN = """
import gc, sys, time
from djtui.files.facts import Facts
from djtui.files.plan import plan
from djtui.files.template import Template

count = int(sys.argv[1])
facts = [
    Facts(
        f"/music/{number % 300:03}/{number:06} old name.mp3", number, f"Artist {number % 997}",
        f"Title of it {number}", key=number % 24, bpm=100.0 + number % 40,
    )
    for number in range(count)
]
gc.collect()
started = time.process_time()
names = set()
for it in facts:
    folder = it.path.rpartition("/")[0]
    template = "{folder}/{artist} - {title} [{key} {bpm}].mp3"
    names.add(template.format(folder=folder, artist=it.artist, title=it.title, key=it.key, bpm=it.bpm))
bare = time.process_time() - started
gc.collect()
started = time.process_time()
found = plan(facts, Template("{artist} - {title} [{camelot} {bpm}]"))
planned = time.process_time() - started
assert found.counts()["rename"] == len(names) == count
print(bare, planned)
"""

BARE = """
import os, sys, time

folder, count, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
names = sorted(os.listdir(folder))
assert len(names) == count
old = [f"{folder}/{name}" for name in names]
new = [f"{folder}/Artist {number % 97} - Title of it {number} [8A 128].mp3" for number in range(count)]
os.sync()
started = time.perf_counter()
for number, (source, target) in enumerate(zip(old, new)):
    os.rename(source, target)
    if number % batch == batch - 1:
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
print(time.perf_counter() - started)
"""

FILL = """
import asyncio, os, sys
from pathlib import Path
from djtui.library import tracks
from djtui.library.database import Library

async def main(path, folder, count, each):
    places = [f"{folder}/{number // each:03}/{number:06} old name.mp3" for number in range(count)]
    for place in places:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        open(place, "wb").close()
    if not path:
        return
    library = await Library.open(Path(path))
    given = [
        {"path": places[number], "artist": f"Artist {number % 97}",
         "title": f"Title of it {number}", "key": 21, "bpm": 128.0, "kind": "track", "cue_count": 0}
        for number in range(count)
    ]
    for start in range(0, count, 1000):
        part = given[start : start + 1000]
        async with library.writing() as tx:
            await tracks.insert(
                tx, [[it.get(name) for name in tracks.GIVEN] for it in part],
                [tracks.text_row(it) for it in part], [[]] * len(part),
            )
    await library.close()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
"""

RENAME = """
import asyncio, json, os, sys
from contextlib import aclosing
from pathlib import Path
from djtui.config import Settings
from djtui.jobs.hosting import perform
from djtui.kinds import KINDS
from djtui.library.database import Library

async def main(path):
    library = await Library.open(Path(path))
    os.sync()
    params = {"template": "{artist} - {title} [{camelot} {bpm}]"}
    async with aclosing(perform(library, KINDS, "rename", params, Settings())) as views:
        async for view in views:
            pass
    assert view.state == "succeeded", view.error
    await library.close()
    seconds = {phase.name: phase.seconds for phase in view.phases}
    print(json.dumps({"renamed": view.result["renamed"], "seconds": seconds}))

asyncio.run(main(sys.argv[1]))
"""


def main(planned: int = 100_000, renamed: int = 10_000) -> list[Line]:
    """Measure and return the lines of the table."""
    plans = [list(map(float, _python(PLAN, planned).split())) for _ in range(ROUNDS)]
    bare, ours = best([bare for bare, _ in plans]), best([ours for _, ours in plans])
    moved = [_rename(renamed) for _ in range(ROUNDS)]
    few, many = _peak_mb(renamed), _peak_mb(planned)
    renames, jobs = best([bare for bare, _, _ in moved]), best([ours for _, ours, _ in moved])
    return [
        Line(
            f"plan of {planned:,} renames, in CPU of a bare str.format and a set", ours / bare, 4, 4,
            detail=f"{ours:.2f} s against {bare:.2f} s",
        ),
        Line(
            f"{renamed:,} renames with journal, of os.rename and one fsync a batch", jobs / renames, 3, 3,
            detail=f"{jobs:.2f} s against {renames:.2f} s, the plan made of library and disk "
            f"{best([plan for _, _, plan in moved]):.2f} s",
        ),
        Line(
            f"peak private memory, {planned:,} renames against {renamed:,}", many / few, 1.2, 1.1,
            detail=f"{many:.0f} MB against {few:.0f} MB",
        ),
    ]  # fmt: skip


def _rename(count: int) -> tuple[float, float, float]:
    """Seconds of bare renames, of the phase Moving, and of the phase Planning."""
    from djtui.files.changing import MOST

    with tempfile.TemporaryDirectory(prefix="djtui-bench-") as name:
        bare, own, library = f"{name}/bare", f"{name}/own", f"{name}/library.db"
        _python(FILL, "", bare, count, count)
        _python(FILL, library, own, count, count)
        seconds = float(_python(BARE, f"{bare}/000", count, MOST))
        result = json.loads(_python(RENAME, library).splitlines()[-1])
        if result["renamed"] != count or len(list(Path(own, "000").iterdir())) != count:
            raise SystemExit(f"Only {result['renamed']} were renamed.")
    return seconds, result["seconds"]["Moving"], result["seconds"]["Planning"]


def _peak_mb(count: int) -> float:
    """The peak private memory of renaming files that lie in folders of some hundred."""
    with tempfile.TemporaryDirectory(prefix="djtui-bench-") as name:
        _python(FILL, f"{name}/library.db", f"{name}/music", count, 300)
        finished = run([sys.executable, "-c", RENAME, f"{name}/library.db"], memory=True)
        if finished.code:
            raise SystemExit(finished.output)
        return finished.peak_mb


def _python(program: str, *arguments: object) -> str:
    finished = run([sys.executable, "-c", program, *map(str, arguments)])
    if finished.code:
        raise SystemExit(finished.output)
    return finished.output


if __name__ == "__main__":
    show(main(*map(int, sys.argv[1:])))
