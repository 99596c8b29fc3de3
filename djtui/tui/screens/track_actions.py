"""What can be done with tracks in the Library view: rate, edit, set cues, look at in full, remove."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType

from djtui.tui import changing, details, formats, keys
from djtui.tui.screens.view import View
from djtui.tui.widgets.track_table import TrackTable

EDITED_AT_ONCE: Final = 2000
GONE: Final = "These tracks are no longer in the library."


class TrackActions(View):
    """The part of the Library view that acts on the chosen tracks."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "edit", id="tracks.edit", group=keys.TRACKS,
                tooltip="Edit the fields of the marked tracks, or of this one"),
        Binding("asterisk", "rate", "rate", show=False, id="tracks.rate", group=keys.TRACKS,
                tooltip="Rate the marked tracks, or this one: * and then 0 to 5"),
        Binding("number_sign", "color", "Colour", show=False, id="tracks.color", group=keys.TRACKS,
                tooltip="Colour the marked tracks, or this one: # and then the colour's first letter"),
        Binding("C", "cues", "Cues", show=False, id="tracks.cues", group=keys.TRACKS,
                tooltip="The cues of this track: name, move, add and delete them"),
        Binding("D", "remove", "Remove", show=False, id="tracks.remove", group=keys.TRACKS,
                tooltip="Remove the marked tracks, or this one, from the library; asks first, files stay"),
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

    # -- rating, colour and all other fields -------------------------------------------------------

    def action_rate(self) -> None:
        from djtui.tui.screens.rate import RateDialog

        if chosen := self.table.chosen:
            self.djtui.push_screen(
                RateDialog(f"Rate {formats.plural(len(chosen), 'track')}"),
                lambda stars: self._set(chosen, "rating", stars),
            )

    def action_color(self) -> None:
        from djtui.tui.screens.color import ColorDialog

        if chosen := self.table.chosen:
            self.djtui.push_screen(
                ColorDialog(f"Colour {formats.plural(len(chosen), 'track')}"),
                lambda color: self._set(chosen, "color", color),
            )

    def _set(self, chosen: list[int], field: str, value: int | None) -> None:
        if value is not None:
            self._edit(chosen, {field: value})

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
            raise changing.Refused(GONE)
        self.djtui.push_screen(
            EditDialog(list(found.values()), self.table.notation),
            lambda fields: self._edit(list(found), fields),
        )

    def _edit(self, chosen: list[int], fields: dict[str, Any] | None) -> None:
        if fields:
            self.djtui.do(changing.edit(self.djtui, chosen, fields))

    # -- one track ---------------------------------------------------------------------------------

    def action_cues(self) -> None:
        if (id := self.table.cursor_track_id) is not None:
            self.djtui.do(self._open_cues(id))

    async def _open_cues(self, id: int) -> None:
        from djtui.library import tracks
        from djtui.tui.screens.cues import CuesDialog

        image = (await tracks.images(await self.djtui.library(), [id], cues=True)).get(id)
        if image is None:
            raise changing.Refused(GONE)
        self.djtui.push_screen(CuesDialog(image))

    def on_data_table_row_selected(self) -> None:
        """Enter on a track: all that is known of it."""
        if (id := self.table.cursor_track_id) is not None:
            self.djtui.do(self._open_in_full(id))

    async def _open_in_full(self, id: int) -> None:
        from djtui.tui.screens.track import TrackInFull, more_of

        known = details.read(self.djtui.reader, id)
        if known is not None:
            more = await more_of(await self.djtui.library(), known)
            self.djtui.push_screen(TrackInFull(known, more, self.table.notation))

    # -- away with them ----------------------------------------------------------------------------

    def action_remove(self) -> None:
        if chosen := self.table.chosen:
            self.djtui.do(self._remove(chosen))

    async def _remove(self, chosen: list[int]) -> None:
        if await changing.remove_tracks(self.djtui, chosen):
            self.table.clear_marks()
