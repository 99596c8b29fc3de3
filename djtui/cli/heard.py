"""What was heard of a file, as lines and as JSON."""

from __future__ import annotations

from typing import Any, Final

from djtui.cli.session import Session
from djtui.library.analyses import Heard
from djtui.library.database import Reader
from djtui.model import key as keys

HEADER: Final = "    BPM   Key    LUFS  Energy  File"
_REPLAYGAIN: Final = -18.0  # LUFS that ReplayGain 2.0 brings a track to


def fields(heard: Heard) -> dict[str, Any]:
    """What was heard as --json shows it."""
    key, gain = heard.key, None if heard.lufs is None else round(_REPLAYGAIN - heard.lufs, 2)
    return {
        "path": heard.path,
        "id": heard.track_id or None,
        "bpm": heard.bpm,
        "bpm_confidence": heard.bpm_confidence,
        "steadiness": heard.steadiness,
        "spread_ms": heard.spread,
        "tempi": list(heard.tempi),
        "first_beat": heard.first_beat,
        "beat_confidence": heard.beat_confidence,
        "downbeat": heard.downbeat,
        "downbeat_confidence": heard.downbeat_confidence,
        "key": None if key is None else keys.musical(key),
        "camelot": None if key is None else keys.camelot(key),
        "open_key": None if key is None else keys.open_key(key),
        "key_confidence": heard.key_confidence,
        "key_second": None if heard.key_second is None else keys.musical(heard.key_second),
        "tuning_cents": heard.tuning,
        "energy": heard.energy,
        "lufs": heard.lufs,
        "sample_peak": heard.sample_peak,
        "true_peak": heard.true_peak,
        "replaygain": gain,
        "duration": heard.duration,
        "samplerate": heard.samplerate,
        "channels": heard.channels,
        "decoder": heard.decoder,
        "notes": list(heard.notes),
        "seconds": heard.seconds,
    }


def line(heard: Heard, session: Session) -> str:
    """What was heard in one line under HEADER; a question mark where the analysis is not sure."""
    sure = session.settings.analysis.confidence
    bpm = "–" if heard.bpm is None else f"{heard.bpm:.2f}{_doubt(heard.bpm_confidence, sure)}"
    notation: Any = session.settings.ui.key_notation
    key = (
        "–" if heard.key is None else f"{keys.spell(heard.key, notation)}{_doubt(heard.key_confidence, sure)}"
    )
    lufs = "–" if heard.lufs is None else f"{heard.lufs:.1f}"
    name = heard.path.rpartition("/")[2]
    steadiness = [f"{heard.steadiness} tempo"] if heard.steadiness in ("drifting", "changing") else []
    said = "; ".join((*steadiness, *heard.notes))
    energy = "–" if heard.energy is None else heard.energy
    return f"{bpm:<7} {key:>5} {lufs:>7} {energy:>7}  {name}{f'  ({said})' if said else ''}"


def _doubt(confidence: float | None, sure: float) -> str:
    return "" if (confidence or 0.0) >= sure else "?"


def show(session: Session, heard: Heard, *, known: bool = False) -> None:
    """Print one file as it comes. What could not be analysed is listed for a person at the end."""
    if heard.reason is not None:
        session.out.event("failure", path=heard.path, reason=heard.reason, message=heard.failure)
    elif session.out.as_json:
        session.out.event("track", **fields(heard), known=known)
    else:
        session.out.line(line(heard, session))


class Fresh:
    """Tells which of some tracks were heard since it was made, each once."""

    def __init__(self, ids: frozenset[int], before: dict[int, str]) -> None:
        self.shown: set[int] = set()
        self._ids = ids
        self._before = before
        self._newest = max(before.values(), default="")

    @classmethod
    async def of(cls, library: Reader, ids: frozenset[int]) -> Fresh:
        """From now on, for the tracks `ids`."""
        rows = await library.fetchall("SELECT track_id, heard FROM analysis")
        return cls(ids, {row["track_id"]: row["heard"] for row in rows})

    async def some(self, library: Reader) -> list[Heard]:
        """Those that came since the last time."""
        rows = await library.fetchall(
            "SELECT * FROM analysis WHERE heard >= ? ORDER BY heard, track_id", (self._newest,)
        )
        found = []
        for row in rows:
            id = row["track_id"]
            if id in self._ids and id not in self.shown and row["heard"] != self._before.get(id):
                found.append(Heard.of(row))
                self.shown.add(id)
            self._newest = row["heard"]
        return found
