"""What a sync is asked for: news, but one of everything that is not done yet goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from djtui.config import Settings
from djtui.jobs import records, requests, views
from djtui.kinds import KINDS
from djtui.library.database import Library
from djtui.spotify.asking import KIND, sync_params


async def ask(library: Library, *, full: bool = False) -> int:
    params = await sync_params(library, full=full)
    return await requests.submit(library, KINDS, KIND, params, settings=Settings())


async def stop(library: Library, id: int, state: str) -> None:
    """The job ends so, with a checkpoint in its first phase."""
    async with library.writing() as tx:
        await tx.execute(
            "INSERT INTO job_phase (job_id, position, name, cursor) VALUES (?, 0, 'Tracks', '{}')", (id,)
        )
        await records.end(tx, id, state)


@pytest.mark.parametrize("state", ["paused", "interrupted", "failed"])
async def test_a_sync_of_everything_that_is_not_done_goes_on(tmp_path: Path, state: str) -> None:
    library = await Library.open(tmp_path / "library.db")
    try:
        id = await ask(library, full=True)
        await stop(library, id, state)
        assert await ask(library) == id
        assert [job.title for job in await views.jobs(library)] == ["Spotify sync of everything"]
    finally:
        await library.close()


@pytest.mark.parametrize("state", ["succeeded", "cancelled"])
async def test_after_one_that_is_done_or_given_up_news_are_read(tmp_path: Path, state: str) -> None:
    library = await Library.open(tmp_path / "library.db")
    try:
        id = await ask(library, full=True)
        await stop(library, id, state)
        assert await ask(library) != id
        assert await sync_params(library, full=False) == {"full": False}
        assert await sync_params(library, full=True) == {"full": True}
    finally:
        await library.close()
