"""Remix sets name music files too: their cells follow a file that gets another name, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from djtui.library import history, removal
from djtui.library.database import Library
from djtui.traktor import restoring
from djtui.traktor.location import Key
from djtui.traktor.nml import survey
from djtui.traktor.patch_entry import EntryEdit, Place, patch_entry
from djtui.traktor.patch_moves import recelled
from djtui.traktor.verify import references
from tests.traktor.moved_files import Disk
from tests.traktor.nml_text import written
from tests.traktor.patch_text import ENTRY, NOW, changed_tags
from tests.traktor.test_importing import collection, entry, playlist


def key(name: str) -> str:
    return f"C:/:Music/:{name}.mp3"


def cell(file: str, directory: str = "/:Music/:", volume: str = "C:") -> str:
    """A cell as Traktor writes it."""
    return (
        f'<CELL INDEX="0" CELLNAME="it\'s > 1" COLOR="5" GAIN="0.558926" BPM="123.999" DIR="{directory}" '
        f'FILE="{file}" VOLUME="{volume}"></CELL>\n'
    )


def sets(*cells: str) -> str:
    """The SETS section with one remix set in it."""
    own = '<LOCATION DIR="/:Music/:" FILE="a.mp3" VOLUME="C:" VOLUMEID="1"></LOCATION>\n'
    slot = f'<SLOT KEYLOCK="0" FXENABLE="1">{"".join(cells)}</SLOT>\n'
    return f'<SETS ENTRIES="1"><SET TITLE="Live" QUANT_VAlUE="4">{own}{slot}</SET>\n</SETS>\n'


def with_sets(text: str, *cells: str) -> str:
    return text.replace("</COLLECTION>\n", f"</COLLECTION>\n{sets(*cells)}", 1)


@pytest.fixture
def disk(library: Library, tmp_path: Path) -> Disk:
    return Disk(library, tmp_path)


async def begin(disk: Disk, *cells: str) -> None:
    disk.fill("a", "b")
    nodes = playlist("Friday", key("a"), key("b"))
    disk.write(with_sets(collection(entry("a"), entry("b"), nodes=nodes), *cells))
    await disk.imported()


async def test_cells_follow_a_renamed_file_and_come_back_with_it(disk: Disk) -> None:
    await begin(disk, cell("a.mp3"), cell("b.mp3"), cell("gone.mp3"), cell("a.mp3"))
    before = disk.text
    await disk.rename({"a": 'c/New/Ada & "x".mp3'})
    assert (await disk.exported(dry_run=True))["cells"] == 2
    assert disk.text == before
    result = await disk.exported()
    assert (result["moved"], result["cells"]) == (1, 2)
    new = cell("Ada &amp; &quot;x&quot;.mp3", "/:New/:")
    assert sets(new, cell("b.mp3"), cell("gone.mp3"), new) in disk.text
    tags = {tag.split()[0] for pair in changed_tags(before.encode(), disk.nml.read_bytes()) for tag in pair}
    assert tags == {b"<ENTRY", b"<LOCATION", b"<PRIMARYKEY", b"<CELL"}
    again = await disk.imported()
    assert (again["added"], again["updated"], again["removed"]) == (0, 0, 0)
    await disk.rename({"a": "a"})
    assert (await disk.exported())["cells"] == 2
    assert sets(cell("a.mp3"), cell("b.mp3"), cell("gone.mp3"), cell("a.mp3")) in disk.text


async def test_an_undone_export_has_the_cells_as_they_were(disk: Disk) -> None:
    await begin(disk, cell("a.mp3"))
    before = disk.nml.read_bytes()
    await disk.rename({"a": "x"})
    change = (await disk.exported())["change"]
    params = await restoring.undo_params(disk.library, await history.find(disk.library, change))
    assert (await disk.job("traktor-restore", **params)).state == "succeeded"
    assert disk.nml.read_bytes() == before


async def test_files_that_change_names_change_them_in_the_cells(disk: Disk) -> None:
    await begin(disk, cell("a.mp3"), cell("b.mp3"))
    await disk.rename({"a": "b", "b": "a"})
    assert (await disk.exported())["cells"] == 2
    assert sets(cell("b.mp3"), cell("a.mp3")) in disk.text


async def test_a_cell_keeps_the_file_of_a_track_that_is_taken_out_and_the_export_says_so(disk: Disk) -> None:
    await begin(disk, cell("a.mp3"), cell("b.mp3"))
    await removal.remove(disk.library, [(await disk.ids())["a"]], "gone")
    result = await disk.exported()
    assert result["removed"] == 1
    assert any("remix sets" in note and note.endswith(" 1.") for note in result["notes"])
    assert sets(cell("a.mp3"), cell("b.mp3")) in disk.text


def test_only_the_attributes_that_differ_are_written() -> None:
    odd = '<CELL  DIR=\'/:It&apos;s &#62; 1/:\'\n FILE="a.mp3" VOLUME="C:"/>'
    section = f"<SETS><SET><SLOT>{odd}</SLOT></SET></SETS>".encode()
    (splice,) = recelled(section, {"C:/:It's > 1/:a.mp3": "C:/:It's > 1/:b.mp3"})
    assert splice.text == odd.replace("a.mp3", "b.mp3").encode()


def test_a_cell_within_an_entry_goes_with_it() -> None:
    place = Place(Key("C:", "/:New/:", "one.mp3"))
    inside = cell("one.mp3") + cell("two.mp3")
    text = ENTRY.replace("</ENTRY>", f"{inside}</ENTRY>")
    assert 'DIR="/:Music/:" FILE="one.mp3" VOLUME="C:"' in text
    patched = patch_entry(text.encode(), EntryEdit(b"", {}, place=place), NOW).text.decode()
    assert cell("one.mp3", "/:New/:") + cell("two.mp3") in patched


@pytest.mark.parametrize(
    ("cells", "moved", "sentences"),
    [
        (("b.mp3",), {"a": "b"}, []),
        (("a.mp3",), {"a": "b"}, ["do not name the files of the old one"]),
        (
            ("c.mp3",),
            {"a": "b"},
            ["do not name the files", "c.mp3 stands in a remix set, but no track has it"],
        ),
        (("b.mp3", "b.mp3"), {"a": "b"}, ["do not name the files of the old one"]),
        ((), {}, ["do not name the files of the old one"]),
    ],
)
def test_cells_that_did_not_follow_are_found(
    tmp_path: Path, cells: tuple[str, ...], moved: dict[str, str], sentences: list[str]
) -> None:
    names = moved.get("a", "a")
    old = written(tmp_path, with_sets(collection(entry("a")), cell("a.mp3")), "old.nml")
    new = written(tmp_path, with_sets(collection(entry(names)), *map(cell, cells)), "new.nml")
    keys = {key(was): key(now) for was, now in moved.items()}
    found = references(survey(old), survey(new), keys, rearranged=False)
    assert len(found) == len(sentences), found
    assert all(sentence in problem for sentence, problem in zip(sentences, found, strict=True)), found
