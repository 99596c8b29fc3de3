"""Files that are there twice, or not there, in the Library view: both have a dialog of their own."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from djtui.tui import environment, keys
from djtui.tui.screens.view import View


class DuplicateActions(View):
    """The part of the Library view that looks for duplicates, and for missing files."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "duplicates", "duplicates", show=False, id="files.duplicates", group=keys.FILES,
                tooltip="Tracks that are there several times: choose which stays, merge the others into it"),
        Binding("M", "relocate", "Find missing files", show=False, id="files.relocate", group=keys.FILES,
                tooltip="Look in folders for the files of missing tracks, and say which is which"),
    ]  # fmt: skip

    def action_duplicates(self) -> None:
        if not self.has_class("-empty"):
            self.djtui.do(self._open_duplicates())

    async def _open_duplicates(self) -> None:
        await environment.loaded("djtui.tui.screens.duplicates")
        from djtui.tui.screens.duplicates import DuplicatesDialog

        self.djtui.push_screen(DuplicatesDialog())

    def action_relocate(self) -> None:
        if not self.has_class("-empty"):
            self.djtui.do(self._relocate())

    async def _relocate(self) -> None:
        await environment.loaded("djtui.tui.screens.relocate", "djtui.tui.screens.relocate_folders")
        from djtui.tui.screens.relocate import ask_and_open

        await ask_and_open(self.djtui)
