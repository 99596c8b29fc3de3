"""Reading Spotify into the library from the command line, with the waits that Spotify asks for."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import click

from djtui.cli.output import minutes
from djtui.cli.running import ending, follow_job, show
from djtui.cli.session import WAITING, Failure, Session, command
from djtui.cli.spotify_shared import budget, iso, signed_in
from djtui.jobs import records, requests, views
from djtui.model.text import plural
from djtui.spotify.asking import KIND, LIMITED, sync_params
from djtui.spotify.budget import Budget, Use
from djtui.spotify.clock import WALL, local_time

if TYPE_CHECKING:
    from djtui.jobs.views import JobView, PhaseView
    from djtui.library.database import Library

_TICK_S: Final = 1.0
_PURPOSES: Final = {Use.SYNC: "a sync", Use.WRITE: "djtui"}


@click.command()
@click.option("--full", is_flag=True, help="Read everything again, also what Spotify calls unchanged.")
@click.option("--wait", is_flag=True, help="Wait out Spotify's daily quota too; that can take a day.")
@command
async def sync(session: Session, full: bool, wait: bool) -> int | None:
    """Read liked songs and playlists from Spotify into the library. Again at any time: only news is read.

    Where Spotify asks for a pause of seconds, this waits. Where its daily quota is used up, or the requests
    that a sync may make in a day (spotify.budget_per_day), it ends with exit code 75 and says when it may go
    on; what was read is kept, and the next sync goes on from there.

    \b
    djtui spotify sync            what is new
    djtui spotify sync --full     everything, playlists and all
    djtui spotify sync --wait     for as long as it takes
    """
    signed_in(session)
    return await run_sync(session, full=full, wait=wait)


@click.command()
@command
async def warm(session: Session) -> int | None:
    """Read what is nice to know one by one, the most used first, with the requests that are left over today.

    For apps that may not ask for several albums at once. It ends when the left-over is spent, and goes on
    from there the next time: once a day is enough.
    """
    signed_in(session)
    async with session.library() as library:
        view = await watched(session, library, "spotify-warm", {}, Use.ENRICH, wait=False)
        return await ending(session, library, view, _warm_lines)


async def run_sync(session: Session, *, full: bool = False, wait: bool = False) -> int:
    """Sync, whoever is signed in. Returns the exit code."""
    async with session.library() as library:
        params = await sync_params(library, full=full)
        if params["full"] and not full:
            session.out.note("A sync of everything was not done yet: it goes on.")
        view = await watched(session, library, KIND, params, Use.SYNC, wait=wait)
        return await ending(session, library, view, _sync_lines)


async def watched(
    session: Session,
    library: Library,
    kind: str,
    params: dict[str, Any],
    use: Use,
    *,
    wait: bool,
    again: str | None = None,
) -> JobView:
    """Do a job that asks Spotify, with a countdown where it waits; how it ended. `again` is the command that
    goes on with it. Raises `Failure` (75) where the day's requests are used up, unless `wait`."""
    watch = _Watch(session, library, use, patient=wait)
    async with watch.counting_down():
        try:
            view = await follow_job(session, library, kind, params, watch=watch.look, display=watch.show)
        except _Left as left:
            view = left.view
    if watch.limit is None or view.is_over:
        return view
    if view.state == "paused":
        async with library.writing() as tx:
            await records.say(tx, view.id, LIMITED)
    raise Failure(
        watch.limit.sentence(view, again or f"djtui {view.kind.replace('-', ' ')}"),
        WAITING,
        job=view.id,
        blocked_until=iso(watch.limit.until),
        requests=sum(phase.requests for phase in view.phases),
    )


class _Left(Exception):
    """Another process works the job, and this one follows it no longer."""

    def __init__(self, view: JobView) -> None:
        super().__init__()
        self.view = view


@dataclass(frozen=True, slots=True)
class _Limit:
    """The day's requests are used up: Spotify's quota, or the part that this use may have."""

    until: datetime
    why: str
    elsewhere: bool  # another process works the job

    def sentence(self, view: JobView, again: str) -> str:
        """What it means for who typed the command; `again` goes on with it."""
        begun = f"{self.why} until {local_time(self.until, WALL.now())}."
        if self.elsewhere:
            return f"{begun} The djtui that works job {view.id} goes on then by itself."
        waits = "" if view.kind == "spotify-warm" else ", and with --wait it waits"
        done = "read" if view.kind.startswith("spotify") else "done"
        return f"{begun} What was {done} is kept: `{again}` goes on then where it stopped{waits}."


class _Watch:
    """Shows a job, counts its waits down, and has it paused when the day's requests are spent."""

    def __init__(self, session: Session, library: Library, use: Use, *, patient: bool) -> None:
        self.limit: _Limit | None = None
        self._session = session
        self._library = library
        self._use = use
        self._patient = patient
        self._view: JobView | None = None
        self._told: str | None = None
        self._phases: dict[str, PhaseView] = {}

    # -- what is seen -----------------------------------------------------------------------------

    @asynccontextmanager
    async def counting_down(self) -> AsyncIterator[None]:
        """Draw what is left of a wait once a second."""
        ticking = asyncio.create_task(self._tick())
        try:
            yield
        finally:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            if self._view is not None and not self._session.out.as_json:
                self._draw(self._view)

    def show(self, view: JobView) -> None:
        """Show how far it is."""
        view = self._view = replace(view, title=view.kind.replace("-", " ").capitalize())
        if self._session.out.as_json:
            self._tell_phases(view)
            return
        self._draw(view)

    def _draw(self, view: JobView) -> None:
        phase = _waiting(view)
        if phase is None or phase.blocked_until is None:
            show(self._session, view)
            return
        left = max(0.0, (phase.blocked_until - WALL.now()).total_seconds())
        self._session.out.progress(view.title, phase.name, phase.done, phase.total, f"waits {minutes(left)}")

    def _announce(self, view: JobView) -> None:
        """Say once why it waits."""
        if (phase := _waiting(view)) is None:
            return
        why = phase.wait_reason or view.message or "Spotify asks for a pause."
        if why != self._told:
            self._told = why
            self._session.out.note(why)

    def _tell_phases(self, view: JobView) -> None:
        """An event for each phase that has moved."""
        for phase in view.phases:
            before = self._phases.get(phase.name)
            if phase == before or (before is None and phase.state == "queued"):
                continue
            self._phases[phase.name] = phase
            self._session.out.event(
                "progress",
                job=view.title,
                phase=phase.name,
                done=phase.done,
                total=phase.total,
                message=phase.wait_reason or phase.message,
                processed=phase.done,
                added=phase.added,
                updated=phase.updated,
                has_more=phase.state != "succeeded",
                rate_limited_until=iso(phase.blocked_until),
                estimated_total=phase.total,
                error=phase.last_error,
                requests=phase.requests,
            )

    # -- what is done about it --------------------------------------------------------------------

    async def look(self, view: JobView) -> None:
        """Have the job paused, checkpoint and all, where it would wait for a day. Raises `_Left`."""
        if self.limit is not None:
            return
        if not self._patient:
            self.limit = await self._spent(view)
        if self.limit is None:
            self._announce(view)
        elif self.limit.elsewhere:
            raise _Left(view)
        else:
            await requests.want(self._library, view.id, "pause")

    async def _spent(self, view: JobView) -> _Limit | None:
        """The limit that the job waits for; None if it does not wait, or for a moment only."""
        phase = _waiting(view)
        if phase is None or phase.blocked_until is None:
            return None
        found = await asyncio.to_thread(budget, self._session.settings.spotify)
        why = _why(found, self._use)
        if why is None:
            return None
        host = await views.host(self._library)
        return _Limit(phase.blocked_until, why, host is not None and host.pid != os.getpid())


def _waiting(view: JobView) -> PhaseView | None:
    """The phase that waits longest, where all that could go on wait: first one that waits for no moment."""
    if view.state != "waiting":
        return None
    waiting = [phase for phase in view.phases if phase.state == "waiting"]
    return max(
        waiting, key=lambda phase: (phase.blocked_until is None, str(phase.blocked_until)), default=None
    )


def _why(found: Budget, use: Use) -> str | None:
    """Which limit of the day is reached. Spotify's half minute is none."""
    if found.blocked_until is not None:
        return None if found.kind == "window" else "Spotify's daily quota is used up"
    if found.room(use) != 0:
        return None
    purpose = _PURPOSES.get(use, "filling the gaps")
    return f"The {found.share(use):,} requests that {purpose} may go up to in a day are used up"


def _sync_lines(result: dict[str, Any]) -> list[str]:
    """What a sync came to, for a person."""
    rows = f" with {plural(result['items'], 'row')}" if result["items"] else ""
    return [
        f"Now here: {plural(result['tracks'], 'liked song')}, {plural(result['artists'], 'artist')}, "
        f"{plural(result['albums'], 'album')}, {plural(result['playlists'], 'playlist')}{rows}.",
        f"{_changes(result)}. {plural(result['requests'], 'request')} to Spotify, "
        f"{plural(result['cached'], 'answer')} from the cache.",
    ]


def _changes(result: dict[str, Any]) -> str:
    entries = result.get("added", 0) + result.get("updated", 0)
    return f"{plural(entries, 'entry', 'entries')} new or changed" if entries else "Nothing new"


def _warm_lines(result: dict[str, Any]) -> list[str]:
    """What was read with the left-over, for a person."""
    left = result.get("left")
    return [
        f"{plural(result.get('albums', 0), 'album')} read by {plural(result.get('requests', 0), 'request')}"
        f"{f', {left:,} left for another day' if left else ''}."
    ]
