"""What the tags of a file change in its track, three ways: as they were, as the track is, as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from djtui.files.scan_read import FACTS, TAGGED

_TOGETHER: Final = {"key_text": "key", "year": "released"}
"""Fields that only go to a track that does not know the other one either: two spellings of one thing."""

Fields = Mapping[str, Any]


def merged(base: Fields | None, track: Fields, said: Fields) -> dict[str, Any]:
    """The fields of a track that its file sets.

    `base` is what the file said when it was read last. A tag that changed since goes to the track, unless
    the track was changed here too; facts that changed always do. Without a base (None) the two have never
    met, and only what the track does not know is taken. The tempo of a locked track stays.
    """
    after = {}
    for name in (*TAGGED, *FACTS):
        now, ours = said.get(name), track[name]
        if now == ours or (name == "bpm" and track["locked"]):
            continue
        if base is None:
            other = _TOGETHER.get(name)
            if ours is None and (other is None or track[other] is None):
                after[name] = now
        elif now != (was := base.get(name)) and (ours == was or name in FACTS):
            after[name] = now
    return after
