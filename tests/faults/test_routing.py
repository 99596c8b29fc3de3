"""Routing whose host is killed at any request ends as one that was left in peace, and never shows less.

`FAULT_ROUTE_SONGS=3000 FAULT_ROUTE_KILLS=40 make faults` for a larger one.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from djtui.demo.spotify import Logged
from djtui.library import routes
from djtui.routing.editing import editing
from djtui.routing.steps import is_fixed, songs
from tests.routing.driving import WRITES, routing

SONGS = int(os.environ.get("FAULT_ROUTE_SONGS", "400"))
KILLS = int(os.environ.get("FAULT_ROUTE_KILLS", "12"))

HOST = """
import asyncio, json, sys
from pathlib import Path
from djtui.config import Settings, SpotifySettings
from djtui.jobs import requests
from djtui.jobs.hosting import serve_process
from djtui.kinds import KINDS
from djtui.library.database import Library
from djtui.routing import updating, writing
writing.SETTLES_S = updating.SETTLES_S = 0.3  # the stand-in shows at once what was written
updating.LOOKS_S = (0.05, 0.1, 0.5)
path, params, spotify = Path(sys.argv[1]), json.loads(sys.argv[2]), json.loads(sys.argv[3])
settings = Settings(spotify=SpotifySettings(**spotify))
async def main():
    library = await Library.open(path)
    job = await requests.submit(library, KINDS, "route-apply", params, settings=settings)
    await library.close()
    await serve_process(path, KINDS, settings, idle=0.05)
    library = await Library.open(path)
    row = await library.fetchone("SELECT state, error FROM job WHERE id = ?", (job,))
    await library.close()
    print(row["state"], row["error"])
    sys.exit(0 if row["state"] == "succeeded" else 3)
asyncio.run(main())
"""


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STATE", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))


@pytest.mark.parametrize("seed", [1, 2])
async def test_killed_at_any_request_it_ends_right_and_never_shows_less(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    world = {"liked": SONGS, "artists": 30, "albums": 40, "playlists": 0, "rows": 0}
    async with routing(tmp_path, world=world) as router:
        router.clock.time = datetime.now(UTC)
        base = router.playlist("Friday", *rng.sample(range(SONGS), SONGS))
        numbers = [number for number in range(SONGS) if rng.random() < 0.5]
        at = {uri: place for place, uri in enumerate(base.uris)}
        numbers.sort(key=lambda number: at[router.world.track(number).uri])
        old = router.playlist(
            "Old", "local", *numbers[: len(numbers) // 2], None, *numbers[len(numbers) // 2 :]
        )
        untouched = router.playlist("Mine", 1, 1, "local", None)
        others = {it.id: it.uris for it in (base, untouched)}
        fixed = Counter(filter(is_fixed, old.uris))
        id = await router.base(
            base, {"spotify_id": old.id}, {"rule": "duration:>=300"}, {"rule": "explicit:yes"}
        )
        async with editing(router.library, id) as tx:
            await routes.change_child(tx, (await routes.children(tx, id))[0].id, rule="duration:..400")
        everyone = [child.id for child in await router.children(id)]
        process: list[subprocess.Popen[bytes]] = []
        kills = 0
        shown: list[set[str]] = []

        def hook(number: int, request: Logged) -> None:
            nonlocal kills
            shown.append(set(songs(old.uris)))
            if kills < KILLS and process and rng.random() < (0.5 if request.method in WRITES else 0.15):
                kills += 1
                os.kill(process[0].pid, signal.SIGKILL)
                if rng.random() < 0.5:
                    process[0].wait()

        router.stand_in.hook = hook
        starts = 0
        while True:
            starts += 1
            process[:] = [started(router, {"base": id, "confirmed": everyone})]
            code = await asyncio.to_thread(process[0].wait)
            assert code in (0, -signal.SIGKILL)
            if code == 0:
                break
        router.stand_in.hook = None
        print(f"{kills} kills, {starts} starts, {len(router.stand_in.requests)} requests")
        for child in await router.children(id):
            playlist = router.world.playlist(child.spotify_id or "")
            assert len(songs(playlist.uris)) == len(set(playlist.uris) - {None} - set(fixed))
            assert songs(playlist.uris) == [uri for uri in base.uris if uri in set(playlist.uris)]
        wanted = set(songs(old.uris))
        kept = wanted & shown[0]
        assert all(kept <= moment for moment in shown)
        assert Counter(filter(is_fixed, old.uris)) == fixed
        assert {it.id: it.uris for it in (base, untouched)} == others
        assert len(router.world.playlists) == 5
        begun = len(router.stand_in.requests)
        router.clock.forward(minutes=5)
        run = await router.apply(id)
        assert router.written(begun) == [] and run.failures == []


def started(router: Any, params: dict[str, Any]) -> subprocess.Popen[bytes]:
    import json
    from dataclasses import asdict

    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            HOST,
            str(router.library.path),
            json.dumps(params),
            json.dumps(asdict(router.settings)),
        ],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
    )
