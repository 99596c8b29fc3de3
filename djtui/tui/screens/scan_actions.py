"""Scanning from the Library view: the dialog, the job, and the table that follows it."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import ActiveBinding, Binding, BindingType

from djtui.tui import changing, keys, scope
from djtui.tui.screens.view import View
from djtui.tui.widgets.crates import Crates
from djtui.tui.widgets.filter_bar import FilterBar

if TYPE_CHECKING:
    from djtui.files.scan_order import Order
    from djtui.tui.scope import Scope


_FIRST: Final = {"files.scan": "scan a folder", "traktor.import": "import"}
_NEED_TRACKS: Final = (keys.TRACKS, keys.ANALYSIS, keys.LISTS, keys.FILES, keys.FIND)


class ScanActions(View):
    """The part of the Library view that brings folders in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("F", "scan", "Scan folders", show=False, id="files.scan", group=keys.FILES,
                tooltip="Bring the sound files of folders in, and what has changed in them since"),
    ]  # fmt: skip

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """In an empty library what brings tracks in is offered, and nothing that needs some."""
        found = super().active_bindings
        if self.has_class("-empty"):
            for key, active in list(found.items()):
                binding = active.binding
                if (word := _FIRST.get(binding.id or "")) is not None:
                    found[key] = active._replace(binding=replace(binding, show=True, description=word))
                elif binding.group in _NEED_TRACKS:
                    del found[key]
        return found

    @abstractmethod
    def show_scope(self, crate: Scope) -> None:
        """Show a crate, with the filter as it is."""

    def action_scan(self) -> None:
        self.djtui.do(self._scan())

    async def _scan(self) -> None:
        from djtui.tui.screens import scan_facts
        from djtui.tui.screens.scan import ScanDialog

        app = self.djtui
        app.do(changing.start_host(app))  # that takes a second, which the DJ needs to choose
        order = await app.push_screen_wait(ScanDialog(analyze=app.settings.analysis.after_scan))
        if order is None:
            return
        await scan_facts.begin(app, order)
        if not order.background and not self.has_class("-empty"):
            self._show_what_comes(order)

    def _show_what_comes(self, order: Order) -> None:
        """The table follows the scan: it shows what lies in the folder, as it comes."""
        from djtui.query import quote

        one = len(order.folders) == 1
        self.query_one(FilterBar).input.value = f"folder:{quote(order.folders[0] + '/')}" if one else ""
        self.show_scope(scope.ALL)
        self.query_one(Crates).move_to(scope.ALL.key)
