"""One recording is recognised however it is written, and two are never taken for one."""

from __future__ import annotations

from typing import Any

import pytest

from djtui.bridge.duplicates import Shelves, find
from djtui.bridge.recording import recording
from djtui.library import playlists
from djtui.library.database import Library
from tests.making import add_tracks

OPAL: dict[str, Any] = {"title": "Opal (Four Tet Remix)", "artist": "Bicep", "duration": 458.0}


def alike(*songs: dict[str, Any]) -> list[tuple[int, ...]]:
    shelves = Shelves()
    for id, song in enumerate(songs, 1):
        fields = {"kind": "track", "mix": None, "duration": None, "isrc": None, "artist": None} | song
        kind, title, artist = fields.pop("kind"), fields.pop("title"), fields.pop("artist")
        found = recording(title, [artist], **fields)
        assert found is not None
        shelves.put(id, kind, found)
    return sorted({tuple(cluster) for cluster in (*shelves.coded(), *shelves.named())})


@pytest.mark.parametrize(
    "other",
    [
        {"title": "Opal - Four Tet Remix"},
        {"title": "OPAL", "mix": "Four Tet Rmx"},
        {"artist": "Bicep, Four Tet"},
        {"duration": 459.9},
        {"duration": 456.1},
    ],
)
def test_one_recording_written_in_two_ways(other: dict[str, Any]) -> None:
    assert len(alike(OPAL, OPAL | other)) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"title": "Opal"},
        {"artist": "Burial"},
        {"artist": None},
        {"duration": 460.1},
        {"duration": None},
        {"kind": "stem"},
    ],
)
def test_what_differs_in_version_artist_length_or_kind_is_another(other: dict[str, Any]) -> None:
    assert alike(OPAL, OPAL | other) == []


def test_unknown_artists_have_nothing_in_common() -> None:
    first = {"title": "Track 1", "artist": "Unknown Artist", "duration": 200.0}
    assert alike(first, first) == []


def test_an_isrc_counts_where_the_lengths_agree() -> None:
    code = {"isrc": "GB-AYE-17-00001", "duration": 200.0}
    one = {"title": "Glue", "artist": "Bicep"} | code
    other = {"title": "Kleber", "artist": "Zweiarm"} | code | {"isrc": "gbaye1700001"}
    assert alike(one, other) == [(1, 2)]
    assert alike(one, other | {"duration": 260.0}) == []


def test_lengths_do_not_add_up_along_a_row() -> None:
    songs = [OPAL | {"duration": 400.0 + 1.5 * step} for step in range(4)]
    assert alike(*songs) == [(1, 2), (3, 4)]


async def test_the_groups_of_a_library(library: Library) -> None:
    await add_tracks(
        library,
        [
            OPAL | {"path": "/m/opal.mp3", "format": "mp3", "bitrate": 320_000},
            OPAL | {"path": "/m/opal.flac", "format": "flac"},
            {"title": "Glue", "artist": "Bicep", "path": "/m/glue.mp3"},
            {"title": "Glue again", "path": "/m/glue.mp3"},
            {"title": "Aura", "artist": "Bicep", "duration": 300.0},
        ],
    )
    found = await find(library)
    assert [(group.how, group.basis, [copy.id for copy in group.copies]) for group in found] == [
        ("exact", "sound", [3, 4]),
        ("recording", "name", [2, 1]),
    ]
    await playlists.create(library, "Friday", track_ids=[1, 1, 3])
    looked_at: list[int] = []
    found = await find(library, looked_at=looked_at.append)
    assert {copy.id: copy.lists for group in found for copy in group.copies} == {1: 1, 2: 0, 3: 1, 4: 0}
    assert looked_at == [3]
