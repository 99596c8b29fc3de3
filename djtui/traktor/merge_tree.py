"""Merging the playlist tree three ways: adds, removes, moves, renames and order, of lists and folders.

Each side is a mapping from a node's id (the same on all sides) to the node, folders before what is in them,
siblings in their order. Where both sides gave the nodes of one folder another order, the library's stays:
that is the one thing that is not worth a question.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from djtui.traktor.merge import Conflict, Strategy, decide

DELETED: Final = "deleted"
ORDER: Final = "order"
_FIELDS: Final = ("name", "parent", "query")

NodeId = str


class Node(NamedTuple):
    """A folder, list or smart list on one side. `items` are keys; None for what is no list."""

    kind: str
    name: str
    parent: NodeId | None
    query: str | None = None
    items: tuple[str, ...] | None = None


Side = Mapping[NodeId, Node]


@dataclass(slots=True)
class MergedTree:
    """The nodes that the library is to have, in order; the new base of those that the file has too.

    `conflicts` are by node, their field one of name, parent, query, order, deleted. `removed` are the nodes
    that Traktor deleted, `revived` those that were deleted here but that Traktor has changed since.
    """

    nodes: dict[NodeId, Node] = field(default_factory=dict)
    base: dict[NodeId, Node] = field(default_factory=dict)
    conflicts: dict[NodeId, list[Conflict]] = field(default_factory=lambda: defaultdict(list))
    removed: set[NodeId] = field(default_factory=set)
    revived: set[NodeId] = field(default_factory=set)


class MergedList(NamedTuple):
    """A merged list. `disordered`: both sides changed the order; it is the library's."""

    items: tuple[str, ...]
    disordered: bool


def merge_trees(
    base: Side, library: Side, traktor: Side, strategy: Strategy, held: Set[str] = frozenset()
) -> MergedTree:
    """Merge the trees. `held` are keys that Traktor lost and the library keeps: they stay in its lists."""
    merged = MergedTree()
    parents: dict[NodeId, NodeId | None] = {}
    for id in dict.fromkeys((*library, *traktor, *base)):
        was, ours, theirs = base.get(id), library.get(id), traktor.get(id)
        if ours is not None and theirs is not None:
            node = _merge_node(merged, id, was, ours, theirs, strategy, held)
        elif ours is None and theirs is None:
            continue
        elif was is None:  # new on one side
            node = ours or theirs  # type: ignore[assignment]
            if theirs is not None:
                merged.base[id] = theirs
        elif ours is not None:
            if _deleted_by_traktor(merged, id, was, ours, strategy):
                merged.removed.add(id)
                continue
            node = ours
        else:
            assert theirs is not None
            merged.base[id] = was
            if theirs == was:
                continue  # deleted here; the file has it until the next export
            merged.revived.add(id)
            merged.base[id] = node = theirs
        merged.nodes[id] = node
        parents[id] = node.parent
    _keep_folders(merged, library, traktor, parents)
    _break_circles(library, parents)
    _order(merged, base, library, traktor, parents)
    return merged


def merge_lists(
    base: Sequence[str], ours: Sequence[str], theirs: Sequence[str], held: Set[str] = frozenset()
) -> MergedList:
    """Merge lists in which an item may stand more than once: what either side added or removed holds."""
    if held.isdisjoint(base) and (theirs == ours or ours == base):
        return MergedList(tuple(theirs), disordered=False)
    if theirs == base:
        return MergedList(tuple(ours), disordered=False)
    was, mine, others = (_counted(side) for side in (base, ours, theirs))
    old, left, right = set(was), set(mine), set(others)
    kept = {
        item
        for item in (*mine, *others)
        if (item in left and item in right)
        or (item not in old)
        or (item[0] in held and item in left and item not in right)
    }
    common = old & left & right
    before, here, there = ([item for item in side if item in common] for side in (was, mine, others))
    disordered = here not in (before, there) and there != before
    first, second = (mine, others) if here != before else (others, mine)
    found = [item for item in first if item in kept]
    _insert_behind(found, [item for item in second if item in kept])
    return MergedList(tuple(key for key, _ in found), disordered)


def _merge_node(
    merged: MergedTree,
    id: NodeId,
    was: Node | None,
    ours: Node,
    theirs: Node,
    strategy: Strategy,
    held: Set[str],
) -> Node:
    """Merge a node that both sides have."""
    values: dict[str, Any] = {}
    settled: dict[str, Any] = {}
    for name in _FIELDS:
        sides = getattr(was, name, None), getattr(ours, name), getattr(theirs, name)
        decision = decide(*sides, strategy)
        values[name], settled[name] = decision.value, decision.settled
        if decision.conflict:
            merged.conflicts[id].append(Conflict(name, *sides))
    items = settled_items = theirs.items
    if ours.items is not None and theirs.items is not None:
        old = (was.items if was is not None else None) or ()
        result = merge_lists(old, ours.items, theirs.items, held)
        items = result.items
        if result.disordered and strategy == "traktor":
            items = ordered_like(theirs.items, result.items)
        elif result.disordered and strategy != "library":
            merged.conflicts[id].append(Conflict(ORDER, old, ours.items, theirs.items))
            settled_items = ordered_like(old, theirs.items)
    merged.base[id] = Node(ours.kind, items=settled_items, **settled)
    return Node(ours.kind, items=items, **values)


def _deleted_by_traktor(merged: MergedTree, id: NodeId, was: Node, ours: Node, strategy: Strategy) -> bool:
    """Whether a node that Traktor no longer has goes here too; else why it stays is noted."""
    if strategy == "traktor" or (strategy != "fill" and was == ours):
        return True
    if strategy != "library":  # who wins there is written to the file again, as if it were new
        merged.base[id] = was
    if strategy == "merge":
        merged.conflicts[id].append(Conflict(DELETED, was.name, ours.name, None))
    return False


def _keep_folders(
    merged: MergedTree, library: Side, traktor: Side, parents: dict[NodeId, NodeId | None]
) -> None:
    """A folder stays as long as something is in it; one that nobody has any more lets its content rise."""
    waiting = list(merged.nodes)
    while waiting:
        id = waiting.pop()
        parent = parents[id]
        if parent is None or parent in merged.nodes:
            continue
        folder = library.get(parent) or traktor.get(parent)
        if folder is None:
            parents[id] = None
            continue
        merged.nodes[parent] = folder
        parents[parent] = folder.parent
        merged.removed.discard(parent)
        if parent not in traktor:
            merged.base.pop(parent, None)
        waiting.append(parent)


def _break_circles(library: Side, parents: dict[NodeId, NodeId | None]) -> None:
    """Folders that were moved into each other: there the library's places hold."""
    while circle := _circle(parents):
        for member in circle:
            home = library[member].parent if member in library else None
            parents[member] = home if home in parents else None


def _circle(parents: Mapping[NodeId, NodeId | None]) -> list[NodeId]:
    """Nodes that lie within each other; none if there are no such."""
    sound: set[NodeId] = set()
    for start in parents:
        path: list[NodeId] = []
        at: NodeId | None = start
        while at is not None and at not in sound:
            if at in path:
                return path[path.index(at) :]
            path.append(at)
            at = parents[at]
        sound.update(path)
    return []


def _order(
    merged: MergedTree,
    base: Side,
    library: Side,
    traktor: Side,
    parents: Mapping[NodeId, NodeId | None],
) -> None:
    """Put the nodes in order: folders before their content, siblings as merged."""
    children: defaultdict[NodeId | None, list[NodeId]] = defaultdict(list)
    for id in merged.nodes:
        children[parents[id]].append(id)
    ordered: dict[NodeId, Node] = {}
    waiting: list[NodeId | None] = [None]
    while waiting:
        folder = waiting.pop()
        if folder is not None:
            ordered[folder] = merged.nodes[folder]._replace(parent=parents[folder])
        here = set(children[folder])
        was, ours, theirs = ([id for id in side if id in here] for side in (base, library, traktor))
        siblings = merge_lists(was, ours, theirs).items
        rest = dict.fromkeys((*siblings, *children[folder]))
        waiting += reversed([id for id in rest if id in here])
    merged.nodes = ordered


def _counted(items: Iterable[str]) -> list[tuple[str, int]]:
    """Each item with how often it stood before: what tells two of the same apart."""
    seen: Counter[str] = Counter()
    counted = []
    for item in items:
        counted.append((item, seen[item]))
        seen[item] += 1
    return counted


def _insert_behind(found: list[tuple[str, int]], others: Sequence[tuple[str, int]]) -> None:
    """Insert what is missing, each behind what it stands behind in its own list."""
    present = set(found)
    if present.issuperset(others):
        return
    behind: defaultdict[tuple[str, int] | None, list[tuple[str, int]]] = defaultdict(list)
    last: tuple[str, int] | None = None
    for item in others:
        if item in present:
            last = item
        else:
            behind[last].append(item)
    result = behind[None]
    for item in found:
        result.append(item)
        result += behind.get(item, ())
    found[:] = result


def ordered_like(model: Sequence[str], items: Sequence[str]) -> tuple[str, ...]:
    """The items in the order of a model, those that are not in it behind what they stand behind."""
    wanted = _counted(items)
    present = set(wanted)
    found = [item for item in _counted(model) if item in present]
    _insert_behind(found, wanted)
    return tuple(key for key, _ in found)
