"""What an empty library says: where Traktor's collection is, and how to bring it in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from djtui.traktor import collections
from djtui.tui import changing, formats, keys
from djtui.tui.widgets.home import OfApp


class Greeting(OfApp, Widget, can_focus=True):
    """Stands in the table's place until there is a first track."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "import", id="greeting.import", group=keys.JOBS,
                tooltip="Import the collection that was found; where none was, type a path"),
        Binding("i", "type", "type a path", id="greeting.type", group=keys.JOBS,
                tooltip="Import a collection.nml from somewhere else"),
        Binding("down,j", "step(1)", "Next", show=False, id="greeting.next", group=keys.MOVE),
        Binding("up,k", "step(-1)", "Previous", show=False, id="greeting.previous", group=keys.MOVE),
    ]  # fmt: skip

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._found: Sequence[Path] | None = None
        self._cursor = 0

    def on_mount(self) -> None:
        import asyncio

        async def look() -> None:
            found = await asyncio.to_thread(collections.found)
            if set_one := self.djtui.settings.traktor.collection:
                chosen = Path(set_one).expanduser()
                found = [chosen, *(path for path in found if path != chosen)]
            self._found = found
            self.refresh()
            self.refresh_bindings()

        self.djtui.do(look())
        self.set_interval(0.5, self.refresh)  # an import may have begun meanwhile

    def render(self) -> Content:
        width = self.size.width
        lines: list[formats.Parts] = [(), (("  This library is empty.", "bold"),), ()]
        if self.djtui.jobs:
            lines.append((("  A collection is being imported: its first tracks come in a moment.", ""),))
        elif self._found is None:
            lines.append((("  Looking for Traktor's collection …", "$quiet"),))
        elif self._found:
            lines.append((("  Traktor collection found at", ""),))
            for index, path in enumerate(self._found):
                here = index == self._cursor
                lines.append(
                    (
                        ("  ▌ " if here else "    ", "$accent"),
                        (formats.tilde(path), "bold" if here else "$quiet"),
                    )
                )
            lines += [
                (),
                (
                    ("  enter", "$accent"),
                    (" imports it    ", "$quiet"),
                    ("i", "$accent"),
                    (" types another path", "$quiet"),
                ),
            ]
        else:
            lines.append((("  No Traktor collection was found in the usual places.", ""),))
            lines += [(), (("  enter", "$accent"), (" types the path of a collection.nml", "$quiet"))]
        lines += [(), (("  The import only reads Traktor's file; nothing in it is changed.", "$quiet"),)]
        return Content("\n").join(formats.content(formats.cut_parts(list(line), width)) for line in lines)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._found is not None if action == "take" else True

    def action_step(self, step: int) -> None:
        if self._found:
            self._cursor = (self._cursor + step) % len(self._found)
            self.refresh()

    def action_take(self) -> None:
        if self._found:
            self.djtui.do(changing.import_collection(self.djtui, self._found[self._cursor]))
        else:
            self.action_type()

    def action_type(self) -> None:
        self.djtui.do(changing.ask_and_import(self.djtui))
