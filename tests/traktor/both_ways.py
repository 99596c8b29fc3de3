"""A library and a collection, kept in step by real jobs: what the tests of syncing are told with."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from djtui.config import Settings, TraktorSettings
from djtui.jobs.views import JobView, failures
from djtui.library import history, tracks
from djtui.library.database import Library
from djtui.traktor import conflicts as queue
from tests.traktor.pretending import no_traktor
from tests.working import finished

SETTINGS = Settings(traktor=TraktorSettings(quiet_s=0, recheck_s=0))


class Deck:
    """One library and one collection. `traktor` holds, while a job runs, what else runs on this machine."""

    def __init__(self, library: Library, nml: Path, settings: Settings = SETTINGS) -> None:
        self.library = library
        self.nml = nml
        self.settings = settings
        self.traktor: Callable[[], AbstractContextManager[None]] = no_traktor

    async def job(self, kind: str, **params: Any) -> JobView:
        """Do a job to its end."""
        with self.traktor():
            return await finished(self.library, kind, self.settings, **{"path": str(self.nml)} | params)

    async def imported(self, **params: Any) -> dict[str, Any]:
        """Import the collection; the result."""
        view = await self.job("traktor-import", **params)
        assert view.state == "succeeded", view.error
        return view.result or {}

    async def exported(self, **params: Any) -> dict[str, Any]:
        """Export to the collection; the result."""
        view = await self.job("traktor-export", **{"force": True} | params)
        assert view.state == "succeeded", view.error
        return view.result or {}

    async def refused(self, kind: str = "traktor-export", **params: Any) -> str:
        """A job that fails; its sentence."""
        view = await self.job(kind, **{"force": True} | params)
        assert view.state == "failed"
        return view.error or ""

    async def failed(self, view: JobView) -> list[str]:
        """The items that a job could not do, with their reasons."""
        return [f"{it.item}: {it.reason}" for it in await failures(self.library, view.id)]

    async def ids(self) -> dict[str, int]:
        """The tracks by title."""
        rows = await self.library.fetchall("SELECT id, title FROM track ORDER BY id")
        return {row["title"]: row["id"] for row in rows}

    async def image(self, title: str) -> dict[str, Any]:
        """A whole track."""
        id = (await self.ids())[title]
        return (await tracks.images(self.library, [id], cues=True))[id]

    async def edit(self, title: str, **fields: Any) -> int | None:
        """Change fields of a track here; the change of the history."""
        _, change = await history.edit(self.library, [(await self.ids())[title]], fields, "edit")
        return change

    async def undo(self, change: int) -> history.Undone:
        """Undo a change."""
        return await history.undo(self.library, await history.find(self.library, change))

    async def conflicts(self) -> list[queue.Conflict]:
        """The open conflicts."""
        return await queue.conflicts(self.library)

    def replace(self, old: str, new: str, count: int = 1) -> None:
        """Change the text of the collection, as if Traktor had."""
        text = self.nml.read_text(encoding="utf-8")
        assert old in text
        self.write(text.replace(old, new, count))

    def write(self, text: str | bytes) -> None:
        """Write the collection as Traktor does; never twice in one tick of the clock."""
        before = self.nml.stat().st_mtime_ns if self.nml.exists() else 0
        self.nml.write_bytes(text.encode() if isinstance(text, str) else text)
        if self.nml.stat().st_mtime_ns <= before:
            os.utime(self.nml, ns=(before + 1_000_000, before + 1_000_000))

    @property
    def text(self) -> str:
        """The collection."""
        return self.nml.read_text(encoding="utf-8")


def with_strategy(strategy: str) -> Settings:
    """The settings with another strategy."""
    return replace(SETTINGS, traktor=replace(SETTINGS.traktor, strategy=strategy))
