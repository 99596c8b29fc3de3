"""Songs are linked by a job, again only when something changed, and never against the DJ's word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from djtui.bridge.matching import Matching, link, matching_job
from djtui.config import Settings
from djtui.jobs.job import Batch, Context
from djtui.library import tracks
from djtui.library.database import Library

SONGS = (
    ("Glue", "Bicep", 270.0),
    ("Opal - Four Tet Remix", "Bicep, Four Tet", 458.0),
    ("Atlas", "Bicep", 210.0),
)


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    library = await Library.open(tmp_path / "library.db")
    async with library.writing() as tx:
        await tx.insert(
            "track",
            ("id", "revision", "title", "artist", "mix", "duration"),
            [
                (7, 1, "Glue", "Bicep", None, 269.5),
                (8, 1, "Opal", "Bicep", "Four Tet Remix", 458.2),
                (9, 1, "Atlas (Extended Mix)", "Bicep", None, 400.0),
            ],
        )
        await tx.insert(
            "spotify_track",
            ("id", "uri", "kind", "revision", "words", "title", "artist", "duration"),
            [(id, f"spotify:track:{id}", "track", 1, "", *song) for id, song in enumerate(SONGS, 1)],
        )
    yield library
    await library.close()


async def matched(library: Library, *, again: bool = False) -> tuple[dict[int, tuple[int | None, str]], int]:
    """The links after a matching, and how many batches that took."""
    phase = Matching(again=again)
    batches = 0
    async for step in phase.work(None, Context(0, library, Settings())):
        assert isinstance(step, Batch)
        async with library.writing() as tx:
            await step.store(tx)
        batches += 1
    rows = await library.fetchall("SELECT song_id, track_id, how FROM spotify_link ORDER BY song_id")
    return {row["song_id"]: (row["track_id"], row["how"]) for row in rows}, batches


async def test_what_is_certain_is_linked_and_what_is_not_is_a_doubt(library: Library) -> None:
    links, _ = await matched(library)
    assert links == {1: (7, "exact"), 2: (8, "exact")}
    doubts = await library.fetchall("SELECT song_id, track_id FROM spotify_doubt")
    assert [tuple(row) for row in doubts] == [(3, 9)]


async def test_nothing_is_looked_at_while_nothing_changed(library: Library) -> None:
    await matched(library)
    assert (await matched(library))[1] == 0
    assert (await matched(library, again=True))[1] > 0
    async with library.writing() as tx:
        await tracks.update(tx, {9: {"title": "Atlas", "duration": 210.5}})
    assert (await matched(library))[0][3] == (9, "exact")
    assert await library.fetchall("SELECT * FROM spotify_doubt") == []


async def test_what_the_dj_said_stays(library: Library) -> None:
    async with library.writing() as tx:
        await link(tx, 1, None)
        await link(tx, 3, 9)
    links, _ = await matched(library, again=True)
    assert links == {1: (None, "hand"), 2: (8, "exact"), 3: (9, "hand")}


async def test_a_link_goes_when_its_track_is_another_one_now(library: Library) -> None:
    await matched(library)
    async with library.writing() as tx:
        await tracks.update(tx, {7: {"title": "Something else"}})
    assert 1 not in (await matched(library))[0]


async def test_the_job_says_what_came_of_it(library: Library) -> None:
    job = matching_job({}, Settings())
    async for step in job.phases[0].work(None, Context(0, library, Settings())):
        assert isinstance(step, Batch)
        async with library.writing() as tx:
            await step.store(tx)
    assert job.result() == {"linked": 2, "doubtful": 1, "unknown": 0}
