"""What the Spotify commands share: errors as failures, and the sign-in looked at before anything is asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final

from djtui.cli.session import WAITING, Failure, Session
from djtui.jobs.job import JobError, TransientError

if TYPE_CHECKING:
    from djtui.config import SpotifySettings
    from djtui.spotify.budget import Budget
    from djtui.spotify.tokens import Tokens

AN_APP: Final = """\
Spotify wants an app of your own: two minutes, and Premium for its owner.
  1. At https://developer.spotify.com/dashboard choose "Create app".
     Name and description are free.
  2. Redirect URIs: add these two. API: Web API. Save.
       http://127.0.0.1/callback
       http://127.0.0.1:{port}/callback
  3. Copy the app's Client ID (not the secret, nobody wants that), then:
       djtui spotify login --client-id CLIENT_ID
     which keeps it, as `djtui config spotify.client_id CLIENT_ID` does."""


@contextmanager
def explained() -> Iterator[None]:
    """What Spotify's side raises, as a failure of the command."""
    from djtui.spotify.errors import RateLimited

    try:
        yield
    except RateLimited as limited:
        raise Failure(str(limited), WAITING, blocked_until=iso(limited.until)) from limited
    except (JobError, TransientError) as error:
        raise Failure(str(error)) from error


def app_of(settings: SpotifySettings) -> str:
    """The client id, or a failure that says how to come by one."""
    if not settings.client_id:
        raise Failure(AN_APP.format(port=settings.redirect_port))
    return settings.client_id


def signed_in(session: Session) -> Tokens:
    """The tokens of who is signed in; a failure with what to do if nobody is. Asks Spotify nothing."""
    from djtui.spotify.clock import WALL
    from djtui.spotify.tokens import Tokens

    settings = session.settings.spotify
    app_of(settings)
    tokens = Tokens(settings)
    found = tokens.signed_in()
    if found is None:
        raise Failure("Nobody is signed in to Spotify with this app: djtui spotify login")
    if (warning := tokens.warning(WALL.now())) is not None:
        if found.ended:
            raise Failure(warning)
        session.out.note(warning)
    return tokens


def budget(settings: SpotifySettings) -> Budget:
    """The requests of the last 24 hours. Blocks for a moment. Raises `JobError`."""
    from djtui.spotify.gate import Gate
    from djtui.spotify.state import State

    state = State.open()
    try:
        return Gate(state, settings).budget()
    finally:
        state.close()


def iso(moment: datetime | None) -> str | None:
    """A time for programs, to the second."""
    return None if moment is None else moment.isoformat(timespec="seconds")
