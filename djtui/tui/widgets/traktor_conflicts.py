"""The conflict queue: what both sides changed since the last sync, settled with one key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from djtui.model.key import Notation
from djtui.tui import formats, keys
from djtui.tui.beside import reading
from djtui.tui.screens.traktor_facts import Facts
from djtui.tui.widgets.table_columns import TableColumn
from djtui.tui.widgets.traktor_section import IMPORT_FIRST, TableSection
from djtui.tui.widgets.traktor_table import Cells, MarkTable
from djtui.tui.widgets.traktor_values import Side, label, of_conflict

if TYPE_CHECKING:
    from djtui.traktor.conflicts import Conflict
    from djtui.traktor.conflicts import Side as Winner

NO_CONFLICTS: Final = (
    "No conflicts. What was changed here and in Traktor since the last sync, and not to the same value,\n"
    "waits here for you; all the rest goes on without it."
)
COLUMNS: Final = (  # at 80 columns, as they are; what is left over widens them
    TableColumn("track", "Track", 20, flex=3),
    TableColumn("field", "Field", 9, flex=1),
    TableColumn("base", "Last sync", 11, flex=2),
    TableColumn("library", "djtui", 12, flex=2),
    TableColumn("traktor", "Traktor", 12, flex=2),
)
_WINNERS: Final = {"library": "djtui's kept", "traktor": "Traktor's taken"}


def _key(key: str, action: str, description: str, name: str, tooltip: str) -> Binding:
    return Binding(
        key, action, description, show=False, id=f"conflicts.{name}", group=keys.TRAKTOR, tooltip=tooltip
    )


class ConflictSection(TableSection):
    """The conflicts, oldest first."""

    NAME = "conflicts"
    TITLE = "Conflicts"
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("h", "settle('library')", "Keep djtui's", "keep",
             "The marked conflicts, or this one: what djtui has stays, and waits for export"),
        _key("l", "settle('traktor')", "Take Traktor's", "take",
             "The marked conflicts, or this one: what Traktor has is taken over"),
        _key("H", "settle_field('library')", "Keep every such", "keep_field",
             "The same for every conflict of this field: what djtui has stays"),
        _key("L", "settle_field('traktor')", "Take every such", "take_field",
             "The same for every conflict of this field: what Traktor has is taken over"),
        _key("t", "settle_track('library')", "Keep all of track", "keep_track",
             "Every conflict of this track: what djtui has stays"),
        _key("T", "settle_track('traktor')", "Take all of track", "take_track",
             "Every conflict of this track: what Traktor has is taken over"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._conflicts: dict[str, Conflict] = {}
        self._settling: set[str] = set()

    def body(self) -> ComposeResult:
        yield MarkTable(COLUMNS)

    @property
    def table(self) -> MarkTable:
        return self.query_one(MarkTable)

    def badge(self, facts: Facts) -> str:
        return f"{facts.conflicts:,}" if facts.conflicts else ""

    # -- showing ----------------------------------------------------------------------------------

    async def read(self, facts: Facts) -> None:
        from djtui.traktor.conflicts import conflicts

        found = await reading(self.djtui.library_path, conflicts)
        self._conflicts = {str(conflict.id): conflict for conflict in found}
        self._show()

    def _show(self) -> None:
        notation = cast(Notation, self.djtui.settings.ui.key_notation)
        rows = {
            key: _cells(conflict, notation)
            for key, conflict in self._conflicts.items()
            if key not in self._settling
        }
        self.table.show(rows)
        self.say_title(formats.plural(len(rows), "conflict") if rows else self.TITLE)
        self.say_empty("" if rows else NO_CONFLICTS if self.facts.linked else IMPORT_FIRST)
        self.say_position()
        self.refresh_bindings()

    @property
    def conflict(self) -> Conflict | None:
        """The one under the cursor."""
        key = self.table.cursor_key
        return None if key is None else self._conflicts.get(key)

    def hints(self) -> Sequence[str]:
        if (conflict := self.conflict) is None:
            return ()
        every = f"H / L the same for every {_family(conflict)}"
        return (
            f"h keep djtui's  l take Traktor's  {every}  t / T for all of this track  u undo",
            f"h keep djtui's  l take Traktor's  {every}  u undo",
            f"h djtui's  l Traktor's  H / L every {_family(conflict)}  t / T all of track",
        )

    def position(self) -> str:
        marked = len(self.table.marked)
        return (f"{marked:,} marked · " if marked else "") + super().position()

    def on_mark_table_marks_changed(self) -> None:
        self.say_position()

    def escape(self) -> None:
        self.table.clear_marks()

    def on_data_table_row_selected(self) -> None:
        from djtui.tui.screens.traktor_dialogs import Values

        row = self.table.source.row(self.table.cursor_row)
        if (conflict := self.conflict) is not None and row is not None:
            sides = tuple(zip(("Last sync", "djtui", "Traktor"), row[-3:], strict=True))
            self.djtui.push_screen(Values(f"{conflict.subject} · {label(conflict.field)}", sides))

    # -- settling ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.conflict is not None if action.startswith("settle") else True

    def action_settle(self, take: Winner) -> None:
        self._settle(self.table.chosen, take)

    def action_settle_field(self, take: Winner) -> None:
        """All conflicts of the field of the one under the cursor."""
        self._settle(self._like(_family), take)

    def action_settle_track(self, take: Winner) -> None:
        """All conflicts of the track or playlist of the one under the cursor."""
        self._settle(self._like(lambda conflict: (conflict.track_id, conflict.playlist_id)), take)

    def _like(self, what: Callable[[Conflict], object]) -> Iterable[str]:
        here = self.conflict
        if here is None:
            return []
        return [key for key, conflict in self._conflicts.items() if what(conflict) == what(here)]

    def _settle(self, keys: Iterable[str], take: Winner) -> None:
        """Settle these. They leave the table at once, so that the next key means the next conflict."""
        chosen = [self._conflicts[key] for key in keys if key not in self._settling]
        if chosen:
            self._settling.update(str(conflict.id) for conflict in chosen)
            self._show()
            self.djtui.do(self._resolve(chosen, take))

    async def _resolve(self, chosen: Sequence[Conflict], take: Winner) -> None:
        from djtui.traktor.conflicts import resolve

        app, ids = self.djtui, [conflict.id for conflict in chosen]
        if len(ids) > 1:
            app.toasts.put("conflicts", "running", f"Settling {formats.plural(len(ids), 'conflict')}")
        try:
            done = await resolve(await app.library(), ids, take)
        finally:
            self._settling.difference_update(map(str, ids))
            app.toasts.drop("conflicts")
        open_still = {str(id) for id, _ in done.refused}
        for id in map(str, ids):
            if id not in open_still:
                self._conflicts.pop(id, None)
        self._show()
        one = chosen[0]
        what = (
            f"{label(one.field)} of {one.subject}"
            if len(ids) == 1
            else formats.plural(done.resolved, "conflict")
        )
        if done.refused:
            reason = done.refused[0][1].rstrip(".")
            said = f"{len(done.refused):,} left open, such as {label(one.field)} of {one.subject}: {reason}."
            app.toasts.put("conflicts", "error", said)
            await self.read(self.facts)
        else:
            app.toasts.put("conflicts", "done", f"{what}: {_WINNERS[take]} · u takes it back")


def _cells(conflict: Conflict, notation: Notation) -> Cells:
    sides: tuple[Side, ...] = ("base", "library", "traktor")
    return (
        "",
        conflict.subject,
        label(conflict.field),
        *(of_conflict(conflict, side, notation) for side in sides),
    )


def _family(conflict: Conflict) -> str:
    """What `every genre` means: all conflicts of a field; all cues are one."""
    return "cue" if conflict.field.startswith("cue:") else label(conflict.field)
