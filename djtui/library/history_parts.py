"""The items of a change, by key: which of them are taken back, and which kinds go back only as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from djtui.library.database import Reader

Key = tuple[str, int]
"""An item of a change: ("fields" | "file", a track's id) or ("track" | "playlist" | "conflict", its id)."""

Chosen = Callable[[Key], bool]
"""Whether an item is meant."""

WHOLE: Final[Mapping[str, str]] = {
    "merge": "A merge is undone as a whole: its tracks share playlists and cues.",
    "export": "An export is undone as a whole: the collection is one file, and its backup takes its place.",
    "restore": "A restore is undone as a whole: the collection is one file.",
    "route": "A run of routing is undone as a whole: its playlists are looked at one by one as it goes.",
    "resolve": "Settled conflicts are opened again together, each with the field that was set with it.",
}
"""The kinds of change of which no single items are taken back, and why."""

NOT_REDONE: Final[Mapping[str, str]] = {
    "import": "An undone import is not redone from the history: import the collection again.",
    "scan": "An undone scan is not redone from the history: scan the folder again.",
    "merge": "An undone merge is not redone from the history: merge the duplicates again.",
    "export": "An undone export is not redone from the history: export again, all of it waits.",
    "restore": "An undone restore is not redone from the history: restore the backup again.",
    "route": "An undone run of routing is not redone from the history: apply the routing again.",
    "relocate": "A relocation is not redone from the history: relocate again.",
}
"""The kinds of change that are not done again from the history, and what to do instead."""

_REVERSED: Final = """
SELECT 'fields' AS what, track_id AS id, kind, max(change.id) FROM change
JOIN change_item AS item ON item.change_id = change.id WHERE change.undoes = ?1 GROUP BY track_id
UNION ALL
SELECT what, row_id, kind, max(change.id) FROM change
JOIN change_row AS item ON item.change_id = change.id WHERE change.undoes = ?1 GROUP BY what, row_id
"""
_ITEMS: Final = """
SELECT (SELECT count(*) FROM change_item WHERE change_id = ?1)
     + (SELECT count(*) FROM change_row WHERE change_id = ?1) AS items
"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an undo leaves alone, and why. `key` names the item, where it is one."""

    item: str
    reason: str
    key: Key | None = None


@dataclass(slots=True)
class Outlook:
    """What an undo or redo would do: so many items go, the `refused` stay. `why`: why nothing can be done."""

    can: int = 0
    refused: list[Refusal] = field(default_factory=list)
    why: str | None = None

    def refuse(self, item: str, reason: str, key: Key | None = None) -> None:
        self.refused.append(Refusal(item, reason, key))

    def sentence(self, noun: str = "track", *, redo: bool = False) -> str:
        """ "806 of 812 files can be undone; 6 stay: it was renamed again since." """
        if self.why is not None:
            return self.why
        word = "done again" if redo else "undone"
        if not self.refused:
            return f"{_plural(self.can, noun).capitalize()} can be {word}." if self.can else ""
        reasons = Counter(refusal.reason.rstrip(".") for refusal in self.refused).most_common()
        said = "; ".join(
            _lower(reason) if len(reasons) == 1 else f"{_lower(reason)} ({count:,})"
            for reason, count in reasons[:_REASONS]
        )
        more = " and other reasons" if len(reasons) > _REASONS else ""
        if not self.can:
            return f"Nothing of it can be {word} now: {said}{more}."
        total = self.can + len(self.refused)
        stay = f"{len(self.refused):,} {'stays' if len(self.refused) == 1 else 'stay'}"
        return f"{self.can:,} of {_plural(total, noun)} can be {word}; {stay}: {said}{more}."


_REASONS: Final = 3


def only_these(keys: Collection[Key] | None, but: Collection[Key] = ()) -> Chosen:
    """Whether an item is one of these (None: any), and none of the others."""
    return lambda key: (keys is None or key in keys) and key not in but


ALL: Final[Chosen] = only_these(None)


async def taken_back(reader: Reader, change_id: int) -> set[Key]:
    """The items of a change in the library that an undo has taken back, and no redo has done again."""
    rows = await reader.fetchall(_REVERSED, (change_id,))
    return {(row["what"], row["id"]) for row in rows if row["kind"] == "undo"}


async def items_of(reader: Reader, change_id: int) -> int:
    """How many items of a change stand in the library."""
    row = await reader.fetchone(_ITEMS, (change_id,))
    return int(row["items"]) if row is not None else 0


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _lower(reason: str) -> str:
    return reason[:1].lower() + reason[1:]
