"""A template's text taken apart; mistakes are pointed at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from djtui.files.layout import Node, Part, Separator, Slash, Value, Words, lay_out
from djtui.files.names import FORBIDDEN, clean
from djtui.files.tokens import ALIASES, FUNCTIONS, TOKENS, Change
from djtui.query.errors import QueryError, closest

_CLOSING: Final = {"(": ")", "[": "]", "<": ">"}
_SPECIAL: Final = re.compile(r"[{}<>()\[\]/]")
_WORD: Final = re.compile(r"[^\W_]+")
_FILE_KIND: Final = re.compile(r"\.(mp3|flac|m4a|mp4|ogg|opus|wav|aiff?|wma|aac|alac)\s*$", re.IGNORECASE)


class TemplateError(QueryError):
    """What is wrong with a template, and where; it points as a mistake in a query does."""


@dataclass(frozen=True, slots=True)
class Written:
    """A token as a template has it. `rounding`: what stands behind `round:`, None: there is no round."""

    name: str
    rounding: str | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class _Literal:
    text: str


def parse(text: str) -> tuple[tuple[Node, ...], tuple[Written, ...], Written | None]:
    """The nodes, the tokens by their numbers, and what the template says of the extension.

    Raises TemplateError.
    """
    return _Parser(text).template()


def has_folders(nodes: Iterable[Node]) -> bool:
    """Whether there is a `/` in it."""
    parts = [node.nodes for node in nodes if isinstance(node, Part)]
    return any(isinstance(node, Slash) for node in nodes) or any(map(has_folders, parts))


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._written: list[Written] = []
        self._brackets: list[int] = []

    def template(self) -> tuple[tuple[Node, ...], tuple[Written, ...], Written | None]:
        text = self._text
        if not text.strip():
            raise TemplateError("The template is empty.", 0)
        if kind := _FILE_KIND.search(text):
            message = f"Leave out {kind[0].strip()}: a file keeps its extension."
            raise TemplateError(message, kind.start(), len(kind[0].strip()))
        nodes = self._sequence("")
        extension = self._take_extension(nodes)
        bound = _bound(nodes)
        self._check_components(bound)
        return bound, tuple(self._written), extension

    def _sequence(self, closing: str) -> list[Node | _Literal]:
        nodes: list[Node | _Literal] = []
        opened = self._at - 1
        while self._at < len(self._text):
            char = self._text[self._at]
            if char == closing:
                self._at += 1
                return nodes
            nodes.append(self._node(char))
        if closing:
            raise TemplateError(f"This {self._text[opened]} has no {closing}.", opened)
        return nodes

    def _node(self, char: str) -> Node | _Literal:
        start = self._at
        if self._text.startswith(("{{", "}}"), start):
            self._at += 2
            return _Literal(char)
        if char == "{":
            return self._token()
        if char in _CLOSING:
            return self._part(char)
        if char == "/":
            return self._slash()
        if char in "}>)]":
            opening = {"}": "{", ">": "<", ")": "(", "]": "["}[char]
            raise TemplateError(f"This {char} has no {opening} before it.", start)
        end = _SPECIAL.search(self._text, start)
        self._at = end.start() if end else len(self._text)
        literal = self._text[start : self._at]
        self._check_literal(literal, start)
        return _Literal(literal)

    def _check_literal(self, literal: str, start: int) -> None:
        for place, char in enumerate(literal, start):
            if char == "\\":
                raise TemplateError("Folders are separated by /.", place, suggestion="/")
            if char in FORBIDDEN:
                raise TemplateError(f"No name can hold {char}.", place, suggestion=FORBIDDEN[char] or None)
            if char != " " and clean(among := f"☃{char}☃") != among:
                raise TemplateError("This character cannot stand in a file's name.", place)

    def _slash(self) -> Slash:
        if self._brackets:
            raise TemplateError("A folder cannot begin within brackets.", self._at)
        self._at += 1
        return Slash()

    def _part(self, opening: str) -> Part:
        start = self._at
        self._at += 1
        first = len(self._written)
        if opening == "<":
            nodes = self._sequence(">")
            if len(self._written) == first:
                raise TemplateError("There is no token in this optional part.", start, self._at - start)
            return Part(_bound(nodes))
        self._brackets.append(start)
        nodes = self._sequence(_CLOSING[opening])
        self._brackets.pop()
        return Part(_bound(nodes), opening + _CLOSING[opening])

    def _token(self) -> Value:
        start = self._at
        end = self._text.find("}", start)
        if end < 0:
            raise TemplateError("This { has no }.", start)
        self._at = end + 1
        name, *functions = self._text[start + 1 : end].split("|")
        written = Written(self._name(name, start + 1))
        place = start + 1 + len(name)
        for function in functions:
            place += 1
            written = self._function(written, function, place)
            place += len(function)
        self._written.append(written)
        return Value(len(self._written) - 1)

    def _name(self, text: str, start: int) -> str:
        name = text.strip()
        place = start + len(text) - len(text.lstrip())
        if not name:
            raise TemplateError("A token has no name.", start - 1, len(text) + 2)
        if name not in TOKENS:
            near = ALIASES.get(name.lower()) or closest(name, TOKENS)
            raise TemplateError(f"There is no token {name}.", place, len(name), near)
        return name

    def _function(self, written: Written, text: str, start: int) -> Written:
        head, colon, argument = text.partition(":")
        name = head.strip()
        place, length = start + len(text) - len(text.lstrip()), max(1, len(text.strip()))
        if name not in FUNCTIONS:
            if not name:
                raise TemplateError("A function has no name.", start - 1)
            raise TemplateError(f"There is no function {name}.", place, len(name), closest(name, FUNCTIONS))
        function = FUNCTIONS[name]
        if colon and not function.argument:
            raise TemplateError(f"{name} takes nothing behind it.", place, length, name)
        if function.argument and not colon and not function.optional:
            raise TemplateError(f"{name} wants {function.argument}, as in {function.example}.", place, length)
        if name == "round" and TOKENS[written.name].number is None:
            raise TemplateError(f"round is for numbers: {written.name} is none.", place, length)
        if name == "round" and (written.changes or written.rounding is not None):
            raise TemplateError("round comes first, and once.", place, length)
        try:
            change = function.build(argument if name == "default" else argument.strip())
        except ValueError:
            message = f"{name} wants {function.argument}, as in {function.example}."
            raise TemplateError(message, start + len(head) + 1, len(argument)) from None
        if name == "round":
            return replace(written, rounding=argument.strip())
        return replace(written, changes=(*written.changes, change))

    def _take_extension(self, nodes: list[Node | _Literal]) -> Written | None:
        """A closing `.{ext}` is taken off: the extension is not part of the name."""
        if len(nodes) < 2 or not isinstance(last := nodes[-1], Value):
            return None
        written, before = self._written[last.index], nodes[-2]
        if written.name != "ext" or not isinstance(before, _Literal) or not before.text.endswith("."):
            return None
        nodes[-2:] = [_Literal(before.text[:-1])]
        self._written.pop()
        return written

    def _check_components(self, nodes: Sequence[Node]) -> None:
        if isinstance(nodes[0], Slash):
            raise TemplateError("A template begins below a folder of yours, not with a /.", 0)
        if "//" in self._text:
            raise TemplateError("A folder between these two has no name.", self._text.index("//"), 2)
        last = self._text.rfind("/") + 1
        for found in re.finditer(r"(?:^|/)(\.+)(?=/)", self._text):
            raise TemplateError("A folder cannot be called so.", found.start(1), len(found[1]))
        if not lay_out(nodes, [True] * len(self._written)).name.used:
            message = "There is no token in the file's name: all would be called the same."
            raise TemplateError(message, last, len(self._text) - last)


def _bound(nodes: Iterable[Node | _Literal]) -> tuple[Node, ...]:
    """Literals as words and separators; words that touch a token become part of it."""
    found: list[Node] = []
    for node in _merged(nodes):
        if isinstance(node, _Literal):
            found += _split(node.text)
        else:
            found.append(node)
    bound: list[Node] = []
    for place, node in enumerate(found):
        before = bound[-1] if bound else None
        after = found[place + 1] if place + 1 < len(found) else None
        if isinstance(node, Words) and isinstance(before, Value) and isinstance(after, Value):
            bound.append(Separator(node.text))
        elif isinstance(node, Words) and isinstance(before, Value):
            bound[-1] = replace(before, after=node.text)
        elif isinstance(node, Value) and isinstance(before, Words):
            bound[-1] = replace(node, before=before.text)
        else:
            bound.append(node)
    return tuple(bound)


def _merged(nodes: Iterable[Node | _Literal]) -> list[Node | _Literal]:
    merged: list[Node | _Literal] = []
    for node in nodes:
        if merged and isinstance(node, _Literal) and isinstance(before := merged[-1], _Literal):
            merged[-1] = _Literal(before.text + node.text)
        else:
            merged.append(node)
    return merged


def _split(text: str) -> list[Node]:
    nodes: list[Node] = []
    end = 0
    for word in _WORD.finditer(text):
        if word.start() > end:
            nodes.append(Separator(text[end : word.start()]))
        nodes.append(Words(word[0]))
        end = word.end()
    if end < len(text):
        nodes.append(Separator(text[end:]))
    return nodes
