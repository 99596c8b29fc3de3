"""Patching the playlist tree: only what differs is written anew."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from djtui.traktor.nml import NmlError
from djtui.traktor.patch_tree import PatchedTree, WantedNode, patch_tree
from djtui.traktor.tree import DEEPEST, TreeNode, parse_tree
from tests.traktor.nml_text import STANDARD, folder, playlist, playlists, smartlist
from tests.traktor.patch_text import as_it_is

TREE = playlists(
    STANDARD,
    folder(
        "Sets", playlist("One", "k1", "k2", "k1", uuid="u1"), folder("Old", playlist("Two", "k3", uuid="u2"))
    ),
    smartlist("Best", "$RATING == 5", "u3"),
    folder("Empty"),
).rstrip("\n")
PLACES = {"_LOOPS": 0, "_RECORDINGS": 1, "Sets": 2, "One": 3, "Old": 4, "Two": 5, "Best": 6, "Empty": 7}
STRANGER = '<NODE TYPE="CLOUD" NAME="Stream"><CLOUD A="1"></CLOUD>\n</NODE>\n'


def nodes_of(section: str | bytes) -> list[TreeNode]:
    return parse_tree(section.encode() if isinstance(section, str) else section).nodes


def with_changes(section: str, changes: dict[int, dict[str, Any]]) -> PatchedTree:
    wanted = as_it_is(nodes_of(section))
    for place, change in changes.items():
        wanted[place] = wanted[place]._replace(**change)
    return patch_tree(section.encode(), wanted)


def shape(section: bytes | str) -> list[tuple[Any, ...]]:
    return [
        (node.kind, node.name, node.parent, node.position, node.uuid, node.foreign_query, [*node.items])
        for node in nodes_of(section)
    ]


def counts_are_right(section: bytes) -> bool:
    subnodes = re.findall(rb'<SUBNODES COUNT="(\d+)"', section)
    entries = re.findall(rb'<PLAYLIST ENTRIES="(\d+)"', section)
    nodes = section.count(b"<NODE ") - section.count(b'NAME="$ROOT"')
    return sum(map(int, subnodes)) == nodes and sum(map(int, entries)) == section.count(b"<ENTRY>")


def test_a_tree_wanted_as_it_is_keeps_every_byte() -> None:
    for text in (TREE, TREE.replace("></PLAYLIST>", "/>"), TREE.replace("\n", ""), "<PLAYLISTS/>"):
        wanted = as_it_is(nodes_of(text))
        assert patch_tree(text.encode(), wanted) == (text.encode(), {})
        full = [
            node._replace(items=parsed.items if parsed.kind == "list" else None, query=parsed.foreign_query)
            for node, parsed in zip(wanted, nodes_of(text), strict=True)
        ]
        assert patch_tree(text.encode(), full).section == text.encode()


def test_a_renamed_list_differs_in_its_name_alone() -> None:
    after = with_changes(TREE, {PLACES["Two"]: {"name": 'Two & "a half"'}})
    assert after.section.decode() == TREE.replace('NAME="Two"', 'NAME="Two &amp; &quot;a half&quot;"')
    assert after.moved == {"Sets\\Old\\Two": 'Sets\\Old\\Two & "a half"'}


def test_a_renamed_folder_moves_the_paths_of_all_that_is_in_it() -> None:
    after = with_changes(TREE, {PLACES["Sets"]: {"name": "Nights"}})
    assert after.section.decode() == TREE.replace('NAME="Sets"', 'NAME="Nights"')
    assert after.moved == {
        "Sets": "Nights",
        "Sets\\One": "Nights\\One",
        "Sets\\Old": "Nights\\Old",
        "Sets\\Old\\Two": "Nights\\Old\\Two",
    }


def test_items_that_stay_keep_their_bytes_and_the_count_is_right() -> None:
    marked = TREE.replace(
        'KEY="k2"></PRIMARYKEY>\n', 'KEY="k2"></PRIMARYKEY>\n<EXTENDEDDATA DECK="1"></EXTENDEDDATA>\n'
    )
    items = [("k2", "track"), ("n&w", "stem"), ("k1", "track"), ("x.set", "set")]
    after = with_changes(marked, {PLACES["One"]: {"items": items}})
    [one] = re.findall(r'<PLAYLIST ENTRIES="4".*?</PLAYLIST>\n', after.section.decode(), re.DOTALL)
    assert one == (
        '<PLAYLIST ENTRIES="4" TYPE="LIST" UUID="u1">'
        '<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="k2"></PRIMARYKEY>\n'
        '<EXTENDEDDATA DECK="1"></EXTENDEDDATA>\n</ENTRY>\n'
        '<ENTRY><PRIMARYKEY TYPE="STEM" KEY="n&amp;w"></PRIMARYKEY>\n</ENTRY>\n'
        '<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="k1"></PRIMARYKEY>\n</ENTRY>\n'
        '<ENTRY><PRIMARYKEY TYPE="SET" KEY="x.set"></PRIMARYKEY>\n</ENTRY>\n</PLAYLIST>\n'
    )
    rest = after.section.decode().replace(one, "")
    assert rest == re.sub(r'<PLAYLIST ENTRIES="3".*?</PLAYLIST>\n', "", marked, flags=re.DOTALL)
    assert after.moved == {}


def test_items_that_name_no_track_stay_where_they_are() -> None:
    odd = "<ENTRY><OTHER></OTHER>\n</ENTRY>\n"
    text = playlists(
        playlist("A", "k1", "k2").replace("</ENTRY>\n<ENTRY>", f"</ENTRY>\n{odd}<ENTRY>")
    ).strip()
    after = with_changes(text, {0: {"items": [("k2", "track"), ("k1", "track")]}}).section.decode()
    assert f'KEY="k1"></PRIMARYKEY>\n</ENTRY>\n{odd}</PLAYLIST>' in after
    assert '<PLAYLIST ENTRIES="3"' in after


def test_a_wrong_count_is_put_right_where_something_changes_and_only_there() -> None:
    wrong = (
        TREE.replace('ENTRIES="3"', 'ENTRIES="9"').replace('COUNT="2"', 'COUNT="7"').replace('"1" T', '"8" T')
    )
    after = with_changes(wrong, {PLACES["Best"]: {"query": "$RATING == 4"}}).section.decode()
    assert after == wrong.replace("$RATING == 5", "$RATING == 4")
    after = with_changes(wrong, {PLACES["One"]: {"name": "1"}}).section.decode()
    assert after == wrong.replace('NAME="One"', 'NAME="1"').replace('ENTRIES="9"', 'ENTRIES="3"')
    after = with_changes(wrong, {PLACES["Sets"]: {"name": "S"}}).section.decode()
    assert after == wrong.replace('NAME="Sets"', 'NAME="S"').replace('COUNT="7"', 'COUNT="2"')


def test_a_node_that_is_not_wanted_goes_with_all_that_is_in_it() -> None:
    wanted = [node for node in as_it_is(nodes_of(TREE)) if node.place not in (2, 3, 4, 5)]
    after = patch_tree(TREE.encode(), wanted)
    assert after.section.decode() == playlists(
        STANDARD, smartlist("Best", "$RATING == 5", "u3"), folder("Empty")
    ).strip().replace('COUNT="3"', 'COUNT="4"')
    assert after.moved == {}


def test_moved_nodes_keep_their_bytes() -> None:
    wanted = as_it_is(nodes_of(TREE))
    order = [wanted[7], wanted[4]._replace(parent=0), wanted[5]._replace(parent=1), wanted[6]]
    order += [wanted[2], wanted[3]._replace(parent=4), wanted[1], wanted[0]]
    after = patch_tree(TREE.encode(), order)
    assert after.section.decode() == (
        playlists(
            folder("Empty", folder("Old", playlist("Two", "k3", uuid="u2"))),
            smartlist("Best", "$RATING == 5", "u3"),
            folder("Sets", playlist("One", "k1", "k2", "k1", uuid="u1")),
            *reversed(re.findall(r"<NODE.*?</NODE>\n", STANDARD, re.DOTALL)),
        ).strip()
    )
    assert after.moved == {"Sets\\Old": "Empty\\Old", "Sets\\Old\\Two": "Empty\\Old\\Two"}


def test_new_nodes_are_written_as_traktor_does() -> None:
    wanted = [
        *as_it_is(nodes_of(TREE)),
        WantedNode(None, None, "folder", "New"),
        WantedNode(None, 8, "list", "L", "f" * 32, [("k9", "track")]),
        WantedNode(None, 8, "smart", "S", "e" * 32, None, '$GENRE % "x"'),
        WantedNode(3, 8, "list", "One"),
        WantedNode(None, 7, "list", "M", None, None),
    ]
    del wanted[3]
    wanted = [
        node._replace(parent=node.parent - 1) if node.parent is not None and node.parent > 3 else node
        for node in wanted
    ]
    after = patch_tree(TREE.encode(), wanted).section
    new = folder(
        "New",
        playlist("L", "k9", uuid="f" * 32),
        smartlist("S", "$GENRE % &quot;x&quot;", "e" * 32),
        playlist("One", "k1", "k2", "k1", uuid="u1"),
    )
    assert new in after.decode()
    assert folder("Empty", playlist("M", uuid=None)) in after.decode()
    assert counts_are_right(after)


def test_a_file_without_uuids_gets_none() -> None:
    old = playlists(playlist("A", "k", uuid=None)).strip()
    wanted = [*as_it_is(nodes_of(old)), WantedNode(None, None, "list", "B", "f" * 32)]
    assert b"UUID" not in patch_tree(old.encode(), wanted).section
    empty = playlists(folder("F")).strip()
    wanted = [*as_it_is(nodes_of(empty)), WantedNode(None, None, "list", "B", "f" * 32)]
    assert b'UUID="ffff' in patch_tree(empty.encode(), wanted).section


@pytest.mark.parametrize(
    "text", [b"", b"<PLAYLISTS/>", b"<PLAYLISTS></PLAYLISTS>", b"<PLAYLISTS>\n</PLAYLISTS>"]
)
def test_a_file_without_a_tree_gets_one(text: bytes) -> None:
    wanted = [WantedNode(None, None, "folder", "F"), WantedNode(None, 0, "list", "L", "u", [("k", "track")])]
    after = patch_tree(text, wanted).section.decode()
    expected = playlists(folder("F", playlist("L", "k", uuid="u")))
    assert re.sub(r"^<PLAYLISTS>\n", "<PLAYLISTS>", after).strip() == expected.strip()
    assert after.endswith("\n") == (not text)
    assert patch_tree(text, []) == (text, {})


def test_a_root_without_nodes_is_filled() -> None:
    for root in ('<NODE TYPE="FOLDER" NAME="$ROOT"/>', '<NODE TYPE="FOLDER" NAME="$ROOT"></NODE>'):
        after = patch_tree(
            f"<PLAYLISTS>{root}</PLAYLISTS>".encode(), [WantedNode(None, None, "list", "L", "u")]
        )
        assert after.section.decode() == playlists(playlist("L", uuid="u")).strip().replace(
            "</NODE>\n</P", "</NODE></P"
        )


def test_a_renamed_and_filled_self_closed_node() -> None:
    text = '<PLAYLISTS><NODE NAME="F" TYPE="FOLDER" /><NODE TYPE="PLAYLIST" NAME="A"/></PLAYLISTS>'
    wanted = [
        WantedNode(0, None, "folder", "G"),
        WantedNode(None, 0, "list", "L", "u"),
        WantedNode(1, None, "list", "B", None, [("k", "track")]),
    ]
    after = patch_tree(text.encode(), wanted).section
    assert [(node.name, node.parent, len(node.items)) for node in nodes_of(after)] == [
        ("G", None, 0),
        ("L", 0, 0),
        ("B", None, 1),
    ]
    assert after.startswith(b'<PLAYLISTS><NODE NAME="G" TYPE="FOLDER"><SUBNODES COUNT="1">')


def test_nodes_directly_in_the_section_stay_there() -> None:
    text = f"<PLAYLISTS>{playlist('A', 'k')}{folder('F')}</PLAYLISTS>"
    wanted = as_it_is(nodes_of(text))
    after = patch_tree(text.encode(), [wanted[1], wanted[0], WantedNode(None, 0, "list", "N", "u")]).section
    assert after.decode() == (
        f"<PLAYLISTS>{folder('F', playlist('N', uuid='u'))}{playlist('A', 'k')}</PLAYLISTS>"
    )


def test_nodes_of_an_unknown_kind_stay_in_place_in_their_folder() -> None:
    inside = folder("F", playlist("A", "k", uuid="a"), STRANGER, playlist("B", "k", uuid="b"), STRANGER)
    text = playlists(STRANGER, inside, playlist("C", uuid="c")).strip()
    wanted = as_it_is(nodes_of(text))
    swapped = [wanted[0]._replace(name="G"), wanted[2], wanted[1], wanted[3]]
    after = patch_tree(text.encode(), swapped)
    expected = folder("G", playlist("B", "k", uuid="b"), STRANGER, playlist("A", "k", uuid="a"), STRANGER)
    assert after.section.decode() == playlists(STRANGER, expected, playlist("C", uuid="c")).strip()
    assert after.moved["F\\Stream"] == "G\\Stream"
    emptied = patch_tree(text.encode(), [wanted[0]]).section.decode()
    assert emptied == playlists(STRANGER, folder("F", STRANGER, STRANGER)).strip()


def test_comments_stay() -> None:
    text = playlists(
        "<!-- one -->", playlist("A", uuid="a"), "<!-- two -->\n", playlist("B", uuid="b")
    ).strip()
    wanted = as_it_is(nodes_of(text))
    after = patch_tree(text.encode(), [wanted[1], wanted[0]]).section.decode()
    assert re.findall(r'<!-- \w+ -->|NAME="\w"', after) == [
        "<!-- one -->",
        'NAME="B"',
        'NAME="A"',
        "<!-- two -->",
    ]


def test_what_lies_too_deep_stays() -> None:
    text = playlist("X", "k")
    for number in range(DEEPEST + 3):
        text = folder(f"f{number}", text)
    section = playlists(text).strip()
    wanted = as_it_is(nodes_of(section))
    assert len(wanted) == DEEPEST
    wanted[-1] = wanted[-1]._replace(name="deepest")
    after = patch_tree(section.encode(), [*wanted, WantedNode(None, DEEPEST - 2, "list", "L", "u")]).section
    assert b'NAME="X"' in after
    assert after.count(b"</NODE>") == section.count("</NODE>") + 1


def test_reformatted_trees_keep_their_layout() -> None:
    indented = re.sub(r">\n?<", ">\n  <", TREE)
    for text in (indented, indented.replace("\n", "\r\n"), TREE.replace('"', "'")):
        wanted = as_it_is(nodes_of(text))
        order = [wanted[6], *wanted[:6], wanted[7]]
        order = [node._replace(parent=node.parent + 1) if node.parent is not None else node for node in order]
        order[4] = order[4]._replace(items=[("k2", "track"), ("new", "track")])
        after = patch_tree(text.encode(), order).section.decode()
        assert [node.name for node in nodes_of(after)] == [node.name for node in order]
        assert re.sub(r"\s+", " ", after).count("k1") == 0
        if "\r" in text:
            assert "\n" not in after.replace("\r\n", "")


def test_a_path_that_two_nodes_have_moves_only_with_both() -> None:
    text = playlists(playlist("A", uuid="a"), playlist("A", uuid="b"), playlist("B", uuid="c")).strip()
    assert with_changes(text, {0: {"name": "Z"}}).moved == {}
    assert with_changes(text, {0: {"name": "Z"}, 1: {"name": "Y"}}).moved == {"A": "Z"}
    assert with_changes(text, {2: {"name": "A"}, 0: {"name": "B"}, 1: {"name": "B"}}).moved == {
        "A": "B",
        "B": "A",
    }


def test_a_folder_behind_its_content_is_a_mistake_and_a_damaged_section_a_sentence() -> None:
    with pytest.raises(ValueError, match="comes behind it"):
        patch_tree(TREE.encode(), [WantedNode(None, 1, "list", "L"), WantedNode(None, None, "folder", "F")])
    with pytest.raises(NmlError, match="The playlists are damaged: mismatched tag"):
        patch_tree(b"<PLAYLISTS><NODE></PLAYLISTS>", [])


# The law

_NAMES = st.text('ab/\\&<"é', min_size=1, max_size=3)
_ITEMS = st.lists(
    st.tuples(st.sampled_from(["k1", "k2", "k&3"]), st.sampled_from(["track", "stem", "set"])), max_size=4
)


@st.composite
def _trees(draw: st.DrawFn) -> str:
    def node(depth: int) -> str:
        kind = draw(st.sampled_from("list smart folder stranger".split() if depth < 3 else ["list"]))
        name = draw(st.sampled_from("A B C".split()))
        if kind == "list":
            return playlist(name, *draw(st.lists(st.sampled_from(["k1", "k2"]), max_size=3)), uuid=name)
        if kind == "smart":
            return smartlist(name, "$X", name)
        if kind == "stranger":
            return STRANGER
        return folder(name, *(node(depth + 1) for _ in range(draw(st.integers(0, 3)))))

    text = playlists(*(node(0) for _ in range(draw(st.integers(0, 4))))).strip()
    one_line, indented = text.replace("\n", ""), re.sub(r">\n?<", ">\r\n <", text)
    return draw(st.sampled_from([text, one_line, indented]))


def _rearranged(draw: Callable[..., Any], nodes: Sequence[TreeNode]) -> list[WantedNode]:
    """Some nodes of the file and some new ones, in any order, in any folders."""
    pool: list[WantedNode] = [node for node in as_it_is(nodes) if draw(st.integers(0, 4))]
    for number in range(draw(st.integers(0, 2))):
        kind: Any = draw(st.sampled_from(["folder", "list", "smart"]))
        query = "$NEW" if kind == "smart" else None
        pool.append(WantedNode(None, None, kind, f"new{number}", f"u{number}", None, query))
    if draw(st.booleans()):
        pool = list(draw(st.permutations(pool)))
    wanted: list[WantedNode] = []
    at_place: dict[int | None, int] = {}
    for node in pool:
        home = None if node.place is None else nodes[node.place].parent
        parent = at_place.get(home) if home is not None else None
        folders = [at for at, it in enumerate(wanted) if it.kind == "folder"]
        if folders and not draw(st.integers(0, 3)):
            parent = draw(st.sampled_from(folders))
        name = draw(_NAMES) if not draw(st.integers(0, 4)) else node.name
        items: Any = draw(_ITEMS) if node.kind == "list" and draw(st.booleans()) else None
        if node.place is not None:
            at_place[node.place] = len(wanted)
        wanted.append(node._replace(parent=parent, name=name, items=items))
    return _in_order(wanted)


def _in_order(wanted: Sequence[WantedNode]) -> list[WantedNode]:
    """As the file would have them: each folder followed by what is in it."""
    order: list[int] = []

    def visit(parent: int | None) -> None:
        for at, node in enumerate(wanted):
            if node.parent == parent:
                order.append(at)
                if node.kind == "folder":
                    visit(at)

    visit(None)
    new = {at: number for number, at in enumerate(order)}
    return [
        wanted[at]._replace(parent=None if (parent := wanted[at].parent) is None else new[parent])
        for at in order
    ]


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_the_tree_is_what_is_wanted(data: st.DataObject) -> None:
    section = data.draw(_trees()).encode()
    before = nodes_of(section)
    wanted = _rearranged(data.draw, before)
    after = patch_tree(section, wanted)
    found = nodes_of(after.section)
    assert [(node.kind, node.name, node.parent) for node in found] == [
        (node.kind, node.name, node.parent) for node in wanted
    ]
    for node, want in zip(found, wanted, strict=True):
        was = None if want.place is None else before[want.place]
        if node.kind == "list":
            items = want.items if want.items is not None else was.items if was else []
            assert [tuple(item) for item in node.items] == [tuple(item) for item in items]
        assert node.foreign_query == (was.foreign_query if was else want.query)
        if was is not None:
            assert node.uuid == was.uuid
    assert counts_are_right(after.section)
    assert after.section.count(b"<CLOUD") <= section.count(b"<CLOUD")
    if all(any(want.place == place for want in wanted) for place in range(len(before))):
        assert after.section.count(b"<CLOUD") == section.count(b"<CLOUD")
    assert patch_tree(after.section, as_it_is(found)).section == after.section
