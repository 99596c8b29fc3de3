"""Renaming files from the Library view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from djtui.tui import environment, keys
from djtui.tui.asking import Question
from djtui.tui.screens.track_actions import TrackActions

if TYPE_CHECKING:
    from djtui.tui.renaming import Wish
    from djtui.tui.screens.analyse import Choice


class RenameActions(TrackActions):
    """The part of the Library view that renames files."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "rename_files", "rename", id="files.rename", group=keys.FILES,
                tooltip="Rename the files of the marked tracks, of what a filter leaves, or of this one"),
    ]  # fmt: skip

    question: Question
    _last_rename: Wish | None = None

    def action_rename_files(self) -> None:
        if not self.has_class("-empty"):
            self.djtui.do(self._rename())

    async def _rename(self) -> None:
        await environment.loaded("djtui.tui.screens.rename")
        from djtui.tui.renaming import Wish
        from djtui.tui.screens.rename import RenameDialog

        if self.djtui.screen is self:
            wish = Wish.first(self.djtui.settings.files)
            if self._last_rename is not None:
                wish = self._last_rename.again(wish)
            dialog = RenameDialog(list(self._renamable()), wish)
            await self.djtui.push_screen_wait(dialog)
            self._last_rename = dialog.wish.again(wish)

    def _renamable(self) -> Iterator[Choice]:
        """What can be meant; the first is, until the DJ says otherwise."""
        from djtui.tui.screens.analyse import Choice

        table, question = self.table, self.question
        if marked := table.marked:
            yield Choice("m", f"{len(marked):,} marked", {"ids": table.chosen})
        shown = f"shown: {question.scope.name} {question.filter.strip()}".strip()
        if (query := question.query) is None:
            yield Choice("f", shown, {"ids": list(dict.fromkeys(table.source.ids))})
        elif query:
            yield Choice("f", shown, {"query": query})
        if not marked and (id := table.cursor_track_id) is not None:
            yield Choice("t", "this track", {"ids": [id]})
        yield Choice("a", "all tracks", {})
