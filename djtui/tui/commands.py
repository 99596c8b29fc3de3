"""Commands by name, and the help for where you are: both are made from the bindings themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.binding import ActiveBinding, Binding

from djtui.tui import keys
from djtui.tui.screens.dialog import Picker
from djtui.tui.widgets.rows import Row

if TYPE_CHECKING:
    from djtui.tui.app import DjtuiApp

HIDDEN = frozenset(("app.commands", "app.help", "dialog.leave"))


def open_palette(app: DjtuiApp) -> None:
    """Everything that can be done here, by name; the chosen one is done."""
    found = [
        (active, names) for active, names in _active(app) if active.binding.group not in (None, keys.MOVE)
    ]
    _open(app, "Commands", found, headings=False)


def open_help(app: DjtuiApp) -> None:
    """What can be pressed here, by groups; the chosen one is done."""
    _open(app, f"Help · {app.here_title}", _active(app), headings=True)


def _active(app: DjtuiApp) -> list[tuple[ActiveBinding, str]]:
    shown = keys.shown(app.screen.active_bindings.values())
    return [
        (active, names) for active, names in shown if active.binding.id not in HIDDEN and active.binding.id
    ]


def _open(app: DjtuiApp, title: str, found: list[tuple[ActiveBinding, str]], *, headings: bool) -> None:
    actions = {str(active.binding.id): active for active, _ in found}

    def run(chosen: str | None) -> None:
        if chosen is not None:
            active = actions[chosen]
            app.call_next(app.run_action, active.binding.action, active.node)

    app.push_screen(Picker(title, list(_rows(found, headings=headings))), run)


def _rows(found: list[tuple[ActiveBinding, str]], *, headings: bool) -> Iterable[Row]:
    groups: dict[str, list[tuple[ActiveBinding, str]]] = {group.description: [] for group in keys.ORDER}
    for active, names in found:
        groups[(active.binding.group or keys.MOVE).description].append((active, names))
    for group, entries in groups.items():
        if headings and entries:
            yield Row(("group", group), ((f" {group}", "bold"),), live=False)
        for active, names in entries:
            yield _row(active.binding, names, active.enabled)


def _row(binding: Binding, names: str, enabled: bool) -> Row:
    name = binding.description[:1].upper() + binding.description[1:]
    left = [
        (f" {names:>9}  ", "$accent"),
        (f"{name:<16} ", "" if enabled else "$quiet"),
        (binding.tooltip, "$quiet"),
    ]
    return Row(str(binding.id), left, ((str(binding.id), "$quiet"),))
