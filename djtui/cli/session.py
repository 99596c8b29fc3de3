"""What every command shares: the settings, the library, the output, and the exit codes of DESIGN §6."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec

import click

from djtui import config
from djtui.cli.output import Output
from djtui.jobs import views
from djtui.jobs.views import JobView
from djtui.library.database import Library
from djtui.model.text import plural

DONE: Final = 0
FAILED: Final = 1
WRONG_USE: Final = 2
SOME_FAILED: Final = 3
WAITING: Final = 75
CANCELLED: Final = 130

P = ParamSpec("P")


class Failure(Exception):
    """The command failed; the message is the line for stderr."""

    def __init__(self, message: str, code: int = FAILED, **fields: Any) -> None:
        super().__init__(message)
        self.code = code
        self.fields = fields


@dataclass(slots=True)
class Session:
    """One call of djtui."""

    library_path: Path
    config_path: Path | None
    out: Output
    tells_of_jobs: bool = True
    """Whether it is still to be said that a job was cut off: once, and not by what lists jobs anyhow."""
    _settings: config.Settings | None = None

    @property
    def settings(self) -> config.Settings:
        """The settings, read at first use: a broken file must not stop `djtui --help`."""
        if self._settings is None:
            self._settings = config.load(self.config_path)
        return self._settings

    @asynccontextmanager
    async def library(self, *, create: bool = True) -> AsyncIterator[Library]:
        """The open library; closed at the end."""
        library = await Library.open(self.library_path, create=create)
        try:
            if self.tells_of_jobs and not self.out.as_json:
                self.tells_of_jobs = False
                await self._tell_of_jobs(library)
            yield library
        finally:
            await library.close()

    async def _tell_of_jobs(self, library: Library) -> None:
        """A job that a crash cut off waits for somebody to say so."""
        cut_off = [view for view in await views.unfinished(library) if view.state == "interrupted"]
        if len(cut_off) == 1:
            self.out.note(f"{_cut_off(cut_off[0])}: djtui jobs resume {cut_off[0].id} goes on with it.")
        elif cut_off:
            self.out.note(
                f"{plural(len(cut_off), 'job')} were cut off: djtui jobs lists them, djtui jobs resume"
                f" {cut_off[0].id} goes on with the first."
            )


def _cut_off(view: JobView) -> str:
    phase = view.phase
    if phase is None or not phase.done:
        return f"{view.title} was cut off"
    total = f" of {phase.total:,}" if phase.total else ""
    return f"{view.title} was cut off in {phase.name} at {phase.done:,}{total}"


def command(
    function: Callable[Concatenate[Session, P], Awaitable[int | None]],
) -> Callable[P, None]:
    """Make an async function of a session the body of a click command; what it returns is the exit code."""

    @functools.wraps(function)
    def body(*args: P.args, **kwargs: P.kwargs) -> None:
        context = click.get_current_context()
        session = context.find_object(Session)
        assert session is not None
        context.exit(asyncio.run(_finish(function(session, *args, **kwargs))) or DONE)

    return body


def _finish(result: Awaitable[int | None]) -> Coroutine[Any, Any, int | None]:
    async def awaited() -> int | None:
        return await result

    return awaited()
