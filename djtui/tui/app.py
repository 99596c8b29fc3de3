"""The app: which view is shown, what all views share, and nothing of what they do."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, ClassVar, Final

from djtui.tui import environment  # before textual: it reads the environment when it is imported

environment.prepare()

from textual.binding import Binding, BindingType  # noqa: E402
from textual.dom import DOMNode  # noqa: E402
from textual.filter import LineFilter  # noqa: E402
from textual.screen import Screen  # noqa: E402
from textual.signal import Signal  # noqa: E402

from djtui.config import ConfigError, Settings  # noqa: E402
from djtui.library.database import Library, LibraryError, connect_readonly, prepare  # noqa: E402
from djtui.model.text import harmless  # noqa: E402
from djtui.tui import allowance, changing, formats, keys, styles, themes, toasts, unknown_names  # noqa: E402
from djtui.tui.allowance import Allowance  # noqa: E402
from djtui.tui.feed import HOST_S, INTERVAL_S, Counters, Feed, JobNews  # noqa: E402
from djtui.tui.in_turn import InTurn  # noqa: E402
from djtui.tui.memory import Memory  # noqa: E402
from djtui.tui.screens.view import FIRST, VIEWS, View, ViewEntry  # noqa: E402
from djtui.tui.toasts import ToastBoard  # noqa: E402
from djtui.tui.widgets.glyphs import AsciiFilter, speaks_unicode  # noqa: E402

if TYPE_CHECKING:
    from djtui.jobs.views import JobView
    from djtui.traktor.auto_state import AutoState

BELL_AFTER_S: Final = 20.0
SETTLE_S: Final = 0.05  # lets the first frame out before the imports begin that nobody waits for


class DjtuiApp(InTurn):
    """djtui's screens on one library."""

    TITLE = "djtui"
    ENABLE_COMMAND_PALETTE = False
    VIEWS: ClassVar[Sequence[ViewEntry]] = VIEWS
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        entry.mode: entry.make for entry in VIEWS if entry.mode != FIRST
    }
    DEFAULT_MODE = FIRST  # not in MODES: a default screen is painted once at the start, a mode's twice
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "view('library')", "Library", show=False, id="view.library", group=keys.VIEWS),
        Binding("2", "view('jobs')", "Jobs", show=False, id="view.jobs", group=keys.VIEWS),
        Binding("3", "view('traktor')", "Traktor", show=False, id="view.traktor", group=keys.VIEWS),
        Binding("4", "view('spotify')", "Spotify", show=False, id="view.spotify", group=keys.VIEWS),
        Binding("5", "view('routing')", "Routing", show=False, id="view.routing", group=keys.VIEWS),
        Binding("6", "view('history')", "History", show=False, id="view.history", group=keys.VIEWS),
        Binding("7", "view('settings')", "Settings", show=False, id="view.settings", group=keys.VIEWS),
        Binding("u", "undo", "Undo", show=False, id="change.undo", group=keys.CHANGES,
                tooltip="Take the last change back"),
        Binding("ctrl+r", "redo", "Redo", show=False, id="change.redo", group=keys.CHANGES,
                tooltip="Do again what was undone last"),
        Binding("I", "import", "Import Traktor", show=False, id="traktor.import", group=keys.JOBS,
                tooltip="Bring a Traktor collection in, or bring the library up to date with it"),
        Binding("R", "resume", "Resume", show=False, id="job.resume", group=keys.JOBS,
                tooltip="Go on with the jobs that were cut off"),
        Binding("colon,ctrl+p", "commands", "commands", id="app.commands", group=keys.PROGRAM,
                tooltip="Everything djtui can do, by name"),
        Binding("question_mark", "help_here", "help", id="app.help", group=keys.PROGRAM,
                tooltip="What can be pressed here"),
        Binding("q", "back", "Back", show=False, id="app.back", group=keys.PROGRAM,
                tooltip="Back to the library"),
        Binding("Q,ctrl+q", "leave", "Quit", show=False, id="app.quit", group=keys.PROGRAM,
                tooltip="Leave djtui; asks when jobs run", priority=True),
        Binding("escape", "escape", "Close", show=False, id="app.escape", group=keys.PROGRAM,
                tooltip="Close the note, end the selection, clear the filter"),
    ]  # fmt: skip

    def __init__(self, library_path: Path, settings: Settings) -> None:
        """The library must be there: `run` sees to it. Raises `LibraryError`."""
        no_color = "NO_COLOR" in os.environ
        sheets: list[str | PurePath] = [styles.sheet("base"), styles.sheet(FIRST)]
        super().__init__(css_path=sheets, ansi_color=True if no_color else None)
        self.library_path = library_path
        self.settings = settings
        self.lean = themes.lean(settings.ui.lean)
        self.reader = connect_readonly(library_path)
        self.memory = Memory.read(self.reader)
        self.feed = Feed(self.reader)
        self.counters = Counters()
        self.jobs: tuple[JobView, ...] = ()
        self.toasts = ToastBoard(lambda: self.toasts_changed.publish(None))
        self.toasts_changed: Signal[None] = Signal(self, "toasts")
        self.jobs_changed: Signal[JobNews] = Signal(self, "jobs")
        self.library_changed: Signal[tuple[Counters, Counters]] = Signal(self, "library")
        self.settings_changed: Signal[Settings] = Signal(self, "settings")
        self.auto: AutoState | None = None
        self.auto_changed: Signal[None] = Signal(self, "auto")
        self.unknown_names = 0
        self.names_changed: Signal[None] = Signal(self, "names")
        self.allowance = Allowance()
        self.allowance_changed: Signal[Allowance] = Signal(self, "allowance")
        self.news = JobNews()
        self._following = asyncio.Lock()
        self._opening: asyncio.Task[Library] | None = None
        self._painted = asyncio.Event()
        self._ascii = None if speaks_unicode() else AsciiFilter()
        for theme in themes.OURS:
            self.register_theme(theme)
        wanted = themes.theme_for(settings.ui.theme, lean=self.lean)
        self.theme = wanted if wanted in self.available_themes else themes.theme_for("auto", lean=self.lean)
        self.stylesheet.set_variables(self.get_css_variables())

    # -- start and end ----------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[Any]:
        return next(entry.make() for entry in self.VIEWS if entry.mode == FIRST)

    def on_mount(self) -> None:
        self.add_mode(FIRST, self.get_default_screen)
        self.set_keymap(dict(self.settings.ui.keys))
        self.call_after_refresh(self.set_timer, SETTLE_S, self._after_first_paint)

    def _after_first_paint(self) -> None:
        environment.settle()
        self._opening = asyncio.create_task(Library.open(self.library_path))
        self._painted.set()
        self.set_interval(INTERVAL_S, self._look)
        self.set_interval(HOST_S, self._look_for_host)
        self.set_interval(0.25, self.toasts.expire)
        self._attend(self._settle_in())
        self._attend(self._keep_in_step())
        self._attend(allowance.watch(self))
        self._attend(unknown_names.watch(self))

    async def _settle_in(self) -> None:
        await self.library()
        wanted = self.settings.ui.theme
        if wanted != "auto" and wanted not in self.available_themes:
            self.toasts.put("theme", "error", f"There is no theme {wanted}; see ui.theme in the settings.")
        if self.settings.jobs.resume == "always":
            await changing.resume(self)
        await changing.work_queue(self)

    async def _keep_in_step(self) -> None:
        from djtui.tui import syncing

        await syncing.watch(self, self._take_auto)

    def _take_auto(self, state: AutoState) -> None:
        self.auto = state
        self.auto_changed.publish(None)

    async def library(self) -> Library:
        """The library for reading and writing off the event loop; opened after the first paint."""
        await self._painted.wait()
        assert self._opening is not None
        return await asyncio.shield(self._opening)

    def refresh_css(self, animate: bool = True) -> None:
        """Until a view is up nothing has to be styled anew: the style sheets are parsed only once."""
        if any(view.is_mounted for view in self.query_views()):
            super().refresh_css(animate)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(themes.DEFAULTS)

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), *([self._ascii] if self._ascii else [])]

    def delay_update(self, delay: float = 0.0) -> None:
        """Views change at once: there is nothing to hide while they do."""

    async def action_leave(self) -> None:
        """Quit; with jobs at work, ask what becomes of them."""
        if self.news.is_stale(self.library_path):
            await self._follow_jobs()
        if self.jobs_at_work:
            from djtui.tui.screens import leaving

            self.push_screen(leaving.question(self.news, self.library_path), self._leave_with)
        else:
            await self._end()

    def _leave_with(self, answer: str | None) -> None:
        if answer in ("k", "s"):
            self.do(self._end(answer))

    async def _end(self, answer: str = "") -> None:
        if answer == "s":
            for job in self.jobs:
                await changing.want(self, job.id, "pause")
        elif answer == "k":
            await changing.start_host(self)
        for view in self.query_views():
            view.remember(self.memory)
        try:
            await self.memory.write(await self.library())
        except LibraryError as error:
            self.log(error)  # where one was is not worth a question at the door
        self.exit(0)

    async def on_unmount(self) -> None:
        """However the app ends, nothing is left open: a connection's thread would keep the process alive."""
        for view in self.query_views():
            view.close()
        if self._opening is not None:
            with suppress(LibraryError):
                await (await self._opening).close()
        self.reader.close()

    # -- following the library --------------------------------------------------------------------

    def _look(self) -> None:
        try:
            if not self.feed.changed():
                return
            counters = self.feed.counters()
        except sqlite3.Error as error:
            self.toasts.put("library", "error", f"The library cannot be read: {error}.")
            return
        before, self.counters = self.counters, counters
        if before != counters:
            self.library_changed.publish((before, counters))
        if self._following.locked():
            self.feed.look_again()
        else:
            self._attend(self._follow_jobs())

    def _look_for_host(self) -> None:
        """A host that is killed says nothing, and nobody else does for it."""
        if self.news.is_stale(self.library_path):
            self.feed.look_again()

    async def _follow_jobs(self) -> None:
        async with self._following:
            news = await self.feed.jobs(await self.library())
            if news != self.news or news.ended:
                self._tell(news)

    def _tell(self, news: JobNews) -> None:
        self.news, self.jobs = news, news.living
        for job in (*news.living, *news.ended):
            self._note(job)
        self.jobs_changed.publish(news)

    def _note(self, job: JobView) -> None:
        said = toasts.of_job(job)
        if said is None:
            self.toasts.drop(f"job:{job.id}")
            return
        self.toasts.put(f"job:{job.id}", *said)
        if (
            job.is_over
            and self.settings.ui.bell
            and sum(phase.seconds for phase in job.phases) > BELL_AFTER_S
        ):
            self.bell()
            self._tell_terminal(f"{job.title}: {toasts.outcome(job)}")

    def _tell_terminal(self, text: str) -> None:
        """A desktop notification by OSC 9, where the terminal knows it."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(f"\x1b]9;{harmless(text)}\x07")

    @property
    def jobs_at_work(self) -> bool:
        """Whether anything runs or waits to run."""
        return any(job.state in ("running", "waiting", "queued") for job in self.jobs)

    @property
    def waiting(self) -> int:
        """How many tracks and playlists wait for export to Traktor."""
        return self.auto.waiting if self.auto is not None else 0

    # -- doing ------------------------------------------------------------------------------------

    def do(self, work: Coroutine[Any, Any, object]) -> None:
        """Work on the library in the background; what goes wrong is a sentence in a note."""
        self._attend(self.in_turn(work))

    def _attend(self, work: Coroutine[Any, Any, object]) -> None:
        """The same for what no key begins, so that none waits for it."""
        self.run_worker(self._guarded(work), exit_on_error=False)

    async def _guarded(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except (LibraryError, ConfigError, changing.Refused, sqlite3.Error, OSError) as error:
            self.toasts.put("error", "error", str(error))

    def apply(self, settings: Settings) -> None:
        """Go by these settings from now on."""
        self.settings = settings
        self.lean = themes.lean(settings.ui.lean)
        wanted = themes.theme_for(settings.ui.theme, lean=self.lean)
        if wanted in self.available_themes:
            self.theme = wanted
        self.set_keymap(dict(settings.ui.keys))
        self.settings_changed.publish(settings)

    def action_undo(self) -> None:
        self.do(changing.undo(self))

    def action_redo(self) -> None:
        self.do(changing.redo(self))

    def action_resume(self) -> None:
        self.do(changing.resume(self))

    def action_import(self) -> None:
        self.do(changing.ask_and_import(self))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "resume":
            return any(job.state == "interrupted" for job in self.jobs)
        return True

    # -- moving about -----------------------------------------------------------------------------

    @property
    def here(self) -> View | None:
        """The view on the screen, below any dialog."""
        bottom = self.screen_stack[0] if self.screen_stack else None
        return bottom if isinstance(bottom, View) else None

    def query_views(self) -> list[View]:
        """All views opened so far."""
        return [stack[0] for stack in self._screen_stacks.values() if stack and isinstance(stack[0], View)]

    def about_here(self, *, short: bool) -> str:
        """What the data is, for the top line."""
        about = self.here.about() if self.here and short else ""
        return about or f"djtui · {formats.tilde(self.library_path)}"

    @property
    def here_title(self) -> str:
        """The name of the view on the screen."""
        return next((entry.title for entry in self.VIEWS if entry.mode == self.current_mode), "")

    def position_here(self) -> str:
        """Where the cursor is, for the status line of a narrow screen."""
        return self.here.position() if self.here else ""

    def quiet_line(self) -> str:
        """What the status line says when nothing runs."""
        return self.here.quiet_line() if self.here else ""

    def action_view(self, mode: str) -> None:
        if not self.screen.is_modal:
            self.switch_mode(mode)

    async def action_back(self) -> None:
        if self.current_mode == FIRST:
            self.toasts.put("back", "done", "Q leaves djtui.")
        else:
            self.switch_mode(FIRST)

    def action_escape(self) -> None:
        if not self.toasts.close_newest() and self.here:
            self.here.escape()

    def action_press(self, key: str) -> None:
        self.simulate_key(key)

    def action_commands(self) -> None:
        from djtui.tui import commands

        commands.open_palette(self)

    def action_help_here(self) -> None:
        from djtui.tui import commands

        commands.open_help(self)

    def handle_bindings_clash(self, clashed_bindings: set[Binding], node: DOMNode) -> None:
        names = ", ".join(sorted(binding.id or binding.action for binding in clashed_bindings))
        self.toasts.put("keys", "error", f"ui.keys gives a key of {names} to something else.")


def run(library_path: Path, settings: Settings) -> int:
    """Open the screens; returns the exit code. Raises `LibraryError` when the library cannot be used."""
    path = library_path.expanduser().absolute()
    prepare(path)
    app = DjtuiApp(path, settings)
    result = app.run()
    return app.return_code or result or 0
