"""Library: crates at the left, the tracks, the filter above them, the track under the cursor below."""

from __future__ import annotations

from array import array
from dataclasses import replace
from typing import ClassVar, Final, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content

from djtui.config import Settings
from djtui.library import live
from djtui.model.key import Notation
from djtui.model.text import harmless
from djtui.tui import analysing, environment, formats, keys, scope, styles
from djtui.tui.asking import Question
from djtui.tui.feed import Counters, JobNews
from djtui.tui.memory import Memory
from djtui.tui.messages import FilterLeft, FilterTyped, ScopeChosen
from djtui.tui.scope import Scope
from djtui.tui.screens.answers import Answers
from djtui.tui.screens.crate_actions import CrateActions
from djtui.tui.screens.duplicate_actions import DuplicateActions
from djtui.tui.screens.rename_actions import RenameActions
from djtui.tui.screens.scan_actions import ScanActions
from djtui.tui.screens.tag_actions import TagActions
from djtui.tui.widgets.crates import Crates
from djtui.tui.widgets.edge import Edge
from djtui.tui.widgets.filter_bar import FilterBar
from djtui.tui.widgets.greeting import Greeting
from djtui.tui.widgets.inspector import Inspector
from djtui.tui.widgets.track_columns import DEFAULT_COLUMNS, TRACK_COLUMNS
from djtui.tui.widgets.track_table import TrackTable

RECOUNT_S: Final = 1.0
SETTLE_S: Final = 0.06


class LibraryView(Answers, RenameActions, ScanActions, TagActions, DuplicateActions, CrateActions):
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
        self._tracks_feed: live.TrackFeed | None = None
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
        self.crates.close_folders(memory.closed)
        self.crates.draw()
        self._show_sort()
        if memory.top:
            self._count = memory.count
            table.show(array("i", memory.top), keep=memory.track)
        else:
            self.show_first_page()
        self._first_row = memory.row if memory.top else 0
        app.library_changed.subscribe(self, self._follow)
        app.jobs_changed.subscribe(self, self._follow_jobs)
        app.settings_changed.subscribe(self, self._take_settings)
        (self.query_one(Greeting) if self.has_class("-empty") else table).focus()
        self._say_counts()
        self.call_after_refresh(self.set_timer, SETTLE_S, self._after_first_paint)

    def _after_first_paint(self) -> None:
        self._tracks_feed = live.TrackFeed(self.djtui.reader)
        self.begin_asking()
        self.set_interval(RECOUNT_S, self._count_again)
        self._recount = True
        self._count_again()
        self.djtui.do(environment.loaded("djtui.traktor.pending"))

    # -- following the library --------------------------------------------------------------------

    def _follow(self, counters: tuple[Counters, Counters]) -> None:
        self._inspect_soon()
        changes = self._tracks_feed.poll() if self._tracks_feed else None
        if changes is None:
            return
        if changes.tracks is None or changes.tracks or changes.removed:
            self.table.refresh_tracks(changes.tracks)
            self.query_one(Inspector).details = None
        self._lists_changed = self._lists_changed or changes.playlists
        self._recount = True
        self.tracks_changed()
        if self.has_class("-empty") and not scope.is_empty(self.djtui.reader):
            self.remove_class("-empty")
            self.show_first_page()
            self._ask()
            self.table.focus()
            self._count_again()

    def _follow_jobs(self, news: JobNews) -> None:
        """What an analysis hears may change no track, and be shown of the one under the cursor."""
        if any(job.kind == analysing.KIND for job in (*news.living, *news.ended)):
            self._inspect_soon()

    def _count_again(self) -> None:
        if self._recount:
            self._recount = False
            self.djtui.do(self._read_crates())

    async def _read_crates(self) -> None:
        crates = self.crates
        lists, self._lists_changed = self._lists_changed, False
        await crates.read(await self.djtui.library(), lists=lists)
        empty = not crates.total
        if empty != self.has_class("-empty"):
            self.set_class(empty, "-empty")
            if empty and not self.query(Greeting):
                await self.query_one("#tracks").mount(Greeting())
            (self.query_one(Greeting) if empty else self.table).focus()
        if lists:
            self._follow_scope()
        self.query_one("#crates").border_subtitle = ""
        self.refresh_lines()

    def _follow_scope(self) -> None:
        """The crate that is shown may be called otherwise now, have another rule, or be gone."""
        was = self.question.scope
        now = self.crates.scopes.get(was.key)
        if now is None:
            if not self.crates.has_focus:  # else the table follows the cursor there
                self.show_scope(scope.ALL)
        elif now != was:
            self.query_one("#tracks").border_title = Content(harmless(now.name))
            self.question = replace(self.question, scope=now)
            if now.query != was.query:
                self._ask()
        if not self.crates.has_focus:
            self.crates.move_to(self.question.scope.key)

    # -- saying -----------------------------------------------------------------------------------

    def about(self) -> str:
        return self.question.scope.name

    def quiet_line(self) -> str:
        crates = self.crates
        if self.has_class("-empty") or not crates.total:
            return ""
        missing = f" · {crates.missing:,} missing (m shows them)" if crates.missing else ""
        return f"{formats.plural(crates.total, 'track')}{missing}"

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
        self.crates.move_to(scope.MISSING.key)
        self.table.focus()

    def action_crates(self) -> None:
        crates = self.crates
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
        if self.has_class("-crates") and self.crates.has_focus:
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
        memory.closed = self.crates.closed_folders
        memory.inspector = not self.has_class("-no-inspector")
