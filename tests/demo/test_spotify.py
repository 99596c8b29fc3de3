"""The Spotify stand-in's Web API, asked by spotipy."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest

from djtui.demo.spotify import COHORTS, Playlist, World
from djtui.demo.spotify_music import Episode, LocalFile
from tests.demo.spotify_asking import Client, asking, client, small_world


def whole(page: dict[str, Any], asker: Client) -> list[Any]:
    rows = list(page["items"])
    while page["next"]:
        page = asker.next(page)
        rows += page["items"]
    return rows


def own(world: World, *, rows: int = 1) -> Playlist:
    """A playlist of the account's own with so many rows or more."""
    return next(
        playlist for playlist in world.playlists if playlist.owner is world.me and len(playlist.rows) >= rows
    )


def foreign(world: World) -> Playlist:
    return next(playlist for playlist in world.playlists if not world.readable(playlist))


def test_a_generated_account_is_always_the_same_and_is_there_at_once() -> None:
    begun = time.process_time()
    world = World.generated(5, liked=5000, artists=2500, albums=3500, playlists=40, rows=6000)
    took = time.process_time() - begun
    sizes = (len(world.liked), len(world.artists), len(world.albums), len(world.playlists))
    assert sizes == (5000, 2500, 3500, 40)
    assert sum(len(playlist.rows) for playlist in world.playlists if world.readable(playlist)) == 6000
    again = small_world()
    assert again.liked == small_world().liked
    assert [playlist.uris for playlist in again.playlists] == [p.uris for p in small_world().playlists]
    assert took < 5  # a machine that does nothing else needs 0.6 s


def test_a_generated_account_holds_all_that_playlists_may_hold() -> None:
    world = small_world()
    readable = [playlist for playlist in world.playlists if world.readable(playlist)]
    songs = [row.song for playlist in readable for row in playlist.rows]
    assert None in songs
    assert any(isinstance(song, LocalFile) for song in songs)
    assert any(isinstance(song, Episode) for song in songs)
    assert any(row.added_at is None for playlist in readable for row in playlist.rows)
    assert any(len(set(playlist.uris)) < len(playlist.uris) for playlist in readable)
    assert [playlist.collaborative for playlist in readable if playlist.owner is not world.me] == [True]
    assert any(not playlist.rows for playlist in readable)
    assert len(readable) == 10


@pytest.mark.parametrize("cohort", COHORTS)
def test_paging_yields_every_like_and_every_row_in_order(cohort: str) -> None:
    with asking(cohort=cohort) as (stand_in, asker):
        world = stand_in.world
        likes = whole(asker.current_user_saved_tracks(limit=50), asker)
        assert [row["track"]["uri"] for row in likes] == world.liked_uris
        assert [row["added_at"] for row in likes] == sorted((row["added_at"] for row in likes), reverse=True)
        listed = whole(asker.current_user_playlists(limit=5), asker)
        assert [row["id"] for row in listed] == [playlist.id for playlist in world.playlists]
        for playlist in (playlist for playlist in world.playlists if world.readable(playlist)):
            rows = whole(asker.playlist_items(playlist.id, limit=50), asker)
            songs = [row["item"] for row in rows]
            assert [song and song["uri"] for song in songs] == playlist.uris


def test_a_new_app_is_refused_what_new_apps_lost() -> None:
    with asking() as (stand_in, asker):
        world = stand_in.world
        for path in (
            f"artists/?ids={next(iter(world.artists))}",
            f"playlists/{own(world).id}/tracks",
            f"playlists/{foreign(world).id}/items",
            f"tracks?ids={world.track(0).id}",
        ):
            refusal = asker.refusal("GET", path)
            assert (refusal.http_status, refusal.msg.split("\n ")[1]) == (403, "Forbidden")
        assert asker.refusal("GET", "search", q="a", type="track", limit=11).http_status == 400
        assert asker.refusal("GET", "audio-features", ids=world.track(0).id).http_status == 404
        assert not {"genres", "popularity", "followers"} & asker.artist(next(iter(world.artists))).keys()
        assert not {"label", "popularity"} & asker.album(next(iter(world.albums))).keys()
        assert "product" not in asker.me()
        assert asker.me()["account_id"] == world.me.account_id
        assert "items" not in asker.playlist(foreign(world).id)
        rows = asker.playlist_items(own(world).id, limit=5)["items"]
        assert all("item" in row and "track" not in row for row in rows)


def test_an_extended_app_may_ask_for_many_at_once_and_is_sent_everything() -> None:
    with asking(cohort="extended") as (stand_in, asker):
        world = stand_in.world
        artists = asker.artists(list(world.artists)[:50])["artists"]
        assert [artist["genres"] for artist in artists] == [
            list(artist.genres) for artist in list(world.artists.values())[:50]
        ]
        albums = asker.albums(list(world.albums)[:20])["albums"]
        assert [album["label"] for album in albums] == [
            album.label for album in list(world.albums.values())[:20]
        ]
        assert asker.tracks([world.track(0).id, "0" * 22])["tracks"][1] is None
        assert len(asker.search("a", limit=50)["tracks"]["items"]) == 50
        assert asker.refusal("GET", "albums", ids=",".join(list(world.albums)[:21])).http_status == 400
        assert asker.playlist_items(foreign(world).id, limit=1)["items"]


def test_an_old_app_is_sent_rows_under_both_names_and_no_genres() -> None:
    with asking(cohort="old") as (stand_in, asker):
        row = asker.playlist_items(own(stand_in.world).id, limit=1)["items"][0]
        assert row["item"] == row["track"]
        listed = asker.current_user_playlists()["items"][0]
        assert listed["items"] == listed["tracks"]
        artist = asker.artist(next(iter(stand_in.world.artists)))
        assert artist["genres"] == []
        assert "popularity" in artist


def test_a_single_thing_is_found_by_id_and_what_is_none_is_told() -> None:
    with asking() as (stand_in, asker):
        track = stand_in.world.track(0)
        assert asker.track(track.id)["external_ids"] == {"isrc": track.isrc}
        assert asker.album(track.album.id)["copyrights"][0]["text"].endswith(track.album.label)
        assert asker.album_tracks(track.album.id)["items"][0]["name"]
        assert asker.artist_albums(track.album.artists[0].id, limit=10)["total"]
        missing = asker.refusal("GET", f"tracks/{'0' * 22}")
        assert (missing.http_status, missing.msg.split("\n ")[1]) == (404, "Resource not found")
        assert asker.refusal("GET", "tracks/nonsense").http_status == 400
        assert asker.refusal("GET", "me/tracks", limit=51).http_status == 400
        stand_in.world.hidden.add(own(stand_in.world).id)
        assert asker.refusal("GET", f"playlists/{own(stand_in.world).id}").http_status == 404


def test_search_finds_by_words_and_by_isrc() -> None:
    with asking() as (stand_in, asker):
        track = stand_in.world.track(4)
        found = asker.search(f"isrc:{track.isrc}", limit=10)["tracks"]["items"]
        assert [song["id"] for song in found] == [track.id]
        named = asker.search(f'track:"{track.name}" artist:"{track.artists[0].name}"', limit=10)
        assert track.id in [song["id"] for song in named["tracks"]["items"]]
        nothing = asker.search("qqqqzzzz", type="track,artist,album")
        assert [nothing[kind]["total"] for kind in ("tracks", "artists", "albums")] == [0, 0, 0]


def test_plays_are_read_after_a_moment() -> None:
    with asking() as (stand_in, asker):
        stand_in.world.play(stand_in.world.track(7).uri, context=own(stand_in.world).uri)
        page = asker.current_user_recently_played(limit=10)
        assert page["items"][0]["track"]["id"] == stand_in.world.track(7).id
        assert page["items"][0]["context"]["uri"] == own(stand_in.world).uri
        assert asker.current_user_recently_played(after=int(page["cursors"]["after"]))["items"] == []


def test_likes_are_written_forty_at_a_time() -> None:
    with asking(small_world(liked=10)) as (stand_in, asker):
        world = stand_in.world
        uris = [uri for uri in world.songs if uri.startswith("spotify:track:")]
        fresh = [uri for uri in uris if not world.likes(uri)][:40]
        asker.current_user_saved_tracks_add(fresh)
        assert set(world.liked_uris[:40]) == set(fresh)
        assert asker.current_user_saved_tracks_contains(fresh[:2]) == [True, True]
        asker.current_user_saved_tracks_delete(fresh[1:])
        assert world.liked_uris[0] == fresh[0]
        assert len(world.liked) == 11
        assert asker.refusal("PUT", "me/library", uris=",".join(uris[:41])).http_status == 400


def test_a_playlist_is_created_filled_changed_and_deleted() -> None:
    with asking() as (stand_in, asker):
        world = stand_in.world
        uris = [world.track(number).uri for number in range(120)]
        made = asker.current_user_playlist_create("Later", public=False, description="for later")
        assert made["items"]["total"] == 0
        playlist = world.playlists[0]
        asker.playlist_replace_items(made["id"], uris[:100])
        first = asker.add(made["id"], {"uris": uris[100:], "position": 0})["snapshot_id"]
        assert playlist.uris == [*uris[100:], *uris[:100]]
        assert playlist.snapshot == first
        asker.playlist_reorder_items(made["id"], 0, 120, range_length=20, snapshot_id=first)
        assert playlist.uris == uris
        asker.playlist_remove_all_occurrences_of_items(made["id"], uris[:50], playlist.snapshot)
        assert playlist.uris == uris[50:]
        asker.playlist_change_details(made["id"], name="Sooner")
        assert asker.playlist(made["id"])["name"] == "Sooner"
        asker._delete("me/library", uris=playlist.uri)
        assert playlist not in world.playlists
        assert playlist.owner.id == world.me.id


def test_duplicates_are_added_and_removed_together() -> None:
    with asking() as (stand_in, asker):
        playlist = stand_in.world.create("Twice")
        uri = stand_in.world.track(0).uri
        asker.add(playlist.id, {"uris": [uri, stand_in.world.track(1).uri, uri]})
        asker.playlist_remove_specific_occurrences_of_items(playlist.id, [{"uri": uri, "positions": [0]}])
        assert playlist.uris == [stand_in.world.track(1).uri]


def test_writes_that_spotify_refuses_are_refused() -> None:
    world = small_world()
    world.row_limit = 30
    with asking(world) as (stand_in, asker):
        playlist = world.create("Small")
        track = world.track(0).uri
        path = f"playlists/{playlist.id}/items"
        bare = asker.refusal("POST", path, [track])
        assert (bare.http_status, bare.msg.split("\n ")[1]) == (400, "Error parsing JSON.")
        local = "spotify:local:Artist:Album:Title:180"
        refusal = asker.refusal("POST", path, {"uris": [local]})
        assert (refusal.http_status, refusal.msg.split("\n ")[1]) == (400, f"Invalid track uri: {local}")
        assert asker.refusal("POST", path, {"uris": [track] * 101}).http_status == 400
        assert asker.refusal("POST", path, {"uris": [track], "position": 1}).http_status == 400
        assert asker.refusal("POST", path, {"uris": [track] * 31}).http_status == 500
        stand_in.faults.full_status = 403
        assert asker.refusal("POST", path, {"uris": [track] * 31}).http_status == 403
        stale = {"items": [{"uri": track}], "snapshot_id": "nonsense"}
        assert asker.refusal("DELETE", path, stale).http_status == 400
        theirs = asker.refusal("POST", f"playlists/{foreign(world).id}/items", {"uris": [track]})
        assert (theirs.http_status, "don't own" in theirs.msg) == (403, True)
        assert playlist.rows == ()


def test_a_scope_that_was_not_granted_is_missed() -> None:
    with asking() as (stand_in, _):
        reader = client(stand_in, "user-library-read")
        assert reader.current_user_saved_tracks()["total"] == 120
        for method, path in (
            ("GET", "me/playlists"),
            ("GET", "me/player/recently-played"),
            ("PUT", f"me/library?uris={stand_in.world.track(0).uri}"),
        ):
            refusal = reader.refusal(method, path)
            assert (refusal.http_status, refusal.msg.split("\n ")[1]) == (403, "Insufficient client scope")


def test_it_runs_by_hand_and_says_how_to_use_it() -> None:
    command = [sys.executable, "-m", "djtui.demo.spotify", "--liked", "20", "--playlists", "2", "--rows", "9"]
    with subprocess.Popen([*command, "--window", "20/30"], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        said = "".join(running.stdout.readline() for _ in range(7))
        running.terminate()
    assert "[spotify]" in said
    assert "api_url = " in said
