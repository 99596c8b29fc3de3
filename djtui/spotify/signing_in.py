"""Signing in to Spotify from a terminal that may be far from the browser: the PKCE flow, without a secret.

The browser is sent to Spotify by a link, and comes back to 127.0.0.1 with a code. That is heard here where
the browser runs on this machine or the port is forwarded (`ssh -L 8888:127.0.0.1:8888 HOST`); else the
address that the browser could not open is pasted. Whichever comes first counts.
"""

from __future__ import annotations

import asyncio
import errno
import secrets
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar

from djtui.model.text import harmless
from djtui.spotify.clock import WALL, Clock
from djtui.spotify.errors import RateLimited, ServiceTrouble
from djtui.spotify.listener import HOST, Listener
from djtui.spotify.redirect import Redirect, SignInError, read_redirect
from djtui.spotify.threads import Threads
from djtui.spotify.tokens import SignedIn, Tokens

if TYPE_CHECKING:
    from djtui.config import SpotifySettings
    from djtui.spotify.pkce import Grant, NotGranted, Pkce
    from djtui.spotify.rows import Account

__all__ = ["PLAYS_SCOPE", "SCOPES", "SignIn", "SignInError"]

SCOPES: Final = (
    "user-library-read",
    "user-library-modify",
    "playlist-read-private",
    "playlist-read-collaborative",
    "playlist-modify-private",
    "playlist-modify-public",
)
PLAYS_SCOPE: Final = "user-read-recently-played"

_LEFT: Final = "The sign-in was left before it was done."
_ASKING_S: Final = 15.0

Result = TypeVar("Result")


class SignIn:
    """One try at signing in: show `url`, then wait for `finished()`, and `close()` in any case.

    `account` is the id of the only account that will do: that of the songs in the library. `told` gets a
    sentence each time the browser brings something that does not count. `asking` hears that the browser was
    here and Spotify is asked now (True), and that this was in vain (False). Raises `SignInError` where there
    is no client id.
    """

    def __init__(
        self,
        settings: SpotifySettings,
        *,
        plays: bool,
        account: str | None = None,
        tokens: Tokens | None = None,
        told: Callable[[str], None] | None = None,
        asking: Callable[[bool], None] | None = None,
        clock: Clock = WALL,
    ) -> None:
        if not settings.client_id:
            raise SignInError(
                "Spotify needs the client id of an app of yours: make one at "
                "https://developer.spotify.com/dashboard with the redirect URI "
                f"http://{HOST}:{settings.redirect_port}/callback, then set spotify.client_id."
            )
        self._settings = settings
        self._scopes = (*SCOPES, PLAYS_SCOPE) if plays else SCOPES
        self._wanted = account
        self._tokens = tokens or Tokens(settings, clock=clock)
        self._told = told or _nobody
        self._asking = asking or _nobody
        self._clock = clock
        self._state = secrets.token_urlsafe(16)
        self._threads = Threads(lambda: self._flow, name="spotify-sign-in", count=1)
        self._listener = Listener(settings.redirect_port, "/callback", self._heard)
        self._lock = asyncio.Lock()
        self._over = asyncio.Event()
        self._outcome: SignedIn | SignInError | None = None

    @cached_property
    def _flow(self) -> Pkce:
        from djtui.spotify.pkce import Pkce, new_session

        return Pkce(self._settings, new_session(), self._clock, scopes=self._scopes)

    @property
    def url(self) -> str:
        """Where the DJ agrees, in a browser. Before `listen` this takes a quarter of a second."""
        return str(self._flow.get_authorize_url(state=self._state))

    async def listen(self) -> None:
        """Listen for the browser, from now until `close`; this returns at once.

        Raises `SignInError` where that cannot be: pasting still works, and `url` is good.
        """
        await self._asked(self._threads.run(lambda flow: flow.get_authorize_url(state=self._state)))
        port = self._settings.redirect_port
        try:
            await self._listener.open()
        except OSError as error:
            why = (
                f"Port {port} of {HOST} is taken by another program"
                if error.errno == errno.EADDRINUSE
                else f"djtui cannot listen at port {port} of {HOST} ({error.strerror})"
            )
            raise SignInError(f"{why}: paste the address that the browser ends up at.") from None
        if self._outcome is not None:
            self._listener.close()

    async def accept(self, text: str) -> None:
        """Take a pasted address, or the line of its query. Returns when the DJ is signed in.

        Raises `SignInError` with what is wrong. Unless Spotify was told no, the sign-in stays open then.
        """
        redirect = read_redirect(text, self._flow.redirect_uri, self._flow.OAUTH_AUTHORIZE_URL)
        if not secrets.compare_digest(redirect.state.encode(), self._state.encode()):
            raise SignInError("That address belongs to another sign-in: open the link that is shown now.")
        async with self._lock:
            if self._outcome is None:
                await self._settle(redirect)
            if isinstance(self._outcome, SignInError):
                raise self._outcome

    async def finished(self) -> SignedIn:
        """Wait until somebody is signed in. Raises `SignInError` once it was denied, or left by `close`."""
        await self._over.wait()
        assert self._outcome is not None
        if isinstance(self._outcome, SignInError):
            raise self._outcome
        return self._outcome

    def close(self) -> None:
        """Leave it, at once, whatever is going on; what Spotify still answers is not heard."""
        self._end(SignInError(_LEFT))
        self._listener.close()
        self._threads.close()

    def _end(self, outcome: SignedIn | SignInError) -> None:
        if self._outcome is None:
            self._outcome = outcome
            self._over.set()

    async def _heard(self, target: str) -> tuple[bool, str]:
        try:
            await self.accept(f"http://{HOST}:{self._settings.redirect_port}{target}")
        except SignInError as error:
            if self._outcome is None:
                self._told(str(error))
            return False, str(error)
        return True, "You are signed in to Spotify. You can close this page and go back to djtui."

    async def _settle(self, redirect: Redirect) -> None:
        if redirect.code is not None:
            self._asking(True)
            try:
                self._end(await self._exchanged(redirect.code))
            except SignInError:
                self._asking(False)
                raise
        elif redirect.error == "access_denied":
            self._end(
                SignInError("Access to Spotify was denied in the browser: nobody is signed in by this.")
            )
        else:
            raise SignInError(f"Spotify could not do it ({redirect.error}): open the link again.")

    async def _exchanged(self, code: str) -> SignedIn:
        from djtui.spotify.pkce import NotGranted

        try:
            grant = await self._asked(self._threads.run(lambda flow: flow.exchange(code)))
        except NotGranted as refusal:
            raise SignInError(self._why(refusal)) from None
        except (ServiceTrouble, RateLimited) as trouble:
            raise SignInError(f"{trouble} Try again, with the same address or by the link.") from None
        if grant.refresh_token is None:
            raise SignInError("Spotify granted access for an hour only, which is of no use: try again later.")
        account = await self._asked(self._who(grant))
        if self._wanted is not None and account is not None and account.id != self._wanted:
            raise SignInError(
                f"That is {harmless(account.name or account.user_id)}, but this library holds the songs of "
                "another account: sign in as that one, forget its songs with "
                "`djtui spotify logout --forget`, or use another --library."
            )
        try:
            return await self._asked(self._threads.run(lambda _: self._tokens.keep(grant, account)))
        except OSError as error:
            raise SignInError(
                f"The sign-in cannot be kept: {self._tokens.path} cannot be written ({error.strerror})."
            ) from None

    async def _who(self, grant: Grant) -> Account | None:
        """Whose token that is; None if Spotify may not be asked now, or does not say."""
        from djtui.spotify import naming

        try:
            async with asyncio.timeout(_ASKING_S):
                return await naming.account_of(grant.access_token, self._settings, self._threads, self._clock)
        except TimeoutError:
            return None

    def _why(self, refusal: NotGranted) -> str:
        if refusal.error == "invalid_grant":
            return "Spotify does not take that code, it is used up or too old: open the link and agree again."
        if refusal.error == "invalid_client":
            return f"Spotify knows no app {self._settings.client_id}: look at spotify.client_id."
        return f"Spotify refuses the sign-in ({refusal}): open the link again."

    async def _asked(self, answer: Awaitable[Result]) -> Result:
        """The answer, unless the sign-in is left meanwhile."""
        try:
            return await answer
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if isinstance(self._outcome, SignInError) and task is not None and not task.cancelling():
                raise self._outcome from None
            raise


def _nobody(_: object) -> None:
    """Nobody wants to know."""
