"""Reading a list page by page while its owner changes it, and knowing at the end whether all of it is here.

Whatever a walk meets is stored with its generation. A walk that met as many as the list has, on a list that
said the same length at every page, has met them all; what has an older generation is gone then. Otherwise
the list is walked again: from the top to what was met, where all that can have happened is that something
was put on top, or else as a whole and as a new generation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final, Literal, Self

from djtui.spotify.rows import Page

WHOLES: Final = 3

Way = Literal["news", "whole", "top"]


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a walk stands. `news` ends at a page that the library has just so, `top` at one with something
    that was met in this generation."""

    way: Way
    generation: int
    offset: int = 0
    total: int | None = None  # as the page before said
    steady: bool = True  # every page has said so, one soon after the other
    shrunk: bool = False
    ended: bool = False
    wholes: int = 0  # that were begun before this one
    last: tuple[int, int] | None = None  # how many the whole one before was told of, and met

    @classmethod
    def resumed(cls, cursor: Mapping[str, Any]) -> Self:
        """The walk as it was left. Who knows what happened to the list meanwhile?"""
        found = {it.name: cursor[it.name] for it in fields(cls)}
        found["last"] = tuple(found["last"]) if found["last"] else None
        found["steady"] = found["steady"] and (found["ended"] or not found["offset"])
        return cls(**found)

    def cursor(self) -> dict[str, Any]:
        return asdict(self)

    def past(self, pages: Sequence[Page[Any]], *, new: bool) -> Self:
        """The walk after these pages; `new`: they were no reason to end it."""
        totals = [page.total for page in pages]
        before = [totals[0] if self.total is None else self.total, *totals]
        following = pages[-1].next
        return replace(
            self,
            offset=following or self.offset,
            total=totals[-1],
            steady=self.steady and len(set(before)) == 1,
            shrunk=self.shrunk or any(now < was for was, now in zip(before, totals, strict=False)),
            ended=following is None or (self.way != "whole" and not new),
        )

    def is_complete(self, count: int, uncounted: int = 0) -> bool:
        """Whether all is here, for a walk that has ended. `count`: what its generation has met; for `news`,
        all there is. `uncounted`: rows of the list that are known to be nothing of their own."""
        if self.way == "news":
            return count + uncounted == self.total
        return self.steady and (
            count == self.total or (self.way == "whole" and self.last == (self.total, count))
        )

    def again(self, count: int) -> Self | None:
        """The walk after one that has ended and is not complete; None: enough of it."""
        assert self.total is not None
        if self.way == "whole" and not self.steady and not self.shrunk and count <= self.total:
            return replace(self, way="top", offset=0, total=None, steady=True, ended=False)
        wholes = self.wholes + (self.way != "news")
        if wholes >= WHOLES:
            return None
        last = (self.total, count) if self.way == "whole" and self.steady else None
        return type(self)("whole", self.generation + 1, wholes=wholes, last=last)
