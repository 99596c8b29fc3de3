"""The first dialog behind M: in which folders missing files are to be looked for."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from djtui.model.text import harmless
from djtui.tui import changing, formats
from djtui.tui.screens.dialog import Dialog, Prompt
from djtui.tui.widgets.rows import Row, Rows

_NO_FOLDER: Final = "No folder was scanned yet: a names one to look in."
_PLACES: Final = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """Look in these folders; or, without any, go on with what the last look found."""

    folders: tuple[str, ...] = ()


class FoldersDialog(Dialog[Answer]):
    """The scanned folders, each of which can be left out, and others that are typed."""

    HINTS = "enter look · ␣ with or without · a another folder · esc leave"
    LAST_HINTS = "enter look · ␣ with or without · a another folder · l last list · esc"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "switch", "With or without", show=False),
        Binding("a", "add", "Another folder", show=False),
        Binding("l", "last", "The last list", show=False),
        Binding("q", "leave", show=False),
    ]

    def __init__(
        self, folders: Sequence[str], places: Sequence[tuple[str, int]], last: str | None = None
    ) -> None:
        """`places` are where the missing tracks were, with their numbers; `last`: when was looked last."""
        super().__init__("Find missing files", wide=True, hints=self.LAST_HINTS if last else self.HINTS)
        self._chosen = dict.fromkeys(folders, True)
        self._places = places
        self._last = last

    def body(self) -> ComposeResult:
        yield Static(Content(harmless(self._about())), classes="text")
        rows = Rows(empty=_NO_FOLDER, id="choices")
        yield rows
        yield Static("", classes="mistake")

    def _about(self) -> str:
        missing = sum(number for _, number in self._places)
        is_ = "is" if missing == 1 else "are"
        were = ", ".join(f"{place} ({number:,})" for place, number in self._places[:_PLACES])
        more = " and elsewhere" if len(self._places) > _PLACES else ""
        last = (
            f" l lists again what was found {formats.moment(self._last).strip()}, without looking."
            if self._last
            else ""
        )
        return (
            f"{formats.plural(missing, 'track')} {is_} missing here, from {were}{more}. Files are looked for"
            f" in the folders below by sound, size, name and tags; nothing is changed by that.{last}"
        )

    def on_mount(self) -> None:
        self._show()
        self.query_one(Rows).focus()

    def _show(self, cursor: str | None = None) -> None:
        rows = self.query_one(Rows)
        rows.styles.height = max(1, min(len(self._chosen), 10))
        rows.show([_row(folder, wanted) for folder, wanted in self._chosen.items()], cursor=cursor)

    def _refuse(self, sentence: str) -> None:
        self.query_one(".mistake", Static).update(Content(harmless(sentence)))

    def action_switch(self) -> None:
        if (row := self.query_one(Rows).row) is not None:
            self._chosen[str(row.key)] = not self._chosen[str(row.key)]
            self._show()

    def action_add(self) -> None:
        self.djtui.do(self._add())

    async def _add(self) -> None:
        typed = await self.djtui.push_screen_wait(
            Prompt("Another folder", "A folder to look in, with all that lies below it.", "")
        )
        if not typed or not typed.strip():
            return
        folder = os.path.normpath(changing.absolute(typed))
        if not await asyncio.to_thread(os.path.isdir, folder):
            self._refuse(f"There is no folder {folder}. Is its drive there?")
            return
        self._refuse("")
        self._chosen[folder] = True
        self._show(folder)

    def action_last(self) -> None:
        if self._last:
            self.dismiss(Answer())

    def on_rows_selected(self) -> None:
        if folders := tuple(folder for folder, wanted in self._chosen.items() if wanted):
            self.dismiss(Answer(folders))
        else:
            self._refuse("No folder is chosen: ␣ chooses one, a names another.")


def _row(folder: str, wanted: bool) -> Row:
    mark = ("✓ ", "$accent") if wanted else ("· ", "$quiet")
    left = (mark, (formats.tilde(Path(folder)), "" if wanted else "$quiet"))
    return Row(folder, left, () if wanted else (("left out", "$quiet"),))
