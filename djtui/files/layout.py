"""How the parts of a template stand together when some of its tokens are unknown.

Which tokens are known decides everything, so a layout is worked out once for each such pattern, and a name is
then one `%` away. The rules:

- An optional part `<…>`, or brackets, of whose tokens none is known vanishes with all that is in it.
- A word that touches a token (`{bpm}bpm`, `CD{disc}`) goes with it. Other words stay.
- Of the separators around what is missing, one is left between two known values: the one in front of a
  bracket if a bracket follows, else the first that is more than a blank. At an end, none is left.
- A folder of which nothing is known is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple


@dataclass(frozen=True, slots=True)
class Words:
    """Letters and digits that the template says itself."""

    text: str


@dataclass(frozen=True, slots=True)
class Separator:
    """What stands between: blanks, dashes, points."""

    text: str


@dataclass(frozen=True, slots=True)
class Slash:
    """Where a folder ends."""


@dataclass(frozen=True, slots=True)
class Value:
    """The token number `index` of the template, with the words that touch it."""

    index: int
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """`<…>`, or a pair of brackets that is printed around what is in it."""

    nodes: tuple[Node, ...]
    brackets: str = ""


Node = Words | Separator | Slash | Value | Part


class Piece(NamedTuple):
    """A format for `%`, and the numbers of the tokens that fill it."""

    format: str = ""
    used: tuple[int, ...] = ()
    bracketed: bool = False


class Layout(NamedTuple):
    """A template for one pattern of known tokens: the whole, and the file's name alone.

    Both are empty where no token of the name is known.
    """

    whole: Piece
    name: Piece


NOTHING: Final = Layout(Piece(), Piece())
_MISSING: Final = None
_Event = Piece | Separator | Slash | None


def lay_out(nodes: Sequence[Node], known: Sequence[bool]) -> Layout:
    """The layout where the tokens are known or not as `known` says."""
    components: list[list[_Event]] = [[]]
    for event in _events(nodes, known):
        if isinstance(event, Slash):
            components.append([])
        else:
            components[-1].append(event)
    *folders, name = [_joined(events) for events in components]
    if name is None or not name.used:
        return NOTHING
    parts = [part for part in (*folders, name) if part is not None]
    whole = Piece("/".join(part.format for part in parts), tuple(i for part in parts for i in part.used))
    return Layout(whole, name)


def tokens_in(nodes: Sequence[Node]) -> Iterator[int]:
    """The numbers of the tokens, in order."""
    for node in nodes:
        if isinstance(node, Value):
            yield node.index
        elif isinstance(node, Part):
            yield from tokens_in(node.nodes)


def _events(nodes: Sequence[Node], known: Sequence[bool]) -> Iterator[_Event]:
    for node in nodes:
        if isinstance(node, Words):
            yield Piece(_literal(node.text))
        elif isinstance(node, Value):
            yield _value(node) if known[node.index] else _MISSING
        elif not isinstance(node, Part):
            yield node
        elif not _wanted(node, known):
            yield _MISSING
        elif node.brackets:
            yield _bracketed(node, known)
        else:
            yield from _events(node.nodes, known)


def _wanted(part: Part, known: Sequence[bool]) -> bool:
    tokens = [known[index] for index in tokens_in(part.nodes)]
    return any(tokens) or not tokens


def _value(node: Value) -> Piece:
    return Piece(f"{_literal(node.before)}%s{_literal(node.after)}", (node.index,))


def _bracketed(part: Part, known: Sequence[bool]) -> Piece:
    inner = _joined(list(_events(part.nodes, known))) or Piece()
    return Piece(f"{part.brackets[0]}{inner.format}{part.brackets[1]}", inner.used, bracketed=True)


def _joined(events: Sequence[_Event]) -> Piece | None:
    """The events of one component as one piece; None: there is no value in it."""
    texts: list[str] = []
    used: list[int] = []
    separators: list[str] = []
    gap = found = False
    for event in events:
        if event is _MISSING:
            gap = True
        elif isinstance(event, Separator):
            separators.append(_literal(event.text))
        elif isinstance(event, Piece):
            texts.append(_between(separators, event) if gap and found else "" if gap else "".join(separators))
            texts.append(event.format)
            used += event.used
            separators, gap, found = [], False, True
    if not found:
        return None
    if not gap:
        texts += separators
    return Piece("".join(texts), tuple(used))


def _between(separators: Sequence[str], following: Piece) -> str:
    """What is left of the separators around a missing value."""
    if following.bracketed:
        return separators[-1] if separators else ""
    return next((text for text in separators if text.strip()), separators[0] if separators else "")


def _literal(text: str) -> str:
    return text.replace("%", "%%")
