"""No token, code, verifier or state gets into a log, an error or a `repr`, whatever level anybody sets."""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from djtui.config import SpotifySettings
from djtui.demo.spotify import StandIn
from djtui.spotify import quiet
from djtui.spotify.redirect import read_redirect
from djtui.spotify.request import Request
from djtui.spotify.signing_in import SignIn, SignInError
from djtui.spotify.token_file import TokenFile
from djtui.spotify.tokens import Tokens
from djtui.spotify.transport import Client
from tests.spotify.signing import CLIENT, App, HandClock, browse, free_port, sent_back, small_world
from tests.spotify.tiny import Tiny, answer, dropped

TALKATIVE = (
    "",
    "asyncio",
    "spotipy",
    "spotipy.client",
    "spotipy.oauth2",
    "urllib3",
    "urllib3.connectionpool",
)


class Records(logging.Handler):
    """All that is logged anywhere, with arguments and tracebacks."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(f"{self.format(record)} {record.args!r}")


@contextmanager
def everything_logged() -> Iterator[Records]:
    """Every logger at DEBUG and a handler at the root, as somebody who looks for a fault would have it."""
    records = Records()
    before = {name: logging.getLogger(name).level for name in TALKATIVE}
    logging.getLogger().addHandler(records)
    try:
        for name in TALKATIVE:
            logging.getLogger(name).setLevel(logging.DEBUG)
        yield records
    finally:
        logging.getLogger().removeHandler(records)
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


class Life:
    """Sign-in, requests, renewals and failures, one after the other; and every secret that was met."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.secrets: set[str] = set()
        self.shown: list[str] = []

    def met(self, *secrets: str) -> None:
        self.secrets |= {form for secret in secrets for form in (secret, quote(secret, safe=""))}

    def failed(self, work: Callable[[], object]) -> None:
        with pytest.raises(Exception) as caught:
            work()
        self.said(caught.value)

    def said(self, error: BaseException) -> None:
        logging.getLogger("djtui").error("It went wrong: %s", error, exc_info=error)
        self.shown += [str(error), repr(error), *map(repr, error.args), *traceback.format_exception(error)]

    def keep(self) -> Tokens:
        tokens = self.app.tokens()
        document = json.loads(self.app.path.read_text())
        self.met(document["access_token"], document["refresh_token"])
        self.shown += [repr(tokens), repr(tokens.signed_in()), repr(TokenFile(self.app.path).read())]
        return tokens

    async def sign_in(self) -> None:
        settings = self.app.settings
        sign_in = SignIn(settings, plays=True, tokens=self.app.tokens(), told=self.shown.append)
        await sign_in.listen()
        url = await sent_back(sign_in.url)
        fields = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.met(fields["state"], fields["code"], str(sign_in._flow.code_verifier))
        self.shown += [
            repr(sign_in),
            repr(sign_in._flow),
            repr(read_redirect(url, url.partition("?")[0], "")),
        ]
        for bad in (url.replace("state=", "state=x"), url.replace("/callback", "/other"), "code=" + url):
            with pytest.raises(SignInError) as caught:
                await sign_in.accept(bad)
            self.said(caught.value)
        self.app.stand_in.faults.accounts_down = True
        with pytest.raises(SignInError) as caught:
            await sign_in.accept(url)
        self.said(caught.value)
        self.app.stand_in.faults.accounts_down = False
        _, page = await browse(url)
        self.shown += [page, repr(await sign_in.finished())]
        self.app.stand_in.accounts.expire()
        sign_in.close()
        used = SignIn(settings, plays=True, tokens=self.app.tokens(), told=self.shown.append)
        await used.listen()
        state = parse_qs(urlsplit(used.url).query)["state"][0]
        self.met(state, str(used._flow.code_verifier))
        _, page = await browse(url.replace(fields["state"], state))
        self.shown.append(page)
        used.close()

    def requests(self) -> None:
        tokens = self.keep()
        token = tokens.access_token()
        client = Client(self.app.settings.api_url)
        for path in ("me", "me/tracks", "artists/none"):
            self.shown.append(repr(client.send(Request("GET", path, "something"), token)))
        client.close()
        tokens.refused(token)
        self.app.stand_in.faults.rotate_refresh = True
        tokens.access_token()
        self.keep()
        with Tiny([dropped]) as server:
            client = Client(server.url)
            self.failed(lambda: client.send(Request("GET", "me", "the account"), token))

    def refusals(self) -> None:
        document = json.loads(self.app.path.read_text())
        echo = {"error": "invalid_grant", "error_description": f"Bad token {document['refresh_token']}"}
        answers = [dropped, answer(200, b"<html>"), answer(400, b"not JSON"), answer(503), answer(429)]
        for behave in (*answers, answer(400, echo), answer(400, echo | {"error": "invalid_request"})):
            with Tiny([behave]) as server:
                url = server.url.removesuffix("v1/")
                self.app.path.write_text(json.dumps(document | {"accounts_url": url}))
                tokens = Tokens(replace(self.app.settings, accounts_url=url), self.app.path, self.app.clock)
                tokens.refused(document["access_token"])
                self.failed(tokens.access_token)
                self.shown += [str(tokens.warning(self.app.clock.now()))]
        self.app.path.write_text(json.dumps(document))
        self.app.stand_in.accounts.revoke()
        tokens = self.app.tokens()
        tokens.refused(document["access_token"])
        for _ in range(2):
            self.failed(tokens.access_token)
            self.app.clock.forward(minutes=11)


def lived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Life, Records]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    clock = HandClock()
    with everything_logged() as records, StandIn(small_world(), clock=clock) as stand_in:
        settings = SpotifySettings(
            client_id=CLIENT,
            api_url=stand_in.api_url,
            accounts_url=stand_in.accounts_url,
            redirect_port=free_port(),
        )
        life = Life(App(stand_in, clock, tmp_path / "spotify-token.json", settings))
        asyncio.run(life.sign_in(), debug=True)
        life.requests()
        life.refusals()
    return life, records


def found(life: Life, texts: list[str]) -> list[str]:
    return [text for text in texts if any(secret in text for secret in life.secrets)]


def test_no_secret_is_logged_or_shown_from_sign_in_to_the_last_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    life, records = lived(tmp_path, monkeypatch)
    assert len(life.secrets) >= 8
    assert all(len(secret) > 20 for secret in life.secrets)
    assert len(records.texts) > 10
    assert any("Spotify does not accept the sign-in" in text for text in records.texts)
    assert not found(life, records.texts)
    assert not found(life, life.shown)
    assert not found(life, list(capfd.readouterr()))


def test_without_our_filters_that_test_would_have_found_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loggers = [logging.getLogger(name) for name in quiet.TALKERS]
    filters = {logger: logger.filters[:] for logger in loggers}
    monkeypatch.setattr("djtui.spotify.pkce.hush", lambda: None)
    monkeypatch.setattr("djtui.spotify.transport.hush", lambda: None)
    for logger in loggers:
        logger.filters.clear()
    try:
        life, records = lived(tmp_path, monkeypatch)
    finally:
        for logger, kept in filters.items():
            logger.filters[:] = kept
    leaks = " ".join(found(life, records.texts))
    assert "refresh_token" in leaks
    assert "code_verifier" in leaks
    assert "Bearer" in leaks


@pytest.mark.parametrize("name", [*quiet.TALKERS, *quiet.CARRIERS])
def test_neither_level_nor_handler_goes_round_the_filters(name: str) -> None:
    quiet.hush()
    quiet.hush()
    with everything_logged() as records:
        logger = logging.getLogger(name)
        logger.setLevel(1)
        logger.debug("secret")
        logger.info("secret")
        logger.setLevel(logging.NOTSET)
    assert not records.texts
    assert len(logger.filters) == len(set(logger.filters))


def test_what_urllib3_warns_of_is_still_heard() -> None:
    quiet.hush()
    with everything_logged() as records:
        logging.getLogger("urllib3.connectionpool").warning("The pool is full.")
    assert len(records.texts) == 1
