"""An expression as SQL, for `FROM track LEFT JOIN track_text ON track_text.id = track.id`.

SQL is three-valued by itself. What it would get wrong: a NULL among the values of IN makes "not in"
unknown, and a full-text MATCH is false of a NULL text, where a comparison must be unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from djtui.model.track import SEARCHED
from djtui.query.dates import END, Age, During
from djtui.query.evaluate import today
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
    always_decided,
)
from djtui.query.fields import FIELDS, Field

Parameter = str | int | float

# SQLite takes expressions a thousand deep, and a chain of ORs is as deep as it is long.
_CHAIN: Final = 100
_LIKE_ESCAPES: Final = str.maketrans({sign: f"\\{sign}" for sign in "%_\\"})


@dataclass(frozen=True, slots=True)
class Where:
    """`sql` is true of the tracks that match, `unknown_sql` of those that might; both take `params`."""

    sql: str
    params: tuple[Parameter, ...]
    unknown_sql: str


def to_sql(expression: Expression, *, now: datetime | None = None, indexed: bool = True) -> Where:
    """The conditions that pick the tracks an expression holds for, and those it is unknown for.

    `now` is when ages (`<30d`) are counted from; left out, the present. `indexed` False: the text is
    searched row by row, for a library whose full-text index is not built yet. The connection must know
    the functions fold(text) and regexp(pattern, text).
    """
    terms = expression.terms if isinstance(expression, And) else (expression,)
    decided = [term for term in terms if always_decided(term)]
    undecided = [term for term in terms if not always_decided(term)]

    matching = _Writer(today(now), indexed, exact=False)
    sql = matching.all_of((*decided, *undecided))
    exact = _Writer(today(now), indexed, exact=True)
    certain = exact.all_of(decided)
    unknown = f"({exact.all_of(undecided)}) IS NULL" if undecided else "0"
    return Where(sql, tuple(matching.params), f"({certain} AND {unknown})")


class _Writer:
    """Writes SQL and gathers its parameters in the order of their question marks.

    `exact`: NULL where the expression is unknown. Else 0 will do as well, which lets an index drive.
    """

    def __init__(self, today: date, indexed: bool, exact: bool) -> None:
        self.params: list[Parameter] = []
        self._today = today
        self._indexed = indexed
        self._exact = exact

    def all_of(self, terms: Sequence[Expression]) -> str:
        return self._joined("AND", terms) if terms else "1"

    def _joined(self, operator: str, terms: Sequence[Expression]) -> str:
        """The terms in parentheses; what one full-text index can answer at once is asked at once."""
        parts = []
        anywhere = [_fts(t.text) for t in terms if isinstance(t, Anywhere) and self._has_trigrams(t.text)]
        if anywhere:
            parts.append(self._match("track_search", f" {operator} ".join(anywhere)))
        starts = [_fts(t.text) + "*" for t in terms if isinstance(t, WordStart) and self._indexed]
        if starts:
            parts.append(self._match("track_words", f" {operator} ".join(starts)))
        for term in terms:
            match term:
                case Anywhere(text) if not self._has_trigrams(text):
                    parts.append(self._scan(text))
                case WordStart(text) if not self._indexed:
                    parts.append(f"coalesce(instr(' ' || track_text.words, {self._bind(' ' + text)}), 0) > 0")
                case Comparison(field, tests):
                    parts.append(self._comparison(field, tests))
                case Not(inner):
                    parts.append(self._negated(inner))
                case And(inner_terms):
                    parts.append(self.all_of(inner_terms))
                case Or(inner_terms):
                    parts.append(self._joined("OR", inner_terms))
        return _chain(f" {operator} ", parts)

    def _negated(self, term: Expression) -> str:
        exact, self._exact = self._exact, True
        sql = f"NOT {self.all_of((term,))}"
        self._exact = exact
        return sql

    def _has_trigrams(self, text: str) -> bool:
        return self._indexed and len(text) >= 3

    def _bind(self, parameter: Parameter) -> str:
        self.params.append(parameter)
        return "?"

    def _match(self, index: str, query: str) -> str:
        return f"track.id IN (SELECT rowid FROM {index} WHERE {index} MATCH {self._bind(query)})"

    def _scan(self, text: str) -> str:
        columns = (f"coalesce(instr(track_text.{name}, {self._bind(text)}), 0) > 0" for name in SEARCHED)
        return f"({' OR '.join(columns)})"

    def _comparison(self, field: Field, tests: Sequence[Test]) -> str:
        if field.type == "crate":
            return _chain(" OR ", [self._in_crate(test) for test in tests])
        parts = []
        texts = [test.text for test in tests if isinstance(test, Contains)]
        if field.searched and texts and all(map(self._has_trigrams, texts)):
            tests = [test for test in tests if not isinstance(test, Contains)]
            found = self._match("track_search", f"{{{field.name}}} : ({' OR '.join(map(_fts, texts))})")
            parts.append(f"CASE WHEN {field.sql} IS NOT NULL THEN {found} END" if self._exact else found)
        parts += [self._test(field, test) for test in tests]
        return _chain(" OR ", parts)

    def _in_crate(self, test: Test) -> str:
        known_items = "SELECT track_id FROM playlist_item WHERE track_id IS NOT NULL"
        if isinstance(test, Known):
            return f"track.id {'IN' if test.known else 'NOT IN'} ({known_items})"
        name = self._text_test("fold(playlist.name)", test)
        return f"track.id IN ({known_items} AND playlist_id IN (SELECT id FROM playlist WHERE {name}))"

    def _test(self, field: Field, test: Test) -> str:
        match test:
            case Known(known):
                return f"{field.sql} IS {'NOT NULL' if known else 'NULL'}"
            case Span():
                return self._span(field.sql, test)
            case OneOf(values):
                marks = ", ".join(self._bind(value) for value in values)
                return f"{field.sql} = {marks}" if len(values) == 1 else f"{field.sql} IN ({marks})"
            case Age():
                return self._during(field.sql, test.period(self._today))
            case During():
                return self._during(field.sql, test)
            case Contains(text) if field.name == "folder" and not text.endswith("/"):
                # In the folder is: in the path, with a slash to come.
                pattern = "%" + text.translate(_LIKE_ESCAPES) + "%/%"
                return f"{FIELDS['path'].folded_sql} LIKE {self._bind(pattern)} ESCAPE '\\'"
        if field.type == "names":
            named = self._text_test("fold(item.value)", test)
            return f"(SELECT max({named}) {field.names_sql})"
        return self._text_test(field.folded_sql, test)

    def _text_test(self, folded: str, test: Test) -> str:
        match test:
            case Contains(text):
                return f"instr({folded}, {self._bind(text)}) > 0"
            case Same(text):
                return f"{folded} = {self._bind(text)}"
            case Matches(pattern):
                return f"{folded} REGEXP {self._bind(pattern)}"
        raise TypeError(f"{test} is no test of a text.")

    def _span(self, value: str, span: Span) -> str:
        parts = []
        if span.low is not None:
            parts.append(f"{value} {'>' if span.above else '>='} {self._bind(span.low)}")
        if span.high is not None:
            parts.append(f"{value} {'<' if span.below else '<='} {self._bind(span.high)}")
        return f"({' AND '.join(parts)})"

    def _during(self, value: str, period: During) -> str:
        """As dates.within: a period has a start, an end or both."""
        start, end = period.start, period.end
        inside, outside = [], []
        if start is not None:
            inside.append(f"{value} >= {self._bind(start)}")
        if end is not None:
            inside.append(f"{value} || '{END}' < {self._bind(end)}")
            outside.append(f"{value} >= {self._bind(end)}")
        if start is not None:
            outside.append(f"{value} || '{END}' < {self._bind(start)}")
        return f"CASE WHEN {' AND '.join(inside)} THEN 1 WHEN {' OR '.join(outside)} THEN 0 END"


def _fts(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _chain(operator: str, parts: Sequence[str]) -> str:
    while len(parts) > _CHAIN:
        parts = [_chain(operator, parts[i : i + _CHAIN]) for i in range(0, len(parts), _CHAIN)]
    return f"({operator.join(parts)})" if len(parts) > 1 else parts[0]
