"""Merging duplicates: the keeper has all, the others' files lie in the trash, and all of it can be undone."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from djtui.bridge import merging
from djtui.bridge.duplicates import find
from djtui.config import FilesSettings, Settings
from djtui.files import no_overwrite
from djtui.jobs.job import Context, JobError
from djtui.library import history, playlists, tracks
from djtui.library.database import Library
from tests.files.shelf import Shelf, attributes
from tests.files.sounds import made

DROP = (0, 64_200.0, 0.0, 3, "drop", -1, None, None)
SONG = {"artist": "Bicep", "title": "Opal", "duration": 300.0, "missing": 0}


@pytest.fixture
def shelf(library: Library, tmp_path: Path) -> Shelf:
    return Shelf(library, tmp_path / "music", Settings(files=FilesSettings(trash=str(tmp_path / "trash"))))


async def items(library: Library, id: int) -> list[int | None]:
    return [item[0] for item in await playlists.items(library, id)]


async def image(library: Library, id: int) -> dict[str, Any]:
    return (await tracks.images(library, [id], cues=True))[id]


async def everything(library: Library) -> list[list[tuple[Any, ...]]]:
    """What undoing has to bring back."""
    found = []
    for query in (
        "SELECT * FROM track ORDER BY id",
        "SELECT * FROM cue ORDER BY track_id, position",
        "SELECT * FROM playlist_item ORDER BY playlist_id, position",
        "SELECT * FROM play ORDER BY night_id, position",
    ):
        rows = await library.fetchall(query)
        found.append([tuple(row[name] for name in row.keys() if name != "revision") for row in rows])  # noqa: SIM118
    return found


def in_trash(shelf: Shelf) -> list[str]:
    trash = Path(shelf.settings.files.trash)
    return sorted(path.name for path in trash.rglob("*") if path.is_file()) if trash.exists() else []


async def test_the_keeper_gets_all_and_the_others_file_lies_in_the_trash(shelf: Shelf) -> None:
    library = shelf.library
    ids = await shelf.put(
        {
            "a.flac": SONG | {"rating": 2, "plays": 3},
            "b.mp3": SONG | {"rating": 5, "plays": 4, "comment": "closing track"},
            "c.mp3": SONG | {"title": "Glue"},
        }
    )
    flac, mp3, glue = ids.values()
    async with library.writing() as tx:
        await tracks.update(tx, {mp3: {"cues": [DROP]}})
        await tx.execute("INSERT INTO night (id, path, digest) VALUES (1, 'n', x'00')")
        await tx.execute("INSERT INTO play (night_id, position, track_id, key) VALUES (1, 0, ?, 'k')", (mp3,))
    friday, _ = await playlists.create(library, "Friday", track_ids=[glue, mp3])
    both, _ = await playlists.create(library, "Both", track_ids=[flac, glue, mp3])
    before, tree = await everything(library), shelf.tree()

    result = await shelf.done("merge", groups=[[flac, mp3]])
    assert (result["merged"], in_trash(shelf), shelf.names()) == (1, ["b.mp3"], ["a.flac", "c.mp3"])
    kept = await image(library, flac)
    assert (kept["rating"], kept["plays"], kept["comment"]) == (5, 7, "closing track")
    assert kept["cues"] == [list(DROP)]
    assert await items(library, friday) == [glue, flac]
    assert await items(library, both) == [flac, glue]
    (play,) = await library.fetchall("SELECT track_id FROM play")
    assert play["track_id"] == flac
    assert await tracks.get(library, mp3) is None
    change = await history.find(library, result["change"])
    assert (change.kind, change.title, change.items) == ("merge", "Merge of 1 duplicate", 2)

    await shelf.undo(change.id)
    assert (await everything(library), shelf.tree()) == (before, tree)
    assert in_trash(shelf) == []
    assert (await history.find(library, change.id)).undone is not None


async def test_several_become_one_and_one_playlist_of_several_groups_is_put_back_once(shelf: Shelf) -> None:
    library = shelf.library
    ids = list(
        (await shelf.put({f"{n}.mp3": SONG | {"plays": n, "title": f"{n // 3}"} for n in range(6)})).values()
    )
    mixed, _ = await playlists.create(library, "Mixed", track_ids=ids[::-1])
    before, tree = await everything(library), shelf.tree()
    groups = [[ids[0], ids[1], ids[2]], [ids[5], ids[3], ids[4]]]
    result = await shelf.done("merge", groups=groups)
    assert result["merged"] == 4
    assert [(await image(library, ids[n]))["plays"] for n in (0, 5)] == [3, 12]
    assert await items(library, mixed) == [ids[5], ids[0]]
    await shelf.undo()
    assert (await everything(library), shelf.tree()) == (before, tree)


async def test_names_that_are_equal_find_room_in_the_trash(shelf: Shelf) -> None:
    ids = await shelf.put(dict.fromkeys(("a.mp3", "x/a.mp3", "y/a.mp3", "z/a.mp3"), SONG))
    tree = shelf.tree()
    await shelf.done("merge", groups=[list(ids.values())])
    assert (shelf.names(), in_trash(shelf)) == (["a.mp3"], ["a.mp3"] * 3)
    await shelf.undo()
    assert shelf.tree() == tree


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="needs a second disk")
async def test_a_trash_on_another_disk_is_as_good(shelf: Shelf) -> None:
    ids = await shelf.put({"a.mp3": SONG, "b.mp3": SONG})
    tree, times = shelf.tree(), os.stat(shelf.path("b.mp3")).st_mtime_ns
    with TemporaryDirectory(dir="/dev/shm") as trash:
        shelf.settings = Settings(files=FilesSettings(trash=trash))
        await shelf.done("merge", groups=[list(ids.values())])
        assert (shelf.names(), in_trash(shelf)) == (["a.mp3"], ["b.mp3"])
        await shelf.undo()
        assert (shelf.tree(), in_trash(shelf)) == (tree, [])
    assert os.stat(shelf.path("b.mp3")).st_mtime_ns == times


async def test_a_track_without_a_file_is_merged_all_the_same(shelf: Shelf) -> None:
    ids = await shelf.put({"a.mp3": SONG, "gone.mp3": SONG | {"missing": 1, "rating": 4}})
    os.unlink(shelf.path("gone.mp3"))
    assert (await shelf.done("merge", groups=[list(ids.values())]))["merged"] == 1
    assert (await image(shelf.library, ids["a.mp3"]))["rating"] == 4
    await shelf.undo()
    assert sorted((await shelf.paths()).values()) == ["a.mp3", "gone.mp3"]


@pytest.mark.parametrize("how", ["same path", "symlink"])
async def test_a_file_that_the_keeper_needs_stays(shelf: Shelf, how: str) -> None:
    ids = await shelf.put({"a.mp3": SONG})
    other = shelf.path("a.mp3")
    if how == "symlink":
        os.rename(shelf.path("a.mp3"), shelf.path("b.mp3"))
        os.symlink(shelf.path("b.mp3"), shelf.path("a.mp3"))
        other = shelf.path("b.mp3")
    tree = shelf.tree()
    async with shelf.library.writing() as tx:
        await tx.execute("INSERT INTO track (id, revision, path) VALUES (99, 1, ?)", (other,))
        await tx.execute("INSERT INTO track_text (id, words) VALUES (99, '')")
    assert (await shelf.done("merge", groups=[[ids["a.mp3"], 99]]))["merged"] == 1
    assert (shelf.tree(), in_trash(shelf)) == (tree, [])


async def test_nothing_goes_where_the_keepers_file_is_not_there(shelf: Shelf) -> None:
    ids = await shelf.put({"a.mp3": SONG, "b.mp3": SONG})
    os.unlink(shelf.path("a.mp3"))
    failed = await shelf.failed("merge", groups=[[ids["a.mp3"], ids["b.mp3"]]])
    assert failed == {"b.mp3": "The file of the track to keep is not there."}
    assert (shelf.names(), len(await shelf.paths())) == (["b.mp3"], 2)


async def test_files_that_were_the_same_sound_and_are_changed_since_stay(shelf: Shelf) -> None:
    for name in ("a.wav", "b.wav"):
        Path(shelf.path(name)).write_bytes(made("wav"))
    await shelf.done("scan", folders=[str(shelf.folder)])
    await shelf.done("duplicates")
    (group,) = await find(shelf.library)
    assert group.how == "exact"
    os.utime(shelf.path("b.wav"), ns=(1, 1))
    failed = await shelf.failed("merge", groups=[[copy.id for copy in group.copies]])
    assert list(failed) == ["b.wav"]
    assert shelf.names() == ["a.wav", "b.wav"]


async def test_a_file_that_cannot_be_moved_keeps_its_track(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await shelf.put({"a.mp3": SONG, "b.mp3": SONG, "c.mp3": SONG})
    move = no_overwrite.move

    def stubborn(source: str, target: str) -> object:
        if source.endswith("b.mp3"):
            raise PermissionError(13, "no")
        return move(source, target)

    monkeypatch.setattr(no_overwrite, "move", stubborn)
    failed = await shelf.failed("merge", groups=[list(ids.values())])
    assert failed == {"b.mp3": "You may not write in this folder."}
    assert sorted((await shelf.paths()).values()) == ["a.mp3", "b.mp3"]
    assert shelf.names() == ["a.mp3", "b.mp3"]
    monkeypatch.undo()
    await shelf.undo()
    assert shelf.names() == ["a.mp3", "b.mp3", "c.mp3"]


async def test_cut_off_between_disk_and_library_it_goes_on_and_is_undone(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await shelf.put({f"{n}.mp3": SONG | {"plays": 1} for n in range(3)})
    before, tree = await everything(shelf.library), shelf.tree()

    async def crash(*anything: object) -> int:
        raise RuntimeError("cut off")

    with monkeypatch.context() as patch:
        patch.setattr(merging, "merge", crash)
        view = await shelf.job("merge", groups=[list(ids.values())])
    assert view.state == "failed"
    assert (shelf.names(), len(await shelf.paths())) == (["0.mp3"], 3)
    assert (await shelf.done("merge", groups=[list(ids.values())]))["merged"] == 2
    assert (await image(shelf.library, ids["0.mp3"]))["plays"] == 3
    await shelf.undo()
    assert (await everything(shelf.library), shelf.tree()) == (before, tree)


async def test_undone_in_the_midst_all_is_as_it_was(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = await shelf.put({f"{n}.mp3": SONG for n in range(3)})
    before, tree = await everything(shelf.library), shelf.tree()

    async def crash(*anything: object) -> int:
        raise RuntimeError("cut off")

    with monkeypatch.context() as patch:
        patch.setattr(merging, "merge", crash)
        await shelf.job("merge", groups=[list(ids.values())])
    await shelf.undo()
    assert (await everything(shelf.library), shelf.tree()) == (before, tree)


async def test_what_was_changed_since_the_merge_is_left_alone(shelf: Shelf) -> None:
    ids = list((await shelf.put({"a.mp3": SONG, "b.mp3": SONG | {"rating": 5}})).values())
    change = (await shelf.done("merge", groups=[ids]))["change"]
    await history.edit(shelf.library, ids[:1], {"rating": 1}, "mine")
    view = await shelf.job("file-undo", change=change)
    assert view.state == "succeeded"
    assert (await image(shelf.library, ids[0]))["rating"] == 1
    assert shelf.names() == ["a.mp3", "b.mp3"]
    assert (await image(shelf.library, ids[1]))["path"] == shelf.path("b.mp3")


async def test_a_track_in_two_groups_is_refused() -> None:
    for groups in ([[1, 2], [2, 3]], [[1, 1]]):
        with pytest.raises(JobError, match="two groups"):
            merging.merging_job({"groups": groups}, Settings())


async def test_asking_what_it_costs_touches_nothing(shelf: Shelf) -> None:
    ids = list((await shelf.put({"a.mp3": SONG, "b.mp3": SONG})).values())
    before = attributes(shelf.folder)
    job = merging.merging_job({"groups": [ids]}, shelf.settings)
    for phase in job.phases:
        await phase.estimate(Context(0, shelf.library, shelf.settings))
    assert attributes(shelf.folder) == before
