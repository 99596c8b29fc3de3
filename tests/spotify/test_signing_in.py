"""Signing in: by the listener, by hand, and what goes wrong on the way. Against the stand-in, over HTTP."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio

from djtui.config import SpotifySettings
from djtui.demo.spotify import Quota, StandIn
from djtui.spotify.signing_in import PLAYS_SCOPE, SCOPES, SignIn, SignInError
from tests.spotify.signing import CLIENT, App, HandClock, browse, free_port, sent_back, small_world
from tests.spotify.tiny import Tiny, answer


@pytest_asyncio.fixture
async def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[App]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    clock = HandClock()
    with StandIn(small_world(), clock=clock) as stand_in:
        settings = SpotifySettings(
            client_id=CLIENT,
            api_url=stand_in.api_url,
            accounts_url=stand_in.accounts_url,
            redirect_port=free_port(),
        )
        yield App(stand_in, clock, tmp_path / "djtui" / "spotify-token.json", settings)


class Trial:
    """A sign-in that is closed at the end, with what it told."""

    def __init__(self, app: App, *, account: str | None = None, plays: bool = False) -> None:
        self.told: list[str] = []
        self.sign_in = SignIn(
            app.settings,
            plays=plays,
            account=account,
            tokens=app.tokens(),
            told=self.told.append,
            clock=app.clock,
        )

    async def __aenter__(self) -> Trial:
        await self.sign_in.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.sign_in.close()

    async def refused(self, text: str) -> str:
        with pytest.raises(SignInError) as caught:
            await self.sign_in.accept(text)
        return str(caught.value)


async def test_the_listener_hears_the_browser(app: App) -> None:
    async with Trial(app) as trial:
        status, page = await browse(trial.sign_in.url)
        signed_in = await trial.sign_in.finished()
    assert status == 200
    assert "You are signed in to Spotify" in page
    assert signed_in == app.tokens().signed_in()
    assert signed_in.scopes == set(SCOPES)
    assert signed_in.name == app.stand_in.world.me.name
    assert app.stand_in.accounts.scope(f"Bearer {app.tokens().access_token()}")
    assert [logged.path for logged in app.stand_in.log] == ["/authorize", "/api/token", "/v1/me"]
    assert not trial.told
    assert (await browse(trial.sign_in.url))[0] == 0


async def test_an_address_that_the_browser_could_not_open_is_pasted(app: App) -> None:
    async with Trial(app) as trial:
        await trial.sign_in.accept(await sent_back(trial.sign_in.url))
        assert (await trial.sign_in.finished()).client_id == CLIENT


@pytest.mark.parametrize("form", ["wrapped", "quoted", "bare", "query", "line", "fragment"])
async def test_a_pasted_address_may_have_suffered(app: App, form: str) -> None:
    async with Trial(app) as trial:
        url = await sent_back(trial.sign_in.url)
        query = urlsplit(url).query
        text = {
            "wrapped": f"  {url[:40]}\n   {url[40:90]}\r\n{url[90:]}\n",
            "quoted": f'"<{url}>"',
            "bare": url.removeprefix("http://"),
            "query": f"?{query}",
            "line": query,
            "fragment": f"{url}#_=_",
        }[form]
        await trial.sign_in.accept(text)
        assert await trial.sign_in.finished()


async def test_after_one_of_listener_and_paste_the_other_changes_nothing(app: App) -> None:
    async with Trial(app) as trial:
        url = await sent_back(trial.sign_in.url)
        (status, _), _ = await asyncio.gather(browse(url), trial.sign_in.accept(url))
        await trial.sign_in.accept(url)
        assert status == 200
        assert await trial.sign_in.finished()
    assert app.token_requests == 1


async def test_a_wrong_state_is_refused_both_ways_and_the_sign_in_stays_open(app: App) -> None:
    async with Trial(app) as trial:
        good = await sent_back(trial.sign_in.url)
        state = parse_qs(urlsplit(good).query)["state"][0]
        for wrong in ("x", state[:-1], state + "x", state.swapcase(), "schöne%20Grüße"):
            bad = good.replace(state, wrong)
            assert "belongs to another sign-in" in await trial.refused(bad)
        bad = good.replace(state, "wrong")
        status, page = await browse(bad)
        assert status == 400
        assert "belongs to another sign-in" in page
        assert trial.told == ["That address belongs to another sign-in: open the link that is shown now."]
        assert app.token_requests == 0
        await trial.sign_in.accept(good)


async def test_the_address_of_an_earlier_sign_in_is_refused(app: App) -> None:
    async with Trial(app) as earlier:
        old = await sent_back(earlier.sign_in.url)
    async with Trial(app) as trial:
        assert "belongs to another sign-in" in await trial.refused(old)
        denied = f"{old.partition('?')[0]}?error=access_denied&state=another"
        assert "belongs to another sign-in" in await trial.refused(denied)


@pytest.mark.parametrize("way", ["listener", "paste"])
async def test_a_denial_ends_the_sign_in(app: App, way: str) -> None:
    app.stand_in.faults.deny = True
    async with Trial(app) as trial:
        if way == "listener":
            status, page = await browse(trial.sign_in.url)
            assert status == 400
            assert "was denied" in page
        else:
            assert "was denied" in await trial.refused(await sent_back(trial.sign_in.url))
        with pytest.raises(SignInError, match="was denied in the browser"):
            await trial.sign_in.finished()
    assert not app.path.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "That is not the address"),
        ("hello", "That is not the address"),
        ("AQBsomecodebutnostate", "That is not the address"),
        ("http://127.0.0.1:PORT/callback", "That is not the address"),
        ("http://127.0.0.1:PORT/callback?", "That is not the address"),
        ("http://127.0.0.1:PORT/callback?state=abc", "That is not the address"),
        ("http://[127.0.0.1/callback?code=a&state=b", "That is not the address"),
        ("a=1&" * 50, "That is not the address"),
        ("x" * 10_000, "That is not the address"),
        ("\x1b[2J\x00?code", "That is not the address"),
        ("https://example.com/?q=1", "That is not the address"),
        ("http://127.0.0.1:PORT/callback?code=a", "incomplete, its `state` is missing"),
        ("code=a", "incomplete, its `state` is missing"),
        ("http://localhost:4000/cb?code=a&state=b", "for another program (localhost:4000/cb)"),
        ("https://u:p@example.com/callback?code=a&state=b", "for another program (example.com/callback)"),
        ("http://127.0.0.1:1/callback?code=a&state=b", "for another program (127.0.0.1:1/callback)"),
        ("http://127.0.0.1:PORT/callback?code=a&state=b", "belongs to another sign-in"),
        ("URL", "That is the link to Spotify itself"),
    ],
)
async def test_what_does_not_belong_here_gets_a_sentence_of_its_own(app: App, text: str, words: str) -> None:
    async with Trial(app) as trial:
        text = text.replace("PORT", str(app.settings.redirect_port)).replace("URL", trial.sign_in.url)
        sentence = await trial.refused(text)
        assert words in sentence
        assert "code=a" not in sentence
        await trial.sign_in.accept(await sent_back(trial.sign_in.url))


async def test_an_error_of_spotify_leaves_the_sign_in_open(app: App) -> None:
    async with Trial(app) as trial:
        good = await sent_back(trial.sign_in.url)
        state = parse_qs(urlsplit(good).query)["state"][0]
        bad = f"{good.partition('?')[0]}?error=server_error&state={state}"
        assert "could not do it (server_error)" in await trial.refused(bad)
        await trial.sign_in.accept(good)


async def test_an_old_code_and_a_used_one_are_refused_and_a_new_one_is_taken(app: App) -> None:
    async with Trial(app) as trial:
        old = await sent_back(trial.sign_in.url)
        app.clock.forward(minutes=11)
        assert "used up or too old" in await trial.refused(old)
        assert "used up or too old" in await trial.refused(old)
        status, page = await browse(old)
        assert (status, len(trial.told)) == (400, 1)
        assert "used up or too old" in page
        assert (await browse(trial.sign_in.url))[0] == 200
        assert await trial.sign_in.finished()


async def test_a_sign_in_service_that_is_down_leaves_the_sign_in_open(app: App) -> None:
    async with Trial(app) as trial:
        url = await sent_back(trial.sign_in.url)
        app.stand_in.faults.accounts_down = True
        assert "fails at the moment (503). Try again" in await trial.refused(url)
        app.stand_in.faults.accounts_down = False
        await trial.sign_in.accept(url)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": "invalid_client"}, r"knows no app .*spotify\.client_id"),
        ({"error": "invalid_request", "error_description": "No \x1b[31mway"}, r"refuses .*\(No  \[31mway\)"),
        (["odd"], r"\(HTTP 400\)"),
    ],
)
async def test_what_spotify_says_of_the_app_is_told(app: App, body: object, words: str) -> None:
    with Tiny([answer(400, body)]) as server:
        app.settings = replace(app.settings, accounts_url=server.url.removesuffix("v1/"))
        async with Trial(app) as trial:
            with pytest.raises(SignInError, match=words):
                await trial.sign_in.accept(f"code=AQBcode&state={state_of(trial)}")


async def test_access_for_an_hour_only_is_no_sign_in(app: App) -> None:
    with Tiny([answer(200, {"access_token": "a", "expires_in": 3600})]) as server:
        app.settings = replace(app.settings, accounts_url=server.url.removesuffix("v1/"))
        async with Trial(app) as trial:
            assert "for an hour only" in await trial.refused(f"code=a&state={state_of(trial)}")
    assert not app.path.exists()


def state_of(trial: Trial) -> str:
    return parse_qs(urlsplit(trial.sign_in.url).query)["state"][0]


async def test_the_listener_ignores_icons_and_strangers(app: App) -> None:
    port = app.settings.redirect_port
    base = f"http://127.0.0.1:{port}"
    async with Trial(app) as trial:
        for path in ("/favicon.ico", "/", "/callback", "/callback/?code=a&state=b", "/other?code=a&state=b"):
            status, page = await browse(base + path)
            assert status == 404
            assert "There is nothing here" in page
        query = f"code=a&state={state_of(trial)}"
        for request in (
            f"POST /callback?{query} HTTP/1.1\r\n\r\n",
            f"HEAD /callback?{query} HTTP/1.1\r\n\r\n",
            "\x16\x03\x01\r\n\r\n",
            "GET\r\n\r\n",
            "\r\n\r\n",
        ):
            assert b" 404 " in await said(port, request.encode())
        assert await said(port, b"GET /callback?" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n") == b""
        assert await said(port, b"GET /callback") == b""
        assert not trial.told
        assert app.token_requests == 0
        assert (await browse(trial.sign_in.url))[0] == 200


async def said(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    writer.write_eof()
    try:
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_only_this_machine_reaches_the_listener(app: App) -> None:
    async with Trial(app):
        with socket.create_connection(("127.0.0.1", app.settings.redirect_port), timeout=1):
            pass
        for address in ("127.0.0.2", "::1"):
            with pytest.raises(OSError):
                socket.create_connection((address, app.settings.redirect_port), timeout=1)


async def test_a_port_that_is_taken_is_named_and_pasting_still_works(app: App) -> None:
    with socket.create_server(("127.0.0.1", app.settings.redirect_port)):
        sign_in = SignIn(app.settings, plays=False, tokens=app.tokens(), clock=app.clock)
        with pytest.raises(SignInError, match=f"Port {app.settings.redirect_port} of 127.0.0.1 is taken"):
            await sign_in.listen()
        await sign_in.accept(await sent_back(sign_in.url))
        assert await sign_in.finished()
        sign_in.close()


async def test_the_link_asks_for_what_djtui_does_and_proves_who_asks(app: App) -> None:
    async with Trial(app, plays=True) as trial:
        url = trial.sign_in.url
        assert url == trial.sign_in.url
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert url.startswith(f"{app.stand_in.accounts_url}authorize?")
    assert asked["scope"].split() == [*SCOPES, PLAYS_SCOPE]
    assert asked["redirect_uri"] == f"http://127.0.0.1:{app.settings.redirect_port}/callback"
    assert (asked["client_id"], asked["code_challenge_method"]) == (CLIENT, "S256")
    assert len(asked["state"]) >= 20
    assert len(asked["code_challenge"]) == 43


def test_without_a_client_id_the_sentence_says_where_to_get_one() -> None:
    with pytest.raises(SignInError, match=r"developer\.spotify\.com/dashboard.*127\.0\.0\.1:8888/callback"):
        SignIn(SpotifySettings(), plays=False)


async def test_another_account_than_the_library_s_is_refused_and_the_old_sign_in_stays(app: App) -> None:
    app.signed_in()
    before = app.path.read_bytes()
    async with Trial(app, account="somebody-else") as trial:
        sentence = await trial.refused(await sent_back(trial.sign_in.url))
        assert "the songs of another account" in sentence
        assert "logout --forget" in sentence
    assert app.path.read_bytes() == before


async def test_the_library_s_own_account_is_welcome(app: App) -> None:
    async with Trial(app) as trial:
        await browse(trial.sign_in.url)
        account = (await trial.sign_in.finished()).account_id
    assert account
    async with Trial(app, account=account) as trial:
        await browse(trial.sign_in.url)
        assert (await trial.sign_in.finished()).account_id == account


async def test_while_spotify_says_wait_nobody_is_asked_for_a_name(app: App) -> None:
    app.stand_in.limits.quota = Quota(0)
    for _ in range(2):
        async with Trial(app) as trial:
            await browse(trial.sign_in.url)
            assert (await trial.sign_in.finished()).name is None
    assert len(app.stand_in.requests) == 1
    assert not app.stand_in.sent_while_blocked


async def test_a_folder_that_cannot_be_written_is_a_sentence(app: App) -> None:
    app.path.parent.write_text("a file")
    async with Trial(app) as trial:
        sentence = await trial.refused(await sent_back(trial.sign_in.url))
    assert "spotify-token.json cannot be written" in sentence


async def test_leaving_ends_everything_at_once_even_while_spotify_is_silent(app: App) -> None:
    with Tiny([]) as server:
        server.script = [server.silent]
        app.settings = replace(app.settings, accounts_url=server.url.removesuffix("v1/"))
        trial = Trial(app)
        await trial.sign_in.listen()
        query = f"code=a&state={state_of(trial)}"
        accepting = asyncio.create_task(trial.sign_in.accept(query))
        finishing = asyncio.create_task(trial.sign_in.finished())
        browsing = asyncio.create_task(
            browse(f"http://127.0.0.1:{app.settings.redirect_port}/callback?{query}")
        )
        idle, idler = await asyncio.open_connection("127.0.0.1", app.settings.redirect_port)
        while not server.heard:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        began = time.monotonic()
        trial.sign_in.close()
        for task in (accepting, finishing):
            with pytest.raises(SignInError, match="was left"):
                await task
        status, page = await browsing
        assert await idle.read() == b""
        assert time.monotonic() - began < 0.5
        assert status == 400
        assert "was left" in page
        idler.close()
        trial.sign_in.close()
        assert "was left" in await trial.refused(query)
    assert not app.path.exists()


async def test_a_caller_that_is_cancelled_is_cancelled(app: App) -> None:
    with Tiny([]) as server:
        server.script = [server.silent]
        app.settings = replace(app.settings, accounts_url=server.url.removesuffix("v1/"))
        async with Trial(app) as trial:
            accepting = asyncio.create_task(trial.sign_in.accept(f"code=a&state={state_of(trial)}"))
            while not server.heard:
                await asyncio.sleep(0.01)
            accepting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await accepting


QUITTING = """
import asyncio, sys, time
from pathlib import Path
from djtui.config import SpotifySettings
from djtui.spotify.signing_in import SignIn
from djtui.spotify.tokens import Tokens
from urllib.parse import parse_qs, urlsplit

async def main():
    settings = SpotifySettings(client_id="a", accounts_url=sys.argv[1], redirect_port=int(sys.argv[2]))
    sign_in = SignIn(settings, plays=False, tokens=Tokens(settings, Path(sys.argv[3])))
    await sign_in.listen()
    state = parse_qs(urlsplit(sign_in.url).query)["state"][0]
    accepting = asyncio.create_task(sign_in.accept(f"code=a&state={state}"))
    await asyncio.sleep(0.3)
    sign_in.close()
    print(time.time(), flush=True)

asyncio.run(main())
"""


async def test_the_program_ends_while_a_token_request_hangs(app: App) -> None:
    with Tiny([]) as server:
        server.script = [server.silent]
        arguments = (server.url.removesuffix("v1/"), str(app.settings.redirect_port), str(app.path))
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", QUITTING, *arguments], capture_output=True, text=True
        )
        ended = time.time()
        assert len(server.heard) == 1
    assert done.stderr == ""
    assert ended - float(done.stdout) < 1


async def test_the_file_says_who_and_when_and_nothing_else(app: App) -> None:
    async with Trial(app) as trial:
        await browse(trial.sign_in.url)
        await trial.sign_in.finished()
    document = json.loads(app.path.read_text())
    assert set(document) == {
        *("client_id", "accounts_url", "access_token", "refresh_token", "expires", "authorized", "scopes"),
        *("account_id", "name", "doubtful", "ended"),
    }
    assert app.path.stat().st_mode & 0o777 == 0o600
