"""A list of lines that are made when they are painted: as many of them as there are tracks."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol, cast, overload

from textual import events

from djtui.tui.widgets.rows import Row, Rows


class Listing(Protocol):
    """The lines of a list: how many, each of them, and where the one of a key stands."""

    def __len__(self) -> int: ...

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...

    def place_of(self, key: Hashable) -> int | None:
        """Where the line of a key stands; None: nowhere."""


class LazyRows(Rows):
    """`Rows` of a `Listing`. A click goes to a line and does nothing to it: here enter changes files."""

    def show_all(self, listing: Listing, *, cursor: Hashable = None) -> None:
        """Show these lines. The cursor goes to the line with that key, else stays on its own."""
        wanted = cursor if cursor is not None else self._told
        place = listing.place_of(wanted) if wanted is not None else None
        self._rows = cast("list[Row]", listing)
        self._told = None
        self.virtual_size = self.virtual_size.with_height(len(listing))
        last = len(listing) - 1
        index = min(self.cursor, last) if place is None else place
        self.set_reactive(Rows.cursor, self._live(index, 1) if listing else 0)
        self._reveal()
        self._tell()
        self.refresh()
        self.call_after_refresh(self._reveal)  # what stands around the list may have become higher

    def on_click(self, event: events.Click) -> None:
        event.prevent_default()
        index = event.y - self.content_region.y + self.region.y + self.scroll_offset.y
        if 0 <= index < len(self._rows) and self._rows[index].live:
            self.cursor = index
