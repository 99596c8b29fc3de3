"""What djtui remembers of Spotify beside the library: one small SQLite file that all processes share.

It belongs to the developer account, not to a library: a library restored from its backup must not forget that
Spotify said "not before tomorrow", and counting a request must not wake the screens that watch the library.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from djtui.jobs.job import JobError
from djtui.spotify.clock import WALL, Clock
from djtui.spotify.shared_file import Result, SharedFile, Work

_VERSION: Final = 1
_TABLES: Final = (
    # A service is the host that the Web API is asked at: a stand-in's quota is not Spotify's.
    # Times are seconds since 1970, UTC.
    """CREATE TABLE IF NOT EXISTS gate (
        service       TEXT PRIMARY KEY,
        tokens        REAL NOT NULL,     -- requests that may be sent at once, as of `filled`
        filled        REAL NOT NULL,
        own           INTEGER NOT NULL,  -- requests a day by the settings of who asked last; 0: no limit
        blocked_at    REAL,
        blocked_until REAL,
        blocked_kind  TEXT,              -- window | quota
        learned       INTEGER,           -- requests a day after which Spotify's quota was used up
        learned_at    REAL
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS attempt (
        service  TEXT NOT NULL,
        slot     INTEGER NOT NULL,       -- ten minutes, counted from 1970
        use      TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        PRIMARY KEY (service, slot, use)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS capability (
        client_id  TEXT NOT NULL,
        account_id TEXT NOT NULL,
        name       TEXT NOT NULL,
        value      INTEGER NOT NULL,
        tested     REAL NOT NULL,
        PRIMARY KEY (client_id, account_id, name)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS fact (
        name  TEXT PRIMARY KEY,          -- begun_anew: when the file was made in place of a damaged one
        value REAL NOT NULL
    ) WITHOUT ROWID""",
)


def state_path() -> Path:
    """Where the file lies: the user's state folder."""
    from platformdirs import user_state_path

    return user_state_path("djtui", appauthor=False) / "spotify.db"


class State:
    """The open file. Any thread may use it.

    A damaged file is moved away and begun anew, whether that is found out at opening or later: `note` then
    says so in a sentence, and the gate is careful for a day.
    """

    def __init__(self, path: Path, clock: Clock = WALL) -> None:
        self.path = path
        self.note: str | None = None
        self._clock = clock
        with self._explained():
            self._file = SharedFile(
                path,
                _TABLES,
                version=_VERSION,
                damaged_name=lambda: f"damaged-{clock.now():%Y%m%d-%H%M%S}",
                moved=self._remember,
            )

    @classmethod
    def open(cls, path: Path | None = None, *, clock: Clock = WALL) -> Self:
        """Open the file, made where it is missing. Raises `JobError` where that is impossible."""
        return cls(path or state_path(), clock)

    def close(self) -> None:
        self._file.close()

    def read(self, work: Work[Result]) -> Result:
        """What `work` reads. Raises `JobError`."""
        with self._explained():
            return self._file.read(work)

    def write(self, work: Work[Result]) -> Result:
        """Do `work` in one transaction that no other process comes between. Raises `JobError`."""
        with self._explained():
            return self._file.write(work)

    def _remember(self, connection: sqlite3.Connection, kept: Path) -> None:
        connection.execute("INSERT INTO fact VALUES ('begun_anew', ?)", (self._clock.now().timestamp(),))
        self.note = (
            f"The count of requests to Spotify was damaged and is begun anew (the old file is {kept}). "
            "For a day djtui makes half as many requests as it may."
        )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.OperationalError) as error:
            raise JobError(
                f"{self.path} cannot be used ({error}). djtui counts its requests to Spotify there and sends "
                "none without it: check that the disk has room and that you may write that folder."
            ) from error
