"""A track that leaves the library while Traktor does not know its new name, and comes back."""

from __future__ import annotations

from pathlib import Path

from djtui.library import history, removal
from djtui.library.database import Library
from djtui.traktor import moving
from tests.traktor.moved_files import Disk
from tests.traktor.test_importing import collection, entry


async def test_its_new_name_still_waits_and_arrives_with_the_next_export(
    library: Library, tmp_path: Path
) -> None:
    disk = Disk(library, tmp_path)
    disk.fill("a", "b")
    disk.write(collection(entry("a"), entry("b")))
    await disk.imported()
    await disk.rename({"a": "new"})
    assert await moving.unknown_names(library) == 1
    _, change = await removal.remove(library, [(await disk.ids())["a"]], "1 track removed")
    assert change is not None
    assert await moving.unknown_names(library) == 0
    await history.undo(library, await history.find(library, change))
    assert await moving.unknown_names(library) == 1
    await disk.exported()
    assert 'FILE="new.mp3"' in disk.text and 'FILE="a.mp3"' not in disk.text
    assert await moving.unknown_names(library) == 0


async def test_also_where_an_export_that_took_it_out_did_not_last(library: Library, tmp_path: Path) -> None:
    disk = Disk(library, tmp_path)
    disk.fill("a", "b")
    disk.write(collection(entry("a"), entry("b")))
    await disk.imported()
    before = disk.text
    await disk.rename({"a": "new"})
    _, change = await removal.remove(library, [(await disk.ids())["a"]], "1 track removed")
    assert change is not None
    await disk.exported()
    assert "a.mp3" not in disk.text
    disk.write(before)  # Traktor had it in memory
    await disk.imported()
    await history.undo(library, await history.find(library, change))
    assert await moving.unknown_names(library) == 1
    await disk.exported()
    assert 'FILE="new.mp3"' in disk.text and 'FILE="a.mp3"' not in disk.text
