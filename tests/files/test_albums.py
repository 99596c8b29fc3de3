"""Which files are parts of albums, told by what lies in their folders."""

from __future__ import annotations

from djtui.files import rename_plan
from djtui.library.database import Library
from tests.making import add_tracks


async def test_of_some_folders_it_is_as_of_all_and_subfolders_are_folders_of_their_own(
    library: Library,
) -> None:
    album = {"album": "Isles", "albumartist": "Bicep"}
    tracks = [
        {"path": f"{folder}/{number}.mp3", **album} for folder in ("/m/a", "/m/a/b") for number in range(4)
    ]
    tracks += [{"path": f"/m/a0/{number}.mp3", "album": f"Single {number}"} for number in range(4)]
    tracks += [{"path": "/x.mp3"}, dict(album)]
    await add_tracks(library, tracks)
    of_all = await rename_plan.albums(library)
    assert set(of_all) == {f"{folder}/{number}.mp3" for folder in ("/m/a", "/m/a/b") for number in range(4)}
    assert await rename_plan.albums(library, ["", "/m/a", "/m/a/b", "/m/a0"]) == of_all
    assert set(await rename_plan.albums(library, {"/m/a"})) == {f"/m/a/{number}.mp3" for number in range(4)}
    assert await rename_plan.albums(library, []) == {}
