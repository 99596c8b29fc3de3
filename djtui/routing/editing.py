"""Editing routes: not while a job applies them, here or in another djtui."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from djtui.jobs.resources import holder
from djtui.library.database import Library, Tx
from djtui.library.routes import RouteError


def resource(base_id: int) -> str:
    """What a job holds while it applies a base."""
    return f"route:{base_id}"


@asynccontextmanager
async def editing(library: Library, base_id: int | None = None) -> AsyncIterator[Tx]:
    """A transaction in which a base and its children may be edited (None: no base yet).

        async with editing(library, base.id) as tx:
            await routes.change_child(tx, child.id, rule="bpm:..122")

    Raises `RouteError` while a job holds the base: the sentence names the job.
    """
    async with library.writing() as tx:
        if base_id is not None and (title := await holder(library, resource(base_id), tx=tx)) is not None:
            raise RouteError(f"“{title}” is at work on this: wait until it has ended, or cancel it.")
        yield tx
