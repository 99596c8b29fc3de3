"""Signing in to Spotify from a terminal that may be far from a browser: a link, a QR code, a paste field."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.style import Style
from textual.widgets import Input, Static

from djtui.config import SpotifySettings
from djtui.model.text import harmless
from djtui.tui.beside import beside
from djtui.tui.screens.dialog import Dialog
from djtui.tui.screens.spotify_actions import copy
from djtui.tui.widgets.glyphs import speaks_unicode

if TYPE_CHECKING:
    from djtui.spotify.signing_in import SignIn
    from djtui.spotify.tokens import SignedIn

_OPEN: Final = "Open this address in a browser, on this machine or any other, and agree:"
_PASTE: Final = "Or, where the browser ends on a page that it cannot open, paste that page’s address here:"
_BESIDE: Final = 46  # columns of text beside the QR code
_ABOVE: Final = 15  # lines of text above it
_EDGES: Final = 8


class PasteInput(Input):
    """The field for the address. While it is empty, y copies instead."""

    async def on_key(self, event: events.Key) -> None:
        if event.character == "y" and not self.value:
            event.stop()
            event.prevent_default()
            await self.screen.run_action("copy")


class SignInDialog(Dialog["SignedIn"]):
    """Answers who is signed in now; Esc leaves at once."""

    HINTS = "y copy the address · enter take what is pasted · esc leave"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012 - textual's own declaration
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy", show=False),
    ]

    def __init__(self, settings: SpotifySettings, account: str | None = None) -> None:
        """`account` is the id of the only account that will do: that of the songs in the library."""
        super().__init__("Sign in to Spotify", wide=True)
        self._settings = settings
        self._account = account
        self._sign_in: SignIn | None = None
        self._code: tuple[str, ...] = ()
        self._waits = ("", "")

    def body(self) -> ComposeResult:
        with Horizontal(id="sign-in"):
            with Vertical(id="way"):
                yield Static(_OPEN)
                yield Static("…", id="address")
                yield Static("", id="waits")
                yield Static(_PASTE)
                yield PasteInput(
                    compact=True,
                    placeholder=f"http://127.0.0.1:{self._settings.redirect_port}/callback?code=…",
                )
                yield Static("", classes="mistake")
            yield Static("", id="qr")

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self.run_worker(self._work(), exit_on_error=False)

    # -- the way to a sign-in ---------------------------------------------------------------------

    async def _work(self) -> None:
        from djtui.spotify.signing_in import SignInError

        while True:
            try:
                self.dismiss(await self._try())
                return
            except SignInError as error:
                if not self.is_attached:
                    return
                self._refuse(str(error))  # and another try, with another address

    async def _try(self) -> SignedIn:
        from djtui.spotify.signing_in import SignIn, SignInError

        settings = self._settings
        self._sign_in = sign_in = SignIn(
            settings, plays=settings.plays, account=self._account, told=self._refuse, asking=self._ask
        )
        try:
            self._say("⟳ Making the address …", "$quiet")
            try:
                await sign_in.listen()
                waits = f"⟳ Waiting for the browser at 127.0.0.1, port {settings.redirect_port}", "$accent"
            except SignInError as error:
                waits = f"! {error}", "$warning"
            self._waits = waits
            self._say(*waits)
            self._show_address(sign_in.url)
            blocks, light = speaks_unicode(), "NO_COLOR" in os.environ
            self._code = await beside(_qr_rows, sign_in.url, blocks, light)
            self._show_code()
            return await sign_in.finished()
        finally:
            sign_in.close()

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        if self._sign_in is not None and event.value.strip():
            self._refuse("")
            self.run_worker(self._take(self._sign_in, event.value), exit_on_error=False)

    async def _take(self, sign_in: SignIn, text: str) -> None:
        from djtui.spotify.signing_in import SignInError

        try:
            await sign_in.accept(text)
        except SignInError as error:
            if self.is_attached:
                self._refuse(str(error))
                self.query_one(Input).value = ""

    # -- showing ----------------------------------------------------------------------------------

    def _say(self, text: str, style: str) -> None:
        self.query_one("#waits", Static).update(Content.assemble((text, style)))

    def _ask(self, is_asked: bool) -> None:
        if self.is_attached:
            self._say(*(("⟳ The browser was here: signing in …", "$accent") if is_asked else self._waits))

    def _refuse(self, sentence: str) -> None:
        self.query_one(".mistake", Static).update(Content(harmless(sentence)))

    def _show_address(self, url: str) -> None:
        self.query_one("#address", Static).update(Content.assemble((url, Style(link=url))))

    def _show_code(self) -> None:
        """The QR code, beside the text or below it, where there is room."""
        code = self.query_one("#qr", Static)
        if not self._code:
            return
        wide, tall = len(self._code[0]), len(self._code)
        width, height = self.app.size
        is_beside = width >= wide + _BESIDE + _EDGES and height >= tall + _EDGES // 2
        fits = is_beside or (width >= wide + _EDGES and height >= tall + _ABOVE)
        self.set_class(is_beside, "-beside")
        self.set_class(fits, "-code")
        self.query_one(".dialog").styles.width = wide + _BESIDE if is_beside else None
        code.update(Content("\n".join(self._code)) if fits else "")

    def on_resize(self) -> None:
        self._show_code()

    # -- keys -------------------------------------------------------------------------------------

    def action_copy(self) -> None:
        if self._sign_in is not None:
            copy(self.djtui, self._sign_in.url)


def _qr_rows(url: str, blocks: bool, light: bool) -> tuple[str, ...]:
    from djtui.spotify.links import qr_rows

    return qr_rows(url, blocks=blocks, light=light)
