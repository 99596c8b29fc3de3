"""Which recording a title speaks of, however it is written: its artists, its bare title, its version.

Spotify writes "Opal - Four Tet Remix", Beatport and Traktor "Opal (Four Tet Remix)", and the guests stand in
the title or among the artists. "Original Mix" says nothing, and a remaster is the same recording; but an
extended mix and a radio edit are two for a DJ, and a remix is another one than its original.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from djtui.model.text import fold

_GUESTS: Final = r"\b(?:feat|ft|featuring|with)\b\.?"
_BRACKETS: Final = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_DASH: Final = re.compile(r"\s[-–—]\s")
_GUEST: Final = re.compile(rf"^\s*{_GUESTS}\s*(.+)$")
_GUEST_AT_END: Final = re.compile(rf"\s{_GUESTS}\s+(.+)$")
_JOINTS: Final = re.compile(rf"\s*(?:[,;&/]|\s\+\s|\s(?:and|x|vs\.?|versus|pres\.?|presents)\s|{_GUESTS})\s*")
_NOT_A_NAME: Final = re.compile(r"[\W_]+")
_SAYS_NOTHING: Final = re.compile(
    r"original(?: (?:mix|version|edit|recording))?|album version|single version|main mix|explicit|clean|"
    r"(?:digital(?:ly)? )?(?:\d{4} )?(?:digital(?:ly)? )?"
    r"re-?master(?:ed)?(?: (?:version|edition))?(?: \d{4})?|"
    r"stereo(?: mix)?|mono(?: version)?|bonus track|official(?: (?:video|audio))?"
)
_VERSION: Final = re.compile(
    r"\b(?:re-?)?(?:mix|remix|rmx|edit|version|dub|cut|rework|vip|bootleg|mash-?up|flip|refix|take|session|demo|"
    r"instrumental|acapella|a cappella|acoustic|live|extended|radio|club|karaoke|slowed|sped up|interlude|"
    r"intro|outro|reprise|part \d+|pt\.? \d+)\b"
)
_SAME: Final = (
    (re.compile(r"\brmx\b|\bre-mix\b"), "remix"),
    (re.compile(r"\ba cappella\b|\bacappella\b|\baccapella\b"), "acapella"),
    (re.compile(r"\bre-edit\b"), "reedit"),
    (re.compile(r"\bextended(?: (?:mix|version|edit))?\b"), "extended"),
    (re.compile(r"\bradio(?: (?:mix|version|edit))?\b"), "radio"),
    (re.compile(r"\bclub(?: (?:mix|version|edit))?\b"), "club"),
    (re.compile(r"\binstrumental(?: (?:mix|version))?\b"), "instrumental"),
    (re.compile(r"\blive (?:at|in|from) .*|\blive(?: version)?\b"), "live"),
    (re.compile(r"\bdub(?: (?:mix|version))\b"), "dub"),
    (re.compile(r"\bversion\b"), "mix"),
)


@dataclass(frozen=True, slots=True)
class Recording:
    """What two ways of writing are compared by. All texts are folded and bare of punctuation.

    `title` is without version and guests; `version` is "" for the original. `duration` in seconds.
    """

    title: str
    version: str
    artists: frozenset[str]
    duration: float | None = None
    isrc: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What equal recordings have in common, whatever is said of their artists."""
        return self.title, self.version


def recording(
    title: str | None,
    artists: Iterable[str | None],
    *,
    mix: str | None = None,
    duration: float | None = None,
    isrc: str | None = None,
) -> Recording | None:
    """The recording of a title; None without one. `artists` may hold several in one text, `mix` is what a
    tag of its own calls the version."""
    if not title:
        return None
    bare, versions, guests = _taken_apart(fold(title))
    if mix:
        versions.append(fold(mix))
    said = dict.fromkeys(version for text in versions if (version := _version(text)))
    names = frozenset(name for text in (*artists, *guests) if text for name in _names(text))
    return Recording(_bare(bare) or _bare(fold(title)), " ".join(sorted(said)), names, duration, _isrc(isrc))


def _taken_apart(title: str) -> tuple[str, list[str], list[str]]:
    """The bare title, what is said of its version, and its guests."""
    versions: list[str] = []
    guests: list[str] = []

    def sort_in(inner: str) -> bool:
        if guest := _GUEST.match(inner):
            guests.append(guest[1])
        elif _says_version(inner):
            versions.append(inner)
        else:
            return False
        return True

    bare = _BRACKETS.sub(lambda match: " " if sort_in(match[1]) else match[0], title)
    first, *others = _DASH.split(bare)
    stays = [first, *(part for part in others if not sort_in(part))]
    bare = " ".join(stays)
    if guest := _GUEST_AT_END.search(bare):
        guests.append(guest[1])
        bare = bare[: guest.start()]
    return bare, versions, guests


def _says_version(text: str) -> bool:
    return _SAYS_NOTHING.fullmatch(text.strip()) is not None or _VERSION.search(text) is not None


@lru_cache(maxsize=4096)
def _version(text: str) -> str:
    """A version as it is compared: "Four Tet's Rmx" is "four tets remix"; "Original Mix" is ""."""
    text = text.strip()
    if _SAYS_NOTHING.fullmatch(text):
        return ""
    for pattern, word in _SAME:
        text = pattern.sub(word, text)
    return _bare(text)


def _names(artists: str) -> Iterator[str]:
    for name in _JOINTS.split(fold(artists)):
        if bare := _bare(name):
            yield bare.removeprefix("the ")


def _bare(text: str) -> str:
    return " ".join(_NOT_A_NAME.sub(" ", text.replace("'", "").replace("’", "")).split())


def _isrc(text: str | None) -> str | None:
    bare = re.sub(r"[^A-Z0-9]", "", (text or "").upper())
    return bare if len(bare) == 12 else None
