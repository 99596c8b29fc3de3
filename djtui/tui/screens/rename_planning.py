"""The part of the rename screen that plans: beside the event loop, the newest keystroke wins."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.message import Message
from textual.timer import Timer

from djtui.files.rename_plan import Wanted
from djtui.files.template import TemplateError
from djtui.jobs.job import JobError
from djtui.library.database import LibraryError, Reader
from djtui.tui import environment, renaming
from djtui.tui.beside import beside, reading
from djtui.tui.changing import Refused
from djtui.tui.renaming import Traktor, Wish
from djtui.tui.screens.analyse import Choice
from djtui.tui.screens.dialog import Dialog
from djtui.tui.widgets.rename_rows import NameRows, RenameRows

if TYPE_CHECKING:
    from djtui.bridge.rename_preview import Names, Preview
    from djtui.files.facts import Facts
    from djtui.files.plan import Planned

REST_S: Final = 0.08
"""A template is planned when no key was pressed for so long."""
SWITCH_S: Final = 0.001
"""While names are worked out in a thread, a key waits for it no longer than this each time."""
_USUAL_SWITCH_S: Final = sys.getswitchinterval()
TELL_S: Final = 0.3
"""How often the list follows while all is planned."""
TRAKTOR_S: Final = 5.0
_LOOKED: Final = 40


@dataclass
class Told(Message):
    """More names are known."""

    asked: int
    names: Names

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Told)


class RenamePlanning(Dialog[None]):
    """Knows what each file would be called, as far as that is worked out."""

    def __init__(self, choices: Sequence[Choice], wish: Wish) -> None:
        super().__init__("Rename files", wide=True)
        self.choices = {choice.key: choice for choice in choices}
        self.chosen = choices[0].key
        self.wish = wish
        self.traktor: Traktor | None = None
        self.names: Names | None = None
        self.fault = ""
        self.stale = False
        self._preview: Preview | None = None
        self._retired: list[Preview] = []  # they are let go of when nothing is planned with them any more
        self._planning: Wanted | None = None
        self._glanced: dict[int, Planned] = {}
        self._asked = self._told = self._glanced_for = 0
        self._wake = asyncio.Event()
        self._rest: Timer | None = None
        self._needs = False

    def show_names(self) -> None:
        """More is known, or something else is wanted. To be overridden."""

    # -- beginning and ending ---------------------------------------------------------------------

    def on_mount(self) -> None:
        sys.setswitchinterval(SWITCH_S)
        self.run_worker(self._follow(), exit_on_error=False)
        self.set_interval(TRAKTOR_S, self._look_for_traktor)
        self.djtui.library_changed.subscribe(self, self._library_changed)
        self.look_again()

    def on_unmount(self) -> None:
        sys.setswitchinterval(_USUAL_SWITCH_S)
        self._asked += 1
        if self._preview is not None:
            self.djtui.do(beside(self._preview.release))

    def _library_changed(self, _: object) -> None:
        if self._preview is not None:
            self.stale = True
            self.show_names()

    def _look_for_traktor(self) -> None:
        if self.traktor is not None and self.traktor.collection is not None and self.wish.traktor:
            self.djtui.do(self._find_traktor())

    async def _find_traktor(self) -> None:
        found = await renaming.traktor(self.djtui)
        if found != self.traktor:
            self.traktor = found
            self.show_names()

    def look_again(self) -> None:
        """Read the chosen tracks, now. What is known of others counts no more."""
        self.stale = False
        self._asked += 1
        if self._preview is not None:
            self._retired.append(self._preview)
        self._preview, self.names, self._glanced = None, None, {}
        self.run_worker(self._look_again(), group="look", exclusive=True, exit_on_error=False)

    async def _look_again(self) -> None:
        await environment.loaded("djtui.bridge.rename_preview")
        from djtui.bridge.rename_preview import Preview

        try:
            if self.traktor is None:
                await self._find_traktor()
        except (LibraryError, sqlite3.Error, OSError) as error:
            self._fail(error)
        collection = self.traktor.collection if self.traktor is not None else None
        self._preview = Preview(self.choices[self.chosen].params, str(collection) if collection else None)
        self.ask()

    # -- asking -----------------------------------------------------------------------------------

    def ask_soon(self) -> None:
        """Plan when the DJ rests."""
        self._asked += 1  # what is being planned is wanted no longer
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST_S, self.ask)

    def ask(self) -> None:
        """Plan what is wished now; with a mistake in it, the list stays as it is."""
        self._asked += 1
        try:
            wanted = Wanted.of(self.wish.naming())
        except (TemplateError, JobError):
            return
        self._planning, self.fault = wanted, ""
        self._wake.set()
        self.glance()

    def glance(self) -> None:
        """Work out the names on the screen at once: all of them take their time."""
        preview, wanted, asked = self._preview, self._planning, self._asked
        if preview is not None and wanted is not None and preview.rows:
            glance = self._glance(preview, wanted, asked)
            self.run_worker(glance, group="glance", exclusive=True, exit_on_error=False)

    async def _glance(self, preview: Preview, wanted: Wanted, asked: int) -> None:
        found = await beside(preview.glance, wanted, list(self._on_screen()))
        if asked == self._asked:
            self._glanced, self._glanced_for = found, asked
            if self._told != asked:
                self.names = None
            self.show_names()

    def _on_screen(self) -> Iterable[int]:
        rows = self.query_one(RenameRows)
        top = rows.scroll_offset.y
        return self.order[top : top + max(_LOOKED, rows.size.height)]

    async def _follow(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._retired:
                await beside(self._retired.pop().release)
            preview, wanted, asked = self._preview, self._planning, self._asked
            if preview is None or wanted is None:
                continue
            try:
                await self._plan(preview, wanted, asked)
            except (LibraryError, JobError, Refused, sqlite3.Error, OSError) as error:
                self._fail(error)

    async def _plan(self, preview: Preview, wanted: Wanted, asked: int) -> None:
        lists = self.wish.places(self.djtui.settings.files)
        due = 0.0

        def tell(names: Names) -> None:
            nonlocal due
            if names.done or time.monotonic() >= due:
                due = time.monotonic() + (TELL_S if names.targets else 0.0)
                self.post_message(Told(asked, names))

        async def plan(reader: Reader) -> None:
            await preview.plan(reader, wanted, lists, tell, lambda: asked != self._asked)

        await reading(self.djtui.library_path, plan)

    def on_told(self, message: Told) -> None:
        if message.asked != self._asked:
            return
        names = message.names
        if not names.targets and not names.done and self._glanced_for != self._asked:
            self.glance()
            return
        self.names, self._told = names, self._asked
        self.show_names()

    def _fail(self, error: Exception) -> None:
        self.fault = str(error)
        self.show_names()

    # -- what is known ----------------------------------------------------------------------------

    @property
    def total(self) -> int | None:
        """How many tracks are meant; None: not known yet."""
        return None if self._preview is None else self._preview.total

    @property
    def read(self) -> int:
        """How many of them are read."""
        return 0 if self._preview is None else len(self._preview.rows)

    @property
    def complete(self) -> bool:
        """Whether all is planned as it is wished now."""
        return self.names is not None and self.names.done and self._told == self._asked

    @property
    def order(self) -> Sequence[int]:
        """The rows that are shown."""
        if self._needs:
            return self.names.needs[:] if self.names is not None else ()
        return range(self.read)

    def look(self, row: int) -> tuple[Facts, Planned | None] | None:
        """A row: the file, and what becomes of it where that is known."""
        rows = self._preview.rows if self._preview is not None else []
        if not 0 <= row < len(rows):
            return None
        facts = rows[row]
        planned = self.names.planned(row, facts) if self.names is not None else None
        if planned is None and (planned := self._glanced.get(row)) is not None and planned.id != facts.id:
            planned = None  # the first rows have made way for whole folders
        return facts, planned

    @property
    def here(self) -> tuple[Facts, Planned | None] | None:
        """The file under the cursor."""
        row = self.query_one(RenameRows).row
        return self.look(row.key) if row is not None and isinstance(row.key, int) else None

    def show_rows(self) -> None:
        """Paint the list anew."""
        rows = self.query_one(RenameRows)
        rows.show_all(NameRows(self.order, self.look, self.wish.root, rows.size.width))
