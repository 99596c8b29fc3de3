"""Signing in to Spotify at a terminal that may be far from the browser, or from a script."""

from __future__ import annotations

import asyncio
import locale
import os
import re
import shutil
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import click

from djtui import config
from djtui.cli.session import WRONG_USE, Failure, Session, command
from djtui.cli.spotify_shared import app_of, explained, iso

if TYPE_CHECKING:
    from djtui.config import SpotifySettings
    from djtui.spotify.signing_in import SignIn, SignInError
    from djtui.spotify.tokens import SignedIn

_CLIENT_ID: Final = re.compile(r"[0-9A-Za-z-]{8,64}")  # Spotify's have 32 hexadecimal digits
_PIECES_S: Final = 0.1  # within which the lines of one paste follow each other
_MOMENT_S: Final = 0.05
_BARE: Final = ("", "dumb", "linux")  # terminals that make a mess of a link


@click.command()
@click.option("--client-id", help="The client id of your app; it is kept in the settings.")
@click.option("--qr", is_flag=True, help="Show the address as a QR code too.")
@command
async def login(session: Session, client_id: str | None, qr: bool) -> None:
    """Sign in to Spotify, in a browser on this machine or any other.

    Prints an address: open it and agree. The browser then goes to 127.0.0.1, where djtui listens. If it runs
    on another machine it cannot open that page: paste the page's address here, or forward the port when you
    connect (ssh -L 8888:127.0.0.1:8888 HOST). Not at a terminal, lines are read from the standard input.

    \b
    djtui spotify login --client-id 5fe01282e94241328a84e7c5cc169164    the first time
    djtui spotify login                                                 again, after six months
    """
    settings = _settings(session, client_id)
    app_of(settings)
    account = await _account(session)
    with explained():
        found = await _Login(session, settings, account, qr).through()
    name = found.name or "somebody whose name Spotify did not tell"
    session.out.result(
        [
            f"Signed in as {name}, until about {found.expires.astimezone():%d %B %Y}.",
            "Next: djtui spotify sync",
        ],
        account={"id": found.account_id, "name": found.name, "client_id": found.client_id}
        | {"authorized": iso(found.authorized), "expires": iso(found.expires)},
    )


def _settings(session: Session, client_id: str | None) -> SpotifySettings:
    """Spotify's settings, with the client id in them that was given; it is kept."""
    settings = session.settings
    if client_id is None:
        return settings.spotify
    client_id = client_id.strip()
    if not _CLIENT_ID.fullmatch(client_id):
        raise Failure(
            "A client id is letters and digits alone, such as 5fe01282e94241328a84e7c5cc169164.", WRONG_USE
        )
    if client_id != settings.spotify.client_id:
        path = config.save(config.changed(settings, "spotify.client_id", client_id))
        session.out.note(f"The client id is kept in {path}.")
    return replace(settings.spotify, client_id=client_id)


async def _account(session: Session) -> str | None:
    """The only account that will do: that of the songs in the library, if it holds any."""
    if not session.library_path.exists():
        return None
    async with session.library(create=False) as library:
        row = await library.fetchone("SELECT id FROM spotify_account ORDER BY seen DESC LIMIT 1")
    return row["id"] if row else None


class _Login:
    """One sign-in: by the listener or by what is typed or piped in, whichever comes first."""

    def __init__(self, session: Session, settings: SpotifySettings, account: str | None, qr: bool) -> None:
        self._out = session.out
        self._settings = settings
        self._account = account
        self._qr = qr
        self._listens = False
        self._given_up: SignInError | None = None
        # Keys are for a person: who reads JSON, or pipes lines in, is none.
        self._by_hand = not session.out.as_json and sys.stdin is not None and sys.stdin.isatty()

    async def through(self) -> SignedIn:
        """Until somebody is signed in. Raises `SignInError`."""
        from djtui.spotify.signing_in import SignIn, SignInError

        sign_in = SignIn(self._settings, plays=self._settings.plays, account=self._account, told=self._refuse)
        try:
            await self._listen(sign_in)
            self._show(sign_in.url)
            pasting = asyncio.create_task(self._take_lines(sign_in))
            try:
                return await sign_in.finished()
            except SignInError as error:
                raise self._given_up or error from None
            finally:
                pasting.cancel()
                await asyncio.gather(pasting, return_exceptions=True)
        finally:
            sign_in.close()

    async def _listen(self, sign_in: SignIn) -> None:
        from djtui.spotify.signing_in import SignInError

        try:
            await sign_in.listen()
            self._listens = True
        except SignInError as error:
            self._out.note(str(error))

    # -- the address ------------------------------------------------------------------------------

    def _show(self, url: str) -> None:
        if self._out.as_json:
            self._out.event("sign-in", url=url, listening=self._listens)
            return
        self._out.note("Open this address in a browser, on this machine or any other, and agree:\n")
        print(_linked(url), flush=True)
        if self._qr:
            self._show_code(url)
        if self._listens:
            self._out.note(f"\nWaiting for the browser at 127.0.0.1, port {self._settings.redirect_port}.")
        self._out.note(
            "If the browser ends on a page that it cannot open, paste that page's\n"
            "address here and press Enter."
        )
        if self._by_hand:
            code = ", q shows it as a QR code" if not self._qr and _has_room(url) else ""
            self._out.note(f"y and Enter copies the address{code}. Ctrl-C leaves.")

    def _show_code(self, url: str) -> None:
        from djtui.spotify.links import qr_rows, qr_text

        rows = qr_rows(url, blocks=_blocks())
        if not _has_room(url):
            self._out.note(
                f"The QR code needs a window of {len(rows[0])} columns and {len(rows) + 1} rows: "
                "enlarge this one, or make its letters smaller."
            )
            return
        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        print(qr_text(url, blocks=_blocks(), colour=colour), flush=True)

    def _copy(self, url: str) -> None:
        from djtui.spotify.links import clipboard

        stream = sys.stdout if sys.stdout.isatty() else sys.stderr
        print(clipboard(url), end="", file=stream, flush=True)
        self._out.note("Copied, if your terminal allows it.")

    # -- what is typed or piped in ----------------------------------------------------------------

    async def _take_lines(self, sign_in: SignIn) -> None:
        from djtui.spotify.signing_in import SignInError

        lines = _Lines(joined_s=_PIECES_S if self._by_hand else 0.0)
        refused: SignInError | None = None
        while (line := await lines.next()) is not None:
            if refused is not None:
                self._refuse(str(refused))
                refused = None
            match line.strip():
                case "":
                    continue
                case "y" if self._by_hand:
                    self._copy(sign_in.url)
                case "q" if self._by_hand:
                    self._show_code(sign_in.url)
                case text:
                    try:
                        await sign_in.accept(text)
                        return
                    except SignInError as error:
                        refused = error
                        if self._by_hand:
                            await asyncio.sleep(_MOMENT_S)  # if that was the end, `through` says so
                            self._refuse(str(error))
                            refused = None
        if refused is not None or not self._listens:  # who pipes lines in has no more of them
            self._given_up = refused or SignInError("Nothing was pasted, and nobody listens for the browser.")
            sign_in.close()

    def _refuse(self, sentence: str) -> None:
        """Say that something does not count; the sign-in stays open."""
        self._out.note(sentence)
        self._out.event("refused", message=sentence)


class _Lines:
    """Lines of the standard input. Read on a thread that nobody waits for: the program may end meanwhile.

    What a terminal breaks into several lines is one paste if they follow each other within `joined_s`.
    """

    def __init__(self, *, joined_s: float) -> None:
        self._joined_s = joined_s
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        threading.Thread(target=self._read, name="standard-input", daemon=True).start()

    async def next(self) -> str | None:
        """The next line; None after the last."""
        line = await self._lines.get()
        if line is None or not self._joined_s:
            return line
        with suppress(TimeoutError):
            while (more := await asyncio.wait_for(self._lines.get(), self._joined_s)) is not None:
                line += more
            self._lines.put_nowait(None)
        return line

    def _read(self) -> None:
        """Not through `sys.stdin`: a thread that holds its buffer keeps the interpreter from ending."""
        rest = b""
        with suppress(OSError, ValueError, AttributeError, RuntimeError):
            descriptor = sys.stdin.fileno()
            while data := os.read(descriptor, 65536):
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self._tell(line)
        if rest:
            self._tell(rest)
        self._tell(None)

    def _tell(self, line: bytes | None) -> None:
        text = None if line is None else line.decode("utf-8", "replace")
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._lines.put_nowait, text)


def _linked(url: str) -> str:
    """The address as a link where the terminal knows such; else as it is."""
    from djtui.spotify.links import hyperlink

    return hyperlink(url) if sys.stdout.isatty() and os.environ.get("TERM", "") not in _BARE else url


def _has_room(url: str) -> bool:
    """Whether the window is large enough for the QR code, with a line below it."""
    from djtui.spotify.links import qr_rows

    rows = qr_rows(url, blocks=_blocks())
    size = shutil.get_terminal_size()
    return size.columns >= len(rows[0]) and size.lines > len(rows)


def _blocks() -> bool:
    return locale.getpreferredencoding(False).replace("-", "").casefold() == "utf8"
