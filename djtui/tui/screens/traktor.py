"""Traktor: the collection, what waits for it, what is in conflict, and what else joins it to the library."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from djtui.config import Settings
from djtui.tui import changing, keys, styles
from djtui.tui.feed import Counters, JobNews
from djtui.tui.screens import traktor_actions as actions
from djtui.tui.screens.traktor_facts import Facts, facts_of, foreign_to_here, running
from djtui.tui.screens.view import View
from djtui.tui.widgets.traktor_backups import BackupSection
from djtui.tui.widgets.traktor_conflicts import ConflictSection
from djtui.tui.widgets.traktor_head import Head, Tabs
from djtui.tui.widgets.traktor_map import MapSection
from djtui.tui.widgets.traktor_nights import NightSection
from djtui.tui.widgets.traktor_pending import PendingSection
from djtui.tui.widgets.traktor_section import Section

REST_S: Final = 0.3
PATIENCE: Final = 2
"""The rows are read again only after so many times what reading them took."""
LOOK_FOR_TRAKTOR_S: Final = 5.0

_KEYS: Final = {"pending": "p", "conflicts": "c", "map": "m", "backups": "b", "nights": "n"}


def _to(key: str, name: str, tooltip: str) -> Binding:
    return Binding(
        key,
        f"section('{name}')",
        name,
        show=False,
        id=f"traktor.{name}",
        group=keys.VIEWS,
        tooltip=tooltip,
    )


class TraktorView(View):
    """The head, the tabs, and one of five lists."""

    MODE = "traktor"
    CSS_PATH = styles.sheet(MODE)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "import", "import", id="traktor.read", group=keys.TRAKTOR,
                tooltip="Bring the library up to date with Traktor's collection"),
        Binding("x", "export", "export", id="traktor.export", group=keys.TRAKTOR,
                tooltip="Show what would be written into Traktor's collection; enter then writes it"),
        Binding("tab", "step(1)", "section", id="traktor.next", group=keys.VIEWS,
                tooltip="Go to the next of the sections"),
        Binding("shift+tab", "step(-1)", "Previous section", show=False, id="traktor.previous",
                group=keys.VIEWS),
        Binding("o", "choose", "collection", id="traktor.collection", group=keys.TRAKTOR,
                tooltip="Choose which collection.nml is yours"),
        Binding("A", "auto", "Auto-sync", show=False, id="traktor.auto", group=keys.TRAKTOR,
                tooltip="Keep library and collection in step by themselves, or stop doing so"),
        _to("p", "pending", "What waits for export, as a diff"),
        _to("c", "conflicts", "What was changed both here and in Traktor"),
        _to("m", "map", "Where Traktor's volumes lie on this machine"),
        _to("b", "backups", "The copies of the collection, to be restored"),
        _to("n", "nights", "What was played, night by night"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.facts = Facts()
        self._pending = PendingSection()
        self.sections: tuple[Section, ...] = (
            self._pending, ConflictSection(), MapSection(), BackupSection(), NightSection()
        )  # fmt: skip
        self.section: Section = self._pending
        """The one that is shown."""
        self._stale = True
        self._reading = False
        self._foreign: dict[int, str | None] = {}

    def body(self) -> ComposeResult:
        yield Head(id="head", classes="frame")
        yield Tabs()
        yield from self.sections

    def on_mount(self) -> None:
        self.query_one(Head).border_title = "Collection"
        self.djtui.library_changed.subscribe(self, self._library_changed)
        self.djtui.jobs_changed.subscribe(self, self._jobs_changed)
        self.djtui.settings_changed.subscribe(self, self._settings_changed)
        self.set_interval(LOOK_FOR_TRAKTOR_S, self._look_for_traktor)
        self._show_section(self.section)

    # -- following --------------------------------------------------------------------------------

    @property
    def _is_shown(self) -> bool:
        return self.djtui.here is self

    def on_screen_resume(self) -> None:
        self._look_for_traktor()
        if self._stale:
            self.look_again()

    def on_screen_suspend(self) -> None:
        if self.djtui.here not in (self, None):  # else it is only a dialog that came over it
            self.section.leave()

    def _library_changed(self, counters: tuple[Counters, Counters]) -> None:
        self.look_again()

    def _jobs_changed(self, news: JobNews) -> None:
        if news.ended:
            self.look_again()

    def _settings_changed(self, settings: Settings) -> None:
        self.look_again()

    def look_again(self) -> None:
        """Read everything anew: at once, or when the view is shown again and its rest is over."""
        self._stale = True
        if self._is_shown and not self._reading:
            self._reading = True
            self.djtui.do(self._read())

    async def _read(self) -> None:
        try:
            while self._stale and self._is_shown:
                self._stale, begun = False, time.monotonic()
                path = await changing.known_collection(self.djtui)
                self.facts = await facts_of(self.djtui, path)
                self.query_one(Head).show(self.facts)
                if self.facts.file_id not in self._foreign:
                    self._look_for_traktor()
                await self._read_section(self.section)
                await asyncio.sleep(max(REST_S, PATIENCE * (time.monotonic() - begun)))
        finally:
            self._reading = False

    async def _read_section(self, section: Section) -> None:
        if section.seen is not self.facts:
            section.facts = section.seen = self.facts
            await section.read(self.facts)
        self._show_tabs()

    def _look_for_traktor(self) -> None:
        if self._is_shown:
            self.djtui.do(self._read_presence())

    async def _read_presence(self) -> None:
        file_id, name = self.facts.file_id, await running()
        if file_id is not None and file_id not in self._foreign:
            self._foreign[file_id] = await foreign_to_here(self.djtui, file_id)
        foreign = self._foreign.get(file_id) if file_id is not None else None
        self.query_one(Head).show(looked=file_id is not None, running=name, foreign=foreign)

    # -- sections ---------------------------------------------------------------------------------

    def _show_section(self, section: Section) -> None:
        if section is not self.section:
            self.section.leave()
        self.section = section
        for each in self.sections:
            each.set_class(each is section, "-shown")
        section.list.focus()
        self._show_tabs()
        self.refresh_position()
        if self.facts.path is not None or section.seen is not None:
            self.djtui.do(self._read_section(section))

    def _show_tabs(self) -> None:
        tabs = [(each.NAME, _KEYS[each.NAME], each.TITLE, each.badge(self.facts)) for each in self.sections]
        self.query_one(Tabs).show(tabs, self.section.NAME)

    def action_section(self, name: str) -> None:
        self._show_section(next(each for each in self.sections if name == each.NAME))

    def action_step(self, step: int) -> None:
        at = self.sections.index(self.section) + step
        self._show_section(self.sections[at % len(self.sections)])

    def position(self) -> str:
        return self.section.position().replace(" / ", "/") if self.is_mounted else ""

    def escape(self) -> None:
        self.section.escape()

    # -- doing ------------------------------------------------------------------------------------

    def action_import(self) -> None:
        self.djtui.do(self._import(self.facts.path))

    async def _import(self, path: Path | None) -> None:
        if path is None:
            await changing.ask_and_import(self.djtui)
        else:
            await changing.import_collection(self.djtui, path)

    def action_export(self) -> None:
        """Show the diff, and ask: enter writes it."""
        if self.facts.linked is None:
            said = "Import the collection first (i); then what waits can be exported."
            self.djtui.toasts.put("traktor", "error", said)
        elif not self.facts.waiting:
            self.djtui.toasts.put("traktor", "done", "Nothing waits for export.")
        else:
            self._show_section(self._pending)
            self._pending.arm()

    def on_pending_section_confirmed(self) -> None:
        if self.facts.path is not None:
            self.djtui.do(actions.export(self.djtui, self.facts.path))

    def action_choose(self) -> None:
        self.djtui.do(actions.choose_collection(self.djtui, self.facts.path))

    def action_auto(self) -> None:
        self.djtui.do(actions.toggle_auto(self.djtui))
