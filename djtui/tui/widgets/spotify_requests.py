"""The requests to Spotify in a line: hour by hour, how many of how many, and what the cache saved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from djtui.tui import formats
from djtui.tui.allowance import Allowance
from djtui.tui.formats import Part

_LEVELS: Final = "▁▂▃▄▅▆▇█"
_SHORT: Final = 8  # hours, where all 24 have no room
_LEAD: Final = "requests today "


def spark(counts: Sequence[int]) -> str:
    """A bar a count, the highest of them full; ▁ is none at all."""
    top = max(counts, default=0)
    return "".join(_LEVELS[-(-count * (len(_LEVELS) - 1) // top) if top else 0] for count in counts)


def used(allowance: Allowance) -> list[Part]:
    """ "812 of about 1,000": learned from Spotify is "about", a limit of the DJ's own is exact."""
    budget = allowance.budget
    if budget is None:
        return [("none yet", "$quiet")]
    full = budget.ceiling is not None and budget.used >= budget.ceiling
    parts: list[Part] = [(f"{budget.used:,}", "$warning" if full else "")]
    if budget.ceiling is not None:
        about = "about " if budget.ceiling != budget.own else ""
        parts.append((f" of {about}{budget.ceiling:,}", "$quiet"))
    return parts


def saved(allowance: Allowance) -> list[Part]:
    """ "cache saved 1,240 (78 %)": requests, and how many of the questions it knew the answer to."""
    cache = allowance.cache
    if cache is None or cache.rate is None:
        return []
    share = f" ({int(cache.rate * 100)} %)"
    return [("cache saved ", "$quiet"), (f"{cache.total.saved:,}", ""), (share, "$quiet")]


def requests_line(allowance: Allowance, width: int) -> list[Part]:
    """All of it, or as much as there is room for."""
    figures, cache = used(allowance), saved(allowance)
    tail: list[Part] = [(" · ", "$quiet"), *cache] if cache else []
    if allowance.budget is None:
        return [(_LEAD, "$quiet"), *figures, *tail]
    hours = allowance.budget.by_hour
    room = width - len(_LEAD) - 2 - formats.width_of([*figures, *tail])
    shown = hours if room >= len(hours) else hours[-_SHORT:] if room >= _SHORT else ()
    bars: list[Part] = [(spark(shown), "$accent"), ("  ", "")] if shown else []
    return [(_LEAD, "$quiet"), *bars, *figures, *tail]


def blocked(allowance: Allowance, now: datetime | None = None) -> list[Part]:
    """ "⏸ 12:31 (quota, until 14:05)", while Spotify must not be asked; else nothing."""
    until = allowance.blocked_until(now)
    if until is None:
        return []
    left = formats.clock(formats.seconds_until(until.isoformat()))
    why = f"{allowance.reason}, " if allowance.reason else ""
    return [(f"⏸ {left}", "$warning"), (f" ({why}until {formats.at(until)})", "$quiet")]
