"""What an analysis finds goes to the tags: only what is in the library, and only if it was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from djtui.bridge import after_analysis
from djtui.demo import music
from djtui.files import tags
from djtui.jobs.job import JobError
from djtui.jobs.views import job
from djtui.kinds import KINDS
from djtui.library import tracks
from djtui.library.database import Library
from tests.files.shelf import Shelf


@pytest.fixture
def shelf(library: Library, tmp_path: Path) -> Shelf:
    return Shelf(library, tmp_path / "music")


@pytest.fixture(autouse=True)
def _own_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


async def heard(shelf: Shelf, **params: object) -> list[dict[str, object]]:
    """Analyse, and do the tags jobs that this asked for; their params."""
    view = await shelf.job("analysis", **params)
    assert view.state == "succeeded", view.error
    found = []
    for id in await after_analysis.asked(shelf.library, view.id):
        wanted = await job(shelf.library, id)
        assert wanted is not None
        done = await shelf.job("tags", **wanted.params)
        assert done.state == "succeeded", done.error
        found.append(wanted.params)
    return found


async def fill(shelf: Shelf, *names: str) -> dict[str, int]:
    for name in names:
        music.write(Path(shelf.path(name)), 128, "Am", seconds=25)
    return await shelf.put({name: {"title": name} for name in names})


async def test_what_differs_from_the_library_is_not_written_and_the_rest_is(shelf: Shelf) -> None:
    ids = await fill(shelf, "a.flac", "b.flac")
    async with shelf.library.writing() as tx:
        await tracks.update(tx, {ids["b.flac"]: {"bpm": 64.0}})
    # A filter that matches no longer once the tempo is known.
    asked = await heard(shelf, query="bpm:none OR bpm:64", write_tags=["bpm", "key", "replaygain"])
    assert [(it["fields"], it["ids"]) for it in asked] == [
        (["bpm", "key", "replaygain"], [ids["a.flac"]]),
        (["key", "replaygain"], [ids["b.flac"]]),
    ]
    a, b = (tags.read(shelf.path(name)) for name in ("a.flac", "b.flac"))
    assert (a.bpm, a.key, b.bpm, b.key) == (128, "8A", None, "8A")
    assert a.replaygain is not None


async def test_tracks_that_were_named_are_written_though_they_were_known_and_others_are_not(
    shelf: Shelf,
) -> None:
    ids = await fill(shelf, "a.flac", "b.flac")
    assert await heard(shelf) == []
    assert await heard(shelf, write_tags=["bpm"]) == []
    asked = await heard(shelf, ids=[ids["b.flac"]], write_tags=["bpm"])
    assert [it["ids"] for it in asked] == [[ids["b.flac"]]]
    assert tags.read(shelf.path("a.flac")).bpm is None
    assert tags.read(shelf.path("b.flac")).bpm == 128
    again = await shelf.done("analysis", ids=[ids["b.flac"]])
    assert again["skipped"] == 1, "a file whose tags djtui wrote is not heard again"


async def test_undo_of_the_writing_gives_back_every_byte(shelf: Shelf) -> None:
    ids = await fill(shelf, "a.flac")
    before = shelf.tree()
    await heard(shelf, ids=list(ids.values()), write_tags=["bpm", "key"])
    assert shelf.tree() != before
    await shelf.undo()
    assert shelf.tree() == before


async def test_what_no_analysis_finds_is_refused(shelf: Shelf) -> None:
    with pytest.raises(JobError, match="'title' is nothing that an analysis finds"):
        KINDS["analysis"]({"write_tags": ["title"]}, shelf.library, shelf.settings)
