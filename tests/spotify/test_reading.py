"""Answers of every age and kind, and of no kind at all, go through the reader."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from djtui.spotify import reading
from djtui.spotify.errors import ServiceTrouble
from djtui.spotify.refusals import refused
from djtui.spotify.request import Answer
from djtui.spotify.rows import Album, Artist, Item, Song

FOLDER = Path(__file__).parents[3] / "shared/samples/spotify"
SAMPLES = sorted(FOLDER.glob("*/*.json"))

ONE = "1" * 22
TWO = "2" * 22
TRACK = {
    "type": "track",
    "id": ONE,
    "uri": f"spotify:track:{ONE}",
    "name": "Strobe",
    "episode": False,
    "track": True,
    "is_local": False,
    "duration_ms": 634_500,
    "explicit": False,
    "disc_number": 1,
    "track_number": 10,
    "external_ids": {"isrc": "GBTDG0900141"},
    "popularity": 63,
    "artists": [{"id": "A" * 22, "name": "deadmau5", "type": "artist"}],
    "album": {
        "id": "B" * 22,
        "name": "For Lack of a Better Name",
        "album_type": "album",
        "release_date": "2009-09-22",
        "release_date_precision": "day",
        "total_tracks": 10,
        "artists": [{"id": "A" * 22, "name": "deadmau5"}],
    },
}
STROBE = Song(
    kind="track",
    uri=f"spotify:track:{ONE}",
    id=ONE,
    title="Strobe",
    artists=(Artist("A" * 22, "deadmau5"),),
    album=Album(
        "B" * 22,
        "For Lack of a Better Name",
        "album",
        "2009-09-22",
        "day",
        10,
        (Artist("A" * 22, "deadmau5"),),
    ),
    duration=634.5,
    explicit=False,
    disc_number=1,
    track_number=10,
    isrc="GBTDG0900141",
    popularity=63,
)
ADDED = {"added_at": "2026-01-02T03:04:05Z", "added_by": {"id": "dj"}}


def page(*rows: Any, total: int | None = None) -> dict[str, Any]:
    return {"items": list(rows), "total": len(rows) if total is None else total}


def only(row: Any) -> Item:
    (item,) = reading.items(page(row), 0).rows
    return item


@pytest.mark.parametrize(
    "row",
    [
        {"track": TRACK},
        {"item": TRACK},
        {"item": TRACK, "track": TRACK},
        {"item": TRACK, "track": None},
        {"item": None, "track": TRACK},
        {"item": TRACK, "track": True, "episode": False},
        {"item": True, "track": TRACK},
    ],
)
def test_a_row_is_read_whatever_its_song_is_called(row: dict[str, Any]) -> None:
    assert only(ADDED | row) == Item(STROBE, "2026-01-02T03:04:05Z", "dj")


@pytest.mark.parametrize("row", [None, {}, 5, "x", [], {"item": None}, {"track": None}, {"track": False}])
def test_an_empty_row_keeps_its_place(row: Any) -> None:
    found = reading.items(page({"item": TRACK}, row, {"item": TRACK}), 100)
    assert found.rows == (Item(STROBE, None), Item(None, None), Item(STROBE, None))
    assert (found.offset, found.total, found.next) == (100, 3, None)


def test_the_next_page_begins_where_this_one_ends() -> None:
    assert reading.items(page({"track": TRACK}, None, total=70), 50).next == 52


def test_a_local_file_is_known_by_its_uri() -> None:
    uri = "spotify:local:Fugees+%28Refugee+Camp%29:The%3AScore:No+Woman%2C+No+Cry:273"
    nothing = {"id": None, "name": None}
    found = only({"is_local": True, "track": {"uri": uri, "id": None, "name": "", "album": nothing}}).song
    assert found == Song(
        kind="local",
        uri=uri,
        id=None,
        title="No Woman, No Cry",
        artists=(Artist("", "Fugees (Refugee Camp)"),),
        album=Album("", "The:Score"),
        duration=273.0,
    )


def test_what_is_said_of_a_local_file_goes_before_its_uri() -> None:
    fields = {
        "uri": "spotify:local:::Title:61",
        "name": "The title",
        "duration_ms": 61_480,
        "artists": [{"id": None, "name": "Somebody"}],
        "album": {"id": None, "name": None},
    }
    found = reading.song(fields)
    assert found is not None
    assert (found.title, found.duration, found.album) == ("The title", 61.48, None)
    assert found.artists == (Artist("", "Somebody"),)


@pytest.mark.parametrize("uri", ["spotify:local:x", "spotify:local:a:b:c:d:e", "spotify:local:a:b:c:²"])
def test_a_local_file_with_an_odd_uri_is_one_all_the_same(uri: str) -> None:
    found = reading.song({"uri": uri, "name": "Title"})
    assert found is not None
    assert (found.kind, found.uri, found.title, found.duration) == ("local", uri, "Title", None)


def test_a_local_file_without_a_uri_is_given_the_one_spotify_would_write() -> None:
    fields = {"is_local": True, "name": "A & B", "artists": [{"name": "É"}], "duration_ms": 1500}
    found = reading.song(fields)
    assert found is not None
    assert found.uri == "spotify:local:%C3%89::A+%26+B:1"
    assert reading.song({"is_local": True}) is None


def test_an_episode_has_its_show_for_an_artist() -> None:
    fields = {
        "type": "episode",
        "uri": f"spotify:episode:{ONE}",
        "id": ONE,
        "name": "Number 7",
        "episode": True,
        "track": False,
        "show": {"id": TWO, "name": "Talks"},
        "duration_ms": 3_600_000,
    }
    found = only({"item": fields}).song
    assert found == Song(
        "episode", f"spotify:episode:{ONE}", ONE, "Number 7", (Artist("", "Talks"),), duration=3600.0
    )


def test_a_song_is_named_by_what_there_is() -> None:
    by_uri, by_id = reading.song({"uri": f"spotify:track:{ONE}"}), reading.song({"id": ONE})
    assert by_uri == by_id == Song("track", f"spotify:track:{ONE}", ONE, None)
    assert reading.song({"type": "episode", "id": ONE}) == Song(
        "episode", f"spotify:episode:{ONE}", ONE, None
    )
    for unknown in (
        {},
        {"uri": "spotify:ad:5"},
        {"uri": "spotify:track:"},
        {"uri": 5},
        {"type": [], "id": 7},
    ):
        assert reading.song(unknown) is None


WRONG: list[Any] = [
    *(None, True, False, 0, -1, 10**30, 1.5, float("nan"), "", "x" * 100_000),
    *([], [None], {}, {"id": []}),
]


@pytest.mark.parametrize("name", sorted(set(TRACK) - {"id", "uri"}))
def test_a_field_of_the_wrong_type_is_unknown_and_the_others_stand(name: str) -> None:
    for value in WRONG:
        found = reading.song(TRACK | {name: value})
        assert found is not None
        for field in dataclasses.fields(Song):
            now, before = getattr(found, field.name), getattr(STROBE, field.name)
            assert now == before or field.name == OF[name]
            assert now == before or now in (None, (), True, False, 0, 0.0015) or len(now) == 4000
        stored(found)


OF = {name: name for name in TRACK} | {
    "name": "title",
    "duration_ms": "duration",
    "external_ids": "isrc",
}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*TRACK, "items", "total"]), inner),
    max_leaves=20,
)
READERS: list[Callable[[Any], Any]] = [
    reading.song,
    reading.artist,
    reading.album,
    reading.playlist,
    reading.snapshot,
    reading.slim,
    reading.account,
    reading.plays,
    lambda answer: reading.items(answer, 0),
    lambda answer: reading.playlists(answer, 0),
    lambda answer: reading.songs(answer, 0),
    lambda answer: reading.several(answer, "items", ["a", "b"]),
    lambda answer: reading.contained(answer, ["a", "b"]),
]


@given(ANYTHING)
@settings(max_examples=60, deadline=timedelta(seconds=2))
def test_nothing_that_can_be_sent_raises_more_than_a_sentence(answer: Any) -> None:
    for read in READERS:
        try:
            found = read(answer)
        except ServiceTrouble as trouble:
            assert str(trouble).endswith(".")
        else:
            if isinstance(found, Song):
                stored(found)


def stored(song: Song) -> None:
    """SQLite takes every value: no half of a surrogate pair, no number beyond its own."""
    values = (song.uri, song.id, song.title, song.duration, song.disc_number, song.popularity, song.explicit)
    with sqlite3.connect(":memory:") as connection:
        connection.execute("SELECT ?, ?, ?, ?, ?, ?, ?", values).fetchone()
    connection.close()


def test_half_a_surrogate_and_nul_do_not_reach_the_library() -> None:
    found = reading.song(TRACK | {"name": json.loads('"a\\ud800b\\u0000c"'), "popularity": 2**64})
    assert found is not None
    assert (found.title, found.popularity) == ("a?bc", None)
    stored(found)


def test_a_list_that_does_not_say_how_long_it_is_is_no_list() -> None:
    wrong: list[Any] = [
        {},
        {"items": []},
        {"items": {}, "total": 0},
        {"items": [], "total": "3"},
        None,
        "html",
    ]
    for answer in wrong:
        with pytest.raises(ServiceTrouble, match=r"\.$"):
            reading.items(answer, 0)


@pytest.mark.parametrize("key", ["items", "tracks"])
def test_a_playlist_is_read_whatever_its_rows_are_called(key: str) -> None:
    found = reading.playlist(
        {
            "id": ONE,
            "name": "Set",
            "description": "",
            "owner": {"id": "dj", "display_name": "DJ"},
            "public": None,
            "collaborative": False,
            "snapshot_id": "s",
            key: {"href": "", "total": 7},
        }
    )
    assert found is not None
    assert (found.total, found.snapshot, found.owner_id, found.owner) == (7, "s", "dj", "DJ")
    assert (found.description, found.public, found.collaborative) == (None, None, False)


def test_the_rows_of_somebody_elses_playlist_are_unknown_not_none() -> None:
    found = reading.playlist({"id": ONE, "name": "Theirs"})
    assert found is not None and found.total is None


def test_genres_that_are_not_sent_are_not_the_same_as_none_at_all() -> None:
    bare, empty = reading.artist({"id": ONE}), reading.artist({"id": ONE, "genres": []})
    assert bare is not None and bare.genres is None
    assert empty is not None and empty.genres == ()
    full = reading.artist({"id": ONE, "genres": ["techno", 5, ""], "followers": {"total": 3}})
    assert full == Artist(ONE, None, ("techno",), None, 3)


def test_an_album_by_itself_has_more_than_in_a_row() -> None:
    found = reading.album(
        {
            "id": ONE,
            "name": "LP",
            "label": "Drumcode",
            "copyrights": [{"text": "2020 Drumcode", "type": "P"}, None, {"text": 3}],
            "external_ids": {"upc": "123"},
            "release_date": "0000",
            "release_date_precision": "year",
        }
    )
    assert found == Album(ONE, "LP", label="Drumcode", copyrights=("2020 Drumcode",), upc="123")


def test_several_are_found_by_the_id_that_was_asked_for() -> None:
    answer = {"artists": [{"id": ONE}, None, {"id": "new"}]}
    found = reading.several(answer, "artists", [ONE, "gone", "merged"])
    assert found == {ONE: {"id": ONE}, "gone": None, "merged": {"id": "new"}}
    assert reading.known_as("merged", reading.artist(found["merged"])) == Artist("merged", None)
    fewer = reading.several({"artists": [{"id": "b"}]}, "artists", ["a", "b"])
    assert fewer == {"a": None, "b": {"id": "b"}}


def test_a_song_that_was_merged_keeps_the_uri_that_is_stored() -> None:
    assert reading.known_as(TWO, STROBE) == dataclasses.replace(STROBE, id=TWO, uri=f"spotify:track:{TWO}")


def test_what_is_kept_reads_the_same() -> None:
    bulk = {"available_markets": ["DE"] * 180, "images": [{"url": "u"}], "href": "h", "external_urls": {}}
    row = ADDED | {"item": TRACK | bulk | {"album": TRACK["album"] | bulk}}  # type: ignore[operator]
    kept = reading.slim(page(row))
    assert reading.items(kept, 0) == reading.items(page(row), 0)
    assert len(json.dumps(kept)) < len(json.dumps(page(row))) / 3


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_recorded_answer_is_read(path: Path) -> None:
    answer = json.loads(path.read_bytes())
    if path.name == "errors.json":
        for recorded in answer:
            body = recorded.get("body_text", "").encode() or json.dumps(recorded["body"]).encode()
            error = Answer(recorded["status"], recorded["headers"], body)
            assert error.message or recorded["body"] is None
            assert str(refused(error.message, "artists")).endswith(".")
    elif isinstance(answer, list):
        assert reading.contained(answer, ["a", "b"]) == set()
    elif "error" in answer:
        assert isinstance(Answer(404, {}, path.read_bytes()).message, str)
    else:
        read_recorded(answer)


def read_recorded(answer: dict[str, Any]) -> None:
    kinds = [key for key in ("tracks", "artists", "albums") if isinstance(answer.get(key), list)]
    if kinds and "id" not in answer:
        read = {"tracks": reading.song, "artists": reading.artist, "albums": reading.album}[kinds[0]]
        rows = answer[kinds[0]]
        found = [read(row) for row in rows]
        assert [one is None for one in found] == [row is None for row in rows]
    elif isinstance(answer.get("items"), list):
        read_page(answer)
    elif list(answer) == ["tracks"]:
        assert len(reading.songs(answer, 0).rows) == len(answer["tracks"]["items"])
    elif "owner" in answer:
        assert reading.playlist(answer) is not None
        rows = answer.get("items") or answer["tracks"]
        assert all(item.song is not None for item in reading.items(rows, 0).rows)
    elif "album_type" in answer:
        assert reading.album(answer) is not None
    elif "duration_ms" in answer:
        assert reading.song(answer) is not None
    elif answer.get("type") == "artist":
        assert reading.artist(answer) is not None
    elif answer.get("type") == "user":
        assert reading.account(answer).id
    else:
        assert reading.snapshot(answer)
    assert reading.slim(answer) is not None


def read_page(answer: dict[str, Any]) -> None:
    rows = answer["items"]
    if "owner" in rows[0]:
        assert len(reading.playlists(answer, 0).rows) == sum(row["id"] is not None for row in rows)
    elif "added_at" in rows[0]:
        found = reading.items(answer, 0)
        assert len(found.rows) == len(rows)
        for row, item in zip(rows, found.rows, strict=True):
            assert (item.song is None) == (not (row.get("item") or row.get("track")))
    else:
        assert all(reading.song(row) for row in rows)
