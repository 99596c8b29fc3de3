"""The dialog behind w: which fields go into which files, how, and what that would change in the first."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from djtui.config import FilesSettings
from djtui.tui import environment, formats
from djtui.tui.formats import Part
from djtui.tui.screens.dialog import Dialog
from djtui.tui.screens.tags_fields import FIELDS, TagFields, label, shown
from djtui.tui.widgets.rows import Row, Rows

if TYPE_CHECKING:
    from djtui.files.tagging import Difference

PREVIEWED: Final = 100
REST_S: Final = 0.15

_NONE_CHOSEN: Final = "Nothing is written that you do not choose: press the keys of the fields."
_KEPT: Final = "What is unknown here, and all else in the files, stays as it is. u takes it back afterwards."
_OPTIONS: Final[Mapping[str, Mapping[Any, str]]] = {
    "notation": {"camelot": "8A", "musical": "Am", "open": "1m"},
    "mtime": {"keep": "kept", "now": "now"},
    "id3_version": {3: "ID3v2.3", 4: "ID3v2.4"},
}


@dataclass(frozen=True, slots=True)
class Which:
    """Some tracks: what they are, and the parameters that mean them."""

    text: str
    params: Mapping[str, Any]


class TagsDialog(Dialog[dict[str, Any]]):
    """Answers the parameters of the job."""

    HINTS = "enter write · tab which tracks · n m v how · esc leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "next_tracks", "Which tracks", show=False),
        Binding("n", "turn('notation')", "Key notation", show=False),
        Binding("m", "turn('mtime')", "Date of the files", show=False),
        Binding("v", "turn('id3_version')", "ID3 version", show=False),
        Binding("q", "leave", show=False),
    ]

    def __init__(self, tracks: Sequence[Which], settings: FilesSettings, fields: Sequence[str]) -> None:
        """`fields`: those that are chosen from the start."""
        super().__init__("Write tags", wide=True)
        self._tracks = tracks
        self._at = 0
        self._counts: dict[int, int] = {}
        self._how: dict[str, Any] = {
            "notation": settings.tag_keys,
            "mtime": settings.tag_mtime,
            "id3_version": settings.id3_version,
        }
        self._chosen = [field for field in FIELDS if field in fields]

    def body(self) -> ComposeResult:
        yield Static("", id="which")
        yield TagFields(self._chosen)
        yield Static("", id="how")
        yield Static("", id="sum")
        yield Rows(id="differences")
        yield Static(Content(_KEPT), id="kept")

    def on_mount(self) -> None:
        self.query_one(Rows).focus()
        self._show()
        self._preview_soon()

    # -- showing ----------------------------------------------------------------------------------

    def _show(self) -> None:
        files = self._counts.get(self._at)
        counted = "…" if files is None else formats.plural(files, "track")
        more = [("   tab others", "$quiet")] if len(self._tracks) > 1 else []
        self._put("#which", [(self._tracks[self._at].text, "bold"), (f"   {counted}", "$accent"), *more])
        how = {name: _OPTIONS[name][value] for name, value in self._how.items()}
        said = (
            f"n keys as {how['notation']}   m date of files: {how['mtime']}   "
            f"v {how['id3_version']} if no tag yet"
        )
        self._put("#how", [(said, "$quiet")])
        self.query_one(TagFields).choose(self._chosen)

    def _put(self, where: str, parts: Sequence[Part]) -> None:
        self.query_one(where, Static).update(formats.content(parts))

    # -- what would change ------------------------------------------------------------------------

    @property
    def _params(self) -> dict[str, Any]:
        return {**self._tracks[self._at].params, "fields": self._chosen, **self._how}

    def _preview_soon(self) -> None:
        self.run_worker(self._preview(), group="preview", exclusive=True, exit_on_error=False)

    async def _preview(self) -> None:
        await asyncio.sleep(REST_S)  # keys that come in a row are one question
        await environment.loaded("djtui.files.tagging")
        from djtui.files import chosen, tagging
        from djtui.jobs.job import JobError

        library, params = await self.djtui.library(), self._params
        rows = self.query_one(Rows)
        try:
            if self._at not in self._counts:
                self._counts[self._at] = len(await chosen.chosen(library, params))
                self._show()
            found = await tagging.preview(library, params, PREVIEWED) if params["fields"] else []
        except JobError as error:
            rows.show([])
            self._put("#sum", [(str(error), "$error")])
            return
        if not self.is_attached:
            return
        self._put("#sum", [(self._sum(len(found)), "" if self._chosen else "$warning")])
        rows.show([_row(each) for each in found])

    def _sum(self, changed: int) -> str:
        if not self._chosen:
            return _NONE_CHOSEN
        files = self._counts[self._at]
        seen = f"the first {PREVIEWED}" if files > PREVIEWED else f"{files:,}"
        return f"{changed} of {seen} would change{':' if changed else '.'}"

    # -- choosing ---------------------------------------------------------------------------------

    async def on_key(self, event: events.Key) -> None:
        """The fields' keys come before those of the list."""
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self._write()
        elif (field := _FIELD_OF.get(event.character or "")) is not None:
            event.stop()
            event.prevent_default()
            self._toggle(field)

    def on_tag_fields_clicked(self, message: TagFields.Clicked) -> None:
        self._toggle(message.field)

    def _toggle(self, field: str) -> None:
        self._chosen = [name for name in FIELDS if (name in self._chosen) != (name == field)]
        self._show()
        self._preview_soon()

    def action_next_tracks(self) -> None:
        self._at = (self._at + 1) % len(self._tracks)
        self._show()
        self._preview_soon()

    def action_turn(self, name: str) -> None:
        """The next way in which something is written."""
        values = list(_OPTIONS[name])
        self._how[name] = values[(values.index(self._how[name]) + 1) % len(values)]
        self._show()
        self._preview_soon()

    def _write(self) -> None:
        if not self._chosen:
            self._put("#sum", [(_NONE_CHOSEN, "$error")])
        elif self._counts.get(self._at) == 0:
            self._put("#sum", [("There is no track to write to.", "$error")])
        else:
            self.dismiss(self._params)


_FIELD_OF: Final = {key: field for field, key in FIELDS.items()}


def _row(each: Difference) -> Row:
    left: list[Part] = [(f" {Path(each.path).name}", "")]
    for field, (was, now) in each.fields.items():
        left += [("  ", ""), (f"{label(field)} ", "$quiet"), (shown(field, was), "$quiet")]
        left += [(" → ", "$quiet"), (shown(field, now), "$accent")]
    return Row(each.track_id, left)
