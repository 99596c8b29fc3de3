"""Taking the tracks of a change from one of its images to the other: their fields, or all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from djtui.library import removal, tracks
from djtui.library.database import Library

_BATCH: Final = 500
GONE: Final = "it is no longer in the library"

Progress = Callable[[int], None]
Image = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an undo left alone, and why."""

    item: str
    reason: str


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

    def refuse(self, item: str, reason: str) -> None:
        self.refused.append(Refusal(item, reason))


# -- tracks ---------------------------------------------------------------------------------------


async def swap_fields(
    library: Library, change_id: int, result: Undone, progress: Progress, *, forward: bool
) -> None:
    """Take each track of a change from one of its images to the other, if it still is as the first says."""
    last = -1
    while True:
        rows = await library.fetchall(
            "SELECT track_id, before, after FROM change_item WHERE change_id = ? AND track_id > ?"
            " ORDER BY track_id LIMIT ?",
            (change_id, last, _BATCH),
        )
        if not rows:
            return
        last = rows[-1]["track_id"]
        async with library.writing() as tx:
            present = await tracks.images(tx, [row["track_id"] for row in rows], cues=True)
            targets: dict[int, Image] = {}
            done = 0
            for row in rows:
                sides = json.loads(row["before"]), json.loads(row["after"])
                expected, target = sides if forward else sides[::-1]
                id = row["track_id"]
                if (image := present.get(id)) is None:
                    result.refuse(f"track {id}", GONE)
                    continue
                image["cues"] = image["cues"] or []
                later = [name for name, value in expected.items() if image.get(name) != value]
                if not later:
                    targets[id] = target
                elif any(image.get(name) != value for name, value in target.items()):
                    result.refuse(called(image), f"{', '.join(later)} was changed since")
                    continue
                done += 1
            await tracks.update(tx, targets)
        result.tracks += done
        progress(result.tracks)


async def put_tracks_back(library: Library, change_id: int, result: Undone, progress: Progress) -> None:
    """Make the tracks again that a change removed."""
    last = -1
    while True:
        rows = await library.fetchall(
            "SELECT row_id, before FROM change_row WHERE change_id = ? AND what = 'track' AND row_id > ?"
            " AND before IS NOT NULL ORDER BY row_id LIMIT ?",
            (change_id, last, _BATCH),
        )
        if not rows:
            return
        last = rows[-1]["row_id"]
        images = {row["row_id"]: json.loads(row["before"]) for row in rows}
        async with library.writing() as tx:
            done, refused = await removal.put_back(tx, images)
        for id, reason in refused.items():
            result.refuse(called(images[id]["row"]), reason)
        result.tracks += done
        progress(result.tracks)


def called(image: Mapping[str, Any]) -> str:
    """A track in a message."""
    return " - ".join(text for text in (image["artist"], image["title"]) if text) or f"track {image['id']}"
