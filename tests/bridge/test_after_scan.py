"""A scan and the other worlds: Traktor is told of files that were moved by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from djtui.bridge import after_scan
from djtui.config import Settings, TraktorSettings
from djtui.kinds import KINDS
from djtui.library import tracks
from djtui.library.database import Library
from djtui.traktor import moving
from tests.files.test_scanning import counts, song
from tests.traktor.test_importing import collection, entry
from tests.working import finished


@pytest.fixture(autouse=True)
def _own_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


async def test_a_file_that_was_moved_by_hand_waits_for_the_next_export(
    library: Library, tmp_path: Path
) -> None:
    path = song(tmp_path / "Music", "a.flac", "a")
    nml = tmp_path / "collection.nml"
    nml.write_text(collection(entry("a")).replace("a.mp3", "a.flac"))
    settings = Settings(traktor=TraktorSettings(volumes={"C:": str(tmp_path)}))
    assert (await finished(library, "traktor-import", settings, path=str(nml))).state == "succeeded"
    found = await counts(library, path.parent)
    assert found["found"] == 1
    assert "added" not in found
    (tmp_path / "Music/in").mkdir()
    path.rename(tmp_path / "Music/in/b.flac")
    assert (await counts(library, path.parent))["moved"] == 1
    assert await moving.unknown_names(library) == 1
    track = await tracks.get(library, 1)
    assert track is not None
    assert (track.path, track.location) == (str(tmp_path / "Music/in/b.flac"), "C:/Music/in/b.flac")
    row = await library.fetchone("SELECT moved FROM nml_entry")
    assert row is not None
    assert row["moved"] == "C:/:Music/:in/:b.flac"


async def test_one_analysis_is_asked_for_and_not_a_second(library: Library) -> None:
    job = KINDS["analysis"]({}, library, Settings())
    async with library.writing() as tx:
        await after_scan.queue(tx, job)
        await after_scan.queue(tx, job)
    rows = await library.fetchall("SELECT key, state FROM job")
    assert [tuple(row) for row in rows] == [("analysis:missing", "queued")]
