"""What the DJ says to proposals for missing tracks: which file it is, which track is left."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, Literal

from djtui.files import relocate_review
from djtui.files.relocate import Match
from djtui.files.relocate_review import Overview

Which = Literal["found", "certain", "doubtful", "taken", "nowhere"]
WHICH: Final[tuple[Which, ...]] = ("found", "certain", "doubtful", "taken", "nowhere")
SKIPPED: Final = -1

_PAGE: Final = 64
_PAGES: Final = 32


class Said:
    """The proposals, and what was said to them. Tracks are read a page at a time, as they are shown."""

    def __init__(self, reader: sqlite3.Connection) -> None:
        self._reader = reader
        self._pages: OrderedDict[int, dict[int, Match]] = OrderedDict()
        self.overview = Overview((), (), ())
        self.which: Which = "found"
        self.ids: Sequence[int] = ()
        self._said: dict[int, int] = {}
        self._looked: dict[int, int] = {}  # which candidate is shown of a track
        self._before: list[dict[int, int | None]] = []

    # -- what there is ----------------------------------------------------------------------------

    def take(self, overview: Overview, *, anew: bool) -> None:
        """Go on with these proposals. With other candidates than before (`anew`) only what is left alone
        stays so; else all that was said counts on, of tracks that are still missing."""
        self.overview = overview
        found = {*overview.certain, *overview.doubtful}
        self._said = {
            id: said for id, said in self._said.items() if id in found and (said == SKIPPED or not anew)
        }
        if anew:
            self._looked.clear()
        self._before.clear()
        self._list()

    def look(self, which: Which) -> None:
        """Show only these tracks."""
        self.which = which
        self._list()

    def _list(self) -> None:
        found = [*self.overview.certain, *self.overview.doubtful]
        self.ids = {
            "found": found,
            "certain": self.overview.certain,
            "doubtful": self.overview.doubtful,
            "taken": [id for id in found if self._said.get(id, SKIPPED) != SKIPPED],
            "nowhere": self.overview.nowhere,
        }[self.which]
        self._pages.clear()

    def match(self, place: int) -> Match | None:
        """The track in a line, and its candidates; None: it is gone."""
        page = place // _PAGE
        if page not in self._pages:
            ids = self.ids[page * _PAGE : (page + 1) * _PAGE]
            self._pages[page] = relocate_review.matches(self._reader, ids)
            while len(self._pages) > _PAGES:
                self._pages.popitem(last=False)
        return self._pages[page].get(self.ids[place])

    def candidate(self, match: Match) -> int:
        """Which candidate of a track is shown: the one that was taken, else the one that was looked at."""
        said = self._said.get(match.lost.id, SKIPPED)
        return said if said != SKIPPED else self._looked.get(match.lost.id, 0)

    def said(self, id: int) -> int | None:
        """The candidate that was taken for a track, SKIPPED, or None."""
        return self._said.get(id)

    @property
    def taken(self) -> dict[int, int]:
        """The tracks that are to have a file, and which of their candidates."""
        return {id: said for id, said in self._said.items() if said != SKIPPED}

    # -- saying -----------------------------------------------------------------------------------

    def next_candidate(self, match: Match) -> None:
        """Show the next candidate of a track; what was taken is open again."""
        if len(match.candidates) > 1:
            after = (self.candidate(match) + 1) % len(match.candidates)
            if match.lost.id in self._said:
                self._say({match.lost.id: None})
            self._looked[match.lost.id] = after

    def accept(self, match: Match) -> None:
        """The file that is shown is it; said again, it is open once more."""
        id = match.lost.id
        if match.candidates:
            taken = self._said.get(id, SKIPPED) != SKIPPED
            self._say({id: None if taken else self.candidate(match)})

    def skip(self, match: Match) -> None:
        """Leave a track alone; said again, it is open once more."""
        id = match.lost.id
        self._say({id: None if self._said.get(id) == SKIPPED else SKIPPED})

    def accept_certain(self) -> int:
        """Take all certain ones to which nothing was said. Returns how many."""
        new: dict[int, int | None] = {id: 0 for id in self.overview.certain if id not in self._said}
        if new:
            self._say(new)
        return len(new)

    def _say(self, new: dict[int, int | None]) -> None:
        self._before.append({id: self._said.get(id) for id in new})
        self._set(new)

    def _set(self, new: dict[int, int | None]) -> None:
        for id, said in new.items():
            if said is None:
                self._said.pop(id, None)
            else:
                self._said[id] = said

    def undo(self) -> bool:
        """Take back what was said last. Returns whether there was anything."""
        if not self._before:
            return False
        self._set(self._before.pop())
        return True
