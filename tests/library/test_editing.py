"""Editing a field sets what follows from it, and nothing that is so already."""

from __future__ import annotations

from typing import Any

import pytest

from djtui.library import history, tracks
from djtui.library.database import Library
from djtui.library.editing import derived, respelled
from djtui.model import key as keys
from tests.making import add_tracks

MARKER = [4, 12.5, 0.0, None, "AutoGrid", -1, 124.0, None]
SECOND = [4, 60000.0, 0.0, None, "AutoGrid", -1, 124.0, None]
HOTCUE = [0, 1000.0, 0.0, 1, "drop", -1, None, None]


def image(**fields: Any) -> dict[str, Any]:
    return {"key_text": None, "cues": [], **fields}


def test_a_new_key_is_spelled_as_the_tag_spells_keys() -> None:
    assert derived(image(key_text="8A"), {"key": 20}) == {"key": 20, "key_text": "1A"}
    assert derived(image(key_text="off"), {"key": 20}) == {"key": 20}
    assert derived(image(), {"key": 20}) == {"key": 20}
    assert derived(image(key_text="8A"), {"key": None}) == {"key": None, "key_text": None}


@pytest.mark.parametrize(
    ("text", "major", "minor"),
    [
        ("8A", "3B", "12A"),
        ("08a", "03b", "12a"),
        ("10m", "8d", "5m"),
        ("1D", "8D", "5M"),
        ("Am", "Db", "Dbm"),
        ("C", "Db", "Dbm"),
        ("F#m", "C#", "C#m"),
        ("A♭ minor", "D♭ major", "D♭ minor"),
        ("Amin", "Dbmaj", "Dbmin"),
        ("C Major", "Db Major", "Db Minor"),
        ("e♭", "d♭", "d♭m"),
    ],
)
def test_keys_are_spelled_in_the_notation_found(text: str, major: str, minor: str) -> None:
    assert (respelled(text, 1), respelled(text, 13)) == (major, minor)


def test_a_respelled_key_always_means_that_key() -> None:
    texts = [spell(key) for key in range(24) for spell in (keys.musical, keys.camelot, keys.open_key)]
    for text in (*texts, "F#", "g♯ min", "H moll", "AMIN", "Cdur", "12 A", "Bb", "b"):
        for key in range(24):
            assert keys.parse(respelled(text, key)) == key, (text, key)


def test_the_release_says_the_year() -> None:
    assert derived(image(), {"released": "2012-05"}) == {"released": "2012-05", "year": 2012}
    assert derived(image(), {"released": None}) == {"released": None, "year": None}


def test_the_tempo_goes_to_the_one_marker_of_the_grid() -> None:
    fields = derived(image(cues=[MARKER, HOTCUE]), {"bpm": 125.1234567})
    assert fields["cues"] == [[*MARKER[:6], 125.123457, None], HOTCUE]
    assert "cues" not in derived(image(cues=[MARKER, SECOND]), {"bpm": 125.0})
    assert "cues" not in derived(image(cues=[HOTCUE]), {"bpm": 125.0})
    assert "cues" not in derived(image(cues=[MARKER]), {"bpm": None})


def test_no_stars_and_no_colour_are_unknown() -> None:
    assert derived(image(), {"rating": 0, "color": 0}) == {"rating": None, "color": None}


async def test_only_what_differs_is_stored_and_all_of_it_is_undone(library: Library) -> None:
    await add_tracks(
        library,
        [{"bpm": 124.0, "key": 21, "key_text": "8A", "genre": "House"}],
        cues={0: [tuple(MARKER)]},  # type: ignore[list-item]
    )
    fields = {"bpm": 125.0, "key": 21, "genre": "House", "released": "2020", "locked": 1}
    _, change = await history.edit(library, [1], fields, "an edit")
    assert change is not None
    (_, before, after), *_ = await history.images(library, change)
    assert before == {"bpm": 124.0, "cues": [MARKER], "released": None, "year": None, "locked": None}
    assert after["cues"] == [[*MARKER[:6], 125.0, None]]
    await history.undo(library, await history.find(library, change))
    found = (await tracks.images(library, [1], cues=True))[1]
    assert {name: found[name] for name in before} == before


async def test_each_track_can_get_something_else_in_one_change(library: Library) -> None:
    await add_tracks(library, [{"title": "a"}, {"title": "b"}, {"title": "c"}])
    changed, change = await history.edit_each(
        library, [1, 2, 3], lambda it: {} if it["title"] == "b" else {"title": it["title"] * 2}, "doubled"
    )
    assert changed == 2
    assert change is not None
    assert [track.title for track in (await tracks.get_many(library, [1, 2, 3])).values()] == [
        "aa",
        "b",
        "cc",
    ]
    assert await history.edit_each(library, [1], lambda it: {"cues": []}, "nothing") == (0, None)
