"""The template language: what files are to be called.

```
{artist} - {title} [{camelot} {bpm}]      Bicep - Opal [8A 128]
{label}/<CD{disc}/>{track} {title}        Ninja Tune/CD1/03 Opal
{artist|first|upper} - {title|max:40}< ({mix})>
```

Tokens: artist title mix album albumartist label catalogue year released track disc bpm key camelot openkey
genre kb duration ext name folder remixer producer comment comment2 rating energy isrc added. Functions: upper
lower title (case), max (length), default (what stands for an unknown value), pad, first, ascii, round. What
each means and an example are in tokens.py.

`{token}`, or `{token|function|function:argument}`; `/` begins a folder. `<…>` is an
optional part: it vanishes if none of its tokens is known, and so do brackets by themselves, with the
separators beside what is missing (layout.py has the rules). `{{` and `}}` are braces. The extension stays as
it is, unless a template ends in `.{ext|lower}`. A `/` in a value never makes a folder. With {mix} in a
template, {title} is without the mix. A name of which only key, tempo and the like are known is none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil
from operator import attrgetter, getitem
from typing import Any, Final
from unicodedata import normalize

from djtui.files import names, parse_template
from djtui.files.facts import Facts
from djtui.files.layout import NOTHING, Layout, Piece, lay_out
from djtui.files.parse_template import TemplateError, Written
from djtui.files.tokens import TELLING, TOKENS, Spell, bare_title, decimals

__all__ = ["Template", "TemplateError"]

_REMEMBERED: Final = 50_000
_OWN: Final = frozenset(("title", "mix", "isrc", "name", "comment", "comment2"))
_ENOUGH: Final = 24  # bytes that a value keeps as long as another one can be shortened


class _Spelled(dict[Any, str | None]):
    """Raw value -> how it stands in a name: worked out once for each distinct value."""

    def __init__(self, spell: Spell) -> None:
        super().__init__()
        self._spell = spell

    def __missing__(self, raw: Any) -> str | None:
        if len(self) >= _REMEMBERED:
            self.clear()
        text = self._spell(raw)
        spelled = self[raw] = (names.clean(text) or None) if text else None
        return spelled


class _SpelledOnce:
    """The same for values of which most files have their own: nothing is kept."""

    def __init__(self, spell: Spell) -> None:
        self._spell = spell

    def __getitem__(self, raw: Any) -> str | None:
        text = self._spell(raw)
        return (names.clean(text) or None) if text else None


class Template:
    """A template, parsed once. Raises `TemplateError`, which points at the mistake."""

    def __init__(self, text: str) -> None:
        self.text = normalize("NFC", text)
        nodes, written, extension = parse_template.parse(self.text)
        self.tokens = tuple(token.name for token in written)
        self.has_folders = parse_template.has_folders(nodes)
        self._nodes = nodes
        with_mix = "mix" in self.tokens
        self._spelled = [
            (_SpelledOnce if token.name in _OWN else _Spelled)(_spell(token, with_mix)) for token in written
        ]
        self._read = _reader([_reads(token.name, with_mix) for token in written])
        self._titles = frozenset(i for i, token in enumerate(written) if token.name == "title")
        self._telling = frozenset(i for i, token in enumerate(written) if token.name in TELLING)
        self._complete = lay_out(nodes, [True] * len(written))
        self._tells = not self._telling.isdisjoint(self._complete.name.used)
        self._layouts: dict[tuple[bool, ...], Layout] = {}
        self._extension = None if extension is None else _spell(extension, with_mix)

    def __reduce__(self) -> tuple[type[Template], tuple[str]]:
        return Template, (self.text,)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Template) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Template({self.text!r})"

    def render(self, facts: Facts) -> str:
        """The name without extension, with its folders: "Ninja Tune/Bicep - Opal". Empty: nothing is known.

        Values are clean, the whole is not: `names.component` is for that.
        """
        values = list(map(getitem, self._spelled, self._read(facts)))
        if None not in values:
            return self._complete.whole.format % tuple(values)
        return _fill(self._layout(values).whole, values)

    def name(self, facts: Facts, room: int) -> str:
        """The file's name alone in at most `room` bytes: first the title is shortened, then the longest."""
        values = self._values(facts)
        piece = self._layout(values).name
        order = sorted(
            set(piece.used), key=lambda i: (i not in self._titles, -names.size(values[i] or ""), i)
        )
        for floor in (_ENOUGH, 0):
            for index in order:
                over = names.size(_fill(piece, values)) - room
                value = values[index]
                if over > 0 and value is not None:
                    left = max(floor, names.size(value) - ceil(over / piece.used.count(index)))
                    values[index] = names.shorten(value, left) or None
                    piece = self._layout(values).name
        return names.shorten(_fill(piece, values), room)

    def unknown(self, facts: Facts) -> list[str]:
        """The tokens that nothing is known of; where titles and the like are among them, only those."""
        values = zip(self.tokens, self._values(facts), strict=True)
        missing = list(dict.fromkeys(name for name, value in values if value is None))
        return [name for name in missing if name in TELLING] or missing

    def extension(self, path: str) -> str:
        """The extension, with its point, that the file at `path` is to have."""
        old = names.extension(path)
        if self._extension is None or not old:
            return old
        new = names.clean(self._extension(path) or "")
        return f".{new}" if new else old

    def _values(self, facts: Facts) -> list[str | None]:
        return list(map(getitem, self._spelled, self._read(facts)))

    def _layout(self, values: Sequence[str | None]) -> Layout:
        known = tuple([value is not None for value in values])
        layout = self._layouts.get(known)
        if layout is None:
            layout = lay_out(self._nodes, known)
            if self._tells and self._telling.isdisjoint(layout.name.used):
                layout = NOTHING
            self._layouts[known] = layout
        return layout


def _fill(piece: Piece, values: Sequence[str | None]) -> str:
    return piece.format % tuple([values[index] for index in piece.used])


def _reads(name: str, with_mix: bool) -> str:
    return "title_and_mix" if with_mix and name == "title" else TOKENS[name].reads


def _reader(attributes: Sequence[str]) -> Callable[[Facts], tuple[Any, ...]]:
    if len(attributes) > 1:
        return attrgetter(*attributes)
    only = attrgetter(*attributes)
    return lambda facts: (only(facts),)


def _spell(written: Written, with_mix: bool) -> Spell:
    """How a token is spelled: by itself or rounded, then changed by each function in turn."""
    plain = bare_title if with_mix and written.name == "title" else TOKENS[written.name].spell
    spell = plain if written.rounding is None else _rounded(written.name, written.rounding)
    if not written.changes:
        return spell

    def changed(raw: Any) -> str | None:
        text = names.clean(spell(raw) or "") or None
        for change in written.changes:
            text = change(text)
        return text

    return changed


def _rounded(name: str, places: str) -> Spell:
    token, spell = TOKENS[name], decimals(places)
    number = token.number
    assert number is not None, name
    return lambda raw: None if token.spell(raw) is None else spell(number(raw))
