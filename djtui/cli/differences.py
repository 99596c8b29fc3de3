"""Where the analysis hears something else than what stands in the library: listing, taking, leaving."""

from __future__ import annotations

import sys
from typing import Any, Literal

import click

from djtui.cli.library import matching
from djtui.cli.output import table
from djtui.cli.session import FAILED, WRONG_USE, Failure, Session, command
from djtui.library import differences as heard
from djtui.library.differences import KINDS, Difference, Field
from djtui.model.text import plural

_FIELDS: tuple[Field, ...] = ("bpm", "key")


@click.command()
@click.argument("query", nargs=-1)
@click.option("--field", type=click.Choice(_FIELDS), help="Only tempi, or only keys.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(KINDS),
    help="Only of this kind; several may be named.",
)
@click.option(
    "--sure", type=click.FloatRange(0, 1), default=0.0, help="Only where the analysis is so sure, 0 to 1."
)
@click.option("--take", is_flag=True, help="Set the tracks to what is heard. Undo with djtui undo.")
@click.option("--dismiss", is_flag=True, help="Leave the tracks as they are, and list these no more.")
@click.option("--dismissed", is_flag=True, help="Those that were dismissed, instead of the others.")
@click.option("--limit", default=100, show_default=True, help="List at most so many; 0 for all.")
@click.option("--yes", is_flag=True, help="Take or dismiss several without asking.")
@command
async def differences(
    session: Session,
    query: tuple[str, ...],
    field: Field | None,
    kinds: tuple[str, ...],
    sure: float,
    take: bool,
    dismiss: bool,
    dismissed: bool,
    limit: int,
    yes: bool,
) -> int | None:
    """List where the analysis hears another tempo or key than a track has, the surest first.

    The kinds say how what is heard stands to what is there: double, half, triple, third, 3:2, 2:3, 4:3, 3:4
    or near for tempi; relative, fifth or parallel for keys; other; and empty where the track has none, for
    the analysis was not sure enough to fill it. The tempo of a locked track is not listed.

    \b
    djtui differences
    djtui differences --kind double --sure 0.8 --take
    djtui differences 'genre:dubstep' --field bpm --kind half --dismiss
    """
    if take and dismiss:
        raise Failure("Say --take or --dismiss, not both.", WRONG_USE)
    async with session.library(create=False) as library:
        ids = await matching(library, " ".join(query)) if query else None
        found = await heard.differences(
            library,
            ids=ids,
            fields=_FIELDS if field is None else (field,),
            kinds=kinds or None,
            at_least=sure,
            dismissed=dismissed,
        )
        if not take and not dismiss:
            shown = found[: limit or None]
            session.out.result(
                _listed(session, shown, len(found)),
                count=len(found),
                differences=[_fields(it) for it in shown],
            )
            return None
        _confirm(session, found, "take" if take else "dismiss", yes)
        if dismiss:
            count = await heard.dismiss(library, found)
            session.out.result([f"{count:,} dismissed."], dismissed=count)
            return None
        changed, change = await heard.take(library, found)
    line = f"{plural(changed, 'track')} changed (change {change}; djtui undo takes it back)."
    session.out.result([line if change else "Nothing to change."], taken=changed, change=change)
    return None


def _listed(session: Session, found: list[Difference], count: int) -> list[str]:
    if not found:
        return ["No differences."]
    notation: Any = session.settings.ui.key_notation
    rows = [
        (
            it.track_id,
            it.name,
            it.field,
            it.shown("ours", notation),
            it.shown("heard", notation),
            it.kind,
            f"{it.confidence:.2f}",
        )
        for it in found
    ]
    cut = f" · the first {len(found):,} shown" if len(found) < count else ""
    header = ("id", "Track", "Field", "Here", "Heard", "Kind", "Sure")
    return [*table(header, rows, right=(0, 3, 4, 6)), f"{plural(count, 'difference')}{cut}"]


def _fields(difference: Difference) -> dict[str, Any]:
    is_key = difference.field == "key"

    def value(side: Literal["ours", "heard"], number: float | None) -> Any:
        return difference.shown(side) if is_key and number is not None else number

    return {
        "id": difference.track_id,
        "track": difference.name,
        "field": difference.field,
        "here": value("ours", difference.ours),
        "heard": value("heard", difference.heard),
        "kind": difference.kind,
        "confidence": difference.confidence,
    }


def _confirm(session: Session, found: list[Difference], verb: str, yes: bool) -> None:
    if len(found) <= 1 or yes:
        return
    lines = [f"{len(found):,} differences:"]
    lines += [f"  {it.name}: {it.sentence}" for it in found[:5]]
    if len(found) > 5:
        lines.append(f"  … and {len(found) - 5:,} more")
    if session.out.as_json or not sys.stdin.isatty():
        raise Failure("\n".join([*lines, f"Say --yes to {verb} them all."]), WRONG_USE, count=len(found))
    session.out.note("\n".join(lines))
    if not click.confirm(f"{verb.title()} them?", err=True):
        raise Failure("Nothing was changed.", FAILED)
