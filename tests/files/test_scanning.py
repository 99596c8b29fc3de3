"""The scan job: every file once, whatever lies about, and nothing of a track lost."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from mutagen.flac import FLAC

from djtui.config import Settings
from djtui.files import scan_reading, storing
from djtui.files.scan_read import ReadFile, Trouble, read_files
from djtui.files.scan_walk import Files, Seen, Walk, roots
from djtui.files.scanning import ScanJob
from djtui.files.watching import Watching
from djtui.jobs import requests
from djtui.jobs.hosting import perform
from djtui.jobs.job import JobError, TaskTimeout
from djtui.jobs.views import JobView, failures
from djtui.kinds import KINDS
from djtui.library import history, playlists, tracks
from djtui.library.database import Library
from djtui.model.track import Track
from tests.files.sounds import FFMPEG, LIBSNDFILE, made, sound
from tests.making import add_tracks
from tests.working import finished, working

Tree = dict[str, tuple[bytes, int, int]]


@pytest.fixture(autouse=True)
def _own_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def music(tmp_path: Path) -> Path:
    (tmp_path / "music").mkdir()
    return tmp_path / "music"


async def scan(library: Library, *folders: Path, **params: Any) -> JobView:
    """A scan, worked to its end."""
    view = await finished(library, "scan", folders=[str(folder) for folder in folders], **params)
    assert view.state == "succeeded", view.error
    return view


async def counts(library: Library, *folders: Path, **params: Any) -> dict[str, int]:
    """What a scan found, but for what it did not."""
    found = (await scan(library, *folders, **params)).result or {}
    return {name: count for name, count in found.items() if count and name != "dry_run"}


async def shelf(library: Library) -> dict[str, Track]:
    """The tracks by the names of their files."""
    rows = await library.fetchall("SELECT id FROM track")
    found = await tracks.get_many(library, [row["id"] for row in rows])
    return {Path(track.path or "").name: track for track in found.values()}


def song(folder: Path, name: str, title: str, **tags: str) -> Path:
    """A FLAC with these tags, and sound of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    data = made("flac")
    path.write_bytes(data[:-64] + title.encode().ljust(64, b"\0")[:64])
    retag(path, title=title, **tags)
    return path


def retag(path: Path, **tags: str) -> None:
    """Change tags as another program does."""
    before = path.stat().st_mtime_ns
    form: Any = FLAC
    file = form(path)
    for name, value in tags.items():
        if value:
            file[name] = value
        else:
            file.pop(name, None)
    file.save()
    os.utime(path, ns=(before, before + 1_000_000_000))


def state(folder: Path) -> Tree:
    """Everything below a folder: bytes, time, rights."""
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# -- finding --------------------------------------------------------------------------------------


def test_a_walk_meets_every_folder_once_and_passes_over_what_is_hidden(tmp_path: Path) -> None:
    for name in ("a/b", ".trash", "@eaDir", "elsewhere"):
        (tmp_path / "root" / name).mkdir(parents=True)
    root, outside = tmp_path / "root", tmp_path / "outside"
    outside.mkdir()
    for name in ("a/1.MP3", "a/b/2.FlAc", ".trash/3.mp3", "@eaDir/4.mp3", "._5.mp3", "cover.jpg", "mp3"):
        (root / name).write_bytes(b"x")
    (outside / "6.ogg").write_bytes(b"x")
    (root / "a/b/loop").symlink_to(root)
    (outside / "back").symlink_to(root)
    (root / "link").symlink_to(outside)
    (root / "again").symlink_to(outside)
    (root / "7.mp3").symlink_to(root / "a/1.MP3")
    (root / "8.mp3").symlink_to(root / "nothing.mp3")
    walk = Walk([str(root)])
    files, failed = [], []
    while (found := walk.some(1)) is not None:
        files += [os.path.relpath(seen.path, root) for seen in found.files]
        failed += [os.path.relpath(path, root) for path, _ in found.failures]
    assert sorted(files) == ["a/1.MP3", "a/b/2.FlAc", "again/6.ogg"]
    assert failed == ["8.mp3"]


def test_a_link_into_a_hidden_store_is_followed(tmp_path: Path) -> None:
    (tmp_path / ".annex").mkdir()
    (tmp_path / ".annex/x.mp3").write_bytes(b"x")
    (tmp_path / "a.mp3").symlink_to(tmp_path / ".annex/x.mp3")
    found = Walk([str(tmp_path)]).some(10)
    assert found is not None
    assert [Path(seen.path).name for seen in found.files] == ["a.mp3"]


def test_folders_within_others_are_walked_with_them(tmp_path: Path) -> None:
    places = [str(tmp_path / name) for name in ("b/c", "a", "b", "b/../a", "bb")]
    assert [Path(place).name for place in roots(places)] == ["a", "b", "bb"]


def test_many_files_are_kept_small_and_come_back_as_they_were() -> None:
    many = [Seen(f"/m/{number // 7}/é{number}.mp3", number << 33, -number) for number in range(1000)]
    files = Files()
    files.add(many[:600])
    files.add(many[600:])
    back = []
    while len(files):
        back += files.take(50)
    assert back == many


# -- reading --------------------------------------------------------------------------------------


async def test_every_format_and_case_becomes_a_track_with_its_tags(library: Library, music: Path) -> None:
    extensions = [*LIBSNDFILE, *(FFMPEG if shutil.which("ffmpeg") else ())]
    for number, extension in enumerate(extensions):
        path = sound(music, extension)
        path.rename(music / f"{number}.{extension.upper() if number % 2 else extension.title()}")
    song(music / "sub", "tagged.flac", "Opal", artist="Bicep", bpm="128.5", initialkey="Am", date="2021-5-7")
    found = await counts(library, music)
    assert found == {"found": len(extensions) + 1, "added": len(extensions) + 1}
    there = await shelf(library)
    track = there["tagged.flac"]
    assert (track.title, track.artist, track.bpm, track.key, track.year) == ("Opal", "Bicep", 128.5, 21, 2021)
    assert (track.format, track.missing, track.released) == ("flac", 0, "2021")
    assert all(track.duration and track.format == track.format.lower() for track in there.values())  # type: ignore[union-attr]


async def test_bad_files_are_listed_and_cost_nothing_else(library: Library, music: Path) -> None:
    song(music, "good.flac", "Good")
    (music / "empty.mp3").touch()
    (music / "page.flac").write_text("<html><body>Not found</body></html>" * 50)
    (music / "cut.wav").write_bytes(made("wav")[:20])
    (music / "gone.mp3").symlink_to(music / "nowhere.mp3")
    os.mkfifo(music / "pipe.mp3")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(music / "door.mp3"))
    sound(music, "flac", "disguised").rename(music / "disguised.mp3")
    Path(os.fsdecode(bytes(music) + b"/\xff\xfe.mp3")).write_bytes(b"x")
    view = await scan(library, music)
    bad = {Path(it.item).name for it in await failures(library, view.id)}
    assert bad == {
        "empty.mp3", "page.flac", "cut.wav", "gone.mp3", "pipe.mp3", "door.mp3", "\\xff\\xfe.mp3",
    }  # fmt: skip
    assert view.result is not None
    assert (view.result["found"], view.result["added"], view.result["failed"]) == (9, 2, 7)
    row = await library.fetchone("SELECT note FROM file WHERE path LIKE '%disguised.mp3'")
    assert row is not None
    assert row["note"] == "The file is called .mp3 and is FLAC."
    again = await counts(library, music)
    assert again == {"found": 9, "unchanged": 2, "failed": 7}


async def test_a_bad_file_is_tried_again_when_it_changes_or_is_asked_for(
    library: Library, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = music / "a.flac"
    bad.write_bytes(b"x" * 100)
    first = await scan(library, music)
    read: list[str] = []

    def noting(paths: list[str], added: str) -> list[ReadFile | Trouble]:
        read.extend(paths)
        return read_files(paths, added)

    monkeypatch.setattr(scan_reading, "read_files", noting)
    await scan(library, music)
    assert read == []
    retried = await scan(library, music, retry=[str(bad)])
    assert read == [str(bad)]
    assert retried.key == first.key
    song(music, "a.flac", "Mended")
    assert await counts(library, music) == {"found": 1, "added": 1}
    assert await library.fetchone("SELECT 1 FROM file_trouble") is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_what_may_not_be_read_is_a_failure_and_its_tracks_stay(library: Library, music: Path) -> None:
    song(music / "locked", "a.flac", "A")
    closed = song(music, "b.flac", "B")
    await scan(library, music)
    (music / "locked").chmod(0)
    closed.chmod(0)
    os.utime(closed, (1, 1))
    found = await counts(library, music)
    (music / "locked").chmod(0o700)
    assert (found["failed"], found.get("missing", 0)) == (2, 0)


async def test_a_folder_that_cannot_be_read_leaves_its_tracks_alone(
    library: Library, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    song(music / "locked", "a.flac", "A")
    await scan(library, music)
    shutil.rmtree(music / "locked")
    (music / "locked").mkdir()
    real = os.scandir

    def refusing(place: str) -> Any:
        if str(place).endswith("locked"):
            raise PermissionError(13, "Permission denied", place)
        return real(place)

    monkeypatch.setattr(os, "scandir", refusing)
    view = await scan(library, music)
    assert [it.reason for it in await failures(library, view.id)] == [
        "The folder cannot be read: Permission denied."
    ]
    assert (await shelf(library))["a.flac"].missing == 0


async def test_a_file_whose_reading_hangs_or_kills_is_the_only_failure(
    library: Library, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abcde":
        song(music, f"{name}.flac", name)

    def hanging(paths: list[str], added: str) -> list[ReadFile | Trouble]:
        if any(path.endswith("c.flac") for path in paths):
            raise TaskTimeout("too slow")
        return read_files(paths, added)

    monkeypatch.setattr(scan_reading, "read_files", hanging)
    assert await counts(library, music) == {"found": 5, "added": 4, "failed": 1}


# -- again ----------------------------------------------------------------------------------------


async def test_a_second_scan_reads_only_what_has_changed(library: Library, music: Path) -> None:
    one, two, three = (song(music, f"{name}.flac", name) for name in ("one", "two", "three"))
    assert await counts(library, music) == {"found": 3, "added": 3}
    assert await counts(library, music) == {"found": 3, "unchanged": 3}
    retag(two, title="Two", genre="House")
    three.unlink()
    song(music, "four.flac", "four")
    assert await counts(library, music) == {
        "found": 3, "added": 1, "updated": 1, "unchanged": 1, "missing": 1
    }  # fmt: skip
    there = await shelf(library)
    assert (there["two.flac"].title, there["two.flac"].genre) == ("Two", "House")
    assert [there[f"{name}.flac"].missing for name in ("one", "three")] == [0, 1]
    song(music, "three.flac", "three")
    assert "missing" not in await counts(library, music)
    assert (await shelf(library))["three.flac"].missing == 0
    assert one.exists()


async def test_a_tag_that_changed_goes_to_the_track_unless_it_was_changed_here_too(
    library: Library, music: Path
) -> None:
    path = song(music, "a.flac", "Old", artist="Old", genre="Old", comment="Old")
    await scan(library, music)
    id = (await shelf(library))["a.flac"].id
    await history.edit(library, [id], {"title": "Mine", "genre": "Mine"}, "Mine")
    retag(path, title="Theirs", artist="Theirs", comment="")
    await scan(library, music)
    track = (await shelf(library))["a.flac"]
    assert (track.title, track.artist, track.genre, track.comment) == ("Mine", "Theirs", "Mine", None)
    retag(path, genre="Theirs")
    await scan(library, music)
    assert (await shelf(library))["a.flac"].genre == "Mine"


async def test_a_file_joins_the_track_at_its_path_and_fills_what_is_unknown(
    library: Library, music: Path
) -> None:
    path = song(music, "a.flac", "Tagged", artist="Tagged", bpm="128", initialkey="Am", label="Tagged")
    known = {"path": str(path), "title": "Traktor's", "key": 3, "bpm": 127.0, "locked": 1}
    await add_tracks(library, [known, {"path": str(music / "elsewhere.flac")}])
    found = await counts(library, music)
    assert found == {"found": 1, "updated": 1, "missing": 1}
    track = (await shelf(library))["a.flac"]
    assert (track.title, track.artist, track.label) == ("Traktor's", "Tagged", "Tagged")
    assert (track.key, track.key_text, track.bpm) == (3, None, 127.0)


async def test_traktors_composed_path_is_the_file_that_the_disk_has_decomposed(
    library: Library, music: Path
) -> None:
    composed = unicodedata.normalize("NFC", str(music / "Beyoncé.flac"))
    path = song(music, unicodedata.normalize("NFD", "Beyoncé.flac"), "Halo")
    await add_tracks(library, [{"path": composed}])
    assert await counts(library, music) == {"found": 1, "updated": 1}
    row = await library.fetchone("SELECT path FROM track")
    assert row is not None
    assert row["path"] == str(path)
    twin = song(music, "Beyoncé.flac", "Another")
    assert str(twin) != str(path)
    assert await counts(library, music) == {"found": 2, "added": 1, "unchanged": 1}


# -- moved ----------------------------------------------------------------------------------------


async def test_moved_files_keep_cues_and_playlists_and_copies_are_new(library: Library, music: Path) -> None:
    one = song(music / "in", "one.flac", "one")
    two = song(music / "in", "two.flac", "two")
    await scan(library, music)
    ids = {name: track.id for name, track in (await shelf(library)).items()}
    async with library.writing() as tx:
        await tracks.update(tx, {ids["one.flac"]: {"cues": [(0, 1000.0, 0.0, 1, "drop", 0, None, None)]}})
    crate, _ = await playlists.create(library, "Crate")
    await playlists.add(library, crate, list(ids.values()))
    (music / "out").mkdir()
    one.rename(music / "out" / "One (renamed).flac")
    shutil.copy2(two, music / "out" / "copy.flac")
    found = await counts(library, music)
    assert found == {"found": 3, "added": 1, "unchanged": 1, "moved": 1}
    there = await shelf(library)
    assert there["One (renamed).flac"].id == ids["one.flac"]
    assert len(await tracks.cues(library, ids["one.flac"])) == 1
    row = await library.fetchone("SELECT count(track_id) AS there FROM playlist_item")
    assert row is not None
    assert row["there"] == 2


async def test_a_folder_that_was_renamed_takes_its_tracks_along_even_twins(
    library: Library, music: Path
) -> None:
    for folder in ("old/A", "old/B"):
        song(music / folder, "same.flac", "same")
        song(music / folder, f"{folder[-1]}.flac", folder)
    await scan(library, music)
    before = dict(await paths(library))
    (music / "old").rename(music / "new")
    assert await counts(library, music) == {"found": 4, "moved": 4}
    assert {id: path.replace("/old/", "/new/") for id, path in before.items()} == dict(await paths(library))


async def paths(library: Library) -> list[tuple[int, str]]:
    return [(row["id"], row["path"]) for row in await library.fetchall("SELECT id, path FROM track")]


def test_of_candidates_that_nothing_tells_apart_none_is_chosen() -> None:
    chosen = storing.choose_moved(
        {"/n/x.mp3": [(1, "/a/p.mp3"), (2, "/b/q.mp3")], "/n/y.mp3": [(3, "/y.mp3")]}
    )
    assert chosen == {"/n/y.mp3": 3}
    assert storing.choose_moved({"/n/p.mp3": [(1, "/a/p.mp3"), (2, "/b/q.mp3")]}) == {"/n/p.mp3": 1}


# -- the rest -------------------------------------------------------------------------------------


async def test_a_scan_is_undone_and_its_later_changes_are_put_back(library: Library, music: Path) -> None:
    path = song(music, "a.flac", "Old")
    await scan(library, music)
    retag(path, title="New")
    await scan(library, music)
    second, first = await history.changes(library)
    assert [(it.kind, it.items) for it in (first, second)] == [("scan", 1), ("scan", 1)]
    await history.undo(library, second)
    assert (await shelf(library))["a.flac"].title == "Old"
    await history.undo(library, first)
    assert await shelf(library) == {}
    assert await counts(library, music) == {"found": 1, "added": 1}
    with pytest.raises(history.HistoryError, match="scan the folder again"):
        await history.redo(library, await history.find(library, first.id))


async def test_a_dry_run_counts_the_same_and_touches_nothing(library: Library, music: Path) -> None:
    for name in ("a", "b", "c"):
        song(music, f"{name}.flac", name)
    assert await counts(library, music, dry_run=True) == {"found": 3, "added": 3}
    assert await shelf(library) == {}
    await scan(library, music)
    retag(music / "a.flac", title="New")
    (music / "b.flac").rename(music / "moved.flac")
    (music / "c.flac").unlink()
    before = state(music)
    wanted = {"found": 2, "updated": 1, "missing": 1, "moved": 1}
    assert await counts(library, music, dry_run=True) == wanted
    assert (await shelf(library))["a.flac"].title == "a"
    assert state(music) == before
    row = await library.fetchone("SELECT count(*) AS n FROM change")
    assert row is not None
    assert row["n"] == 1


async def test_a_folder_that_is_not_there_is_a_sentence(library: Library, music: Path) -> None:
    with pytest.raises(JobError, match="Is its drive there"):
        await requests.submit(library, KINDS, "scan", {"folders": [str(music / "usb")]})
    with pytest.raises(JobError, match=r"xff has letters that no program can read"):
        await requests.submit(library, KINDS, "scan", {"folders": [os.fsdecode(bytes(music) + b"/\xff")]})


async def test_what_lies_in_the_trash_is_no_track(library: Library, music: Path) -> None:
    path = song(music / "trash", "a.flac", "a")
    song(music, "b.flac", "b")
    async with library.writing() as tx:
        await tx.execute("INSERT INTO change (id, at, kind, title) VALUES (1, '2026', 'merge', 'Merge')")
        await tx.execute(
            "INSERT INTO file_step (change_id, step, kind, source, target, state)"
            " VALUES (1, 1, 'trash', '/old.flac', ?, 'done')",
            (str(path),),
        )
    assert await counts(library, music) == {"found": 1, "added": 1}


async def test_a_single_file_may_be_scanned(library: Library, music: Path) -> None:
    path = song(music, "a.flac", "a")
    song(music, "b.flac", "b")
    assert await counts(library, path) == {"found": 1, "added": 1}
    assert await storing.folders(library) == []


async def test_real_workers_read_and_only_who_wants_it_has_the_new_tracks_analysed(
    library: Library, music: Path
) -> None:
    for number in range(60):
        song(music, f"{number}.flac", f"{number}")
    settings = Settings()
    params = {"folders": [str(music)]}
    async with aclosing(perform(library, KINDS, "scan", params, settings)) as views:
        view = [view async for view in views][-1]
    assert (view.state, (view.result or {})["added"]) == ("succeeded", 60)
    assert await library.fetchone("SELECT 1 FROM job WHERE kind = 'analysis'") is None
    job = KINDS["scan"](params | {"analyze": True}, library, settings)
    assert isinstance(job, ScanJob)
    assert job.work.finish is not None


async def test_a_watched_folder_is_scanned_at_the_start_and_after_a_change(
    library: Library, music: Path
) -> None:
    song(music, "a.flac", "a")
    async with library.writing() as tx:
        await storing.watch_folder(tx, str(music), True)

    async def here() -> None:
        """The host is."""

    async def until(done: Callable[[dict[str, Track]], bool]) -> None:
        async with asyncio.timeout(20):
            while not done(await shelf(library)):
                await asyncio.sleep(0.05)

    async with working(library):
        watching = Watching(library, Settings, KINDS, here, quiet_s=0.2, look_s=0.05)
        task = asyncio.create_task(watching.run())
        await until(lambda there: "a.flac" in there)
        await asyncio.sleep(0.5)
        song(music / "sub", "b.flac", "b")
        await until(lambda there: "b.flac" in there)
        (music / "a.flac").rename(music / "c.flac")
        await until(lambda there: "c.flac" in there)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert len(await shelf(library)) == 2


def test_a_host_scans_and_watches_without_importing_what_only_workers_need() -> None:
    code = (
        "import sys; import djtui.files.scanning, djtui.files.watching;"
        "print({name.partition('.')[0] for name in sys.modules} & {'mutagen', 'numpy', 'lxml', 'textual'})"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "set()"
