"""The survey that is kept of a collection: whole and of this file, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from djtui.demo.collection import write_collection
from djtui.traktor import remembered as memory
from djtui.traktor.backups import folder, kept, rotate
from djtui.traktor.nml import survey
from djtui.traktor.remembered import remember, remembered
from tests.traktor.nml_text import written
from tests.traktor.test_nml import LAYOUTS


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library.db"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_survey_is_remembered_as_it_was(library: Path, tmp_path: Path, layout: str) -> None:
    found = survey(written(tmp_path, LAYOUTS[layout]))
    remember(library, found)
    assert remembered(library, Path(found.path)) == found


def test_the_last_one_of_each_file_is_remembered(library: Path, tmp_path: Path) -> None:
    path, other = tmp_path / "collection.nml", tmp_path / "other.nml"
    assert remembered(library, path) is None
    for tracks in (30, 20):
        write_collection(path, tracks)
        remember(library, survey(path))
    write_collection(other, 10)
    remember(library, survey(other))
    assert remembered(library, path) == survey(path)
    assert remembered(library, other) == survey(other)
    assert kept(library, path) == []
    rotate(library, path, 1)
    assert len(list(folder(library).iterdir())) == 2


def test_a_damaged_or_foreign_memory_is_none(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "collection.nml"
    write_collection(path, 5)
    remember(library, survey(path))
    [file] = folder(library).iterdir()
    whole = file.read_bytes()
    for at in range(0, len(whole), 11):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert remembered(library, path) is None
    for text in (b"", whole[:-1], whole[:10]):
        file.write_bytes(text)
        assert remembered(library, path) is None
    file.write_bytes(whole)
    assert remembered(library, path) is not None
    monkeypatch.setattr(memory, "_MAKE", ["another"])
    assert remembered(library, path) is None


def test_a_disk_that_refuses_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "collection.nml"
    write_collection(path, 5)
    library = tmp_path / "library.db"
    folder(library).write_bytes(b"in the way")
    remember(library, survey(path))
    assert remembered(library, path) is None
