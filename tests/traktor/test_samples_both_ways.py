"""Other people's collections, there and back: what nobody changed is there to the byte."""

from __future__ import annotations

import difflib
import os
import re
import shutil
from pathlib import Path

import pytest

from djtui.library import history, playlists
from djtui.library.database import Library
from tests.traktor.both_ways import Deck
from tests.traktor.test_samples import SAMPLES, walked

# All of them take some minutes; these are one of each sort.
SOME = ("GarethShapiro", "db71fa6", "afe46b6", "de8e3f9", "3d8886b", "a8fcf5f")
CHOSEN = [
    path
    for path in SAMPLES
    if walked(path) is not None
    and ("DJTUI_ALL_SAMPLES" in os.environ or any(part in path.name for part in SOME))
]

TAG = re.compile(rb"<[^<>]+>|[^<>]+")


def tags(data: bytes) -> list[bytes]:
    return TAG.findall(data)


def changed_tags(before: bytes, after: bytes) -> tuple[list[bytes], list[bytes]]:
    """The tags that went and the tags that came."""
    old, new = tags(before), tags(after)
    gone: list[bytes] = []
    come: list[bytes] = []
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    old, new = old[start : len(old) - end], new[start : len(new) - end]
    for kind, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            gone += old[i1:i2]
            come += new[j1:j2]
    return gone, come


def names(tags: list[bytes]) -> set[bytes]:
    return {match[0] for tag in tags if (match := re.match(rb"</?\w+", tag))}


@pytest.mark.parametrize("sample", CHOSEN, ids=lambda path: path.name[:60])
async def test_only_what_was_changed_changes(sample: Path, library: Library, tmp_path: Path) -> None:
    deck = Deck(library, tmp_path / "collection.nml")
    shutil.copy(sample, deck.nml)
    deck.nml.chmod(0o644)
    await deck.imported()
    before = deck.nml.read_bytes()
    result = await deck.exported()
    assert deck.nml.read_bytes() == before
    assert (result["entries_changed"], result["playlists_changed"]) == (0, 0)

    rows = await library.fetchall("SELECT track_id FROM nml_entry ORDER BY id")
    if rows:
        ids = [rows[len(rows) // 2]["track_id"]]
        await history.edit(library, ids, {"genre": "Über & <new>"}, "edit")
        assert (await deck.exported())["entries_changed"] == 1
        after = deck.nml.read_bytes()
        gone, come = changed_tags(before, after)
        assert names(gone) | names(come) <= {b"<ENTRY", b"<INFO", b"</INFO"}
        assert len([tag for tag in come if tag.startswith(b"<")]) <= 3
        assert b'GENRE="\xc3\x9cber &amp; &lt;new>"' in after
        before = after

    lists = [it for it in await playlists.all_playlists(library) if it.kind == "list" and it.items > 1]
    row = await library.fetchone("SELECT role FROM nml_file")
    assert row is not None
    if lists and row["role"] == "collection":
        chosen = lists[len(lists) // 2]
        await playlists.remove(library, chosen.id, [0])
        assert (await deck.exported())["playlists_changed"] == 1
        after = deck.nml.read_bytes()
        gone, come = changed_tags(before, after)
        assert names(come) == {b"<PLAYLIST"}
        assert names(gone) <= {b"<PLAYLIST", b"<ENTRY", b"<PRIMARYKEY", b"</PRIMARYKEY", b"</ENTRY"}
        before = after
        await playlists.rename(library, chosen.id, "Ein neuer Name")
        assert (await deck.exported())["playlists_changed"] == 1
        gone, come = changed_tags(before, deck.nml.read_bytes())
        assert names(gone) == names(come) <= {b"<NODE", b"<SORTING_INFO", b"<SORTING_ORDER"}
        assert len(gone) == len(come)
    again = await deck.imported()
    assert (again["added"], again["updated"], again["conflicts"]) == (0, 0, 0)
