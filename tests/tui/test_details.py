"""The track under the cursor: what waits for Traktor, what is to settle, and when it was played."""

from __future__ import annotations

from pathlib import Path

import pytest

from djtui.library import history
from djtui.library.database import connect_readonly
from djtui.tui import details
from tests.tui.conftest import Opened, another

LINKED = "INSERT INTO nml_file (id, path, role) VALUES (1, '/music/collection.nml', 'collection')"
ENTRY = "INSERT INTO nml_entry (file_id, track_id, hash, key_hash, key, cues) VALUES (1, ?, x'00', ?, ?, 0)"
CONFLICT = (
    "INSERT INTO conflict (file_id, track_id, field, base, library, traktor, found)"
    " VALUES (1, 1, ?, 'null', '\"Mine\"', '\"Theirs\"', '2026-01-01T00:00:00Z')"
)


@pytest.fixture
async def linked(path: Path) -> Path:
    """Track 1 and 2 stand in Traktor's collection; the first was edited here, played, and is in dispute."""
    async with another(path) as library:
        async with library.writing() as tx:
            await tx.execute(LINKED)
            await tx.executemany(ENTRY, [(id, id, f"C:/:{id}") for id in (1, 2)])
            await tx.execute(
                "INSERT INTO night (id, path, digest, started, plays)"
                " VALUES (1, '/night.nml', x'00', '2019-10-18T20:00:00', 2)"
            )
            await tx.executemany(
                "INSERT INTO play (night_id, position, track_id, key, at, deck, duration, public)"
                " VALUES (1, ?, 1, 'C:/:1', ?, 2, 312, ?)",
                [(0, "2019-10-18T23:11:00", 1), (1, "2019-10-17T20:00:00", 0)],
            )
        await history.edit(library, [1], {"genre": "Acid", "label": "Mine"}, "edit")
        async with library.writing() as tx:
            await tx.execute(CONFLICT, ("label",))
    return path


async def test_the_pane_says_what_waits_what_is_in_dispute_and_the_last_nights(
    linked: Path, opened: Opened
) -> None:
    async with opened(linked) as djtui:
        await djtui.sees("1 conflict (3 settles it)", "genre: edited here, not yet in Traktor")
        await djtui.sees("nights 2019-10-18")
        assert "2019-10-17" not in djtui.text
        await djtui.press("enter")
        await djtui.sees("To settle in the Traktor view (3)", "here Mine   in Traktor Theirs")
        await djtui.sees("Not yet in Traktor", "Traktor has House", "2019-10-18 23:11", "deck 2    5:12")
        await djtui.sees("only cued")


def test_a_track_that_traktor_does_not_have_is_new_there_if_its_file_is_known_to_be_there(
    linked: Path,
) -> None:
    reader = connect_readonly(linked)
    first, second, third = (details.read(reader, id) for id in (1, 2, 3))
    reader.close()
    assert first and second and third
    assert (list(first.waiting), first.new, first.conflicts) == (["genre"], False, 1)
    assert (second.waiting, second.new, second.conflicts) == ({}, False, 0)
    assert third.new
