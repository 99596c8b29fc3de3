"""Settings: each with its value, what it means, and its default where that is another."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from djtui import config
from djtui.config import ConfigError, Option
from djtui.tui import formats, keys, styles
from djtui.tui.screens.dialog import Picker, Prompt, plain
from djtui.tui.screens.view import View
from djtui.tui.widgets.rows import Row, Rows

_GROUPS: Final = {
    "pool": "Process pool",
    "jobs": "Jobs",
    "traktor": "Traktor",
    "analysis": "Analysis",
    "ui": "Screen",
}
_KEY_WIDTH: Final = 22
_VALUE_WIDTH: Final = 20


class _Options(Rows):
    """The options; enter is said in the key line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "change", id="settings.change", group=keys.PROGRAM,
                tooltip="Give the setting under the cursor another value"),
    ]  # fmt: skip


class SettingsView(View):
    """Every option of config.toml."""

    MODE = "settings"
    CSS_PATH = styles.sheet(MODE)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "default", "default", id="settings.default", group=keys.PROGRAM,
                tooltip="Give the setting under the cursor its default"),
    ]  # fmt: skip

    def body(self) -> ComposeResult:
        with Vertical(classes="frame") as frame:
            frame.border_title = "Settings"
            yield _Options(id="options")

    def on_mount(self) -> None:
        self._show()
        self.query_one(Rows).focus()

    def on_resize(self) -> None:
        self._show()

    @property
    def _file(self) -> str:
        return formats.tilde(self.djtui.settings.source or config.default_path())

    def _show(self) -> None:
        rows: list[Row] = []
        group = ""
        for option in config.options(self.djtui.settings):
            head = option.key.partition(".")[0]
            if head != group:
                name = _GROUPS.get(head, head.capitalize())
                rows.append(Row(("group", head), ((f" {name}", "bold"),), live=False))
                group = head
            rows.append(_row(option))
        self.query_one(Rows).show(rows)
        self.query_one(".frame").border_subtitle = self._file

    @property
    def option(self) -> Option | None:
        """The option under the cursor."""
        row = self.query_one(Rows).row
        found = config.options(self.djtui.settings)
        return next((option for option in found if row and option.key == row.key), None)

    def on_rows_selected(self) -> None:
        option = self.option
        if option is None:
            return
        if isinstance(option.value, bool):
            self._take(option, str(not option.value).lower())
        elif option.choices:
            rows = [
                plain(choice, choice, "default" if choice == option.default else "")
                for choice in option.choices
            ]
            self.djtui.push_screen(
                Picker(option.key, rows, cursor=str(option.value)), lambda choice: self._take(option, choice)
            )
        else:
            prompt = Prompt(
                option.key,
                f"{option.meaning} Default: {written(option.default) or 'empty'}.",
                written(option.value),
                check=lambda text: self._unfit(option, text),
            )
            self.djtui.push_screen(prompt, lambda text: self._take(option, text))

    def action_default(self) -> None:
        if option := self.option:
            self._apply(config.changed(self.djtui.settings, option.key, option.default))

    def _unfit(self, option: Option, text: str) -> str | None:
        settings = self.djtui.settings
        try:
            config.changed(settings, option.key, config.from_text(settings, option.key, text))
        except ConfigError as error:
            return str(error)
        return None

    def _take(self, option: Option, text: str | None) -> None:
        if text is not None:
            settings = self.djtui.settings
            self._apply(config.changed(settings, option.key, config.from_text(settings, option.key, text)))

    def _apply(self, settings: config.Settings) -> None:
        self.djtui.apply(settings)
        self._show()
        self.djtui.do(self._save(settings))

    async def _save(self, settings: config.Settings) -> None:
        await asyncio.to_thread(config.save, settings)
        self.djtui.toasts.put("settings", "done", f"Saved to {self._file}.")


def _row(option: Option) -> Row:
    differs = option.value != option.default
    value = written(option.value) or "empty"
    left = (
        (f"   {formats.fit(option.key.partition('.')[2], _KEY_WIDTH)}", ""),
        (f" {formats.fit(value, _VALUE_WIDTH)} ", "$accent" if differs else ""),
        (option.meaning, "$quiet"),
    )
    return Row(
        option.key,
        left,
        ((formats.cut(f"default {written(option.default)}", 24), "$quiet"),) if differs else (),
    )


def written(value: Any) -> str:
    """A value as it is typed."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(f"{item:g}" if isinstance(item, float) else item for item in value)
    if isinstance(value, dict):
        inside = ", ".join(f'"{name}" = "{text}"' for name, text in value.items())
        return f"{{{inside}}}" if value else ""
    return str(value)
