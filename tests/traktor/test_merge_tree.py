"""Merging playlist trees three ways: both sides' edits survive, and nothing is guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from djtui.traktor.merge_tree import DELETED, ORDER, Node, merge_lists, merge_trees

Items = Sequence[str]

items = st.lists(st.sampled_from("abcdefg"), max_size=8)


def a_list(name: str, *keys: str, parent: str | None = None) -> Node:
    return Node("list", name, parent, None, keys)


def a_folder(name: str, parent: str | None = None) -> Node:
    return Node("folder", name, parent)


def test_what_either_side_added_or_removed_holds() -> None:
    merged = merge_lists("abcd", "abXcd", "acdY")
    assert merged.items == tuple("aXcdY")
    assert not merged.disordered


def test_one_sides_new_order_holds_with_the_others_additions() -> None:
    assert merge_lists("abc", "cba", "abNc").items == tuple("cbNa")


def test_the_same_song_added_on_both_sides_is_added_once() -> None:
    assert Counter(merge_lists("ab", "abn", "nab").items)["n"] == 1


def test_a_song_that_stands_twice_stays_twice() -> None:
    assert merge_lists("aba", "aba", "abac").items == tuple("abac")
    assert merge_lists("aba", "abab", "aba").items == tuple("abab")


def test_two_new_orders_are_a_question_and_ours_stays() -> None:
    merged = merge_lists("abc", "cab", "bac")
    assert merged.disordered
    assert merged.items == tuple("cab")


def test_a_song_that_traktor_lost_and_the_library_keeps_stays_in_its_place() -> None:
    assert merge_lists("abc", "abc", "ac", held={"b"}).items == tuple("abc")


@given(items, items, items)
def test_a_merged_list_holds_each_sides_edit(base: Items, ours: Items, theirs: Items) -> None:
    merged = Counter(merge_lists(tuple(base), tuple(ours), tuple(theirs)).items)
    was, left, right = Counter(base), Counter(ours), Counter(theirs)
    for key in {*base, *ours, *theirs}:
        if left[key] == was[key]:
            assert merged[key] == right[key]
        elif right[key] == was[key] or left[key] == right[key]:
            assert merged[key] == left[key]
        elif left[key] > was[key] and right[key] > was[key]:
            assert merged[key] == max(left[key], right[key])
        elif left[key] < was[key] and right[key] < was[key]:
            assert merged[key] == min(left[key], right[key])
        else:
            assert merged[key] == left[key] + right[key] - was[key]


@given(items, items, items)
def test_merging_a_list_again_changes_nothing(base: Items, ours: Items, theirs: Items) -> None:
    merged = merge_lists(tuple(base), tuple(ours), tuple(theirs))
    if not merged.disordered:
        assert merge_lists(tuple(theirs), merged.items, tuple(theirs)).items == merged.items


def test_a_rename_here_and_a_new_song_there_both_hold() -> None:
    base = {"n1": a_list("Friday", "a")}
    merged = merge_trees(base, {"n1": a_list("Saturday", "a")}, {"n1": a_list("Friday", "a", "b")}, "merge")
    assert merged.nodes == {"n1": a_list("Saturday", "a", "b")}
    assert merged.base == {"n1": a_list("Friday", "a", "b")}
    assert not merged.conflicts


def test_two_names_are_a_question_and_the_base_stays() -> None:
    base = {"n1": a_list("Friday")}
    merged = merge_trees(base, {"n1": a_list("Saturday")}, {"n1": a_list("Sunday")}, "merge")
    assert merged.nodes["n1"].name == "Saturday"
    assert merged.base["n1"].name == "Friday"
    assert [conflict.field for conflict in merged.conflicts["n1"]] == ["name"]


def test_a_list_that_traktor_deleted_goes_if_nobody_changed_it_here() -> None:
    base = {"n1": a_list("Friday", "a")}
    merged = merge_trees(base, dict(base), {}, "merge")
    assert merged.removed == {"n1"}
    assert merged.nodes == {}


def test_a_list_that_traktor_deleted_and_we_changed_is_a_question() -> None:
    base = {"n1": a_list("Friday", "a")}
    merged = merge_trees(base, {"n1": a_list("Friday", "a", "b")}, {}, "merge")
    assert merged.nodes == {"n1": a_list("Friday", "a", "b")}
    assert [conflict.field for conflict in merged.conflicts["n1"]] == [DELETED]


def test_a_list_deleted_here_stays_deleted_unless_traktor_changed_it() -> None:
    base = {"n1": a_list("Friday", "a")}
    assert merge_trees(base, {}, dict(base), "merge").nodes == {}
    merged = merge_trees(base, {}, {"n1": a_list("Friday", "a", "b")}, "merge")
    assert merged.nodes == {"n1": a_list("Friday", "a", "b")}
    assert merged.revived == {"n1"}


def test_a_folder_that_traktor_deleted_stays_while_something_new_is_in_it() -> None:
    base = {"n1": a_folder("Gigs"), "n2": a_list("Friday", "a", parent="n1")}
    ours = base | {"p3": a_list("Sunday", "c", parent="n1")}
    merged = merge_trees(base, ours, {}, "merge")
    assert set(merged.nodes) == {"n1", "p3"}
    assert merged.removed == {"n2"}


def test_folders_moved_into_each_other_stay_where_the_library_has_them() -> None:
    base = {"n1": a_folder("A"), "n2": a_folder("B")}
    ours = {"n2": a_folder("B"), "n1": a_folder("A", "n2")}
    theirs = {"n1": a_folder("A"), "n2": a_folder("B", "n1")}
    merged = merge_trees(base, ours, theirs, "merge")
    assert merged.nodes == {"n2": a_folder("B"), "n1": a_folder("A", "n2")}


def test_siblings_take_the_order_of_the_side_that_changed_it() -> None:
    base = {id: a_list(id) for id in ("n1", "n2", "n3")}
    theirs = {id: a_list(id) for id in ("n3", "n1", "n2", "t4")}
    assert list(merge_trees(base, dict(base), theirs, "merge").nodes) == ["n3", "n1", "n2", "t4"]


def test_two_orders_of_a_list_are_a_question_that_asks_again() -> None:
    base = {"n1": a_list("Friday", *"abc")}
    ours, theirs = {"n1": a_list("Friday", *"cab")}, {"n1": a_list("Friday", *"bacd")}
    merged = merge_trees(base, ours, theirs, "merge")
    assert [conflict.field for conflict in merged.conflicts["n1"]] == [ORDER]
    assert set(merged.nodes["n1"].items or ()) == set("abcd")
    again = merge_trees(merged.base, merged.nodes, theirs, "merge")
    assert [conflict.field for conflict in again.conflicts["n1"]] == [ORDER]
    assert again.nodes == merged.nodes


names = st.sampled_from(["A", "B", "C"])


@st.composite
def trees(draw: st.DrawFn) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for number in draw(st.lists(st.integers(1, 6), unique=True, max_size=5)):
        folders = [id for id, node in found.items() if node.kind == "folder"]
        parent = draw(st.sampled_from([None, *folders]))
        name = draw(names)
        # Whether a node is a folder never changes.
        found[f"n{number}"] = (
            a_folder(name, parent) if number % 2 else a_list(name, *draw(items), parent=parent)
        )
    return found


@given(trees(), trees(), trees())
def test_a_merged_tree_is_a_tree_and_merging_again_changes_nothing(
    base: dict[str, Node], ours: dict[str, Node], theirs: dict[str, Node]
) -> None:
    merged = merge_trees(base, ours, theirs, "merge")
    seen: set[str] = set()
    for id, node in merged.nodes.items():
        assert node.parent is None or node.parent in seen
        seen.add(id)
    for id, node in theirs.items():
        assert id in merged.nodes or id in base
        if id in merged.nodes and id not in ours and node.items is not None:
            assert merged.nodes[id].items == node.items
    again = merge_trees(merged.base, merged.nodes, theirs, "merge")
    assert again.nodes == merged.nodes
    assert {id: [it.field for it in found] for id, found in again.conflicts.items()} == {
        id: [it.field for it in found] for id, found in merged.conflicts.items()
    }
