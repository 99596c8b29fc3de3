"""The dialog behind F: the folders scanned before and new ones, and how they are to be scanned."""

from __future__ import annotations

import os
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from djtui.files.scan_order import Order
from djtui.tui import changing, formats
from djtui.tui.beside import beside
from djtui.tui.feed import JobNews
from djtui.tui.screens import scan_facts
from djtui.tui.screens.dialog import Dialog
from djtui.tui.screens.scan_facts import Folder
from djtui.tui.screens.scan_folder import FolderPrompt
from djtui.tui.screens.scan_size import announced
from djtui.tui.widgets.rows import Row, Rows

if TYPE_CHECKING:
    from djtui.jobs.views import JobView

ALL: Final = "all"
NEW: Final = "new"

_ABOUT: Final = (
    "New files become tracks as they are read, changed tags go to theirs, moved files keep their cues. "
    "The files are only read."
)
_WATCHED: Final = "w watch this folder: scan it again whenever something changes in it"
_USUAL: Final = "~/Music"


class ScanDialog(Dialog[Order]):
    """Answers what is to be scanned."""

    HINTS = "enter scan · b in background · n other folder · d dry run · esc"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "scan(True)", "In the background", show=False),
        Binding("n", "type", "Another folder", show=False),
        Binding("w", "watch", "Watch", show=False),
        Binding("a", "analyse", "Analyse afterwards", show=False),
        Binding("d", "dry_run", "What would change", show=False),
        Binding("q", "leave", show=False),
    ]

    def __init__(self, *, analyze: bool) -> None:
        super().__init__("Scan folders", wide=True)
        self._analyze = analyze
        self._folders: dict[str, Folder] = {}
        self._absent: frozenset[str] = frozenset()
        self._dry_run = 0  # the job
        self._busy = False

    def body(self) -> ComposeResult:
        yield Static(Content(_ABOUT), classes="text")
        yield Rows(empty="Looking …", id="folders")
        yield Static("", id="with")
        yield Static("", id="said")

    def on_mount(self) -> None:
        self.djtui.jobs_changed.subscribe(self, self._follow)
        self.query_one(Rows).focus()
        self.djtui.do(self._read())

    async def _read(self) -> None:
        self._folders = {folder.path: folder for folder in await scan_facts.folders(self.djtui)}
        self._show()
        if not self._folders:
            await self._type()
            return
        self._absent = await beside(_absent, list(self._folders))
        self._show()

    # -- showing ----------------------------------------------------------------------------------

    def _show(self, cursor: str | None = None) -> None:
        if not self.is_attached:
            return
        rows = list(self._rows())
        listed = self.query_one(Rows)
        listed.styles.height = min(len(rows), max(3, self.app.size.height - 13))
        listed.show(rows, cursor=cursor)
        heard = "yes" if self._analyze else "no, tags only"
        said = f"a analyse the new tracks afterwards: {heard}\n{_WATCHED}"
        self.query_one("#with", Static).update(Content(said))

    def _rows(self) -> Iterator[Row]:
        if len(self._folders) > 1:
            files = sum(folder.files or 0 for folder in self._folders.values())
            right = ((f"{formats.plural(files, 'file')}{'':<26}", "$quiet"),)
            yield Row(ALL, ((" all of them", ""),), right)
        for folder in self._folders.values():
            yield self._row(folder)
        yield Row(NEW, ((" another folder …", "" if not self._folders else "$quiet"),))

    def _row(self, folder: Folder) -> Row:
        name = formats.tilde(Path(folder.path))
        if folder.path in self._absent:
            left = [(f" ✗ {name}", ""), ("  not there: is its drive?", "$warning")]
        else:
            left = [(f" {name}", "")]
        files = "never scanned" if folder.files is None else formats.plural(folder.files, "file")
        watched = "watched" if folder.watched else ""
        when = formats.moment(folder.scanned).strip()
        return Row(folder.path, left, ((f"{files}  {when:<13}  ", "$quiet"), (f"{watched:<8}", "$accent")))

    def _say(self, text: str, style: str = "$quiet") -> None:
        if self.is_attached:
            self.query_one("#said", Static).update(formats.content([(text, style)]))

    def on_screen_suspend(self) -> None:
        """What was to be counted is counted: it is said in the dialog above."""
        self._say("")

    # -- choosing ---------------------------------------------------------------------------------

    @property
    def _here(self) -> str:
        row = self.query_one(Rows).row
        return str(row.key) if row is not None else NEW

    @property
    def _order(self) -> Order | None:
        """What the row under the cursor asks for."""
        if self._here == NEW:
            return None
        chosen = [it for it in self._folders.values() if self._here in (ALL, it.path)]
        new = [it for it in chosen if it.files is None and it.scanned is None]
        watch = bool(new) and all(it.watched for it in new)
        return Order(tuple(it.path for it in chosen), analyze=self._analyze, watch=watch)

    def on_rows_highlighted(self) -> None:
        if not self._dry_run:
            self._say("")

    def on_rows_selected(self) -> None:
        self.action_scan(False)

    def action_scan(self, background: bool) -> None:
        if (order := self._order) is None:
            self.action_type()
        else:
            self._do(self._scan(replace(order, background=background)))

    async def _scan(self, order: Order) -> None:
        if (order_now := await self._announced(order)) is not None and self.is_attached:
            self.dismiss(order_now)

    async def _announced(self, order: Order) -> Order | None:
        self._say("Counting the files …")
        try:
            return await announced(self.djtui, order)
        finally:
            self._say("")

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        """Do one thing at a time: a key that comes meanwhile is for nothing."""
        if self._busy:
            work.close()
            return
        self._busy = True
        self.djtui.do(self._doing(work))

    async def _doing(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except changing.Refused as error:
            self._say(str(error), "$error")
        finally:
            self._busy = False

    # -- another folder ---------------------------------------------------------------------------

    def action_type(self) -> None:
        self._do(self._type())

    async def _type(self) -> None:
        usual = await beside(os.path.isdir, Path(_USUAL).expanduser())
        start = f"{_USUAL}/" if usual and str(Path(_USUAL).expanduser()) not in self._folders else "~/"
        path = await self.djtui.push_screen_wait(FolderPrompt("A folder to scan", start))
        if path is not None and self.is_attached:
            self._folders.setdefault(path, Folder(path))
            self._show(cursor=path)

    # -- switches ---------------------------------------------------------------------------------

    def action_analyse(self) -> None:
        self._analyze = not self._analyze
        self._show()

    def action_watch(self) -> None:
        if (folder := self._folders.get(self._here)) is not None:
            self._do(self._watch(folder))

    async def _watch(self, folder: Folder) -> None:
        """At once, where it was scanned before: it is scanned now, and again whenever something changes."""
        if folder.files is not None or folder.scanned is not None:
            await scan_facts.watch(self.djtui, folder.path, not folder.watched)
        self._folders[folder.path] = replace(folder, watched=not folder.watched)
        self._show()

    # -- what would change ------------------------------------------------------------------------

    def action_dry_run(self) -> None:
        if (order := self._order) is not None:
            self._do(self._begin_dry_run(replace(order, dry_run=True)))

    async def _begin_dry_run(self, order: Order) -> None:
        if (order_now := await self._announced(order)) is not None:
            self._say("Dry run: reading …")
            self._dry_run = await scan_facts.begin(self.djtui, replace(order_now, watch=False))

    def _follow(self, news: JobNews) -> None:
        for job in (*news.living, *news.ended):
            if job.id == self._dry_run:
                self._tell(job)

    def _tell(self, job: JobView) -> None:
        phase = job.phase
        if job.state == "succeeded" and job.result is not None:
            self._say(scan_facts.found(job.result), "$success")
        elif job.is_over:
            self._say(f"Dry run: {job.error or job.state}", "$warning")
        elif phase is not None:
            percent = formats.percent(phase.done, phase.total)
            figures = "  ".join(text for text in (percent, formats.rate(phase.rate)) if text)
            self._say(f"Dry run · {phase.name} {figures}")
        if job.is_over:
            self._dry_run = 0


def _absent(folders: list[str]) -> frozenset[str]:
    """Those of some folders that are not there. Blocks."""
    return frozenset(folder for folder in folders if not Path(folder).is_dir())
