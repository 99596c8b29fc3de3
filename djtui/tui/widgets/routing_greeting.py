"""What the Routing view says before there is a base: what it is good for, and what to do first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from djtui.tui import formats
from djtui.tui.formats import Parts
from djtui.tui.widgets.routing_lists import key

_ABOUT: Final[Sequence[Parts]] = (
    (),
    (("  One playlist feeds many.", "bold"),),
    (),
    (("  The songs of a playlist of yours, the base, go to its children: playlists that", ""),),
    (("  rules fill, by what Spotify knows and what your own files say.", ""),),
    (),
    (("      [Friday] > Warm-up   ", "$quiet"), ("bpm:..122 (genre:deep OR key:~8A)", "$accent")),
    (("      [Friday] > Peak      ", "$quiet"), ("bpm:126.. rating:4..", "$accent")),
    (),
)
_BEGIN: Final[Sequence[Parts]] = (
    (("  1 ", "$accent"), ("n", "$accent"), (" chooses the base: a playlist, or the liked songs", "")),
    (
        ("  2 ", "$quiet"),
        ("then make children, each with a rule, and see at once what it takes", "$quiet"),
    ),
    (("  3 ", "$quiet"), ("nothing is written to Spotify before you apply it; it can be undone", "$quiet")),
)
_SYNC: Final[Sequence[Parts]] = (
    (("  1 ", "$accent"), ("4", "$accent"), (" goes to Spotify: sign in there, and sync", "")),
    (("  2 ", "$quiet"), ("then choose the base here", "$quiet")),
)


class RoutingGreeting(Widget, can_focus=True):
    """Stands in the place of the panes until there is a base."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("n", "new_base", "new base", "first_base", "Make a playlist of your account a base"),
    ]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._synced = False

    def show(self, *, synced: bool) -> None:
        """`synced`: there are playlists to choose from."""
        if synced != self._synced:
            self._synced = synced
            self.refresh()

    def render(self) -> Content:
        lines = [*_ABOUT, *(_BEGIN if self._synced else _SYNC)]
        width = self.size.width
        return Content("\n").join(formats.content(formats.cut_parts(list(line), width)) for line in lines)
