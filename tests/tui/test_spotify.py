"""The Spotify view: what to do at first, songs and playlists as tracks are shown, and what a sync found."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from textual.widgets import Input

from djtui import config
from djtui.config import SpotifySettings
from djtui.jobs.locks import HostLock
from djtui.spotify.capabilities import Capabilities
from djtui.spotify.pkce import Grant
from djtui.spotify.rows import Account
from djtui.spotify.state import State
from djtui.spotify.tokens import SignedIn, Tokens
from djtui.tui import formats
from djtui.tui.screens.spotify import SpotifyView
from djtui.tui.screens.spotify_facts import Facts, SignedState
from djtui.tui.widgets.filter_bar import FilterInput
from djtui.tui.widgets.spotify_head import app, authorized, last
from djtui.tui.widgets.spotify_lists import EVERY, FIRST, Place, SongLists, rows
from tests.tui import spotify_library
from tests.tui.conftest import SETTINGS, Opened, Session, another

CLIENT = "0123456789abcdef0123456789abcdef"
MAY = datetime(2026, 5, 1, 12, tzinfo=UTC)
SYNCED = formats.moment("2026-11-20T09:12:00Z").strip()
OURS = replace(SETTINGS, spotify=SpotifySettings(client_id=CLIENT))


class At:
    """A clock that stands at a moment."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment

    async def sleep(self, seconds: float) -> None:
        """Nobody waits here."""


def sign_in(*, days_ago: int = 0) -> Tokens:
    """Somebody signed in so many days ago, in another terminal perhaps."""
    moment = datetime.now(UTC) - timedelta(days=days_ago)
    tokens = Tokens(OURS.spotify, clock=At(moment))
    grant = Grant("secret", "secret too", moment + timedelta(hours=1), ("user-library-read",))
    tokens.path.parent.mkdir(parents=True, exist_ok=True)
    tokens.keep(grant, Account(*spotify_library.ACCOUNT))
    return tokens


@pytest.fixture
async def songs(path: Path) -> Path:
    """A library with 300 songs of Spotify's beside its tracks."""
    await spotify_library.fill(path)
    return path


@asynccontextmanager
async def at(path: Path, opened: Opened, **options: Any) -> AsyncIterator[Session]:
    """The Spotify view, with a lock that keeps job hosts from starting."""
    async with HostLock(path), opened(path, **{"settings": OURS, **options}) as djtui:
        await djtui.press("4")
        await djtui.until(lambda: view(djtui)._reading is False and view(djtui).facts.client_id)
        yield djtui


def view(djtui: Session) -> SpotifyView:
    bottom = djtui.app.screen_stack[0]
    assert isinstance(bottom, SpotifyView)
    return bottom


# -- nobody is signed in ---------------------------------------------------------------------------


async def test_at_first_it_says_what_to_do_and_takes_the_client_id(path: Path, opened: Opened) -> None:
    async with opened(path, size=(80, 24)) as djtui:
        await djtui.press("4")
        await djtui.sees("Nobody is signed in", "1 Make an app", "developer.spotify.com/dashboard")
        await djtui.sees("http://127.0.0.1/callback", "http://127.0.0.1:8888/callback", "2 enter takes")
        assert not any(word in djtui.lines[-1] for word in ("sync", "filter", "playlists"))
        await djtui.press("enter")
        djtui.app.screen.query_one(Input).value = "https://developer.spotify.com"
        await djtui.press("enter")
        await djtui.sees("A client id is letters and digits alone")
        djtui.app.screen.query_one(Input).value = f" {CLIENT} "
        await djtui.press("enter")
        await djtui.sees("✓ Make an app", f"Client id {CLIENT}", "3 enter signs in")
        assert config.load(djtui.app.settings.source).spotify.client_id == CLIENT
        assert {cell_len(line) for line in djtui.lines} == {80}


# -- songs -----------------------------------------------------------------------------------------


async def test_signed_out_too_liked_songs_are_listed_with_what_the_library_has_of_them(
    songs: Path, opened: Opened
) -> None:
    async with at(songs, opened) as djtui:
        await djtui.sees("not signed in · Ada Lovelace", "i signs in")
        assert "i sign in" in djtui.lines[-1]
        assert "sync" not in djtui.lines[-1]
        await djtui.sees("Opal 0000", "2010-01-11", "1 / 200", "Have", "[bold]Not bold[/bold]")
        await djtui.sees("ISRC GBCFB0000000", "explicit", "✓ /music/00000.mp3 (by ISRC)", "in Liked")
        await djtui.press("enter")
        await djtui.sees("On Spotify", "In the library", "by ISRC")
        await djtui.press("escape", "G")
        await djtui.sees("200 / 200", "· not in the library")


async def test_the_places_at_the_left_are_followed_by_the_songs(songs: Path, opened: Opened) -> None:
    async with at(songs, opened) as djtui:
        await djtui.sees("All songs", "Friday (base)", "unreadable", "… 77")
        await djtui.press("c", "j")
        await djtui.sees("1 / 300")
        await djtui.press("j")
        await djtui.sees("1 / 5", "in Liked, Friday (base)")
        await djtui.press("j")
        await djtui.sees("This playlist is Spotify’s: not readable.", "It has 77 songs.")
        await djtui.press("j")
        await djtui.sees("has not been read yet: y syncs")
        await djtui.press("j")
        await djtui.sees("This playlist is empty.")
        await djtui.press("k", "k", "k", "enter")
        await djtui.sees("1 / 5")
        assert not view(djtui).query_one(SongLists).has_focus


async def test_the_filter_is_that_of_the_library_and_points_at_mistakes(songs: Path, opened: Opened) -> None:
    async with at(songs, opened) as djtui:
        await djtui.sees("1 / 200")
        await djtui.press("slash")
        for text, said in (
            ("artist:bjork owned:no", ("1 / 38 of 200",)),
            ("bmp:124", ("^^^", "bpm")),
            ("bpm:>=120", ("· +191 unknown",)),
            ("xyzzy", ("No song passes this filter. Esc clears it.",)),
        ):
            view(djtui).query_one(FilterInput).value = text
            await djtui.sees(*said)
        await djtui.press("escape", "enter")
        await djtui.sees("1 / 200")


async def test_songs_are_sorted_by_a_list_of_fields_and_by_their_headers(songs: Path, opened: Opened) -> None:
    async with at(songs, opened) as djtui:
        await djtui.sees("1 / 200")
        await djtui.press("s")
        await djtui.sees("newest first", "liked on")
        await djtui.type("duration")
        await djtui.press("enter")
        await djtui.sees("sort duration ↑")
        await djtui.press("S")
        await djtui.sees("sort duration ↓", "▌")
        header = next(number for number, line in enumerate(djtui.lines) if "Have" in line)
        await djtui.pilot.click(offset=(djtui.lines[header].index("Have"), header))
        await djtui.sees("sort owned ↑")
        assert list(view(djtui).table.source.ids)[:10] == list(range(1, 11))


async def test_songs_that_another_program_likes_come_in_by_themselves(songs: Path, opened: Opened) -> None:
    async with at(songs, opened) as djtui:
        await djtui.sees("1 / 200")
        async with another(songs) as library, library.writing() as tx:
            await tx.execute("INSERT INTO spotify_like VALUES (222, '2026-11-01T12:00:00Z', 1)")
            await tx.execute("UPDATE spotify_track SET revision = ? WHERE id = 222", (await tx.revision(),))
            await tx.execute("DELETE FROM spotify_playlist WHERE name = 'Empty'")
            await tx.touch("spotify")
        await djtui.sees("2 / 201")
        await djtui.until(lambda: "Empty" not in djtui.text)


# -- head, changes and details ---------------------------------------------------------------------


async def test_the_head_says_whose_account_what_the_app_may_and_what_the_last_sync_found(
    songs: Path, opened: Opened
) -> None:
    sign_in()
    state = State.open()
    for name, value in (("batch_artists", 0), ("batch_albums", 0), ("has_genres", 0), ("has_label", 0)):
        Capabilities(state, CLIENT, spotify_library.ACCOUNT[0]).set(name, value)  # type: ignore[arg-type]
    state.close()
    async with at(songs, opened) as djtui:
        await djtui.sees(
            "Ada Lovelace · premium", "this app may ask one by one · is not sent genres or labels"
        )
        await djtui.sees(f"last sync {SYNCED} · 1 liked, 1 unliked, 1 added, 1 new list, 1 renamed")
        await djtui.sees("signed in until")
        assert all(key in djtui.lines[-1] for key in ("y sync", "Y full sync", "w what changed"))
        assert "sign in" not in djtui.lines[-1]
        await djtui.press("w")
        await djtui.sees("unliked", "Friday (base) ", "new playlist", "was Thursday", "added to")
        await djtui.press("escape", "d")
        await djtui.sees("Sign-in", "several artists at once", "no", "not asked yet", CLIENT)
        assert "secret" not in djtui.text
        await djtui.press("escape", "X")
        await djtui.sees("Sign out of Spotify?")
        await djtui.press("y")
        await djtui.sees("not signed in · Ada Lovelace")


def test_the_right_edge_of_the_head_says_as_much_as_there_is_room_for() -> None:
    signed = SignedIn(CLIENT, frozenset(), MAY, MAY + timedelta(days=184), None, "Ada", None, False)
    facts = Facts(state=SignedState(signed, None, {"batch_tracks": 1, "batch_albums": 1, "has_genres": 0}))
    said = ["".join(text for text, _ in parts) for parts in (*app(facts.state.may), *authorized(facts))]
    assert said == [
        "this app may ask in batches · is not sent genres",
        "asks in batches · no genres",
        "asks in batches",
        "authorized 1 May 2026 until 1 Nov 2026",
        "signed in until 1 Nov 2026",
        "until 1 Nov 2026",
    ]
    assert app({}) == ((),)


def test_the_first_sync_is_under_way_only_while_somebody_works_it() -> None:
    said = {
        state: "".join(text for text, _ in last(Facts(), state))
        for state in (None, "running", "waiting", "paused", "interrupted")
    }
    assert said == {
        None: "never synced   y syncs",
        "running": "the first sync is under way",
        "waiting": "the first sync is under way",
        "paused": "the first sync is paused   y goes on with it",
        "interrupted": "the first sync was cut off   y goes on with it",
    }


async def test_a_sync_that_waits_for_a_sign_in_has_i_at_hand_without_leaving_the_view(
    songs: Path, opened: Opened
) -> None:
    tokens = sign_in()
    async with at(songs, opened) as djtui:
        await djtui.until(lambda: "y sync" in djtui.lines[-1])
        assert "i sign in" not in djtui.lines[-1]
        kept = tokens._file.read()
        assert kept is not None
        tokens._file.write(replace(kept, doubtful=datetime.now(UTC).isoformat()))
        async with another(songs) as library, library.writing() as tx:
            await tx.execute(
                "INSERT INTO job (key, kind, title, params, state, created)"
                " VALUES ('spotify-sync', 'spotify-sync', 'Spotify sync', '{}', 'waiting', ?)",
                (datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),),
            )
        await djtui.sees("! Spotify refuses the sign-in: i signs in again")
        assert "i sign in" in djtui.lines[-1]


async def test_it_says_that_the_sign_in_ends_soon_and_why_a_sync_failed(songs: Path, opened: Opened) -> None:
    sign_in(days_ago=175)
    async with another(songs) as library, library.writing() as tx:
        await spotify_library.add_sync(tx, "failed", "The owner of the app needs Premium.")
    async with at(songs, opened) as djtui:
        await djtui.sees(f"last sync {SYNCED} ✗ The owner of the app needs Premium.")
        await djtui.sees("! the sign-in ends", "i renews it")
        assert "i sign in" in djtui.lines[-1]
        await djtui.pilot.resize_terminal(80, 24)
        await djtui.sees("i renews it")
        assert {cell_len(line) for line in djtui.lines} == {80}


async def test_on_a_narrow_screen_the_places_come_over_the_songs(songs: Path, opened: Opened) -> None:
    async with at(songs, opened, size=(80, 24)) as djtui:
        await djtui.sees("1/200", "Opal 0000", "Have", "Liked")
        assert "Friday" not in djtui.text
        await djtui.press("c")
        await djtui.sees("Friday (base)")
        assert {cell_len(line) for line in djtui.lines} == {80}
        await djtui.press("escape")
        await djtui.until(lambda: "Friday" not in djtui.text)


def test_a_name_that_is_not_fit_for_a_terminal_leaves_room_for_the_number_of_songs() -> None:
    hostile = Place(7, "\x1b[31mEvil\x07 \u202eRTL\u202c \n" + "x" * 300, 71)
    row = list(rows([FIRST, EVERY, hostile]))[-1]
    said = "".join(text for text, _ in formats.line(row.left, row.right, 30))
    assert (cell_len(said), said.isprintable(), said.endswith("… 71")) == (30, True, True)
