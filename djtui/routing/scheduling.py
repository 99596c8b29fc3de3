"""Applying bases by themselves: by the clock, and when a sync has found that they changed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from djtui.jobs import requests
from djtui.jobs.job import JobError
from djtui.jobs.trouble import sentence
from djtui.library import routes
from djtui.library.database import LibraryError
from djtui.library.routes import Base, RouteError
from djtui.routing.bases import APPLY, key_of, mark
from djtui.spotify.scheduling import Timetable

if TYPE_CHECKING:
    from djtui.library.database import Library

_AGAIN: Final = timedelta(minutes=10)
_OPEN: Final = ("queued", "running", "waiting", "paused", "interrupted")


async def apply_params(
    library: Library,
    base_id: int,
    *,
    children: Collection[int] | None = None,
    confirmed: Collection[int] = (),
    hands: str | Mapping[int, str] | None = None,
    remake: Collection[int] = (),
    rebuild: bool = False,
) -> dict[str, Any]:
    """The params of the job that applies a base (see `apply_job`).

    They name rules and base as they are: a job that was broken off is taken up again only if these are the
    same still, and otherwise begins anew. Raises `RouteError`.
    """
    base = await routes.base(library, base_id)
    family = [
        (it.id, it.name, it.kind, it.rule, it.unknown, it.active, sorted(it.exceptions.items()))
        for it in await routes.children(library, base_id)
    ]
    state = repr((family, await mark(library, base))).encode()
    values: dict[str, Any] = {"base": base_id, "state": hashlib.blake2b(state, digest_size=8).hexdigest()}
    if children is not None:
        values["children"] = sorted(children)
    if confirmed:
        values["confirmed"] = sorted(confirmed)
    if hands:
        values["hands"] = hands if isinstance(hands, str) else {str(id): hand for id, hand in hands.items()}
    if remake:
        values["remake"] = sorted(remake)
    if rebuild:
        values["rebuild"] = True
    return values


class RouteSchedule(Timetable):
    """Asks for the jobs that apply bases: every so many minutes, counted from the end of the last one, and
    when the library knows another state of a base than was applied. A base that was never applied waits for
    the DJ, who has looked at the preview then.
    """

    async def look(self) -> list[int]:
        """Ask for what is due now; the jobs' ids."""
        asked: list[int] = []
        try:
            for base in await self.due():
                params = await apply_params(self._library, base.id)
                asked.append(await self._submit(APPLY, params))
            if asked:
                await self._host()
            self._tell("")
        except (requests.RequestError, LibraryError, JobError, RouteError) as error:
            self._tell(f"No routing by itself: {sentence(error)}")
        return asked

    async def due(self) -> list[Base]:
        """The bases whose time has come, or that have changed."""
        found = []
        for base in await routes.bases(self._library):
            if base.applied is not None and (base.every_min or base.on_change) and await self._is_due(base):
                found.append(base)
        return found

    async def _is_due(self, base: Base) -> bool:
        last = await self._library.fetchone(
            "SELECT state, coalesce(finished, started, created) AS at FROM job WHERE key = ?"
            " ORDER BY id DESC LIMIT 1",
            (key_of(base.id),),
        )
        if last is not None and last["state"] in _OPEN:
            return False
        now = self._clock.now()
        ended = max(datetime.fromisoformat(at) for at in (base.applied, last and last["at"]) if at)
        if base.every_min and now >= ended + timedelta(minutes=base.every_min):
            return True
        if not base.on_change or (last is not None and last["state"] != "succeeded" and now < ended + _AGAIN):
            return False
        return await mark(self._library, base) != base.snapshot
