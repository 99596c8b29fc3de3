"""What the screens do about the analysis: ask for one, settle differences, set tempi and grids by hand."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from djtui.library.database import Library
from djtui.tui import beats, changing, environment, formats
from djtui.tui.beats import BeatError, Image
from djtui.tui.beside import beside
from djtui.tui.changing import Refused

if TYPE_CHECKING:
    from djtui.library.differences import Difference
    from djtui.tui.app import DjtuiApp

KIND: Final = "analysis"
NOTE: Final = "beats"

T = TypeVar("T")

_FEW: Final = 200
_GONE: Final = "This track is no longer in the library."


# -- asking for it --------------------------------------------------------------------------------


async def estimate(app: DjtuiApp, params: Mapping[str, Any]) -> dict[str, Any]:
    """What an analysis would cost. Raises `LibraryError`, `Refused`."""
    await environment.loaded("djtui.jobs.requests", "djtui.kinds", "djtui.analysis.analyzing")
    from djtui.jobs import requests
    from djtui.jobs.job import JobError
    from djtui.kinds import KINDS

    library = await app.library()
    with changing.sentences(requests.RequestError, JobError):
        return await requests.estimate(library, KINDS, KIND, dict(params), settings=app.settings)


async def analyse(app: DjtuiApp, params: Mapping[str, Any]) -> None:
    """Ask for an analysis. Raises `LibraryError`, `Refused`."""
    await changing.submit(app, KIND, dict(params))


# -- tempo and grid by hand -----------------------------------------------------------------------


async def set_bpm(app: DjtuiApp, id: int, bpm: float) -> None:
    """Give a track the tempo that was tapped. Raises `LibraryError`, `Refused`."""
    await _change(app, [id], lambda image: beats.with_bpm(image, bpm), f"tempo tapped: {bpm:.2f} BPM")


async def scale(app: DjtuiApp, ids: Sequence[int], factor: float) -> None:
    """Double or halve the tempo of tracks. Raises `LibraryError`, `Refused`."""
    word = "doubled" if factor > 1 else "halved"
    await _change(app, ids, lambda image: beats.scaled(image, factor), f"tempo {word}")


async def shift(app: DjtuiApp, id: int, ms: float, by_beats: int) -> None:
    """Move the beat grid of a track; where it has none, offer what the analysis heard.

    Raises `LibraryError`, `Refused`.
    """
    from djtui.library import analyses, tracks

    library = await app.library()
    image = (await tracks.images(library, [id], cues=True)).get(id)
    if image is None:
        raise Refused(_GONE)
    if beats.first_marker(image) is None:
        await _offer_grid(app, image)
        return
    how = f"{abs(by_beats)} beat" if by_beats else f"{abs(ms):g} ms"
    later = "later" if ms > 0 or by_beats > 0 else "earlier"
    await _change(app, [id], lambda image: beats.shifted(image, ms, by_beats), f"grid {how} {later}")
    async with library.writing() as tx:
        await analyses.unmark(tx, "taken", {id: ["grid"]})


async def _change(
    app: DjtuiApp, ids: Sequence[int], compute: Callable[[Image], Mapping[str, Any]], title: str
) -> None:
    """One change of the history; tracks that cannot have it are left alone, and their number is told."""
    from djtui.library import history

    refused: Counter[str] = Counter()

    def careful(image: Image) -> Mapping[str, Any]:
        try:
            return compute(image)
        except BeatError as error:
            refused[str(error)] += 1
            return {}

    changed, _ = await history.edit_each(await app.library(), ids, careful, f"{title}{_of(ids)}")
    alone = refused.total()
    sentence = next(iter(refused), "")
    if alone and not changed:
        raise Refused(sentence if alone == 1 else f"{formats.plural(alone, 'track')} left alone: {sentence}")
    if not changed:
        app.toasts.put(NOTE, "done", f"{title}: nothing to change")
        return
    said = title if len(ids) == 1 else f"{title}: {formats.plural(changed, 'track')}"
    if alone:
        app.toasts.put(NOTE, "error", f"{said}; {alone:,} left alone: {sentence}")
    else:
        app.toasts.put(NOTE, "done", f"{said} · u takes it back")


def _of(ids: Sequence[int]) -> str:
    return "" if len(ids) == 1 else f" of {formats.plural(len(ids), 'track')}"


async def _offer_grid(app: DjtuiApp, image: Image) -> None:
    """Ask whether the track is to have the grid that was heard, if one was. Raises `Refused`."""
    from djtui.library import analyses, typed
    from djtui.tui.screens.dialog import Question

    heard = await analyses.get(await app.library(), image["id"])
    if heard is None or heard.first_beat is None or not heard.bpm:
        raise Refused(beats.NO_GRID)
    if image["locked"]:
        raise Refused(beats.LOCKED)
    await environment.loaded("djtui.analysis.gridding")
    from djtui.analysis.gridding import give_grids, wants_grid

    if not wants_grid(image, heard):
        here = "no tempo" if image["bpm"] is None else f"{image['bpm']:.2f} BPM"
        raise Refused(f"It has {here}, the analysis hears {heard.bpm:.2f}: settle that first (=).")
    name = image["title"] or "This track"
    beat = "downbeat" if heard.downbeat is not None else "beat"
    at = typed.clock(1000 * (heard.first_beat + (heard.downbeat or 0) * 60 / heard.bpm))
    answer = await app.push_screen_wait(
        Question(
            "No beat grid yet",
            f"{name} has no beat grid. The analysis hears the first {beat} at {at}, at {heard.bpm:.2f} BPM "
            f"({heard.beat_confidence or 0:.2f} sure). < and > then move it.",
            (("n", "leave it without"), ("y", "take that grid")),
        )
    )
    if answer == "y":
        changed, _ = await give_grids(await app.library(), [image["id"]])
        said = "grid as the analysis hears it · u takes it back" if changed else "the grid was not set"
        app.toasts.put(NOTE, "done" if changed else "error", said)


# -- differences ----------------------------------------------------------------------------------


async def _apart(
    app: DjtuiApp,
    work: Callable[[Library, Sequence[Difference]], Coroutine[Any, Any, T]],
    found: Sequence[Difference],
) -> T:
    """Work on differences; on many of them beside the event loop, over connections of their own."""
    if len(found) <= _FEW:
        return await work(await app.library(), found)

    async def opened() -> T:
        library = await Library.open(app.library_path, create=False)
        try:
            return await work(library, found)
        finally:
            await library.close()

    return await beside(asyncio.run, opened())


async def take(app: DjtuiApp, found: Sequence[Difference]) -> str:
    """Set the tracks to what is heard. Returns what was done, in words. Raises `LibraryError`."""
    from djtui.library import differences

    changed, change = await _apart(app, differences.take, found)
    if change is None:
        return "Nothing was set: what stands there was changed meanwhile."
    return f"{formats.plural(changed, 'track')} set as the analysis hears {_them(found)} · u takes it back"


async def dismiss(app: DjtuiApp, found: Sequence[Difference]) -> str:
    """Leave the tracks as they are. Returns what was done, in words. Raises `LibraryError`."""
    from djtui.library import differences

    count = await _apart(app, differences.dismiss, found)
    so = "it is" if count == 1 else "they are"
    return f"{formats.plural(count, 'difference')} left as {so} · u takes it back"


async def list_again(app: DjtuiApp, found: Sequence[Difference]) -> str:
    """List differences again that the DJ had left. Returns what was done, in words. Raises `LibraryError`."""
    from djtui.library import differences

    count = await _apart(app, differences.list_again, found)
    return f"{formats.plural(count, 'difference')} listed again"


def _them(found: Sequence[Difference]) -> str:
    return "it" if len({each.track_id for each in found}) == 1 else "them"
