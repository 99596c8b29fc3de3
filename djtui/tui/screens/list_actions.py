"""Tracks and playlists in the Library view: add tracks to one, take them out, put them in order."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.binding import Binding, BindingType

from djtui.tui import changing, formats, in_list, keys
from djtui.tui.asking import NATURAL, Question
from djtui.tui.changing import Refused
from djtui.tui.screens.analysis_actions import AnalysisActions
from djtui.tui.steps import Steps
from djtui.tui.widgets.track_table import TrackTable

if TYPE_CHECKING:
    from djtui.library.playlists import Item
    from djtui.tui.screens.list_picker import NewList

NO_LIST: Final = "Only a playlist can be put in order and thinned out: c goes to the playlists."
OWN_ORDER: Final = (
    "Tracks move in the playlist's own order: s and enter show it (O makes it the one you see), "
    "Esc clears the filter."
)
NOT_HERE: Final = "None of the marked tracks is in this playlist."


class ListActions(AnalysisActions):
    """The part of the Library view that works on the playlist that is shown, and adds to others."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("A", "add_to_list", "Add to playlist", show=False, id="lists.add", group=keys.LISTS,
                tooltip="Add the marked tracks, or this one, to a playlist; a name that is new makes one"),
        Binding("full_stop", "add_again", "Add again", show=False, id="lists.again", group=keys.LISTS,
                tooltip="Add the marked tracks, or this one, to the same playlist as last time"),
        Binding("x,delete", "take_out", "Take out", show=False, id="lists.take_out", group=keys.LISTS,
                tooltip="Take the marked tracks, or this one, out of the playlist that is shown"),
        Binding("J,alt+down", "shift(1)", "Move down", show=False, id="lists.down", group=keys.LISTS,
                tooltip="Move the marked tracks, or this one, down in the playlist"),
        Binding("K,alt+up", "shift(-1)", "Move up", show=False, id="lists.up", group=keys.LISTS,
                tooltip="Move the marked tracks, or this one, up in the playlist"),
        Binding("O", "keep_order", "Keep this order", show=False, id="lists.order", group=keys.LISTS,
                tooltip="Give the playlist the order that it is sorted in now"),
    ]  # fmt: skip

    question: Question

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._steps = Steps(self._shift)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "take_out":  # never a track that the cursor is not seen on
            return isinstance(self.focused, TrackTable)
        return super().check_action(action, parameters)

    # -- into a playlist ---------------------------------------------------------------------------

    def action_add_to_list(self) -> None:
        if chosen := self.table.chosen:
            self.djtui.do(self._pick_list(chosen))

    async def _pick_list(self, tracks: list[int]) -> None:
        from djtui.library import playlists
        from djtui.tui.screens.list_picker import ListPicker, chosen

        found = await playlists.all_playlists(await self.djtui.library())
        title = f"Add {formats.plural(len(tracks), 'track')} to a playlist"
        answer = await self.djtui.push_screen_wait(ListPicker(title, found, self.djtui.memory.into))
        if answer is not None:
            await self._add(tracks, chosen(answer, found))

    async def _add(self, tracks: list[int], into: int | NewList) -> None:
        from djtui.tui import list_changes

        if isinstance(into, int):
            await list_changes.add(self.djtui, into, tracks)
        else:
            into = await list_changes.create(self.djtui, into.name, parent=into.parent, track_ids=tracks)
        self.djtui.memory.into = into

    def action_add_again(self) -> None:
        if chosen := self.table.chosen:
            self.djtui.do(self._add_again(chosen))

    async def _add_again(self, chosen: list[int]) -> None:
        last = self.djtui.memory.into
        library = await self.djtui.library()
        row = await library.fetchone("SELECT 1 FROM playlist WHERE id = ? AND kind = 'list'", (last,))
        await (self._add(chosen, last) if row is not None else self._pick_list(chosen))

    # -- out of the one that is shown --------------------------------------------------------------

    @property
    def _list(self) -> int:
        """The playlist that is shown. Raises `Refused` where it is something else."""
        scope = self.question.scope
        if scope.kind != "list" or scope.id is None:
            raise Refused(NO_LIST)
        return scope.id

    @property
    def _as_it_is(self) -> bool:
        """Whether the table shows the playlist whole and in its own order."""
        question = self.question
        return question.sort == NATURAL and not question.reverse and not question.filter.strip()

    def action_take_out(self) -> None:
        self.djtui.do(self._take_out())

    async def _take_out(self) -> None:
        from djtui.library import playlists
        from djtui.tui import list_changes

        id, name = self._list, self.question.scope.name
        marked, cursor, row = self.table.marked, self.table.cursor_track_id, self.table.cursor_row
        here = in_list.occurrence(self.table.source.ids, row) if self._as_it_is and cursor else None
        items = await playlists.items(await self.djtui.library(), id)
        if marked:
            places = in_list.places_of(items, marked)
        elif here is not None:
            places = in_list.places(items, {here})
        else:
            places = in_list.places_of(items, {cursor} if cursor is not None else ())
            if len(places) > 1:
                raise Refused(f"It stands in {name} {len(places)} times: s and enter show which is which.")
        if marked and not places:
            raise Refused(NOT_HERE)
        if places:
            await list_changes.remove(self.djtui, id, name, places)
            self.table.clear_marks()

    # -- its order ---------------------------------------------------------------------------------

    def action_shift(self, step: int) -> None:
        self.djtui.do(self._begin_shift(step))

    async def _begin_shift(self, step: int) -> None:
        id, table = self._list, self.table
        if not self._as_it_is:
            raise Refused(OWN_ORDER)
        if table.cursor_track_id is None:
            return
        here = in_list.occurrence(table.source.ids, table.cursor_row)
        await self._steps.add((id, table.marked, here), step)

    async def _shift(self, what: tuple[int, frozenset[int], in_list.Occurrence], steps: int) -> None:
        from djtui.library import playlists

        id, marked, here = what
        library = await self.djtui.library()
        items = await playlists.items(library, id)
        places = in_list.places_of(items, marked) if marked else in_list.places(items, {here})
        if not places:
            raise Refused(NOT_HERE)
        to = in_list.target(items, places, steps)
        with changing.sentences(playlists.PlaylistError):
            await playlists.reorder(library, id, places, to)
        self._show_moved(id, items, places, to)

    def _show_moved(self, id: int, items: list[Item], places: list[int], to: int) -> None:
        """Show what was moved at once, the cursor on its track: the library's own answer comes later."""
        table = self.table
        if self.question.scope.id != id or not self._as_it_is:
            return
        ids = [track for track, _, _ in items]
        known = [place for place, track in enumerate(ids) if track is not None]
        order = [place for place in in_list.moved(len(ids), places, to) if ids[place] is not None]
        cursor = known[table.cursor_row] if table.cursor_row < len(known) else None
        table.show(array("i", [track for place in order if (track := ids[place]) is not None]))
        if cursor is not None:
            table.move_cursor(row=order.index(cursor))

    def action_keep_order(self) -> None:
        self.djtui.do(self._keep_order())

    async def _keep_order(self) -> None:
        from djtui.tui import list_changes

        id = self._list
        if self.question.filter.strip():
            raise Refused("A filter hides a part of the playlist: Esc clears it.")
        await list_changes.keep_order(self.djtui, id, self.question.scope.name, list(self.table.source.ids))
