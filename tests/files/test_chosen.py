"""Which tracks a job about files means, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest

from djtui.files import chosen
from djtui.jobs.job import JobError
from djtui.library import tracks
from djtui.library.database import Library

PATHS = ["/m/b.mp3", "/m/a/2.mp3", None, "/m/a.mp3", "/m/a/1.mp3", "/m/z.mp3", "/m/a/b/1.mp3", "/m/ä/1.mp3"]


async def filled(path: Path) -> Library:
    library = await Library.open(path)
    async with library.writing() as tx:
        rows = [
            [
                {"path": it, "kind": "track", "cue_count": 0, "year": 2000 + number}.get(name)
                for name in tracks.GIVEN
            ]
            for number, it in enumerate(PATHS)
        ]
        await tracks.insert(tx, rows, [tracks.text_row({})] * len(rows), [()] * len(rows))
    return library


async def test_they_come_folder_by_folder_in_the_order_of_their_paths(tmp_path: Path) -> None:
    library = await filled(tmp_path / "library.db")
    try:
        found = await chosen.chosen(library, {})
        paths = [PATHS[id - 1] for id in found]
        assert paths == [
            "/m/a.mp3", "/m/b.mp3", "/m/z.mp3", "/m/a/1.mp3", "/m/a/2.mp3", "/m/a/b/1.mp3", "/m/ä/1.mp3",
        ]  # fmt: skip
        assert await chosen.count(library, {}) == len(found)
        assert list(await chosen.chosen(library, {"ids": [5, 3, 1, 99]})) == [3, 1, 5]
        assert list(await chosen.chosen(library, {"ids": []})) == []
    finally:
        await library.close()


async def test_a_filter_and_a_list_of_paths_narrow_them(tmp_path: Path) -> None:
    library = await filled(tmp_path / "library.db")
    try:
        assert list(await chosen.chosen(library, {"query": "year:2000..2001"})) == [1, 2]
        assert await chosen.count(library, {"query": "year:2000..2001"}) == 2
        assert list(await chosen.chosen(library, {"retry": ["/m/z.mp3", "/m/none.mp3"]})) == [6]
        with pytest.raises(JobError):
            await chosen.chosen(library, {"query": "year:("})
    finally:
        await library.close()
