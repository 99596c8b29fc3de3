"""The demo's files are there, but for a few."""

from __future__ import annotations

from pathlib import Path

from djtui.demo.collection import write_collection
from djtui.demo.files import place_files


def test_most_files_of_the_made_up_collection_are_there_and_some_are_missing(tmp_path: Path) -> None:
    write_collection(tmp_path / "collection.nml", 200)
    volumes = place_files(tmp_path / "collection.nml", tmp_path / "music")
    files = [path for path in (tmp_path / "music").rglob("*") if path.is_file()]
    assert len(files) == 195
    assert all(Path(local).is_dir() for local in volumes.values())
