"""What a query means: a tree of small frozen values, the same for SQL and for memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from djtui.query.dates import Age, During
from djtui.query.fields import Field


@dataclass(frozen=True, slots=True)
class Known:
    """`any` and `none`: whether the value is known at all."""

    known: bool


@dataclass(frozen=True, slots=True)
class Contains:
    """The folded text occurs in the folded value."""

    text: str


@dataclass(frozen=True, slots=True)
class Same:
    """The folded value is this folded text."""

    text: str


@dataclass(frozen=True, slots=True)
class Matches:
    """The regular expression is found in the folded value, whatever the case."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers from `low` to `high`, both included unless `above` or `below` says otherwise; None: no end."""

    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value is one of these: numbers of keys, of colours, 0 and 1 for no and yes, or names."""

    values: tuple[int, ...] | tuple[str, ...]


Test = Known | Contains | Same | Matches | Span | OneOf | During | Age


@dataclass(frozen=True, slots=True)
class Anywhere:
    """The folded text occurs in one of the searched columns. Two-valued."""

    text: str


@dataclass(frozen=True, slots=True)
class WordStart:
    """A word in one of the searched columns begins with the folded text. Two-valued."""

    text: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field passes any of the tests."""

    field: Field
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Not:
    term: Expression


@dataclass(frozen=True, slots=True)
class And:
    """All of them; of none: true."""

    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    terms: tuple[Expression, ...]


Expression = Anywhere | WordStart | Comparison | Not | And | Or

EVERYTHING: Final = And(())


def always_decided(expression: Expression) -> bool:
    """Whether it is true or false of every track, never unknown."""
    match expression:
        case Comparison(field, tests):
            return field.always_known or all(isinstance(test, Known) for test in tests)
        case Not(term):
            return always_decided(term)
        case And(terms) | Or(terms):
            return all(always_decided(term) for term in terms)
    return True
