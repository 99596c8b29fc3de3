"""A rule put together from fields, operators and values, for who does not want to type it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from djtui.model.text import harmless
from djtui.query import FIELDS, parse
from djtui.query.expression import Or
from djtui.routing import form
from djtui.routing.form import ANYWHERE, Form, FormError, Line
from djtui.tui.screens.dialog import Dialog, Picker, Prompt, plain
from djtui.tui.widgets.rows import Row, Rows

_ADD: Final = "add"
_WORDS: Final = "words anywhere"
_FIRST: Final = (
    "bpm", "key", "genre", "genres", "year", "rating", "energy", "duration", "popularity",
    "artist_popularity", "explicit", "title", "artist", "label", "crate", "owned", "liked", "added", "plays",
)  # fmt: skip


class RuleForm(Dialog[str]):
    """Answers the rule. `changed` hears of every change of it, so that it can be previewed."""

    HINTS = "enter change · n another · del away · o all or any · s take it · esc leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "add", show=False),
        Binding("delete,x", "remove", show=False),
        Binding("o", "joint", show=False),
        Binding("s", "take", show=False),
        Binding("q", "leave", show=False),
    ]

    def __init__(self, title: str, rule: str, changed: Callable[[str], object]) -> None:
        super().__init__(title, wide=True)
        known = form.read(rule)
        self._before = rule if known is None else ""
        self._form = known or Form()
        self._changed = changed

    def body(self) -> ComposeResult:
        if self._before:
            yield Static(Content(harmless(self._before)), id="before")
            yield Static("… which says more than a form can. What you add must hold, too.", classes="text")
        yield Rows(id="lines")
        yield Static("", id="rule")
        yield Static("", id="takes")

    def on_mount(self) -> None:
        self._show()
        self.query_one("#lines", Rows).focus()

    @property
    def rule(self) -> str:
        """The rule as it stands."""
        said = form.write(self._form)
        if not self._before:
            return said
        texts = [text for text in (self._before, said) if text]
        return " ".join(f"({text})" if isinstance(parse(text), Or) else text for text in texts)

    def say(self, text: str) -> None:
        """How many songs the rule takes."""
        self.query_one("#takes", Static).update(Content(harmless(text)))

    def _show(self, at: int | None = None) -> None:
        rows = [_row(number, line) for number, line in enumerate(self._form.lines)]
        add = Row(_ADD, ((" + another condition" if rows else " + a condition", "$accent"),))
        lines = self.query_one("#lines", Rows)
        lines.styles.height = len(rows) + 1
        lines.show([*rows, add], cursor=at if rows else _ADD)
        joint = "all of these hold" if self._form.joint == "all" else "any of these holds"
        said = f"{joint}:  {self.rule}" if len(rows) > 1 else self.rule
        self.query_one("#rule", Static).update(Content(harmless(said or "every song of the base")))
        self._changed(self.rule)

    # -- doing ------------------------------------------------------------------------------------

    def on_rows_selected(self, event: Rows.Selected) -> None:
        number = event.row.key
        self.djtui.do(self._ask(number if isinstance(number, int) else None))

    def action_add(self) -> None:
        self.djtui.do(self._ask(None))

    def action_remove(self) -> None:
        row = self.query_one("#lines", Rows).row
        if row is not None and isinstance(row.key, int):
            self._put([line for number, line in enumerate(self._form.lines) if number != row.key])

    def action_joint(self) -> None:
        self._form = Form(self._form.lines, "any" if self._form.joint == "all" else "all")
        self._show()

    def action_take(self) -> None:
        self.dismiss(self.rule)

    def _put(self, lines: list[Line], at: int | None = None) -> None:
        self._form = Form(tuple(lines), self._form.joint)
        self._show(at)

    async def _ask(self, number: int | None) -> None:
        """Ask for a condition, field by operator by value; `number`: the line that it takes the place of."""
        lines = list(self._form.lines)
        old = lines[number] if number is not None else None
        field = await self.djtui.push_screen_wait(_fields(old))
        if field is None:
            return
        name = ANYWHERE if field == _WORDS else field
        choices = form.operators(name)
        was = old.operator if old is not None and old.field == name else choices[0]
        operator = await self.djtui.push_screen_wait(
            Picker(f"{field} …", [plain(it, f" {it}") for it in choices], cursor=was)
        )
        if operator is None:
            return
        meant = next(it for it in choices if it == operator)
        value: str | None = ""
        if meant not in ("known", "unknown"):
            value = await self.djtui.push_screen_wait(_value(name, meant, old))
        if value is None:
            return
        line = Line(name, meant, value.strip())
        if number is None:
            lines.append(line)
        else:
            lines[number] = line
        self._put(lines, len(lines) - 1 if number is None else number)


def _fields(old: Line | None) -> Picker:
    first = [name for name in _FIRST if name in FIELDS]
    names = [*first, *sorted(set(FIELDS).difference(first))]
    rows = [plain(name, f" {name:<18} {FIELDS[name].help}") for name in names]
    rows.append(plain(_WORDS, f" {_WORDS:<18} somewhere in title, artist, album, label, genre or comment"))
    cursor = None if old is None else old.field or _WORDS
    return Picker("Which field?", rows, cursor=cursor)


def _value(name: str, operator: form.Operator, old: Line | None) -> Prompt:
    if name == ANYWHERE:
        said = "Words that occur somewhere in the song."
    else:
        field = FIELDS[name]
        said = f"{field.help[:1].upper()}{field.help[1:]}, as in {field.name}:{field.example}. "
        said += "Two ends, as in 124..128." if operator == "between" else "A comma parts what may be instead."

    def check(text: str) -> str | None:
        try:
            form.write_line(Line(name, operator, text.strip()))
        except FormError as error:
            return str(error)
        return None

    value = old.value if old is not None and old.field == name else ""
    return Prompt(f"{name or 'Words'} {operator} …", said, value, check=check)


def _row(number: int, line: Line) -> Row:
    left = (
        (f" {line.field or _WORDS:<18} ", ""),
        (f"{line.operator:<12} ", "$quiet"),
        (line.value, "bold"),
    )
    return Row(number, left)
