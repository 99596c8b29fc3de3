"""How things stand with Spotify, without asking it anything."""

from __future__ import annotations

import asyncio
import shutil
import textwrap
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import click

from djtui.cli.jobs import job_fields
from djtui.cli.output import minutes, table
from djtui.cli.session import Session, command
from djtui.cli.spotify_shared import AN_APP, budget, explained, iso
from djtui.jobs import views
from djtui.model.text import plural
from djtui.spotify.budget import Use
from djtui.spotify.clock import WALL, local_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from djtui.config import SpotifySettings
    from djtui.jobs.views import JobView, PhaseView
    from djtui.spotify.budget import Budget
    from djtui.spotify.cache import Figures
    from djtui.spotify.capabilities import Known
    from djtui.spotify.tokens import SignedIn

MAY: Final = {
    "batch_tracks": "several tracks at once",
    "batch_artists": "several artists at once",
    "batch_albums": "several albums at once",
    "search_max": "search results a page",
    "has_genres": "artists' genres",
    "has_popularity": "popularity",
    "has_label": "albums' labels",
    "plays": "songs played lately",
}
"""The capabilities in words."""

_NAME: Final = 11  # columns
_COUNTS: Final = (
    "SELECT (SELECT count(*) FROM spotify_like) AS liked, (SELECT count(*) FROM spotify_track) AS songs,"
    " (SELECT count(*) FROM spotify_artist) AS artists, (SELECT count(*) FROM spotify_album) AS albums,"
    " (SELECT count(*) FROM spotify_playlist) AS playlists,"
    " (SELECT count(*) FROM spotify_playlist WHERE readable) AS readable"
)


@click.command()
@command
async def status(session: Session) -> None:
    """Show account, app, requests, what the app may do, and the last sync. Asks Spotify nothing."""
    with explained():
        found = await asyncio.to_thread(_beside_the_library, session.settings.spotify)
    if session.library_path.exists():
        async with session.library(create=False) as library:
            newest = await views.jobs(library, limit=200)
            found.sync = next((job for job in newest if job.kind == "spotify-sync"), None)
            found.account = dict(
                await library.fetchone("SELECT * FROM spotify_account ORDER BY seen DESC LIMIT 1") or {}
            )
            found.counts = dict(await library.fetchone(_COUNTS) or {})
    session.out.result(_lines(session.settings.spotify, found), **_fields(found))


@dataclass(slots=True)
class _Found:
    """Everything that is shown."""

    signed_in: SignedIn | None
    warning: str | None
    budget: Budget
    may: Mapping[Any, Known]
    cache: Figures
    note: str | None
    sync: JobView | None = None
    account: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


def _beside_the_library(settings: SpotifySettings) -> _Found:
    from djtui.spotify.cache import open_cache
    from djtui.spotify.capabilities import Capabilities
    from djtui.spotify.state import State
    from djtui.spotify.tokens import Tokens

    tokens = Tokens(settings)
    signed_in = tokens.signed_in()
    account = (signed_in.account_id if signed_in else None) or ""
    state = State.open()
    try:
        may = Capabilities(state, settings.client_id, account).all()
    finally:
        state.close()
    cache = open_cache(settings)
    try:
        figures = cache.figures()
    finally:
        cache.close()
    return _Found(signed_in, tokens.warning(WALL.now()), budget(settings), may, figures, cache.note)


def _lines(settings: SpotifySettings, found: _Found) -> list[str]:
    rows = [
        ("Account", _account_line(settings, found)),
        ("Requests", _budget_line(found.budget)),
        ("This app", _may_line(found.may)),
        ("Cache", cache_line(found.cache)),
    ]
    if found.budget.blocked_until is not None:
        kind = "its daily quota is used up" if found.budget.kind == "quota" else "it asked for a pause"
        left = minutes((found.budget.blocked_until - WALL.now()).total_seconds())
        rows.insert(
            2,
            ("Waiting", f"Spotify is asked nothing until {_at(found.budget.blocked_until)} ({left}): {kind}"),
        )
    if found.counts.get("songs") or found.counts.get("playlists"):
        it = found.counts
        rows.append(
            (
                "Library",
                f"{it['liked']:,} liked songs, {plural(it['playlists'], 'playlist')} "
                f"({it['readable']:,} readable), {plural(it['songs'], 'song')} in all",
            )
        )
    if found.sync is not None:
        rows.append(("Last sync", sync_line(found.sync)))
    lines = [line for name, text in rows for line in _wrapped(name, text)]
    if found.sync is not None:
        lines += _phase_lines(found.sync.phases)
    lines += [text for text in (found.warning, found.note) if text]
    if not settings.client_id:
        lines += ["", *AN_APP.format(port=settings.redirect_port).split("\n")]
    return lines


def _wrapped(name: str, text: str, indent: int = _NAME) -> list[str]:
    """A name with its text beside it, as wide as the window."""
    width = max(40, shutil.get_terminal_size().columns - 1)
    return textwrap.wrap(f"{name:<{indent}}{text}", width, subsequent_indent=" " * indent)


def _account_line(settings: SpotifySettings, found: _Found) -> str:
    it = found.signed_in
    if it is None:
        kept = found.account.get("name") or found.account.get("user_id")
        whose = f"; the library holds {kept}'s songs" if kept else ""
        return f"not signed in{whose}" + (": djtui spotify login" if settings.client_id else "")
    product = f" ({found.account['product']})" if found.account.get("product") else ""
    name = it.name or found.account.get("name") or "name not known yet"
    return f"{name}{product}, signed in {_day(it.authorized)}, until about {_day(it.expires)}"


def _budget_line(it: Budget) -> str:
    of = f" of {it.ceiling:,}" if it.ceiling is not None else ""
    parts = [f"{it.used:,}{of} in the last 24 hours"]
    if (share := it.share(Use.SYNC)) is not None:
        parts.append(f"a sync goes up to {share:,}, filling gaps up to {it.share(Use.ENRICH):,}")
    if it.learned is not None:
        parts.append(f"Spotify's quota was seen at {it.learned:,}")
    if it.careful:
        parts.append("the count was lost, half the requests are made for a day")
    return "; ".join(parts)


def _may_line(may: Mapping[Any, Known]) -> str:
    if not may:
        return "not tested yet: the first sync finds out, or djtui doctor --spotify"
    yes = [_words(name, known.value) for name, known in may.items() if known.value]
    no = [MAY[name] for name in MAY if name in may and not may[name].value]
    return "; ".join(
        f"{head}: {', '.join(said)}" for head, said in (("yes", yes), ("not available", no)) if said
    )


def _words(name: str, value: int) -> str:
    return f"{value} {MAY[name]}" if name == "search_max" else MAY[name]


def worth(name: str, value: int) -> str:
    """A capability's value in a word."""
    return str(value) if name == "search_max" else "yes" if value else "no"


def cache_line(figures: Figures) -> str:
    """What the cache holds and was good for."""
    total = figures.total
    rate = f", {figures.rate:.0%} found" if figures.rate is not None else ""
    return (
        f"{plural(total.entries, 'answer')}, {total.bytes / 1e6:,.1f} MB{rate}, "
        f"{plural(total.saved, 'request')} saved"
    )


def sync_line(job: JobView) -> str:
    """How a sync ended, or stands."""
    moment = datetime.fromisoformat((job.finished or job.started or job.created).replace("Z", "+00:00"))
    made = plural(sum(phase.requests for phase in job.phases), "request")
    begun = "" if job.finished else "begun "
    said = f"{job.state}, {begun}{_at(moment)}, {made} (job {job.id})"
    why = job.error if job.state == "failed" else job.message
    return f"{said}: {why}" if why else said


def _phase_lines(phases: Sequence[PhaseView]) -> list[str]:
    rows = [
        (
            f"{'':{_NAME}}{phase.name}",
            phase.state,
            f"{phase.done:,}{f' / {phase.total:,}' if phase.total is not None else ''}",
            plural(phase.requests, "request"),
            minutes(phase.seconds),
        )
        for phase in phases
    ]
    lines: list[str] = []
    for line, phase in zip(table(("",) * 5, rows, right=(2, 3, 4))[1:], phases, strict=True):
        lines.append(line)
        if told := phase.wait_reason or phase.message:
            lines += _wrapped("", told, _NAME + 2)
    return lines


def _fields(found: _Found) -> dict[str, Any]:
    it, spent = found.signed_in, found.budget
    return {
        "account": None
        if it is None
        else {
            "id": it.account_id,
            "name": it.name,
            "product": found.account.get("product"),
            "client_id": it.client_id,
            "scopes": sorted(it.scopes),
            "authorized": iso(it.authorized),
            "expires": iso(it.expires),
            "ended": it.ended,
            "warning": found.warning,
        },
        "budget": {
            "used": spent.used,
            "ceiling": spent.ceiling,
            "own": spent.own,
            "learned": spent.learned,
            "by_hour": list(spent.by_hour),
            "by_use": {str(use): count for use, count in spent.by_use.items()},
            "blocked_until": iso(spent.blocked_until),
            "kind": spent.kind,
            "next_release": iso(spent.next_release),
        },
        "capabilities": {
            name: {"value": known.value, "tested": iso(known.tested)} for name, known in found.may.items()
        },
        "phases": [] if found.sync is None else job_fields(found.sync)["phases"],
        "state": found.sync.state if found.sync is not None else None,
        "library": found.counts,
    }


def _day(moment: datetime) -> str:
    return f"{moment.astimezone():%-d %B %Y}"


def _at(moment: datetime) -> str:
    return local_time(moment, WALL.now())
