"""Beat grids for tracks that have none: what was heard, as the grid marker that Traktor would set."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, cast

from djtui.analysis.mp3_delay import Delay, read_delay, to_nml
from djtui.analysis.result import Unanalyzable
from djtui.library import analyses
from djtui.library.analyses import Heard
from djtui.library.database import Library
from djtui.library.differences import is_same
from djtui.library.editing import edit_each
from djtui.model.cue import CueType

GRID: Final = "grid"
"""What `Heard.taken` calls it."""

_NAME: Final = "AutoGrid"  # as Traktor calls its own

Image = Mapping[str, Any]
Row = list[Any]
"""A cue as it is stored: type, start in ms, length, slot, name, repeats, grid_bpm, color."""


def marker(heard: Heard, delay: Delay) -> Row | None:
    """The grid marker of what was heard, on the first downbeat if that is known; None without a beat."""
    if heard.first_beat is None or not heard.bpm:
        return None
    start = heard.first_beat + (heard.downbeat or 0) * 60 / heard.bpm
    return [int(CueType.GRID), round(to_nml(start, delay), 6), 0.0, None, _NAME, -1, heard.bpm, None]


def read_marker(heard: Heard) -> Row | None:
    """`marker`, with the delay read from the file. None too for a file that cannot be read. Blocks."""
    try:
        decoder = cast(Literal["libsndfile", "ffmpeg"], heard.decoder or "libsndfile")
        return marker(heard, read_delay(heard.path, decoder))
    except (Unanalyzable, OSError):
        return None


def is_sure(heard: Heard, confidence: float) -> bool:
    """Whether its grid may be set without asking the DJ."""
    sure = min(heard.bpm_confidence or 0.0, heard.beat_confidence or 0.0) >= confidence
    return sure and heard.steadiness == "steady"


def wants_grid(image: Image, heard: Heard) -> bool:
    """Whether the track has no grid, is not locked, and has the tempo that was heard."""
    has_grid = any(cue[0] == CueType.GRID for cue in image["cues"] or ())
    return not has_grid and not image["locked"] and is_same("bpm", image["bpm"], heard.bpm)


def with_marker(image: Image, row: Row) -> list[Row]:
    """The cues of a track with a grid marker before them."""
    return [row, *(image["cues"] or ())]


async def give_grids(library: Library, ids: Sequence[int]) -> tuple[int, int | None]:
    """Give these tracks the grids that were heard, as one change that can be undone: the DJ has said so.

    Those that have a grid, are locked, or have another tempo stay as they are. Returns (tracks changed, the
    change or None if nothing changed).
    """
    heard = await analyses.get_many(library, ids)
    markers = await asyncio.to_thread(lambda: {id: read_marker(each) for id, each in heard.items()})

    def compute(image: Image) -> Mapping[str, Any]:
        row = markers[image["id"]]
        if row is None or not wants_grid(image, heard[image["id"]]):
            return {}
        return {"cues": with_marker(image, row)}

    changed, change = await edit_each(library, list(heard), compute, "beat grid as the analysis hears it")
    if changed:
        async with library.writing() as tx:
            await analyses.mark(tx, "taken", {id: [GRID] for id, row in markers.items() if row is not None})
    return changed, change
