"""The import of Traktor's history, worked by a real host and a real process pool."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from djtui.config import Settings, TraktorSettings
from djtui.jobs.job import Batch, Context, Cursor, Job, JobError, JobKinds
from djtui.jobs.views import JobView, failures
from djtui.library import journal, tracks
from djtui.library.database import Library
from djtui.traktor.history_importing import Matching, history_folder, nights_job
from djtui.traktor.import_state import Batches, nothing
from djtui.traktor.location import VolumeMap, key_hash
from tests.making import add_tracks
from tests.traktor.nml_text import entry, written
from tests.traktor.test_history_file import ONE, SATURDAY, TWO, data, history, packed, play
from tests.working import finished

KINDS: JobKinds = {"traktor-nights": lambda params, library, settings: nights_job(params, settings)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "Traktor 3.5.0" / "History"
    made.mkdir(parents=True)
    return made


async def imported(
    library: Library,
    path: Path,
    settings: Settings | None = None,
    kinds: JobKinds = KINDS,
    **params: Any,
) -> tuple[JobView, dict[str, Any]]:
    """Import a history; the job as it ended, and its result."""
    last = await finished(library, "traktor-nights", settings, kinds, path=str(path), **params)
    return last, last.result or {}


async def enter(
    library: Library, track_id: int, key: str, *, file: str = "/c.nml", role: str = "collection"
) -> None:
    """Let an NML file say that a key is this track."""
    async with library.writing() as tx:
        await tx.execute("INSERT OR IGNORE INTO nml_file (path, role) VALUES (?, ?)", (file, role))
        await tx.execute(
            "INSERT INTO nml_entry (file_id, track_id, hash, key_hash, key, cues)"
            " SELECT id, ?, x'00', ?, ?, 0 FROM nml_file WHERE path = ?",
            (track_id, key_hash(key), key, file),
        )


async def dump(library: Library) -> list[tuple[Any, ...]]:
    rows = await library.fetchall("SELECT * FROM night ORDER BY path")
    plays = await library.fetchall("SELECT * FROM play ORDER BY night_id, position")
    revision = await library.fetchall("SELECT value FROM meta WHERE name = 'revision'")
    return [tuple(row) for row in (*rows, *plays, *revision)]


async def links(library: Library) -> list[tuple[str, int | None]]:
    rows = await library.fetchall("SELECT key, track_id FROM play ORDER BY night_id, position")
    return [(row["key"], row["track_id"]) for row in rows]


async def test_plays_arrive_with_what_the_file_says_and_find_their_tracks_but_are_not_counted_there(
    library: Library, folder: Path
) -> None:
    (one,) = await add_tracks(library, [{"title": "One", "plays": 3, "played": "2019-10-01"}])
    await enter(library, one, ONE)
    written(
        folder,
        history(play(), play(TWO, data(SATURDAY, 61, 3, 90.5, 0)), entries=(entry(), entry("two.mp3"))),
        "a.nml",
    )
    written(folder, history(play("C:/:x.mp3", "")), "history_2011y05m02d_20h14m33s.nml")
    view, result = await imported(library, folder)
    assert view.state == "succeeded"
    assert [phase.name for phase in view.phases] == ["Looking", "Reading", "Matching"]
    assert result == {"nights": 2, "plays": 3, "added": 2, "updated": 0, "unknown": 2, "failed": 0}
    nights = await library.fetchall("SELECT started, plays FROM night ORDER BY path")
    assert [tuple(row) for row in nights] == [("2019-10-18T19:07:19", 2), ("2011-05-02T20:14:33", 1)]
    rows = await library.fetchall(
        "SELECT track_id, key, title, artist, at, deck, duration, public FROM play"
        " ORDER BY night_id, position"
    )
    assert [tuple(row) for row in rows] == [
        (one, ONE, "One", "Ada", "2019-10-18T19:07:19", 1, 240.5, 1),
        (None, TWO, "One", "Ada", "2019-10-19T00:01:01", 4, 90.5, 0),
        (None, "C:/:x.mp3", None, None, None, None, None, None),
    ]
    track = (await tracks.get_many(library, [one]))[one]
    assert (track.plays, track.played) == (3, "2019-10-01")


async def test_a_second_run_changes_nothing(library: Library, folder: Path) -> None:
    for number in range(10):
        written(folder, history(play(extended=data(time=number))), f"{number}.nml")
    written(folder, history(play(extended=data(time=9))), "copy of 9.nml")
    _, first = await imported(library, folder)
    assert (first["nights"], first["plays"], first["added"]) == (10, 10, 10), "a copy is no other night"
    before = await dump(library)
    _, second = await imported(library, folder)
    assert second == first | {"added": 0}
    assert await dump(library) == before


async def test_only_new_and_changed_files_are_read(library: Library, folder: Path) -> None:
    kept = written(folder, history(play()), "a.nml")
    grown = written(folder, history(play()), "b.nml")
    grown.write_text(history(play(), play(TWO)))
    await imported(library, folder)
    ids = await library.fetchall("SELECT id FROM night ORDER BY path")
    os.utime(kept, ns=(1, 1))
    grown.write_text(history(play(), play(TWO), play(ONE)))
    written(folder, history(play(TWO)), "c.nml")
    _, result = await imported(library, folder)
    assert (result["nights"], result["plays"], result["added"], result["updated"]) == (3, 5, 1, 1)
    again = await library.fetchall("SELECT id FROM night ORDER BY path")
    assert [row["id"] for row in again][:2] == [row["id"] for row in ids]


async def test_a_track_that_comes_later_is_found_at_the_next_run(library: Library, folder: Path) -> None:
    path = written(folder, history(play(), play(TWO)), "a.nml")
    _, result = await imported(library, path)
    assert result["unknown"] == 2
    (two,) = await add_tracks(library, [{"title": "Two"}])
    await enter(library, two, TWO)
    _, result = await imported(library, path)
    assert result == {"nights": 1, "plays": 2, "added": 0, "updated": 0, "unknown": 1, "failed": 0}
    assert await links(library) == [(ONE, None), (TWO, two)]


async def test_what_a_key_is_the_collection_says_before_other_files(library: Library, folder: Path) -> None:
    ours, theirs, others = await add_tracks(library, [{"title": "a"}, {"title": "b"}, {"title": "c"}])
    for track, file, role in (
        (theirs, "/a.nml", "partial"),
        (ours, "/c.nml", "collection"),
        (others, "/d.nml", "partial"),
    ):
        await enter(library, track, ONE, file=file, role=role)
    await imported(library, written(folder, history(play()), "a.nml"))
    assert await links(library) == [(ONE, ours)]
    written(folder, history(play(), play()), "b.nml")
    await imported(library, folder / "b.nml", collection="/d.nml")
    assert (await links(library))[1:] == [(ONE, others)] * 2


async def test_a_track_that_no_nml_file_has_is_found_by_its_path(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    music = tmp_path / "music"
    (one,) = await add_tracks(library, [{"title": "One", "path": str(music / "one.mp3")}])
    settings = Settings(traktor=TraktorSettings(volumes={"C:/:Music": str(music)}))
    await imported(library, written(folder, history(play(), play(TWO), play("")), "a.nml"), settings)
    assert await links(library) == [(ONE, one), (TWO, None), ("", None)]


async def test_what_is_known_of_a_night_stays_when_its_file_is_read_again(
    library: Library, folder: Path
) -> None:
    (one,) = await add_tracks(library, [{"title": "One"}])
    await enter(library, one, ONE)
    path = written(folder, history(play()), "a.nml")
    await imported(library, path)
    async with library.writing() as tx:
        await tx.execute("UPDATE nml_entry SET key = 'C:/:moved.mp3', key_hash = 1")
    path.write_text(history(play(), play()))
    await imported(library, path)
    assert await links(library) == [(ONE, one), (ONE, one)]


async def test_plays_stay_when_their_track_goes_and_when_their_file_goes(
    library: Library, folder: Path
) -> None:
    (one,) = await add_tracks(library, [{"title": "One"}])
    await enter(library, one, ONE)
    path = written(folder, history(play(), entries=(entry(),)), "a.nml")
    await imported(library, folder)
    async with library.writing() as tx:
        await tracks.delete(tx, [one])
    path.unlink()
    _, result = await imported(library, folder)
    assert result == {"nights": 0, "plays": 0, "added": 0, "updated": 0, "unknown": 0, "failed": 0}
    assert await links(library) == [(ONE, None)]


async def test_the_folder_of_a_new_traktor_holds_the_same_nights(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    written(folder, history(play()), "a.nml")
    written(folder, history(play(TWO)), "b.nml")
    await imported(library, folder)
    before = await library.fetchall("SELECT id, digest FROM night ORDER BY id")
    newer = tmp_path / "Traktor 4.0.0"
    shutil.copytree(folder, newer / "History")
    _, copied = await imported(library, newer)
    assert (copied["nights"], copied["plays"], copied["added"]) == (2, 2, 0)
    shutil.rmtree(folder)
    _, moved = await imported(library, newer)
    assert (moved["nights"], moved["added"], moved["updated"]) == (2, 0, 0)
    assert await library.fetchall("SELECT id, digest FROM night ORDER BY id") == before
    paths = await library.fetchall("SELECT path FROM night ORDER BY id")
    assert [row["path"] for row in paths] == [str(newer / "History" / name) for name in ("a.nml", "b.nml")]


@dataclass
class Stumbling(Matching):
    """Matching on a day on which something is wrong."""

    async def work(self, cursor: Cursor | None, ctx: Context) -> Batches:
        if ctx.done == 0:
            raise JobError("Something is wrong.")
        yield Batch(nothing)


def stumbling(params: dict[str, Any], library: Library, settings: Settings) -> Job:
    job = nights_job(params, settings)
    job.phases = (*job.phases[:2], Stumbling(job.work))
    return job


async def test_an_import_that_was_cut_off_goes_on_and_counts_everything(
    library: Library, folder: Path
) -> None:
    (one,) = await add_tracks(library, [{"title": "One"}])
    await enter(library, one, ONE)
    for number in range(10):
        written(folder, history(play(extended=data(time=number))), f"{number}.nml")
    view, _ = await imported(library, folder, kinds={"traktor-nights": stumbling})
    assert (view.state, view.error) == ("failed", "Something is wrong.")
    resumed, result = await imported(library, folder)
    assert resumed.id == view.id
    assert result == {"nights": 10, "plays": 10, "added": 10, "updated": 0, "unknown": 0, "failed": 0}


async def test_files_that_cannot_be_read_are_listed_and_stop_nothing(library: Library, folder: Path) -> None:
    written(folder, "hello", "a.nml")
    written(folder, history(play()), "b.nml")
    written(folder, entry(), "c.nml")
    written(folder, history(play(TWO))[:-30], "d.nml")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.nml")).write_text(history(play(ONE)))
    view, result = await imported(library, folder)
    assert view.state == "succeeded"
    assert (result["nights"], result["added"], result["failed"]) == (1, 1, 4)
    listed = {failure.item: failure.reason for failure in await failures(library, view.id)}
    assert set(listed) == {"a.nml", "c.nml", "d.nml", "\\udcff.nml"}
    assert "is not XML" in listed["a.nml"]
    (folder / "d.nml").write_text(history(play(TWO)))
    _, result = await imported(library, folder)
    assert (result["nights"], result["added"], result["failed"]) == (2, 1, 3)


async def test_a_folder_that_is_not_there_fails_with_a_sentence(library: Library, tmp_path: Path) -> None:
    view, _ = await imported(library, tmp_path / "nowhere")
    assert (view.state, view.error) == ("failed", f"{tmp_path / 'nowhere'} is not there.")


async def test_the_history_lies_beside_the_collection(library: Library, tmp_path: Path) -> None:
    assert await history_folder(library, Settings()) is None
    (one,) = await add_tracks(library, [{"title": "One"}])
    await enter(library, one, ONE, file="/a/list.nml", role="partial")
    assert await history_folder(library, Settings()) is None
    await enter(library, one, ONE, file="/b/collection.nml")
    assert await history_folder(library, Settings()) == Path("/b/History")
    settings = Settings(traktor=TraktorSettings(collection="/c/collection.nml"))
    assert await history_folder(library, settings) == Path("/c/History")


# -- files that were renamed since -----------------------------------------------------------------


async def rename(library: Library, at: str, **moves: tuple[Path, Path]) -> None:
    """Let the history say that files were renamed all at once: title -> (from, to)."""
    rows = await library.fetchall("SELECT id, title FROM track")
    ids = {row["title"]: row["id"] for row in rows}
    async with library.writing() as tx:
        change = await journal.begin(tx, "rename", "Rename")
        await tx.execute("UPDATE change SET at = ? WHERE id = ?", (at, change))
        for step, (title, (source, target)) in enumerate(moves.items()):
            await tx.execute(
                "INSERT INTO file_step (change_id, step, track_id, kind, source, target, state)"
                " VALUES (?, ?, ?, 'move', ?, ?, 'done')",
                (change, step, ids[title], str(source), str(target)),
            )
        await tracks.update(tx, {ids[title]: {"path": str(new)} for title, (_, new) in moves.items()})


async def test_a_track_is_found_by_the_names_that_it_had(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    a, b, c = (tmp_path / name for name in ("one.mp3", "b.mp3", "c.mp3"))
    (one,) = await add_tracks(library, [{"title": "One", "path": str(a)}])
    await rename(library, "2020-01-01T00:00:00Z", One=(a, b))
    await rename(library, "2021-01-01T00:00:00Z", One=(b, c))
    await enter(library, one, "C:/:Music/:c.mp3")
    settings = Settings(traktor=TraktorSettings(volumes={"C:/:Music": str(tmp_path)}))
    written(folder, history(play(), play("C:/:Music/:b.mp3", ""), play(TWO)), "a.nml")
    _, result = await imported(library, folder, settings)
    assert await links(library) == [(ONE, one), ("C:/:Music/:b.mp3", one), (TWO, None)]
    assert result["unknown"] == 1


async def test_of_tracks_that_changed_names_it_is_the_one_that_had_it_when_it_was_played(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    a, b = tmp_path / "one.mp3", tmp_path / "two.mp3"
    one, two = await add_tracks(library, [{"title": "One", "path": str(a)}, {"title": "Two", "path": str(b)}])
    await rename(library, "2019-10-19T12:00:00Z", One=(a, b), Two=(b, a))
    await enter(library, one, TWO)
    await enter(library, two, ONE)
    settings = Settings(traktor=TraktorSettings(volumes={"C:/:Music": str(tmp_path)}))
    later = data(packed(2019, 10, 21), 0)
    written(folder, history(play(), play(TWO), play(ONE, later), play(TWO, later)), "a.nml")
    await imported(library, folder, settings)
    assert await links(library) == [(ONE, one), (TWO, two), (ONE, two), (TWO, one)]


async def test_where_no_file_lies_any_more_the_volumes_are_those_of_the_collection(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    a, b = tmp_path / "one.mp3", tmp_path / "b.mp3"
    (one,) = await add_tracks(library, [{"title": "One", "path": str(a)}])
    await rename(library, "2020-01-01T00:00:00Z", One=(a, b))
    await enter(library, one, "C:/:Music/:b.mp3")
    volumes = VolumeMap.of({"C:/:Music": str(tmp_path)}).spelled()
    async with library.writing() as tx:
        await tx.execute("UPDATE nml_file SET volumes = ?", (volumes,))
    await imported(library, written(folder, history(play()), "a.nml"))
    assert await links(library) == [(ONE, one)]


async def test_a_relocated_track_is_found_by_its_old_path(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    (one,) = await add_tracks(library, [{"title": "One", "path": str(tmp_path / "found.mp3")}])
    async with library.writing() as tx:
        change = await journal.begin(tx, "relocate", "Relocated")
        paths = [{"path": str(tmp_path / name)} for name in ("one.mp3", "found.mp3")]
        await journal.add(tx, change, {one: (paths[0], paths[1])})
    settings = Settings(traktor=TraktorSettings(volumes={"C:/:Music": str(tmp_path)}))
    await imported(library, written(folder, history(play()), "a.nml"), settings)
    assert await links(library) == [(ONE, one)]
