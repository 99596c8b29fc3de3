"""The dialog behind d: tracks that are there several times, and which of each stays."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from djtui.files.duplicates import Copy
from djtui.library.database import Reader
from djtui.tui import changing, environment, formats, styles, toasts
from djtui.tui.beside import reading
from djtui.tui.changing import Refused
from djtui.tui.feed import JobNews
from djtui.tui.formats import Part
from djtui.tui.screens import duplicates_words as words
from djtui.tui.screens.dialog import Dialog, Question
from djtui.tui.screens.duplicates_review import WHICH, Case, Found, Plan, Review
from djtui.tui.widgets.lazy_rows import LazyRows
from djtui.tui.widgets.rows import Rows

MERGE: Final = "merge"
COMPARE: Final = "duplicates"
LOOK_S: Final = 0.2

_CHANGES: Final = frozenset((MERGE, COMPARE, "file-undo", "scan", "relocate", "rename"))
_WIDE: Final = 110
_LISTS: Final = """
SELECT DISTINCT name FROM playlist_item JOIN playlist ON playlist.id = playlist_id WHERE track_id = ?
ORDER BY name LIMIT 4
"""


class DuplicatesDialog(Dialog[None]):
    """The groups; those that are merged go."""

    CSS_PATH: ClassVar[Any] = [styles.sheet("dialog"), styles.sheet("reviews")]
    HINTS = "enter merge · t stays · x is none · s skip · ␣ mark · tab which · E A all"
    WIDE_HINTS = (
        "enter merge · t stays · x no duplicate · s skip · ␣ mark · tab which · E same sound · A all ·"
        " r again · u undo"
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "keep", "This one stays", show=False),
        Binding("x,delete", "take_out", "Not a duplicate", show=False),
        Binding("s", "skip", "Leave the group alone", show=False),
        Binding("space", "mark", "Mark the group", show=False),
        Binding("tab", "which", "Which groups", show=False),
        Binding("E", "merge_exact", "Merge all of the same sound", show=False),
        Binding("A", "merge_shown", "Merge all that are shown", show=False),
        Binding("c", "compare", "Compare files", show=False),
        Binding("r", "again", "Look again", show=False),
        Binding("u", "undo", "Undo", show=False),
        Binding("q", "leave", show=False),
    ]

    def __init__(self) -> None:
        super().__init__("Duplicates")
        self._review = Review()
        self._lines = words.Lines(self._review)
        self._trash = ""
        self._uncompared = ""
        self._looked_at = 0
        self._merging: dict[int, frozenset[int]] = {}  # job -> its tracks
        self._asked: frozenset[int] = frozenset()  # tracks of jobs that are being asked for
        self._ended: set[int] = set()  # jobs
        self._stale = self._busy = self._looking = False

    def body(self) -> ComposeResult:
        yield Static("Looking for duplicates …", id="counts")
        yield Static("", id="note")
        head = Rows(id="head")
        head.can_focus = False
        head.show([words.HEAD])
        yield head
        yield LazyRows(empty="Looking …", id="lines")
        yield Static("", id="facts")
        yield Static("", id="happens")
        yield Static("", id="done")

    def on_mount(self) -> None:
        self.query_one(".dialog").add_class("-full")
        app = self.djtui
        self._merging = {job.id: Plan.tracks(job.params["groups"]) for job in app.jobs if job.kind == MERGE}
        self._hide_merging()
        app.jobs_changed.subscribe(self, self._follow)
        self.set_interval(LOOK_S, self._say_progress)
        self._rows.focus()
        self._find()

    def on_resize(self, event: events.Resize) -> None:
        wide = self._lines.wide = event.size.width >= _WIDE
        self.query_one(".dialog").border_subtitle = Content(self.WIDE_HINTS if wide else self.HINTS)

    @property
    def _rows(self) -> LazyRows:
        return self.query_one(LazyRows)

    # -- finding ----------------------------------------------------------------------------------

    def _find(self) -> None:
        """Look for duplicates; what is listed stays until others are found."""
        self._stale = self._looking = True
        if not self._busy:
            self._busy = True
            self.djtui.do(self._read())

    async def _read(self) -> None:
        try:
            await environment.loaded("djtui.bridge.duplicates", "djtui.bridge.merging")
            from djtui.bridge.merging import trash_folder

            app = self.djtui
            self._trash = formats.tilde(Path(trash_folder(app.settings.files.trash, app.library_path)))
            while self._stale and self.is_attached:
                self._stale, self._looking, self._looked_at = False, True, 0
                over = set(self._ended)
                found = await reading(app.library_path, self._found)
                if self.is_attached:
                    self._take(found, over)
            await self._reckon()
        finally:
            self._busy = self._looking = False

    async def _found(self, reader: Reader) -> Found:
        from djtui.bridge.duplicates import find

        def note(tracks: int) -> None:
            self._looked_at = tracks

        return Found(await find(reader, looked_at=note))

    def _take(self, found: Found, over: set[int]) -> None:
        """Show these groups. What the jobs that were `over` before could not merge is open again."""
        self._looking = False
        self._merging = {id: ids for id, ids in self._merging.items() if id not in over}
        self._review.take(found)
        self._hide_merging()

    async def _reckon(self) -> None:
        """Find out how many files have not been compared that may be the same sound."""
        await environment.loaded("djtui.files.comparing")
        from djtui.files import comparing

        async def read(reader: Reader) -> tuple[int, int]:
            files = await comparing.candidates(reader)
            return len(files), sum(file.size for file in files)

        many, octets = await reading(self.djtui.library_path, read)
        self._uncompared = (
            f"{formats.plural(many, 'file')} may be the same sound as others: c reads them"
            f" ({words.size(octets)}) and finds out."
            if many
            else ""
        )
        self._say_progress()

    # -- showing ----------------------------------------------------------------------------------

    def _show(self, cursor: int | None = None) -> None:
        rows = self._rows
        rows.say("Looking …" if self._looking else words.NOTHING[self._review.which])
        rows.show_all(self._lines, cursor=cursor)
        self._say()

    def _say(self) -> None:
        if self._review.found.groups or not self._looking:
            self.query_one("#counts", Static).update(formats.content(words.counts(self._review)))
        case, copy = self._here
        self.query_one("#happens", Static).update(words.several(self._what_happens(case)))
        shown = words.facts(copy, self._lists(copy)) if copy is not None else []
        self.query_one("#facts", Static).update(words.several(shown))
        self._say_progress()

    def _what_happens(self, case: Case | None) -> list[Part]:
        if marked := self._review.marked():
            many = f"{len(marked):,} marked groups" if len(marked) > 1 else "marked group"
            which = f"Enter merges the {many}"
            return [(words.what_happens_to(marked, which, self._trash), "")]
        return words.what_happens(case, self._trash) if case is not None else []

    def _lists(self, copy: Copy) -> list[str]:
        return [row["name"] for row in self.djtui.reader.execute(_LISTS, (copy.id,))]

    def _say_progress(self) -> None:
        """What is being looked for or compared, and what could be."""
        comparing = next((job for job in self.djtui.jobs if job.kind == COMPARE), None)
        if comparing is not None:
            said: list[Part] = [(f"⟳ Comparing files · {toasts.stage(comparing)}", "$accent")]
        elif self._looking:
            looked = f" {self._looked_at:,} tracks looked at" if self._looked_at else ""
            said = [(f"⟳ Looking for duplicates …{looked}", "$accent")]
        else:
            said = [(self._uncompared, "$warning")]
        self.query_one("#note", Static).update(formats.content(said))

    def on_rows_highlighted(self) -> None:
        self._say()

    @property
    def _here(self) -> tuple[Case | None, Copy | None]:
        """The group and the copy under the cursor."""
        row = self._rows.row
        return self._review.line(self._rows.cursor) if row is not None and row.live else (None, None)

    # -- saying which is which --------------------------------------------------------------------

    def action_keep(self) -> None:
        case, copy = self._here
        if case is not None and copy is not None and copy is not case.keeper:
            self._review.keep(case, copy)
            self._show()

    def action_take_out(self) -> None:
        case, copy = self._here
        if case is not None and copy is not None:
            self._review.take_out(copy)
            self._report(f"{copy.name} is no duplicate, for this time · u takes it back")
            at = case.copies.index(copy)
            beside = case.copies[at + 1] if at + 1 < len(case.copies) else case.copies[at - 1]
            self._show(beside.id)  # within the group: enter must not mean the next one

    def action_skip(self) -> None:
        case, _ = self._here
        if chosen := self._chosen(case):
            self._review.skip(chosen)
            self._review.unmark()
            self._report(f"{formats.plural(len(chosen), 'group')} left alone · u takes it back")
            self._show()

    def action_mark(self) -> None:
        case, _ = self._here
        if case is not None:
            self._review.mark(case)
            self._rows.refresh()
            self._go_on(case)
            self._say()

    def _go_on(self, case: Case) -> None:
        """Put the cursor into the next group."""
        start = self._review.line_of(case.copies[-1].id)
        if start is not None and start + 2 < len(self._review):
            self._rows.cursor = start + 2

    def action_which(self) -> None:
        self._review.look(WHICH[(WHICH.index(self._review.which) + 1) % len(WHICH)])
        self._show()

    def action_again(self) -> None:
        self._review.forget()
        self._find()
        self._show()

    def _chosen(self, case: Case | None) -> list[Case]:
        """The marked groups, else the one under the cursor."""
        return self._review.marked() or ([case] if case is not None else [])

    # -- merging ----------------------------------------------------------------------------------

    def on_rows_selected(self) -> None:
        self._merge(Plan.of(self._chosen(self._here[0])))

    def action_merge_exact(self) -> None:
        self._ask_and_merge(self._review.exact(), "All groups of the same sound")

    def action_merge_shown(self) -> None:
        self._ask_and_merge(self._review.cases(), "All groups that are shown")

    def _ask_and_merge(self, cases: Sequence[Case], which: str) -> None:
        if cases:
            self._do(self._ask(cases, which))

    async def _ask(self, cases: Sequence[Case], which: str) -> None:
        plan = await asyncio.to_thread(Plan.of, cases)
        said = await asyncio.to_thread(words.what_happens_to, plan.fit, which, self._trash)
        groups = formats.plural(len(plan.fit), "group")
        answers = (("n", "leave them"), ("y", f"merge {groups}"))
        answer = await self.djtui.push_screen_wait(Question(f"Merge {groups}?", said, answers))
        if answer == "y":
            self._merge(plan)

    def _merge(self, plan: Plan) -> None:
        """Have groups merged. They leave the list at once, so that the next key means the next one."""
        if not plan.fit:
            if plan.unfit:
                self._report(words.no_file(plan.unfit[0]), "$warning")
            return
        left = len(plan.unfit)
        also = f"; {left:,} left: the file that was to stay is not there" if left else ""
        self._report(f"Merging {formats.plural(len(plan.fit), 'group')}{also}")
        self._asked |= plan.ids
        self._review.unmark()
        self._review.merged()
        self._hide_merging()
        self._do(self._submit(plan))

    async def _submit(self, plan: Plan) -> None:
        try:
            job = await changing.submit(self.djtui, MERGE, {"groups": plan.groups})
            if job in self._ended:
                self._find()
            else:
                self._merging[job] = plan.ids
        finally:
            self._asked -= plan.ids
            self._hide_merging()

    def _hide_merging(self) -> None:
        if self.is_attached:
            self._review.hide(self._asked.union(*self._merging.values()))
            self._show()

    def action_compare(self) -> None:
        if self._uncompared:
            self._do(changing.submit(self.djtui, COMPARE, {}))

    def action_undo(self) -> None:
        """Take back what was said here last, else the last merge."""
        if self._review.undo():
            self._report("Taken back")
            self._show()
        elif self._asked or self._merging:
            self._report("The merge is still at work: u takes it back when it is done.", "$warning")
        else:
            self._do(changing.undo(self.djtui))

    def _do(self, work: Coroutine[Any, Any, object]) -> None:
        """Do something whose refusal is to be read in the dialog: notes lie below it."""
        self.djtui.do(self._told(work))

    async def _told(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except Refused as error:
            self._report(str(error), "$error")

    # -- following --------------------------------------------------------------------------------

    def _follow(self, news: JobNews) -> None:
        for job in (*news.living, *news.ended):
            if job.kind in (MERGE, "file-undo") and (said := toasts.of_job(job)) is not None:
                kind, text = said
                self._report(
                    words.merged(job) or text, "$error" if kind == "error" or job.failures else "$success"
                )
        self._say_progress()
        self._ended |= {job.id for job in news.ended}
        if any(job.kind in _CHANGES for job in news.ended):
            self._find()

    def _report(self, done: str, style: str = "$success") -> None:
        if self.is_attached:
            self.query_one("#done", Static).update(formats.content([(done, style)]))
