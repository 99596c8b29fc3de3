"""Whose token it is: the one request of a sign-in to the Web API. It goes through the gate as all do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from djtui.jobs.job import JobError, TransientError
from djtui.spotify.clock import Clock
from djtui.spotify.errors import RateLimited
from djtui.spotify.gate import Gate, Use
from djtui.spotify.reading import account
from djtui.spotify.request import Request
from djtui.spotify.state import State

if TYPE_CHECKING:
    from djtui.config import SpotifySettings
    from djtui.spotify.request import Answer
    from djtui.spotify.rows import Account
    from djtui.spotify.threads import Threads

_ME: Final = Request("GET", "me", "the account")


async def account_of(
    token: str, settings: SpotifySettings, threads: Threads[Any], clock: Clock
) -> Account | None:
    """The account of an access token that nobody keeps yet. None while Spotify says wait, or if it fails:
    a name is not worth an error."""
    try:
        state = await asyncio.to_thread(State.open, clock=clock)
    except JobError:
        return None
    try:
        gate = Gate(state, settings, clock)
        await gate.admit(Use.INTERACTIVE)
        answer = await threads.run(lambda _: _ask(settings.api_url, token))
        if answer.status == 429:
            await asyncio.to_thread(gate.limited, answer.headers.get("Retry-After"), answer.reason)
        return account(answer.content) if answer.status == 200 else None
    except (RateLimited, JobError, TransientError):
        return None
    finally:
        state.close()


def _ask(api_url: str, token: str) -> Answer:
    from djtui.spotify.transport import Client

    client = Client(api_url)
    try:
        return client.send(_ME, token)
    finally:
        client.close()
