"""The writing part of the Spotify stand-in's Web API: playlists and likes."""

from __future__ import annotations

import re
from typing import Any, Final

from djtui.demo.spotify_answers import Json
from djtui.demo.spotify_api import Asked, State, uris_of
from djtui.demo.spotify_limits import Answer, AnswerNow, refused
from djtui.demo.spotify_world import Full, Playlist

_MOST: Final = 100  # rows a request may name


def create_playlist(state: State, asked: Asked) -> Answer:
    body = _object(asked)
    name = body.get("name")
    if not isinstance(name, str) or not name:
        raise AnswerNow(400, "Missing required field: name")
    public, collaborative = body.get("public", True), body.get("collaborative", False)
    if collaborative and public:
        raise AnswerNow(400, "Collaborative playlists can only be private.")
    made = state.world.create(
        name, description=body.get("description") or "", public=public, collaborative=collaborative
    )
    return Answer(201, state.answers.playlist(made, state.shown(made), readable=True))


def change_playlist(state: State, asked: Asked) -> Answer:
    found = _own(state, asked)
    body = _object(asked)
    named = {key: body[key] for key in ("name", "description", "public", "collaborative") if key in body}
    if not named:
        raise AnswerNow(400, "No fields to update")
    state.world.describe(found, **named)
    return Answer(200)


def add_items(state: State, asked: Asked) -> Answer:
    found = _writable(state, asked)
    body: Json = {} if "uris" in asked.query else _object(asked)
    uris = _songs(state, asked.query["uris"].split(",") if "uris" in asked.query else body.get("uris"))
    position = asked.query.get("position", body.get("position"))
    if position is not None and not 0 <= int(position) <= len(found.rows):
        raise AnswerNow(400, "Index out of bounds")
    try:
        snapshot = state.world.add(found, uris, None if position is None else int(position))
    except Full:
        raise AnswerNow(state.faults.full_status, "Playlist size limit reached") from None
    return Answer(201, {"snapshot_id": snapshot})


def put_items(state: State, asked: Asked) -> Answer:
    """Replace, or reorder: whichever the request names."""
    found = _writable(state, asked)
    if "uris" in asked.query:
        uris = [uri for uri in asked.query["uris"].split(",") if uri]
        return Answer(200, {"snapshot_id": state.world.replace(found, _songs(state, uris))})
    body = _object(asked)
    if "uris" in body:
        return Answer(200, {"snapshot_id": state.world.replace(found, _songs(state, body["uris"]))})
    if not {"range_start", "insert_before"} <= body.keys():
        raise AnswerNow(400, "Missing required field: uris")
    start, before, length = body["range_start"], body["insert_before"], body.get("range_length", 1)
    count = len(found.rows)
    if not (0 <= start < count and 0 <= before <= count and 1 <= length <= count - start):
        raise AnswerNow(400, "Range out of bounds")
    _check_snapshot(found, body)
    return Answer(200, {"snapshot_id": state.world.move(found, start, length, before)})


def remove_items(state: State, asked: Asked) -> Answer:
    """Removes every row of the songs named: positions are no longer in Spotify's description and ignored."""
    found = _writable(state, asked)
    body = _object(asked)
    items = body.get("items", body.get("tracks") if asked.path.endswith("/tracks") else None)
    if not isinstance(items, list) or not all(isinstance(item, dict) and "uri" in item for item in items):
        raise AnswerNow(400, "Missing required field: items")
    _check_snapshot(found, body)
    uris = _songs(state, [item["uri"] for item in items], known=False)
    return Answer(200, {"snapshot_id": state.world.remove(found, uris)})


def save(state: State, asked: Asked) -> Answer:
    return _library(state, asked, saved=True)


def unsave(state: State, asked: Asked) -> Answer:
    return _library(state, asked, saved=False)


def like_ids(state: State, asked: Asked) -> Answer:
    for uri in _liked_ids(asked):
        if uri in state.world.songs:
            state.world.like(uri)
    return Answer(200)


def unlike_ids(state: State, asked: Asked) -> Answer:
    for uri in _liked_ids(asked):
        state.world.unlike(uri)
    return Answer(200)


def unfollow(state: State, asked: Asked) -> Answer:
    state.world.unfollow(state.playlist(asked.names[0]))
    return Answer(200)


def follow(state: State, asked: Asked) -> Answer:
    state.world.follow(state.playlist(asked.names[0]))
    return Answer(200)


def _library(state: State, asked: Asked, *, saved: bool) -> Answer:
    """Songs are liked, playlists followed; the rest of a library is not kept."""
    world = state.world
    uris = uris_of(asked, 40)
    needed = {
        "playlist-modify-public" if uri.startswith("spotify:playlist:") else "user-library-modify"
        for uri in uris
    }
    if needed - asked.scope:
        raise refused("scope")
    for uri in uris:
        kind, name = uri.split(":")[1:]
        if kind == "playlist":
            found = state.playlist(name)
            world.follow(found) if saved else world.unfollow(found)
        elif kind == "track" and saved and uri in world.songs:
            world.like(uri)
        elif kind == "track" and not saved:
            world.unlike(uri)
    return Answer(200)


def _liked_ids(asked: Asked) -> list[str]:
    body = asked.body if isinstance(asked.body, dict) else {}
    names = asked.query["ids"].split(",") if "ids" in asked.query else body.get("ids", [])
    if not names:
        raise AnswerNow(400, "Missing required field: ids")
    if len(names) > 50:
        raise AnswerNow(400, "Too many ids requested")
    return [f"spotify:track:{name}" for name in names]


def _own(state: State, asked: Asked) -> Playlist:
    found = state.playlist(asked.names[0])
    if found.owner.id != state.world.me.id:
        raise refused("owner")
    _check_scope(found, asked)
    return found


def _writable(state: State, asked: Asked) -> Playlist:
    found = state.playlist(asked.names[0])
    if not state.world.readable(found):
        raise refused("owner")
    _check_scope(found, asked)
    return found


def _check_scope(playlist: Playlist, asked: Asked) -> None:
    needed = "playlist-modify-public" if playlist.public else "playlist-modify-private"
    if needed not in asked.scope:
        raise refused("scope")


def _check_snapshot(playlist: Playlist, body: Json) -> None:
    snapshot = body.get("snapshot_id")
    if snapshot is not None and all(snapshot != version.snapshot for version in playlist.versions):
        raise AnswerNow(400, "Invalid playlist snapshot id")


def _object(asked: Asked) -> Json:
    if not isinstance(asked.body, dict):
        raise AnswerNow(400, "Error parsing JSON.")
    return asked.body


def _songs(state: State, uris: Any, *, known: bool = True) -> list[str]:
    """Uris of songs that can be written, or the 400. `known`: they must be in the catalogue."""
    if not isinstance(uris, list) or not all(isinstance(uri, str) for uri in uris):
        raise AnswerNow(400, "Missing required field: uris")
    if len(uris) > _MOST:
        raise AnswerNow(400, "You can add a maximum of 100 tracks per request.")
    for uri in uris:
        if not re.fullmatch(r"spotify:(track|episode):[0-9A-Za-z]{22}", uri):
            raise AnswerNow(400, f"Invalid track uri: {uri}")
        if known and uri not in state.world.songs:
            raise AnswerNow(400, "Payload contains a non-existing ID")
    return uris
