"""The playlist tree: nodes in the order of the file, known again by their identity."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from djtui.traktor.nml import NmlError, survey
from djtui.traktor.tree import DEEPEST, Tree, parse_tree, read_tree
from tests.traktor.nml_text import STANDARD, entry, folder, nml, playlist, playlists, smartlist, written


def tree(*nodes: str) -> Tree:
    return parse_tree(playlists(*nodes).encode())


def test_nodes_come_in_the_order_of_the_file_with_their_folders() -> None:
    nodes, failures = tree(
        playlist("A", "k1", uuid="u1"),
        folder("F", playlist("B", uuid="u2"), folder("G", smartlist("S", "$RATING == 5", "u3"))),
        playlist("C", uuid="u4"),
    )
    assert failures == []
    assert [(node.kind, node.name, node.parent, node.position, node.uuid) for node in nodes] == [
        ("list", "A", None, 0, "u1"),
        ("folder", "F", None, 1, None),
        ("list", "B", 1, 0, "u2"),
        ("folder", "G", 1, 1, None),
        ("smart", "S", 3, 0, "u3"),
        ("list", "C", None, 2, "u4"),
    ]


def test_items_keep_their_order_their_doubles_and_their_kind() -> None:
    text = playlist("A", "k2", "k1", "k2", "stem", "a.set").replace('"TRACK" KEY="stem"', '"STEM" KEY="stem"')
    nodes, _ = tree(
        text.replace('"TRACK" KEY="a.set"', '"SET" KEY="a.set"').replace('TYPE="TRACK" KEY="k1"', 'KEY="k1"')
    )
    assert nodes[0].items == [
        ("k2", "track"),
        ("k1", "track"),
        ("k2", "track"),
        ("stem", "stem"),
        ("a.set", "set"),
    ]


def test_a_smart_list_keeps_its_expression_as_text() -> None:
    nodes, _ = tree(smartlist("S", "$GENRE % &quot;FUNK&quot; | $PLAYED == TRUE"))
    assert nodes[0].foreign_query == '$GENRE % "FUNK" | $PLAYED == TRUE'


def test_what_has_no_uuid_is_known_by_kind_and_path_of_names() -> None:
    nodes, _ = tree(
        folder("a/b", playlist("x", uuid=None), playlist("x", uuid=None)),
        folder("x", folder("x"), playlist("x", uuid=None)),
        playlist("x", uuid="u"),
        playlist("y", uuid="u"),
    )
    assert [node.identity for node in nodes] == [
        "folder:a//b",
        "list:a//b/x",
        "list:a//b/x#2",
        "folder:x",
        "folder:x/x",
        "list:x/x",
        "u",
        "u#2",
    ]


def test_the_hash_follows_name_place_and_content() -> None:
    first = {
        node.identity: node.hash
        for node in tree(folder("F", playlist("A", "k")), playlist("B", uuid="b")).nodes
    }
    same = {
        node.identity: node.hash
        for node in tree(folder("F", playlist("A", "k")), playlist("B", uuid="b")).nodes
    }
    assert first == same
    for changed in (
        (folder("F", playlist("A", "k", "k")), playlist("B", uuid="b")),
        (folder("F", playlist("Z", "k")), playlist("B", uuid="b")),
        (folder("F"), playlist("A", "k"), playlist("B", uuid="b")),
    ):
        other = {node.identity: node.hash for node in tree(*changed).nodes}
        assert other["b0"] != first["b0"]
        assert other["folder:F"] == first["folder:F"]


def test_a_node_of_an_unknown_type_is_what_it_holds_or_else_a_failure() -> None:
    strange = playlist("A", "k").replace('TYPE="PLAYLIST" NAME', 'TYPE="NEWLIST" NAME')
    stranger = '<NODE TYPE="CLOUD" NAME="Streaming"><CLOUD></CLOUD>\n</NODE>\n'
    nodes, failures = tree(folder("F", stranger, strange), playlist("B", uuid="b"), stranger)
    assert [(node.kind, node.name, node.parent, node.position) for node in nodes] == [
        ("folder", "F", None, 0),
        ("list", "A", 0, 0),
        ("list", "B", None, 1),
    ]
    assert len(nodes[1].items) == 1
    assert failures == [("Streaming", "it is neither folder nor playlist nor smart playlist")] * 2


def test_a_tree_without_a_root_folder_is_read() -> None:
    nodes, _ = parse_tree(f"<PLAYLISTS>{playlist('A', 'k')}{folder('F')}</PLAYLISTS>".encode())
    assert [(node.name, node.parent, node.position) for node in nodes] == [("A", None, 0), ("F", None, 1)]


def test_folders_ten_thousand_deep_do_no_harm() -> None:
    open_tag = '<NODE TYPE="FOLDER" NAME="x"><SUBNODES COUNT="1">'
    text = f"<PLAYLISTS>{open_tag * 10_000}{playlist('A', 'k')}{'</SUBNODES></NODE>' * 10_000}</PLAYLISTS>"
    nodes, failures = parse_tree(text.encode())
    assert len(nodes) == DEEPEST
    assert failures == [("x", f"it lies more than {DEEPEST} folders deep")]


def test_a_history_is_a_list() -> None:
    extended = '<EXTENDEDDATA DECK="0"></EXTENDEDDATA>\n</ENTRY>'
    nodes, _ = tree(playlist("HISTORY", "k", kind="PROTOCOL").replace("</ENTRY>", extended))
    assert [(node.kind, node.name, len(node.items)) for node in nodes] == [("list", "HISTORY", 1)]


def test_the_tree_of_a_file_is_read_from_its_section(tmp_path: Path) -> None:
    path = written(tmp_path, nml(entry(), tree=playlists(STANDARD, playlist("日本", "k"))))
    found = survey(path)
    nodes, _ = read_tree(path, found.fingerprint, found.playlists)
    assert [node.name for node in nodes] == ["_LOOPS", "_RECORDINGS", "日本"]
    assert read_tree(path, found.fingerprint, None) == ([], [])


def test_a_tree_can_be_pickled() -> None:
    found = tree(folder("F", playlist("A", "k")))
    assert pickle.loads(pickle.dumps(found)) == found


def test_a_damaged_tree_is_a_sentence() -> None:
    with pytest.raises(NmlError, match="The playlists are damaged, 1 lines in: "):
        parse_tree(b"<PLAYLISTS><NODE></PLAYLISTS>")
