"""What the track that is kept gets from its duplicates: nothing that a DJ has put into them is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from djtui.library import cues as rows
from djtui.model.cue import CueRow, CueType

Image = Mapping[str, Any]
"""A whole track, as `tracks.images` with cues has it."""

FILLED: Final = (
    "album", "albumartist", "genre", "label", "remixer", "producer", "mix", "catalogue", "isrc", "comment2",
    "color", "bpm", "energy",
)  # fmt: skip
"""Taken where the keeper has nothing. What was measured of another file is not: loudness, bit rate."""

NEAR_MS: Final = 50.0
"""Cues of one type that are no further apart are one: encoders shift the sound by so much."""

_BETWEEN_COMMENTS: Final = "; "
_TYPE, _START, _LENGTH, _SLOT = range(4)
_ONE_ONLY: Final = (CueType.LOAD, CueType.FADE_IN, CueType.FADE_OUT)


def merged(keeper: Image, other: Image, *, same_sound: bool) -> dict[str, Any]:
    """The fields of the keeper that change when another track is merged into it.

    The plays are added up, the rating is the higher one, the last play the later one, the day of adding the
    earlier one. Comments stand behind each other. A beat grid is taken of the same sound only: that of
    another encoding may lie beside the beats.
    """
    fields = {name: other[name] for name in FILLED if keeper[name] is None}
    if keeper["released"] is None and keeper["year"] in (None, other["year"]):
        fields |= {"released": other["released"], "year": other["year"]}
    if keeper["key"] is None and keeper["key_text"] is None:
        fields |= {"key": other["key"], "key_text": other["key_text"]}
    fields |= {
        "rating": _of_both(max, keeper["rating"], other["rating"]),
        "plays": _of_both(lambda both: sum(both), keeper["plays"], other["plays"]),
        "played": _of_both(max, keeper["played"], other["played"]),
        "added": _of_both(min, keeper["added"], other["added"]),
        "comment": comments(keeper["comment"], other["comment"]),
        "cues": cues(keeper["cues"] or (), other["cues"] or (), same_sound=same_sound),
    }
    before = {**keeper, "cues": [list(cue) for cue in keeper["cues"] or ()]}
    return {name: value for name, value in fields.items() if value != before[name]}


def _of_both(choose: Any, *values: Any) -> Any:
    """What is chosen of two values; the known one, if one of them is unknown."""
    known = [value for value in values if value is not None]
    return choose(known) if known else None


def comments(keeper: str | None, other: str | None) -> str | None:
    """Both comments, unless one says what the other says."""
    if not keeper or not other:
        return keeper or other
    if other.casefold() in keeper.casefold():
        return keeper
    return f"{keeper}{_BETWEEN_COMMENTS}{other}"


def cues(keeper: Sequence[CueRow], other: Sequence[CueRow], *, same_sound: bool) -> list[list[Any]]:
    """The keeper's cues and those of the other that stand where it has none.

    A hotcue keeps its pad if that is free, else it gets the first free one, else none.
    """
    found = [list(cue) for cue in keeper]
    has_grid = any(cue[_TYPE] == CueType.GRID for cue in keeper)
    for cue in other:
        if cue[_TYPE] == CueType.GRID:
            wanted = same_sound and not has_grid
        else:
            wanted = not any(_is_same(cue, own) for own in found)
        if wanted:
            new = list(cue)
            if new[_SLOT] is not None and rows.by_slot(found, new[_SLOT]) is not None:
                new[_SLOT] = rows.free_slot(found) if new[_TYPE] != CueType.GRID else None
            found.append(new)
    return found


def _is_same(one: CueRow, other: CueRow) -> bool:
    if one[_TYPE] != other[_TYPE]:
        return False
    near = abs(one[_START] - other[_START]) <= NEAR_MS and abs(one[_LENGTH] - other[_LENGTH]) <= NEAR_MS
    return near or one[_TYPE] in _ONE_ONLY


def in_place_of(items: Sequence[Sequence[Any]], others: Mapping[int, int]) -> list[Sequence[Any]]:
    """The items of a playlist with each track that goes replaced by its keeper: track -> keeper.

    Where the keeper stands in the list already, the other's place goes.
    """
    there = {item[0] for item in items}
    new: list[Sequence[Any]] = []
    for item in items:
        keeper = others.get(item[0])
        if keeper is None:
            new.append(item)
        elif keeper not in there:
            there.add(keeper)
            new.append([keeper, *item[1:]])
    return new
