"""Files that were renamed, and that Traktor does not know by their new names yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from djtui.tui.widgets.traktor_values import apart, changes
from tests.tui.conftest import Opened, another
from tests.tui.test_details import ENTRY, LINKED

MOVED = "UPDATE nml_entry SET moved = 'C:/:Music/:New/:Opal.mp3', key = 'C:/:Music/:01.mp3' WHERE id = 1"


@pytest.fixture
async def renamed(path: Path) -> Path:
    """Track 1 was renamed, track 2 not."""
    async with another(path) as library, library.writing() as tx:
        await tx.execute(LINKED)
        await tx.executemany(ENTRY, [(id, id, f"C:/:{id}") for id in (1, 2)])
        await tx.execute(MOVED)
    return path


async def test_the_status_line_counts_them_until_traktor_knows(renamed: Path, opened: Opened) -> None:
    async with opened(renamed) as djtui:
        await djtui.sees("Traktor does not know 1 new name yet")
        async with another(renamed) as library, library.writing() as tx:
            await tx.execute("UPDATE nml_entry SET moved = NULL")
            await tx.execute("UPDATE meta SET value = value + 1 WHERE name = 'revision'")
        await djtui.until(lambda: "does not know" not in djtui.text)


async def test_at_80x24_it_is_seen_beside_the_count_of_changes(renamed: Path, opened: Opened) -> None:
    async with opened(renamed, size=(80, 24)) as djtui:
        await djtui.sees("↑293 · Traktor does not know 1 new name yet", " 1/300")


async def test_the_pane_and_the_track_in_full_say_that_the_name_waits(renamed: Path, opened: Opened) -> None:
    async with opened(renamed) as djtui:
        await djtui.sees("name: renamed here, not yet in Traktor")
        await djtui.press("enter")
        await djtui.sees("Not yet in Traktor", "Traktor has C:/Music/01.mp3")


async def test_the_names_are_among_what_waits_in_the_traktor_view(renamed: Path, opened: Opened) -> None:
    async with opened(renamed) as djtui:
        await djtui.press("3")
        await djtui.sees("name", "01.mp3", "New/Opal.mp3")


def test_of_two_paths_only_what_differs_is_shown() -> None:
    assert apart("C:/Music/a.mp3", "C:/Music/b.mp3") == ("a.mp3", "b.mp3")
    assert apart("C:/Music/House/a.mp3", "C:/Music/Acid/a.mp3") == ("House/a.mp3", "Acid/a.mp3")
    assert changes({"path": ("D:/a.mp3", "C:/a.mp3")}, "camelot") == [
        ("path", "name", "D:/a.mp3", "C:/a.mp3")
    ]
