"""What applying a base would do: per child what comes, goes, stays and is unknown, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import click

from djtui.cli.output import table
from djtui.cli.route_shared import base_named, checked, child_named, explained, outlook, unsent
from djtui.cli.session import WRONG_USE, Failure, Session, command
from djtui.library import routes
from djtui.model.text import plural
from djtui.routing.asking import changed_by_hand
from djtui.routing.outlook import Outlook, Told
from djtui.routing.plan import ChildPlan

_WORDS: Final = {"+": "add", "-": "remove", "?": "unknown", "=": "keep", " ": "out"}


@click.command()
@click.argument("base")
@click.argument("child", required=False)
@click.option(
    "--why", "why_of", metavar="CHILD", help="List this child's songs, and why each is in it or not."
)
@click.option("--rule", help="Try another rule for CHILD; nothing is changed.")
@click.option("--limit", default=50, show_default=True, help="Songs to list with --why; 0 for all.")
@command
async def preview(
    session: Session, base: str, child: str | None, why_of: str | None, rule: str | None, limit: int
) -> None:
    """Say what `djtui route apply` would do, as far as the library knows. Asks Spotify nothing.

    \b
    djtui route preview Friday
    djtui route preview Friday --why Warm-up
    djtui route preview Friday Warm-up --rule 'bpm:..120'
    """
    if rule is not None and child is None:
        raise Failure("--rule is tried for a CHILD: name it, too.", WRONG_USE)
    if rule is not None:
        checked(rule)
    with explained():
        async with session.library(create=False) as library:
            found = await base_named(library, base)
            children = await routes.children(library, found.id)
            mine = child_named(children, child) if child else None
            asked = child_named(children, why_of) if why_of else None
            gone = await routes.gone(library, children)
            hands = await changed_by_hand(library, [it for it in children if it.id not in gone])
            not_sent = await unsent(session, library)
    with outlook(session, found, children) as seen:
        plan = seen.plan
        if mine is not None:
            changed = seen.of_child(mine, rule)
            plan = seen.with_child(changed)
            plans: Sequence[ChildPlan] = [changed]
        else:
            plans = plan.children
        needs = {
            each.child.id: [str(need) for need in seen.needs(each.child.rule, not_sent)] for each in plans
        }
        tried = rule if asked is not None and mine is not None and asked.id == mine.id else None
        songs = _songs(seen, seen.of_child(asked, tried), limit, not_sent) if asked is not None else []
        names = seen.songs.titles(plan.nowhere)
    cost, settings = plan.cost, session.settings.spotify
    shortage = cost.shortage(_budget(), datetime.now(UTC))
    fields = [
        {
            "id": each.child.id,
            "name": each.child.title(found),
            **each.counts,
            "needs": needs[each.child.id],
            "by_hand": str(hands[each.child.id]) if each.child.id in hands else None,
            "gone": each.child.id in gone,
            "missing": len(each.local.missing) if each.local else 0,
            "asks": [part.question.text for part in each.lists if part.question],
        }
        for each in plans
    ]
    session.out.result(
        _lines(found.name, plan, plans, fields, songs, cost.text(settings.requests_per_s), shortage),
        base={"id": found.id, "name": found.name, "songs": plan.songs, "left_out": dict(plan.left_out)},
        children=fields,
        nowhere=[{"uri": uri, "title": names.get(uri, (None, None))[0]} for uri in plan.nowhere],
        several=len(plan.several),
        requests=cost.requests,
        seconds=cost.seconds(settings.requests_per_s),
        shortage=shortage,
        songs=songs,
    )


def _songs(seen: Outlook, plan: ChildPlan, limit: int, not_sent: frozenset[str]) -> list[dict[str, Any]]:
    listed = seen.listed(plan)[: limit or None]
    told = seen.told(plan, [uri for _, uri in listed], not_sent)
    return [_song(uri, told[uri]) for _, uri in listed]


def _song(uri: str, told: Told) -> dict[str, Any]:
    return {
        "uri": uri,
        "title": told.title,
        "artist": told.artist,
        "sign": told.why.sign.strip(),
        "what": _WORDS[told.why.sign],
        "why": told.why.text,
    }


def _lines(
    name: str,
    plan: Any,
    plans: Sequence[ChildPlan],
    fields: list[dict[str, Any]],
    songs: list[dict[str, Any]],
    cost: str,
    shortage: str | None,
) -> list[str]:
    left_out = ", ".join(
        f"{count:,} {reason.removesuffix('s') if count == 1 else reason}"
        for reason, count in plan.left_out.items()
    )
    lines = [f"{name}: {plural(plan.songs, 'song')}{f' (left out: {left_out})' if left_out else ''}"]
    if songs:
        listed = [(song["sign"], song["title"] or song["uri"], song["artist"], song["why"]) for song in songs]
        return [*lines, *table(("", "Song", "Artist", "Why"), listed)]
    if not plans:
        return [*lines, "No child yet: djtui route create BASE CHILD RULE"]
    rows = [
        (each.child.name, f"+{child['add']:,}", f"-{child['remove']:,}", f"{child['keep']:,}",
         f"{child['unknown']:,}", "" if each.child.active else "off")
        for each, child in zip(plans, fields, strict=True)
    ]  # fmt: skip
    lines += table(("Child", "Add", "Remove", "Keep", "Unknown", ""), rows, right=(1, 2, 3, 4))
    for each, child in zip(plans, fields, strict=True):
        said = [f"needs {need}" for need in child["needs"]]
        said += [f"changed by hand: {child['by_hand']}"] if child["by_hand"] else []
        if child["gone"]:
            said.append(
                "its playlist is no longer in your account: "
                f"`djtui route apply {name!r} --remake {each.child.name!r}` makes it anew"
            )
        if each.local is not None:
            said.append(f"{len(each.target) - child['missing']:,} of {len(each.target):,} in your library")
        said += [f"asks first: {text}" for text in child["asks"]]
        lines += [f"  {each.child.name}: {text}" for text in said]
    lines.append(
        f"{plural(len(plan.nowhere), 'song')} in no child, {plural(len(plan.several), 'song')} in several."
    )
    lines.append(f"{cost}{f'. {shortage}' if shortage else ''}")
    return lines


def _budget() -> Any:
    from djtui.spotify.budget import read_budget

    return read_budget()
