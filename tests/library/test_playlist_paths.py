"""A playlist is named by the way to it, or by its number."""

from __future__ import annotations

import pytest

from djtui.library import playlists
from djtui.library.database import Library
from djtui.library.playlist_paths import split
from djtui.library.playlists import PlaylistError
from tests.library.test_playlists import a_tree


async def test_a_playlist_is_found_by_its_path_or_its_number(library: Library) -> None:
    ids = await a_tree(library)
    await playlists.create(library, "AC/DC", parent=ids["Gigs"])
    found = await playlists.all_playlists(library)
    assert playlists.find(found, "Gigs/Friday").id == ids["Friday"]
    assert playlists.find(found, f"id:{ids['Gigs']}").name == "Gigs"
    assert playlists.find(found, "Gigs/AC//DC").name == "AC/DC"
    with pytest.raises(PlaylistError, match="Did you mean Gigs/Friday"):
        playlists.find(found, "Gigs/Fryday")
    with pytest.raises(PlaylistError, match="number 99"):
        playlists.find(found, "id:99")


async def test_a_path_of_several_wants_a_number(library: Library) -> None:
    await playlists.create(library, "Friday")
    await playlists.create(library, "Friday", "folder")
    with pytest.raises(PlaylistError, match=r"playlist id:1, folder id:2"):
        playlists.find(await playlists.all_playlists(library), "Friday")


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("Friday", (None, "Friday")),
        ("Gigs/2026/Friday", ("Gigs/2026", "Friday")),
        ("Gigs/AC//DC", ("Gigs", "AC/DC")),
        ("AC//DC/Best", ("AC//DC", "Best")),
        ("/Friday", (None, "Friday")),
    ],
)
def test_a_path_is_a_folder_and_a_name(path: str, parts: tuple[str | None, str]) -> None:
    assert split(path) == parts
