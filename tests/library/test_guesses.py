"""What tags and analyses filled in is known apart from what somebody decided."""

from __future__ import annotations

from djtui.library.database import Library
from djtui.library.guesses import guesses
from tests.making import add_tracks


async def test_tags_the_day_of_the_scan_and_the_analysis_are_guesses(library: Library) -> None:
    async with library.writing() as tx:
        await tx.execute(
            "INSERT INTO job (id, key, kind, title, params, state, created)"
            " VALUES (4, 'scan:/m', 'scan', 'Scan', '{}', 'succeeded', '2026')"
        )
    await add_tracks(library, [{"path": "/m/a.mp3", "added": "2026-01-02"}], job_id=4)
    await add_tracks(library, [{"path": "/m/b.mp3", "added": "2019-01-02"}])
    async with library.writing() as tx:
        await tx.execute(
            "INSERT INTO file (track_id, path, size, mtime_ns, tags, scanned)"
            """ VALUES (1, '/m/a.mp3', 1, 1, '{"title":"A","bpm":null,"duration":3.5}', '2026')"""
        )
        await tx.execute(
            "INSERT INTO analysis (track_id, version, path, heard, bpm, taken)"
            " VALUES (1, 1, '/m/a.mp3', '2026', 128.0, '[\"bpm\"]')"
        )
    assert await guesses(library, [1, 2]) == {1: {"title": "A", "added": "2026-01-02", "bpm": 128.0}}
