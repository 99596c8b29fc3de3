"""A whole new entry for a collection, to Traktor's rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from djtui.model import key as keys
from djtui.traktor import values
from djtui.traktor.entry import CueRow
from djtui.traktor.patch_cues import cue_markup, normal
from djtui.traktor.patch_entry import HOMES, clock, ordered, spelled, stamp
from djtui.traktor.writer import closing, decimal, possible, without_impossible

_KEYS_SINCE: Final = 16  # the version that has MUSICAL_KEY and MODIFICATION_INFO
_GRIDS_SINCE: Final = 20  # ... and that has a marker's BPM in a child of it


def new_entry(
    fields: Mapping[str, Any],
    cues: Sequence[CueRow],
    volume: str,
    directory: str,
    file: str,
    volume_id: str | None,
    version: int,
    now: datetime,
) -> bytes:
    """An ENTRY of a track that the collection does not have, with the newline behind it.

    `fields` are columns of table track; `directory` is as LOCATION has it (`/:Music/:`). There is no AUDIO_ID
    and no FLAGS: Traktor analyses the track when it loads it. Raises ValueError for a file whose name XML
    cannot hold; what it cannot hold of other texts is left out.
    """
    if not all(map(possible, (volume, directory, file, volume_id or ""))):
        raise ValueError(
            f"{volume}{directory}{file!r} has control characters in its name, which XML cannot hold"
        )
    parts = _parts(fields)
    date, seconds = stamp(now)
    own = parts["ENTRY"]
    own |= {"MODIFIED_DATE": date, "MODIFIED_TIME": seconds, "TITLE": own.get("TITLE", "")}
    if fields.get("locked"):
        own |= {"LOCK": "1", "LOCK_MODIFICATION_TIME": clock(now)}
    children = [
        ordered("LOCATION", {"DIR": directory, "FILE": file, "VOLUME": volume, "VOLUMEID": volume_id}),
        ordered("ALBUM", parts["ALBUM"]) if parts["ALBUM"] else "",
        ordered("MODIFICATION_INFO", {"AUTHOR_TYPE": "user"}) if version >= _KEYS_SINCE else "",
    ]
    key, bpm, info = fields.get("key"), fields.get("bpm"), parts["INFO"]
    if key is not None and version < _KEYS_SINCE:
        info.setdefault("KEY", keys.open_key(key))
    children.append(ordered("INFO", info))
    if bpm:
        children.append(ordered("TEMPO", {"BPM": decimal(bpm), "BPM_QUALITY": decimal(100)}))
    if key is not None and version >= _KEYS_SINCE:
        children.append(ordered("MUSICAL_KEY", {"VALUE": str(key)}))
    grids = version >= _GRIDS_SINCE
    children += [without_impossible(cue_markup(normal(row), grids=grids)) for row in cues]
    tag = ordered("ENTRY", own).removesuffix(closing("ENTRY"))
    return f"{tag}{''.join(children)}{closing('ENTRY')}".encode()


def _parts(fields: Mapping[str, Any]) -> dict[str, dict[str, str | None]]:
    """Elements and their attributes."""
    parts: dict[str, dict[str, str | None]] = {"ENTRY": {}, "ALBUM": {}, "INFO": _facts(fields)}
    year = fields.get("year")
    for name, home in HOMES.items():
        value = fields.get(name)
        if name == "released" and value is None and year:
            value = f"{year:04}"
        with suppress(ValueError):
            text = spelled(name, without_impossible(value) if isinstance(value, str) else value)
            if text is not None:
                parts[home.element][home.attribute] = text
    return parts


def _facts(fields: Mapping[str, Any]) -> dict[str, str | None]:
    """What Traktor says of the file itself: bit/s, seconds, KB."""
    facts: dict[str, str | None] = {}
    if bitrate := fields.get("bitrate"):
        facts["BITRATE"] = str(int(bitrate))
    if duration := values.positive(fields.get("duration")):
        facts |= {"PLAYTIME": str(round(duration)), "PLAYTIME_FLOAT": decimal(duration)}
    if filesize := fields.get("filesize"):
        facts["FILESIZE"] = str(int(filesize) // 1024)
    return facts
