"""What waits for export, as a diff: what Traktor's file says, and what it is to say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from djtui.library.database import Reader
from djtui.model.key import Notation
from djtui.tui import formats, keys
from djtui.tui.beside import reading
from djtui.tui.screens.traktor_facts import Facts
from djtui.tui.widgets.table_columns import TableColumn
from djtui.tui.widgets.traktor_section import IMPORT_FIRST, TableSection
from djtui.tui.widgets.traktor_table import Cells, ListTable
from djtui.tui.widgets.traktor_values import NOTHING, changes

IN_STEP: Final = (
    "Nothing waits for export: Traktor's collection has all that the library has.\n"
    "What you edit, add or put into playlists here appears as a line, and x writes it there."
)
COLUMNS: Final = (  # at 80 columns, as they are; what is left over widens them
    TableColumn("sign", "", 1),
    TableColumn("track", "Track", 24, flex=3),
    TableColumn("field", "Field", 9, flex=1),
    TableColumn("old", "In Traktor", 15, flex=2),
    TableColumn("arrow", "", 1),
    TableColumn("new", "djtui", 16, flex=2),
)
ARROW: Final = "→"
NEW, GONE, CHANGED = "+", "-", ""


class PendingSection(TableSection):
    """The diff. `x` arms it: then enter writes it, and before that nothing is written."""

    NAME = "pending"
    TITLE = "Pending"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "disarm", "not yet", id="pending.disarm", group=keys.TRAKTOR,
                tooltip="Do not export yet"),
    ]  # fmt: skip

    class Confirmed(Message):
        """The DJ has seen what will be written, and wants it."""

    def __init__(self) -> None:
        super().__init__()
        self.armed = False

    def body(self) -> ComposeResult:
        yield ListTable(COLUMNS)

    def badge(self, facts: Facts) -> str:
        return f"{facts.waiting:,}" if facts.waiting else ""

    async def read(self, facts: Facts) -> None:
        rows: dict[str, Cells] = {}
        if facts.linked is not None:
            file_id, _ = facts.linked
            notation = cast(Notation, self.djtui.settings.ui.key_notation)
            rows = await reading(self.djtui.library_path, lambda reader: diff(reader, file_id, notation))
        self.table.show(rows)
        self.say_empty("" if rows else IMPORT_FIRST if facts.linked is None else IN_STEP)
        if not rows:
            self.armed = False
        self._say()

    def arm(self) -> None:
        """Ask whether what is shown shall be written."""
        self.armed = True
        self._say()

    def leave(self) -> None:
        if self.armed:
            self.action_disarm()

    def action_disarm(self) -> None:
        self.armed = False
        self._say()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.armed if action == "disarm" else True

    def _say(self) -> None:
        waiting = formats.plural(self.facts.waiting, "change")
        name = self.facts.path.name if self.facts.path else ""
        self.set_class(self.armed, "-armed")
        if self.armed:
            self.say_title(f"Write {waiting} into {name}?")
        else:
            self.say_title(f"{waiting} for Traktor" if self.facts.waiting else self.TITLE)
        self.say_position()
        self.refresh_bindings()

    def hints(self) -> Sequence[str]:
        if self.armed:
            return ("enter writes it  esc not yet",)
        return ("x export  enter in full",) if self.table.row_count else ()

    def on_data_table_row_selected(self) -> None:
        if self.armed:
            self.action_disarm()
            self.post_message(self.Confirmed())
        elif (row := self.table.source.row(self.table.cursor_row)) is not None:
            from djtui.tui.screens.traktor_dialogs import Values

            _, track, field, old, _, new = row
            self.djtui.push_screen(Values(f"{track} · {field}", (("In Traktor", old), ("djtui", new))))


async def diff(reader: Reader, file_id: int, notation: Notation) -> dict[str, Cells]:
    """The rows of the table by key: edited fields, playlists, then what comes and goes."""
    from djtui.traktor import pending

    role = await reader.fetchone("SELECT role FROM nml_file WHERE id = ?", (file_id,))
    whole = role is not None and role["role"] == "collection"
    waiting = await pending.waiting(reader, file_id, whole=whole)
    names = await _names(reader, [*(edit.track_id for edit in waiting.edits), *waiting.new])
    rows: dict[str, Cells] = {}
    for edit in waiting.edits:
        for field, label, old, new in changes(edit.fields, notation):
            name = names.get(edit.track_id, edit.name)
            rows[f"{edit.entry_id}:{field}"] = (CHANGED, name, label, old, ARROW, new)
    tree = await pending.tree(reader, file_id, None, whole=whole) if await _edited(reader, file_id) else None
    for change in pending.tree_changes(tree) if tree is not None else ():
        sign = {"new": NEW, "deleted": GONE}.get(change.what.partition(",")[0], CHANGED)
        rows[f"playlist:{change.path}:{change.what}"] = (
            sign,
            change.path,
            "playlist",
            "",
            ARROW,
            change.what,
        )
    for row in waiting.removed:
        rows[f"removed:{row.id}"] = (GONE, _file(row.key), "track", "there", ARROW, "removed")
    for id in waiting.new:
        rows[f"new:{id}"] = (NEW, names.get(id, ""), "track", NOTHING, ARROW, "new")
    return rows


async def _edited(reader: Reader, file_id: int) -> bool:
    """Whether any playlist was changed or deleted here."""
    row = await reader.fetchone(
        "SELECT EXISTS (SELECT 1 FROM playlist WHERE edited)"
        " OR EXISTS (SELECT 1 FROM nml_node WHERE file_id = ? AND playlist_id IS NULL)",
        (file_id,),
    )
    return row is not None and bool(row[0])


def _file(key: str) -> str:
    """The name of the file of an entry, as people write it."""
    return key.rpartition("/:")[2].replace("//", "/")


async def _names(reader: Reader, ids: Sequence[int]) -> dict[int, str]:
    """Tracks by id as the conflicts call them: title and artist, else the name of the file."""
    from djtui.traktor.journal import parts

    names: dict[int, str] = {}
    for part in parts(ids):
        marks = ", ".join("?" * len(part))
        rows = await reader.fetchall(
            f"SELECT id, title, artist, location FROM track WHERE id IN ({marks})", part
        )
        for row in rows:
            named = " - ".join(text for text in (row["title"], row["artist"]) if text)
            names[row["id"]] = named or (row["location"] or "").rpartition("/")[2]
    return names
