"""The dialog behind M: which file is which missing track's. Nothing is taken that the DJ has not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from djtui.files import looking, relocate_review, storing
from djtui.files.relocate import Match
from djtui.jobs import views
from djtui.jobs.views import JobView
from djtui.tui import changing, formats, styles, toasts
from djtui.tui.beside import reading
from djtui.tui.changing import Refused
from djtui.tui.feed import JobNews
from djtui.tui.screens import relocate_words as words
from djtui.tui.screens.dialog import Dialog
from djtui.tui.screens.relocate_folders import FoldersDialog
from djtui.tui.screens.relocate_said import WHICH, Said
from djtui.tui.widgets.lazy_rows import LazyRows

if TYPE_CHECKING:
    from djtui.tui.app import DjtuiApp

KIND: Final = "relocate"
NONE_MISSING: Final = "No file is missing: all tracks have theirs where they should be."
LOOKING: Final = "Looking whether all files are there …"

_CHANGES: Final = frozenset((KIND, "relocate-undo", "scan"))
_WIDE: Final = 110


async def ask_and_open(app: DjtuiApp) -> None:
    """Ask where to look, look, and list what is found. Raises `LibraryError`, `Refused`."""
    begun = next((job.id for job in app.jobs if _looks(job)), None)
    again = True
    while again:
        if begun is None:
            places = await reading(app.library_path, relocate_review.places)
            library = await app.library()
            if not places:
                app.toasts.put(KIND, "running", LOOKING)
                try:
                    await looking.mark_gone(library)
                finally:
                    app.toasts.drop(KIND)
                places = await reading(app.library_path, relocate_review.places)
            if not places:
                raise Refused(NONE_MISSING)
            folders = await storing.folders(library)
            last = await relocate_review.last_look(library)
            answer = await app.push_screen_wait(FoldersDialog(folders, places, last))
            if answer is None:
                return
            if answer.folders:
                begun = await changing.submit(app, KIND, {"folders": list(answer.folders)})
        answered = await app.push_screen_wait(RelocateDialog(begun))
        again, begun = bool(answered), None


def _looks(job: JobView) -> bool:
    """Whether a job looks for files and changes nothing."""
    return job.kind == KIND and "folders" in job.params and not job.params.get("apply")


class RelocateDialog(Dialog[bool]):
    """The missing tracks with their candidates. Answers True to look again."""

    CSS_PATH: ClassVar[Any] = [styles.sheet("dialog"), styles.sheet("reviews")]
    HINTS = "t take · n next file · s skip · A all certain · tab which · enter do it"
    WIDE_HINTS = f"{HINTS} · r look again · u undo · esc leave"
    LOOKING_HINTS = "x stop looking · esc leave, it goes on"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t,space", "take", "Take this file", show=False),
        Binding("n", "next_candidate", "The next file", show=False),
        Binding("s", "skip", "Leave the track", show=False),
        Binding("A", "take_certain", "Take all certain ones", show=False),
        Binding("tab", "which", "Which tracks", show=False),
        Binding("r", "again", "Look again", show=False),
        Binding("u", "undo", "Undo", show=False),
        Binding("x", "stop", "Stop looking", show=False),
        Binding("q", "leave", show=False),
    ]

    def __init__(self, looking: int | None) -> None:
        """`looking` is the job that looks; None: it has looked."""
        super().__init__("Find missing files")
        self._looking = looking
        self._taking: int | None = None  # the job that gives tracks their files
        self._submitting = False
        self._read = False
        self._looked_through = True

    def body(self) -> ComposeResult:
        self._said = Said(self.djtui.reader)
        self._lines = words.Lines(self._said)
        yield Static("", id="counts")
        yield Static("", id="note")
        yield LazyRows(empty="Looking …", id="lines")
        yield Static("", id="facts")
        yield Static("", id="happens")
        yield Static("", id="done")

    def on_mount(self) -> None:
        self.query_one(".dialog").add_class("-full")
        self.djtui.jobs_changed.subscribe(self, self._follow)
        self._rows.focus()
        if self._looking is None:
            self.djtui.do(self._list())
        else:
            self._say_progress(self._living(self._looking))
            self.djtui.do(self._settle(self._looking))

    def on_resize(self, event: events.Resize) -> None:
        self._hint()

    def _hint(self) -> None:
        hints = self.WIDE_HINTS if self.size.width >= _WIDE else self.HINTS
        hints = self.LOOKING_HINTS if self._looking is not None else hints
        self.query_one(".dialog").border_subtitle = Content(hints)

    @property
    def _rows(self) -> LazyRows:
        return self.query_one(LazyRows)

    def _living(self, id: int) -> JobView | None:
        return next((job for job in self.djtui.jobs if job.id == id), None)

    # -- reading and following --------------------------------------------------------------------

    async def _settle(self, id: int) -> None:
        """A job may have ended before anybody followed it here."""
        job = await views.job(await self.djtui.library(), id)
        if job is not None and job.is_over:
            self._ended(job)
            await self._list()

    def _ended(self, job: JobView) -> None:
        if job.id == self._looking:
            self._looked(job)
        elif job.id == self._taking:
            self._taking = None
            self._report_end(job)

    async def _list(self, *, anew: bool = True) -> None:
        """Read what is proposed, and show it; `anew`: there may be other candidates than before."""
        overview = await reading(self.djtui.library_path, relocate_review.overview)
        if self.is_attached:
            self._said.take(overview, anew=anew)
            self._read = True
            self._show()

    def _follow(self, news: JobNews) -> None:
        for job in news.ended:
            self._ended(job)
        if self._looking is not None:
            self._say_progress(self._living(self._looking))
        elif self._taking is not None and (taking := self._living(self._taking)) is not None:
            self._report(f"⟳ {taking.title} · {toasts.stage(taking)}", "$accent")
        if self._looking is None and any(job.kind in _CHANGES for job in news.ended):
            self.djtui.do(self._list(anew=any(job.kind == KIND for job in news.ended)))

    def _looked(self, job: JobView) -> None:
        self._looking = None
        self._looked_through = job.state == "succeeded"
        self.query_one("#note", Static).update("")
        self._hint()
        failed = f"; {formats.plural(job.failures, 'file')} could not be read" if job.failures else ""
        if job.state == "succeeded":
            self._report(f"Looked through{failed}.", "$warning" if failed else "$success")
        else:
            why = f"The look failed: {job.error}" if job.error else "The look was stopped."
            self._report(f"{why} r looks again.", "$error" if job.error else "$warning")

    def _report_end(self, job: JobView) -> None:
        said = toasts.of_job(job)
        if said is not None:
            kind, text = said
            wrong = kind == "error" or job.failures
            more = " (view 2, f: which and why)" if job.failures else ""
            self._report(f"{text}{more} · u takes it back", "$warning" if wrong else "$success")

    def _say_progress(self, job: JobView | None) -> None:
        said = [("⟳ Looking for the files …", "$accent")]
        if job is not None:
            phase = job.phase
            parts = [f"⟳ {job.title} · {toasts.stage(job)}"]
            if phase is not None and phase.total:
                parts.append(f"{phase.done:,} of {phase.total:,} files read")
            if phase is not None and phase.message:
                parts.append(phase.message)
            if phase is not None and phase.seconds_left is not None:
                parts.append(f"{formats.clock(phase.seconds_left)} left")
            if job.wanted == "cancel":
                parts.append("it stops soon")
            said = [(" · ".join(parts), "$accent")]
        self.query_one("#note", Static).update(formats.content(said))
        self._hint()

    # -- showing ----------------------------------------------------------------------------------

    def _show(self) -> None:
        rows = self._rows
        rows.say(words.empty(self._said, looked=self._looked_through))
        rows.show_all(self._lines)
        self._say()

    def _say(self) -> None:
        if not self._read:
            return
        self.query_one("#counts", Static).update(
            formats.content(words.counts(self._said, looked=self._looked_through))
        )
        match = self._here
        facts = words.facts(match, self._said.candidate(match)) if match is not None else []
        lines = [formats.content(formats.cut_parts(line, self._rows.size.width)) for line in facts]
        self.query_one("#facts", Static).update(Content("\n").join(lines))
        self.query_one("#happens", Static).update(Content(self._what_happens()))

    def _what_happens(self) -> str:
        busy = self._taking is not None or self._submitting
        return words.BUSY if busy else words.what_happens(self._said)

    def on_rows_highlighted(self) -> None:
        self._say()

    @property
    def _here(self) -> Match | None:
        rows = self._rows
        return self._said.match(rows.cursor) if rows.row is not None else None

    # -- saying which is which --------------------------------------------------------------------

    def _go_on(self) -> None:
        self._rows.refresh()
        self._rows.action_move(1)
        self._say()

    def action_take(self) -> None:
        if (match := self._here) is not None and match.candidates:
            self._said.accept(match)
            self._go_on()

    def action_next_candidate(self) -> None:
        if (match := self._here) is not None:
            self._said.next_candidate(match)
            self._rows.refresh()
            self._say()

    def action_skip(self) -> None:
        if (match := self._here) is not None:
            self._said.skip(match)
            self._go_on()

    def action_take_certain(self) -> None:
        new = self._said.accept_certain()
        self._report(f"{formats.plural(new, 'certain one')} taken · u takes it back")
        self._show()

    def action_which(self) -> None:
        self._said.look(WHICH[(WHICH.index(self._said.which) + 1) % len(WHICH)])
        self._show()

    def action_again(self) -> None:
        if self._looking is None:
            self.dismiss(True)

    def action_stop(self) -> None:
        if self._looking is not None:
            self.djtui.do(self._told(self._looking, "cancel"))

    async def _told(self, job: int, wanted: str) -> None:
        await changing.want(self.djtui, job, wanted)

    def action_undo(self) -> None:
        """Take back what was said here last, else the last change."""
        if self._said.undo():
            self._show()
        elif self._taking is None and not self._submitting:
            self.djtui.do(self._undo())

    async def _undo(self) -> None:
        try:
            await changing.undo(self.djtui)
        except Refused as error:
            self._report(str(error), "$error")

    # -- doing it ---------------------------------------------------------------------------------

    def on_rows_selected(self) -> None:
        chosen = self._said.taken
        if chosen and self._taking is None and not self._submitting:
            self._submitting = True
            self._say()
            self.djtui.do(self._submit(chosen))

    async def _submit(self, chosen: dict[int, int]) -> None:
        try:
            async with (await self.djtui.library()).writing() as tx:
                await relocate_review.choose(tx, chosen)
            self._taking = await changing.submit(self.djtui, KIND, {"reviewed": True})
            await self._settle(self._taking)
        except Refused as error:
            self._report(str(error), "$error")
        finally:
            self._submitting = False

    def _report(self, done: str, style: str = "$success") -> None:
        if self.is_attached:
            self.query_one("#done", Static).update(formats.content([(done, style)]))
