"""Nights: sets, plays of a track, and playlists made of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from djtui.library import history, nights, playlists
from djtui.library.database import Library
from djtui.library.nights import NightError
from tests.making import add_tracks

PLAY = ("track_id", "key", "title", "artist", "at", "deck", "duration", "public")


def play(at: str | None = None, minutes: float | None = None, **fields: Any) -> Mapping[str, Any]:
    """A public play of an unknown track on deck 1, unless said otherwise."""
    duration = None if minutes is None else minutes * 60
    return {"key": "C:/:x.mp3", "at": at, "duration": duration, "deck": 1, "public": 1} | fields


async def add_night(
    library: Library, *plays: Mapping[str, Any], started: str | None = "2019-10-18T19:07:19"
) -> int:
    async with library.writing() as tx:
        rows = await tx.fetchall(
            "INSERT INTO night (path, digest, started, plays)"
            " SELECT '/History/' || (count(*) + 1) || '.nml', x'00', ?, ? FROM night RETURNING id",
            (started, len(plays)),
        )
        id = int(rows[0]["id"])
        await tx.insert(
            "play",
            ("night_id", "position", *PLAY),
            [(id, position, *map(fields.get, PLAY)) for position, fields in enumerate(plays)],
        )
    return id


async def test_nights_are_listed_newest_first_the_undated_last(library: Library) -> None:
    for started in ("2019-10-18T19:07:19", None, "2020-08-03T12:53:07"):
        await add_night(library, play(), started=started)
    found = await nights.nights(library)
    assert [night.name for night in found] == ["2020-08-03 12:53", "2019-10-18 19:07", "2"]
    assert await nights.nights(library, limit=1) == found[:1]
    assert await nights.find(library, found[2].id) == found[2]


async def test_a_night_counts_what_was_public_and_what_is_known(library: Library) -> None:
    (one,) = await add_tracks(library, [{"title": "One"}])
    id = await add_night(library, play(track_id=one), play(public=0), play(public=None))
    night = await nights.find(library, id)
    assert (night.plays, night.public, night.known, night.minutes) == (3, 1, 1, None)


async def test_the_length_is_how_long_there_was_music(library: Library) -> None:
    id = await add_night(
        library,
        play("2019-10-18T22:00:00", 10),
        play("2019-10-18T22:08:00", 1),  # mixed in and out again
        play("2019-10-18T22:09:00", 6),  # two minutes over the end of the first
        play("2019-10-18T22:40:00", 120, public=0),  # only cued
        play("2019-10-18T23:55:00", 10),  # past midnight
        play("2019-10-26T20:00:00", 5, public=None),  # the program was left open for a week
        play(None, 30),
        play("2019-10-26T21:00:00"),
    )
    assert (await nights.find(library, id)).minutes == 15 + 10 + 5


async def test_an_empty_session_is_a_night(library: Library) -> None:
    night = await nights.find(library, await add_night(library))
    assert (night.plays, night.public, night.known, night.minutes) == (0, 0, 0, None)


async def test_a_night_shows_its_plays_under_the_names_that_the_library_knows(library: Library) -> None:
    (one,) = await add_tracks(library, [{"title": "New Name", "artist": "Ada"}])
    id = await add_night(
        library,
        play("2019-10-18T22:00:00", 5, track_id=one, title="Old Name", artist="A."),
        play(title="Lost", artist="Bo", deck=None, public=0),
        play(public=None),
    )
    first, second, third = await nights.plays_of_night(library, id)
    assert (first.title, first.artist, first.track_id, first.public) == ("New Name", "Ada", one, True)
    assert (first.at, first.deck, first.duration) == ("2019-10-18T22:00:00", 1, 300.0)
    assert (second.title, second.artist, second.track_id, second.public) == ("Lost", "Bo", None, False)
    assert (third.position, third.title, third.key, third.public) == (2, None, "C:/:x.mp3", None)


async def test_a_track_shows_when_it_was_played_newest_first(library: Library) -> None:
    one, two = await add_tracks(library, [{"title": "One"}, {"title": "Two"}])
    first = await add_night(
        library, play("2019-10-18T22:00:00", 5, track_id=one), play("2019-10-18T23:00:00", 1, track_id=one)
    )
    second = await add_night(library, play(track_id=one), play(track_id=two), started="2020-01-01T00:00:00")
    found = await nights.plays_of_track(library, one)
    assert [(it.night_id, it.at, it.night) for it in found] == [
        (second, None, "2020-01-01 00:00"),
        (first, "2019-10-18T23:00:00", "2019-10-18 19:07"),
        (first, "2019-10-18T22:00:00", "2019-10-18 19:07"),
    ]
    assert await nights.plays_of_track(library, one, limit=1) == found[:1]
    assert await nights.plays_of_track(library, 99) == []


async def test_a_night_becomes_a_playlist_and_undo_takes_it_back(library: Library) -> None:
    one, two = await add_tracks(library, [{"title": "One"}, {"title": "Two"}])
    id = await add_night(
        library,
        play(track_id=two),
        play(title="Lost"),
        play(track_id=one, public=0),
        play(track_id=one, public=None),
        play(track_id=two),
    )
    made = await nights.to_playlist(library, id)
    assert (made.tracks, made.unknown) == (3, 1)
    (crate,) = await playlists.all_playlists(library)
    assert (crate.id, crate.name, crate.kind) == (made.playlist_id, "Set 2019-10-18 19h07", "list")
    assert await tracks_of(library, made.playlist_id) == [two, one, two]
    everything = await nights.to_playlist(library, id, "Everything", public_only=False)
    assert await tracks_of(library, everything.playlist_id) == [two, one, one, two]
    await history.undo(library, await history.find(library, everything.change_id))
    assert [crate.name for crate in await playlists.all_playlists(library)] == ["Set 2019-10-18 19h07"]


async def test_what_cannot_become_a_playlist_says_why(library: Library) -> None:
    (one,) = await add_tracks(library, [{"title": "One"}])
    cued = await add_night(library, play(track_id=one, public=0))
    lost = await add_night(library, play())
    empty = await add_night(library)
    for id, reason in (
        (cued, "all of it was only cued"),
        (lost, "the library knows no track of it"),
        (empty, "nothing was played"),
    ):
        with pytest.raises(NightError, match=rf"^The night 2019-10-18 19:07 makes no playlist: {reason}\.$"):
            await nights.to_playlist(library, id)
    with pytest.raises(NightError, match="There is no night 99"):
        await nights.to_playlist(library, 99)
    assert await playlists.all_playlists(library) == []


async def tracks_of(library: Library, playlist_id: int) -> list[int]:
    rows = await library.fetchall(
        "SELECT track_id FROM playlist_item WHERE playlist_id = ? ORDER BY position", (playlist_id,)
    )
    return [row["track_id"] for row in rows]
