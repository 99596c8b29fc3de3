"""A dry run says what an export would write, whatever became of the collection, and writes nothing itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from djtui.library import history
from djtui.library.database import Library
from djtui.traktor import journal, restoring
from djtui.traktor.nml import fingerprint
from tests.traktor.moved_files import Disk
from tests.traktor.test_importing import collection, entry, playlist

SAID = ("entries_changed", "playlists_changed", "moved", "added", "removed", "merged", "changes", "playlists")


@pytest.fixture
def disk(library: Library, tmp_path: Path) -> Disk:
    return Disk(library, tmp_path)


def key(name: str) -> str:
    return f"C:/:Music/:{name}.mp3"


async def begin(disk: Disk) -> None:
    disk.fill("a", "b", "c")
    nodes = playlist("Friday", key("a"), key("b"))
    disk.write(collection(*map(entry, "abc"), nodes=nodes))
    await disk.imported()


async def rows(disk: Disk) -> dict[str, list[tuple[Any, ...]]]:
    """All that the library holds but for its jobs."""
    tables = await disk.library.fetchall("SELECT name FROM sqlite_schema WHERE type = 'table'")
    names = [row["name"] for row in tables if not row["name"].startswith(("job", "sqlite", "track_text"))]
    return {
        name: [tuple(it) for it in await disk.library.fetchall(f"SELECT * FROM {name}")] for name in names
    }


async def same(disk: Disk) -> dict[str, Any]:
    """A dry run that changes nothing, and the export that does what it said; what was said."""
    before, file, print_ = await rows(disk), disk.nml.read_bytes(), fingerprint(disk.nml)
    beside = sorted(path.name for path in disk.nml.parent.iterdir())
    dry = await disk.exported(dry_run=True)
    assert await rows(disk) == before
    assert (disk.nml.read_bytes(), fingerprint(disk.nml)) == (file, print_)
    assert sorted(path.name for path in disk.nml.parent.iterdir()) == beside
    real = await disk.exported()
    assert {name: dry.get(name) for name in SAID} == {name: real.get(name) for name in SAID}
    return dry


async def test_after_an_undone_export_it_says_what_waits_again(disk: Disk) -> None:
    await begin(disk)
    await disk.rename({"a": "x", "b": "y"})
    await disk.edit("c", genre="Acid")
    change = (await disk.exported())["change"]
    params = await restoring.undo_params(disk.library, await history.find(disk.library, change))
    view = await disk.job("traktor-restore", **params)
    assert view.result is not None
    assert view.result["notes"] == [
        "2 files keep their new names, which Traktor will not know until the next export."
    ]
    said = await same(disk)
    assert (said["entries_changed"], said["moved"]) == (3, 2)


async def test_after_an_export_that_traktor_overwrote_it_says_what_was_lost(disk: Disk) -> None:
    await begin(disk)
    before = disk.text
    await disk.rename({"a": "x"})
    await disk.edit("c", genre="Acid")
    await disk.exported()
    disk.write(before.replace('TITLE="b"', 'TITLE="B"'))
    said = await same(disk)
    assert (said["entries_changed"], said["moved"]) == (2, 1)
    assert said["merged"] == {"added": 0, "updated": 1, "removed": 0, "conflicts": 0}
    assert any("overwritten the last export" in note for note in said["notes"])


async def test_what_traktor_changed_meanwhile_is_merged_in_the_copy_alone(disk: Disk) -> None:
    await begin(disk)
    await disk.edit("a", genre="Acid")
    await disk.edit("b", genre="Dub")
    disk.replace("House", "Techno")
    disk.write(disk.text.replace('TITLE="c"', 'TITLE="C"'))
    said = await same(disk)
    assert said["merged"]["conflicts"] == 1
    assert [change["track"] for change in said["changes"]] == ["b - Bicep"]


@pytest.mark.parametrize("replaced", [True, False])
async def test_an_export_that_was_cut_off_is_settled_in_the_copy_alone(disk: Disk, replaced: bool) -> None:
    await begin(disk)
    before = disk.nml.read_bytes()
    hashes = await disk.library.fetchall("SELECT hash, id FROM nml_entry")
    await disk.edit("a", genre="Acid")
    await disk.exported()
    (export,) = await journal.exports(disk.library, 1, "written")
    async with disk.library.writing() as tx:
        await journal.forget(tx, export, "replacing")
        await tx.execute("UPDATE nml_file SET digest = ?", (export.source,))
        await tx.executemany("UPDATE nml_entry SET hash = ? WHERE id = ?", map(tuple, hashes))
    if not replaced:
        disk.write(before)
    Path(export.temporary).write_bytes(b"left behind")
    dry = await disk.exported(dry_run=True)
    assert Path(export.temporary).exists()
    assert [it.id for it in await journal.exports(disk.library, 1, "replacing")] == [export.id]
    assert dry["entries_changed"] == (0 if replaced else 1)
    assert (await disk.exported())["entries_changed"] == dry["entries_changed"]


async def test_a_collection_that_nobody_imported_is_refused(disk: Disk) -> None:
    disk.write(collection(entry("a")))
    assert "was never imported" in await disk.refused(dry_run=True)
