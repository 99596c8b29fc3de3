"""Choosing a playlist to add tracks to, or a name for a new one; and a folder to move something into."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from djtui.library.playlist_paths import paths, split
from djtui.library.playlist_tree import PlaylistError
from djtui.model.playlist import Playlist
from djtui.tui import formats
from djtui.tui.screens.dialog import Picker
from djtui.tui.widgets.rows import Row

_NEW: Final = "new:"
TOP: Final = "top"


class NewList(NamedTuple):
    """A playlist to be made."""

    name: str
    parent: int | None


class ListPicker(Picker):
    """Answers the key of a playlist, or of a new one; see `chosen`."""

    HINTS = "type a name · enter add · esc leave"
    PLACEHOLDER = "a playlist, or the name of a new one"

    def __init__(self, title: str, playlists: Sequence[Playlist], last: int) -> None:
        """The cursor begins on the playlist `last`."""
        self._paths = paths(playlists)
        self._playlists = playlists
        lists = sorted(
            (one for one in playlists if one.kind == "list"), key=lambda one: one.id != last
        )  # the last one first, the others in the tree's order
        rows = [self._row(one, last=one.id == last) for one in lists]
        super().__init__(title, rows)

    def _row(self, playlist: Playlist, *, last: bool) -> Row:
        again = (("the last one  ", "$quiet"),) if last else ()
        right = (*again, (formats.count(playlist.items), "$quiet"))
        return Row(str(playlist.id), ((f" {self._paths[playlist.id]}", ""),), right)

    def choices(self, typed: str) -> Sequence[Row]:
        kept = list(super().choices(typed))
        new = placed(typed, self._playlists, self._paths)
        exact = any(self._paths[one.id] == typed.strip() and one.kind == "list" for one in self._playlists)
        if new and not exact:
            where = f"  in {self._paths[new.parent]}" if new.parent is not None else ""
            kept.append(Row(_NEW + typed, ((" new: ", "$accent"), (new.name, ""), (where, "$quiet"))))
        elif sentence := _nowhere(typed) if new is None else "":
            kept.append(Row("nowhere", ((f" {sentence}", "$warning"),), live=False))
        return kept


def _nowhere(typed: str) -> str:
    """Why nothing can be made of such a path, and what to write for a name with a slash in it."""
    folder, slash, _ = typed.strip().rpartition("/")
    whole = typed.strip().replace("//", "/").replace("/", "//")
    return f"There is no folder {folder}. For a slash in a name: {whole}" if slash and folder else ""


def chosen(answer: str, playlists: Sequence[Playlist]) -> int | NewList:
    """What an answer of `ListPicker` means."""
    if not answer.startswith(_NEW):
        return int(answer)
    new = placed(answer.removeprefix(_NEW), playlists, paths(playlists))
    assert new is not None
    return new


def placed(text: str, playlists: Sequence[Playlist], named: dict[int, str]) -> NewList | None:
    """The new playlist of that path, as the command line has it; None without a name, or such a folder."""
    try:
        above, name = split(text.strip())
    except PlaylistError:
        return None
    if above is None:
        return NewList(name, None)
    folder = next((one.id for one in playlists if one.kind == "folder" and named[one.id] == above), None)
    return None if folder is None else NewList(name, folder)


def folder_rows(playlists: Sequence[Playlist], but: frozenset[int]) -> list[Row]:
    """The top and all folders but these, to choose from."""
    named = paths(playlists)
    folders = [one for one in playlists if one.kind == "folder" and one.id not in but]
    return [
        Row(TOP, ((" the top", ""),)),
        *(Row(str(one.id), ((f" {named[one.id]}", ""),)) for one in folders),
    ]
