"""What an empty library says: how a Traktor collection or a folder of music is brought in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from djtui.traktor import collections
from djtui.tui import changing, formats, keys
from djtui.tui.widgets.home import OfApp

_COMES: Final = {
    changing.TRAKTOR_IMPORT: "A collection is being imported: its first tracks come in a moment.",
    "scan": "A folder is being scanned: its first tracks come in a moment.",
}
_AT_WORK: Final = ("queued", "running", "waiting")
_ONLY_READ: Final = "Neither changes anything: Traktor's file and the music are only read."


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
        self.djtui.jobs_changed.subscribe(self, lambda _: self.refresh())

    def render(self) -> Content:
        width = self.size.width
        lines: list[formats.Parts] = [(), (("  This library is empty.", "bold"),), ()]
        if coming := self._coming():
            lines.append(((f"  {coming}", ""),))
        else:
            lines += [*self._ways(), (), ((f"  {_ONLY_READ}", "$quiet"),)]
        return Content("\n").join(formats.content(formats.cut_parts(list(line), width)) for line in lines)

    def _coming(self) -> str:
        """What a job is about to bring."""
        jobs = [job for job in self.djtui.jobs if job.state in _AT_WORK and not job.params.get("dry_run")]
        return next((_COMES[job.kind] for job in jobs if job.kind in _COMES), "")

    def _ways(self) -> Iterator[formats.Parts]:
        scan = (("F", "$accent"), (" scans a folder of music", "$quiet"))
        if self._found is None:
            yield (("  Looking for Traktor's collection …", "$quiet"),)
            yield ()
            yield (("  ", ""), *scan)
        elif self._found:
            yield (("  Traktor collection found at", ""),)
            for index, path in enumerate(self._found):
                mark, style = ("  ▌ ", "bold") if index == self._cursor else ("    ", "$quiet")
                yield ((mark, "$accent"), (formats.tilde(path), style))
            yield ()
            enter = (("  enter", "$accent"), (" imports it    ", "$quiet"))
            yield (*enter, ("i", "$accent"), (" types another path    ", "$quiet"), *scan)
        else:
            yield (("  No Traktor collection was found in the usual places.", ""),)
            yield ()
            enter = (("  enter", "$accent"), (" types the path of a collection.nml    ", "$quiet"))
            yield (*enter, *scan)

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
