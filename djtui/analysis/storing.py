"""What an analysis writes: its row and waveform, the fields of the track that it fills, and the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from djtui.analysis.gridding import GRID, Row, is_sure, read_marker, wants_grid, with_marker
from djtui.analysis.listening import Result
from djtui.analysis.result import VERSION, Analysis
from djtui.config import AnalysisSettings
from djtui.library import analyses, history, tracks
from djtui.library.analyses import Heard
from djtui.library.database import Tx
from djtui.library.differences import is_same, tempo_kind

KIND: Final = "analysis"
"""The kind of these changes in the history."""

_OWN: Final = ("lufs", "energy")  # columns of the track that nobody else fills

Image = Mapping[str, Any]
"""A track: its columns, and "cues", a list of cue rows or None."""


def as_heard(track_id: int, analysis: Analysis, when: str) -> Heard:
    """An analysis as a row of its table."""
    tempo, grid, key, loudness = analysis.tempo, analysis.grid, analysis.key, analysis.loudness
    heard = Heard(
        track_id,
        analysis.version,
        analysis.path,
        analysis.size,
        analysis.mtime_ns,
        when,
        seconds=round(analysis.seconds, 3),
        duration=round(analysis.duration, 3),
        samplerate=analysis.samplerate,
        channels=analysis.channels,
        decoder=analysis.decoder,
        energy=analysis.energy,
        lufs=_rounded(loudness.lufs, 2),
        sample_peak=_rounded(loudness.sample_peak, 2),
        true_peak=_rounded(loudness.true_peak, 2),
        notes=analysis.notes,
    )
    if tempo is not None:
        heard = replace(
            heard,
            bpm=round(tempo.bpm, 3),
            bpm_confidence=round(tempo.confidence, 3),
            steadiness=tempo.steadiness,
            spread=round(tempo.spread, 2),
            tempi=tuple(round(other, 3) for other in tempo.others),
        )
    if grid is not None:
        heard = replace(
            heard,
            first_beat=round(grid.first_beat, 5),
            beat_confidence=round(grid.confidence, 3),
            downbeat=grid.downbeat,
            downbeat_confidence=round(grid.downbeat_confidence, 3),
        )
    if key is not None:
        heard = replace(
            heard,
            key=key.key,
            key_confidence=round(key.confidence, 3),
            key_second=key.second,
            tuning=round(key.tuning, 1),
        )
    return heard


def as_failed(track_id: int, result: Result, when: str) -> Heard:
    """A file that could not be analysed as a row of the table: so it is not tried again and again."""
    file = result.file
    return Heard(
        track_id,
        VERSION,
        file.path,
        file.size,
        file.mtime_ns,
        when,
        reason=result.reason,
        failure=result.sentence,
    )


def filled(image: Image, before: Heard | None, heard: Heard, settings: AnalysisSettings) -> dict[str, Any]:
    """The fields of a track that its analysis sets: those that are unknown, if it is sure enough.

    What came from the analysis `before` and was not touched since follows the newer one; but never to
    another octave, or to a key that is less sure: such a thing is listed as a difference. The tempo and the
    grid of a locked track stay.
    """
    fields: dict[str, Any] = {name: getattr(heard, name) for name in _OWN} | {"analyzed": 1}
    if image["duration"] is None or _is_ours("duration", image, before):
        fields["duration"] = heard.duration
    if not image["locked"] and _sets_bpm(image, before, heard, settings):
        fields["bpm"] = heard.bpm
    if _sets_key(image, before, heard, settings):
        fields["key"] = heard.key
    return {name: value for name, value in fields.items() if image[name] != value}


def _sets_bpm(image: Image, before: Heard | None, heard: Heard, settings: AnalysisSettings) -> bool:
    sure = (heard.bpm_confidence or 0.0) >= settings.confidence and heard.steadiness != "changing"
    if heard.bpm is None or not sure:
        return False
    follows = _is_ours("bpm", image, before) and tempo_kind(image["bpm"], heard.bpm) == "near"
    return image["bpm"] is None or follows


def _sets_key(image: Image, before: Heard | None, heard: Heard, settings: AnalysisSettings) -> bool:
    confidence = heard.key_confidence or 0.0
    if heard.key is None or confidence < settings.confidence:
        return False
    was = before.key_confidence if before is not None and _is_ours("key", image, before) else None
    return image["key"] is None or (was is not None and confidence >= was)


def _is_ours(name: str, image: Image, before: Heard | None) -> bool:
    """Whether a field still has the value that an earlier analysis gave it."""
    return before is not None and name in before.taken and bool(image[name] == getattr(before, name))


def moment() -> str:
    """Now, as `Heard.heard` has it: to the microsecond, so that a job can tell what it did itself."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


@dataclass(frozen=True, slots=True)
class News:
    """What is to be written of one track."""

    heard: Heard
    waveform: bytes = b""
    grid: Row | None = None
    """A grid marker for the track, should it have none."""


def news(results: Sequence[Result], settings: AnalysisSettings) -> list[News]:
    """Results of tracks as what is to be written. Reads from the files where grids are wanted: it blocks."""
    when = moment()
    found = []
    for result in results:
        if (id := result.file.track_id) is None:
            continue
        if result.analysis is None:
            found.append(News(as_failed(id, result, when)))
            continue
        heard = as_heard(id, result.analysis, when)
        wanted = settings.grids and is_sure(heard, settings.confidence)
        found.append(News(heard, result.analysis.waveform, read_marker(heard) if wanted else None))
    return found


@dataclass(slots=True)
class Storing:
    """The writing side of one analysis job."""

    job_id: int
    title: str
    settings: AnalysisSettings

    async def store(self, tx: Tx, found: Sequence[News]) -> None:
        """Write what was heard; of a track that is gone, or at another path by now, nothing is written."""
        ids = [each.heard.track_id for each in found]
        images = await tracks.images(tx, ids, cues=True)
        before = await analyses.get_many(tx, ids)
        rows: list[Heard] = []
        changes: dict[int, dict[str, Any]] = {}
        for each in found:
            id = each.heard.track_id
            if id not in images or images[id]["path"] != each.heard.path:
                continue
            fields = self._fields(images[id], before.get(id), each)
            taken = [GRID if name == "cues" else name for name in fields]
            rows.append(_kept(each.heard, before.get(id), taken))
            if fields:
                changes[id] = fields
        await analyses.put(tx, rows, {each.heard.track_id: each.waveform for each in found})
        await self._change(tx, changes, images)

    def _fields(self, image: Image, before: Heard | None, each: News) -> dict[str, Any]:
        if each.heard.reason is not None:
            return {}
        fields = filled(image, before, each.heard, self.settings)
        if each.grid is not None and wants_grid({**image, **fields}, each.heard):
            fields["cues"] = with_marker(image, each.grid)
        return fields

    async def _change(
        self, tx: Tx, changes: Mapping[int, Mapping[str, Any]], images: Mapping[int, Image]
    ) -> None:
        if not changes:
            return
        await tracks.update(tx, changes)
        before = {
            id: {name: images[id][name] or [] if name == "cues" else images[id][name] for name in fields}
            for id, fields in changes.items()
        }
        await history.add(
            tx, await self._history(tx), {id: (before[id], fields) for id, fields in changes.items()}
        )

    async def _history(self, tx: Tx) -> int:
        """The history's entry for this job, made when the first track changes."""
        row = await tx.fetchone("SELECT id FROM change WHERE job_id = ? AND kind = ?", (self.job_id, KIND))
        if row is not None:
            return int(row["id"])
        return await history.begin(tx, KIND, self.title, job_id=self.job_id)


def _kept(heard: Heard, before: Heard | None, taken: Sequence[str]) -> Heard:
    """The new row with what is kept of the old one: what was taken, and what the DJ has seen and left.

    A difference that was left is listed again when something else is heard now.
    """
    if before is None:
        return replace(heard, taken=tuple(sorted(taken)))
    seen = [
        name
        for name in before.dismissed
        if heard.reason is not None or is_same(name, getattr(before, name, None), getattr(heard, name, None))
    ]
    return replace(heard, taken=tuple(sorted({*before.taken, *taken})), dismissed=tuple(seen))
