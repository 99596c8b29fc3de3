"""Why an expression holds for a subject or not: the parts of it that decided, with the values they met."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from djtui.model.text import fold, words
from djtui.model.track import SEARCHED
from djtui.query.dates import Age, During
from djtui.query.evaluate import evaluate
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
from djtui.query.fields import Field
from djtui.query.subject import Subject
from djtui.query.wording import clock, is_near, test_text, value_text


@dataclass(frozen=True, slots=True)
class Part:
    """One condition that decided: "bpm 119.9 in ..122". `field` is None where bare words were looked for;
    `unknown`: there is no value to judge by."""

    text: str
    field: Field | None = None
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """The answer of an expression (None: unknown), and the parts that made it so, in its order.

    Of a true expression everything that it asks and, of alternatives, the first that holds; of a false one
    the first condition that fails and, of alternatives, all; of an unknown one what is unknown.
    """

    answer: bool | None
    parts: tuple[Part, ...] = ()

    def __str__(self) -> str:
        """ "bpm 119.9 in ..122 and key 7A near 8A"; "" where nothing was asked."""
        return " and ".join(part.text for part in self.parts)


def explain(expression: Expression, subject: Subject, *, now: datetime | None = None) -> Reason:
    """Why the expression holds for the subject, does not, or cannot tell.

    The answer is that of `evaluate`; `now` is when ages (`<30d`) are counted from.
    """
    match expression:
        case Not(term):
            inner = explain(term, subject, now=now)
            return replace(inner, answer=None if inner.answer is None else not inner.answer)
        case And(terms):
            return _joined([explain(term, subject, now=now) for term in terms], decisive=False)
        case Or(terms):
            return _joined([explain(term, subject, now=now) for term in terms], decisive=True)
        case Comparison(field, tests):
            answer = evaluate(expression, subject, now=now)
            return Reason(answer, (_compared(field, tests, answer, subject, now),))
        case Anywhere(text) | WordStart(text):
            answer = evaluate(expression, subject, now=now)
            return Reason(answer, (Part(_searched(text, isinstance(expression, WordStart), subject)),))


def _joined(reasons: list[Reason], *, decisive: bool) -> Reason:
    """Of an OR one true term is `decisive`, of an AND one false one; else all of them are needed."""
    for reason in reasons:
        if reason.answer is decisive:
            return reason
    if unknown := [reason for reason in reasons if reason.answer is None]:
        return Reason(None, _parts(unknown))
    return Reason(not decisive, _parts(reasons))


def _parts(reasons: Iterable[Reason]) -> tuple[Part, ...]:
    return tuple(dict.fromkeys(part for reason in reasons for part in reason.parts))


def _searched(text: str, at_start: bool, subject: Subject) -> str:
    for name in SEARCHED:
        value = getattr(subject.track, name)
        if value is None:
            continue
        folded = fold(value)
        if any(word.startswith(text) for word in words(folded).split()) if at_start else text in folded:
            return f"“{text}” in {name}"
    return f"no “{text}”"


def _compared(
    field: Field, tests: tuple[Test, ...], answer: bool | None, subject: Subject, now: datetime | None
) -> Part:
    value = field.value(subject)
    if field.type in ("crate", "names"):
        return _among(field, tests, answer, tuple(value or ()), subject, now)
    if value is None:
        return Part(f"{field.name} unknown", field, unknown=answer is None)
    said = _said(field, tests)
    called = f"{field.name} {_measured(field, said, value) if answer is False else value_text(field, value)}"
    if answer is None:
        return Part(f"{called} may be in {_all(field, said)}", field, unknown=True)
    if answer:
        passed = said[0]
        if len(said) > 1:
            passed = next(test for test in said if evaluate(Comparison(field, (test,)), subject, now=now))
        return Part(called + _holds(field, passed, value), field)
    if len(said) == 1:
        return Part(called + _fails(field, said[0], value), field)
    return Part(f"{called} not in {_all(field, said)}", field)


def _measured(field: Field, tests: Iterable[Test], value: Any) -> str:
    """A value that does not pass; a time has its fraction where only that tells it from a bound."""
    text = value_text(field, value)
    is_close = field.type == "duration" and any(text in test_text(field, test) for test in tests)
    return clock(round(value, 3)) if is_close else text


def _said(field: Field, tests: tuple[Test, ...]) -> tuple[Test, ...]:
    """The tests as they were written: a bpm that is near may be its half and its double, too."""
    return tests[:1] if field.name == "bpm" and len(tests) == 3 and is_near(field, tests[0]) else tests


def _among(
    field: Field,
    tests: tuple[Test, ...],
    answer: bool | None,
    values: tuple[str, ...],
    subject: Subject,
    now: datetime | None,
) -> Part:
    """A field with several values: which of them passes, or that none does."""
    if answer is None:
        return Part(f"{field.name} unknown", field, unknown=True)
    if not values:
        return Part(f"no {field.name}", field)
    if answer:
        met = (value for value in values if _passes_alone(field, tests, value, subject, now))
        return Part(f"{field.name} {value_text(field, next(met))}", field)
    shown = [value_text(field, value) for value in values[:3]] + ["…"] * (len(values) > 3)
    wanted = [test for test in tests if not isinstance(test, Known)]
    without = f" without {_all(field, wanted)}" if wanted else ""
    return Part(f"{field.name} {', '.join(shown)}{without}", field)


def _passes_alone(
    field: Field, tests: tuple[Test, ...], value: str, subject: Subject, now: datetime | None
) -> bool:
    alone = replace(field, value=lambda _: (value,))
    return evaluate(Comparison(alone, tests), subject, now=now) is True


def _holds(field: Field, test: Test, value: Any) -> str:
    """What to say behind a value that passes; "" where the value says it all."""
    wanted = test_text(field, test)
    match test:
        case OneOf() if is_near(field, test):
            return f" near {wanted[1:]}"
        case Contains(text):
            return "" if fold(value) == text else f" has {wanted}"
        case Matches():
            return f" matches {wanted}"
        case Span() if wanted.startswith("~"):
            return f" near {wanted[1:]}"
        case Span() | During() | Age() if ".." in wanted or wanted[0] in "<>":
            return f" in {wanted}"
        case Span() if value_text(field, value) != wanted.removeprefix("="):
            return f" as {wanted}"
    return ""


def _fails(field: Field, test: Test, value: Any) -> str:
    wanted = test_text(field, test)
    match test:
        case Known(known):
            return "" if known else " is known"
        case OneOf() if is_near(field, test):
            return f" not near {wanted[1:]}"
        case OneOf() if field.type == "bool":
            return ""
        case OneOf() | Same():
            return f", not {wanted.removeprefix('=')}"
        case Contains():
            return f" without {wanted}"
        case Matches():
            return f" does not match {wanted}"
        case Span(low):
            return _beyond(wanted, too_low=low is not None and value <= low)
    return f" not in {wanted}"


def _beyond(wanted: str, *, too_low: bool) -> str:
    """ " > 122": beyond which end of a range a value lies."""
    if wanted.startswith("~"):
        return f" not near {wanted[1:]}"
    low, ranged, high = wanted.partition("..")
    if ranged:
        return f" < {low}" if too_low else f" > {high}"
    if wanted[0] in "<>":
        return f" {'<=' if wanted[0] == '>' else '>='} {wanted[1:]}"
    return f", not {wanted.removeprefix('=')}"


def _all(field: Field, tests: Iterable[Test]) -> str:
    return " or ".join(test_text(field, test) for test in tests)
