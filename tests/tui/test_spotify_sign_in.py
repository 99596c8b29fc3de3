"""Signing in on the screen: by the browser or by pasting, and what is said when it does not work."""

from __future__ import annotations

import base64
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input

from djtui.config import Settings, SpotifySettings
from djtui.demo.spotify import StandIn
from djtui.jobs.locks import HostLock
from djtui.tui.screens.spotify_sign_in import SignInDialog
from tests.spotify.signing import CLIENT, browse, free_port, sent_back, small_world
from tests.tui.conftest import SETTINGS, Opened, Session


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StandIn]:
    with StandIn(small_world()) as server:
        yield server


@pytest.fixture
def settings(stand_in: StandIn) -> Settings:
    ours = SpotifySettings(
        client_id=CLIENT,
        redirect_port=free_port(),
        api_url=stand_in.api_url,
        accounts_url=stand_in.accounts_url,
        requests_per_s=1000.0,
    )
    return replace(SETTINGS, spotify=ours)


@asynccontextmanager
async def dialog(
    path: Path, opened: Opened, settings: Settings, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Session]:
    """The dialog, with its address."""
    async with HostLock(path), opened(path, size=size, settings=settings) as djtui:
        await djtui.press("4")
        await djtui.sees("3 enter signs in")
        await djtui.press("enter")
        await djtui.sees("Open this address", "⟳ Waiting for the browser at 127.0.0.1")
        yield djtui


def here(djtui: Session) -> SignInDialog:
    assert isinstance(djtui.app.screen, SignInDialog)
    return djtui.app.screen


def address(djtui: Session) -> str:
    sign_in = here(djtui)._sign_in
    assert sign_in is not None
    return sign_in.url


async def paste(djtui: Session, text: str) -> None:
    here(djtui).query_one(Input).value = text
    await djtui.press("enter")


async def test_the_browser_on_this_machine_signs_in(empty: Path, opened: Opened, settings: Settings) -> None:
    async with dialog(empty, opened, settings) as djtui:
        status, text = await browse(address(djtui))
        assert (status, "You are signed in" in text) == (200, True)
        await djtui.sees("Signed in as", "y syncs", "never synced", "authorized")


async def test_what_is_pasted_signs_in_or_is_refused_with_a_sentence(
    empty: Path, opened: Opened, settings: Settings, stand_in: StandIn
) -> None:
    async with dialog(empty, opened, settings) as djtui:
        await paste(djtui, "what is this")
        await djtui.sees("That is not the address")
        right = await sent_back(address(djtui))
        await paste(djtui, right.replace("state=", "state=x"))
        await djtui.sees("belongs to another sign-in")
        before = address(djtui)
        stand_in.faults.deny = True
        await paste(djtui, await sent_back(before))
        stand_in.faults.deny = False
        await djtui.sees("Access to Spotify was denied")
        await djtui.until(lambda: address(djtui) != before)
        await djtui.sees("⟳ Waiting for the browser")
        await paste(djtui, await sent_back(address(djtui)))
        await djtui.sees("Signed in as", "never synced")


async def test_while_spotify_is_asked_nothing_waits_for_the_browser(
    empty: Path, opened: Opened, settings: Settings, stand_in: StandIn
) -> None:
    async with dialog(empty, opened, settings) as djtui:
        right = await sent_back(address(djtui))
        stand_in.faults.accounts_down = True
        await paste(djtui, right)
        await djtui.sees("Try again", "⟳ Waiting for the browser")
        stand_in.faults.accounts_down = False
        stand_in.faults.delay_s = 0.5
        await paste(djtui, right)
        try:
            await djtui.sees("⟳ The browser was here: signing in …")
            assert "Waiting for the browser" not in djtui.text
        finally:
            stand_in.faults.delay_s = 0.0
        await djtui.sees("Signed in as", "never synced")


async def test_escape_leaves_at_once_and_so_does_quitting(
    empty: Path, opened: Opened, settings: Settings
) -> None:
    async with dialog(empty, opened, settings) as djtui:
        start = time.monotonic()
        await djtui.press("escape")
        assert not isinstance(djtui.app.screen, SignInDialog)
        assert (await browse(f"http://127.0.0.1:{settings.spotify.redirect_port}/"))[0] == 0
        await djtui.press("enter")
        await djtui.sees("⟳ Waiting for the browser")
        start = time.monotonic()
        await djtui.press("Q")
    assert time.monotonic() - start < 1


async def test_y_copies_the_address_and_a_large_window_shows_it_as_a_code(
    empty: Path, opened: Opened, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dialog(empty, opened, settings) as djtui:
        written: list[str] = []
        driver = djtui.app._driver
        assert driver is not None
        monkeypatch.setattr(driver, "write", written.append)
        await djtui.press("y")
        encoded = base64.b64encode(address(djtui).encode()).decode()
        assert any(f"\x1b]52;c;{encoded}" in text for text in written)
        assert not here(djtui).query_one(Input).value
        assert "█" not in djtui.text
        for size in ((140, 46), (90, 60)):
            await djtui.pilot.resize_terminal(*size)
            await djtui.until(lambda: djtui.text.count("█▀▀▀▀▀█") >= 3)
        assert any(
            segment.style is not None and segment.style.link == address(djtui)
            for strip in djtui.app.screen._compositor.render_strips()
            for segment in strip
        )
