"""Where the files of tracks lay before they were renamed or moved, read from the history of changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

from djtui.library.database import Reader
from djtui.library.tracks import as_json

# One pass over each table, for all paths at once: neither has an index of paths.
_FORMER: Final = """
SELECT path, at, track_id FROM (
    SELECT source AS path, change_id, track_id FROM file_step
    WHERE kind IN ('move', 'copy') AND state IN ('done', 'undone')
    UNION ALL
    SELECT before ->> 'path', change_id, track_id FROM change_item
) JOIN change ON change.id = change_id
WHERE path IN (SELECT value FROM json_each(?)) AND track_id IN (SELECT id FROM track)
ORDER BY change_id
"""


class Former(NamedTuple):
    """A track whose file lay at a path until a moment (UTC, as the library writes it)."""

    until: str
    track_id: int


async def former(reader: Reader, paths: Iterable[str]) -> dict[str, list[Former]]:
    """Of each of these paths the tracks that left it, the first one first."""
    found: defaultdict[str, list[Former]] = defaultdict(list)
    for row in await reader.fetchall(_FORMER, (as_json(sorted(set(paths))),)):
        found[row["path"]].append(Former(row["at"], row["track_id"]))
    return dict(found)
