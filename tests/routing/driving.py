"""Working routing jobs without a host: a base, its children and a stand-in, on a clock that jumps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from djtui.config import Settings
from djtui.demo.spotify import Playlist
from djtui.demo.spotify_music import Episode, LocalFile, Row, Track
from djtui.jobs.job import Job, repeats
from djtui.library import routes
from djtui.routing.applying import apply_job
from djtui.routing.editing import editing
from djtui.routing.undoing import params_of, undo_job
from tests.spotify.driving import Driver, Run, driving

SMALL = {"liked": 40, "artists": 12, "albums": 15, "playlists": 0, "rows": 0}
WRITES = ("POST", "PUT", "DELETE")


@dataclass
class Router(Driver):
    """The driver, with what routing needs. A phase that only fills memory is worked again after a kill."""

    async def _process(self, job: Job, run: Run, cursors: dict[str, Any], done: set[str]) -> None:
        for phase in job.phases:
            if repeats(phase):
                done.discard(phase.name)
                cursors.pop(phase.name, None)
        await super()._process(job, run, cursors, done)

    @property
    def everything(self) -> Settings:
        return Settings(spotify=self.settings)

    async def apply(self, base: int, *, kill_at: set[int] | None = None, **params: Any) -> Run:
        """Apply a base to the end."""
        self.job_id += 1
        values = {"base": base} | params
        return await self.work(
            lambda: apply_job(values, self.library, self.everything, clock=self.clock), kill_at=kill_at
        )

    async def undo(self, run_id: int, **params: Any) -> Run:
        """Undo a run to the end."""
        self.job_id += 1
        values = await params_of(self.library, run_id) | params
        return await self.work(lambda: undo_job(values, self.library, self.everything, clock=self.clock))

    async def base(self, playlist: Playlist | None, *children: dict[str, Any]) -> int:
        """A base of a playlist (None: the liked songs), with children; all are known by a sync."""
        await self.sync()
        async with editing(self.library) as tx:
            id = await routes.add_base(tx, playlist.id if playlist else routes.LIKED)
            for number, values in enumerate(children):
                name = values.pop("name", f"Child {number}")
                await routes.add_child(tx, id, name, **values)
        return id

    async def children(self, base: int) -> list[routes.Child]:
        return await routes.children(self.library, base)

    @cached_property
    def _tracks(self) -> list[Track]:
        return [song for song in self.world.songs.values() if isinstance(song, Track)]

    def row(self, what: str | int | None) -> Row:
        """A row of a playlist: a song by its number, "local", "episode", or None for an empty one."""
        at = "2026-01-01T00:00:00Z"
        if what is None:
            return Row(None, at, self.world.me)
        if isinstance(what, int):
            return Row(self._tracks[what], at, self.world.me)
        if what == "episode":
            return Row(
                next(it for it in self.world.songs.values() if isinstance(it, Episode)), at, self.world.me
            )
        return Row(LocalFile("Bicep", "Isles", f"Atlas {what}", 312), at, self.world.me)

    def playlist(self, name: str, *rows: str | int | None) -> Playlist:
        return self.world.create(name, public=False, rows=[self.row(row) for row in rows])

    def written(self, since: int = 0) -> list[str]:
        """The writes that came, as "POST playlists/…"; `since`: not the first so many requests."""
        return [
            f"{it.method} {it.path.removeprefix('/v1/')}"
            for it in self.stand_in.requests[since:]
            if it.method in WRITES
        ]


@asynccontextmanager
async def routing(folder: Path, **options: Any) -> AsyncIterator[Router]:
    """A library and a stand-in as `driving` has them, for routing."""
    options.setdefault("world", SMALL)
    async with driving(folder, **options) as driver:
        driver.world.add_song(Episode("0" * 22, "Talk", "Show", "1" * 22, 60_000, False, "2026-01-01"))
        yield Router(driver.library, driver.stand_in, driver.clock, driver.settings)
