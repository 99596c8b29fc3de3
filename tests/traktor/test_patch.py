"""A whole export as a plan: built, written in parts, and right in every layout."""

from __future__ import annotations

import os
import pickle
import re
import resource
import stat
import tracemalloc
from hashlib import blake2b
from pathlib import Path

import pytest

from djtui.demo.collection import write_collection
from djtui.traktor.new_entry import new_entry
from djtui.traktor.nml import NmlError, SourceChanged, survey
from djtui.traktor.patch import Plan, build, locate, patch_entries, write_part
from djtui.traktor.patch_entry import EntryEdit
from djtui.traktor.patch_tree import WantedNode
from djtui.traktor.tree import read_tree
from djtui.traktor.verify import compare, verify, well_formed
from tests.traktor.nml_text import entry, folder, nml, playlist, playlists, written
from tests.traktor.patch_text import NOW, as_it_is, exported
from tests.traktor.test_nml import LAYOUTS, spans_of

KEY = "C:/:Music/:"
THREE = nml(
    *(entry(f"{name}.mp3", attributes=f'TITLE="{name}"') for name in ("one", "two", "three")),
    tree=playlists(folder("Sets", playlist("Old", f"{KEY}one.mp3", f"{KEY}two.mp3", uuid="u1")))
    + '<SORTING_ORDER PATH="Sets\\Old"><SORTING_DATA IDX="3" ORD="1"></SORTING_DATA>\n</SORTING_ORDER>\n'
    + '<SORTING_ORDER PATH="$COLLECTION"></SORTING_ORDER>\n',
)


def new(file: str) -> bytes:
    return new_entry({"title": file}, [], "C:", "/:Music/:", file, "1a2b", 19, NOW)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("step", [50, 1 << 20])
def test_every_layout_is_patched_added_to_and_cut(tmp_path: Path, layout: str, step: int) -> None:
    data = LAYOUTS[layout]
    path = written(tmp_path, data)
    before = survey(path)
    texts = spans_of(data, before.entries)
    places = range(len(texts))
    edits = {place: {"title": "New"} for place in places if b"LOCATION" in texts[place]}
    found, plan, target = exported(path, edits, step=step)
    after = survey(target)
    assert verify(found, str(target), plan) == []
    assert spans_of(target.read_bytes(), after.entries) != texts or not edits
    assert len(plan.hashes) == len(edits)

    found, plan, target = exported(path, edits, places[-1:], [new("x.mp3"), new("y.mp3")], step=step)
    now = spans_of(target.read_bytes(), survey(target).entries)
    assert len(now) == len(texts) - len(places[-1:]) + 2
    assert not texts or texts[-1] not in now
    if layout not in ("two collections", "an empty entry", "an empty entry first"):  # whose counts are wrong
        assert verify(found, str(target), plan) == []
        number = re.search(rb'<COLLECTION ENTRIES="(\d+)"', target.read_bytes())
        assert number is None or int(number[1]) == len(now)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_empty_plan_writes_the_same_bytes(tmp_path: Path, layout: str) -> None:
    path = written(tmp_path, LAYOUTS[layout])
    found = survey(path)
    nodes = read_tree(path, found.fingerprint, found.playlists).nodes
    _, plan, target = exported(path, {0: {}} if found.entries else {}, wanted=as_it_is(nodes))
    assert plan.empty
    assert target.read_bytes() == path.read_bytes()


def test_entries_the_count_the_tree_and_the_sorting_change_together(tmp_path: Path) -> None:
    path = written(tmp_path, THREE)
    wanted = [
        WantedNode(0, None, "folder", "Nights"),
        WantedNode(1, 0, "list", "Old", None, [(f"{KEY}four.mp3", "track"), (f"{KEY}one.mp3", "track")]),
    ]
    found, plan, target = exported(path, {2: {"rating": 5}}, [1], [new("four.mp3")], wanted)
    after = target.read_bytes()
    assert verify(found, str(target), plan) == []
    assert re.findall(rb'FILE="(\w+)', after) == [b"one", b"three", b"four"]
    assert b'<COLLECTION ENTRIES="3">' in after
    assert b'<SORTING_ORDER PATH="Nights\\Old"><SORTING_DATA IDX="3" ORD="1"></SORTING_DATA>' in after
    assert b'<SORTING_ORDER PATH="$COLLECTION"></SORTING_ORDER>\n' in after
    assert b'RANKING="255"' in after
    entries = survey(target).entries
    assert plan.hashes == {found.entries.hash(2): entries.hash(1)}
    assert plan.added == (entries.hash(2),)


def test_a_count_that_is_wrong_changes_by_as_much_and_one_that_is_no_number_not_at_all(
    tmp_path: Path,
) -> None:
    wrong = THREE.replace('ENTRIES="3"><ENTRY', 'ENTRIES="3676"><ENTRY')
    found, plan, target = exported(written(tmp_path, wrong), None, [2], [new("a.mp3"), new("b.mp3")])
    assert b'<COLLECTION ENTRIES="3677">' in target.read_bytes()
    assert verify(found, str(target), plan) == []
    odd = THREE.replace('ENTRIES="3"><ENTRY', 'ENTRIES="three"><ENTRY')
    _, _, target = exported(written(tmp_path, odd), None, [2])
    assert b'<COLLECTION ENTRIES="three">' in target.read_bytes()


def test_of_entries_that_are_the_same_the_first_is_meant(tmp_path: Path) -> None:
    twice = nml(entry("a.mp3"), entry("b.mp3"), entry("a.mp3"))
    path = written(tmp_path, twice)
    found, plan, target = exported(path, {2: {"title": "x"}})
    assert [b'TITLE="x"' in text for text in spans_of(target.read_bytes(), survey(target).entries)] == [
        True,
        False,
        False,
    ]
    assert verify(found, str(target), plan) == []
    found, plan, target = exported(path, {2: {"title": "x"}}, [0])
    assert re.findall(rb'FILE="(\w)', target.read_bytes()) == [b"b", b"a"]
    assert plan.hashes == {}


def test_a_file_without_playlists_gets_them_at_their_place(tmp_path: Path) -> None:
    bare = re.sub(r"<PLAYLISTS>.*</PLAYLISTS>\n", "", THREE, flags=re.DOTALL)
    wanted = [WantedNode(None, None, "list", "New", "u", [(f"{KEY}one.mp3", "track")])]
    for text in (bare, bare.replace('<SETS ENTRIES="0"></SETS>\n', ""), bare.replace("></SETS>", "/>")):
        found, plan, target = exported(written(tmp_path, text), wanted=wanted)
        section = playlists(playlist("New", f"{KEY}one.mp3", uuid="u"))
        assert target.read_text() == text.replace("<SORTING_ORDER", section + "<SORTING_ORDER", 1)
        assert verify(found, str(target), plan) == []
    assert exported(written(tmp_path, bare), wanted=[])[1].empty


def test_a_file_without_a_collection_takes_no_tracks(tmp_path: Path) -> None:
    text = re.sub(r"<COLLECTION.*</COLLECTION>\n", "", THREE, flags=re.DOTALL)
    found = survey(written(tmp_path, text))
    with pytest.raises(NmlError, match="has no COLLECTION that tracks could be added to"):
        build(found, added=[new("a.mp3")])


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    found = survey(written(tmp_path, THREE))
    assert build(found, removed=[b"x" * 16]).missing == (b"x" * 16,)
    assert locate(found.entries, [b"x" * 16, found.entries.hash(1)]) == {found.entries.hash(1): 1}


def test_refusals_and_doubles_come_with_the_plan(tmp_path: Path) -> None:
    locked = entry("a.mp3", attributes='LOCK="1" TITLE="a"')
    found, plan, target = exported(written(tmp_path, nml(locked)), {0: {"bpm": 100}})
    assert plan.refusals == {found.entries.hash(0): (("bpm", "the track is locked in Traktor"),)}
    assert plan.empty
    assert target.read_text() == nml(locked)


@pytest.mark.parametrize("step", [7, 100, 10_000])
def test_parts_cover_the_source_once(tmp_path: Path, step: int) -> None:
    path = written(tmp_path, THREE)
    _, plan, _ = exported(path, {0: {"title": "x" * 50}}, [1], [new("a.mp3")], step=step)
    parts = plan.parts(step)
    assert [part.start for part in parts[1:]] == [part.stop for part in parts[:-1]]
    assert (parts[0].start, parts[0].at, parts[-1].stop) == (0, 0, plan.size)
    assert sum((part.splices for part in parts), ()) == plan.splices
    assert pickle.loads(pickle.dumps(parts)) == parts


def test_a_source_that_changed_is_noticed(tmp_path: Path) -> None:
    path = written(tmp_path, THREE)
    found = survey(path)
    edit = EntryEdit(found.entries.hash(0), {"title": "x"})
    target = tmp_path / "new.nml"
    path.write_text(THREE + "\n")
    with pytest.raises(SourceChanged):
        patch_entries(str(path), found.fingerprint, found.entries.pick([0]), [edit], NOW)
    with pytest.raises(SourceChanged):
        build(found, added=[new("a.mp3")])
    with pytest.raises(SourceChanged):
        write_part(str(path), found.fingerprint, Plan(found.fingerprint.size).parts()[0], str(target))
    path.unlink()
    with pytest.raises(SourceChanged, match="is gone"):
        write_part(str(path), found.fingerprint, Plan(found.fingerprint.size).parts()[0], str(target))


def test_a_file_that_is_in_the_way_is_not_overwritten(tmp_path: Path) -> None:
    path = written(tmp_path, THREE)
    found = survey(path)
    target = written(tmp_path, "precious", "new.nml")
    with pytest.raises(NmlError, match=r"new.nml cannot be written: File exists\."):
        write_part(str(path), found.fingerprint, Plan(found.fingerprint.size).parts()[0], str(target))
    assert target.read_text() == "precious"


def test_a_part_can_be_written_again(tmp_path: Path) -> None:
    path = written(tmp_path, THREE)
    found, plan, target = exported(path, {1: {"title": "x"}}, step=300)
    whole = target.read_bytes()
    with target.open("ab") as file:
        file.write(b"half of something")
    assert write_part(str(path), found.fingerprint, plan.parts(300)[-1], str(target)) > 0
    assert target.read_bytes() == whole


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="needs a limit on the size of files")
def test_a_disk_that_is_full_is_a_sentence(tmp_path: Path) -> None:
    path = written(tmp_path, THREE)
    found = survey(path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(NmlError, match=r"new.nml cannot be written: File too large\."):
            write_part(
                str(path),
                found.fingerprint,
                Plan(found.fingerprint.size).parts()[0],
                str(tmp_path / "new.nml"),
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_the_new_file_has_the_rights_of_the_old_one(tmp_path: Path) -> None:
    path = written(tmp_path, THREE)
    os.chmod(path, 0o640)
    _, _, target = exported(path, {0: {"title": "x"}}, step=100)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_collection_of_any_size_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "collection.nml"
    write_collection(path, 5000)
    found, target = survey(path), tmp_path / "new.nml"
    places = range(0, 5000, 100)
    edits = [EntryEdit(found.entries.hash(place), {"comment": "x"}) for place in places]
    wanted = as_it_is(read_tree(path, found.fingerprint, found.playlists).nodes)
    wanted[0] = wanted[0]._replace(name="Loops")
    tracemalloc.start()
    patches = patch_entries(str(path), found.fingerprint, found.entries.pick(places), edits, NOW)
    plan = build(found, [patches], added=[new("a.mp3")], wanted=wanted)
    for part in plan.parts():
        write_part(str(path), found.fingerprint, part, str(target))
    well_formed(str(target))
    assert compare(str(path), found.fingerprint, str(target), plan) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size > 8_500_000
    assert peak < 8_000_000
    assert verify(found, str(target), plan) == []
    assert survey(target).digest == blake2b(target.read_bytes(), digest_size=16).digest()
