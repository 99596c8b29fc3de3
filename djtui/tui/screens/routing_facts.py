"""What the Routing view knows: bases with their children, how the last run went, and who is at work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from djtui.library import route_runs, routes
from djtui.library.routes import Base, Child
from djtui.tui import environment
from djtui.tui.beside import beside

if TYPE_CHECKING:
    from djtui.jobs.views import JobView
    from djtui.library.database import Library
    from djtui.library.route_runs import Run
    from djtui.routing.asking import ByHand
    from djtui.tui.app import DjtuiApp

APPLY: Final = "route-apply"
UNDO: Final = "route-undo"
KINDS: Final = (APPLY, UNDO)
_HOLDING: Final = ("queued", "running", "waiting")


@dataclass(frozen=True, slots=True)
class Family:
    """A base with its children.

    `by_hand`: children that somebody changed since djtui wrote them, only of the base that is shown; `gone`:
    those whose playlist is no longer in the account; `left`: how the last run left each, its state and error;
    `undoable`: the newest run that can be taken back; `job`: the one that is at work on the base.
    """

    base: Base
    children: tuple[Child, ...]
    songs: int = 0
    by_hand: Mapping[int, ByHand] = field(default_factory=dict)
    gone: frozenset[int] = frozenset()
    last: Run | None = None
    left: Mapping[int, tuple[str, str | None]] = field(default_factory=dict)
    undoable: int | None = None
    job: JobView | None = None

    def child(self, id: object) -> Child | None:
        """One of its children."""
        return next((child for child in self.children if child.id == id), None)

    @property
    def failed(self) -> bool:
        """Whether the last run left something to try again."""
        return any(state != "verified" for state, _ in self.left.values())


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it. `unsent` are fields that this app is not sent; `playlists` how many the library knows."""

    families: Mapping[int, Family] = field(default_factory=dict)
    unsent: frozenset[str] = frozenset()
    playlists: int = 0


async def facts_of(app: DjtuiApp, shown: int | None) -> Facts:
    """What there is to know now; of the base `shown` also changes by hand. Raises `LibraryError`."""
    await environment.loaded("djtui.routing.asking", "djtui.routing.outlook")
    from djtui.routing.outlook import unsent_fields

    library = await app.library()
    held = at_work(app)
    bases = await routes.bases(library)
    if shown not in {base.id for base in bases} and bases:
        shown = bases[0].id
    families = {
        base.id: await _family(library, base, held.get(base.id), look=base.id == shown) for base in bases
    }
    account = await library.fetchone("SELECT id FROM spotify_account ORDER BY seen DESC LIMIT 1")
    unsent = await beside(unsent_fields, app.settings.spotify, account["id"] if account else None)
    known = await library.fetchone("SELECT count(*) FROM spotify_playlist")
    return Facts(families, unsent, known[0] if known else 0)


def at_work(app: DjtuiApp) -> dict[int, JobView]:
    """The jobs that hold a base, by its id."""
    return {
        int(job.params["base"]): job
        for job in app.jobs
        if job.kind in KINDS and job.state in _HOLDING and "base" in job.params
    }


async def _family(library: Library, base: Base, job: JobView | None, *, look: bool) -> Family:
    from djtui.routing.asking import changed_by_hand

    children = tuple(await routes.children(library, base.id))
    songs = await library.fetchone(
        "SELECT count(*) FROM spotify_like"
        if base.is_liked
        else "SELECT items FROM spotify_playlist WHERE spotify_id = ?",
        () if base.is_liked else (base.spotify_id,),
    )
    gone = await routes.gone(library, children)
    last = await route_runs.runs(library, base.id, 1)
    rows = await library.fetchall(
        "SELECT child_id, state, error FROM route_write WHERE run_id = ? ORDER BY part",
        (last[0].id if last else None,),
    )
    mine = {child.id for child in children}
    left = {row["child_id"]: (row["state"], row["error"]) for row in rows if row["child_id"] in mine}
    return Family(
        base,
        children,
        songs[0] if songs else 0,
        await changed_by_hand(library, [it for it in children if it.id not in gone]) if look else {},
        gone,
        last[0] if last else None,
        left if last and last[0].state != "running" else {},
        await route_runs.undoable(library, base.id),
        job,
    )
