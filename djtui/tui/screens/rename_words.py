"""What the rename screen says around its list: which tracks, where a file goes, Traktor, the switches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from djtui.config import FilesSettings
from djtui.model.text import harmless
from djtui.tui import formats
from djtui.tui.formats import Part, Parts
from djtui.tui.renaming import Traktor, Wish
from djtui.tui.screens.tags_fields import label
from djtui.tui.widgets.rename_rows import columns, name

if TYPE_CHECKING:
    from djtui.bridge.rename_preview import Names
    from djtui.files.plan import Planned
    from djtui.tui.screens.analyse import Choice

READING: Final = "reading …"
WRONG: Final[Parts] = [("the template has a mistake", "$warning")]
_ALBUM: Final = " Album: one album and album artist, three or more files, most of their folder"
HINTS: Final = (
    "enter do it · e template · 1-9 presets · ? keys · esc leave",
    "enter do it · e template · ? keys · esc",
    "enter do it · e template · ? keys",
    "enter do it · ? keys",
)
"""The keys, for edges of several widths."""
NOTHING: Final = "There is nothing to rename here."
ALL_WELL: Final = "Nothing needs you: every file gets the name that it should."
_ANOTHER: Final = (
    "The collection belongs to another machine: enter asks once whether Traktor is closed there."
)
_NOT_TOLD: Final = "Traktor is not told now: the new names wait for the next export"
_BEGIN: Final = "enter do it · "
_CORNERS: Final = 8


def which(choices: Sequence[Choice], chosen: str) -> Parts:
    """The tracks that can be meant, each with its key."""
    parts: list[Part] = [(" Which     "[:10], "$quiet")]
    for choice in choices:
        here = choice.key == chosen
        parts += [
            (f"{choice.key} ", "$accent"),
            ("● " if here else "", "$accent"),
            (f"{choice.text}   ", "bold" if here else "$quiet"),
        ]
    return parts


def called(wish: Wish) -> str:
    """After what files are called, for the title."""
    return "by album and single" if wish.by_context else wish.template


def head(width: int, *, needs: bool) -> Parts:
    """The names of the columns."""
    now, _ = columns(width)
    only = "   only what needs you: n shows all" if needs else ""
    return [(formats.fit("   Now", now + 5), "$quiet"), ("Then", "$quiet"), (only, "$warning")]


def place(planned: Planned | None, path: str) -> Parts:
    """Where a file is."""
    if not path:
        return [(" This track has no file on this machine.", "$quiet")]
    folder = path.rpartition("/")[0]
    word = "From" if planned is not None and _moves(planned) else "In"
    return [(f" {word} ", "$quiet"), (_folder(folder), "")]


def becomes(planned: Planned | None) -> Parts:
    """The whole new name of a file, and why it is no other."""
    if planned is None:
        return []
    reason = harmless(planned.reason or "")
    if planned.status == "refused":
        return [(f" Stays as it is. {reason}", "$error")]
    moves = [(" To ", "$quiet"), (f"{_folder(planned.target.rpartition('/')[0])}/", "")]
    style = "$warning" if planned.status == "numbered" else "$quiet"
    return [*(moves if _moves(planned) else [(" ", "")]), (name(planned.target), ""), (f"   {reason}", style)]


def _moves(planned: Planned) -> bool:
    return planned.path.rpartition("/")[0] != planned.target.rpartition("/")[0]


def _folder(folder: str) -> str:
    return harmless(formats.tilde(Path(folder))) if folder else ""


def counts(names: Names | None, total: int | None, read: int) -> Parts:
    """How many files get names, as far as is known."""
    if total is None:
        return [("reading …", "$quiet")]
    if names is None or not names.done:
        known = max(len(names.targets) if names is not None else 0, read // 2)
        return [(f"planning {formats.percent(min(known, total - 1), total) or '…'}", "$quiet")]
    said: list[Part] = [(f"{names.counts['rename']:,} rename", "")]
    said.append((f" · {names.counts['unchanged']:,} unchanged", "$quiet"))
    needs = len(names.needs)
    return [*said, (f" · {needs:,} need{'s' if needs == 1 else ''} you", "$warning" if needs else "$quiet")]


def traktor(found: Traktor | None, wish: Wish, names: Names | None) -> list[Parts]:
    """What becomes of Traktor's collection; nothing where none is linked."""
    key = (" T ", "$accent")
    if found is None or found.collection is None:
        return []
    if not wish.traktor:
        return [[key, (_NOT_TOLD, "$warning")]]
    if found.running is not None:
        return [[key, (f"{found.running} is running: quit it first, or T renames without it", "$error")]]
    lines: list[Parts] = [[key, ("Traktor: ", "$quiet"), (_follows(names), "")]]
    if names is not None and names.traktor is not None and (besides := names.traktor.besides):
        lines.append([("   and ", "$quiet"), (f"{besides} that wait", "")])
    return lines if found.question is None else [*lines, [("   ", ""), (_ANOTHER, "$warning")]]


def _follows(names: Names | None) -> str:
    if names is None or names.traktor is None:
        return "its collection follows in the same step"
    locations, places = names.traktor.locations, names.traktor.places
    entries = "entry" if places == 1 else "entries"
    both = f"{formats.plural(locations, 'location')} and {places:,} playlist {entries}"
    return f"{both} change in the same step"


def switches(
    wish: Wish, files: FilesSettings, names: Names | None, *, folders: bool, width: int
) -> list[Parts]:
    """What else is done, each with its key: in as many lines as they need."""
    lines: list[list[Part]] = [[]]
    for parts in _switches(wish, files, names, folders=folders):
        if lines[-1] and formats.width_of(lines[-1]) + formats.width_of(parts) > width:
            lines.append([])
        lines[-1] += parts
    if wish.by_context:
        lines.append([(_ALBUM, "$quiet")])
    return [formats.cut_parts(line, width) for line in lines]


def _switches(
    wish: Wish, files: FilesSettings, names: Names | None, *, folders: bool
) -> Iterator[list[Part]]:
    tags = ", ".join(map(label, wish.tags)) or "no"
    yield _switch("w", "tags too", tags, on=bool(wish.tags))
    yield _switch("l", "M3U lists", _lists(wish, files, names), on=bool(wish.places(files)))
    yield _switch("b", "by album and single", "yes" if wish.by_context else "no", on=wish.by_context)
    if folders:
        root = harmless(formats.tilde(Path(wish.root))) if wish.root else "each file's own folder"
        yield _switch("o", "folders in", root, on=bool(wish.root))


def _lists(wish: Wish, files: FilesSettings, names: Names | None) -> str:
    if not files.lists:
        return "none named"
    if not wish.lists:
        return "stay as they are"
    return f"{names.lists:,} follow" if names is not None and names.done else "follow"


def _switch(key: str, what: str, value: str, *, on: bool) -> list[Part]:
    return [(f" {key} ", "$accent"), (f"{what}: {value}  ", "" if on else "$quiet")]


def edge(said: Parts, width: int, *, can_begin: bool = True) -> list[Part]:
    """The frame's lower edge: the counts at its left, the keys at its right."""
    room = width - formats.width_of(said) - _CORNERS
    keys = HINTS if can_begin else [text.removeprefix(_BEGIN) for text in HINTS]
    hints = next((text for text in keys if len(text) < room), keys[-1])
    return [*said, (f" {'─' * max(1, room - len(hints))} ", "$accent"), (hints, "$quiet")]
