"""`djtui demo --spotify`: a made-up account, read from a stand-in for Spotify that asks for a pause."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from djtui import config as configuration
from djtui.cli.running import end_host
from djtui.cli.session import Failure, Session

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from djtui.config import Settings
    from djtui.demo.spotify import StandIn

_FOLDERS: Final = {
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
    "XDG_CACHE_HOME": "cache",
}
_CLIENT: Final = "made-up-app"
REQUESTS: Final = 20  # in half a minute, then the stand-in asks for a pause
PAUSE_S: Final = 10
PACE: Final = 3.0  # requests a second: three times as fast as at Spotify
_SYNC: Final = "spotify-sync"


def demonstrate(session: Session, keep: Path | None) -> int:
    """Show a sync: in the screens, or headless where there is no terminal. Returns the exit code.

    State, cache, settings and library lie in a folder of their own, for this process and the host that it
    starts: a real sign-in is not touched, nor is what Spotify has been asked today.
    """
    from djtui.demo.spotify import StandIn, Window, World

    folder = (keep or Path(tempfile.mkdtemp(prefix="djtui-demo-"))).expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        window = Window(REQUESTS, 30, PAUSE_S)
        with _apart(folder), StandIn(World.generated(), window=window) as stand_in:
            settings = _settings(session.settings, stand_in, folder)
            own = Session(folder / "library.db", configuration.save(settings), session.out)
            asyncio.run(_sign_in(settings))
            session.out.note(
                f"A made-up account at {stand_in.accounts_url}, which takes {REQUESTS} requests\n"
                f"and then asks for a pause of {PAUSE_S} seconds."
            )
            if not sys.stdout.isatty() or not sys.stdin.isatty() or session.out.as_json:
                return asyncio.run(_headless(own))
            return _in_the_screens(own)
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _apart(folder: Path) -> Iterator[None]:
    """Have everything that djtui keeps beside a library lie in this folder."""
    before = {name: os.environ.get(name) for name in _FOLDERS}
    os.environ.update({name: str(folder / part) for name, part in _FOLDERS.items()})
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _settings(base: Settings, stand_in: StandIn, folder: Path) -> Settings:
    """The look of the DJ's own screens, and nothing else of the DJ's settings."""
    spotify = configuration.SpotifySettings(
        client_id=_CLIENT, api_url=stand_in.api_url, accounts_url=stand_in.accounts_url, requests_per_s=PACE
    )
    return configuration.Settings(ui=base.ui, spotify=spotify, source=folder / "config.toml")


async def _sign_in(settings: Settings) -> None:
    """Go to the address as a browser does, and paste where it ends."""
    from djtui.spotify.signing_in import SignIn, SignInError

    sign_in = SignIn(settings.spotify, plays=False)
    try:
        await sign_in.accept(await asyncio.to_thread(_agreed, sign_in.url))
    except SignInError as error:
        raise Failure(str(error)) from error
    finally:
        sign_in.close()


def _agreed(url: str) -> str:
    """Where the browser is sent back to."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args: Any) -> None:
            return None

    try:
        urllib.request.build_opener(Stay).open(url, timeout=10).close()
    except urllib.error.HTTPError as answer:
        with answer:
            return str(answer.headers["Location"])
    except OSError as error:
        raise Failure(f"The stand-in for Spotify does not answer: {error}.") from error
    raise Failure("The stand-in for Spotify does not answer as Spotify does.")


async def _headless(own: Session) -> int:
    from djtui.cli.spotify_sync import run_sync

    return await run_sync(own)


def _in_the_screens(own: Session) -> int:
    asyncio.run(_start(own))
    from djtui.tui.app import DjtuiApp  # after the sync has begun: the screens take their time to load

    app = DjtuiApp(own.library_path, own.settings)
    try:
        result = app.run(auto_pilot=_to_spotify)
        return app.return_code or result or 0
    finally:
        asyncio.run(end_host(own))


async def _to_spotify(pilot: Pilot[object]) -> None:
    """Begin at the view that this is about."""
    await pilot.press("4")


async def _start(own: Session) -> None:
    """Have the account read in the background."""
    from djtui.jobs.hosting import host_anyhow
    from djtui.jobs.requests import submit
    from djtui.kinds import KINDS

    async with own.library() as library:
        await submit(library, KINDS, _SYNC, {"full": False}, settings=own.settings)
    host_anyhow(own.library_path, KINDS, own.settings, config=own.config_path)
