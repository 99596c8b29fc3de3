"""Dialogs of the Spotify view: what the last sync changed; account, app, requests and cache in full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from djtui.tui import formats
from djtui.tui.formats import Part
from djtui.tui.screens.dialog import Lines
from djtui.tui.widgets.rows import Row
from djtui.tui.widgets.spotify_song import HOW
from djtui.tui.widgets.traktor_backups import size

if TYPE_CHECKING:
    import sqlite3

    from djtui.library.database import Reader
    from djtui.tui.allowance import Allowance
    from djtui.tui.screens.spotify_facts import Facts
    from djtui.tui.widgets.spotify_song import Song

Fact = tuple[str, str]
SHOWN: Final = 2000
_HOURS: Final = 6
_USES: Final = {
    "interactive": "for you at the keyboard", "write": "to write playlists", "sync": "to sync",
    "enrich": "for what is nice to know",
}  # fmt: skip
_CAPABILITIES: Final = {
    "batch_tracks": "several tracks at once", "batch_artists": "several artists at once",
    "batch_albums": "several albums at once", "search_max": "results of a search",
    "has_genres": "genres", "has_popularity": "popularity", "has_label": "labels",
    "plays": "what was played lately",
}  # fmt: skip
_YES: Final = {1: "yes", 0: "no", None: "not asked yet"}
_KEPT: Final = {"track": "tracks", "artist": "artists", "album": "albums", "items": "pages of playlists"}
_SCOPES: Final = {
    "user-library-read": "read liked songs", "user-library-modify": "like songs",
    "playlist-read-private": "read playlists", "playlist-read-collaborative": "read shared lists",
    "playlist-modify-private": "write playlists", "playlist-modify-public": "write public ones",
    "user-read-recently-played": "see what was played",
}  # fmt: skip
_SIGNS: Final = {
    "liked": ("+", "$success", "liked"),
    "unliked": ("-", "$warning", "unliked"),
    "added": ("+", "$success", "added to"),
    "removed": ("-", "$warning", "removed from"),
    "playlist": ("+", "$success", "new playlist"),
    "playlist gone": ("-", "$warning", "playlist gone"),
    "renamed": ("·", "$accent", "renamed"),
}


class Changed(Lines[None]):
    """What the last sync that changed anything changed."""


async def changed(reader: Reader) -> Changed:
    """The dialog with what there is to say. Raises `LibraryError`."""
    rows = await reader.fetchall(
        "SELECT change.*, title, artist FROM spotify_change AS change"
        " LEFT JOIN spotify_track AS song ON song.id = change.track_id"
        " WHERE job_id = (SELECT max(job_id) FROM spotify_change) ORDER BY change.id LIMIT ?",
        (SHOWN,),
    )
    at = f" · {formats.moment(rows[0]['at']).strip()}" if rows else ""
    empty = "No sync has changed anything yet: the first one only fills the library."
    return Changed(f"What the last sync changed{at}", list(map(_change, rows)), empty=empty)


def _change(row: sqlite3.Row) -> Row:
    sign, style, what = _SIGNS.get(row["kind"], ("·", "$quiet", row["kind"]))
    playlist = row["playlist"] or ""
    if row["track_id"] is None:
        name: list[Part] = [(playlist or "without a name", "")]
        right = f"was {row['detail']}" if row["detail"] else ""
    else:
        name = [
            (row["title"] or "without a title", ""),
            (f" · {row['artist']}" if row["artist"] else "", "$quiet"),
        ]
        right = playlist
    left: list[Part] = [(f" {sign} ", style), (f"{what:<16} ", "$quiet"), *name]
    return Row(row["id"], left, ((formats.cut(right, 32), "$quiet"),))


class SongDialog(Lines[None]):
    """A song in full."""

    def __init__(self, song: Song) -> None:
        facts = [
            ("artists", song.artist),
            ("album", song.album),
            ("released", song.released),
            ("label", song.label),
            ("ISRC", song.isrc),
            ("plays", formats.clock(song.duration)),
            ("explicit", None if song.explicit is None else "yes" if song.explicit else "no"),
            ("popularity", None if song.popularity is None else str(song.popularity)),
            ("liked", formats.moment(song.liked).strip()),
            *(("genre" if at == 0 else "", genre) for at, genre in enumerate(song.genres)),
        ]
        rows = [
            *headed("On Spotify", [(name, value or "") for name, value in facts]),
            *headed("In the playlists", [("", name) for name in song.playlists]),
            *headed("In the library", [(HOW.get(song.how or "", ""), song.track or "")]),
        ]
        super().__init__(song.title or song.uri, rows)


class Details(Lines[None]):
    """What is known of the account, the app, the requests of a day and the cache."""

    def __init__(self, facts: Facts, allowance: Allowance) -> None:
        rows = [
            *headed("Sign-in", list(_sign_in(facts))),
            *headed("You allowed djtui to", list(_scopes(facts))),
            *headed("What this app may ask and is sent", list(_may(facts))),
            *headed("Requests in the last 24 hours", list(_requests(allowance))),
            *headed("Cache of answers", list(_cache(allowance))),
        ]
        super().__init__("Spotify", rows, empty="Nobody has signed in yet.")


def headed(title: str, facts: Sequence[Fact]) -> Iterator[Row]:
    """A heading, and a line for each fact that there is."""
    said = [(name, value) for name, value in facts if value]
    if said:
        yield Row(("heading", title), ((f" {title}", "bold"),), live=False)
    for at, (name, value) in enumerate(said):
        yield Row((title, at), ((f"   {name:<25} ", "$quiet"), (value, "")))


def _sign_in(facts: Facts) -> Iterator[Fact]:
    signed = facts.state.signed_in
    yield "account", facts.account or ""
    yield "subscription", facts.product or ""
    yield "client id", facts.client_id
    if signed is not None:
        yield "authorized", f"{signed.authorized.astimezone():%-d %B %Y %H:%M}"
        yield "ends", f"{signed.expires.astimezone():%-d %B %Y}, six months later"
        yield "", facts.state.warning or ""


def _scopes(facts: Facts) -> Iterator[Fact]:
    signed = facts.state.signed_in
    for scope in sorted(signed.scopes) if signed is not None else ():
        yield _SCOPES.get(scope, scope), scope


def _may(facts: Facts) -> Iterator[Fact]:
    for name, what in _CAPABILITIES.items():
        value = facts.state.may.get(name)
        yield what, f"{value or ''}" if name == "search_max" else _YES.get(value, "")


def _requests(allowance: Allowance) -> Iterator[Fact]:
    budget = allowance.budget
    if budget is None:
        return
    hours = [f"{count:,}" for count in budget.by_hour]
    yield "in all", f"{budget.used:,}"
    for use, count in budget.by_use.items():
        yield _USES.get(str(use), str(use)), f"{count:,}" if count else ""
    yield (
        "at most",
        f"{budget.own:,} a day, by spotify.budget_per_day" if budget.own else "no limit of your own",
    )
    yield (
        "Spotify's quota",
        f"used up after {budget.learned:,}, as was learned" if budget.learned else "not met yet",
    )
    if budget.next_release is not None:
        yield "the oldest fall out at", formats.at(budget.next_release)
    if budget.blocked_until is not None:
        yield "not to be asked before", f"{formats.at(budget.blocked_until)} ({budget.kind})"
    for at in range(0, len(hours), _HOURS):
        ago = len(hours) - at
        yield (
            f"{ago} to {ago - _HOURS} hours ago",
            "  ".join(f"{hour:>5}" for hour in hours[at : at + _HOURS]),
        )


def _cache(allowance: Allowance) -> Iterator[Fact]:
    cache = allowance.cache
    if cache is None:
        return
    total = cache.total
    yield "where", cache.where
    yield (
        "answered from it",
        f"{total.hits:,} of {total.hits + total.misses:,}" if cache.rate is not None else "",
    )
    yield "requests saved", f"{total.saved:,}"
    for kind, figures in cache.kinds.items():
        kept = f"{figures.entries:>7,} kept  {size(figures.bytes):>9}  {figures.hits:>7,} found"
        yield _KEPT[kind], f"{kept}  {figures.misses:>7,} not  {figures.saved:>7,} requests saved"
