"""Bases that are applied by themselves, and jobs that hold what they work on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from djtui.jobs import requests, views
from djtui.jobs.host import Host
from djtui.kinds import KINDS
from djtui.library import routes
from djtui.library.routes import RouteError
from djtui.routing.editing import editing
from djtui.routing.scheduling import RouteSchedule, apply_params
from tests.routing.driving import Router, routing


async def host() -> None:
    """Nobody works the jobs here."""


def schedule(router: Router) -> RouteSchedule:
    return RouteSchedule(router.library, lambda: router.everything, KINDS, host, clock=router.clock)


async def wish(router: Router, base: int, **values: Any) -> None:
    async with editing(router.library, base) as tx:
        await routes.change_base(tx, base, **values)


async def test_a_base_is_applied_every_so_many_minutes(tmp_path: Path) -> None:
    async with routing(tmp_path) as router:
        base = await router.base(router.playlist("Friday", 1, 2, 3), {})
        await wish(router, base, every_min=30)
        assert await schedule(router).look() == []  # the DJ applies it first
        await router.apply(base)
        router.clock.forward(minutes=29)
        assert await schedule(router).look() == []
        router.clock.forward(minutes=2)
        (job,) = await schedule(router).look()
        assert await schedule(router).look() == []
        view = await views.job(router.library, job)
        assert view is not None and (view.state, view.title) == ("queued", "Routing Friday")


async def test_a_base_is_applied_when_a_sync_has_found_it_changed(tmp_path: Path) -> None:
    async with routing(tmp_path) as router:
        friday = router.playlist("Friday", 1, 2, 3)
        base, other = await router.base(friday, {}), await router.base(None, {})
        for id in (base, other):
            await wish(router, id, on_change=True)
            await router.apply(id)
        router.clock.forward(hours=1)
        await router.sync()
        assert await schedule(router).due() == []
        router.world.add(friday, [router.world.track(9).uri])
        router.world.unlike(router.world.liked_uris[3])
        router.clock.forward(hours=1)
        await router.sync()
        assert {it.id for it in await schedule(router).due()} == {base, other}
        for id in (base, other):
            await router.apply(id)
        assert await schedule(router).due() == []


async def test_a_job_that_was_broken_off_is_not_taken_up_with_other_rules(tmp_path: Path) -> None:
    async with routing(tmp_path) as router:
        base = await router.base(router.playlist("Friday", 1, 2, 3), {})
        same = await apply_params(router.library, base)
        assert await apply_params(router.library, base) == same
        async with editing(router.library, base) as tx:
            await routes.change_child(tx, (await routes.children(tx, base))[0].id, rule="explicit:yes")
        assert await apply_params(router.library, base) != same


async def test_while_a_base_is_applied_its_routes_cannot_be_edited(tmp_path: Path) -> None:
    async with routing(tmp_path) as router:
        router.clock.time = datetime.now(UTC) + timedelta(seconds=1)
        base = await router.base(router.playlist("Friday", 1, 2, 3), {})
        router.stand_in.faults.delay_s = 0.1
        params = await apply_params(router.library, base)
        job = await requests.submit(router.library, KINDS, "route-apply", params, settings=router.everything)
        worker = Host(router.library, KINDS, router.everything)
        serving = asyncio.ensure_future(worker.serve(None))
        try:
            while not router.stand_in.requests or router.stand_in.requests[-1].path != "/v1/me":
                await asyncio.sleep(0.01)
            with pytest.raises(RouteError, match="Routing Friday"):
                await wish(router, base, every_min=5)
            while (view := await views.job(router.library, job)) and view.state in (
                "queued",
                "running",
                "waiting",
            ):
                await asyncio.sleep(0.02)
            assert view is not None and view.state == "succeeded", view
            assert view.result is not None and view.result["children"][0]["added"] == 3
            await wish(router, base, every_min=5)
        finally:
            worker.stop("interrupted")
            await serving
