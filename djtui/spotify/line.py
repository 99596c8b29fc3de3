"""One request after the other: past the gate, with a token, on a thread, and what the answer means."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from djtui.spotify import reading
from djtui.spotify.errors import BadRequest, NotFound, Refused, ServiceTrouble, SignInNeeded
from djtui.spotify.refusals import is_clear, refused
from djtui.spotify.request import NOTHING, Answer, Request
from djtui.spotify.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from djtui.spotify.clock import Clock
    from djtui.spotify.gate import Gate, Use
    from djtui.spotify.rows import Account
    from djtui.spotify.tokens import Tokens
    from djtui.spotify.transport import Client

Result = TypeVar("Result")

ME_FOR: Final = timedelta(minutes=10)
_ME: Final = Request("GET", "me", "the account")


class Line:
    """The way to Spotify of one process.

    One request is in flight at a time: with two, the second would still be sent when the first is answered
    with "wait". At Spotify's pace nothing is lost by that. `requests` counts those that were really sent.
    """

    def __init__(self, api_url: str, gate: Gate, tokens: Tokens, clock: Clock) -> None:
        self.gate = gate
        self.tokens = tokens
        self.requests = 0
        self._clock = clock
        self._threads = Threads(lambda: _client(api_url))
        self._turn = asyncio.Lock()
        self._sending: set[asyncio.Task[tuple[Answer, str]]] = set()
        self._me: tuple[datetime, Account] | None = None

    async def ask(self, request: Request, use: Use) -> Any:
        """What Spotify answers, decoded; None if a request that changes something is answered with nothing.

        Raises what `errors` has. ServiceTrouble with `sent`: it may have been carried out all the same.
        """
        answer, token = await self._exchange(request, use)
        if answer.status == 401:
            self.tokens.refused(token)
            answer, _ = await self._exchange(request, use)
        if not 200 <= answer.status < 300:
            raise await self._trouble(request, answer, use)
        if answer.content is not NOTHING:
            return answer.content
        if answer.empty and request.method != "GET":
            return None
        raise ServiceTrouble(
            f"Spotify's answer for {request.about} cannot be read; it is no JSON.", sent=True
        )

    async def me(self, use: Use) -> Account:
        """Who is signed in, asked every ten minutes at most."""
        now = self._clock.now()
        if self._me is not None and now - self._me[0] < ME_FOR:
            return self._me[1]
        account = reading.account(await self.ask(_ME, use))
        self._me = now, account
        with suppress(OSError):
            await self.beside(lambda: self.tokens.named(account))
        return account

    async def beside(self, work: Callable[[], Result]) -> Result:
        """Do something that blocks for a moment, on a thread."""
        return await self._threads.run(lambda _: work())

    def close(self) -> None:
        """Hang up at once, also with a request in flight."""
        for sending in tuple(self._sending):
            sending.cancel()
        self._threads.close()

    async def _exchange(self, request: Request, use: Use) -> tuple[Answer, str]:
        """One attempt. Who stops waiting for it does not stop it: a 429 is noted whoever hears of it."""
        await self._turn.acquire()
        try:
            await self.gate.admit(use)
        except BaseException:
            self._turn.release()
            raise
        sending = asyncio.create_task(self._threads.run(lambda client: self._sent(client, request, use)))
        self._sending.add(sending)
        sending.add_done_callback(self._over)
        return await asyncio.shield(sending)

    def _sent(self, client: Client, request: Request, use: Use) -> tuple[Answer, str]:
        """On a thread: send it, and note a 429 at once."""
        token = self.tokens.access_token()
        self.requests += 1
        answer = client.send(request, token)
        if answer.status == 429:
            raise self.gate.limited(answer.headers.get("Retry-After"), answer.reason, use=use)
        return answer, token

    def _over(self, sending: asyncio.Task[tuple[Answer, str]]) -> None:
        self._sending.discard(sending)
        self._turn.release()
        if not sending.cancelled():
            sending.exception()  # heard, should nobody else be listening

    async def _trouble(self, request: Request, answer: Answer, use: Use) -> Exception:
        """What an answer that is no success means."""
        said = f" ({answer.status}: {answer.message})" if answer.message else f" ({answer.status})"
        match answer.status:
            case 401:
                return SignInNeeded(
                    "Spotify does not accept the sign-in, fresh as it is: sign in again, in the Spotify view "
                    "or with `djtui spotify login`. What was read is kept."
                )
            case 403:
                return await self._refusal(request, answer, use)
            case 404 | 410:
                return NotFound(
                    f"Spotify has no such thing, or does not show it to this app: {request.about}{said}."
                )
            case status if 400 <= status < 500 and status != 408:
                return BadRequest(f"Spotify does not understand the request for {request.about}{said}.")
            case status if 300 <= status < 400:
                return ServiceTrouble(f"The request for {request.about} is sent elsewhere{said}.")
        return ServiceTrouble(f"Spotify fails at the moment with {request.about}{said}.", sent=True)

    async def _refusal(self, request: Request, answer: Answer, use: Use) -> Refused:
        """Why a request is refused. Where words do not say, it matters whether the app is refused all."""
        if is_clear(answer.message, request.path):
            return refused(answer.message, request.path)
        try:
            await self.me(use)
        except Refused as refusal:
            return refusal
        return refused(answer.message, request.path, me_works=True)


def _client(api_url: str) -> Client:
    from djtui.spotify.transport import Client

    return Client(api_url)
