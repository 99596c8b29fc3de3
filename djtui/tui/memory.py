"""Where the DJ was when the screen closed, so that the next start goes on there."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from djtui.library.database import Library

_NAME = "library"


@dataclass(slots=True)
class Memory:
    """The state of the Library view.

    `top` holds the ids that stood on the screen, for the first paint; `row` is the row of the first of them.
    `into` is the playlist that tracks were added to last, 0 for none; `tags` are the fields that were last
    written into files.
    """

    scope: str = "all"
    filter: str = ""
    sort: str = ""
    reverse: bool = False
    list_sort: str = ""
    list_reverse: bool = False
    track: int | None = None
    row: int = 0
    count: int = 0
    top: list[int] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    inspector: bool = True
    into: int = 0
    tags: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, connection: sqlite3.Connection) -> Self:
        """What was remembered; what cannot be understood is forgotten."""
        row = connection.execute("SELECT value FROM ui_state WHERE name = ?", (_NAME,)).fetchone()
        stored: Any = json.loads(row["value"]) if row else {}
        known = {item.name: type(getattr(cls(), item.name)) for item in fields(cls)}
        fitting = {
            name: value
            for name, value in (stored.items() if isinstance(stored, dict) else ())
            if name in known and (isinstance(value, known[name]) or name == "track")
        }
        return cls(**fitting)

    async def write(self, library: Library) -> None:
        """Remember. Raises `LibraryError`."""
        async with library.writing() as tx:
            await tx.execute(
                "INSERT OR REPLACE INTO ui_state VALUES (?, ?)", (_NAME, json.dumps(asdict(self)))
            )
