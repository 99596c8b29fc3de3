"""Entries that get other keys: their LOCATION and the playlists follow, and not a byte more."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from djtui.traktor.location import Key, taken_apart
from djtui.traktor.nml import NmlError, Survey, survey
from djtui.traktor.patch import Plan, build, patch_entries, write_part
from djtui.traktor.patch_entry import EntryEdit, Place, patch_entry
from djtui.traktor.patch_moves import Settled, Wish, rekeyed, settle
from djtui.traktor.verify import compare, references, verify
from tests.traktor import nml_text
from tests.traktor.moved_files import KEY, LOCATION, unplaced
from tests.traktor.nml_text import nml, written
from tests.traktor.patch_text import ENTRY, LAYOUTS, NOW, changed_tags


def key(name: str) -> str:
    return f"C:/:Music/:{name}"


def settled(found: Survey, wishes: Mapping[int, str], gone: Sequence[int] = ()) -> Settled:
    """What a file allows of wishes: place of an entry -> new key."""
    keys = entry_keys(Path(found.path).read_text(encoding="utf-8"))
    wanted = [Wish(keys[place], found.entries.hash(place), new) for place, new in wishes.items()]
    return settle(found.path, found.fingerprint, found.entries, wanted, gone)


def moved(path: Path, wishes: Mapping[int, str], gone: Sequence[int] = ()) -> tuple[Survey, Plan, Path]:
    """An export of moves to a file beside."""
    found = survey(path)
    allowed = settled(found, wishes, gone)
    edits = {
        place: EntryEdit(found.entries.hash(place), {}, place=Place(taken_apart(new)))
        for old, new in allowed.moved.items()
        for place in allowed.places[old]
    }
    spans = found.entries.pick(edits)
    patches = patch_entries(str(path), found.fingerprint, spans, list(edits.values()), NOW)
    removed = [found.entries.hash(place) for place in gone]
    plan = build(found, [patches], removed, moved=allowed.moved)
    target = path.with_name("new.nml")
    target.unlink(missing_ok=True)
    for part in plan.parts(500):
        write_part(str(path), found.fingerprint, part, str(target))
    return found, plan, target


def entry_keys(text: str) -> list[str]:
    return ["".join((volume, folder, file)) for folder, file, volume in LOCATION.findall(text)]


def item(name: str, kind: str = "TRACK") -> str:
    return f'<ENTRY><PRIMARYKEY TYPE="{kind}" KEY="{name}"></PRIMARYKEY>\n</ENTRY>\n'


names = st.sampled_from(["a", "b", "c", "d", "e", "f"])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(names, min_size=1, max_size=6, unique=True),
    st.dictionaries(names, names, max_size=6),
    st.lists(st.lists(names, max_size=5), max_size=3),
)
def test_every_playlist_has_the_same_tracks_and_nothing_else_differs(
    there: list[str], renames: dict[str, str], lists: list[list[str]]
) -> None:
    items = [[name for name in each if name in there] for each in lists]
    tree = nml_text.playlists(*(nml_text.playlist("L", *map(key, each)) for each in items))
    text = nml(*(nml_text.entry(name, attributes=f'TITLE="{name}"') for name in there), tree=tree)
    wishes = {there.index(old): key(new) for old, new in renames.items() if old in there and old != new}
    with TemporaryDirectory() as folder:
        path = written(Path(folder), text)
        found, plan, target = moved(path, wishes)
        assert verify(found, str(target), plan) == []
        after = target.read_text()
    assert unplaced(after) == unplaced(text)
    new = entry_keys(after)
    assert len(set(new)) == len(new), "no key twice"
    titles = dict(zip(new, there, strict=True))
    assert [titles[key] for _, key in KEY.findall(after)] == [name for each in items for name in each]
    for old, now in zip(there, new, strict=True):
        target_name = renames.get(old, old)
        assert now in (key(old), key(target_name))
        if target_name not in there and list(renames.values()).count(target_name) == 1:
            assert now == key(target_name), "a free name is given"
        if now == key(old):
            block = re.search(rf'<ENTRY [^>]*TITLE="{old}".*?</ENTRY>', text, re.DOTALL)
            assert block is not None
            assert block[0] in after


@pytest.mark.parametrize("layout", LAYOUTS)
def test_only_the_location_changes_in_any_layout(layout: str) -> None:
    entry = LAYOUTS[layout].encode()
    place = Place(Key("C:", "/:New & <1>/:", "it's.mp3"), "ignored")
    text = patch_entry(entry, EntryEdit(b"", {}, place=place), NOW).text
    changed = [new for _, new in changed_tags(entry, text)]
    assert [re.split(rb"[\s>]", tag)[0] for tag in changed] == [b"<ENTRY", b"<LOCATION"]
    assert b"/:New &amp; &lt;1>/:" in changed[1]
    assert b"1a2b" in changed[1], "VOLUMEID stays on its volume"
    assert b"MODIFIED_TIME" in changed[0]


def test_another_volume_gives_its_volume_id_or_takes_it_away() -> None:
    for id, attribute in (("77", b' VOLUME="D:" VOLUMEID="77"'), (None, b' VOLUME="D:"')):
        place = Place(Key("D:", "/:", "one.mp3"), id)
        text = patch_entry(ENTRY.encode(), EntryEdit(b"", {}, place=place), NOW).text
        assert b'<LOCATION DIR="/:" FILE="one.mp3"' + attribute + b"></LOCATION>" in text


def test_an_entry_that_is_there_twice_moves_as_one(tmp_path: Path) -> None:
    tree = nml_text.playlists(nml_text.playlist("L", key("a"), key("b")))
    twice = nml_text.entry("a", attributes='TITLE="again"')
    path = written(tmp_path, nml(nml_text.entry("a"), nml_text.entry("b"), twice, tree=tree))
    found, plan, target = moved(path, {0: key("c")})
    assert verify(found, str(target), plan) == []
    assert entry_keys(target.read_text()) == [key("c"), key("b"), key("c")]
    assert [name for _, name in KEY.findall(target.read_text())] == [key("c"), key("b")]


def test_stems_keep_their_kind_and_remix_sets_their_key() -> None:
    text = f"<PLAYLISTS>{item('k', 'STEM')}{item('k', 'SET')}{item('k')}<X KEY='k'/></PLAYLISTS>".encode()
    (stem, track) = rekeyed(text, {"k": "n"})
    assert stem.text == b'<PRIMARYKEY TYPE="STEM" KEY="n">'
    assert text[track.offset : track.offset + track.length] == b'<PRIMARYKEY TYPE="TRACK" KEY="k">'
    with pytest.raises(NmlError):
        rekeyed(b"<PLAYLISTS>", {"k": "n"})


def test_items_that_djtui_does_not_read_follow_too(tmp_path: Path) -> None:
    strange = f'<NODE TYPE="WHAT" NAME="ever"><THING>{item(key("a"))}</THING>\n</NODE>\n'
    path = written(tmp_path, nml(nml_text.entry("a"), tree=nml_text.playlists(strange)))
    found, plan, target = moved(path, {0: key("c")})
    assert verify(found, str(target), plan) == []
    assert [name for _, name in KEY.findall(target.read_text())] == [key("c")]


def test_a_key_is_free_when_who_has_it_goes(tmp_path: Path) -> None:
    path = written(tmp_path, nml(*map(nml_text.entry, "ab")))
    assert settled(survey(path), {0: key("b")}).taken == {key("a")}
    found, plan, target = moved(path, {0: key("b")}, gone=[1])
    assert verify(found, str(target), plan) == []
    assert entry_keys(target.read_text()) == [key("b")]


def test_of_two_that_want_one_key_the_first_gets_it_and_a_refusal_goes_on(tmp_path: Path) -> None:
    found = survey(written(tmp_path, nml(*map(nml_text.entry, "abcde"))))
    allowed = settled(found, {0: key("x"), 1: key("x"), 2: key("b"), 3: key("c")})
    assert allowed.moved == {key("a"): key("x")}
    assert allowed.taken == {key("b"), key("c"), key("d")}


def test_what_the_file_does_not_have_is_passed_over(tmp_path: Path) -> None:
    found = survey(written(tmp_path, nml(nml_text.entry("a"))))
    wishes = [Wish(key("a"), b"x" * 16, key("b")), Wish(key("z"), found.entries.hash(0), key("y"))]
    allowed = settle(found.path, found.fingerprint, found.entries, wishes, ())
    assert (allowed.moved, allowed.taken) == ({}, frozenset())


def check(tmp_path: Path, before: str, after: str, moved: dict[str, str]) -> list[str]:
    source = survey(written(tmp_path, before, "source.nml"))
    return references(source, survey(written(tmp_path, after, "result.nml")), moved, rearranged=False)


def whole(names: str, items: str) -> str:
    entries = [nml_text.entry(name, attributes=f'TITLE="{place}"') for place, name in enumerate(names)]
    return nml(*entries, tree=nml_text.playlists(nml_text.playlist("L", *map(key, items))))


def test_verifying_accepts_the_moves_and_nothing_but_them(tmp_path: Path) -> None:
    swap = {key("a"): key("b"), key("b"): key("a")}
    assert check(tmp_path, whole("abc", "aab"), whole("bac", "bba"), swap) == []
    assert "do not have the tracks" in check(tmp_path, whole("abc", "aab"), whole("bac", "aab"), swap)[0]
    move = {key("a"): key("x")}
    assert check(tmp_path, whole("ab", "a"), whole("xb", "x"), move) == []
    problems = check(tmp_path, whole("ab", "a"), whole("xb", "a"), move)
    assert any("stands in a playlist, but no track has it" in problem for problem in problems)
    problems = check(tmp_path, whole("ab", "a"), whole("bb", "b"), {key("a"): key("b")})
    assert problems == ["C:/:Music/:b is there more than once."]
    problems = check(tmp_path, whole("abc", "a"), whole("xbx", "x"), move)
    assert problems == ["C:/:Music/:x is there more than once."]


def test_a_change_that_was_not_planned_is_found(tmp_path: Path) -> None:
    path = written(tmp_path, whole("ab", "ab"))
    found, plan, target = moved(path, {0: key("x")})
    target.write_bytes(target.read_bytes().replace(b'KEY="C:/:Music/:b"', b'KEY="C:/:Music/:x"'))
    assert compare(str(path), found.fingerprint, str(target), plan)
