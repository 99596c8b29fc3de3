"""Which template suits a file: presets, and whether it is part of an album or a single."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from djtui.files.facts import Facts
from djtui.files.template import Template
from djtui.model.text import fold

Context = Literal["album", "single"]
_SHARE: Final = 0.6
_FEWEST: Final = 3


@dataclass(frozen=True, slots=True)
class Preset:
    """A template with a name."""

    name: str
    template: str
    meaning: str


PRESETS: Final = (
    Preset("mixing", "{artist} - {title} [{camelot} {bpm}]", "artist, title, key and tempo"),
    Preset("plain", "{artist} - {title}", "artist and title"),
    Preset("mix", "{artist} - {title}< ({mix})>", "artist, title, and the mix in brackets"),
    Preset("tempo", "{bpm} {camelot} - {artist} - {title}", "sorted by tempo in any file browser"),
    Preset("album", "<{disc}->{track} {artist} - {title}", "in the order of the album"),
    Preset("albums", "{albumartist}/<{year} - >{album}/<{disc}->{track} {title}", "folders by artist, album"),
    Preset("labels", "{label|default:No label}/<[{catalogue}] >{artist} - {title}", "folders by label"),
    Preset("genres", "{genre|default:No genre}/{artist} - {title} [{camelot} {bpm}]", "folders by genre"),
)

BY_CONTEXT: Final[dict[Context, str]] = {
    "album": "<{disc}->{track} {artist} - {title} [{camelot} {bpm}]",
    "single": "{artist} - {title} [{camelot} {bpm}]",
}
"""What suits each context, unless the DJ says otherwise."""


def contexts(items: Iterable[Facts]) -> dict[str, Context]:
    """Path -> context; all files of a folder must be given. Files are of an album if they have the same album
    and album artist, are three or more, and make 60 % of their folder; its other files are singles."""
    folders: dict[str, list[Facts]] = defaultdict(list)
    for facts in items:
        folders[facts.path.rpartition("/")[0]].append(facts)
    found: dict[str, Context] = {}
    for inside in folders.values():
        albums = Counter(album for facts in inside if (album := _album(facts)))
        whole = {album for album, many in albums.items() if many >= max(_FEWEST, _SHARE * len(inside))}
        found.update((facts.path, "album" if _album(facts) in whole else "single") for facts in inside)
    return found


@dataclass(frozen=True, slots=True)
class ByContext:
    """Gives each file the template of its context: what `plan` takes instead of one template."""

    contexts: Mapping[str, Context]
    templates: Mapping[Context, Template]

    def __call__(self, facts: Facts) -> Template:
        return self.templates[self.contexts.get(facts.path, "single")]


def _album(facts: Facts) -> tuple[str, str] | None:
    album = fold(facts.album or "").strip()
    return (album, fold(facts.albumartist or "").strip()) if album else None
