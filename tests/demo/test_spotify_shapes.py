"""The Spotify stand-in's answers against Spotify's own description of its API, and against recorded answers.

Both lie beside the project, if at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from djtui.demo.spotify import COHORTS, Faults, StandIn, World
from djtui.demo.spotify_music import Episode
from tests.demo.spotify_asking import Client, asking, small_world

SAMPLES = Path(__file__).parents[3] / "shared/samples/spotify"
OF_THE_ANSWER: dict[str, Callable[[World], str]] = {
    "PrivateUserObject": lambda world: "me",
    "PagingSavedTrackObject": lambda world: "me/tracks?limit=50",
    "PagingPlaylistObject": lambda world: "me/playlists?limit=50",
    "TrackObject": lambda world: f"tracks/{world.track(0).id}",
    "EpisodeObject": lambda world: f"episodes/{episode(world).id}",
    "ArtistObject": lambda world: f"artists/{world.track(0).artists[0].id}",
    "AlbumObject": lambda world: f"albums/{world.track(0).album.id}",
    "PagingSimplifiedTrackObject": lambda world: f"albums/{world.track(0).album.id}/tracks",
    "PagingArtistDiscographyAlbumObject": lambda world: f"artists/{world.track(0).artists[0].id}/albums",
    "CursorPagingPlayHistoryObject": lambda world: "me/player/recently-played?limit=5",
}


def episode(world: World) -> Episode:
    return next(song for song in world.songs.values() if isinstance(song, Episode))


@pytest.fixture(scope="module")
def described() -> Any:
    """Spotify's description of its API."""
    path = SAMPLES / "openapi.yml"
    yaml: Any = pytest.importorskip("yaml")
    if not path.exists():
        pytest.skip("Spotify's description of its API is not beside the project")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(), loader)


@pytest.fixture(scope="module", params=COHORTS)
def answered(request: pytest.FixtureRequest) -> Iterator[tuple[StandIn, Client]]:
    with asking(small_world(rows=120), cohort=request.param) as pair:
        yield pair


def without_duties(node: Any) -> Any:
    """The description for an app that is not sent what is deprecated: none of that is required any more."""
    if isinstance(node, list):
        return [without_duties(child) for child in node]
    if not isinstance(node, dict):
        return node
    kept = {key: without_duties(child) for key, child in node.items()}
    if isinstance(kept.get("required"), list):
        kept["required"] = [name for name in kept["required"] if name not in DEPRECATED]
    return kept


DEPRECATED = {"available_markets", "label", "popularity", "publisher", "album_group", "genres"}


class Judge:
    """Says what in an answer is not as described."""

    def __init__(self, described: Any, cohort: str) -> None:
        from openapi_schema_validator import OAS30Validator
        from referencing import Registry
        from referencing.jsonschema import DRAFT4

        document = without_duties(described) if cohort == "new" else described
        self._registry = Registry().with_resource("urn:spotify", DRAFT4.create_resource(document))
        self._validator = OAS30Validator

    def faults(self, schema: str, answer: Any) -> list[str]:
        place = {"$ref": f"urn:spotify#/components/schemas/{schema}"}
        found = self._validator(place, registry=self._registry).iter_errors(answer)
        return [f"{'/'.join(map(str, error.path))}: {error.message[:160]}" for error in found]


@pytest.mark.parametrize("schema", OF_THE_ANSWER)
def test_an_answer_is_as_spotify_describes_it(
    schema: str, answered: tuple[StandIn, Client], described: Any
) -> None:
    stand_in, asker = answered
    answer = asker._get(OF_THE_ANSWER[schema](stand_in.world))
    assert Judge(described, stand_in.cohort.name).faults(schema, answer) == []


def test_playlists_and_their_rows_are_as_spotify_describes_them(
    answered: tuple[StandIn, Client], described: Any
) -> None:
    """A row's song is looked at by its type, for the description's choice of a track or an episode fits both.
    Local files and rows without a time are as recorded, which the description does not allow for."""
    stand_in, asker = answered
    judge = Judge(described, stand_in.cohort.name)
    looked_at: dict[str, str] = {}
    for playlist in stand_in.world.playlists:
        answer = asker.playlist(playlist.id)
        for row in answer.pop("items", {"items": []})["items"]:
            song = row.pop("item")
            row.pop("track", None)
            if row["added_at"]:
                assert judge.faults("PlaylistTrackObject", row) == []
            if song and not row["is_local"] and song["uri"] not in looked_at:
                looked_at[song["uri"]] = song["type"]
                schema = "TrackObject" if song["track"] else "EpisodeObject"
                assert judge.faults(schema, song) == []
        answer.pop("tracks", None)
        assert judge.faults("PlaylistObject", answer) == []
    assert set(looked_at.values()) == {"track", "episode"}


def test_several_at_once_and_search_are_as_spotify_describes_them(
    answered: tuple[StandIn, Client], described: Any
) -> None:
    stand_in, asker = answered
    judge = Judge(described, stand_in.cohort.name)
    found = asker.search("a", type="track,artist,album", limit=10)
    for key, schema in (
        ("tracks", "PagingTrackObject"),
        ("artists", "PagingArtistObject"),
        ("albums", "PagingSimplifiedAlbumObject"),
    ):
        assert found[key]["items"]
        assert judge.faults(schema, found[key]) == []
    if not stand_in.cohort.batches:
        return
    for artist in asker.artists(list(stand_in.world.artists)[:20])["artists"]:
        assert judge.faults("ArtistObject", artist) == []
    for album in asker.albums(list(stand_in.world.albums)[:20])["albums"]:
        assert judge.faults("AlbumObject", album) == []


def test_an_answer_that_is_not_as_described_is_seen(described: Any) -> None:
    judge = Judge(described, "old")
    assert judge.faults("TrackObject", {"id": 5}) != []
    assert judge.faults("PagingSavedTrackObject", {"items": [{"track": {"name": None}}]}) != []


def test_an_error_is_as_spotify_describes_it(answered: tuple[StandIn, Client], described: Any) -> None:
    stand_in, asker = answered
    answer = asker._session.get(f"{stand_in.api_url}tracks/{'0' * 22}", headers=asker._auth_headers()).json()
    assert Judge(described, stand_in.cohort.name).faults("ErrorObject", answer["error"]) == []


def shape(value: Any) -> Any:
    """The keys of an answer, at every depth; of a list, those of all its rows together."""
    if isinstance(value, dict):
        return {key: shape(child) for key, child in value.items()}
    if isinstance(value, list):
        whole: Any = None
        for child in value:
            whole = united(whole, shape(child))
        return [whole]
    return None


def united(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: united(one.get(key), other.get(key)) for key in one | other}
    if isinstance(one, list) and isinstance(other, list):
        return [united(one[0], other[0])]
    return other if one is None else one


def keys_missing(ours: Any, theirs: Any, place: str = "") -> list[str]:
    """The places of keys that a recorded answer has and ours has not."""
    if isinstance(theirs, list):
        return keys_missing(ours[0], theirs[0], f"{place}[]") if ours and ours[0] else []
    if not isinstance(theirs, dict) or ours is None:
        return []
    missing = [f"{place}.{key}" for key in theirs if key not in ours]
    for key in theirs.keys() & ours.keys():
        missing += keys_missing(ours[key], theirs[key], f"{place}.{key}")
    return missing


def places(value: Any, place: str = "") -> set[str]:
    """Where an answer's shape has keys."""
    if isinstance(value, list):
        return places(value[0], f"{place}[]")
    if not isinstance(value, dict):
        return set()
    return {f"{place}.{key}" for key in value}.union(
        *(places(child, f"{place}.{key}") for key, child in value.items())
    )


def longest(world: World) -> str:
    return max((p for p in world.playlists if p.owner is world.me), key=lambda p: len(p.rows)).id


RECORDED: dict[str, Callable[[World], str]] = {
    "saved_tracks.json": lambda world: "me/tracks?limit=50",
    "playlist_items.json": lambda world: f"playlists/{longest(world)}/items",
    "playlist_1.json": lambda world: f"playlists/{longest(world)}",
    "current_user_playlist_1.json": lambda world: "me/playlists?limit=50",
    "get_album.json": lambda world: f"albums/{world.track(0).album.id}",
    "album_tracks.json": lambda world: f"albums/{world.track(0).album.id}/tracks",
    "artist.json": lambda world: f"artists/{world.track(0).artists[0].id}",
    "current_user.json": lambda world: "me",
    "playlist_not_found.json": lambda world: f"playlists/{'0' * 22}",
}
SENT_TO_NEW_APPS = {
    "saved_tracks.json": "saved_tracks.json",
    "playlist_items.json": "playlist_items.json",
    "get_album.json": "album.json",
    "artist.json": "artist.json",
    "current_user.json": "me.json",
}


def recorded(name: str) -> Any:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip("the recorded answers are not beside the project")
    return shape(json.loads(path.read_text()))


def asked(cohort: str, sample: str) -> Any:
    with asking(cohort=cohort) as (stand_in, asker):
        place = f"{stand_in.api_url}{RECORDED[sample](stand_in.world)}"
        return shape(asker._session.get(place, headers=asker._auth_headers()).json())


@pytest.mark.parametrize("sample", RECORDED)
def test_an_answer_has_every_key_that_was_recorded(sample: str) -> None:
    assert keys_missing(asked("old", sample), recorded(f"spotifyaio/{sample}")) == []


@pytest.mark.parametrize("sample", SENT_TO_NEW_APPS)
def test_a_new_app_is_sent_all_keys_but_those_that_were_taken_away(sample: str) -> None:
    left = recorded(f"derived_devmode/{SENT_TO_NEW_APPS[sample]}")
    ours = asked("new", sample)
    assert keys_missing(ours, left) == []
    taken_away = keys_missing(left, recorded(f"spotifyaio/{sample}"))
    assert taken_away
    assert places(ours).isdisjoint(taken_away)


ASKED_FOR: dict[str, tuple[Faults, str, str, Any]] = {
    "quota exceeded": (Faults(at={1: "quota"}), "GET", "me", None),
    "rolling-window": (Faults(at={1: "window"}), "GET", "me", None),
    "plain-text 429": (Faults(at={1: "window"}, plain_429=True), "GET", "me", None),
    "batch endpoint": (Faults(), "GET", f"artists?ids={'0' * 22}", None),
    "app owner without": (Faults(refuse={"": "premium"}), "GET", "me", None),
    "local track uri": (Faults(), "POST", "playlists/{}/items", ["spotify:local:Artist:Album:Title:180"]),
}


@pytest.mark.parametrize("what", ASKED_FOR)
def test_a_refusal_is_worded_as_recorded(what: str) -> None:
    path = SAMPLES / "recorded_errors/errors.json"
    if not path.exists():
        pytest.skip("the recorded answers are not beside the project")
    sample = next(entry for entry in json.loads(path.read_text()) if entry["what"].startswith(what))
    faults, method, target, uris = ASKED_FOR[what]
    with asking(faults=faults) as (stand_in, asker):
        place = stand_in.api_url + target.format(longest(stand_in.world))
        body = {"uris": uris} if uris else None
        answer = asker._session.request(method, place, json=body, headers=asker._auth_headers())
    assert answer.status_code == sample["status"]
    assert ("Retry-After" in answer.headers) == ("retry-after" in sample["headers"])
    if "body_text" in sample:
        assert answer.text == sample["body_text"]
    else:
        assert answer.json() == sample["body"]
