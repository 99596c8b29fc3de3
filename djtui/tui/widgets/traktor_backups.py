"""The copies of the collection that were made before each export and restore."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from djtui.traktor.backups import Backup, BackupError, kept
from djtui.tui import changing, formats, keys
from djtui.tui.beside import beside
from djtui.tui.screens.traktor_facts import Facts
from djtui.tui.widgets.rows import Row, Rows
from djtui.tui.widgets.traktor_section import IMPORT_FIRST, Section

NO_BACKUPS: Final = "No backups yet: the collection is copied before each export."
_DAY: Final = 86_400


class BackupSection(Section):
    """The backups, newest first."""

    NAME = "backups"
    TITLE = "Backups"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "restore", "restore", id="backups.restore", group=keys.TRAKTOR,
                tooltip="Put this copy in the place of the collection; asks first"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._backups: dict[str, Backup] = {}

    def body(self) -> ComposeResult:
        yield Rows()

    @property
    def rows(self) -> Rows:
        return self.query_one(Rows)

    def badge(self, facts: Facts) -> str:
        return f"{facts.backups:,}" if facts.backups else ""

    async def read(self, facts: Facts) -> None:
        found: list[Backup] = []
        if facts.path is not None:
            try:
                found = await beside(kept, self.djtui.library_path, facts.path)
            except BackupError as error:
                raise changing.Refused(str(error)) from error
        before = await self._exports()
        self._backups = {str(backup.path): backup for backup in found}
        self.rows.show([_row(backup, before.get(str(backup.path), "")) for backup in found])
        self.rows.say(NO_BACKUPS if facts.linked else IMPORT_FIRST)
        self.say_title(formats.plural(len(found), "backup") if found else self.TITLE)
        total = sum(backup.size for backup in found)
        self.say_edge("enter restore" if found else "", size(total) if found else "")
        self.refresh_bindings()

    async def _exports(self) -> dict[str, str]:
        """What each backup was made for."""
        rows = await (await self.djtui.library()).fetchall(
            "SELECT backup, items FROM nml_export LEFT JOIN change ON change.id = change_id"
            " WHERE backup IS NOT NULL"
        )
        return {
            row["backup"]: f"before an export of {formats.plural(row['items'] or 0, 'change')}"
            for row in rows
        }

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self._backups) if action == "restore" else True

    def on_rows_selected(self) -> None:
        self.action_restore()

    def action_restore(self) -> None:
        row, linked = self.rows.row, self.facts.path
        if row is not None and linked is not None and (backup := self._backups.get(str(row.key))):
            from djtui.tui.screens.traktor_actions import restore

            self.djtui.do(restore(self.djtui, linked, backup))


def _row(backup: Backup, why: str) -> Row:
    left = (
        (f" {formats.moment(backup.at.isoformat()):<14}", ""),
        (f"{backup.at.astimezone():%Y-%m-%d %H:%M:%S}   ", "$quiet"),
        (why, "$quiet"),
    )
    return Row(str(backup.path), left, ((size(backup.size), ""),))


def size(count: int) -> str:
    """A number of bytes: "171.1 MB", "12 kB"."""
    return f"{count / 1e6:,.1f} MB" if count >= 1e6 else f"{count / 1e3:,.0f} kB"
