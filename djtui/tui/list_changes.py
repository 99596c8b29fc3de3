"""What the screens do to playlists and folders. Each shows in a note how it went, and u takes it back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final

from djtui.library.playlist_tree import WORDS, PlaylistError
from djtui.model.playlist import Playlist, PlaylistKind
from djtui.tui import formats
from djtui.tui.changing import Refused, sentences

if TYPE_CHECKING:
    from djtui.tui.app import DjtuiApp

NOTE: Final = "playlist"


def _done(app: DjtuiApp, text: str, change: int | None = 1) -> None:
    app.toasts.put(NOTE, "done", f"{text} · u takes it back" if change is not None else text)


async def create(
    app: DjtuiApp,
    name: str,
    kind: PlaylistKind = "list",
    parent: int | None = None,
    position: int | None = None,
    track_ids: Sequence[int] = (),
) -> int:
    """Make a playlist or a folder; returns its id. Raises `LibraryError`, `Refused`."""
    from djtui.library import playlists

    with sentences(PlaylistError):
        id, change = await playlists.create(await app.library(), name, kind, parent, position, track_ids)
    held = f" with {formats.plural(len(track_ids), 'track')}" if track_ids else ""
    _done(app, f"{WORDS[kind]} {name}: made{held}", change)
    return id


async def rename(app: DjtuiApp, node: Playlist, name: str) -> None:
    """Give a node another name. Raises `LibraryError`, `Refused`."""
    from djtui.library import playlists

    with sentences(PlaylistError):
        change = await playlists.rename(await app.library(), node.id, name)
    if change is not None:
        _done(app, f"{WORDS[node.kind]} {node.name}: renamed to {name}", change)


async def move(app: DjtuiApp, node: Playlist, parent: int | None, position: int | None = None) -> int | None:
    """Move a node; without a note where it stays in its folder. Raises `LibraryError`, `Refused`."""
    from djtui.library import playlists

    with sentences(PlaylistError):
        change = await playlists.move(await app.library(), node.id, parent, position)
    if change is not None and parent != node.parent_id:
        _done(app, f"{WORDS[node.kind]} {node.name}: moved", change)
    return change


async def delete(app: DjtuiApp, node: Playlist, inside: Sequence[Playlist]) -> bool:
    """Ask, then delete a node with what is in it. Raises `LibraryError`, `Refused`."""
    from djtui.library import playlists
    from djtui.tui.screens.dialog import Question

    word = WORDS[node.kind].lower()
    held = _held(node, inside)
    answer = await app.push_screen_wait(
        Question(
            f"Delete {word} {node.name}?",
            f"{held} The tracks stay in the library. u brings back what was deleted.",
            (("n", "leave it"), ("y", f"delete the {word}")),
        )
    )
    if answer != "y":
        return False
    with sentences(PlaylistError):
        _, change = await playlists.delete(await app.library(), [node.id])
    _done(app, f"{WORDS[node.kind]} {node.name}: deleted", change)
    return True


def _held(node: Playlist, inside: Sequence[Playlist]) -> str:
    """What is in a node, as a sentence."""
    if node.kind == "smart":
        return "Its filter goes with it."
    if node.kind == "list":
        return f"It holds {formats.plural(node.items, 'track')}."
    folders = sum(one.kind == "folder" for one in inside)
    lists = len(inside) - folders
    parts = [formats.plural(lists, "playlist")] if lists else []
    parts += [formats.plural(folders, "folder")] if folders else []
    go = "goes" if len(inside) == 1 else "go"
    return f"It holds {' and '.join(parts)}, which {go} with it." if parts else "It is empty."


async def add(app: DjtuiApp, id: int, track_ids: Sequence[int]) -> None:
    """Put tracks at the end of a playlist, but those that it has. Raises `LibraryError`, `Refused`."""
    from djtui.library import playlists

    library = await app.library()
    with sentences(PlaylistError):
        added, change = await playlists.add(library, id, track_ids)
    row = await library.fetchone("SELECT name FROM playlist WHERE id = ?", (id,))
    name = row["name"] if row is not None else "the playlist"
    there = len(track_ids) - added
    already = f"{there:,} {'was' if there == 1 else 'were'} in it already" if there else ""
    said = [f"{formats.plural(added, 'track')} added"] if added or not there else []
    _done(app, f"{name}: {', '.join([*said, already] if already else said)}", change)


async def remove(app: DjtuiApp, id: int, name: str, positions: Collection[int]) -> None:
    """Take items out of a playlist. Raises `LibraryError`, `Refused`."""
    from djtui.library import playlists

    with sentences(PlaylistError):
        removed, change = await playlists.remove(await app.library(), id, positions)
    _done(app, f"{name}: {formats.plural(removed, 'track')} taken out", change)


async def keep_order(app: DjtuiApp, id: int, name: str, track_ids: Sequence[int]) -> None:
    """Put a playlist in the order of these tracks. Raises `LibraryError`, `Refused`."""
    from djtui.library import playlists

    with sentences(PlaylistError):
        change = await playlists.order(await app.library(), id, track_ids)
    if change is None:
        raise Refused(f"{name} is in that order already.")
    _done(app, f"{name}: put in this order", change)
