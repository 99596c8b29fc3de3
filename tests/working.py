"""Jobs done to their end within a test, by a host whose pool is of threads: it begins at once.

What processes do to jobs is tested in tests/jobs, tests/cli and tests/faults.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

from djtui.config import Settings
from djtui.jobs.host import Host
from djtui.jobs.hosting import follow
from djtui.jobs.job import JobKinds
from djtui.jobs.requests import submit
from djtui.jobs.views import JobView
from djtui.kinds import KINDS
from djtui.library.database import Library


@asynccontextmanager
async def working(
    library: Library, settings: Settings | None = None, kinds: JobKinds = KINDS
) -> AsyncIterator[Host]:
    """A host for as long as the block runs."""
    host = Host(library, kinds, settings or Settings(), mode="thread")
    serving = asyncio.create_task(host.serve(None))
    beginning = asyncio.create_task(host.began.wait())
    await asyncio.wait((serving, beginning), return_when=asyncio.FIRST_COMPLETED)
    try:
        yield host
    finally:
        beginning.cancel()
        host.stop()
        await serving


async def worked(
    library: Library,
    kind: str,
    params: dict[str, Any],
    settings: Settings | None = None,
    kinds: JobKinds = KINDS,
) -> AsyncGenerator[JobView, None]:
    """A job done to its end, and each change of how it stands. To be closed when it is left early."""
    job = await submit(library, kinds, kind, params, settings=settings or Settings())
    async with working(library, settings, kinds), aclosing(follow(library, job)) as views:
        async for view in views:
            yield view


async def finished(
    library: Library,
    kind: str,
    settings: Settings | None = None,
    kinds: JobKinds = KINDS,
    **params: Any,
) -> JobView:
    """How a job ended."""
    async with aclosing(worked(library, kind, params, settings, kinds)) as views:
        return [view async for view in views][-1]
