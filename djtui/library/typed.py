"""Values as a DJ types them into a field, and as they are shown there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from djtui.library.editing import EDITABLE
from djtui.model import key as keys
from djtui.model.track import COLORS
from djtui.query.dates import read_period
from djtui.query.errors import closest

TYPED: Final = tuple(name for name in EDITABLE if name != "cues")
"""The fields that can be typed."""

SLOWEST, FASTEST = 20, 400

_BPM: Final = re.compile(r"[0-9]{2,3}(?:\.[0-9]{1,10})?")
_DATE: Final = re.compile(r"[12][0-9]{3}(?:-[0-9]{2}(?:-[0-9]{2})?)?")
_CLOCK: Final = re.compile(r"(?:(?:([0-9]{1,3}):)?([0-9]{1,5}):)?([0-9]{1,6}(?:\.[0-9]{1,6})?)")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BOOLS: Final = {"yes": 1, "true": 1, "1": 1, "on": 1, "no": 0, "false": 0, "0": 0, "off": 0}


def read(field: str, text: str) -> Any:
    """The value of a field as the library stores it; nothing, or "none" where no text is wanted, is None.

    Raises `ValueError` with a sentence.
    """
    if not text.strip():
        return None
    if (reader := _READERS.get(field)) is None:
        if _CONTROL.search(text):
            raise ValueError(
                f"{field} holds a control character, which no music file or collection can keep."
            )
        return text
    return None if text.strip().lower() == "none" else reader(text.strip())


def show(field: str, value: Any, notation: keys.Notation = "musical") -> str:
    """A value as `read` takes it; "" for an unknown one."""
    if value is None:
        return ""
    if field == "key":
        return keys.spell(value, notation)
    if field == "color":
        return COLORS[value] or ""
    if field == "locked":
        return "yes" if value else "no"
    if field == "bpm":
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return str(value)


def milliseconds(text: str) -> float:
    """A place on the time line: "1:04.2", "64.2", "1:02:03". Raises `ValueError`."""
    match = _CLOCK.fullmatch(text.strip())
    hours, minutes, seconds = match.groups(default="0") if match else ("0", "0", "60")
    if match is None or (match[2] and float(seconds) >= 60) or (match[1] and int(minutes) >= 60):
        raise ValueError(f"{text!r} is no time: say minutes and seconds, as in 1:04.2.")
    return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1000, 3)


def clock(start: float) -> str:
    """Milliseconds as minutes and seconds: `64200.0` -> "1:04.200"."""
    minutes, rest = divmod(round(start), 60_000)
    return f"{minutes}:{rest // 1000:02}.{rest % 1000:03}"


def _rating(text: str) -> int | None:
    if text not in {"0", "1", "2", "3", "4", "5"}:
        raise ValueError(f"rating wants 0 to 5 stars, not {text!r}.")
    return int(text) or None


def _color(text: str) -> int:
    names = [name for name in COLORS if name]
    if text.lower() not in names:
        meant = closest(text, names)
        hint = f" Did you mean {meant}?" if meant else ""
        raise ValueError(f"color wants {', '.join(names)} or none, not {text!r}.{hint}")
    return COLORS.index(text.lower())


def _key(text: str) -> int:
    if (key := keys.parse(text)) is None:
        raise ValueError(f"key wants a key (8A, Am or 1m) or none, not {text!r}.")
    return key


def _bpm(text: str) -> float:
    value = float(text) if _BPM.fullmatch(text) else 0.0
    if not SLOWEST <= value <= FASTEST:
        raise ValueError(f"bpm wants a tempo from {SLOWEST} to {FASTEST}, as in 124.5, not {text!r}.")
    return round(value, 3)


def _track_number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text) or not int(text):
        raise ValueError(f"track_number wants a number from 1 to 9999, not {text!r}.")
    return int(text)


def _released(text: str) -> str:
    if not _DATE.fullmatch(text) or read_period(text) is None:
        raise ValueError(f"released wants a date (2025, 2025-06 or 2025-06-01), not {text!r}.")
    return text


def _locked(text: str) -> int:
    if (value := _BOOLS.get(text.lower())) is None:
        raise ValueError(f"locked wants yes or no, not {text!r}.")
    return value


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "rating": _rating,
    "color": _color,
    "key": _key,
    "bpm": _bpm,
    "track_number": _track_number,
    "released": _released,
    "locked": _locked,
}
