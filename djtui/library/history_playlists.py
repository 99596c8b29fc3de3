"""Taking the playlists of a change from one of their images to the other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from djtui.library import journal, playlist_rows
from djtui.library.database import Library, Reader, Tx
from djtui.library.history_parts import ALL, Chosen, Outlook
from djtui.library.history_rows import GONE, Image, Undone
from djtui.library.playlist_tree import Place, PlaylistError, PlaylistTree
from djtui.library.tracks import as_json

_PLACE: Final = ("parent_id", "position")
_CONTENT: Final = ("name", "query", "foreign_query", "items")
_COMPARED: Final = {
    "name": "it was renamed since",
    "parent_id": "it was moved since",
    "query": "its filter was changed since",
    "foreign_query": "its filter was changed since",
    "items": "its tracks were changed since",
}


async def swap_playlists(
    library: Library,
    change_id: int,
    result: Undone,
    *,
    forward: bool,
    chosen: Chosen = ALL,
) -> None:
    """Take the playlists of a change from one of their images to the other, all in one transaction.

    Key by key: a playlist that was moved since can still get its old name back.
    """
    async with library.writing() as tx:
        swap = _Swap(tx, result, tx)
        await swap.all(change_id, chosen, forward=forward)
        result.playlists += len(swap.done)
        await journal.note(tx, result.change, "playlist", swap.done)


async def outlook(reader: Reader, change_id: int, found: Outlook, chosen: Chosen, *, forward: bool) -> None:
    """Add to an outlook what `swap_playlists` would do. Writes nothing."""
    swap = _Swap(reader, found, None)
    await swap.all(change_id, chosen, forward=forward)
    found.can += len(swap.done)


@dataclass(slots=True)
class _Swap:
    """Playlists on their way from one image to the other. Without a `tx` it is only found out which go."""

    reader: Reader
    result: Undone | Outlook
    tx: Tx | None
    tree: PlaylistTree = field(default_factory=PlaylistTree)
    done: dict[int, tuple[Image | None, Image | None]] = field(default_factory=dict)

    async def all(self, change_id: int, chosen: Chosen, *, forward: bool) -> None:
        rows = await self.reader.fetchall(
            "SELECT row_id, before, after FROM change_row WHERE change_id = ? AND what = 'playlist'",
            (change_id,),
        )
        made, changed, gone = {}, {}, {}
        for row in rows:
            if not chosen(("playlist", row["row_id"])):
                continue
            sides = json.loads(row["before"] or "null"), json.loads(row["after"] or "null")
            expected, target = sides if forward else sides[::-1]
            if expected is None and target is not None:
                made[row["row_id"]] = target
            elif target is None and expected is not None:
                gone[row["row_id"]] = expected
            elif target is not None:
                changed[row["row_id"]] = expected, target
        await self._make(made)
        await self._change(changed)
        await self._remove(gone, change_id, "before" if forward else "after")

    async def _make(self, images: Mapping[int, Image]) -> None:
        def depth(id: int) -> int:
            parent = images[id]["parent_id"]
            return 1 + depth(parent) if parent in images else 0

        if images:
            self.tree = await PlaylistTree.read(self.reader)
        for id in sorted(images, key=lambda id: (depth(id), images[id]["position"])):
            if id not in self.tree:
                image = images[id]
                try:
                    self.tree.add(id, image["kind"], image["name"], (image["parent_id"], image["position"]))
                    if self.tx is not None:
                        await playlist_rows.insert_image(self.tx, image)
                except PlaylistError as error:
                    self._refuse(id, image, _reason(error))
                    continue
            self.done[id] = None, images[id]

    async def _change(self, sides: Mapping[int, tuple[Image, Image]]) -> None:
        if not sides:
            return
        tree = self.tree = await PlaylistTree.read(self.reader)
        present = await playlist_rows.images(self.reader, list(sides))
        places: dict[int, Place] = {}
        for id, (expected, target) in sides.items():
            if id not in present:
                self._refuse(id, target, GONE)
                continue
            keys = [key for key in target if not expected or expected.get(key, target[key]) != target[key]]
            if expected and (reason := _changed_since(present[id], expected, keys, target)):
                self._refuse(id, present[id], reason)
                continue
            content = {key: target[key] for key in keys if key in _CONTENT}
            try:
                if "name" in content:
                    tree.rename(id, content["name"])
            except PlaylistError as error:
                self._refuse(id, present[id], _reason(error))
                continue
            if not set(keys).isdisjoint(_PLACE):
                places[id] = target.get("parent_id", tree.parents[id]), target.get("position")
            if self.tx is not None:
                await playlist_rows.restore_content(self.tx, id, content)
            self.done[id] = expected, target
        for id, reason in tree.arrange(places).items():
            self._refuse(id, present[id], _reason(reason))
            del self.done[id]
        if self.tx is not None:
            await tree.save(self.tx)

    async def _remove(self, images: Mapping[int, Image], change_id: int, side: str) -> None:
        """Delete playlists; what they are by then is noted as the `side` that would make them again."""
        if not images:
            return
        tree = await PlaylistTree.read(self.reader)
        present = await playlist_rows.images(self.reader, list(images))
        for id in images.keys() - present.keys():
            self._refuse(id, images[id], GONE)
        for id in [id for id in tree.with_contents(present) if id in images][::-1]:
            if reason := _changed_since(present[id], images[id], list(images[id])):
                self._refuse(id, present[id], reason)
            elif tree.children(id):
                self._refuse(id, present[id], "there are others in it by now")
            else:
                image = present[id] | {"position": tree.place(id)[1]}
                if self.tx is not None:
                    await self.tx.execute(
                        f"UPDATE change_row SET {side} = ?"
                        " WHERE change_id = ? AND what = 'playlist' AND row_id = ?",
                        (as_json(image), change_id, id),
                    )
                    await playlist_rows.drop(self.tx, [id])
                tree.remove([id])
                self.done[id] = image, None
        if self.tx is not None:
            await tree.save(self.tx)

    def _refuse(self, id: int, image: Image, reason: str) -> None:
        self.result.refuse(_called(image), reason, ("playlist", id))


def _changed_since(
    present: Image, expected: Image, keys: list[str], target: Image | None = None
) -> str | None:
    """Why an image is no longer what a change left, looking at some of its keys; None if it is."""
    for key in keys:
        if key not in _COMPARED or key not in expected or present[key] == expected[key]:
            continue
        if target is None or present[key] != target[key]:
            return _COMPARED[key]
    return None


def _called(image: Image) -> str:
    return f"{'folder' if image.get('kind') == 'folder' else 'playlist'} {image['name']}"


def _reason(error: object) -> str:
    """A sentence as a part of another one."""
    text = str(error).removesuffix(".")
    return text[:1].lower() + text[1:]
