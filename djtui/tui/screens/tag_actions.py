"""Writing tags from the Library view: what of which tracks goes into their files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.binding import Binding, BindingType

from djtui.tui import changing, formats, keys
from djtui.tui.asking import Question
from djtui.tui.screens.track_actions import TrackActions

if TYPE_CHECKING:
    from djtui.tui.screens.tags import Which

KIND: Final = "tags"


class TagActions(TrackActions):
    """The part of the Library view that writes what is known into the files."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "write_tags", "Write tags", show=False, id="files.tags", group=keys.FILES,
                tooltip="Write BPM, key and other fields into the files of the marked tracks, or others"),
    ]  # fmt: skip

    question: Question

    def action_write_tags(self) -> None:
        if not self.has_class("-empty") and self.table.chosen:
            self.djtui.do(self._write_tags(list(self._taggable())))

    async def _write_tags(self, choices: list[Which]) -> None:
        from djtui.tui.screens.tags import TagsDialog

        app = self.djtui
        params = await app.push_screen_wait(TagsDialog(choices, app.settings.files, app.memory.tags))
        if params is not None:
            app.memory.tags = list(params["fields"])
            await changing.submit(app, KIND, params)

    def _taggable(self) -> Iterator[Which]:
        """The tracks that can be meant."""
        from djtui.tui.screens.tags import Which

        table, question = self.table, self.question
        if marked := table.marked:
            yield Which(f"the {formats.plural(len(marked), 'marked track')}", {"ids": table.chosen})
        if (id := table.cursor_track_id) is not None:
            yield Which("this track", {"ids": [id]})
        yield Which(f"what is shown: {question.scope.name} {question.filter}".strip(), self._shown())

    def _shown(self) -> dict[str, Any]:
        if (query := self.question.query) is None:
            return {"ids": list(dict.fromkeys(self.table.source.ids))}
        return {"query": query} if query else {}
