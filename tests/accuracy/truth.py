"""The truth set: audio files, and a table of what is known of each."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path

TABLE = "truth.csv"
COLUMNS = (
    "path", "group", "style", "format", "bpm", "bpm_octave_known",
    "key", "first_beat_s", "downbeat_s", "duration",
)  # fmt: skip
GENERATED = ("synth", "tune")
"""Groups that this program composed itself; all others are songs that people wrote."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of one file, in the order of the table's columns."""

    path: str
    group: str
    style: str
    format: str
    bpm: float | None
    octave_known: bool
    """False: half and double of the tempo are as right."""
    key: str
    """As musicians write it ("Am"); empty: not known."""
    first_beat: float | None
    """In seconds: any beat will do, the others lie whole beats from it."""
    downbeat: float | None
    """In seconds: the first beat of any bar."""
    duration: float

    @property
    def generated(self) -> bool:
        return self.group in GENERATED


def read(folder: Path) -> list[Truth]:
    """The rows of the table of this folder whose files are there."""
    rows = []
    with (folder / TABLE).open(newline="") as table:
        for row in csv.DictReader(table):
            path = folder / row["path"]
            if path.is_file():
                rows.append(_parse(row, path))
    return rows


def append(folder: Path, rows: Iterable[Truth]) -> None:
    """Add rows at the end of the table, and its heading when it is new."""
    path = folder / TABLE
    new = not path.exists()
    with path.open("a", newline="") as table:
        writer = csv.writer(table)
        if new:
            writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow([_text(value) for value in astuple(row)])


def _parse(row: dict[str, str], path: Path) -> Truth:
    return Truth(
        path=str(path),
        group=row["group"],
        style=row["style"],
        format=row["format"],
        bpm=_number(row["bpm"]),
        octave_known=row["bpm_octave_known"] == "1",
        key=row["key"],
        first_beat=_number(row["first_beat_s"]),
        downbeat=_number(row["downbeat_s"]),
        duration=float(row["duration"]),
    )


def _number(text: str) -> float | None:
    return float(text) if text else None


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return f"{value:.6f}" if isinstance(value, float) else str(value)
