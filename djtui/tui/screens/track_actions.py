"""What can be done with tracks in the Library view: rate, edit, look at in full, go from mark to mark."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType

from djtui.tui import changing, formats, keys
from djtui.tui.screens.view import View
from djtui.tui.widgets import inspector
from djtui.tui.widgets.track_table import TrackTable

EDITED_AT_ONCE: Final = 2000


class TrackActions(View):
    """The part of the Library view that acts on the chosen tracks."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "edit", id="tracks.edit", group=keys.TRACKS,
                tooltip="Edit the texts and the rating of the marked tracks, or of this one"),
        Binding("asterisk", "rate", "rate", show=False, id="tracks.rate", group=keys.TRACKS,
                tooltip="Rate the marked tracks, or this one: * and then 0 to 5"),
        Binding("n", "next_mark(1)", "Next mark", show=False, id="tracks.next", group=keys.TRACKS,
                tooltip="Go to the next marked track; with none marked, to the next match"),
        Binding("N", "next_mark(-1)", "Previous mark", show=False, id="tracks.previous", group=keys.TRACKS,
                tooltip="Go to the marked track before, or to the match before"),
    ]  # fmt: skip

    @property
    def table(self) -> TrackTable:
        return self.query_one(TrackTable)

    def action_next_mark(self, step: int) -> None:
        table = self.table
        ids, marked = table.source.ids, table.marked
        rows = range(table.cursor_row + 1, len(ids)) if step > 0 else range(table.cursor_row - 1, -1, -1)
        row = next((row for row in rows if not marked or ids[row] in marked), None)
        if row is not None:
            table.move_cursor(row=row)
        elif marked:
            self.djtui.toasts.put("marks", "done", "There is no marked track further on.")

    def action_rate(self) -> None:
        from djtui.tui.screens.rate import RateDialog

        if chosen := self.table.chosen:
            self.djtui.push_screen(
                RateDialog(f"Rate {formats.plural(len(chosen), 'track')}"),
                lambda stars: self._rate(chosen, stars),
            )

    def _rate(self, chosen: list[int], stars: int | None) -> None:
        if stars is not None:
            self.djtui.do(changing.edit(self.djtui, chosen, {"rating": stars}))

    def action_edit(self) -> None:
        if chosen := self.table.chosen:
            self.djtui.do(self._open_editor(chosen))

    async def _open_editor(self, chosen: list[int]) -> None:
        from djtui.library import tracks
        from djtui.tui.screens.edit import EditDialog

        if len(chosen) > EDITED_AT_ONCE:
            raise changing.Refused(
                f"{len(chosen):,} tracks are too many to edit in one dialog; djtui edit does it from a shell."
            )
        found = await tracks.get_many(await self.djtui.library(), chosen)
        if not found:
            raise changing.Refused("These tracks are no longer in the library.")
        self.djtui.push_screen(
            EditDialog(list(found.values())), lambda fields: self._edit(list(found), fields)
        )

    def _edit(self, chosen: list[int], fields: dict[str, Any] | None) -> None:
        if fields:
            self.djtui.do(changing.edit(self.djtui, chosen, fields))

    def on_data_table_row_selected(self) -> None:
        """Enter on a track: all that is known of it."""
        from djtui.tui.screens.track import TrackInFull

        id = self.table.cursor_track_id
        details = inspector.read(self.djtui.reader, id) if id is not None else None
        if details:
            self.djtui.push_screen(TrackInFull(details, self.table.notation))
