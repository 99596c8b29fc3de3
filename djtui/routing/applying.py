"""The job that makes the children of a base what their rules say.

Reading brings the base and its children up to date, Enriching what the rules ask of artists and albums;
Filtering asks the rules; Planning writes the journal; Updating writes to Spotify what the journal says, and
Verifying reads that again. From Planning on a run goes by its journal, however often it is broken off.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from djtui.config import Settings, SpotifySettings
from djtui.jobs.job import Context, Job, JobError
from djtui.library.database import Library, connect_readonly
from djtui.library.route_runs import RunKind, Write
from djtui.library.routes import Child
from djtui.routing import asking, journal
from djtui.routing.asking import HANDS, Answers
from djtui.routing.bases import APPLY, key_of
from djtui.routing.editing import resource
from djtui.routing.planning import Enriching, Filtering, Planning, Work
from djtui.routing.port import Held, Route
from djtui.routing.reading import Reading
from djtui.routing.updating import Outcome, Updating, Verifying
from djtui.routing.writing import Verdict
from djtui.spotify.clock import WALL, Clock


def apply_job(params: dict[str, Any], library: Library, settings: Settings, *, clock: Clock = WALL) -> Job:
    """The job for `djtui route apply`. Raises `JobError` for a base that is none.

    Params: base (its id); children (ids; by default the active ones); confirmed (ids of children that may
    become empty or lose many songs); hands ("keep", "drop" or "leave", for all or by the child's id); remake
    (ids of children whose playlist is gone); rebuild (wipe and fill anew, instead of the few differences);
    retry (titles of playlists: only these children, as `jobs retry` asks).
    """
    base_id = int(params["base"])
    name, held = held_by(library, base_id)
    wanted = params.get("children")
    if (retry := params.get("retry")) is not None:
        wanted = [id for id, titles in held.titles.items() if titles & set(retry)]
    rebuild = bool(params.get("rebuild"))
    kind: RunKind = "retry" if retry is not None else "rebuild" if rebuild else "apply"
    answers = Answers(frozenset(params.get("confirmed", ())), _hands(params.get("hands")))
    work = Work(base_id, None if wanted is None else frozenset(wanted), answers, wipe=rebuild)
    route = Route(quiet(settings), clock)
    outcome = Outcome()
    return RouteJob(
        kind=APPLY,
        key=key_of(base_id),
        title=f"Routing {name}",
        phases=(
            Reading(route, base_id, kind, work.wanted, params.get("remake", ())),
            Enriching(route, work),
            Filtering(route, work),
            Planning(route, work),
            Updating(route, base_id, partial(_judged, answers=answers), wipe=rebuild),
            Verifying(route, base_id, outcome),
        ),
        reads=held.reads,
        writes=held.writes,
        library=library,
        route=route,
        outcome=outcome,
    )


@dataclass(eq=False)
class RouteJob(Job):
    """The job; its result is the run in plain JSON."""

    library: Library = field(kw_only=True)
    route: Route = field(kw_only=True)
    outcome: Outcome = field(kw_only=True)

    def result(self) -> dict[str, Any]:
        return self.outcome.values

    async def close(self) -> None:
        route = self.route
        await route.close()
        if route.run_id is not None:
            async with self.library.writing() as tx:
                await journal.stop_run(tx, route.run_id, route.now)


@dataclass(frozen=True, slots=True)
class Resources:
    """What a job over a base reads and writes, and what its children's playlists are called."""

    reads: frozenset[str]
    writes: frozenset[str]
    titles: dict[int, set[str]]


async def _judged(
    child: Child, write: Write, ctx: Context, held: Held, *, answers: Answers
) -> Verdict | None:
    return await asking.verdict(ctx.library, child, write, held, answers)


def quiet(settings: Settings) -> SpotifySettings:
    """Spotify's settings for routing, which has no use for what was played."""
    return replace(settings.spotify, plays=False)


def held_by(library: Library, base_id: int) -> tuple[str, Resources]:
    """The name of a base, and what a job over it holds. Raises `JobError` where it is gone."""
    connection = connect_readonly(library.path)
    try:
        base = connection.execute(
            "SELECT name, spotify_id FROM route_base WHERE id = ?", (base_id,)
        ).fetchone()
        rows = connection.execute("SELECT * FROM route_child WHERE base_id = ?", (base_id,)).fetchall()
    finally:
        connection.close()
    if base is None:
        raise JobError(f"There is no base with the number {base_id} any more.")
    titles = {}
    writes = {resource(base_id)}
    for row in rows:
        name = f"[{base['name']}] > {row['name']}"
        titles[row["id"]] = {name, f"{name} ?"}
        writes |= {spotify_resource(id) for id in (row["spotify_id"], row["review_id"]) if id is not None}
        if row["playlist_id"] is not None:
            writes.add(f"playlist:{row['playlist_id']}")
    return base["name"], Resources(
        frozenset({spotify_resource(base["spotify_id"])}), frozenset(writes), titles
    )


def spotify_resource(id: str) -> str:
    """What a job holds of a playlist on Spotify, or of the liked songs."""
    return f"playlist:spotify:{id}"


def _hands(given: Any) -> Any:
    values: Iterable[Any] = given.values() if isinstance(given, dict) else [] if given is None else [given]
    for value in values:
        if value not in HANDS:
            raise JobError(
                f"What was changed by hand is kept, dropped or left (keep, drop, leave), not {value!r}."
            )
    return {int(id): value for id, value in given.items()} if isinstance(given, dict) else given
