"""Where the analysis hears another tempo or key than a track has; taking what it hears, or leaving it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from djtui.library import analyses
from djtui.library.database import Library, Reader
from djtui.library.editing import Image, edit_each
from djtui.library.tracks import as_json
from djtui.model import key as keys
from djtui.query.differing import BPM_DIFFERS, BPM_SEEN, KEY_DIFFERS, KEY_SEEN, SAME_BPM

Field = Literal["bpm", "key"]

KINDS: Final = (
    "empty", "double", "half", "triple", "third", "3:2", "2:3", "4:3", "3:4", "near",
    "relative", "fifth", "parallel", "other",
)  # fmt: skip
"""How what is heard stands to what is there. Double: 128 is heard, 64 is there."""

_RATIOS: Final = {
    "double": 2.0, "half": 1 / 2, "triple": 3.0, "third": 1 / 3,
    "3:2": 3 / 2, "2:3": 2 / 3, "4:3": 4 / 3, "3:4": 3 / 4,
}  # fmt: skip
_OFF: Final = 0.02
_NEAR: Final = 0.04
_AMONG: Final = "IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of a track for which the analysis has another value. `ours` None: the track has none.

    Tempi in BPM, keys as numbers; `confidence` (0 to 1) is that of the analysis.
    """

    track_id: int
    name: str
    field: Field
    ours: float | None
    heard: float
    confidence: float
    kind: str
    dismissed: bool = False

    def shown(self, side: Literal["ours", "heard"], notation: keys.Notation = "musical") -> str:
        """One of its values as a DJ reads it: "128", "Am", "none"."""
        value = self.ours if side == "ours" else self.heard
        if value is None:
            return "none"
        return keys.spell(int(value), notation) if self.field == "key" else f"{round(value, 2):g}"

    @property
    def sentence(self) -> str:
        """ "bpm is 64, the analysis hears 128: double"."""
        return f"{self.field} is {self.shown('ours')}, the analysis hears {self.shown('heard')}: {self.kind}"


def tempo_kind(ours: float | None, heard: float) -> str:
    """How a tempo that is heard stands to the one that is there: 128 to 64 is "double"."""
    if not ours:
        return "empty"
    ratio = heard / ours
    for kind, expected in _RATIOS.items():
        if abs(ratio / expected - 1) <= _OFF:
            return kind
    return "near" if abs(ratio - 1) <= _NEAR else "other"


def key_kind(ours: int | None, heard: int) -> str:
    """How a key that is heard stands to the one that is there: C to Am is "relative"."""
    if ours is None:
        return "empty"
    if heard in keys.neighbours(ours):
        return "fifth" if (heard < 12) == (ours < 12) else "relative"
    return "parallel" if heard % 12 == ours % 12 else "other"


async def differences(
    library: Reader,
    *,
    ids: Sequence[int] | None = None,
    fields: Iterable[Field] = ("bpm", "key"),
    kinds: Iterable[str] | None = None,
    at_least: float = 0.0,
    dismissed: bool = False,
) -> list[Difference]:
    """What differs, the surest first: of these tracks, in these fields, of these kinds.

    `at_least` is the confidence that is wanted. With `dismissed` those that the DJ has left, and only those.
    """
    wanted = None if kinds is None else frozenset(kinds)
    found = [
        difference
        for field in fields
        for difference in await _of_field(library, field, ids, at_least, dismissed)
        if wanted is None or difference.kind in wanted
    ]
    return sorted(found, key=lambda each: (-each.confidence, each.track_id, each.field))


async def _of_field(
    library: Reader, field: Field, ids: Sequence[int] | None, at_least: float, dismissed: bool
) -> list[Difference]:
    differs, seen = (BPM_DIFFERS, BPM_SEEN) if field == "bpm" else (KEY_DIFFERS, KEY_SEEN)
    rows = await library.fetchall(
        "SELECT track.id, track.title, track.artist, track.path,"
        f" track.{field} AS ours, analysis.{field} AS heard,"
        f" coalesce(analysis.{field}_confidence, 0.0) AS confidence"
        " FROM analysis JOIN track ON track.id = analysis.track_id"
        f" WHERE {differs} AND {seen} = ? AND confidence >= ?"
        f"{'' if ids is None else f' AND track.id {_AMONG}'}",
        (dismissed, at_least, *(() if ids is None else (as_json(list(ids)),))),
    )
    return [
        Difference(
            row["id"],
            " - ".join(filter(None, (row["artist"], row["title"]))) or (row["path"] or "").rpartition("/")[2],
            field,
            row["ours"],
            row["heard"],
            row["confidence"],
            tempo_kind(row["ours"], row["heard"])
            if field == "bpm"
            else key_kind(row["ours"], int(row["heard"])),
            dismissed,
        )
        for row in rows
    ]


async def take(library: Library, found: Sequence[Difference]) -> tuple[int, int | None]:
    """Set the tracks to what is heard, as one change that can be undone.

    A field that is no longer as it was listed stays as it is. Returns (tracks changed, the change or None).
    """
    wanted: dict[int, list[Difference]] = {}
    for difference in found:
        wanted.setdefault(difference.track_id, []).append(difference)

    def compute(image: Image) -> Mapping[str, Any]:
        return {
            each.field: round(each.heard, 3) if each.field == "bpm" else int(each.heard)
            for each in wanted[image["id"]]
            if image[each.field] == each.ours and not (each.field == "bpm" and image["locked"])
        }

    names = " and ".join(sorted({difference.field for difference in found}))
    changed, change = await edit_each(library, list(wanted), compute, f"{names} as the analysis hears it")
    if changed:
        async with library.writing() as tx:
            await analyses.mark(tx, "taken", _marked(found))
    return changed, change


async def dismiss(library: Library, found: Sequence[Difference]) -> int:
    """Leave the tracks as they are, and list these differences no more. Returns how many there were."""
    async with library.writing() as tx:
        await analyses.mark(tx, "dismissed", _marked(found))
    return len(found)


async def list_again(library: Library, found: Sequence[Difference]) -> int:
    """List differences again that the DJ had left. Returns how many there were."""
    async with library.writing() as tx:
        await analyses.unmark(tx, "dismissed", _marked(found))
    return len(found)


def _marked(found: Sequence[Difference]) -> dict[int, list[str]]:
    marked: dict[int, list[str]] = {}
    for difference in found:
        marked.setdefault(difference.track_id, []).append(difference.field)
    return marked


def is_same(field: str, one: float | None, other: float | None) -> bool:
    """Whether two values of a field are the same to a DJ; two unknown ones are not."""
    if one is None or other is None:
        return False
    return abs(one - other) <= SAME_BPM if field == "bpm" else one == other
