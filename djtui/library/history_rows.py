"""Taking the tracks of a change from one of its images to the other: their fields, or all of them."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from sqlite3 import Row
from typing import Any, Final
from unicodedata import normalize

from djtui.library import journal, removal, tracks
from djtui.library.database import Library, Reader
from djtui.library.history_parts import ALL, Chosen, Key, Outlook, Refusal
from djtui.library.tracks import as_json
from djtui.model.track import COLUMNS

__all__ = [
    "GONE",
    "Image",
    "Progress",
    "Refusal",
    "Undone",
    "called",
    "outlook",
    "put_tracks_back",
    "swap_fields",
]

_BATCH: Final = 500
GONE: Final = "it is no longer in the library"

Progress = Callable[[int], None]
Image = dict[str, Any]


@dataclass(slots=True)
class Undone:
    """What an undo did: its own entry, what was put back or removed, and what was refused."""

    change: int
    tracks: int = 0
    playlists: int = 0
    conflicts: int = 0
    refused: list[Refusal] = field(default_factory=list)

    @property
    def undone(self) -> int:
        """The tracks; where there were none the playlists, else the conflicts."""
        return self.tracks or self.playlists or self.conflicts

    def refuse(self, item: str, reason: str, key: Key | None = None) -> None:
        self.refused.append(Refusal(item, reason, key))


async def outlook(reader: Reader, change_id: int, found: Outlook, chosen: Chosen, *, forward: bool) -> None:
    """Add to an outlook what `swap_fields` and (backward) `put_tracks_back` would do. Writes nothing."""
    async for rows in _items(reader, change_id, chosen):
        verdict = await _verdict(reader, rows, forward=forward)
        found.can += len(verdict.images)
        found.refused += verdict.refused
    if forward:
        return
    async for images in _removed(reader, change_id, chosen):
        returning = await removal.returning(reader, images)
        found.can += len(images) - len(returning.refused)
        found.refused += _refusals(images, returning.refused)


# -- fields ---------------------------------------------------------------------------------------


async def swap_fields(
    library: Library,
    change_id: int,
    result: Undone,
    progress: Progress,
    *,
    forward: bool,
    chosen: Chosen = ALL,
) -> None:
    """Take each track of a change from one of its images to the other, if it still is as the first says."""
    async for rows in _items(library, change_id, chosen):
        async with library.writing() as tx:
            verdict = await _verdict(tx, rows, forward=forward)
            await tracks.update(tx, verdict.targets)
            await journal.add(tx, result.change, verdict.images)
        result.refused += verdict.refused
        result.tracks += len(verdict.images)
        progress(result.tracks)


@dataclass(slots=True)
class _Verdict:
    """Of some tracks: the images (expected, wanted) of those that go, or are there already; of these
    `targets` has the fields to set. The others are refused."""

    images: dict[int, tuple[Image, Image]] = field(default_factory=dict)
    targets: dict[int, Image] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)


async def _verdict(reader: Reader, rows: Sequence[Row], *, forward: bool) -> _Verdict:
    sides = {row["track_id"]: (json.loads(row["before"]), json.loads(row["after"])) for row in rows}
    if not forward:
        sides = {id: (after, before) for id, (before, after) in sides.items()}
    names = {name for pair in sides.values() for side in pair for name in side}
    present = await _present(reader, list(sides), names)
    verdict = _Verdict()
    for id, (expected, target) in sides.items():
        key = ("fields", id)
        if (image := present.get(id)) is None:
            verdict.refused.append(Refusal(f"track {id}", GONE, key))
            continue
        later = [name for name, value in expected.items() if image.get(name) != value]
        if later and any(image.get(name) != value for name, value in target.items()):
            reason = f"{', '.join(later)} was changed since"
            verdict.refused.append(Refusal(called(image), reason, key))
            continue
        if not later:
            verdict.targets[id] = target
        verdict.images[id] = expected, target
    return verdict


async def _present(reader: Reader, ids: Sequence[int], names: Iterable[str]) -> dict[int, Image]:
    """Tracks as they are now: these fields of them, and what they are called."""
    wanted = set(names)
    columns = [name for name in COLUMNS if name in wanted | {"id", "artist", "title"}]
    rows = await reader.fetchall(
        f"SELECT {', '.join(columns)} FROM track WHERE id IN (SELECT value FROM json_each(?))",
        (as_json(list(ids)),),
    )
    found = {row["id"]: dict(row) for row in rows}
    if "cues" in wanted:
        for id, image in (await tracks.images(reader, list(found), cues=True)).items():
            found[id]["cues"] = image["cues"] or []
    return found


async def _items(reader: Reader, change_id: int, chosen: Chosen) -> AsyncIterator[list[Row]]:
    """The chosen tracks of which a change set fields, some at a time."""
    last = -1
    while True:
        rows = await reader.fetchall(
            "SELECT track_id, before, after FROM change_item WHERE change_id = ? AND track_id > ?"
            " ORDER BY track_id LIMIT ?",
            (change_id, last, _BATCH),
        )
        if not rows:
            return
        last = rows[-1]["track_id"]
        if meant := [row for row in rows if chosen(("fields", row["track_id"]))]:
            yield meant


# -- whole tracks ---------------------------------------------------------------------------------


async def put_tracks_back(
    library: Library,
    change_id: int,
    result: Undone,
    progress: Progress,
    chosen: Chosen = ALL,
    *,
    joining: bool = False,
) -> None:
    """Make the tracks again that a change removed. `joining`: each joins its playlists for itself.

    Whether their files are there is asked of the disk: much may have happened to them meanwhile.
    """
    async for images in _removed(library, change_id, chosen):
        for id, missing in (await asyncio.to_thread(_missing, images)).items():
            images[id]["row"]["missing"] = missing
        async with library.writing() as tx:
            done, refused = await removal.put_back(tx, images)
            back = {id: (None, removal.name_only(image)) for id, image in images.items() if id not in refused}
            for id in back if joining else ():
                await removal.join_playlists(tx, change_id, id)
            await journal.note(tx, result.change, "track", back)
        result.refused += _refusals(images, refused)
        result.tracks += done
        progress(result.tracks)


def _missing(images: Mapping[int, Image]) -> dict[int, int]:
    """Of tracks that have paths whether no file lies there; a letter of a name may have two forms."""
    paths = {id: path for id, image in images.items() if (path := image["row"]["path"]) is not None}
    return {
        id: int(not any(map(os.path.isfile, (path, normalize("NFC", path), normalize("NFD", path)))))
        for id, path in paths.items()
    }


async def _removed(reader: Reader, change_id: int, chosen: Chosen) -> AsyncIterator[dict[int, Image]]:
    """The chosen tracks that a change removed, some at a time: their images."""
    last = -1
    while True:
        rows = await reader.fetchall(
            "SELECT row_id, before FROM change_row WHERE change_id = ? AND what = 'track' AND row_id > ?"
            " AND before IS NOT NULL ORDER BY row_id LIMIT ?",
            (change_id, last, _BATCH),
        )
        if not rows:
            return
        last = rows[-1]["row_id"]
        if images := {
            row["row_id"]: json.loads(row["before"]) for row in rows if chosen(("track", row["row_id"]))
        }:
            yield images


def _refusals(images: Mapping[int, Image], refused: Mapping[int, str]) -> list[Refusal]:
    return [Refusal(called(images[id]["row"]), reason, ("track", id)) for id, reason in refused.items()]


def called(image: Mapping[str, Any]) -> str:
    """A track in a message."""
    return " - ".join(text for text in (image["artist"], image["title"]) if text) or f"track {image['id']}"
