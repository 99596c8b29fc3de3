"""What the Spotify view does: the client id, signing in and out, and the syncs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from djtui import config
from djtui.config import ConfigError
from djtui.spotify.asking import sync_params
from djtui.tui import changing, environment
from djtui.tui.beside import beside
from djtui.tui.screens.dialog import Prompt, Question
from djtui.tui.screens.spotify_facts import SYNC

if TYPE_CHECKING:
    from djtui.tui.app import DjtuiApp

_CLIENT_ID: Final = re.compile(r"[0-9A-Za-z-]{8,64}")  # Spotify's have 32 hexadecimal digits


async def sync(app: DjtuiApp, *, full: bool) -> None:
    """Ask for a sync. Raises `LibraryError`, `Refused`."""
    await changing.submit(app, SYNC, await sync_params(await app.library(), full=full))


async def choose_client_id(app: DjtuiApp) -> bool:
    """Ask for the client id of the DJ's app, and keep it. Returns whether there is one now.

    Raises `ConfigError`.
    """
    typed = await app.push_screen_wait(
        Prompt(
            "The client id of your app",
            "In Spotify's dashboard open your app: its client id stands at the top, 32 letters and digits. "
            "The client secret is not wanted.",
            app.settings.spotify.client_id,
            check=_unfit,
        )
    )
    if typed is None:
        return False
    settings = config.changed(app.settings, "spotify.client_id", typed.strip())
    app.apply(settings)
    try:
        await beside(config.save, settings)
    except ConfigError as error:
        raise ConfigError(f"{error} It counts until djtui ends.") from error
    return True


def _unfit(text: str) -> str | None:
    if not text.strip():
        return "Paste the client id."
    if not _CLIENT_ID.fullmatch(text.strip()):
        return "A client id is letters and digits alone, such as 5fe01282e94241328a84e7c5cc169164."
    return None


async def sign_in(app: DjtuiApp) -> bool:
    """Sign in, with the question for a client id before it where there is none. Raises `ConfigError`."""
    if not app.settings.spotify.client_id and not await choose_client_id(app):
        return False
    await environment.loaded("djtui.spotify.signing_in", "djtui.spotify.links")
    from djtui.tui.screens.spotify_sign_in import SignInDialog

    row = await (await app.library()).fetchone("SELECT id FROM spotify_account ORDER BY seen DESC LIMIT 1")
    dialog = SignInDialog(app.settings.spotify, row["id"] if row else None)
    signed = await app.push_screen_wait(dialog)
    if signed is None:
        return False
    who = f" as {signed.name}" if signed.name else ""
    waits = any(job.kind == SYNC and job.state == "waiting" for job in app.jobs)
    app.toasts.put("spotify", "done", f"Signed in{who} · {'the sync goes on' if waits else 'y syncs'}", 5.0)
    return True


async def sign_out(app: DjtuiApp) -> None:
    """Forget the sign-in, if the DJ means it. Raises `OSError`."""
    answer = await app.push_screen_wait(
        Question(
            "Sign out of Spotify?",
            "The sign-in is deleted on this machine. Songs and playlists stay in the library. "
            "(spotify.com/account/apps takes the app its permission, too.)",
            (("n", "stay signed in"), ("y", "sign out")),
        )
    )
    if answer == "y":
        await environment.loaded("djtui.spotify.tokens")
        from djtui.spotify.tokens import Tokens

        await beside(Tokens(app.settings.spotify).forget)
        app.toasts.put("spotify", "done", "Signed out. What was read is kept.")


def copy(app: DjtuiApp, text: str) -> None:
    """Copy a text to the clipboard of the DJ's own terminal, if that allows it."""
    from djtui.spotify.links import clipboard

    if app._driver is not None:
        app._driver.write(clipboard(text))
    app.toasts.put(
        "copy", "done", "Copied, if your terminal allows it; else mark it with shift and the mouse.", 5.0
    )
