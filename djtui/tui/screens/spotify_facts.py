"""What the Spotify view knows of the account, the app and the last sync, read beside the event loop."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from djtui.library.database import Reader
from djtui.tui.beside import beside

if TYPE_CHECKING:
    from djtui.config import SpotifySettings
    from djtui.spotify.tokens import SignedIn
    from djtui.tui.app import DjtuiApp

SYNC: Final = "spotify-sync"


@dataclass(frozen=True, slots=True)
class SignedState:
    """Whether somebody is signed in, and what there is to say about it.

    `may` is what this app may ask for and is sent, by the names of its capabilities; what is not known yet
    is not in it.
    """

    signed_in: SignedIn | None = None
    warning: str | None = None
    may: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known; times are as the library writes them (UTC).

    `last` is how the last sync ended: its job's number, state, moment and error. `syncs` counts those that
    went well. `changes` counts by kind what the sync `changes_job` changed, the last that changed anything.
    """

    client_id: str = ""
    state: SignedState = SignedState()
    account: str | None = None
    product: str | None = None
    liked: int = 0
    songs: int = 0
    last: tuple[int, str, str | None, str | None] | None = None
    syncs: int = 0
    changes: Mapping[str, int] = field(default_factory=dict)
    changes_job: int | None = None

    @property
    def signed_in(self) -> bool:
        """Whether Spotify can be asked, as far as is known here."""
        return self.state.signed_in is not None

    @property
    def is_new(self) -> bool:
        """Nobody is signed in, and nothing of Spotify's is here."""
        return not self.signed_in and not self.songs


async def facts_of(app: DjtuiApp) -> Facts:
    """What there is to know now. Raises `LibraryError`."""
    library, settings = await app.library(), app.settings
    account = await library.fetchone(
        "SELECT id, name, product FROM spotify_account ORDER BY seen DESC LIMIT 1"
    )
    state = await beside(_state, settings.spotify, account["id"] if account else None)
    counts = await library.fetchone(
        "SELECT (SELECT count(*) FROM spotify_like), (SELECT count(*) FROM spotify_track)"
    )
    last = await library.fetchone(
        "SELECT id, state, finished, error FROM job"
        " WHERE kind = ? AND state IN ('succeeded', 'failed', 'cancelled') ORDER BY id DESC LIMIT 1",
        (SYNC,),
    )
    whole = await library.fetchone("SELECT count(*) FROM job WHERE kind = ? AND state = 'succeeded'", (SYNC,))
    job, changes = await _changes(library)
    signed = state.signed_in
    return Facts(
        client_id=settings.spotify.client_id,
        state=state,
        account=(account["name"] if account else None) or (signed.name if signed else None),
        product=account["product"] if account else None,
        liked=counts[0] if counts else 0,
        songs=counts[1] if counts else 0,
        last=tuple(last) if last else None,
        syncs=whole[0] if whole else 0,
        changes=changes,
        changes_job=job,
    )


async def _changes(reader: Reader) -> tuple[int | None, Mapping[str, int]]:
    rows = await reader.fetchall(
        "SELECT job_id, kind, count(*) AS number FROM spotify_change"
        " WHERE job_id = (SELECT max(job_id) FROM spotify_change) GROUP BY kind"
    )
    return (rows[0]["job_id"] if rows else None), {row["kind"]: row["number"] for row in rows}


def _state(settings: SpotifySettings, account_id: str | None) -> SignedState:
    from djtui.spotify.tokens import Tokens

    tokens = Tokens(settings)
    signed = tokens.signed_in()
    account_id = (signed.account_id if signed else None) or account_id
    may = _capabilities(settings.client_id, account_id) if account_id else {}
    return SignedState(signed, tokens.warning(datetime.now(UTC)), may)


def _capabilities(client_id: str, account_id: str) -> Mapping[str, int]:
    from djtui.jobs.job import JobError
    from djtui.spotify.capabilities import Capabilities
    from djtui.spotify.state import State, state_path

    if not state_path().exists():
        return {}
    try:
        with closing(State.open()) as state:
            known = Capabilities(state, client_id, account_id).all()
    except JobError:
        return {}
    return {name: capability.value for name, capability in known.items()}
