"""What an analysis could not do, by reasons: for its pane, and for the list of its failures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from djtui.library.database import Reader
from djtui.tui import formats
from djtui.tui.widgets.rows import Row

_SINCE: Final = "analysed since"
_FOLLOWED: Final = "tempo not followed"
_SAID: Final = {
    "needs ffmpeg": "{} need ffmpeg",
    "changed": "{} changed meanwhile",
    "too long to decode": "{} too long",
    "decoder crashed": "{} crashed the decoder",
    "unexpected": "{} for a mistake of djtui's",
}
_REMEDIES: Final = {
    "missing": "find or remove them, then t",
    "unreadable": "give djtui the right to read them, then t",
    "needs ffmpeg": "install ffmpeg, then t",
    "too long to decode": "raise analysis.timeout_per_s, then t",
    "too much memory": "raise pool.memory_mb, then t",
}

# The one that counts is what the analysis says now: a failed file may have been heard since.
_REASONS: Final = f"""
SELECT job_failure.item, job_failure.reason AS sentence,
       CASE WHEN job_failure.phase != 'Analysing' THEN '{_FOLLOWED}'
            ELSE coalesce(analysis.reason, '{_SINCE}') END AS reason
FROM job_failure LEFT JOIN analysis ON analysis.track_id = job_failure.track_id
WHERE job_failure.job_id = ?
"""


class Failure(NamedTuple):
    """A file that could not be analysed: its path, why in a sentence, and the reason in a word."""

    path: str
    sentence: str
    reason: str


async def counts(library: Reader, job_id: int) -> dict[str, int]:
    """How many files of a job failed for which reason, the most frequent first. Raises `LibraryError`."""
    rows = await library.fetchall(
        f"SELECT reason, count(*) AS count FROM ({_REASONS}) GROUP BY reason ORDER BY count DESC, reason",
        (job_id,),
    )
    return {row["reason"]: row["count"] for row in rows}


async def failures(library: Reader, job_id: int) -> list[Failure]:
    """The files of a job that failed, by reasons. Raises `LibraryError`."""
    rows = await library.fetchall(f"{_REASONS} ORDER BY 3, 1", (job_id,))
    return [Failure(row["item"], row["sentence"], row["reason"]) for row in rows]


def said(reasons: Mapping[str, int]) -> str:
    """ "31 damaged · 5 need ffmpeg · 2 too long"."""
    return " · ".join(
        _SAID.get(reason, f"{{}} {reason}").format(f"{count:,}") for reason, count in reasons.items()
    )


def row(key: int, item: str, sentence: str, phase: str) -> Row:
    """An item of any job that failed; of a file its name comes first, for its folder may be long."""
    name, folder = (Path(item).name, formats.tilde(Path(item).parent)) if item.startswith("/") else (item, "")
    left = ((f" {name}  ", ""), (f"{sentence}  ", "$warning"), (folder, "$quiet"))
    return Row(key, left, ((phase, "$quiet"),))


def rows(found: Iterable[Failure]) -> Iterator[Row]:
    """The list: under each reason its files, each with its sentence and its folder."""
    number = 0
    for reason, group in groupby(found, key=lambda failure: failure.reason):
        files = list(group)
        remedy = f"  {_REMEDIES[reason]}" if reason in _REMEDIES else ""
        heading = ((f" {said({reason: len(files)})}", "bold"), (remedy, "$quiet"))
        yield Row(("reason", reason), heading, live=False)
        for file in files:
            path = Path(file.path)
            left = (
                (f"   {path.name}  ", ""),
                (f"{file.sentence}  ", "$warning"),
                (formats.tilde(path.parent), "$quiet"),
            )
            yield Row(number, left)
            number += 1
