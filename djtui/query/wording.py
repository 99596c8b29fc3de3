"""Tests and values in words: a test as the filter language writes it, a value as a DJ reads it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from math import floor
from typing import Any, Final

from djtui.model import key as keys
from djtui.model.text import harmless
from djtui.model.track import COLORS
from djtui.query.dates import Age, During, read_period
from djtui.query.expression import Contains, Known, Matches, OneOf, Same, Span, Test
from djtui.query.fields import Field
from djtui.query.parse import quote

_PLAIN: Final = re.compile(r"[^\W_][^\s,()\"~<>=/:]*")
_KEYWORDS: Final = frozenset(("any", "none", "or", "and", "not"))
_DIGITS: Final = 9
_SHOWN: Final = 48


def test_text(field: Field, test: Test) -> str:
    """What stands behind `field:` for a test: "..122", "~8A", ">=4", "=techno", "<30d"."""
    match test:
        case Known(known):
            return "any" if known else "none"
        case Contains(text):
            return _word(text)
        case Same(text):
            return "=" + _word(text)
        case Matches(pattern):
            return f"/{pattern}/"
        case Span():
            return _span_text(field, test)
        case OneOf(values):
            return _choice_text(field, values)
        case Age(operator, count, unit):
            return f"{operator}{count}{unit}"
        case During(start, end):
            return _period_text(start, end)
    raise TypeError(f"{test} stands behind no field.")


def is_near(field: Field, test: Test) -> bool:
    """Whether the test was written with ~: a key that mixes, a bpm within 3 %."""
    return test_text(field, test).startswith("~")


def value_text(field: Field, value: Any) -> str:
    """A known value as a DJ reads it: "7A", "119.9", "3:30", "yes"; long texts are cut."""
    if field.type == "key":
        return keys.camelot(value)
    if field.type == "color":
        return COLORS[value] or "none"
    if field.type == "bool":
        return "yes" if value else "no"
    if field.type == "date":
        return str(value)[:10]
    if field.type == "duration":
        return clock(floor(value + 0.5))
    if field.type in ("number", "cue"):
        return number(round(value, 3))
    text = harmless(str(value))
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def number(value: float) -> str:
    """A number without needless digits: 122.0 -> "122"."""
    text = f"{value:.{_DIGITS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds: 210.5 -> "3:30.5"."""
    minutes, rest = divmod(round(seconds, 6), 60)
    whole, fraction = divmod(round(rest, 6), 1)
    decimals = f"{fraction:.6f}".rstrip("0")[1:].rstrip(".")
    return f"{int(minutes)}:{int(whole):02}{decimals}"


def _word(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text.lower() not in _KEYWORDS else quote(text)


def _measure(field: Field, value: float) -> str:
    return clock(value) if field.type == "duration" else number(round(value, _DIGITS))


def _span_text(field: Field, span: Span) -> str:
    """The bounds without the slack that `values.read` gave them."""
    slack = field.tolerance
    if span.low is not None and span.high is not None:
        if _is_ratio(span.low, span.high):
            return "~" + _measure(field, span.low / 0.97)
        if span.below:
            return _rounded(field, (span.low + span.high) / 2, (span.high - span.low) / 2)
        first, last = _measure(field, span.low + slack), _measure(field, span.high - slack)
        if first != last:
            return f"{first}..{last}"
        return first if field.integer else f"={first}"
    if span.low is not None:
        if span.above:
            return ">" + _measure(field, span.low - slack)
        return _measure(field, span.low + slack) + ".."
    high = span.high or 0.0
    return "<" + _measure(field, high + slack) if span.below else ".." + _measure(field, high - slack)


def _rounded(field: Field, size: float, half: float) -> str:
    """A number with as many decimals as it was written with: `half` is half a unit of the last one."""
    digits = next((n for n in range(_DIGITS) if abs(0.5 * 0.1**n - half) < half / 100), _DIGITS)
    if round(size, digits) != round(size, _DIGITS):  # written finer than the tolerance of its field
        return _measure(field, size)
    text = f"{size:.{digits}f}"
    if field.type != "duration":
        return text
    whole, point, decimals = text.partition(".")
    return clock(int(whole)) + point + decimals


def _is_ratio(low: float, high: float) -> bool:
    return low > 0 and abs(high / low - 1.03 / 0.97) < 1e-9


def _choice_text(field: Field, values: tuple[int, ...] | tuple[str, ...]) -> str:
    first = values[0]
    if field.type == "key":
        for key in map(int, values):
            if len(values) > 1 and keys.neighbours(key) == frozenset(values):
                return "~" + keys.camelot(key)
    if isinstance(first, int):
        return value_text(field, first)
    return first if values == (first, *field.wider.get(first, ())) else "any"


def _period_text(start: str | None, end: str | None) -> str:
    """A year, a month, a day, or from one to another."""
    last = None if end is None else _last_period(end)
    if start is not None and end is not None:
        for text in _periods(start):
            if read_period(text) == (start, end):
                return text
    return f"{start or ''}..{last or ''}"


def _last_period(end: str) -> str:
    """The longest period that ends where this one does."""
    before = date.fromisoformat(_whole(end)) - timedelta(days=1)
    for text in (str(before.year), f"{before:%Y-%m}"):
        period = read_period(text)
        if period is not None and period[1] == end:
            return text
    return before.isoformat()


def _periods(start: str) -> tuple[str, ...]:
    whole = _whole(start)
    return whole[:4], whole[:7], whole


def _whole(text: str) -> str:
    return text + "-01" * (2 - text.count("-"))
