"""Spotify's answers, read into the shapes of `rows`.

Nothing is taken for granted: every field may be absent, null or of the wrong type, and is None then. Only
what a sync rests on must be there: the rows of a page and how many the list has. Both generations of names
are read (changelog of February 2026: a playlist's `tracks` became `items`, a row's `track` became `item`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar
from urllib.parse import quote_plus, unquote_plus

from djtui.spotify.errors import ServiceTrouble
from djtui.spotify.rows import Account, Album, Artist, Item, Kind, Page, Play, Playlist, Song

Thing = TypeVar("Thing", Artist, Album, Song)

_LONGEST: Final = 4_000  # characters; Spotify's longest texts have a tenth of that
_BULK: Final = frozenset(
    "audio_preview_url available_markets description episodes external_urls href html_description images "
    "languages linked_from preview_url primary_color publisher resume_point tracks video_thumbnail".split()
)
_KINDS: Final[Mapping[str, Kind]] = {"track": "track", "episode": "episode", "local": "local"}
_LARGEST: Final = 2**53  # what SQLite and JSON both hold exactly


def account(answer: Any) -> Account:
    """Who is signed in. `account_id` is the stable one (changelog of May 2026); older apps have only `id`."""
    fields = _mapping(answer)
    user_id, stable = _text(fields.get("id")), _text(fields.get("account_id"))
    found = stable or user_id
    if found is None:
        raise ServiceTrouble("Spotify does not say who is signed in; its answer names no account.")
    return Account(found, user_id or found, _text(fields.get("display_name")), _text(fields.get("product")))


def items(answer: Any, offset: int) -> Page[Item]:
    """A page of liked songs or of a playlist. A row that is not understood keeps its place, with no song."""
    rows, total = _page(answer)
    return Page(tuple(_item(row) for row in rows), offset, total)


def playlists(answer: Any, offset: int) -> Page[Playlist]:
    """A page of the account's playlists. Empty rows are left out."""
    rows, total = _page(answer)
    return Page(tuple(found for row in rows if (found := playlist(row)) is not None), offset, total)


def songs(answer: Any, offset: int) -> Page[Song]:
    """A page of songs as a search sends them."""
    rows, total = _page(_mapping(answer).get("tracks"))
    return Page(tuple(found for row in rows if (found := song(row)) is not None), offset, total)


def plays(answer: Any) -> tuple[Play, ...]:
    """The songs played lately. That list has no total: it is read by time."""
    found = []
    for row in _list(_mapping(answer).get("items"), "the songs played lately"):
        fields = _mapping(row)
        played, what = _text(fields.get("played_at")), song(fields.get("track"))
        if played is not None and what is not None:
            found.append(Play(what, played, _text(_mapping(fields.get("context")).get("uri"))))
    return tuple(found)


def several(answer: Any, name: str, ids: Sequence[str]) -> dict[str, Any]:
    """What a request for several things found, still unread, by the id asked for; None: no such thing.

    The answer has a place for each id, in order, so that what Spotify has merged into another thing is found
    too, though it comes under the other's id.
    """
    rows = _list(_mapping(answer).get(name), name)
    if len(rows) == len(ids):
        return dict(zip(ids, rows, strict=True))
    by_id = {_text(_mapping(row).get("id")): row for row in rows}
    return {asked: by_id.get(asked) for asked in ids}


def known_as(asked: str, thing: Thing | None) -> Thing | None:
    """The thing under the id that was asked for, should Spotify call it otherwise."""
    if thing is None or thing.id == asked:
        return thing
    if isinstance(thing, Song):
        return replace(thing, id=asked, uri=f"spotify:{thing.kind}:{asked}")
    return replace(thing, id=asked)


def contained(answer: Any, uris: Sequence[str]) -> set[str]:
    """Those of the songs that are liked: the answer is a list of yes and no, in their order."""
    said = _list(answer, "which songs are liked")
    if len(said) != len(uris):
        raise ServiceTrouble(f"Spotify says of {len(said)} songs whether they are liked, not of {len(uris)}.")
    return {uri for uri, liked in zip(uris, said, strict=True) if liked is True}


def snapshot(answer: Any) -> str | None:
    """The id of a playlist's new state, as a change of its rows is answered."""
    return _text(_mapping(answer).get("snapshot_id"))


def playlist(answer: Any) -> Playlist | None:
    """A playlist without its rows, or None if it has no id."""
    fields = _mapping(answer)
    found = _text(fields.get("id"))
    if found is None:
        return None
    owner = _mapping(fields.get("owner"))
    totals = (_count(_mapping(fields.get(name)).get("total")) for name in ("items", "tracks"))
    return Playlist(
        id=found,
        name=_text(fields.get("name")),
        description=_text(fields.get("description")),
        owner_id=_text(owner.get("id")),
        owner=_text(owner.get("display_name")),
        public=_flag(fields.get("public")),
        collaborative=_flag(fields.get("collaborative")),
        snapshot=_text(fields.get("snapshot_id")),
        total=next((total for total in totals if total is not None), None),
    )


def artist(answer: Any) -> Artist | None:
    """An artist, or None if it has no id."""
    fields = _mapping(answer)
    found = _text(fields.get("id"))
    if found is None:
        return None
    genres = fields.get("genres")
    return Artist(
        found,
        _text(fields.get("name")),
        genres=_texts(genres) if isinstance(genres, list) else None,
        popularity=_count(fields.get("popularity")),
        followers=_count(_mapping(fields.get("followers")).get("total")),
    )


def album(answer: Any) -> Album | None:
    """An album without its songs, or None if it has neither id nor name. A local file's has no id ("")."""
    fields = _mapping(answer)
    found, name = _text(fields.get("id")), _text(fields.get("name"))
    if found is None and name is None:
        return None
    released = _text(fields.get("release_date"))
    known = released is not None and not released.startswith("0000")  # Spotify's way to say unknown
    copyrights = fields.get("copyrights")
    return Album(
        id=found or "",
        name=name,
        type=_text(fields.get("album_type")),
        release_date=released if known else None,
        release_precision=_text(fields.get("release_date_precision")) if known else None,
        total_tracks=_count(fields.get("total_tracks")),
        artists=_artists(fields.get("artists")),
        label=_text(fields.get("label")),
        copyrights=_texts([_mapping(line).get("text") for line in copyrights])
        if isinstance(copyrights, list)
        else None,
        upc=_text(_mapping(fields.get("external_ids")).get("upc")),
        popularity=_count(fields.get("popularity")),
    )


def slim(answer: Any) -> Any:
    """An answer without what no reader here looks at, for keeping: a tenth of its size."""
    if isinstance(answer, dict):
        return {name: slim(value) for name, value in answer.items() if name not in _BULK}
    return [slim(value) for value in answer] if isinstance(answer, list) else answer


def song(answer: Any) -> Song | None:
    """A track, an episode or a local file; None: nothing, or a kind of thing that djtui does not know.

    Of an episode the show stands for the artist. The artists of local files and of episodes have no id ("").
    """
    fields = _mapping(answer)
    named = _named(fields)
    if named is None:
        return None
    kind, uri, found = named
    milliseconds = _number(fields.get("duration_ms"))
    read = Song(
        kind=kind,
        uri=uri,
        id=found,
        title=_text(fields.get("name")),
        artists=_show(fields.get("show")) if kind == "episode" else _artists(fields.get("artists")),
        album=None if kind == "episode" else album(fields.get("album")),
        duration=None if milliseconds is None else milliseconds / 1000,
        explicit=_flag(fields.get("explicit")),
        disc_number=_count(fields.get("disc_number")),
        track_number=_count(fields.get("track_number")),
        isrc=_text(_mapping(fields.get("external_ids")).get("isrc")),
        popularity=_count(fields.get("popularity")),
    )
    return _local(read) if kind == "local" else read


def _item(row: Any) -> Item:
    fields = _mapping(row)
    what = fields.get("item")
    if not isinstance(what, dict):
        what = fields.get("track")
    return Item(song(what), _text(fields.get("added_at")), _text(_mapping(fields.get("added_by")).get("id")))


def _named(fields: Mapping[str, Any]) -> tuple[Kind, str, str | None] | None:
    """Kind, uri and id of a song, each found by the others where it is missing."""
    uri, found = _text(fields.get("uri")), _text(fields.get("id"))
    if uri is None and fields.get("is_local") is True:
        uri = _local_uri(fields)
    if uri is None and found is not None:
        uri = f"spotify:{fields.get('type') or 'track'}:{found}"
    service, _, rest = (uri or "").partition(":")
    word, _, own = rest.partition(":")
    kind = _KINDS.get(word)
    if uri is None or service != "spotify" or kind is None or not own:
        return None
    return kind, uri, None if kind == "local" else found or own


def _local_uri(fields: Mapping[str, Any]) -> str | None:
    """The uri of a local file, as Spotify would write it: artist, album, title and seconds, URL-encoded."""
    artists = _artists(fields.get("artists"))
    seconds = _number(fields.get("duration_ms")) or 0
    words = (
        (artists[0].name if artists else None) or "",
        _text(_mapping(fields.get("album")).get("name")) or "",
        _text(fields.get("name")) or "",
    )
    if not any(words):
        return None
    return ":".join(("spotify", "local", *map(quote_plus, words), str(int(seconds // 1000))))


def _local(read: Song) -> Song:
    """A local file, with what only its uri says (`spotify:local:artist:album:title:seconds`)."""
    parts = read.uri.split(":")
    if len(parts) != 6:
        return read
    artist_name, album_name, title = (_text(unquote_plus(part)) for part in parts[2:5])
    seconds = float(parts[5]) if parts[5].isdecimal() and parts[5].isascii() and len(parts[5]) < 8 else None
    return replace(
        read,
        title=read.title or title,
        artists=read.artists or ((Artist("", artist_name),) if artist_name else ()),
        album=read.album or (Album("", album_name) if album_name else None),
        duration=read.duration or seconds,
    )


def _artists(value: Any) -> tuple[Artist, ...]:
    if not isinstance(value, list):
        return ()
    read = []
    for one in value:
        if isinstance(one, dict):
            found, name = _text(one.get("id")), _text(one.get("name"))
            if found is not None or name is not None:
                read.append(Artist(found or "", name))
    return tuple(read)


def _show(value: Any) -> tuple[Artist, ...]:
    name = _text(_mapping(value).get("name"))
    return (Artist("", name),) if name is not None else ()


def _page(answer: Any) -> tuple[list[Any], int]:
    fields = _mapping(answer)
    rows, total = _list(fields.get("items"), "a list"), _count(fields.get("total"))
    if total is None:
        raise ServiceTrouble("Spotify's answer for a list does not say how long the list is.")
    return rows, total


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise ServiceTrouble(f"Spotify's answer for {what} holds no rows.")
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    """A text that SQLite takes (no half of a surrogate pair, no NUL) and a screen survives; '' is unknown."""
    if type(value) is not str or not value:
        return None
    if value.isprintable() and len(value) <= _LONGEST:  # neither of the two is printable
        return value
    return value[:_LONGEST].encode("utf-8", "replace").decode("utf-8").replace("\0", "") or None


def _texts(values: list[Any]) -> tuple[str, ...]:
    return tuple(found for value in values if (found := _text(value)) is not None)


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < _LARGEST else None


def _number(value: Any) -> float | None:
    if type(value) not in (int, float):
        return None
    return value if 0 <= value < _LARGEST and math.isfinite(value) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None
