"""The access token: renewed once, in time, kept safe; and what a refusal of Spotify leads to."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from djtui.config import SpotifySettings
from djtui.demo.spotify import StandIn
from djtui.spotify.errors import RateLimited, ServiceTrouble, SignInNeeded
from djtui.spotify.rows import Account
from djtui.spotify.tokens import SignInDoubtful, Tokens, six_months_after
from tests.spotify.signing import CLIENT, App, HandClock, free_port, small_world
from tests.spotify.tiny import Tiny, answer, dropped


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    clock = HandClock()
    with StandIn(small_world(), clock=clock) as stand_in:
        settings = SpotifySettings(
            client_id=CLIENT, api_url=stand_in.api_url, accounts_url=stand_in.accounts_url
        )
        yield App(stand_in, clock, tmp_path / "state" / "spotify-token.json", settings)


def at(server: Tiny, app: App) -> App:
    """The same sign-in, with that server in the place of Spotify's."""
    url = server.url.removesuffix("v1/")
    document = json.loads(app.path.read_text())
    app.path.write_text(json.dumps(document | {"accounts_url": url}))
    return replace(app, settings=replace(app.settings, accounts_url=url))


def kept(app: App) -> str:
    return str(json.loads(app.path.read_text())["refresh_token"])


def test_a_good_token_is_given_without_a_request(app: App) -> None:
    tokens = app.signed_in()
    first = tokens.access_token()
    app.clock.forward(minutes=54)
    assert tokens.access_token() == first
    assert app.token_requests == 0


def test_a_token_is_renewed_five_minutes_before_its_end(app: App) -> None:
    tokens = app.signed_in()
    first = tokens.access_token()
    app.clock.forward(minutes=55, seconds=1)
    second = tokens.access_token()
    assert second != first
    assert app.stand_in.accounts.scope(f"Bearer {second}")
    assert app.tokens().access_token() == second
    assert app.token_requests == 1


def test_the_refresh_token_stays_when_spotify_does_not_repeat_it(app: App) -> None:
    tokens = app.signed_in()
    before = kept(app)
    for _ in range(3):
        app.clock.forward(hours=1)
        tokens.access_token()
    assert kept(app) == before


def test_a_new_refresh_token_takes_the_place_of_the_old_one(app: App) -> None:
    app.stand_in.faults.rotate_refresh = True
    tokens = app.signed_in()
    before = kept(app)
    for _ in range(3):
        app.clock.forward(hours=1)
        tokens.access_token()
    assert kept(app) != before
    assert app.token_requests == 3


def test_one_renewal_is_enough_for_all_threads_of_two_processes(app: App) -> None:
    app.stand_in.faults.rotate_refresh = True
    both = app.signed_in(), app.tokens()
    app.clock.forward(hours=1)
    got: list[str] = []
    threads = [
        threading.Thread(target=lambda tokens=tokens: got.append(tokens.access_token()))
        for tokens in both * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert len(set(got)) == 1
    assert app.token_requests == 1


def test_a_token_that_spotify_refuses_is_renewed_once_for_all_who_met_the_refusal(app: App) -> None:
    tokens = app.signed_in()
    first = tokens.access_token()
    tokens.refused()
    second = tokens.access_token()
    assert second != first
    tokens.refused(first)
    assert tokens.access_token() == second
    assert app.token_requests == 1


def test_only_its_owner_reads_the_file_and_nothing_lies_beside_it(app: App) -> None:
    tokens = app.signed_in()
    app.path.chmod(0o644)
    app.clock.forward(hours=1)
    tokens.access_token()
    assert stat.S_IMODE(app.path.stat().st_mode) == 0o600
    assert {path.name for path in app.path.parent.iterdir()} == {app.path.name, "spotify-token.lock"}
    assert stat.S_IMODE(app.path.parent.stat().st_mode) == 0o700


def test_a_write_that_fails_leaves_the_old_file(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = app.signed_in()
    before = app.path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    app.clock.forward(hours=1)
    with pytest.raises(ServiceTrouble, match=r"cannot be written \(No space left on device\)"):
        tokens.access_token()
    assert app.path.read_bytes() == before
    assert len(list(app.path.parent.iterdir())) == 2


def test_another_app_or_another_server_is_not_signed_in(app: App) -> None:
    app.signed_in()
    for settings in (
        replace(app.settings, client_id="another"),
        replace(app.settings, accounts_url="https://accounts.spotify.com/"),
    ):
        tokens = Tokens(settings, app.path, app.clock)
        assert tokens.signed_in() is None
        with pytest.raises(SignInNeeded, match="another app"):
            tokens.access_token()
    with pytest.raises(SignInNeeded, match=r"set spotify\.client_id"):
        Tokens(replace(app.settings, client_id=""), app.path, app.clock).access_token()
    assert app.tokens().signed_in() is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"client_id": 5}',
        '{"access_token": ""}',
        f'{{"client_id": "{CLIENT}", "accounts_url": "URL", "access_token": "a", "refresh_token": "b", '
        '"expires": "soon", "authorized": "2026-11-21T12:00:00+00:00", "scopes": []}',
    ],
)
def test_a_damaged_file_means_that_nobody_is_signed_in(app: App, text: str) -> None:
    app.path.parent.mkdir()
    app.path.write_text(text.replace("URL", app.settings.accounts_url))
    assert app.tokens().signed_in() is None
    assert app.tokens().warning(app.clock.now()) is None
    with pytest.raises(SignInNeeded, match="Nobody is signed in"):
        app.tokens().access_token()


def test_signing_out_deletes_the_tokens(app: App) -> None:
    tokens = app.signed_in()
    tokens.forget()
    tokens.forget()
    assert not app.path.exists()
    with pytest.raises(SignInNeeded):
        tokens.access_token()


def test_a_refused_sign_in_is_tried_once_more_after_ten_minutes(app: App) -> None:
    tokens = app.signed_in()
    app.stand_in.faults.invalid_grant = 1
    app.clock.forward(hours=1)
    with pytest.raises(SignInDoubtful, match="asked once more at") as caught:
        tokens.access_token()
    assert (caught.value.until - app.clock.now()).total_seconds() == 600
    app.clock.forward(minutes=9)
    for process in (tokens, app.tokens()):
        with pytest.raises(SignInDoubtful):
            process.access_token()
    assert app.token_requests == 1
    signed_in = tokens.signed_in()
    assert signed_in is not None
    assert signed_in.doubtful is not None
    assert "once more" in (tokens.warning(app.clock.now()) or "")

    app.clock.forward(minutes=1)
    assert tokens.access_token()
    assert tokens.warning(app.clock.now()) is None


def test_a_sign_in_that_is_refused_twice_must_be_made_anew(app: App) -> None:
    tokens = app.signed_in()
    before = kept(app)
    app.stand_in.accounts.revoke()
    app.clock.forward(hours=1)
    with pytest.raises(SignInDoubtful):
        tokens.access_token()
    app.clock.forward(minutes=10)
    for process in (tokens, tokens, app.tokens()):
        with pytest.raises(SignInNeeded, match=r"sign in again.*What was read is kept"):
            process.access_token()
    assert app.token_requests == 2
    assert kept(app) == before
    signed_in = tokens.signed_in()
    assert signed_in is not None
    assert signed_in.ended
    assert "sign in again" in (tokens.warning(app.clock.now()) or "")


def test_after_six_months_a_refusal_is_no_surprise(app: App) -> None:
    tokens = app.signed_in()
    app.clock.forward(days=184)
    with pytest.raises(SignInNeeded, match="sign in again"):
        tokens.access_token()
    assert app.token_requests == 1


def test_while_the_old_token_is_good_a_failed_renewal_hurts_nobody(app: App) -> None:
    tokens = app.signed_in()
    first = tokens.access_token()
    app.clock.forward(minutes=57)
    app.stand_in.faults.accounts_down = True
    assert tokens.access_token() == first
    app.stand_in.faults.accounts_down = False
    app.stand_in.faults.invalid_grant = True
    assert tokens.access_token() == first
    app.clock.forward(minutes=2, seconds=31)
    with pytest.raises(SignInDoubtful):
        tokens.access_token()


def test_a_sign_in_service_that_is_down_is_passing_trouble(app: App) -> None:
    tokens = app.signed_in()
    app.stand_in.faults.accounts_down = True
    app.clock.forward(hours=1)
    with pytest.raises(ServiceTrouble, match=r"fails at the moment \(503\)"):
        tokens.access_token()
    app.stand_in.faults.accounts_down = False
    assert tokens.access_token()


@pytest.mark.parametrize("behave", [dropped, answer(302, None, Location="http://127.0.0.1:1/")])
def test_a_sign_in_service_out_of_reach_is_passing_trouble(app: App, behave: object) -> None:
    app.signed_in()
    app.clock.forward(hours=1)
    with (
        Tiny([behave]) as server,  # type: ignore[list-item]
        pytest.raises(ServiceTrouble, match=r"cannot be reached at 127\.0\.0\.1"),
    ):
        at(server, app).tokens().access_token()


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Welcome to the hotel's network</html>",
        [],
        {},
        {"access_token": 5, "expires_in": 3600},
        {"access_token": "a", "expires_in": "soon"},
        {"access_token": "a", "expires_in": 1e300},
        {"access_token": "a", "expires_in": 3600, "refresh_token": ["b"]},
    ],
)
def test_an_answer_that_is_no_token_changes_nothing(app: App, body: object) -> None:
    app.signed_in()
    app.clock.forward(hours=1)
    with Tiny([answer(200, body)]) as server:
        app = at(server, app)
        before = app.path.read_bytes()
        with pytest.raises(ServiceTrouble, match="no token"):
            app.tokens().access_token()
        assert app.path.read_bytes() == before


def test_a_sign_in_service_that_asks_for_patience_gets_it(app: App) -> None:
    app.signed_in()
    app.clock.forward(hours=1)
    with Tiny([answer(429, b"Too many requests", Retry_After="40")]) as server:
        tokens = at(server, app).tokens()
        for _ in range(2):
            with pytest.raises(RateLimited) as caught:
                tokens.access_token()
        assert len(server.heard) == 1
        assert (caught.value.until - app.clock.now()).total_seconds() == 40
        assert caught.value.kind == "window"
        app.clock.forward(seconds=41)
        with pytest.raises(RateLimited):
            tokens.access_token()
        assert len(server.heard) == 2


def test_an_app_that_spotify_does_not_know_is_a_sentence(app: App) -> None:
    app.signed_in()
    app.clock.forward(hours=1)
    body = {"error": "invalid_client", "error_description": "Invalid client"}
    with (
        Tiny([answer(400, body)]) as server,
        pytest.raises(SignInNeeded, match=r"Invalid client.*spotify\.client_id"),
    ):
        at(server, app).tokens().access_token()


def test_what_is_known_of_the_sign_in_is_read_from_the_file_alone(app: App) -> None:
    tokens = app.signed_in()
    tokens.named(Account("acc-1", "dj", "DJ Somebody", None))
    signed_in = app.tokens().signed_in()
    assert signed_in is not None
    assert (signed_in.client_id, signed_in.account_id, signed_in.name) == (CLIENT, "acc-1", "DJ Somebody")
    assert "playlist-read-private" in signed_in.scopes
    assert signed_in.authorized == app.clock.now()
    assert signed_in.expires == datetime(2027, 5, 21, 12, tzinfo=UTC)
    assert app.token_requests == 0
    app.clock.forward(hours=1)
    tokens.access_token()
    assert app.tokens().signed_in() == signed_in


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (166, None),
        (167, "ends in 14 days, on 2027-05-2"),
        (179.5, "ends in a day"),
        (180.5, "ends within a day"),
        (181, "ended on 2027-05-2"),
    ],
)
def test_the_end_of_the_six_months_is_told_two_weeks_ahead(app: App, days: float, words: str | None) -> None:
    tokens = app.signed_in()
    app.clock.forward(days=days)
    warning = tokens.warning(app.clock.now())
    assert warning is None if words is None else words in (warning or "")


def test_six_months_end_on_the_same_day_or_the_month_s_last() -> None:
    for begun, ends in (
        ("2026-08-31", "2027-02-28"),
        ("2026-12-01", "2027-06-01"),
        ("2027-08-31", "2028-02-29"),
    ):
        assert six_months_after(datetime.fromisoformat(begun)) == datetime.fromisoformat(ends)


def test_looking_at_the_sign_in_loads_nothing_heavy(app: App) -> None:
    app.signed_in()
    program = (
        "import sys\nfrom pathlib import Path\nfrom djtui.config import SpotifySettings\n"
        "import djtui.spotify.signing_in, djtui.spotify.links\nfrom djtui.spotify.tokens import Tokens\n"
        f"settings = SpotifySettings(client_id={CLIENT!r}, accounts_url={app.settings.accounts_url!r})\n"
        f"assert Tokens(settings, Path({str(app.path)!r})).signed_in().scopes\n"
        "assert not {'spotipy', 'requests', 'segno', 'urllib3', 'textual'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_where_nobody_listens_is_a_sentence(app: App) -> None:
    app.signed_in()
    app.clock.forward(hours=1)
    url = f"http://127.0.0.1:{free_port()}/"
    document = json.loads(app.path.read_text())
    app.path.write_text(json.dumps(document | {"accounts_url": url}))
    tokens = Tokens(replace(app.settings, accounts_url=url), app.path, app.clock)
    with pytest.raises(ServiceTrouble, match="cannot be reached at"):
        tokens.access_token()
