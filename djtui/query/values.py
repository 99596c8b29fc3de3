"""What may stand behind `field:`, read by the type of the field."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, NoReturn, cast

from djtui.model import key as keys
from djtui.model.text import fold
from djtui.query.dates import Age, AgeUnit, During, read_period
from djtui.query.errors import QueryError, closest
from djtui.query.expression import Contains, Known, Matches, OneOf, Same, Span, Test
from djtui.query.fields import COLOR_NUMBERS, Field, FieldType

Tests = tuple[Test, ...]
LONGEST: Final = 1000

_NUMBER: Final = re.compile(r"-?(?:[0-9]{1,15}(?:\.([0-9]{0,15}))?|\.([0-9]{1,15}))")
_CLOCK: Final = re.compile(r"(?:([0-9]{1,4}):)?([0-9]{1,5}):([0-5]?[0-9])(?:\.([0-9]{1,6}))?")
_DASHED: Final = re.compile(r"([0-9.:]+)-([0-9.:]+)")
_AGE: Final = re.compile(r"([0-9]{1,6})([dwmy])", re.IGNORECASE)
_BOOLS: Final = {"yes": 1, "true": 1, "1": 1, "no": 0, "false": 0, "0": 0}
_WANTS: Final[dict[FieldType, str]] = {
    "number": "a number",
    "cue": "a number, any or none",
    "duration": "minutes and seconds, or seconds",
    "date": "a date (2025, 2025-06, 2025-06-01) or an age (<30d: days, w, m or y)",
    "bool": "yes or no",
    "key": "a key (8A, Am or 1m)",
    "color": f"a colour ({', '.join(COLOR_NUMBERS)})",
}


@dataclass(frozen=True, slots=True)
class Value:
    """One value as it was written: `>=`, `124`; where it stands in the query; quotes taken off."""

    text: str
    operator: str
    form: Literal["plain", "quoted", "regex"]
    position: int
    length: int

    @property
    def bare(self) -> bool:
        return not self.operator and self.form == "plain"


def read(field: Field, value: Value) -> Tests:
    """The tests of which a track must pass one. Raises QueryError for a value the field cannot have."""
    if value.bare and value.text.lower() in ("any", "none"):
        return _known(field, value.text.lower() == "any")
    if value.form == "regex" and field.type not in ("text", "crate", "names"):
        raise _error(f"{field.name} is no text, so no regular expression can search it.", value)
    if value.operator == "~" and field.name not in ("key", "bpm"):
        raise _error(f"~ finds what is near a key or a bpm; {field.name} has no near.", value)
    return _READERS[field.type](field, value)


def folded(text: str, position: int, length: int) -> str:
    """The text as it is compared. Raises QueryError if nothing, or far too much, is left of it."""
    result = fold(text)
    if not result:
        raise QueryError("There is nothing here to look for.", position, length)
    if len(result) > LONGEST:
        raise QueryError(
            f"This text is longer than the {LONGEST:,} characters that can be looked for.", position, length
        )
    return result


def _known(field: Field, known: bool) -> Tests:
    if field.type == "cue":
        return (Span(low=1) if known else Span(high=0),)
    if field.type == "bool" and field.always_known:
        return (OneOf((int(known),)),)
    if field.nothing:
        some = tuple(choice for choice in field.choices if choice != field.nothing)
        return (OneOf(some if known else (field.nothing,)),)
    return (Known(known),)


def _error(message: str, value: Value, suggestion: str | None = None) -> QueryError:
    return QueryError(message, value.position, value.length, suggestion)


def _refuse(field: Field, value: Value, suggestion: str | None = None) -> NoReturn:
    wants = _WANTS.get(field.type) or " or ".join((", ".join(field.choices[:-1]), field.choices[-1]))
    example = f", as in {field.name}:{field.example}" if field.type in ("number", "duration") else ""
    raise _error(f'{field.name} wants {wants}{example}, not "{value.text}".', value, suggestion)


def _read_text(field: Field, value: Value) -> Tests:
    text = value.text
    if value.form == "regex":
        return (Matches(_pattern(value)),)
    if value.operator not in ("", "="):
        raise _error(
            f"{field.name} is text, which {value.operator} cannot compare. For the sign itself, use quotes.",
            value,
        )
    if value.bare and text.startswith("/") and field.name not in ("path", "folder"):
        raise _error("The regular expression has no closing /. For the text itself, put it in quotes.", value)
    text = folded(text, value.position, value.length)
    if value.operator != "=":
        return (Contains(text),)
    return (Same(text.rstrip("/") + "/" if field.name == "folder" else text),)


def _pattern(value: Value) -> str:
    # The values it searches are folded, so its letters must be; its backslashes (\S) must not.
    pattern = re.sub(r"[^\x00-\x7f]+", lambda match: re.escape(fold(match[0])), value.text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        reason = error.msg if isinstance(error, re.error) else str(error)
        raise _error(f"This is no regular expression: {reason}.", value) from None
    return pattern


def _number(text: str) -> tuple[float, float] | None:
    """The number, and half a unit of its last digit: 128 -> (128, 0.5)."""
    if not (match := _NUMBER.fullmatch(text)):
        return None
    return float(text), 0.5 * 0.1 ** len(match[1] or match[2] or "")


def _clock(text: str) -> tuple[float, float] | None:
    """3:30 -> (210, 0.5), in seconds."""
    if not (match := _CLOCK.fullmatch(text)):
        return _number(text)
    hours, minutes, seconds, fraction = match.groups(default="")
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return float(f"{whole}.{fraction or 0}"), 0.5 * 0.1 ** len(fraction)


def _read_number(field: Field, value: Value) -> Tests:
    text, slack = value.text, field.tolerance
    if value.bare and ".." in text:
        low, high = _ends(field, value)
        if low is not None and high is not None and low > high:
            raise _backwards(value)
        return (Span(None if low is None else low - slack, None if high is None else high + slack),)
    number = _measure(field, text)
    if number is None:
        dashed = _DASHED.fullmatch(text)
        _refuse(field, value, f"{dashed[1]}..{dashed[2]}" if dashed else None)
    size, half = number
    match value.operator:
        case "~":
            return tuple(Span(size * factor * 0.97, size * factor * 1.03) for factor in (1, 0.5, 2))
        case "<":
            return (Span(high=size - slack, below=True),)
        case "<=":
            return (Span(high=size + slack),)
        case ">":
            return (Span(low=size + slack, above=True),)
        case ">=":
            return (Span(low=size - slack),)
        case "=":
            return (Span(size - slack, size + slack),)
    if field.integer:
        return (Span(size, size),)
    half = max(half, slack)
    return (Span(size - half, size + half, below=True),)


def _measure(field: Field, text: str) -> tuple[float, float] | None:
    return _clock(text) if field.type == "duration" else _number(text)


def _ends(field: Field, value: Value) -> tuple[float | None, float | None]:
    low, high = value.text.split("..", 1)
    first, last = _measure(field, low), _measure(field, high)
    if not (low or high) or (low and not first) or (high and not last):
        _refuse(field, value)
    return first and first[0], last and last[0]


def _backwards(value: Value) -> QueryError:
    low, high = value.text.split("..", 1)
    return _error("This range runs backwards.", value, f"{high}..{low}")


def _read_date(field: Field, value: Value) -> Tests:
    text = value.text
    if age := _AGE.fullmatch(text):
        if value.operator not in ("<", "<=", ">", ">="):
            raise _error(f"An age wants < (younger) or > (older): {field.name}:<{text}.", value)
        return (Age(value.operator, int(age[1]), cast(AgeUnit, age[2].lower())),)
    if value.bare and ".." in text:
        low, high = text.split("..", 1)
        first, last = read_period(low), read_period(high)
        if not (low or high) or (low and not first) or (high and not last):
            _refuse(field, value)
        if first and last and first[0] >= last[1]:
            raise _backwards(value)
        return (During(first[0] if first else None, last[1] if last else None),)
    if (period := read_period(text)) is None:
        _refuse(field, value)
    start, end = period
    return {
        "<": (During(end=start),),
        "<=": (During(end=end),),
        ">": (During(start=end),),
        ">=": (During(start=start),),
    }.get(value.operator, (During(start, end),))


def _plain(field: Field, value: Value, allowed: tuple[str, ...] = ("", "=")) -> None:
    if value.operator not in allowed:
        raise _error(f"{field.name} has no more and no less: {value.operator} cannot compare it.", value)


def _read_key(field: Field, value: Value) -> Tests:
    _plain(field, value, ("", "=", "~"))
    number = keys.parse(value.text)
    if number is None:
        _refuse(field, value)
    return (OneOf(tuple(sorted(keys.neighbours(number))) if value.operator == "~" else (number,)),)


def _read_bool(field: Field, value: Value) -> Tests:
    _plain(field, value)
    if (number := _BOOLS.get(value.text.lower())) is None:
        _refuse(field, value)
    return (OneOf((number,)),)


def _read_color(field: Field, value: Value) -> Tests:
    _plain(field, value)
    if (number := COLOR_NUMBERS.get(value.text.lower())) is None:
        _refuse(field, value, closest(value.text, COLOR_NUMBERS))
    return (OneOf((number,)),)


def _read_choice(field: Field, value: Value) -> Tests:
    _plain(field, value)
    choice = value.text.lower()
    if choice not in field.choices:
        _refuse(field, value, closest(value.text, field.choices))
    return (OneOf((choice, *field.wider.get(choice, ()))),)


_READERS: Final[dict[FieldType, Callable[[Field, Value], Tests]]] = {
    "text": _read_text,
    "crate": _read_text,
    "names": _read_text,
    "number": _read_number,
    "cue": _read_number,
    "duration": _read_number,
    "date": _read_date,
    "bool": _read_bool,
    "key": _read_key,
    "color": _read_color,
    "choice": _read_choice,
}
