"""Changes at Spotify: sent as the Web API of 2026 wants them, or refused before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from djtui.spotify import writing
from djtui.spotify.errors import BadRequest, NotFound, Refused, ServiceTrouble
from djtui.spotify.request import Request
from tests.spotify.calling import call

LIST = "p" * 22
SONGS = [f"spotify:track:{number:022}" for number in range(101)]


def test_the_requests_are_those_of_2026() -> None:
    def sent(request: Request) -> tuple[object, ...]:
        return request.method, request.path, dict(request.query), request.body

    one, two = SONGS[:2]
    assert sent(writing.create("Set", None, False)) == (
        "POST",
        "me/playlists",
        {},
        {"name": "Set", "public": False},
    )
    assert sent(writing.change(LIST, name="Other", public=True)) == (
        "PUT",
        f"playlists/{LIST}",
        {},
        {"name": "Other", "public": True},
    )
    assert sent(writing.replace(LIST, [])) == ("PUT", f"playlists/{LIST}/items", {}, {"uris": []})
    assert sent(writing.add(LIST, [one, one], 0)) == (
        "POST",
        f"playlists/{LIST}/items",
        {},
        {"uris": [one, one], "position": 0},
    )
    assert sent(writing.add(LIST, [one], None))[3] == {"uris": [one]}
    assert sent(writing.remove(LIST, [one, two], "snap")) == (
        "DELETE",
        f"playlists/{LIST}/items",
        {},
        {"items": [{"uri": one}, {"uri": two}], "snapshot_id": "snap"},
    )
    assert sent(writing.remove(LIST, [one], None))[3] == {"items": [{"uri": one}]}
    assert sent(writing.unfollow(LIST)) == (
        "DELETE",
        "me/library",
        {"uris": f"spotify:playlist:{LIST}"},
        None,
    )
    assert sent(writing.like([one, two])) == ("PUT", "me/library", {"uris": f"{one},{two}"}, None)
    assert sent(writing.unlike([one])) == ("DELETE", "me/library", {"uris": one}, None)


@pytest.mark.parametrize("name", ["", "..", "a/b", "me/tracks?x", "p" * 21, "p" * 23, "é" * 22, f"{LIST}\n"])
def test_what_is_no_id_gets_into_no_path(name: str) -> None:
    with pytest.raises(BadRequest, match="is not the id of a playlist"):
        writing.replace(name, SONGS[:1])


def test_a_file_of_the_own_machine_is_refused_with_the_reason() -> None:
    local = "spotify:local:Artist:Album:Title:180"
    with pytest.raises(BadRequest, match="file of your own machine"):
        writing.add(LIST, [local], None)
    with pytest.raises(BadRequest, match="file of your own machine"):
        writing.remove(LIST, [local], None)


@pytest.mark.parametrize("uri", ["", "spotify:album:" + "1" * 22, "spotify:track:1,2", "x"])
def test_what_is_no_song_is_refused(uri: str) -> None:
    with pytest.raises(BadRequest, match="is not the uri of a song"):
        writing.like([uri])


def test_no_request_names_more_than_spotify_allows() -> None:
    too_many = "100 songs at most, not 101"
    with pytest.raises(BadRequest, match=too_many):
        writing.replace(LIST, SONGS)
    with pytest.raises(BadRequest, match=too_many):
        writing.add(LIST, SONGS, None)
    with pytest.raises(BadRequest, match=too_many):
        writing.remove(LIST, SONGS, None)
    for number in (0, 41):
        with pytest.raises(BadRequest, match="1 to 40 of them"):
            writing.like(SONGS[:number])


def test_a_playlist_gets_no_more_than_ten_thousand_rows() -> None:
    writing.add(LIST, SONGS[:100], 0, rows=9_900)
    for position, rows in ((0, 9_901), (None, 9_901), (9_901, None)):
        with pytest.raises(BadRequest, match=r"10,000 songs at most.*10,001\. Nothing was added\.$"):
            writing.add(LIST, SONGS[:100], position, rows=rows)


def test_nothing_to_do_is_no_request() -> None:
    with pytest.raises(BadRequest, match="No song"):
        writing.add(LIST, [], None)
    with pytest.raises(BadRequest, match="Nothing"):
        writing.change(LIST)


@pytest.mark.parametrize("cohort", ["new", "old", "extended"])
async def test_a_playlist_is_made_filled_changed_and_taken_away(tmp_path: Path, cohort: str) -> None:
    async with call(tmp_path, cohort=cohort) as calling:
        port = calling.open()
        songs = [calling.world.track(number).uri for number in range(5)]
        made = await port.create_playlist("Set", "From djtui", public=False)
        assert (made.name, made.description, made.public, made.total) == ("Set", "From djtui", False, 0)
        theirs = calling.world.playlist(made.id)

        assert await port.replace_items(made.id, songs[:2]) == theirs.snapshot
        assert await port.add_items(made.id, songs[2:], 0) == theirs.snapshot
        assert theirs.uris == [*songs[2:], *songs[:2]]
        assert await port.remove_items(made.id, songs[2:4], theirs.snapshot) == theirs.snapshot
        assert theirs.uris == [songs[4], *songs[:2]]

        await port.change_playlist(made.id, name="Other", description="", public=True)
        assert (theirs.name, theirs.description, theirs.public) == ("Other", "", True)
        await port.unfollow(made.id)
        assert theirs not in calling.world.playlists


async def test_songs_are_liked_and_unliked_forty_at_a_time(tmp_path: Path) -> None:
    async with call(tmp_path, liked=45, albums=45) as calling:
        port = calling.open()
        songs = calling.world.liked_uris
        await port.unlike(songs)
        assert calling.world.liked == []
        await port.like(songs[:2])
        assert await port.liked_among(songs) == set(songs[:2]) == set(calling.world.liked_uris)
        assert calling.asked == [
            *["DELETE me/library"] * 2,
            "PUT me/library",
            *["GET me/library/contains"] * 2,
        ]


async def test_somebody_elses_playlist_is_not_written(tmp_path: Path) -> None:
    async with call(tmp_path) as calling:
        port = calling.open()
        theirs = next(one for one in calling.world.playlists if not calling.world.readable(one))
        with pytest.raises(Refused) as caught:
            await port.replace_items(theirs.id, [])
        assert caught.value.kind == "owner"
        with pytest.raises(NotFound):
            await port.replace_items("1" * 22, [])


async def test_a_reply_that_is_lost_may_have_been_written_and_is_not_sent_again(tmp_path: Path) -> None:
    async with call(tmp_path) as calling:
        port = calling.open()
        own = next(one for one in calling.world.playlists if one.owner is calling.world.me)
        before = len(own.rows)
        calling.stand_in.faults.at = {1: "lost", 2: "timeout", 3: "503"}
        for _ in range(3):
            with pytest.raises(ServiceTrouble) as caught:
                await port.add_items(own.id, [calling.world.track(0).uri])
            assert caught.value.sent
        assert len(own.rows) == before + 1
        assert (len(calling.asked), port.requests) == (3, 3)
