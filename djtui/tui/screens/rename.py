"""The screen behind r: what each file is called now and then, for any template, before anything happens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from djtui import config
from djtui.files import presets
from djtui.files.template import TemplateError
from djtui.library.database import LibraryError
from djtui.model.text import harmless
from djtui.tui import changing, formats, keys, renaming
from djtui.tui.changing import Refused
from djtui.tui.formats import Parts
from djtui.tui.renaming import Wish
from djtui.tui.screens import rename_words as words
from djtui.tui.screens.dialog import Prompt
from djtui.tui.screens.rename_dialogs import FieldsDialog, PresetsDialog, TokensDialog
from djtui.tui.screens.rename_planning import RenamePlanning
from djtui.tui.widgets.rename_lines import Painted, TemplateInput, TemplateLine
from djtui.tui.widgets.rename_rows import RenameRows

_ROOT: Final = (
    "The folders of a template with / are made in this folder; empty: in the one that each file is in."
)
_PRESETS: Final = [
    Binding("1", "preset(1)", "Presets", show=False, id="rename.preset", group=keys.FILES,
            tooltip="1 to 9 take the preset of that number; p lists them, saves and deletes"),
    *(Binding(str(number), f"preset({number})", show=False) for number in range(2, 10)),
]  # fmt: skip


class RenameDialog(RenamePlanning):
    """The preview, and all that can be chosen about it."""

    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012 - textual's own declaration
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "Template", show=False, id="rename.edit", group=keys.FILES,
                tooltip="Change the template; enter keeps it, ^t lists what it can be made of"),
        *_PRESETS,
        Binding("p", "presets", "List presets", show=False, id="rename.presets", group=keys.FILES,
                tooltip="The presets: take one, save the present template as one, delete one"),
        Binding("i,ctrl+t", "tokens", "Tokens", show=False, id="rename.tokens", group=keys.FILES,
                tooltip="What a template can be made of, with the values of the file under the cursor"),
        Binding("n", "needs", "What needs you", show=False, id="rename.needs", group=keys.FILES,
                tooltip="Only the files that stay, or get a number for another has their name"),
        Binding("b", "context", "Album and single", show=False, id="rename.context", group=keys.FILES,
                tooltip="One template for files of an album and one for all others, or one for all"),
        Binding("o", "root", "Folders", show=False, id="rename.root", group=keys.FILES,
                tooltip="Where the folders of a template with / begin"),
        Binding("w", "tags", "Tags too", show=False, id="rename.tags", group=keys.FILES,
                tooltip="Write fields into the files in the same step"),
        Binding("l", "lists", "M3U lists", show=False, id="rename.lists", group=keys.FILES,
                tooltip="Whether M3U lists that point to the files follow"),
        Binding("L", "places", "Which M3U lists", show=False, id="rename.places", group=keys.FILES,
                tooltip="The M3U files, and folders of them, that follow renames"),
        Binding("T", "traktor", "Traktor follows", show=False, id="rename.traktor", group=keys.FILES,
                tooltip="Whether Traktor's collection gets the new names in the same step"),
        Binding("ctrl+r", "look_again", "Look again", show=False, id="rename.again", group=keys.FILES,
                tooltip="Read tracks and files anew"),
        Binding("question_mark", "help", "Keys", show=False),
        Binding("q", "leave", show=False),
    ]  # fmt: skip

    _at: object = None
    """The row that the cursor was on last."""

    def body(self) -> ComposeResult:
        yield TemplateLine(0, "Template", "")
        yield TemplateLine(1, "Single", "")
        yield Painted(self._which, id="which")
        yield Painted(lambda width: [words.head(width, needs=self._needs)], id="head")
        yield RenameRows(empty=words.READING, id="names")
        yield Painted(self._foot, id="foot")

    def on_mount(self) -> None:
        self._show_wish()
        self.query_one(RenameRows).focus()

    # -- showing ----------------------------------------------------------------------------------

    def show_names(self) -> None:
        if not self.is_attached:
            return
        rows = self.query_one(RenameRows)
        known = words.NOTHING if self.total == 0 else words.ALL_WELL if self._needs else ""
        rows.say(known if self.complete and known else words.READING)
        self.show_rows()
        self._show_edges()
        self._show_foot()

    def _show_wish(self) -> None:
        """Another template counts, or another switch."""
        texts = self.wish.texts
        for line in self.query(TemplateLine):
            line.put(texts[0] if line.number == 0 else texts[-1])
        self._show_typed()

    def _show_typed(self) -> None:
        """The same where the template stands in its line already: who types has the say there."""
        first, second = self.query(TemplateLine)
        second.display = self.wish.by_context
        first.call(
            "Album" if self.wish.by_context else "Template", "" if self.wish.by_context else self._preset
        )
        second.call("Single", "")
        self.query_one("#which", Painted).repaint_changes()
        self.query_one("#head", Painted).repaint_changes()
        self._show_edges()
        self._show_foot()

    @property
    def _preset(self) -> str:
        """The number and the name of the preset that the template is."""
        found = enumerate(presets.all_presets(self.djtui.settings.files), 1)
        return next((f"{n} {it.name}" for n, it in found if it.template == self.wish.template), "")

    def _show_edges(self) -> None:
        frame = self.query_one(".dialog", Vertical)
        what = "files" if self.total is None else formats.plural(self.total, "file")
        title = harmless(f"Rename {what} · {words.called(self.wish)}")
        if str(frame.border_title) != title:
            frame.border_title = Content(title)
        wrong = self._mistake is not None
        said = words.WRONG if wrong else words.counts(self.names, self.total, self.read)
        edge = formats.content(words.edge(said, self.size.width, can_begin=not wrong))
        if str(frame.border_subtitle) != edge.plain:
            frame.border_subtitle = edge

    def _show_foot(self) -> None:
        foot = self.query_one("#foot", Painted)
        foot.styles.height = len(self._foot(self.size.width - 2))
        foot.repaint_changes()

    def _which(self, width: int) -> Sequence[Parts]:
        return [formats.cut_parts(words.which(list(self.choices.values()), self.chosen), width)]

    def _foot(self, width: int) -> Sequence[Parts]:
        here = self.here
        lines: list[Parts] = [
            words.place(here[1], here[0].path) if here else [],
            self._said() or (words.becomes(here[1]) if here else []),
        ]
        names = self.names if self._mistake is None else None
        lines += words.traktor(self.traktor, self.wish, names)
        files = self.djtui.settings.files
        more = words.switches(self.wish, files, names, folders=self._has_folders, width=width)
        return [*(formats.cut_parts(line, width) for line in lines), *more]

    def _said(self) -> Parts:
        if self.fault:
            return [(f" {self.fault}", "$error")]
        if self.stale and self.complete:
            return [(" The library changed meanwhile: ^r looks again.", "$quiet")]
        return []

    @property
    def _has_folders(self) -> bool:
        return self._mistake is None and self.wish.has_folders()

    @property
    def _mistake(self) -> str | None:
        """What is wrong with a template."""
        return self.wish.mistake

    def on_rows_highlighted(self, message: RenameRows.Highlighted) -> None:
        if message.row.key != self._at:
            self._at, self.fault = message.row.key, ""
        here = self.here
        if here is not None and here[1] is None:
            self.glance()
        self._show_foot()

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_names)

    # -- the template -----------------------------------------------------------------------------

    def action_edit(self) -> None:
        self.query(TemplateLine).first().input.focus()

    def on_template_line_typed(self, message: TemplateLine.Typed) -> None:
        typed = self.query(TemplateLine)[message.number].input.value  # by now it may be more than was told
        self.wish = self.wish.with_text(message.number, typed)
        self._show_typed()
        self.ask_soon()

    def on_template_input_left(self) -> None:
        self.query_one(RenameRows).focus()

    def _wish(self, wish: Wish) -> None:
        """This is wished from now on."""
        self.wish = wish
        self._show_wish()
        self.ask()

    def action_preset(self, number: int) -> None:
        found = presets.all_presets(self.djtui.settings.files)
        if number <= len(found):
            self._wish(replace(self.wish, template=found[number - 1].template, by_context=False))

    def action_presets(self) -> None:
        facts = self.here[0] if self.here else None
        self.djtui.push_screen(PresetsDialog(self.wish, facts), self._take_preset)

    def _take_preset(self, template: str | None) -> None:
        if template is not None:
            self._wish(replace(self.wish, template=template, by_context=False))
        else:
            self._show_wish()

    def action_tokens(self) -> None:
        line = self.focused if isinstance(self.focused, TemplateInput) else None
        facts = self.here[0] if self.here else None
        self.djtui.push_screen(TokensDialog(facts), lambda text: self._insert(line, text))

    def _insert(self, line: TemplateInput | None, text: str | None) -> None:
        if text is not None:
            line = line or self.query(TemplateLine).first().input
            at = line.cursor_position
            line.focus()
            line.insert(text, at if line.value else 0)

    def action_context(self) -> None:
        self._wish(replace(self.wish, by_context=not self.wish.by_context))

    # -- which tracks, and what is seen of them ---------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        if event.character in self.choices and isinstance(self.focused, RenameRows):
            event.stop()
            self.chosen = event.character or self.chosen
            self._show_wish()
            self.look_again()

    def action_needs(self) -> None:
        self._needs = not self._needs
        self._show_wish()
        self.show_names()

    def action_look_again(self) -> None:
        self.look_again()

    def action_help(self) -> None:
        self.djtui.action_help_here()

    # -- switches ---------------------------------------------------------------------------------

    def action_traktor(self) -> None:
        if self.traktor is None:
            self.fault = "The linked Traktor collection is being looked for: T again in a moment."
        elif self.traktor.collection is None:
            self.fault = "No Traktor collection is linked, so none has to follow: I brings one in."
        else:
            self.wish = replace(self.wish, traktor=not self.wish.traktor)
        self._show_wish()

    def action_tags(self) -> None:
        self.djtui.push_screen(FieldsDialog(self.wish.tags), self._take_tags)

    def _take_tags(self, fields: tuple[str, ...] | None) -> None:
        if fields is not None:
            self.wish = replace(self.wish, tags=fields)
            self._show_wish()

    def action_root(self) -> None:
        self.djtui.do(self._choose_root())

    async def _choose_root(self) -> None:
        prompt = Prompt("Where the folders begin", _ROOT, self.wish.root)
        typed = await self.djtui.push_screen_wait(prompt)
        if typed is not None:
            self._wish(replace(self.wish, root=str(changing.absolute(typed)) if typed.strip() else ""))

    def action_lists(self) -> None:
        if not self.djtui.settings.files.lists:
            self.action_places()
        else:
            self._wish(replace(self.wish, lists=not self.wish.lists))

    def action_places(self) -> None:
        self.djtui.do(self._choose_places())

    async def _choose_places(self) -> None:
        settings = self.djtui.settings
        text = "M3U files, and folders of them, that follow when files are renamed; : between them."
        prompt = Prompt("M3U lists", text, ":".join(settings.files.lists), check=_no_places)
        typed = await self.djtui.push_screen_wait(prompt)
        if typed is not None:
            places = list(_places(typed))
            await renaming.keep(self.djtui, config.changed(settings, "files.lists", places))
            self._wish(replace(self.wish, lists=bool(places)))

    # -- doing it ---------------------------------------------------------------------------------

    def action_begin(self) -> None:
        self.djtui.do(self._begin())

    async def _begin(self) -> None:
        try:
            await self._submit()
        except (Refused, LibraryError, TemplateError) as error:
            self._fail(error)

    async def _submit(self) -> None:
        app, names = self.djtui, self.names
        if self._mistake is not None:
            raise Refused(f"Nothing happens while the template has a mistake. {self._mistake}")
        if names is None or not self.complete:
            raise Refused("The names are still being worked out: enter again in a moment.")
        if not names.renamed and not self.wish.tags:
            raise Refused("There is nothing to do: no file gets another name.")
        if self.wish.traktor:
            await self._find_traktor()
            if self.traktor is not None and self.traktor.collection is not None:
                if self.traktor.running is not None:
                    raise Refused(
                        f"{self.traktor.running} is running and would lose the files: quit it, then press "
                        "enter again."
                    )
                if not await renaming.agreed(app, self.traktor):
                    return
        if await renaming.sure(app, names.renamed):
            tracks = self.choices[self.chosen].params
            await changing.submit(app, renaming.KIND, {**tracks, **self.wish.params(app.settings.files)})
            self.dismiss(None)


def _places(text: str) -> Iterator[str]:
    return (place.strip() for place in text.split(":") if place.strip())


def _no_places(text: str) -> str | None:
    missing = next((it for it in _places(text) if not changing.absolute(it).exists()), None)
    return None if missing is None else f"There is no {missing}."
