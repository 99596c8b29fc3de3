"""The dialogs that the rename screen opens: presets, what a template can be made of, fields to write too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from djtui.config import ConfigError, Settings
from djtui.files import presets
from djtui.files.template import Template, TemplateError
from djtui.files.tokens import FUNCTIONS, TOKENS
from djtui.model.text import harmless
from djtui.tui import formats, renaming
from djtui.tui.renaming import Wish
from djtui.tui.screens.dialog import Dialog, Picker, Prompt
from djtui.tui.screens.tags_fields import FIELDS, TagFields
from djtui.tui.widgets.rows import Row, Rows

if TYPE_CHECKING:
    from djtui.files.context import Preset
    from djtui.files.facts import Facts

_VALUE: Final = 30
_NAME: Final = 12
_OURS: Final = "Only presets of your own can be deleted."


class TokensDialog(Picker):
    """All tokens and functions, with what they are for the file under the cursor. Answers what to type."""

    HINTS = "type to narrow · enter put it into the template · esc leave"

    def __init__(self, facts: Facts | None) -> None:
        super().__init__("What a template can be made of", list(_vocabulary(facts)))


def _vocabulary(facts: Facts | None) -> Iterator[Row]:
    of = "of the file under the cursor" if facts is not None else "for example"
    yield Row("tokens", ((" Tokens", "bold"),), ((of, "$quiet"),), live=False)
    for name, token in TOKENS.items():
        value = token.spell(attrgetter(token.reads)(facts)) if facts is not None else token.example
        right = (formats.cut(harmless(value), _VALUE), "") if value else ("unknown", "$quiet")
        yield Row(f"{{{name}}}", ((f" {{{name}}}".ljust(16), "$accent"), (token.meaning, "$quiet")), (right,))
    yield Row("functions", ((" Functions, within a token behind |", "bold"),), live=False)
    for name, function in FUNCTIONS.items():
        left = ((f" {name}".ljust(16), "$accent"), (function.meaning, "$quiet"))
        yield Row(function.example, left, ((function.example, ""),))
    yield Row("signs", ((" Signs", "bold"),), live=False)
    for text, meaning in _SIGNS.items():
        yield Row(text, ((f" {text}".ljust(16), "$accent"), (meaning, "$quiet")))


_SIGNS: Final = {
    "/": "a folder begins behind it",
    "<({mix})>": "between < and >: left out where nothing of it is known",
    "[{camelot}]": "brackets vanish by themselves where nothing of them is known",
}


class PresetsDialog(Dialog[str]):
    """The presets: to take one, to keep the present template as one, to delete one. Answers a template."""

    HINTS = "enter take · s save the present one · d delete · esc leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "save", "Save the present template", show=False),
        Binding("d,delete", "remove", "Delete", show=False),
        Binding("q", "leave", show=False),
    ]

    def __init__(self, wish: Wish, facts: Facts | None) -> None:
        super().__init__("Presets", wide=True)
        self._wish = wish
        self._facts = facts

    def body(self) -> ComposeResult:
        yield Rows(id="presets")
        yield Static("", id="example")
        yield Static("", id="done")

    def on_mount(self) -> None:
        self._show()
        self.query_one(Rows).focus()

    def _show(self) -> None:
        found = self._presets()
        rows = self.query_one(Rows)
        rows.styles.height = len(found)
        rows.show([_preset(number, it) for number, it in enumerate(found, 1)])

    def _presets(self) -> list[Preset]:
        return presets.all_presets(self.djtui.settings.files)

    @property
    def _here(self) -> Preset | None:
        row = self.query_one(Rows).row
        return presets.named(self.djtui.settings.files, str(row.key)) if row is not None else None

    def on_rows_highlighted(self) -> None:
        """What the file under the cursor would be called."""
        if self._here is not None and self._facts is not None:
            try:
                said = Template(self._here.template).render(self._facts)
            except TemplateError as error:
                said = str(error)
            parts = [(" gives  ", "$quiet"), (harmless(said) or "no name: too little is known of it", "")]
            self.query_one("#example", Static).update(formats.content(parts))

    def on_rows_selected(self) -> None:
        self.dismiss(self._here.template if self._here is not None else None)

    def on_key(self, event: events.Key) -> None:
        found = self._presets()
        if event.character and event.character.isdecimal() and 0 < int(event.character) <= len(found):
            event.stop()
            self.dismiss(found[int(event.character) - 1].template)

    def action_save(self) -> None:
        self.djtui.do(self._save_templates() if self._wish.by_context else self._save())

    async def _save(self) -> None:
        def wrong(name: str) -> str | None:
            try:
                renaming.with_preset(self.djtui, name, self._wish)
            except (ConfigError, TemplateError) as error:
                return str(error)
            return None

        said = f"{self._wish.template} as a preset of this name; one that you have gets this template:"
        name = await self.djtui.push_screen_wait(Prompt("Save as a preset", said, check=wrong))
        if name:
            await self._keep(renaming.with_preset(self.djtui, name, self._wish), f"Saved as {name.strip()}.")

    async def _save_templates(self) -> None:
        settings = renaming.with_templates(self.djtui, self._wish)
        await self._keep(settings, "Saved: albums and singles begin with these templates from now on.")

    def action_remove(self) -> None:
        if (here := self._here) is None:
            return
        if here.name not in self.djtui.settings.files.presets:
            self._say(_OURS, "$warning")
        else:
            done = f"{here.name} is deleted."
            self.djtui.do(self._keep(renaming.without_preset(self.djtui, here.name), done))

    async def _keep(self, settings: Settings, done: str) -> None:
        await renaming.keep(self.djtui, settings)
        if self.is_attached:
            self._show()
            self._say(done, "$success")

    def _say(self, text: str, style: str) -> None:
        self.query_one("#done", Static).update(formats.content([(f" {text}", style)]))


def _preset(number: int, preset: Preset) -> Row:
    key = str(number) if number <= 9 else " "
    left = ((f" {key} ", "$accent"), (formats.fit(harmless(preset.name), _NAME), ""))
    more = ((f" {harmless(preset.template)}", "$quiet"),)
    return Row(preset.name, (*left, *more), ((preset.meaning, "$quiet"),))


class FieldsDialog(Dialog[tuple[str, ...]]):
    """Answers the fields that are to be written in the same step."""

    HINTS = "keys choose · enter take them · esc leave"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "take", "Take them", show=False)]

    def __init__(self, chosen: Sequence[str]) -> None:
        super().__init__("Tags that are written in the same step", wide=True)
        self._chosen = list(chosen)

    def body(self) -> ComposeResult:
        yield TagFields(self._chosen)
        yield Static(Content("What is unknown here, and all else in the files, stays as it is."), id="done")

    def on_key(self, event: events.Key) -> None:
        field = next((name for name, key in FIELDS.items() if key == event.character), None)
        if field is not None:
            event.stop()
            self._turn(field)

    def on_tag_fields_clicked(self, message: TagFields.Clicked) -> None:
        self._turn(message.field)

    def _turn(self, field: str) -> None:
        self._chosen = [name for name in FIELDS if (name in self._chosen) != (name == field)]
        self.query_one(TagFields).choose(self._chosen)

    def action_take(self) -> None:
        self.dismiss(tuple(self._chosen))
