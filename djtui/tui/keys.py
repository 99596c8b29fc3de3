"""Keys: the groups they belong to in the help, and how a key is written for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from textual.binding import ActiveBinding, Binding

MOVE: Final = Binding.Group("Moving")
VIEWS: Final = Binding.Group("Views")
FIND: Final = Binding.Group("Finding")
TRACKS: Final = Binding.Group("Tracks")
FILES: Final = Binding.Group("Files")
ANALYSIS: Final = Binding.Group("Analysis")
LISTS: Final = Binding.Group("Playlists")
JOBS: Final = Binding.Group("Jobs")
TRAKTOR: Final = Binding.Group("Traktor")
SPOTIFY: Final = Binding.Group("Spotify")
ROUTING: Final = Binding.Group("Routing")
CHANGES: Final = Binding.Group("Changes")
PROGRAM: Final = Binding.Group("djtui")

ORDER: Final = (
    TRACKS, ANALYSIS, LISTS, FIND, FILES, TRAKTOR, SPOTIFY, ROUTING, JOBS, CHANGES, VIEWS, PROGRAM, MOVE,
)  # fmt: skip

_NAMES: Final = {
    "space": "␣",
    "escape": "esc",
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "asterisk": "*",
    "number_sign": "#",
    "delete": "del",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
    "full_stop": ".",
    "comma": ",",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "down": "↓",
    "up": "↑",
    "left": "←",
    "right": "→",
    "pagedown": "PgDn",
    "pageup": "PgUp",
}


def written(key: str) -> str:
    """A key as people write it: "ctrl+p" -> "^p", "upper_s" -> "S", "space" -> "␣"."""
    *modifiers, name = key.split("+")
    name = _NAMES.get(name, name.removeprefix("upper_").upper() if name.startswith("upper_") else name)
    if modifiers == ["shift"] and len(name) == 1:
        return name.upper()
    return "".join("^" if modifier == "ctrl" else f"{modifier}+" for modifier in modifiers) + name


def shown(bindings: Iterable[ActiveBinding]) -> list[tuple[ActiveBinding, str]]:
    """Each action once, with all its keys written: what the key line and the help list."""
    found: dict[tuple[int, str], tuple[ActiveBinding, list[str]]] = {}
    for active in bindings:
        entry = found.setdefault((id(active.node), active.binding.action), (active, []))
        entry[1].append(written(active.binding.key))
    return [(active, " ".join(dict.fromkeys(names))) for active, names in found.values()]


def first(bindings: Iterable[ActiveBinding]) -> list[tuple[Binding, str]]:
    """The bindings for the key line, each with its first key."""
    return [
        (active.binding, names.split(" ")[0])
        for active, names in shown(bindings)
        if active.binding.show and active.enabled
    ]
