"""Staying to work a library's jobs, and to keep it in step with Traktor and Spotify: for servers."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Final

import click

from djtui.cli.session import DONE, Session, command
from djtui.files.watching import Watching
from djtui.jobs.hosting import serve_process
from djtui.jobs.locks import host_is_free
from djtui.kinds import KINDS
from djtui.routing.scheduling import RouteSchedule
from djtui.spotify.scheduling import Schedule
from djtui.traktor.auto import AutoState, AutoSync

_LOOK_S: Final = 0.5


@click.command()
@command
async def host(session: Session) -> int | None:
    """Work the queue of this library until stopped: for schedules and servers.

    The screens and commands start a host by themselves; this one stays. With the setting traktor.auto it also
    keeps the library and Traktor's collection in step, with spotify.every_min the library and Spotify; and
    folders that are watched (djtui scan DIR --watch) are scanned when something changes in them. Bases that
    are to be applied by themselves (djtui route edit) are.
    """
    session.out.note(f"Hosting {session.library_path}. Ctrl-C ends it; jobs stop at their next checkpoint.")
    async with session.library() as library:
        sync = AutoSync(
            library, session.settings, KINDS, _is_here, told=_Teller(session).tell, name="djtui host"
        )
        schedule = Schedule(library, lambda: session.settings, KINDS, _is_here, told=session.out.note)
        watching = Watching(library, lambda: session.settings, KINDS, _is_here, told=session.out.note)
        routing = RouteSchedule(library, lambda: session.settings, KINDS, _is_here, told=session.out.note)
        tasks = {
            asyncio.create_task(sync.run(), name="Auto-sync"),
            asyncio.create_task(watching.run(), name="The watch over folders"),
            asyncio.create_task(schedule.run(), name="The schedule for Spotify"),
            asyncio.create_task(routing.run(), name="The schedule for routing"),
        }
        for task in tasks:
            task.add_done_callback(partial(_ended, session))
        try:
            await _serve(session)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    return DONE


async def _serve(session: Session) -> None:
    """Host until stopped; first let a host that the screens or a command have started come to its end."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    told = False
    while not stopped.is_set():
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        free = host_is_free(session.library_path)
        if free and await serve_process(session.library_path, KINDS, session.settings, idle=None):
            return
        if not told:
            told = True
            session.out.note("Another process works its jobs now; this one takes over when that one ends.")
        with suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), _LOOK_S)


async def _is_here() -> None:
    """Who works the jobs that auto-sync asks for is this process."""


def _ended(session: Session, task: asyncio.Task[None]) -> None:
    """A fault of ours does not end the host, but it is not passed over in silence."""
    if not task.cancelled() and (fault := task.exception()) is not None:
        session.out.error(f"{task.get_name()} has ended by a fault ({fault!r}); the jobs go on.")


class _Teller:
    """Prints what auto-sync does, one line at each new phase."""

    def __init__(self, session: Session) -> None:
        self._out = session.out
        self._told = ("", "")

    def tell(self, state: AutoState) -> None:
        self._out.event(
            "auto",
            phase=state.phase,
            reason=state.reason,
            waiting=state.waiting,
            since=state.since.isoformat(timespec="seconds"),
        )
        if (state.phase, state.reason) != self._told:
            self._told = state.phase, state.reason
            self._out.note(f"{datetime.now():%H:%M:%S} {state.line}")
