"""Traktor's collection is found where Traktor keeps it, the newest version first."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from djtui.traktor.collections import found, version


def collection(home: Path, place: str, *, written: int = 0) -> Path:
    path = home / place / "collection.nml"
    path.parent.mkdir(parents=True)
    path.touch()
    os.utime(path, (written, written))
    return path


def test_the_newest_version_comes_first_by_number_not_by_letter(tmp_path: Path) -> None:
    names = [
        "Traktor 4.10.0",
        "Traktor 4.9.12",
        "Traktor Pro 4",
        "Traktor 3.11.1",
        "Traktor 2.11.3",
        "Traktor",
    ]
    for name in sorted(names):
        collection(tmp_path, f"Documents/Native Instruments/{name}")
    assert [path.parent.name for path in found(tmp_path)] == names


@pytest.mark.parametrize(
    "place",
    [
        "Documents/Native Instruments",
        "OneDrive/Documents/Native Instruments",
        "OneDrive - Ada Records/Documents/Native Instruments",
        "Native Instruments",
        ".wine/drive_c/users/ada/Documents/Native Instruments",
    ],
)
def test_documents_may_lie_in_several_places(tmp_path: Path, place: str) -> None:
    path = collection(tmp_path, f"{place}/Traktor 4.1.0")
    assert found(tmp_path) == [path]


def test_of_one_version_in_two_places_the_one_last_written_comes_first(tmp_path: Path) -> None:
    old = collection(tmp_path, "Documents/Native Instruments/Traktor 4.1.0", written=1_000)
    new = collection(tmp_path, "OneDrive/Documents/Native Instruments/Traktor 4.1.0", written=2_000)
    newest = collection(tmp_path, "Documents/Native Instruments/Traktor 4.2.0", written=500)
    assert found(tmp_path) == [newest, new, old]


def test_one_collection_by_two_ways_is_one(tmp_path: Path) -> None:
    path = collection(tmp_path, "Documents/Native Instruments/Traktor 4.1.0")
    (tmp_path / "OneDrive").mkdir()
    (tmp_path / "OneDrive" / "Documents").symlink_to(tmp_path / "Documents")
    assert found(tmp_path) == [path]


def test_a_copied_folder_stands_behind_the_version_it_copies(tmp_path: Path) -> None:
    real = collection(tmp_path, "Documents/Native Instruments/Traktor 4.1.0", written=1_000)
    copy = collection(tmp_path, "Documents/Native Instruments/Traktor 4.1.0 (copy)", written=2_000)
    assert found(tmp_path) == [real, copy]
    assert version(real) > version(copy) > version(Path("Traktor 4.0.9/collection.nml"))


def test_a_folder_by_the_name_of_the_file_is_none_and_nothing_at_all_is_none(tmp_path: Path) -> None:
    (tmp_path / "Documents/Native Instruments/Traktor 4.1.0/collection.nml").mkdir(parents=True)
    assert found(tmp_path) == []
    assert found(tmp_path / "nobody") == []
