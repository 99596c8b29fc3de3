"""A list of up to 100,000 items: only the pages that are seen are read. Single items can be marked."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message

from djtui.tui import keys
from djtui.tui.widgets.rows import Row, Rows, RowSource

PAGE: Final = 128
KEPT: Final = 32
"""So many pages are remembered."""

T = TypeVar("T")


class _Lazy(RowSource, Generic[T]):
    """Rows of items; one whose page is not there yet is a placeholder, and the page is asked for."""

    def __init__(self, count: int, want: Callable[[int], None], row: Callable[[T], Row]) -> None:
        self._count = count
        self._want = want
        self._row = row
        self._pages: OrderedDict[int, Sequence[T]] = OrderedDict()

    def put(self, page: int, items: Sequence[T]) -> None:
        self._pages[page] = items
        if len(self._pages) > KEPT:
            self._pages.popitem(last=False)

    def item(self, index: int) -> T | None:
        """An item, None while its page is not there."""
        page, place = divmod(index, PAGE)
        items = self._pages.get(page)
        if items is None:
            self._want(page)
            return None
        self._pages.move_to_end(page)
        return items[place] if place < len(items) else None

    def __len__(self) -> int:
        return self._count

    def line(self, at: int) -> Row:
        item = self.item(at)
        return self._row(item) if item is not None else Row(("page", at), ((" …", "$quiet"),))


class ItemList(Rows, Generic[T]):
    """The list. Whoever shows it answers `Wanted` with `put`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "mark", id="history.mark", group=keys.CHANGES,
                tooltip="Mark this item: u and ^r then mean the marked ones only"),
    ]  # fmt: skip

    class Wanted(Message):
        """A page is seen that is not there."""

        def __init__(self, page: int) -> None:
            super().__init__()
            self.page = page

    class Marked(Message):
        """The item under the cursor is to be marked, or not any more."""

    def __init__(self, row: Callable[[T], Row], **options: Any) -> None:
        """`row` makes the line of an item."""
        super().__init__(**options)
        self._row_of = row
        self._asked: set[int] = set()
        self._lazy: _Lazy[T] = _Lazy(0, self._want, row)

    def open(self, count: int, *, keep: bool = False) -> None:
        """Show so many items; with `keep` the cursor stays where it is."""
        self._asked.clear()
        self._lazy = _Lazy(count, self._want, self._row_of)
        self._rows = self._lazy
        self._told = None
        self.virtual_size = Size(self.size.width, count)
        self.set_reactive(Rows.cursor, min(self.cursor, max(0, count - 1)) if keep else 0)
        self._reveal()
        self._tell()
        self.refresh()

    def put(self, page: int, items: Sequence[T]) -> None:
        """A page that was wanted."""
        self._asked.discard(page)
        self._lazy.put(page, items)
        self._tell()
        self.refresh()

    @property
    def item(self) -> T | None:
        """The item under the cursor, None while it is not read."""
        return self._lazy.item(self.cursor) if 0 <= self.cursor < len(self._lazy) else None

    def action_mark(self) -> None:
        if self.item is not None:
            self.post_message(self.Marked())

    def _want(self, page: int) -> None:
        if page not in self._asked:
            self._asked.add(page)
            self.post_message(self.Wanted(page))
