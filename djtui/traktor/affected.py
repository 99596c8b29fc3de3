"""How much of a collection changes when files get new names: told before it happens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from djtui.library.database import Reader
from djtui.library.tracks import as_json
from djtui.traktor import pending

_ENTRIES: Final = (
    "SELECT track_id FROM nml_entry JOIN nml_file AS file ON file.id = file_id"
    " WHERE file.path = ? AND gone = 0 AND track_id IN (SELECT value FROM json_each(?))"
)
_LISTS: Final = (
    "SELECT playlist_id FROM nml_node JOIN nml_file AS file ON file.id = file_id WHERE file.path = ?"
)


class Affected(NamedTuple):
    """Entries of the collection, and places in its playlists that point to them.

    `new` and `others` are tracks, and other changes, that wait for it already.
    """

    locations: int
    places: int
    new: int = 0
    others: int = 0

    @property
    def besides(self) -> str:
        """What else waits for the collection and goes into it in the same step; empty: nothing."""
        return besides(self.new, self.others)


def besides(new: int, others: int) -> str:
    """ "6 new tracks and 14 other changes"."""
    said = [
        f"{many:,} {what}{'' if many == 1 else 's'}"
        for many, what in ((new, "new track"), (others, "other change"))
        if many
    ]
    return " and ".join(said)


async def affected(library: Reader, collection: str, track_ids: Iterable[int]) -> Affected:
    """What new paths of these tracks change in a collection; `collection` is its path."""
    ids = as_json(list(track_ids))
    entries = await library.fetchone(f"SELECT count(*) AS many FROM ({_ENTRIES})", (collection, ids))
    places = await library.fetchone(
        "SELECT count(*) AS many FROM playlist_item WHERE kind != 'set'"
        f" AND track_id IN ({_ENTRIES}) AND playlist_id IN ({_LISTS})",
        (collection, ids, collection),
    )
    assert entries is not None
    assert places is not None
    file = await library.fetchone("SELECT id FROM nml_file WHERE path = ?", (collection,))
    if file is None:
        return Affected(entries["many"], places["many"])
    waiting = await pending.counts(library, file["id"])
    return Affected(entries["many"], places["many"], waiting.new, sum(waiting) - waiting.new)
