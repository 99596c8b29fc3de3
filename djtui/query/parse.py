"""From the text of a query to its meaning, or to a mistake that can be pointed at."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Final, cast

from djtui.query.errors import QueryError, closest
from djtui.query.expression import (
    EVERYTHING,
    And,
    Anywhere,
    Comparison,
    Expression,
    Not,
    Or,
    WordStart,
)
from djtui.query.fields import Field, field_named, field_names
from djtui.query.values import Value, folded, read

if TYPE_CHECKING:
    from lark import Lark, Token, UnexpectedInput

# What SQLite takes: its parser holds a hundred symbols on its stack, and a statement so many parameters.
DEEPEST: Final = 16
MOST: Final = 1000

# No text of a query may hold these: SQLite ends a text at NUL and takes no lone surrogates.
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
_SHORT_WORD: Final = re.compile(r"[^\W_]{1,2}")


def parse(text: str) -> Expression:
    """The meaning of a query; an empty one asks for every track. Raises QueryError and nothing else."""
    from lark import UnexpectedInput

    text = _UNSTORABLE.sub("\ufffd", text)
    try:
        expression = cast(Expression, _parser().parse(text))
    except UnexpectedInput as error:
        raise _mistake(error, text) from None
    _refuse_monsters(expression, text)
    return expression


def quote(text: str) -> str:
    """The text as a phrase that a query may hold, whatever is in it: `artist:=` + quote(artist)."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


@cache
def _parser() -> Lark:
    from importlib.resources import files

    from lark import Lark

    grammar = files("djtui.query").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", maybe_placeholders=False, transformer=_Builder())


class _Builder:
    """Makes an expression of what lark has recognised; the methods are named as the rules of the grammar."""

    def start(self, children: list[Expression]) -> Expression:
        return children[0] if children else EVERYTHING

    def disjunction(self, terms: list[Expression]) -> Expression:
        return Or(tuple(_flat(terms, Or)))

    def conjunction(self, terms: list[Expression]) -> Expression:
        return And(tuple(_flat(terms, And)))

    def negation(self, children: list[Expression]) -> Expression:
        (term,) = children
        return term.term if isinstance(term, Not) else Not(term)

    def word(self, children: list[Token]) -> Expression:
        (token,) = children
        text = folded(token, _position(token), len(token))
        return WordStart(text) if _SHORT_WORD.fullmatch(text) else Anywhere(text)

    def phrase(self, children: list[Token]) -> Expression:
        (token,) = children
        return Anywhere(folded(_unquoted(token), _position(token), len(token)))

    def comparison(self, children: list[Token | Value]) -> Expression:
        field = _field(cast("Token", children[0]))
        values = cast(list[Value], children[1:])
        return Comparison(field, tuple(test for value in values for test in read(field, value)))

    def unfinished(self, children: list[Token]) -> Expression:
        (token,) = children
        raise _without_value(_field(token), _position(token), len(token))

    def value(self, children: list[Token]) -> Value:
        *operators, token = children
        position = _position(children[0])
        length = _position(token) + len(token) - position
        operator = str(operators[0]) if operators else ""
        if token.type == "REGEX":
            return Value(token[1:-1], operator, "regex", position, length)
        if token.type == "QUOTED":
            return Value(_unquoted(token), operator, "quoted", position, length)
        return Value(str(token), operator, "plain", position, length)


def _flat(terms: Iterable[Expression], kind: type[And] | type[Or]) -> Iterable[Expression]:
    for term in terms:
        if isinstance(term, kind):
            yield from term.terms
        else:
            yield term


def _position(token: Token) -> int:
    return token.start_pos or 0


def _unquoted(token: Token) -> str:
    return token[1:-1].replace('""', '"')


def _field(token: Token) -> Field:
    name = token[:-1]
    if field := field_named(name):
        return field
    raise QueryError(
        f'There is no field "{name}". For the text itself, put it in quotes.',
        _position(token),
        len(name),
        closest(name, field_names()),
    )


def _without_value(field: Field, position: int, length: int) -> QueryError:
    return QueryError(
        f"{field.name} wants a value right behind it, as in {field.name}:{field.example} ({field.help}).",
        position,
        length,
    )


def _refuse_monsters(expression: Expression, text: str) -> None:
    conditions = 0
    waiting = [(expression, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEEPEST:
            raise QueryError(f"Parentheses are nested more than {DEEPEST} deep.", 0, len(text))
        match node:
            case Not(term):
                waiting.append((term, depth + 1))
            case And(terms) | Or(terms):
                waiting.extend((term, depth + 1) for term in terms)
            case Comparison(_, tests):
                conditions += len(tests)
            case _:
                conditions += 1
    if conditions > MOST:
        raise QueryError(f"A query may ask for {MOST:,} things at most.", 0, len(text))


def _mistake(error: UnexpectedInput, text: str) -> QueryError:
    """The sentence for what lark could not go on with."""
    from lark import Token

    stack = error.interactive_parser.parser_state.value_stack
    before = stack[-1] if stack and isinstance(stack[-1], Token) else None
    token = getattr(error, "token", None)
    at_end = token is not None and token.type == "$END"
    position = len(text) if at_end else error.pos_in_stream or 0
    rest = text[position:]
    if rest.startswith('"'):
        return QueryError("The closing quote is missing.", position, len(rest))
    if before is not None and before.type == "FIELD":
        field = _field(before)
        if rest.startswith("("):
            return QueryError(f"One field, several values: write {field.name}:one,two.", position, len(rest))
        return _without_value(field, _position(before), len(before))
    if before is not None and before.type in ("_OR", "_AND", "_NOT", "_MINUS", "_COMMA", "OPERATOR"):
        return QueryError(f"Something is missing behind {before}.", _position(before), len(before))
    if rest.startswith(","):
        return QueryError("A comma parts the values of a field, without blanks: key:8A,9A.", position)
    if rest.startswith(")"):
        empty = before is not None and before.type == "_LPAR"
        sentence = "There is nothing in these parentheses." if empty else "This parenthesis closes nothing."
        return QueryError(sentence, position)
    if at_end:
        opened = [item for item in stack if isinstance(item, Token) and item.type == "_LPAR"]
        return QueryError("This parenthesis is never closed.", _position(opened[-1]))
    word = rest.split(maxsplit=1)[0]
    return QueryError(
        f'Something is missing before {word}. For the word itself, put it in quotes: "{word}".',
        position,
        len(word),
    )
