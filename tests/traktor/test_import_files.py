"""A file is there whichever way the letters of its folders and its name are composed."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from unicodedata import normalize

import pytest

from djtui.library.database import Library
from djtui.traktor.import_files import absent, found_at
from tests.traktor.moved_files import Disk
from tests.traktor.test_importing import collection, entry

NFC, NFD = "Caf\u00e9", "Cafe\u0301"


@pytest.mark.parametrize(("outer", "inner", "name"), list(product((NFC, NFD), repeat=3)))
def test_each_name_may_have_a_form_of_its_own(tmp_path: Path, outer: str, inner: str, name: str) -> None:
    there = tmp_path / outer / inner / f"{name}.mp3"
    there.parent.mkdir(parents=True)
    there.touch()
    whole = {normalize(form, str(there)) for form in ("NFC", "NFD")}
    for path in {*whole, str(there)}:
        (found,) = found_at([path])
        assert found == (path if str(there) in {*whole, path} else str(there))
    assert (
        absent([str(there.with_name("other.mp3")), str(tmp_path / "nowhere" / NFC / "a.mp3")]) == [True] * 2
    )


async def test_a_file_with_names_of_both_forms_is_found_by_an_import_and_stays(
    library: Library, tmp_path: Path
) -> None:
    disk = Disk(library, tmp_path)
    there = tmp_path / "c" / NFC / f"{NFD}.mp3"
    there.parent.mkdir(parents=True)
    there.touch()
    disk.write(collection(entry(NFC, folder=f"/:{NFC}/:")))
    for _ in range(2):
        await disk.imported(retry=[])
        assert (await disk.places())[NFC] == (f"c/{NFC}/{NFD}.mp3", f"C:/{NFC}/{NFC}.mp3", 0)
