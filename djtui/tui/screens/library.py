"""Library: crates at the left, the tracks, the filter above them, the track under the cursor below."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from typing import ClassVar, Final, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from djtui.config import Settings
from djtui.library import live
from djtui.library.database import connect_readonly
from djtui.library.live import Answer, Searches, Unknown
from djtui.library.view import Listing, first_page
from djtui.library.view import View as Wanted
from djtui.model.key import Notation
from djtui.model.text import harmless
from djtui.tui import formats, keys, scope, styles
from djtui.tui.asking import NATURAL, Question
from djtui.tui.feed import Counters
from djtui.tui.memory import Memory
from djtui.tui.messages import FilterLeft, FilterTyped, ScopeChosen
from djtui.tui.scope import Scope
from djtui.tui.screens.sorting import Sorting
from djtui.tui.widgets import inspector
from djtui.tui.widgets.crates import Crates
from djtui.tui.widgets.edge import Edge
from djtui.tui.widgets.filter_bar import FilterBar
from djtui.tui.widgets.greeting import Greeting
from djtui.tui.widgets.inspector import Inspector
from djtui.tui.widgets.track_columns import DEFAULT_COLUMNS, TRACK_COLUMNS
from djtui.tui.widgets.track_table import TrackTable

REST_S: Final = 0.06
RECOUNT_S: Final = 1.0
SETTLE_S: Final = 0.06


@dataclass
class Answered(Message):
    """The listing thread has an answer."""

    answer: Answer


class LibraryView(Sorting):
    """The tracks, and everything to find them by."""

    MODE = "library"
    CSS_PATH = styles.sheet(MODE)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", id="library.filter", group=keys.FIND,
                tooltip="Type a filter: words, bpm:124..128, key:~8A, genre:techno, -remix, OR, NOT"),
        Binding("c", "crates", "crates", id="library.crates", group=keys.FIND,
                tooltip="Go to the crates; on a narrow screen they come over the table"),
        Binding("m", "missing", "Missing files", show=False, id="library.missing", group=keys.FIND,
                tooltip="Show the tracks whose file is not there"),
        Binding("i", "inspector", "inspect", id="library.inspector", group=keys.FIND,
                tooltip="Show or hide the track under the cursor"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.question = Question()
        self._wanted: Wanted | None = None
        self._list_sort = (NATURAL, False)
        self._main_sort = (NATURAL, False)
        self._count = 0
        self._total = 0
        self._unknown = 0
        self._fresh = True
        self._first_row = 0
        self._searches: Searches | None = None
        self._tracks_feed: live.TrackFeed | None = None
        self._rest: Timer | None = None
        self._lists_changed = True
        self._recount = False

    # -- making it --------------------------------------------------------------------------------

    def body(self) -> ComposeResult:
        app, memory = self.djtui, self.djtui.memory
        self._recall(memory)
        columns = [name for name in app.settings.ui.columns if name in TRACK_COLUMNS]
        notation = cast(Notation, app.settings.ui.key_notation)
        with Horizontal(id="panes"):
            with Vertical(id="crates", classes="frame") as crates:
                crates.border_title = "Crates"
                yield Crates()
            with Vertical(id="right"):
                with Vertical(id="tracks") as tracks:
                    tracks.border_title = Content(harmless(self.question.scope.name))
                    yield FilterBar(self.question.filter)
                    yield TrackTable(app.reader, columns or DEFAULT_COLUMNS, notation=notation)
                    if self.has_class("-empty"):
                        yield Greeting()
                yield Edge()
        yield Inspector(notation)

    def _recall(self, memory: Memory) -> None:
        app = self.djtui
        crate = scope.of_key(app.reader, memory.scope) or scope.ALL
        self._main_sort = (memory.sort, memory.reverse)
        self._list_sort = (memory.list_sort, memory.list_reverse)
        sort, reverse = self._list_sort if crate.kind == "list" else self._main_sort
        self.question = Question(crate, memory.filter, sort, reverse)
        self.set_class(not memory.inspector, "-no-inspector")
        self.set_class(scope.is_empty(app.reader), "-empty")

    def on_mount(self) -> None:
        app, memory, table = self.djtui, self.djtui.memory, self.table
        self.query_one(Crates).close_folders(memory.closed)
        self.query_one(Crates).draw()
        self._show_sort()
        if memory.top:
            self._count = memory.count
            table.show(array("i", memory.top), keep=memory.track)
        else:
            self._show_first_page()
        self._first_row = memory.row if memory.top else 0
        app.library_changed.subscribe(self, self._follow)
        app.settings_changed.subscribe(self, self._take_settings)
        (self.query_one(Greeting) if self.has_class("-empty") else table).focus()
        self._say_counts()
        self.call_after_refresh(self.set_timer, SETTLE_S, self._after_first_paint)

    def _show_first_page(self) -> None:
        """The first tracks at once, where that needs no search; the whole list follows."""
        if self.question.plain and not self.question.sort:
            ids, self._count = first_page(self.djtui.reader, self.question.view())
            self.table.show(ids, top=True)

    def _after_first_paint(self) -> None:
        app = self.djtui
        self._tracks_feed = live.TrackFeed(app.reader)
        connection = connect_readonly(app.library_path)
        self._searches = Searches(connection, lambda answer: self.post_message(Answered(answer)))
        self._ask()
        self.set_interval(RECOUNT_S, self._count_again)
        self._recount = True
        self._count_again()

    def close(self) -> None:
        if self._searches:
            self._searches.close()

    # -- asking and showing -----------------------------------------------------------------------

    def ask(self, question: Question) -> None:
        """Show what this question asks for."""
        if question.scope != self.question.scope:
            sort, reverse = self._list_sort if question.scope.kind == "list" else self._main_sort
            question = replace(question, sort=sort, reverse=reverse)
        elif question.scope.kind == "list":
            self._list_sort = (question.sort, question.reverse)
        else:
            self._main_sort = (question.sort, question.reverse)
        self._fresh = self._fresh or question.scope != self.question.scope
        self.question = question
        self._show_sort()
        self._ask()

    def _ask(self) -> None:
        from djtui.query.errors import QueryError

        bar = self.query_one(FilterBar)
        try:
            wanted = self.question.view()
        except QueryError as error:
            if bar.text == self.question.filter:
                bar.point_at(error.position, error.length, str(error))
            return
        bar.all_right()
        self._wanted = wanted
        if self._searches:
            self._searches.show(wanted)

    def on_answered(self, message: Answered) -> None:
        answer = message.answer
        if answer.view != self._wanted:
            return
        if isinstance(answer, Listing):
            self._take(answer)
        elif isinstance(answer, Unknown):
            self._unknown = answer.count
            self._say_counts()
        else:
            self.query_one(FilterBar).point_at(0, len(self.question.filter), answer.reason)

    def _take(self, listing: Listing) -> None:
        table = self.table
        self._count, self._total = len(listing.ids), listing.total
        self._first_row = 0
        here = table.cursor_track_id
        lost = self._fresh and (here is None or live.find(listing.ids, here) is None)
        table.show(listing.ids, top=lost)
        self._fresh = False
        self._unknown = 0
        self._say_counts()
        if self.query_one(Inspector).details is None:
            self._inspect_soon()

    def _follow(self, counters: tuple[Counters, Counters]) -> None:
        changes = self._tracks_feed.poll() if self._tracks_feed else None
        if changes is None:
            return
        if changes.tracks is None or changes.tracks or changes.removed:
            self.table.refresh_tracks(changes.tracks)
            self.query_one(Inspector).details = None
            self._inspect_soon()
        self._lists_changed = self._lists_changed or changes.playlists
        self._recount = True
        if self._searches:
            self._searches.changed()
        if self.has_class("-empty") and not scope.is_empty(self.djtui.reader):
            self.remove_class("-empty")
            self._show_first_page()
            self._ask()
            self.table.focus()
            self._count_again()

    def _count_again(self) -> None:
        if self._recount:
            self._recount = False
            self.djtui.do(self._read_crates())

    async def _read_crates(self) -> None:
        crates = self.query_one(Crates)
        lists, self._lists_changed = self._lists_changed, False
        await crates.read(await self.djtui.library(), lists=lists)
        empty = not crates.total
        if empty != self.has_class("-empty"):
            self.set_class(empty, "-empty")
            if empty and not self.query(Greeting):
                await self.query_one("#tracks").mount(Greeting())
            (self.query_one(Greeting) if empty else self.table).focus()
        if lists and not crates.has_focus:
            crates.move_to(self.question.scope.key)
        self.query_one("#crates").border_subtitle = ""
        self.refresh_lines()

    # -- saying -----------------------------------------------------------------------------------

    def _say_counts(self) -> None:
        count = f"{self._count:,}"
        if self._unknown:
            count += f" · +{self._unknown:,} unknown"
        self.query_one(FilterBar).say_count(count)
        self._say_nothing()
        self._say_position()

    def _say_nothing(self) -> None:
        nothing = self._count == 0
        self.set_class(nothing and not self.has_class("-empty"), "-nothing")
        if not nothing:
            return
        lines = (harmless(line) for line in self.question.why_nothing(self._unknown))
        said = Content("\n".join(lines))
        if self.query("#nothing"):
            self.query_one("#nothing", Static).update(said)
        else:
            self.query_one("#tracks").mount(Static(said, id="nothing"))

    def _say_position(self) -> None:
        marked = len(self.table.marked)
        question = self.question
        arrow = "↓" if question.reverse else "↑"
        sort = f"sort {question.sort} {arrow}" if question.sort else ("reversed" if question.reverse else "")
        total = f" of {self._total:,}" if self._total > self._count else ""
        self.query_one(Edge).say(f"{marked:,} marked" if marked else "", sort, self._place() + total)

    def _place(self) -> str:
        row = self.table.cursor_row + self._first_row
        return f"{min(row + 1, self._count):,} / {self._count:,}"

    def about(self) -> str:
        return self.question.scope.name

    def position(self) -> str:
        if self.has_class("-empty"):
            return ""
        marked = len(self.table.marked)
        return (f"{marked:,} marked · " if marked else "") + self._place().replace(" ", "")

    def quiet_line(self) -> str:
        if self.has_class("-empty"):
            return ""
        crates = self.query_one(Crates)
        if not crates.total:
            return ""
        missing = f" · {crates.missing:,} missing (m shows them)" if crates.missing else ""
        return f"{formats.plural(crates.total, 'track')}{missing}"

    # -- the track under the cursor ---------------------------------------------------------------

    def on_track_table_track_highlighted(self) -> None:
        self._say_position()
        self.refresh_position()
        self._inspect_soon()

    def on_track_table_marks_changed(self) -> None:
        self._say_position()
        self.refresh_position()

    def _inspect_soon(self) -> None:
        """Look at the track when the cursor rests: not at each one that it passes."""
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST_S, self._inspect)

    def _inspect(self) -> None:
        pane = self.query_one(Inspector)
        id = self.table.cursor_track_id
        if pane.display:
            pane.show(inspector.read(self.djtui.reader, id) if id is not None else None)

    # -- keys -------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        if not self.has_class("-empty"):
            self.query_one(FilterBar).input.focus()

    def on_filter_typed(self, message: FilterTyped) -> None:
        if message.text != self.question.filter:
            self._fresh = True
            self.ask(replace(self.question, filter=message.text))

    def on_filter_left(self, message: FilterLeft) -> None:
        self.table.focus()

    def on_scope_chosen(self, message: ScopeChosen) -> None:
        self.show_scope(message.scope)
        if message.enter:
            self.remove_class("-crates")
            self.table.focus()

    def show_scope(self, crate: Scope) -> None:
        """Show a crate, with the filter as it is."""
        if crate == self.question.scope:
            return
        self.query_one("#tracks").border_title = Content(harmless(crate.name))
        self.ask(replace(self.question, scope=crate))
        self.refresh_lines()

    def action_missing(self) -> None:
        self.show_scope(scope.MISSING)
        self.query_one(Crates).move_to(scope.MISSING.key)
        self.table.focus()

    def action_crates(self) -> None:
        crates = self.query_one(Crates)
        if crates.has_focus:
            self.remove_class("-crates")
            self.table.focus()
        elif not self.has_class("-empty"):
            self.add_class("-crates")
            crates.move_to(self.question.scope.key)
            crates.focus()

    def action_inspector(self) -> None:
        if self.has_class("-narrow") or self.has_class("-short"):
            self.toggle_class("-inspector")
        else:
            self.toggle_class("-no-inspector")
        self._inspect_soon()

    def escape(self) -> None:
        if self.has_class("-crates") and self.query_one(Crates).has_focus:
            self.action_crates()
        elif self.has_class("-inspector"):
            self.remove_class("-inspector")
        elif self.table.marked:
            self.table.clear_marks()
        elif self.question.filter:
            self.query_one(FilterBar).input.value = ""
        else:
            self.table.focus()

    # -- settings and memory ----------------------------------------------------------------------

    def _take_settings(self, settings: Settings) -> None:
        columns = [name for name in settings.ui.columns if name in TRACK_COLUMNS]
        self.table.choose_columns(columns or DEFAULT_COLUMNS)
        self.table.notation = cast(Notation, settings.ui.key_notation)
        self.query_one(Inspector).notation = self.table.notation

    def remember(self, memory: Memory) -> None:
        table = self.table
        first = table.scroll_offset.y
        memory.scope, memory.filter = self.question.scope.key, self.question.filter
        memory.sort, memory.reverse = self._main_sort
        memory.list_sort, memory.list_reverse = self._list_sort
        memory.top = list(table.source.ids[first : first + max(1, table.size.height)])
        memory.row, memory.track, memory.count = first, table.cursor_track_id, self._count
        memory.closed = self.query_one(Crates).closed_folders
        memory.inspector = not self.has_class("-no-inspector")
