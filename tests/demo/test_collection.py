"""The made-up collection: Traktor's bytes, plausible music, always the same."""

from __future__ import annotations

import statistics
from collections import Counter
from pathlib import Path
from xml.parsers import expat

import pytest

from djtui.demo.collection import Counts, write_collection
from djtui.traktor.entry import ROW, ParsedEntry, parse_entries
from djtui.traktor.location import VolumeMap
from djtui.traktor.nml import survey
from djtui.traktor.tree import Tree, read_tree
from djtui.traktor.writer import DECLARATION, element, escape, opening

_SIGNS = {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\n": "&#xA;", "\r": "&#xD;", "\t": "&#x9;"}


def canonical(data: bytes) -> bytes:
    """XML written again to Traktor's rules, from what expat reports of it."""
    written: list[str] = [DECLARATION]

    def start(name: str, attributes: list[str]) -> None:
        pairs = zip(attributes[::2], attributes[1::2], strict=True)
        values = (f' {key}="{"".join(_SIGNS.get(char, char) for char in value)}"' for key, value in pairs)
        written.append(f"<{name}{''.join(values)}>")

    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: written.append(f"</{name}>\n")
    parser.CharacterDataHandler = lambda text: written.append(text.strip())
    parser.Parse(data, True)
    return "".join(written).encode()


def read(path: Path) -> tuple[list[ParsedEntry], Tree]:
    found = survey(path)
    parsed = parse_entries(str(path), found.fingerprint, found.entries, VolumeMap())
    assert not parsed.failures
    tree = read_tree(path, found.fingerprint, found.playlists)
    assert not tree.failures
    return [entry for entry in parsed.entries if entry is not None], tree


@pytest.mark.parametrize("version", [19, 20])
def test_every_byte_follows_traktors_rules(tmp_path: Path, version: int) -> None:
    path = tmp_path / "collection.nml"
    write_collection(path, 400, version=version)
    assert canonical(path.read_bytes()) == path.read_bytes()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.nml", "b.nml", "c.nml")]
    for path, seed in zip(files, (1, 1, 2), strict=True):
        write_collection(path, 150, seed)
    first, second, third = (path.read_bytes() for path in files)
    assert first == second != third


@pytest.mark.parametrize("version", [19, 20])
@pytest.mark.parametrize("tracks", [0, 1, 700])
def test_the_counts_are_what_is_in_the_file(tmp_path: Path, tracks: int, version: int) -> None:
    path = tmp_path / "collection.nml"
    counts = write_collection(path, tracks, version=version)
    entries, tree = read(path)
    kinds = Counter(node.kind for node in tree.nodes)
    assert counts == Counts(
        entries=len({entry.key for entry in entries}),
        cues=sum(len(entry.cues) for entry in entries),
        folders=kinds["folder"],
        playlists=kinds["list"] + kinds["smart"],
        items=sum(len(node.items) for node in tree.nodes),
    )
    found = survey(path)
    assert (found.version, found.role, found.notes) == (version, "collection", ())
    assert found.program == ("Traktor Pro 4" if version == 20 else "Traktor")


def test_every_item_of_a_playlist_is_in_the_collection(tmp_path: Path) -> None:
    path = tmp_path / "collection.nml"
    write_collection(path, 900)
    entries, tree = read(path)
    keys = {entry.key for entry in entries}
    items = [item.key for node in tree.nodes for item in node.items]
    assert len(items) > 300
    assert keys.issuperset(items)
    assert len({node.identity for node in tree.nodes}) == len(tree.nodes)


def test_a_collection_has_what_a_djs_collection_has(tmp_path: Path) -> None:
    path = tmp_path / "collection.nml"
    write_collection(path, 2000)
    entries, tree = read(path)
    rows = [dict(zip(ROW, entry.row, strict=True)) for entry in entries]
    assert 1600 < path.stat().st_size / len(rows) < 1900
    assert 4.2 < statistics.mean(len(entry.cues) for entry in entries) < 5.2
    assert {cue[0] for entry in entries for cue in entry.cues} == {0, 1, 2, 3, 4, 5}
    assert {row["rating"] for row in rows} == {None, 1, 2, 3, 4, 5}
    assert {row["key"] for row in rows} == {None, *range(24)}
    assert {row["color"] for row in rows} == {None, *range(1, 8)}
    assert {node.kind for node in tree.nodes} == {"folder", "list", "smart"}
    for script in ("夜", "Л", "ו", "ø"):
        assert any(script in row["artist"] + row["title"] for row in rows)
    for row in rows:
        assert row["bpm"] and row["duration"] and row["genre"] and row["label"]
        assert row["released"] <= row["added"] <= (row["played"] or row["added"])
    tempos = {
        genre: {row["bpm"] for row in rows if row["genre"] == genre} for genre in ("Techno", "Drum & Bass")
    }
    assert max(tempos["Techno"]) < min(tempos["Drum & Bass"])


def test_a_grid_marker_lies_where_its_version_puts_it(tmp_path: Path) -> None:
    for version, slot in ((19, 1), (20, None)):
        path = tmp_path / f"{version}.nml"
        write_collection(path, 60, version=version)
        for entry in read(path)[0]:
            grid = entry.cues[0]
            assert (grid[0], grid[3], grid[6] is None) == (4, slot, version == 19)


def test_elements_are_written_as_traktor_writes_them() -> None:
    assert element("HEAD", (("A", "1"), ("B", None), ("C", ""))) == '<HEAD A="1" C=""></HEAD>\n'
    assert element("A", (), element("B")) == "<A><B></B>\n</A>\n"
    assert opening("A", (("T", "x > 'y'"),)) == "<A T=\"x > 'y'\">"
    assert escape('<&">\n\r\t日') == "&lt;&amp;&quot;>&#xA;&#xD;&#x9;日"
