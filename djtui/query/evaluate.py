"""An expression asked about one track in memory: true, false or unknown (None)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from djtui.model.text import fold, words
from djtui.model.track import SEARCHED
from djtui.query.dates import Age, During, within
from djtui.query.expression import (
    And,
    Anywhere,
    Comparison,
    Contains,
    Expression,
    Known,
    Matches,
    Not,
    OneOf,
    Or,
    Same,
    Span,
    Test,
    WordStart,
)
from djtui.query.fields import Field, folder_of
from djtui.query.subject import Subject


def evaluate(expression: Expression, subject: Subject, *, now: datetime | None = None) -> bool | None:
    """Whether the expression holds for the subject; None if what it asks is unknown.

    `now` is when ages (`<30d`) are counted from; left out, the present.
    """
    return _evaluate(expression, subject, today(now))


def today(now: datetime | None) -> date:
    """The day ages are counted from; the library's dates are in UTC."""
    return (now or datetime.now(UTC)).date()


def _evaluate(expression: Expression, subject: Subject, today: date) -> bool | None:
    match expression:
        case Anywhere(text):
            return any(text in searched for searched in _searched(subject))
        case WordStart(text):
            return any(word.startswith(text) for word in words(*_searched(subject)).split())
        case Comparison(field, tests):
            return _any(_passes(field, test, subject, today) for test in tests)
        case Not(term):
            result = _evaluate(term, subject, today)
            return None if result is None else not result
        case Or(terms):
            return _any(_evaluate(term, subject, today) for term in terms)
        case And(terms):
            results = [_evaluate(term, subject, today) for term in terms]
            return False if False in results else None if None in results else True


def _any(results: Iterable[bool | None]) -> bool | None:
    listed = list(results)
    return True if True in listed else None if None in listed else False


def _searched(subject: Subject) -> list[str]:
    texts = (getattr(subject.track, name) for name in SEARCHED)
    return [fold(text) for text in texts if text is not None]


def _passes(field: Field, test: Test, subject: Subject, today: date) -> bool | None:
    value = field.value(subject)
    if field.type == "crate":
        if isinstance(test, Known):
            return bool(value) is test.known
        return any(_compare(test, fold(name), today) for name in value)
    if isinstance(test, Known):
        return (value is not None) is test.known
    if value is None:
        return None
    if field.type == "names":
        return any(_compare(test, fold(name), today) for name in value)
    if field.type == "text":
        value = fold(value)
    return _compare(test, folder_of(value) if field.name == "folder" else value, today)


def _compare(test: Test, value: Any, today: date) -> bool | None:
    match test:
        case Contains(text):
            return text in value
        case Same(text):
            return bool(value == text)
        case Matches(pattern):
            return re.search(pattern, value, re.IGNORECASE) is not None
        case Span(low, high, above, below):
            return (low is None or (value > low if above else value >= low)) and (
                high is None or (value < high if below else value <= high)
            )
        case OneOf(values):
            return value in values
        case Age():
            return within(value, test.period(today))
        case During():
            return within(value, test)
    raise TypeError(f"{test} has no value to compare.")
