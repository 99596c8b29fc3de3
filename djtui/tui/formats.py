"""Numbers, times and texts as the screens write them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from djtui.model.text import harmless
from djtui.model.text import plural as plural

Part = tuple[str, str]
"""A piece of a line: its text and its style, such as "$quiet" or "bold $accent"; "" for plain."""

Parts = Sequence[Part]

UNKNOWN: Final = "·"

_LABELS: Final = {
    "albumartist": "album artist",
    "comment2": "comment 2",
    "color": "colour",
    "key_text": "key as text",
    "locked": "lock",
    "track_number": "track number",
}


def cut(text: str, width: int) -> str:
    """At most `width` cells of a text, with `…` where some is missing; a wide character is never halved."""
    if text.isascii():
        return text if len(text) <= width else text[: max(0, width - 1)] + "…"[: max(0, width)]
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 0 else ""


def fit(text: str, width: int) -> str:
    """Exactly `width` cells of a text: cut, or filled with blanks."""
    text = cut(text, width)
    return text + " " * (width - cell_len(text))


def width_of(parts: Iterable[Part]) -> int:
    """The cells that the parts take."""
    return sum(cell_len(text) for text, _ in parts)


def cut_parts(parts: Parts, width: int) -> list[Part]:
    """The parts, cut to `width` cells."""
    kept: list[Part] = []
    left = width
    for text, style in parts:
        length = cell_len(text)
        if length > left:
            kept.append((cut(text, left), style))
            break
        kept.append((text, style))
        left -= length
    return kept


def line(left: Parts, right: Parts = (), width: int = 0) -> list[Part]:
    """One line: `left` cut where it must be, `right` flush with the right edge."""
    taken = width_of(right)
    if taken >= width:
        return cut_parts(right, width)
    shown = cut_parts(left, width - taken - (1 if right else 0))
    gap = width - taken - width_of(shown)
    return [*shown, (" " * gap, ""), *right]


def content(parts: Iterable[Part]) -> Content:
    """Parts as Textual's content: plain text, never markup."""
    return Content.assemble(*((harmless(text), style) for text, style in parts))


def count(number: int) -> str:
    """98412 -> "98,412"."""
    return f"{number:,}"


def label(field: str) -> str:
    """A field of a track as a DJ calls it: "track_number" -> "track number"."""
    return _LABELS.get(field, field)


def clock(seconds: float | None) -> str:
    """Seconds as a DJ reads them: "4:29", "2:10:50"; "" for unknown."""
    if seconds is None:
        return ""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def took(seconds: float) -> str:
    """How long something took: "6.1 s", "12:31"."""
    return f"{seconds:.1f} s" if seconds < 60 else clock(seconds)


def rate(per_second: float | None) -> str:
    """Items a second: "3.8/s", "4,200/s"."""
    if per_second is None or per_second <= 0:
        return ""
    return f"{per_second:,.0f}/s" if per_second >= 10 else f"{per_second:.1f}/s"


def tilde(path: Path) -> str:
    """A path as people write it: `~` for home."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def percent(done: int, total: int | None) -> str:
    """ "43%"; "" where the total is unknown. 100 % is reached only when all is done."""
    if not total:
        return ""
    return f"{min(100, done * 100 // total)}%"


def bar(done: int, total: int | None, width: int) -> str:
    """A bar of eighths of a cell; empty while the total is unknown."""
    if not total:
        return " " * width
    eighths = min(width * 8, done * width * 8 // total)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")).ljust(width)


def parsed(stamp: str | None) -> datetime | None:
    """A moment as the library writes it (UTC), or None."""
    if not stamp:
        return None
    try:
        moment = datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def moment(stamp: str | None) -> str:
    """A moment in the DJ's own time: "today 09:12", "14 Nov 21:40", "2025-03-02"."""
    when = parsed(stamp)
    if when is None:
        return ""
    when, now = when.astimezone(), datetime.now().astimezone()
    if when.date() == now.date():
        return f"today {when:%H:%M}"
    return f"{when.day:2} {when:%b %H:%M}" if when.year == now.year else f"{when:%Y-%m-%d}"


def at(when: datetime) -> str:
    """The time of a moment that is near, in the DJ's own: "14:05", of another day "Sun 14:05"."""
    when = when.astimezone()
    return f"{when:%H:%M}" if when.date() == datetime.now().astimezone().date() else f"{when:%a %H:%M}"


def day(date: str) -> str:
    """A date as people say it: "14 Nov", of another year "2025-03-02"; what is no date stays."""
    try:
        when = datetime.fromisoformat(date)
    except ValueError:
        return date
    return f"{when.day} {when:%b}" if when.year == datetime.now().astimezone().year else f"{when:%Y-%m-%d}"


def seconds_until(stamp: str | None) -> float | None:
    """Seconds from now to a moment, not below 0; None for no moment."""
    when = parsed(stamp)
    return None if when is None else max(0.0, when.timestamp() - time.time())


def seconds_between(start: str | None, end: str | None) -> float | None:
    """Seconds between two moments, or None where one is unknown."""
    begun, ended = parsed(start), parsed(end)
    return None if begun is None or ended is None else (ended - begun).total_seconds()
