"""Removing what was read of Spotify from a library, so that another account may be read into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from djtui.jobs import records
from djtui.jobs.job import JobError
from djtui.jobs.locks import host_is_free
from djtui.library.database import Library, Tx

_TABLES: Final = (  # rows before what they point at
    "spotify_change",
    "spotify_play",
    "spotify_link",
    "spotify_item",
    "spotify_playlist",
    "spotify_like",
    "spotify_track_artist",
    "spotify_track",
    "spotify_album",
    "spotify_artist",
    "spotify_fact",
    "spotify_account",
)
_AT_REST: Final = ("queued", "paused", "interrupted", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Held:
    """How much of Spotify a library holds."""

    songs: int
    playlists: int
    account: str | None  # the name of whom it is of

    @property
    def anything(self) -> bool:
        """Whether there is something to forget."""
        return bool(self.songs or self.playlists or self.account)


async def held(library: Library) -> Held:
    """How much there is."""
    row = await library.fetchone(
        "SELECT (SELECT count(*) FROM spotify_track), (SELECT count(*) FROM spotify_playlist),"
        " (SELECT coalesce(name, user_id, id) FROM spotify_account ORDER BY seen DESC LIMIT 1)"
    )
    assert row is not None
    return Held(*row)


async def forget(library: Library) -> Held:
    """Remove songs, artists, albums, playlists, their links to tracks, and the account; returns how much.

    The tracks of the library, and playlists at Spotify, stay as they are. Unfinished syncs end: their
    checkpoints would skip what is gone now. Raises `JobError` while one is at work.
    """
    async with library.writing() as tx:
        await _end_syncs(library, tx)
        found = await held(library)
        for table in _TABLES:
            await tx.execute(f"DELETE FROM {table}")
        await tx.touch("spotify")
    return found


async def _end_syncs(library: Library, tx: Tx) -> None:
    free = host_is_free(library.path)
    rows = await tx.fetchall(
        "SELECT id, title, state FROM job WHERE kind LIKE 'spotify-%' AND state != 'succeeded'"
    )
    for row in rows:
        if row["state"] not in _AT_REST and not free:
            raise JobError(
                f"{row['title']} is at work: cancel it first, with `djtui jobs cancel {row['id']}`."
            )
        if row["state"] not in ("failed", "cancelled"):
            await records.end(tx, row["id"], "cancelled", message="What it had read was removed.")
        await tx.execute("DELETE FROM job_phase WHERE job_id = ?", (row["id"],))
