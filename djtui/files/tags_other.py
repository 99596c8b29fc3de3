"""Vorbis comments, MP4 and Windows Media tags as texts by field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from djtui.files import tag_values as values
from djtui.files.tag_names import ASF, MP4, MP4_FREE, RATING_OF_WINDOWS, VORBIS
from djtui.files.tags_id3 import Found

_ITUNES: Final = "com.apple.itunes"
_VORBIS_PICTURES: Final = ("METADATA_BLOCK_PICTURE", "COVERART")


def of_vorbis(tags: Iterable[tuple[str, str]] | None, *, opus: bool = False, cover: bool = False) -> Found:
    """Vorbis comments; `cover`: there is a picture outside of them, as in FLAC."""
    texts: dict[str, list[str]] = {}
    for name, value in tags or ():
        texts.setdefault(name.upper(), []).append(value)
    found: Found = {}
    for field, names in VORBIS.items():
        for name in names:
            if name in texts and (text := values.text(texts[name])):
                found[field] = text
                break
    for field in ("track", "disc"):
        total = found.pop(f"{field}_of", None)
        first, second = values.pair(found.get(field))
        found[field] = values.joined(first, second if second is not None else values.pair(total)[0])
    windows = values.text(texts.get(RATING_OF_WINDOWS, ()))
    found["rating"] = values.stars_of_text(found.get("rating")) or values.stars_of_windows(windows)
    if opus and "replaygain" not in found:
        gain = values.gain_of_r128(values.text(texts.get("R128_TRACK_GAIN", ())))
        found["replaygain"] = None if gain is None else f"{gain:.2f} dB"
    found["cover"] = cover or any(name in texts for name in _VORBIS_PICTURES)
    return found


def of_mp4(tags: Mapping[str, Sequence[Any]] | None) -> Found:
    """Atoms and freeform atoms; a tempo with decimals is in a freeform one, `tmpo` holds whole numbers."""
    tags = tags or {}
    found: Found = {}
    for field, name in MP4.items():
        if (value := tags.get(name)) is None:
            continue
        if field in ("track", "disc"):
            first, second = value[0] if value else (0, 0)
            found[field] = values.joined(first or None, second or None)
        else:
            found[field] = values.text(value)
    free = _freeform(tags)
    for field, names in MP4_FREE.items():
        text = next((free[name.upper()] for name in names if free.get(name.upper())), None)
        if text and (field != "bpm" or values.bpm(text) is not None):
            found[field] = text
    if "rating" not in found and tags.get("rate"):
        found["rating"] = values.text(tags["rate"])
    windows = values.stars_of_windows(free.get(RATING_OF_WINDOWS))
    found["rating"] = values.stars_of_text(found.get("rating")) or windows
    found["cover"] = bool(tags.get("covr"))
    return found


def _freeform(tags: Mapping[str, Sequence[Any]]) -> dict[str, str | None]:
    free: dict[str, str | None] = {}
    for name, value in tags.items():
        if name.startswith("----:"):
            _, mean, short = name.split(":", 2)
            if mean.lower() == _ITUNES or short.upper() not in free:
                free[short.upper()] = values.text(bytes(each).decode("utf-8", "replace") for each in value)
    return free


def of_asf(tags: Iterable[tuple[str, Any]] | None) -> Found:
    """Attributes of a Windows Media file."""
    attributes: dict[str, list[Any]] = {}
    for name, value in tags or ():
        attributes.setdefault(name.upper(), []).append(value)
    found: Found = {}
    for field, names in ASF.items():
        if (each := attributes.get(names[0].upper())) is not None:
            found[field] = values.text(each)
    found["rating"] = values.stars_of_asf(found.get("rating"))
    found["cover"] = "WM/PICTURE" in attributes
    return found
