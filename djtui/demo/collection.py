"""A made-up DJ's collection, as Traktor would have written it: for `djtui demo`, tests and benchmarks."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

from djtui.demo.invention import GENRES, InventedTrack, Inventor
from djtui.model.cue import Cue, CueType
from djtui.traktor.writer import DECLARATION, Attribute, closing, decimal, element, escape, opening

_NIGHTS: Final = ("Warm-up", "Closing", "Rooftop", "Basement", "Festival", "Radio", "Afterhour", "Open air")
_SMART: Final = (
    ("Five stars", "$RATING == 5"),
    ("New this month", "$IMPORTDATE >= MONTHS_AGO(1)"),
    ("Never played", "$PLAYED == FALSE"),
    ("Anything techno", '$GENRE % "techno" | $COMMENT % "peak time"'),
)


class Counts(NamedTuple):
    """What was written. `playlists` counts lists and smart lists; `items` the entries of lists."""

    entries: int
    cues: int
    folders: int
    playlists: int
    items: int


@dataclass(slots=True)
class _Crates:
    """What the playlists need to know of the tracks: their keys, by genre, with their tempos."""

    by_genre: defaultdict[str, list[tuple[float, str]]]
    favourites: list[str]

    def note(self, track: InventedTrack, key: str) -> None:
        self.by_genre[track.genre.name].append((track.bpm, key))
        if track.rating == 5:
            self.favourites.append(key)


class _Tree:
    """Writes the playlist tree and counts what is in it."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.folders = self.playlists = self.items = 0

    def folder(self, name: str, nodes: Sequence[str]) -> str:
        self.folders += 1
        return folder(name, nodes)

    def list(self, name: str, keys: Iterable[str] = ()) -> str:
        entries = [
            element("ENTRY", (), element("PRIMARYKEY", (("TYPE", "TRACK"), ("KEY", key)))) for key in keys
        ]
        self.playlists += 1
        self.items += len(entries)
        attributes = (("ENTRIES", str(len(entries))), ("TYPE", "LIST"), ("UUID", self._uuid()))
        playlist = element("PLAYLIST", attributes, "".join(entries))
        return element("NODE", (("TYPE", "PLAYLIST"), ("NAME", name)), playlist)

    def smart(self, name: str, query: str) -> str:
        self.playlists += 1
        search = element("SEARCH_EXPRESSION", (("VERSION", "1"), ("QUERY", query)))
        content = element("SMARTLIST", (("UUID", self._uuid()),), search)
        return element("NODE", (("TYPE", "SMARTLIST"), ("NAME", name)), content)

    def _uuid(self) -> str:
        return f"{self._rng.getrandbits(128):032x}"


def folder(name: str, nodes: Sequence[str]) -> str:
    """A folder of the playlist tree around its nodes; `$ROOT` is the tree itself."""
    subnodes = element("SUBNODES", (("COUNT", str(len(nodes))),), "".join(nodes))
    return element("NODE", (("TYPE", "FOLDER"), ("NAME", name)), subnodes)


def _day(day: date) -> str:
    return f"{day.year}/{day.month}/{day.day}"


def _cue(cue: Cue, version: int) -> str:
    """A cue; a grid marker has its BPM in a child since version 20, and sat on pad 1 before."""
    slot = cue.slot
    marker = cue.type is CueType.GRID
    if version < 20:
        slot = 1 if marker else slot + 1 if slot and slot < 8 else None
    grid = element("GRID", (("BPM", decimal(cue.grid_bpm or 0)),)) if marker and version >= 20 else ""
    # Half of a collection's tags are cues, and only their names are free text: so no list of attributes.
    return (
        f'<CUE_V2 NAME="{escape(cue.name or "n.n.")}" DISPL_ORDER="0" TYPE="{cue.type:d}" '
        f'START="{cue.start:.6f}" LEN="{cue.length:.6f}" REPEATS="-1" HOTCUE="{slot - 1 if slot else -1}">'
        f"{grid}{closing('CUE_V2')}"
    )


def _info(track: InventedTrack) -> str:
    attributes: tuple[Attribute, ...] = (
        ("BITRATE", str(track.bitrate)),
        ("GENRE", track.genre.name),
        ("LABEL", track.label),
        ("COMMENT", track.comment),
        ("RATING", track.comment2),
        ("REMIXER", track.remixer),
        ("PRODUCER", track.producer),
        ("COVERARTID", track.cover),
        ("MIX", track.mix),
        ("CATALOG_NO", track.catalogue),
        ("KEY", track.key_text),
        ("PLAYCOUNT", str(track.plays) if track.plays else None),
        ("PLAYTIME", str(round(track.duration))),
        ("PLAYTIME_FLOAT", decimal(track.duration)),
        ("RANKING", str(track.rating * 51) if track.rating else None),
        ("IMPORT_DATE", _day(track.added)),
        ("LAST_PLAYED", _day(track.played) if track.played else None),
        ("RELEASE_DATE", _day(track.released)),
        ("FLAGS", "28" if track.locked else "12"),
        ("FILESIZE", str(track.filesize)),
        ("COLOR", str(track.color) if track.color else None),
    )
    return element("INFO", attributes)


def _entry(track: InventedTrack, directory: str, version: int) -> str:
    """An ENTRY with its children in Traktor's order."""
    day, second = track.modified
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    volume_id = "5c1d80a7" if track.volume == "C:" else "9e0f4b22"
    place, of = track.album_place or (None, None)
    peak, perceived = track.loudness
    attributes: tuple[Attribute, ...] = (
        ("MODIFIED_DATE", _day(day)),
        ("MODIFIED_TIME", str(second)),
        ("LOCK", "1" if track.locked else None),
        ("LOCK_MODIFICATION_TIME", f"{day.isoformat()}T{clock}" if track.locked else None),
        ("AUDIO_ID", track.audio_id),
        ("TITLE", track.title),
        ("ARTIST", track.artist),
    )
    location = (
        ("DIR", directory),
        ("FILE", track.filename),
        ("VOLUME", track.volume),
        ("VOLUMEID", volume_id),
    )
    album = (
        ("OF_TRACKS", str(of) if of else None),
        ("TRACK", str(place) if place else None),
        ("TITLE", track.album),
    )
    loudness = decimal(perceived)
    children = [
        element("LOCATION", location),
        element("ALBUM", album) if track.album else "",
        element("MODIFICATION_INFO", (("AUTHOR_TYPE", "user"),)),
        _info(track),
        element("TEMPO", (("BPM", decimal(track.bpm)), ("BPM_QUALITY", "100.000000"))),
        element(
            "LOUDNESS", (("PEAK_DB", decimal(peak)), ("PERCEIVED_DB", loudness), ("ANALYZED_DB", loudness))
        ),
        element("MUSICAL_KEY", (("VALUE", str(track.key)),)) if track.key is not None else "",
        *(_cue(cue, version) for cue in track.cues),
    ]
    return element("ENTRY", attributes, "".join(children))


def _playlists(tree: _Tree, crates: _Crates, rng: random.Random, tracks: int) -> str:
    """The tree: what Traktor always has, a crate a genre, smart lists, and nights out by year."""
    standard = [tree.list("_LOOPS"), tree.list("_RECORDINGS")]
    preparation = [key for pool in crates.by_genre.values() for _, key in pool[:2]]
    genres = [
        tree.list(genre.name, [key for _, key in rng.sample(pool, min(len(pool), 60))])
        for genre in GENRES
        if (pool := crates.by_genre.get(genre.name))
    ]
    years: defaultdict[int, list[str]] = defaultdict(list)
    for number in range(min(280, max(6, tracks // 120)) if crates.by_genre else 0):
        pool = crates.by_genre[rng.choice(list(crates.by_genre))]
        # A night climbs: slow to fast.
        night = sorted(rng.sample(pool, min(len(pool), rng.randint(18, 110))))
        year = 2019 + number % 8
        name = f"{year}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02} {rng.choice(_NIGHTS)}"
        years[year].append(tree.list(name, [key for _, key in night]))
    nodes = [
        *standard,
        tree.list("Preparation", preparation),
        tree.list("Favourites", crates.favourites[:200]),
        tree.folder("Genres", genres),
        tree.folder("Smart", [tree.smart(name, query) for name, query in _SMART]),
        tree.folder("Nights", [tree.folder(str(year), lists) for year, lists in sorted(years.items())]),
    ]
    return element("PLAYLISTS", (), folder("$ROOT", nodes))


def write_collection(path: Path, tracks: int = 5000, seed: int = 7, version: int = 20) -> Counts:
    """Write a collection.nml of `tracks` made-up entries, of NML version 19 or 20, and count what is in it.

    The same seed, number and version give the same bytes. No audio is written: every file is missing.
    """
    rng = random.Random(seed)
    inventor = Inventor(rng.getrandbits(64), tracks)
    crates = _Crates(defaultdict(list), [])
    cues = 0
    program = "Traktor Pro 4" if version >= 20 else "Traktor"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(DECLARATION + opening("NML", (("VERSION", str(version)),)))
        file.write(element("HEAD", (("COMPANY", "www.native-instruments.com"), ("PROGRAM", program))))
        if version < 20:
            file.write(element("MUSICFOLDERS"))
        file.write(opening("COLLECTION", (("ENTRIES", str(tracks)),)))
        for _ in range(tracks):
            track = inventor.track()
            directory = f"/:{'/:'.join(track.folders)}/:"
            crates.note(track, track.volume + directory + track.filename)
            cues += len(track.cues)
            file.write(_entry(track, directory, version))
        file.write(closing("COLLECTION"))
        file.write(element("SETS", (("ENTRIES", "0"),)))
        tree = _Tree(rng)
        file.write(_playlists(tree, crates, rng, tracks))
        criteria = element("CRITERIA", (("ATTRIBUTE", "18"), ("DIRECTION", "1")))
        file.write(element("INDEXING", (), element("SORTING_INFO", (("PATH", "$COLLECTION"),), criteria)))
        file.write(closing("NML"))
    return Counts(tracks, cues, tree.folders, tree.playlists, tree.items)
