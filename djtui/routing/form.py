"""A rule as a form: lines of a field, an operator and a value, for who does not want to type it.

What the lines say is written as an expression of the filter language; one that is simple enough can be read
back into lines. In a value a comma parts what may stand there for each other: genres is "techno, deep house".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from djtui.query import Expression, Field, QueryError, field_named, parse, quote
from djtui.query.expression import (
    EVERYTHING,
    And,
    Anywhere,
    Comparison,
    Contains,
    Known,
    Not,
    Or,
    Same,
    Test,
    WordStart,
)
from djtui.query.fields import FieldType
from djtui.query.wording import test_text

Operator = Literal[
    "has", "has not", "is", "is not", "at least", "at most", "more than", "less than", "between", "near",
    "not near", "in", "not in", "since", "until", "newer than", "older than", "known", "unknown",
]  # fmt: skip
Joint = Literal["all", "any"]

ANYWHERE: Final = ""
"""The field of a line that looks for words anywhere."""

_TEXT: Final[tuple[Operator, ...]] = ("has", "has not", "is", "is not")
_NUMBER: Final[tuple[Operator, ...]] = (
    "is", "is not", "at least", "at most", "more than", "less than", "between",
)  # fmt: skip
_TEXTS: Final = frozenset(("text", "names", "crate"))
_KNOWN: Final[tuple[Operator, ...]] = ("known", "unknown")
_OPERATORS: Final[Mapping[FieldType, tuple[Operator, ...]]] = {
    "text": _TEXT,
    "names": _TEXT,
    "crate": _TEXT,
    "number": _NUMBER,
    "cue": _NUMBER,
    "duration": _NUMBER,
    "date": ("in", "not in", "since", "until", "newer than", "older than"),
    "key": ("is", "is not", "near", "not near"),
    "bool": ("is", "is not"),
    "choice": ("is", "is not"),
    "color": ("is", "is not"),
}
# What stands before a value.
_PREFIX: Final[Mapping[Operator, str]] = {
    "at least": ">=", "at most": "<=", "more than": ">", "less than": "<", "near": "~",
    "newer than": "<", "older than": ">", "since": ">=", "until": "<=",
}  # fmt: skip
_NEGATION: Final[Mapping[Operator, Operator]] = {
    "has not": "has", "is not": "is", "not near": "near", "not in": "in",
}  # fmt: skip
_NEGATED: Final = {plain: negated for negated, plain in _NEGATION.items()}
_KEYWORDS: Final = frozenset(("any", "none", "or", "and", "not"))


class FormError(ValueError):
    """A line that says nothing; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Line:
    """One condition. `field` is a field's name, or ANYWHERE; `value` is "" for "known" and "unknown"."""

    field: str
    operator: Operator
    value: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """Lines of which all must hold, or any."""

    lines: tuple[Line, ...] = ()
    joint: Joint = "all"


def operators(field: str) -> tuple[Operator, ...]:
    """What a field can be asked, the most usual first; of ANYWHERE whether it has words."""
    if field == ANYWHERE:
        return ("has", "has not")
    known = _field(field)
    near: tuple[Operator, ...] = ("near", "not near") if known.name == "bpm" else ()
    return (*_OPERATORS[known.type], *near, *(() if known.always_known and known.type != "crate" else _KNOWN))


def write(form: Form) -> str:
    """The expression of a form. Raises `FormError` for a line that cannot be."""
    texts = [write_line(line) for line in form.lines]
    if form.joint == "all" or len(texts) < 2:
        return " ".join(texts)
    return " OR ".join(texts)


def write_line(line: Line) -> str:
    """One condition as an expression. Raises `FormError`."""
    if line.operator not in operators(line.field):
        raise FormError(f"{line.field or 'Words'} cannot be asked “{line.operator}”.")
    plain = _NEGATION.get(line.operator, line.operator)
    text = ("" if plain == line.operator else "-") + _condition(line.field, plain, line.value.strip())
    try:
        said = parse(text)
    except QueryError as error:
        raise FormError(str(error)) from error
    condition = said.term if isinstance(said, Not) else said
    if not isinstance(condition, Comparison | Anywhere | WordStart):
        raise FormError(f"“{line.value.strip()}” is no value of {line.field}.")
    return text


def with_line(rule: str, line: Line) -> str:
    """A rule with one more condition that must hold. Raises `QueryError`, `FormError`."""
    expression = parse(rule)
    if expression == EVERYTHING:
        return write_line(line)
    rest = f"({rule.strip()})" if isinstance(expression, Or) else rule.strip()
    return f"{rest} {write_line(line)}"


def read(rule: str) -> Form | None:
    """The form of a rule, or None where it says more than a form can. Raises `QueryError`."""
    expression = parse(rule)
    if expression == EVERYTHING:
        return Form()
    joint: Joint = "any" if isinstance(expression, Or) else "all"
    terms = expression.terms if isinstance(expression, And | Or) else (expression,)
    lines = [line for term in terms if (line := _line(term)) is not None]
    if len(lines) < len(terms):
        return None
    form = Form(tuple(lines), joint)
    try:
        return form if parse(write(form)) == expression else None
    except (FormError, QueryError):
        return None


# -- writing ----------------------------------------------------------------------------------------


def _field(name: str) -> Field:
    if (field := field_named(name)) is None:
        raise FormError(f"There is no field {name}.")
    return field


def _condition(name: str, operator: Operator, value: str) -> str:
    """A condition of a plain operator."""
    if not value and operator not in _KNOWN:
        raise FormError(f"{name or 'This line'} wants a value.")
    if name == ANYWHERE:
        return _word(value)
    field = _field(name)
    if operator in _KNOWN:
        return f"{field.name}:{'any' if operator == 'known' else 'none'}"
    if operator == "between":
        return f"{field.name}:{_between(field, value)}"
    values = [part for part in re.split(r"\s*,\s*", value) if part]
    if not values:
        raise FormError(f"{field.name} wants a value.")
    if field.type in _TEXTS:
        prefix = "=" if operator == "is" else ""
        return f"{field.name}:" + ",".join(prefix + _word(text) for text in values)
    return f"{field.name}:" + ",".join(_PREFIX.get(operator, "") + text for text in values)


def _between(field: Field, value: str) -> str:
    ends = re.split(r"\s*(?:\.\.|–|\band\b|\bto\b)\s*", value)
    if len(ends) != 2 or not all(ends):
        raise FormError(f"{field.name} between wants two ends, as in {field.name}:{field.example}.")
    return "..".join(ends)


def _word(text: str) -> str:
    return text if text.isalnum() and text.lower() not in _KEYWORDS else quote(text)


# -- reading ----------------------------------------------------------------------------------------


def _line(term: Expression) -> Line | None:
    negated = isinstance(term, Not)
    plain = term.term if isinstance(term, Not) else term
    operator: Operator
    match plain:
        case Anywhere(text) | WordStart(text):
            name, operator, value = ANYWHERE, "has", text
        case Comparison(field, tests):
            read = [_read(field, test) for test in tests]
            if read[0][0] == "near" and field.name == "bpm":
                read = read[:1]  # the tempo, its half and its double
            if len({operator for operator, _ in read}) > 1:
                return None
            name, operator, value = field.name, read[0][0], ", ".join(value for _, value in read)
        case _:
            return None
    if not negated:
        return Line(name, operator, value)
    return Line(name, _NEGATED[operator], value) if operator in _NEGATED else None


def _read(field: Field, test: Test) -> tuple[Operator, str]:
    match test:
        case Known(known):
            return ("known" if known else "unknown"), ""
        case Contains(text):
            return "has", text
        case Same(text):
            return "is", text
    text = test_text(field, test)
    is_date = field.type == "date"
    if text.startswith("~"):
        return "near", text[1:]
    if text.endswith(".."):
        return ("since" if is_date else "at least"), text[:-2]
    if text.startswith(".."):
        return ("until" if is_date else "at most"), text[2:]
    if text[0] in "<>" and text[1] != "=":
        smaller = text[0] == "<"
        if is_date:
            return ("newer than" if smaller else "older than"), text[1:]
        return ("less than" if smaller else "more than"), text[1:]
    if is_date:
        return "in", text
    return ("between" if ".." in text else "is"), text
