"""A view: one of the numbered screens, with the lines that all of them have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen

from djtui.tui.memory import Memory
from djtui.tui.widgets.chrome import KeyLine, Notes, Progress, StatusLine, TopLine
from djtui.tui.widgets.home import OfApp


class View(OfApp, Screen[None]):
    """A numbered screen."""

    MODE: ClassVar[str] = ""
    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - textual's own declaration
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        # Textual sets these classes only when the view has been laid out and painted without them.
        for cells, breakpoints in zip(
            self.app.size, (self.HORIZONTAL_BREAKPOINTS, self.VERTICAL_BREAKPOINTS), strict=True
        ):
            self.add_class(max(point for point in breakpoints if point[0] <= cells)[1])
        yield TopLine()
        with Container(id="body"):
            yield from self.body()
        yield Progress()
        yield StatusLine()
        yield KeyLine()
        yield Notes()  # from the start: what is mounted on a screen later paints all of it anew

    def body(self) -> ComposeResult:
        """What the view is about."""
        yield from ()

    def about(self) -> str:
        """What the data is, for the top line of a narrow screen."""
        return ""

    def position(self) -> str:
        """Where the cursor is, for the status line of a narrow screen."""
        return ""

    def quiet_line(self) -> str:
        """What the status line says when nothing runs."""
        return ""

    def escape(self) -> None:
        """Esc was pressed, and there was nothing above the view to close."""

    def remember(self, memory: Memory) -> None:
        """Note where the DJ is, for the next start."""

    def close(self) -> None:
        """The app ends."""

    def refresh_position(self) -> None:
        """The cursor is elsewhere now."""
        if self.has_class("-narrow"):
            self.query_one(StatusLine).repaint_changes()

    def refresh_lines(self) -> None:
        """The lines around the view say something else now."""
        for line in (TopLine, StatusLine, KeyLine):
            self.query_one(line).repaint_changes()


@dataclass(frozen=True, slots=True)
class ViewEntry:
    """A view in the top line."""

    number: int
    title: str
    mode: str
    make: Callable[[], Screen[None]]
    short: str = ""

    @property
    def short_title(self) -> str:
        """The title where room is short."""
        return self.short or self.title[:3]


def _library() -> Screen[None]:
    from djtui.tui.screens.library import LibraryView

    return LibraryView()


def _jobs() -> Screen[None]:
    from djtui.tui.screens.jobs import JobsView

    return JobsView()


def _traktor() -> Screen[None]:
    from djtui.tui.screens.traktor import TraktorView

    return TraktorView()


def _spotify() -> Screen[None]:
    from djtui.tui.screens.spotify import SpotifyView

    return SpotifyView()


def _routing() -> Screen[None]:
    from djtui.tui.screens.routing import RoutingView

    return RoutingView()


def _history() -> Screen[None]:
    from djtui.tui.screens.history import HistoryView

    return HistoryView()


def _settings() -> Screen[None]:
    from djtui.tui.screens.settings import SettingsView

    return SettingsView()


FIRST: Final = "library"
VIEWS: Final = (
    ViewEntry(1, "Library", "library", _library),
    ViewEntry(2, "Jobs", "jobs", _jobs),
    ViewEntry(3, "Traktor", "traktor", _traktor, "Trk"),
    ViewEntry(4, "Spotify", "spotify", _spotify),
    ViewEntry(5, "Routing", "routing", _routing),
    ViewEntry(6, "History", "history", _history),
    ViewEntry(7, "Settings", "settings", _settings),
)
