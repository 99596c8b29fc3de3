"""The runs over a base, and what each did to each playlist."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from djtui.cli.output import minutes, table
from djtui.cli.route_apply import STATES
from djtui.cli.route_shared import base_named, explained
from djtui.cli.session import WRONG_USE, Failure, Session, command
from djtui.library import route_runs, routes
from djtui.library.route_runs import Run
from djtui.model.text import plural


@click.command()
@click.argument("base")
@click.argument("run", type=int, required=False)
@click.option("--limit", default=50, show_default=True, help="Show at most so many.")
@command
async def history(session: Session, base: str, run: int | None, limit: int) -> None:
    """List the runs over a base, the newest first; or what one of them did to each playlist.

    \b
    djtui route history Friday
    djtui route history Friday 12
    """
    with explained():
        async with session.library(create=False) as library:
            found = await base_named(library, base)
            names = {child.id: child.name for child in await routes.children(library, found.id)}
            runs = await route_runs.runs(library, found.id, limit)
            if run is not None:
                one = await route_runs.run(library, run)
                if one is None or one.base_id != found.id:
                    raise Failure(f"{found.name} has no run {run}.", WRONG_USE)
                runs = [one]
            written = {each.id: await route_runs.writes(library, each.id) for each in runs}
    fields = [
        asdict(each)
        | {
            "children": [
                {
                    "id": write.child_id,
                    "name": names.get(write.child_id, f"child {write.child_id}"),
                    "part": write.part,
                    "added": write.added,
                    "removed": write.removed,
                    "kept": write.kept,
                    "state": write.state,
                    "error": write.error,
                }
                for write in written[each.id]
            ]
        }
        for each in runs
    ]
    if not runs:
        lines = [f"{found.name} was never applied: djtui route apply {found.name!r}"]
    elif run is not None:
        lines = _one(fields[0])
    else:
        header = ("Run", "When (UTC)", "Kind", "Songs", "Playlists", "Requests", "Saved", "Took", "")
        rows = [_row(*pair) for pair in zip(runs, fields, strict=True)]
        lines = table(header, rows, right=(0, 3, 4, 5, 6, 7))
    session.out.result(lines, runs=fields)


def _row(run: Run, fields: dict[str, Any]) -> tuple[Any, ...]:
    took = None
    if run.ended:
        took = (datetime.fromisoformat(run.ended) - datetime.fromisoformat(run.began)).total_seconds()
    return (
        run.id,
        run.began.replace("T", " ").removesuffix("Z"),
        run.kind,
        run.songs,
        len(fields["children"]),
        run.requests,
        run.cached,
        minutes(took),
        run.error or STATES.get(run.state, run.state),
    )


def _one(fields: dict[str, Any]) -> list[str]:
    state = STATES.get(fields["state"], fields["state"])
    lines = [
        f"Run {fields['id']} ({fields['kind']}, {state}): {plural(fields['requests'], 'request')}, "
        f"{fields['cached']:,} saved by the cache.{' ' + fields['error'] if fields['error'] else ''}"
    ]
    rows = [
        (child["name"] + (" ?" if child["part"] == "review" else ""), f"+{child['added']:,}",
         f"-{child['removed']:,}", f"{child['kept']:,}", STATES.get(child["state"], child["state"]),
         child["error"])
        for child in fields["children"]
    ]  # fmt: skip
    return [*lines, *table(("Child", "Added", "Removed", "Kept", "", ""), rows, right=(1, 2, 3))]
