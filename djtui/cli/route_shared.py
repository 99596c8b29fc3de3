"""What the routing commands share: bases and children by their names, and errors as failures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final

from djtui.cli.session import FAILED, WRONG_USE, Failure, Session
from djtui.jobs.job import JobError
from djtui.jobs.requests import RequestError
from djtui.library import routes
from djtui.library.routes import LIKED, Base, Child, RouteError
from djtui.library.songs import songs_connection
from djtui.model.text import plural
from djtui.query import QueryError
from djtui.routing.outlook import Outlook, unsent_fields

if TYPE_CHECKING:
    from djtui.library.database import Library

_SYNC_FIRST: Final = "Spotify's playlists are not here yet: djtui spotify sync"


@contextmanager
def explained() -> Iterator[None]:
    """What routing raises, as a failure of the command."""
    try:
        yield
    except (RouteError, RequestError, JobError) as error:
        raise Failure(str(error), FAILED) from error


def checked(rule: str) -> str:
    """A rule that is one; a mistake in it is wrong use, with a caret under the place."""
    from djtui.routing.rules import check

    try:
        check(rule)
    except QueryError as error:
        raise Failure(f"this is not a rule:\n{error.pointed(rule)}", WRONG_USE) from error
    return rule


async def base_named(library: Library, text: str) -> Base:
    """A base by its name, its number (id:2) or the id of its playlist; "liked" is the liked songs."""
    everything = await routes.bases(library)
    found = [base for base in everything if _is_called(text, base.id, base.name, base.spotify_id)]
    if len(found) > 1:
        numbers = ", ".join(f"id:{base.id}" for base in found)
        raise Failure(f"Several bases are called {text}: say which by its number ({numbers}).", WRONG_USE)
    if not found:
        names = ", ".join(base.name for base in everything)
        there = f"There are: {names}." if names else "There is none yet: djtui route create 'My playlist'"
        raise Failure(f"There is no base called {text}. {there}", WRONG_USE)
    return found[0]


def child_named(children: Sequence[Child], text: str) -> Child:
    """A child by its name or its number (id:7)."""
    for child in children:
        if _is_called(text, child.id, child.name, child.spotify_id):
            return child
    names = ", ".join(child.name for child in children)
    there = f"There are: {names}." if names else "It has none yet."
    raise Failure(f"There is no child called {text}. {there}", WRONG_USE)


async def playlist_named(library: Library, text: str) -> str:
    """The id of a playlist of the account by its name or id; of the liked songs "liked"."""
    if text.casefold() in (LIKED, routes.LIKED_NAME.casefold()):
        return LIKED
    rows = await library.fetchall("SELECT spotify_id, name FROM spotify_playlist ORDER BY position")
    found = [
        row["spotify_id"]
        for row in rows
        if text == row["spotify_id"] or (row["name"] or "").casefold() == text.casefold()
    ]
    if len(found) > 1:
        raise Failure(
            f"Several playlists are called {text}: name one by its id: {', '.join(found)}", WRONG_USE
        )
    if not found:
        raise Failure(
            f"There is no playlist called {text} in your account." if rows else _SYNC_FIRST, WRONG_USE
        )
    return str(found[0])


async def unsent(session: Session, library: Library) -> frozenset[str]:
    """The fields that this app is not sent."""
    row = await library.fetchone("SELECT id FROM spotify_account ORDER BY seen DESC LIMIT 1")
    return unsent_fields(session.settings.spotify, row["id"] if row else None)


@contextmanager
def outlook(session: Session, base: Base, children: Sequence[Child]) -> Iterator[Outlook]:
    """A base as the library knows it now."""
    with closing(songs_connection(session.library_path)) as connection:
        try:
            yield Outlook(connection, base, children)
        except QueryError as error:
            raise Failure(f"A rule of {base.name} is none: {error}") from error


def base_fields(base: Base, children: Sequence[Child]) -> dict[str, Any]:
    """A base as --json shows it."""
    return {
        "id": base.id,
        "name": base.name,
        "spotify_id": base.spotify_id,
        "on_change": base.on_change,
        "every_min": base.every_min,
        "applied": base.applied,
        "children": [child_fields(child) for child in children],
    }


def child_fields(child: Child) -> dict[str, Any]:
    """A child as --json shows it."""
    names = (
        "id", "name", "kind", "rule", "unknown", "active", "public", "description", "spotify_id",
        "playlist_id", "applied",
    )  # fmt: skip
    kept = sum(child.exceptions.values())
    return {name: getattr(child, name) for name in names} | {
        "always": kept,
        "never": len(child.exceptions) - kept,
    }


def by_itself(base: Base) -> str:
    """When a base is applied by itself, in words; "" where it is not."""
    said = [f"every {plural(base.every_min, 'minute')}"] if base.every_min else []
    return " and ".join([*said, *(["when it changed"] if base.on_change else [])])


def _is_called(text: str, id: int, name: str, spotify_id: str | None) -> bool:
    return text in (f"id:{id}", spotify_id) or text.casefold() == name.casefold()
