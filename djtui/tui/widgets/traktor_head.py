"""The head of the Traktor view: which collection, since when it is in step, what waits; and the tabs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from djtui.tui import formats
from djtui.tui.formats import Part, Parts
from djtui.tui.screens.traktor_facts import Facts
from djtui.tui.widgets.bar import Bar, Word
from djtui.tui.widgets.home import OfApp
from djtui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from djtui.traktor.auto_state import AutoState


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether Traktor runs: `looked`, and what was found; `foreign`: why that proves nothing."""

    looked: bool = False
    running: str | None = None
    foreign: str | None = None


class Head(OfApp, Lines):
    """Three lines."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._facts: Facts | None = None
        self._presence = Presence()

    def on_mount(self) -> None:
        self.djtui.auto_changed.subscribe(self, lambda _: self.repaint_changes())

    def show(self, facts: Facts | None = None, **presence: Any) -> None:
        """Say this from now on: what is known of the collection, or fields of `Presence`."""
        self._facts = facts or self._facts
        self._presence = replace(self._presence, **presence)
        self.repaint_changes()

    def lines(self, width: int) -> Sequence[Parts]:
        facts = self._facts
        if facts is None:
            return [(), (), ()]
        counts = _padded(_counts(facts))
        auto = auto_line(self.djtui.auto, width - formats.width_of(counts) - 1)
        return [
            formats.line(_padded(_path(facts.path)), [*_version(facts), (" ", "")], width),
            formats.line(_padded(_times(facts)), [*presence(self._presence), (" ", "")], width),
            formats.line(counts, [*auto, (" ", "")], width),
        ]


def _padded(parts: Parts) -> list[Part]:
    return [(" ", ""), *parts]


def _path(path: Path | None) -> Parts:
    if path is None:
        return (("No collection of Traktor's was found.", "bold"), ("  o types the path of one", "$quiet"))
    return ((formats.tilde(path), "bold"),)


def _version(facts: Facts) -> Parts:
    return ((f"NML {facts.version}", "$quiet"),) if facts.version else ()


def _times(facts: Facts) -> Parts:
    if facts.path is None:
        return ()
    if facts.file_id is None:
        return (("not imported yet", "$warning"), ("   i imports it", "$quiet"))
    imported = formats.moment(facts.imported).strip() or "never"
    exported = formats.moment(facts.exported).strip() or "never"
    parts = [("imported ", "$quiet"), (imported, ""), ("   exported ", "$quiet"), (exported, "")]
    if facts.lost:
        parts.append(("   ! lost", "$warning"))
    elif facts.put_back:
        parts.append(("   taken back", "$quiet"))
    return parts


def presence(present: Presence) -> Parts:
    """Whether Traktor runs, for the right edge."""
    if not present.looked:
        return ()
    if present.running is not None:
        return (("● ", "$warning"), (f"{present.running} is running", "$warning"))
    if present.foreign is not None:
        return (("Traktor is elsewhere", "$quiet"),)
    return (("Traktor is not running", "$quiet"),)


def _counts(facts: Facts) -> Parts:
    parts: list[Part] = []
    for sign, number, what, style in (
        ("↑", facts.waiting, "for export", "$accent"),
        ("!", facts.conflicts, "conflict" if facts.conflicts == 1 else "conflicts", "$warning"),
        ("✗", facts.missing, "missing", ""),
    ):
        style = style if number else "$quiet"
        parts += [(f"{sign} {number:,} ", style), (f"{what}   ", style if number else "$quiet")]
    return parts


def auto_line(auto: AutoState | None, width: int) -> Parts:
    """The state of the auto-sync, for the right edge. What waits stands at the left already."""
    if auto is None:
        return ()
    style = "$warning" if auto.phase == "held" else "$quiet" if auto.phase in ("off", "elsewhere") else ""
    return ((formats.cut(replace(auto, waiting=0).line, width), style),)


class Tabs(OfApp, Bar):
    """The sections by their keys, each with how much is in it; a click goes there."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._tabs: Sequence[tuple[str, str, str, str]] = ()
        self._here = ""

    def show(self, tabs: Sequence[tuple[str, str, str, str]], here: str) -> None:
        """Say this from now on: of each section its name, key, title and count; and which one is shown."""
        self._tabs, self._here = tabs, here
        self.repaint_changes()

    def words(self, width: int) -> tuple[Sequence[Word], Sequence[Word]]:
        wide = sum(len(title) + len(count) + 6 for _, _, title, count in self._tabs) < width
        words: list[Word] = []
        for name, key, title, count in self._tabs:
            action, here = f"section('{name}')", name == self._here
            style = "bold $accent" if here else "$quiet"
            words += [
                Word("▌" if here else " ", "$accent", action),
                Word(key, "$accent" if not here else style, action),
                Word(f" {title}", style, action),
                Word(f" {count}" if count else "", style, action),
                Word("  " if wide else " "),
            ]
        return words, []
