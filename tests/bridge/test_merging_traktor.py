"""Merging and relocating as Traktor sees them: its playlists lead to the kept track, and to the files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from djtui.library.database import Library
from djtui.traktor import moving
from tests.files.sounds import made
from tests.traktor.moved_files import Disk
from tests.traktor.test_importing import collection, entry, playlist

CUE = (
    '<CUE_V2 NAME="drop" DISPL_ORDER="0" TYPE="0" START="64200.000000" LEN="0.000000" REPEATS="-1"'
    ' HOTCUE="2"></CUE_V2>\n'
)


@pytest.fixture
def disk(library: Library, tmp_path: Path) -> Disk:
    return Disk(library, tmp_path)


def key(name: str) -> str:
    return f"C:/:Music/:{name}.mp3"


async def test_an_export_after_a_merge_leaves_one_entry_with_all_cues_in_all_playlists(disk: Disk) -> None:
    disk.fill("a", "b", "c")
    entries = entry("a"), entry("b", info='RANKING="255" PLAYCOUNT="3"', inside=CUE), entry("c")
    disk.write(collection(*entries, nodes=playlist("Friday", key("b"), key("c"), key("a"))))
    await disk.imported()
    before = {title: await disk.image(title) for title in "abc"}
    ids = await disk.ids()
    view = await disk.job("merge", groups=[[ids["a"], ids["b"]]])
    assert view.state == "succeeded", view.error
    await disk.exported()
    assert disk.keys() == [key("a"), key("c")]
    assert disk.items() == [key("c"), key("a")]
    kept = disk.text.split("<ENTRY ")[1]
    assert all(said in kept for said in ('RANKING="255"', 'PLAYCOUNT="3"', 'NAME="drop"'))

    assert view.result is not None
    undone = await disk.job("file-undo", change=view.result["change"], force=True)
    assert undone.state == "succeeded", undone.error
    await disk.exported()
    assert sorted(disk.keys()) == [key("a"), key("b"), key("c")]
    assert disk.items() == [key("b"), key("c"), key("a")]
    for title in "abc":
        now = await disk.image(title)
        assert (now["cues"], now["rating"], now["plays"]) == tuple(
            before[title][name] for name in ("cues", "rating", "plays")
        )
    assert disk.path("b").exists()


async def test_a_relocation_is_told_to_traktor_and_taken_back_before_it_was(disk: Disk) -> None:
    disk.fill("a", "b")
    disk.write(collection(entry("a"), entry("b"), nodes=playlist("Friday", key("b"))))
    await disk.imported()
    ids = await disk.ids()
    new = disk.path("c/New/b.mp3")
    new.parent.mkdir()
    disk.path("b").write_bytes(made("mp3"))
    os.rename(disk.path("b"), new)
    async with disk.library.writing() as tx:
        await tx.execute("UPDATE track SET missing = 1 WHERE id = ?", (ids["b"],))
    view = await disk.job("relocate", accept=[[ids["b"], str(new)]])
    assert view.state == "succeeded", view.error
    assert view.result is not None
    failed = await disk.failed(view)
    assert failed == [], failed
    assert await moving.unknown_names(disk.library) == 1
    await disk.job("relocate-undo", change=view.result["change"])
    assert await moving.unknown_names(disk.library) == 0
    await disk.job("relocate", accept=[[ids["b"], str(new)]])
    await disk.exported()
    assert disk.items() == ["C:/:New/:b.mp3"]
    assert (await disk.places())["b"] == ("c/New/b.mp3", "C:/New/b.mp3", 0)
