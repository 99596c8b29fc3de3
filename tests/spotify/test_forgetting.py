"""Forgetting an account: what was read goes, what is the DJ's stays, and no old checkpoint lives on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from djtui.config import Settings
from djtui.jobs.job import JobError
from djtui.jobs.locks import HostLock
from djtui.jobs.requests import submit, want
from djtui.kinds import KINDS
from djtui.library.database import Library
from djtui.spotify.forgetting import forget, held

SETTINGS = replace(Settings(), spotify=replace(Settings().spotify, client_id="made-up"))


async def fill(library: Library) -> None:
    """A song that is liked, stands in a playlist and is linked to a track; its account."""
    async with library.writing() as tx:
        for statement in (
            "INSERT INTO spotify_account VALUES ('1', 'ada', 'Ada', NULL, '2026-11-21T12:00:00Z')",
            "INSERT INTO spotify_track (id, uri, kind, revision, words)"
            " VALUES (1, 'spotify:track:1', 'track', 1, '')",
            "INSERT INTO spotify_like VALUES (1, NULL, 1)",
            "INSERT INTO spotify_playlist (id, spotify_id, position, readable, generation)"
            " VALUES (1, 'p', 0, 1, 1)",
            "INSERT INTO spotify_item VALUES (1, 1, 0, 1, NULL, NULL)",
            "INSERT INTO track (id, kind, revision) VALUES (7, 'track', 1)",
            "INSERT INTO spotify_link VALUES (1, 7, 'hand', NULL, '2026-11-21T12:00:00Z')",
            "INSERT INTO spotify_change (job_id, at, kind, track_id) VALUES (1, 'now', 'liked', 1)",
        ):
            await tx.execute(statement)


async def paused_sync(library: Library) -> int:
    """A sync that was stopped halfway."""
    job = await submit(library, KINDS, "spotify-sync", {"full": False}, settings=SETTINGS)
    async with library.writing() as tx:
        await tx.execute(
            "INSERT INTO job_phase (job_id, position, name, cursor) VALUES (?, 0, 'Tracks', '{}')", (job,)
        )
    await want(library, job, "pause")
    return job


async def test_everything_of_spotify_goes_and_the_tracks_stay(library: Library) -> None:
    await fill(library)
    found = await forget(library)
    assert (found.songs, found.playlists, found.account) == (1, 1, "Ada")
    assert not (await held(library)).anything
    assert await library.fetchone("SELECT 1 FROM track WHERE id = 7") is not None


async def test_a_stopped_sync_does_not_go_on_where_nothing_is_left(library: Library) -> None:
    await fill(library)
    stopped = await paused_sync(library)
    await forget(library)
    assert await submit(library, KINDS, "spotify-sync", {"full": False}, settings=SETTINGS) != stopped


async def test_while_a_sync_is_at_work_nothing_is_forgotten(library: Library) -> None:
    await fill(library)
    job = await paused_sync(library)
    async with library.writing() as tx:
        await tx.execute("UPDATE job SET state = 'waiting' WHERE id = ?", (job,))
    async with HostLock(library.path):
        with pytest.raises(JobError, match=f"djtui jobs cancel {job}"):
            await forget(library)
    assert (await held(library)).songs == 1
    await forget(library)
    assert (await held(library)).songs == 0
