"""Missing files in words: the lines of the list, where a track was and may be, and what enter does."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from djtui.files.relocate import Match, Score
from djtui.tui import formats
from djtui.tui.formats import Part, Parts
from djtui.tui.screens.relocate_said import SKIPPED, Said, Which
from djtui.tui.widgets.rows import Row, RowSource

EMPTY: Final[dict[Which, str]] = {
    "found": "Nothing was found in these folders: r looks in others.",
    "certain": "Nothing is certain.",
    "doubtful": "Nothing is doubtful.",
    "taken": "Nothing is taken yet: t takes the file of a line, A all certain ones.",
    "nowhere": "All were found, or may be.",
}
NOTHING_MISSING: Final = "Nothing is missing."
NOT_LOOKED: Final = "The look did not come to its end: r looks again."
BUSY: Final = "The files you took are being given to their tracks."

_SHOWN: Final[dict[Which, str]] = {
    "found": "",
    "certain": "shown: the certain ones",
    "doubtful": "shown: the doubtful ones",
    "taken": "shown: what you took",
    "nowhere": "shown: what was not found",
}
_WHY: Final = 29
_CANDIDATES: Final = 5


def empty(said: Said, *, looked: bool) -> str:
    """What stands in the place of a list without lines. `looked`: the last look came to its end."""
    if not said.overview.total:
        return NOTHING_MISSING
    return EMPTY[said.which] if looked or said.which != "found" else NOT_LOOKED


class Lines(RowSource):
    """The lines of what was proposed, made as they are painted. A line's key is its track's id."""

    def __init__(self, said: Said) -> None:
        self._said = said

    def __len__(self) -> int:
        return len(self._said.ids)

    def line(self, at: int) -> Row:
        match = self._said.match(at)
        return self._row(match) if match is not None else Row(self._said.ids[at], (("  …", "$quiet"),))

    def place_of(self, key: Hashable) -> int | None:
        ids = self._said.ids
        return ids.index(key) if isinstance(key, int) and key in ids else None

    def _row(self, match: Match) -> Row:
        said = self._said.said(match.lost.id)
        mark: Part = ("         ", "")
        if said == SKIPPED:
            mark = ("  left   ", "$quiet")
        elif said is not None:
            mark = ("✓ taken  ", "bold $accent")
        return Row(match.lost.id, (mark, (match.lost.name, "")), self._columns(match))

    def _columns(self, match: Match) -> Parts:
        if not match.candidates:
            return (("not found", "$quiet"),)
        at = self._said.candidate(match)
        shown = match.candidates[at]
        which = f"{at + 1}/{len(match.candidates)}" if len(match.candidates) > 1 else ""
        return (
            (f"{which:>4}", "$quiet"),
            (f"{shown.score:>5}  ", "$success" if match.certain else "$warning"),
            (formats.fit(reasons(shown, certain=match.certain), _WHY), "" if match.certain else "$quiet"),
        )


def reasons(score: Score, *, certain: bool) -> str:
    """Why a file is likely, in a few words."""
    why = ", ".join(score.reasons) or "a name alike"
    return f"sure: {why}" if certain else why


def counts(said: Said, *, looked: bool = True) -> list[Part]:
    """How many are missing, found, doubtful and taken, and which of them are shown.

    `looked`: by the last look, which came to its end; else by one before.
    """
    found, taken = said.overview, len(said.taken)
    if not found.total:
        return [(NOTHING_MISSING, "$success")]
    if not looked and not found.certain and not found.doubtful:
        return [(f"{found.total:,} missing: not looked through", "$warning")]
    parts: list[Part] = [
        (f"{found.total:,} missing: ", "$quiet"),
        (f"{len(found.certain):,} found", "$success" if found.certain else "$quiet"),
        (" · ", "$quiet"),
        (f"{len(found.doubtful):,} doubtful", "$warning" if found.doubtful else "$quiet"),
        (f" · {len(found.nowhere):,} not found · ", "$quiet"),
        (f"{taken:,} taken", "$accent" if taken else "$quiet"),
    ]
    shown = _SHOWN[said.which]
    if not looked:
        parts.append((" · by an earlier look", "$warning"))
    return [*parts, (f" · {shown}", "$accent")] if shown else parts


def facts(match: Match, shown: int) -> list[list[Part]]:
    """Where a track was, and its candidates with the reasons, the one that is shown with a sign."""
    length = formats.clock(match.lost.duration)
    lines: list[list[Part]] = [[("was   ", "$quiet"), (match.lost.path, ""), (f"  {length}", "$quiet")]]
    for at, score in enumerate(match.candidates[:_CANDIDATES]):
        here = at == shown
        sign: Part = (f"{'▸' if here else ' '}{score.score:>3}  ", "$accent" if here else "$quiet")
        why = reasons(score, certain=match.certain)
        lines.append([sign, (score.path, "" if here else "$quiet"), (f"  {why}", "$quiet")])
    return lines


def what_happens(said: Said) -> str:
    """What enter does, in sentences."""
    taken, found = len(said.taken), said.overview
    if not found.total:
        return ""
    if not found.certain and not found.doubtful:
        return "r looks in other folders; tab shows what was not found."
    if not taken:
        return (
            "t takes the file of this line for its track, n shows the next file that it may be, s leaves the"
            f" track, A takes all {len(found.certain):,} certain ones. Nothing changes before enter."
        )
    them = "the track its file" if taken == 1 else f"{taken:,} tracks their files"
    return (
        f"Enter gives {them}. No file is touched; cues, playlists and all else stay with the tracks, and"
        " Traktor's collection gets the new paths that it can name at the next export. u takes it back."
    )
