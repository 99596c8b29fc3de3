"""What a file's name can be made of, and the mix within a title as DJs write it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from djtui.model import key as keys
from djtui.model.track import Track

_MIXES: Final = (
    r"mix|remix|rmx|edit|re-?edit|re-?work(?:ed)?|re-?rub|refix|flip|bootleg|mash-?up|version|dub|vip|"
    r"instrumental|acapp?ella|a cappella|remaster(?:ed)?|reprise|tool|dubplate|extended|original|live|"
    r"acoustic|unplugged|demo|intro|outro|clean|dirty"
)
_NAMES_MIX: Final = re.compile(
    rf"(?:.*\W)?(?:(?:{_MIXES})(?:\W+(?:\d{{1,4}}|(?:by|at|from|of) .+))?|(?:7|10|12)(?:\"|''|”|″| ?inch))",
    re.IGNORECASE | re.DOTALL,
)
_GROUP: Final = re.compile(r"(?:\(((?:[^()]|\([^()]*\))*)\)|\[((?:[^\[\]]|\[[^\[\]]*\])*)\])")
_DASH: Final = re.compile(r"\s[-–—]\s")


class Facts(NamedTuple):
    """What is known of one file. Units: seconds, bit/s; `key` is Traktor's number; unknown is None.

    A named tuple, for it is built and read in a third of the time that a frozen dataclass takes.
    """

    path: str
    id: int = 0
    artist: str | None = None
    title: str | None = None
    mix: str | None = None
    album: str | None = None
    albumartist: str | None = None
    label: str | None = None
    catalogue: str | None = None
    genre: str | None = None
    remixer: str | None = None
    producer: str | None = None
    comment: str | None = None
    comment2: str | None = None
    isrc: str | None = None
    year: int | None = None
    released: str | None = None
    added: str | None = None
    track: int | None = None
    disc: int | None = None
    bpm: float | None = None
    key: int | None = None
    bitrate: int | None = None
    duration: float | None = None
    rating: int | None = None
    energy: int | None = None

    @property
    def dates(self) -> tuple[int | None, str | None]:
        """What the year is read from."""
        return self.year, self.released

    @property
    def title_and_mix(self) -> tuple[str | None, str | None]:
        """What a title without its mix, and the mix, are read from."""
        return self.title, self.mix


def facts_of(track: Track, disc: int | None = None) -> Facts:
    """The facts of a track of the library; its path is "" where the file is on no volume of this machine."""
    key = track.key
    if key is None and track.key_text:
        key = keys.parse(track.key_text)
    return Facts(
        track.path or "", track.id, track.artist, track.title, track.mix, track.album, track.albumartist,
        track.label, track.catalogue, track.genre, track.remixer, track.producer, track.comment,
        track.comment2, track.isrc, track.year, track.released, track.added, track.track_number, disc,
        track.bpm, key, track.bitrate, track.duration, track.rating, track.energy,
    )  # fmt: skip


def split_mix(title: str, mix: str | None = None) -> tuple[str, str | None]:
    """A title without its mix, and the mix: "Opal (Four Tet Remix)" is "Opal" and "Four Tet Remix".

    The mix is the last part in brackets that is called one, or what stands behind a dash and is called one.
    A `mix` that is known already is what is looked for in the title, and stays what it is.
    """
    for group in reversed(list(_GROUP.finditer(title))):
        inner = (group[1] if group[1] is not None else group[2]).strip()
        if _is_mix(inner, mix) and (bare := f"{title[: group.start()]} {title[group.end() :]}".strip()):
            return " ".join(bare.split()), mix or inner
    for dash in reversed(list(_DASH.finditer(title))):
        name, inner = title[: dash.start()].strip(), title[dash.end() :].strip()
        if name and _is_mix(inner, mix):
            return name, mix or inner
    return title, mix


def _is_mix(text: str, mix: str | None) -> bool:
    if mix:
        return text.casefold() == mix.strip().casefold()
    return bool(_NAMES_MIX.fullmatch(text))
