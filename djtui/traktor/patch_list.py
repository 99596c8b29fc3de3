"""The items of one list, patched: those that stay keep their bytes, and whatever else they hold."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence

from djtui.traktor.markup import Element, Markup
from djtui.traktor.tree import ItemKind
from djtui.traktor.writer import element

Item = tuple[str, ItemKind]


def patch_list(playlist: bytes, wanted: Sequence[Item], newline: bytes) -> bytes:
    """A PLAYLIST element with these items, and its ENTRIES right.

    Of items that stand there more than once the first ones stay; what names no track stays where it is.
    """
    markup = Markup(playlist, newline=newline)
    there: dict[Item, deque[Element]] = defaultdict(deque)
    own: list[Element] = []
    strangers = 0
    for child in markup.root.children:
        items = list(_items(child))
        if items:
            own.append(child)
        elif child.name == "ENTRY":
            strangers += 1
        if len(items) == 1:
            there[items[0]].append(child)
    order: list[tuple[Element | None, bytes]] = []
    for key, kind in wanted:
        old = there[key, kind].popleft() if there.get((key, kind)) else None
        order.append((old, playlist[old.start : old.end] if old else item(key, kind, newline)))
    markup.fill(markup.root, markup.arranged(markup.root, order, own))
    markup.set(markup.root, "ENTRIES", str(len(order) + strangers))
    return markup.result()


def counted_list(playlist: bytes) -> bytes:
    """A PLAYLIST element with its ENTRIES right."""
    markup = Markup(playlist)
    number = sum(child.name == "ENTRY" for child in markup.root.children)
    markup.set(markup.root, "ENTRIES", str(number))
    return markup.result()


def item(key: str, kind: ItemKind, newline: bytes) -> bytes:
    """A new item, without the newline behind it."""
    inside = element("PRIMARYKEY", (("TYPE", kind.upper()), ("KEY", key)))
    return element("ENTRY", (), inside).rstrip("\n").encode().replace(b"\n", newline)


def search(query: str) -> bytes:
    """The expression of a smart list, without the newline behind it."""
    return element("SEARCH_EXPRESSION", (("VERSION", "1"), ("QUERY", query))).rstrip("\n").encode()


def _items(child: Element) -> Iterator[Item]:
    """The items in a child of a list, read as `traktor.tree` reads them: mostly one."""
    waiting = [child]
    while waiting:
        at = waiting.pop()
        if at.name == "PRIMARYKEY" and (key := at.attributes.get("KEY")):
            kind = at.attributes.get("TYPE")
            yield key, "stem" if kind == "STEM" else "set" if kind == "SET" else "track"
        waiting += reversed(at.children)
