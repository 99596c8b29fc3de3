"""Made-up music: who plays it, what it is called, where its phrases lie. All names are invented.

What is plausible is the shape: genres with their tempos, labels that stay with a genre, cues on the
sixteenth bar, ratings that go with plays.
"""

from __future__ import annotations

import base64
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from djtui.model import key as keys
from djtui.model.cue import Cue, CueType

LATEST: Final = date(2026, 9, 30)  # nothing in a made-up collection is younger


@dataclass(frozen=True, slots=True)
class Genre:
    """A style: its range of tempos (BPM) and of lengths (minutes), its share, and who puts it out."""

    name: str
    tempo: tuple[int, int]
    minutes: tuple[float, float]
    weight: int
    labels: tuple[str, ...]


GENRES: Final = (
    Genre("House", (120, 126), (5, 7.5), 16, ("Velvet Kerb", "Lantern Parade", "Room Nineteen")),
    Genre("Deep House", (118, 123), (5.5, 8), 12, ("Undertow Society", "Moss & Copper", "Slowlake")),
    Genre("Tech House", (124, 130), (5, 7), 14, ("Rubber Comb", "Gatefold Gang", "Tin Parrot")),
    Genre("Techno", (130, 142), (5.5, 8), 16, ("Betonblume", "Nullpunkt Werke", "Cold Atrium")),
    Genre("Melodic Techno", (121, 126), (6, 9), 9, ("Aerial Garden", "Far Meridian")),
    Genre("Minimal", (124, 129), (6, 9.5), 6, ("Kleinteil", "Paperclip Audio")),
    Genre("Trance", (134, 142), (6, 9), 5, ("Daybreak Engine", "Skyhook Nine")),
    Genre("Electro", (126, 136), (4.5, 6.5), 5, ("Voltage Bakery", "Static Heron")),
    Genre("Breaks", (128, 138), (4.5, 6.5), 4, ("Loose Gravel", "Kerbside Funk")),
    Genre("Drum & Bass", (172, 176), (4, 6), 7, ("Subfloor Kin", "Amen Orchard")),
    Genre("Dubstep", (139, 142), (4, 5.5), 3, ("Low Ceiling", "Heavy Parlour")),
    Genre("Disco", (110, 122), (4, 7), 4, ("Mirrorball Union", "Sequin Trust")),
    Genre("Ambient", (70, 100), (4, 10), 2, ("Still Harbour", "Moth Lamp")),
    Genre("Hip-Hop", (82, 98), (2.8, 4.5), 3, ("Corner Ledger", "Brass Alley")),
)

_T = TypeVar("_T")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _spread(shares: dict[_T, int]) -> tuple[_T, ...]:
    """Each value as often as its share: drawing evenly from this is drawing by weight."""
    return tuple(value for value, share in shares.items() for _ in range(share))


_FIRST: Final = _words(
    """
    Ada Bram Cleo Dario Edda Fenn Gita Hollis Ines Jorin Kaya Lumen Marlo Nadja Orla Pim Quill Rhea
    Silas Tove Ulla Vico Wren Xanti Yara Zeno Søren Zoë Ñola Émile Jörg Łucja Dağhan Třinec Åsa
    """
)
_LAST: Final = _words(
    """
    Kestrel Venn Talbrook Ostrow Hallermoor Quist Pellin Vantage Moorcroft Sable Ternlake Ashgrove
    Brindle Calloway Dunmere Everhart Fallow Grünthal Holmgaard Ildefonso Jasperson Krähe Lindqvister
    Marchetta Nørregard Oldacre Pumphrey Rosenquill Szabolka Thistlewood Underlay Vasquero Winterbourne
    Yarrowby Zellweg
    """
)
_THINGS: Final = _words(
    """
    Pollen Circuit Harbour Velvet Signal Copper Falcon Lantern Gravel Marble Orbit Paper Quarry Rubber
    Saffron Tunnel Umbra Vapour Willow Zephyr Anchor Basement Cinder Drift Ember Fossil Glasshouse
    Hollow Ivory Juniper Kiosk Ledger Mirror Nocturne Obelisk Parade Ripple Satellite Terrace Undertow
    Vertigo Waxwing Yonder Zinc
    """
)
_MOODS: Final = _words(
    """
    Midnight Golden Broken Silent Electric Distant Hidden Restless Crooked Weightless Burning Velvet
    Frozen Second Late Northern Endless Hollow Slow Sudden Borrowed Paper Blue Crimson Lucid Feral
    Gentle Infinite Lost Morning
    """
)

# name, titles: in their own script, as a collection has them.
_WORLD: Final = (
    ("夜空リン", ("夜の海", "電気の雨", "静かな光", "東の窓", "青い信号")),
    ("蒼井ミナト", ("都市の夢", "深い森", "月と機械", "最後の電車")),
    ("Лев Морозный", ("Ночной поезд", "Северный свет", "Пустые улицы", "Тихая гавань")),
    ("Зоя Вьюга", ("Белый шум", "Сквозь туман", "Завтра снова")),
    ("נועם גלים", ("אור ראשון", "גשם על העיר", "הדרך הביתה")),
    ("Νίκη Ανέμου", ("Χαμένη πόλη", "Κύμα", "Νυχτερινό φως")),
    ("한가람소리", ("밤의 온도", "푸른 골목")),
    ("ليلى الساحل", ("ضوء القمر", "مدينة نائمة")),
)
_GENRES: Final = tuple(genre for genre in GENRES for _ in range(genre.weight))
_MIXES: Final = ("Original Mix", "Extended Mix", "Dub", "Radio Edit", "VIP", "Instrumental", "Club Mix")
_CUE_NAMES: Final = ("Intro", "Drop", "Break", "Build", "Vocal", "Drop 2", "Outro", "Mix out")
_REMARKS: Final = ("promo", "vinyl rip", "from a friend", "opener", "peak time", "after hours <3")
_FORMATS: Final = _spread(
    {
        ("mp3", 320_000): 31,
        ("mp3", 256_000): 4,
        ("flac", 920_000): 7,
        ("wav", 1_411_200): 5,
        ("aiff", 1_411_200): 3,
    }
)
_STARS: Final = _spread({None: 30, 1: 2, 2: 6, 3: 24, 4: 26, 5: 12})
_HOTCUES: Final = _spread({0: 8, 1: 6, 2: 9, 3: 14, 4: 20, 5: 16, 6: 12, 7: 6, 8: 9})
_CUE_TYPES: Final = _spread({CueType.CUE: 21, CueType.LOOP: 3, CueType.LOAD: 1})
_NOTATIONS: Final[tuple[Callable[[int], str], ...]] = (keys.open_key,) * 8 + (keys.musical, keys.camelot)
_KEYS: Final = (*range(24), *range(12, 24))  # minor twice: dance music is
_FORBIDDEN: Final = str.maketrans(dict.fromkeys('\\/:*?"<>|', "_"))


@dataclass(frozen=True, slots=True)
class InventedTrack:
    """One entry. `duration` in seconds, `filesize` in KB of audio, `bitrate` in bit/s, `rating` in stars."""

    title: str
    artist: str
    album: str | None
    album_place: tuple[int, int] | None
    genre: Genre
    label: str
    catalogue: str | None
    remixer: str | None
    producer: str | None
    mix: str | None
    comment: str | None
    comment2: str | None
    key: int | None
    key_text: str | None
    bpm: float
    duration: float
    bitrate: int
    filesize: int
    rating: int | None
    plays: int
    added: date
    played: date | None
    released: date
    modified: tuple[date, int]
    color: int | None
    locked: bool
    cover: str | None
    audio_id: str
    loudness: tuple[float, float]
    volume: str
    folders: tuple[str, ...]
    filename: str
    cues: tuple[Cue, ...]


class Inventor:
    """Makes up tracks, always the same ones for the same seed and number."""

    def __init__(self, seed: int, tracks: int) -> None:
        self._rng = random.Random(seed)
        self._random = self._rng.random
        self._artists = {genre.name: self._cast(genre, tracks) for genre in GENRES}
        self._taken: Counter[str] = Counter()

    def _any(self, values: Sequence[_T]) -> _T:
        return values[int(self._random() * len(values))]

    def _number(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        return low + int(self._random() * (high - low + 1))

    def _cast(self, genre: Genre, tracks: int) -> list[str]:
        """The artists of one genre: about one for every eight tracks."""
        return [self._artist() for _ in range(max(4, tracks * genre.weight // len(_GENRES) // 8))]

    def _artist(self) -> str:
        pick = self._random()
        if pick < 0.45:
            return f"{self._any(_FIRST)} {self._any(_LAST)}"
        if pick < 0.7:
            return f"{self._any(_MOODS)} {self._any(_THINGS)}"
        if pick < 0.78:
            return f"DJ {self._any(_THINGS)}"
        if pick < 0.86:
            return f"{self._any(_LAST)} & {self._any(_LAST)}"
        return f"{self._any(_THINGS)}{self._any(_THINGS).lower()}"

    def _names(self, genre: Genre) -> tuple[str, str]:
        """Artist and bare title."""
        if self._random() < 0.04:
            artist, titles = self._any(_WORLD)
            return artist, self._any(titles)
        artist = self._any(self._artists[genre.name])
        pick = self._random()
        if pick < 0.5:
            return artist, f"{self._any(_MOODS)} {self._any(_THINGS)}"
        if pick < 0.7:
            return artist, f"{self._any(_THINGS)} of {self._any(_THINGS)}"
        if pick < 0.85:
            return artist, self._any(_THINGS)
        return artist, f"{self._any(_FIRST)}'s {self._any(_THINGS)}"

    def track(self) -> InventedTrack:
        """The next track."""
        chance = self._random
        genre = self._any(_GENRES)
        artist, bare = self._names(genre)
        remixer = self._any(self._artists[genre.name]) if chance() < 0.22 else None
        mix = f"{remixer} Remix" if remixer else self._any(_MIXES) if chance() < 0.7 else None
        title = f"{bare} ({mix})" if mix else bare
        bpm = self._tempo(genre)
        shortest, longest = genre.minutes
        duration = round((shortest + chance() * (longest - shortest)) * 60, 6)
        extension, bitrate = self._any(_FORMATS)
        label = self._any(genre.labels)
        released = LATEST.toordinal() - int(9000 * chance() ** 2.5)
        added = self._number(released, LATEST.toordinal())
        rating = self._any(_STARS)
        plays = int(self._rng.expovariate(1 / (1 + 3 * (rating or 0)))) if chance() < 0.6 else 0
        played = self._number(added, LATEST.toordinal()) if plays else None
        key = self._any(_KEYS) if chance() < 0.97 else None
        on_usb = chance() < 0.12
        album = f"{self._any(_MOODS)} {self._any(_THINGS)} EP" if chance() < 0.7 else None
        day = date.fromordinal(released)
        year = date.fromordinal(added).year
        return InventedTrack(
            title=title,
            artist=artist,
            album=album,
            album_place=(self._number(1, 4), 4) if album and chance() < 0.5 else None,
            genre=genre,
            label=label,
            catalogue=self._catalogue(label) if chance() < 0.5 else None,
            remixer=remixer,
            producer=artist if chance() < 0.05 else None,
            mix=mix if chance() < 0.4 else None,
            comment=self._comment(key),
            comment2=f"#{self._any(_MOODS).lower()}" if chance() < 0.08 else None,
            key=key,
            key_text=self._any(_NOTATIONS)(key) if key is not None and chance() < 0.9 else None,
            bpm=bpm,
            duration=duration,
            bitrate=bitrate,
            filesize=int(duration * bitrate / 8 / 1024),
            rating=rating,
            plays=plays,
            added=date.fromordinal(added),
            played=date.fromordinal(played) if played else None,
            released=day if chance() < 0.4 else day.replace(month=1, day=1),
            modified=(date.fromordinal(max(added, played or added)), self._number(0, 86_399)),
            color=self._number(1, 7) if chance() < 0.12 else None,
            locked=chance() < 0.06,
            cover=self._cover() if chance() < 0.8 else None,
            audio_id=self._audio_id(),
            loudness=(chance() * 3 - 2.5, self._rng.gauss(-0.6, 1.4)),
            volume="E:" if on_usb else "C:",
            folders=("Crates", str(year)) if on_usb else ("Users", "dj", "Music", genre.name, label),
            filename=self._filename(artist, title, extension),
            cues=self._cues(bpm, duration),
        )

    def _tempo(self, genre: Genre) -> float:
        """Most music of today stands on a whole tempo; some was played by hand."""
        low, high = genre.tempo
        tempo = low + (self._random() + self._random()) / 2 * (high - low)
        return float(round(tempo)) if self._random() < 0.85 else round(tempo, 6)

    def _catalogue(self, label: str) -> str:
        initials = "".join(word[0] for word in label.split())
        return f"{initials.upper().replace('&', '')}{self._number(1, 240):03}"

    def _comment(self, key: int | None) -> str | None:
        """As tagging programs leave them: the key in Camelot and an energy, a shop, a remark."""
        pick = self._random()
        if pick < 0.22 and key is not None:
            return f"{keys.camelot(key)} - Energy {self._number(3, 9)}"
        if pick < 0.4:
            return self._any(_REMARKS)
        return f"bought {self._number(2012, 2026)}" if pick < 0.45 else None

    def _cover(self) -> str:
        return f"{self._number(0, 127):03}/{self._rng.getrandbits(112):028X}"

    def _audio_id(self) -> str:
        return base64.b64encode(b"\x01" + self._rng.randbytes(self._number(215, 250))).decode()

    def _filename(self, artist: str, title: str, extension: str) -> str:
        """A file name that no track before has had."""
        stem = f"{artist} - {title}".translate(_FORBIDDEN)
        self._taken[stem] += 1
        number = self._taken[stem]
        return f"{stem}.{extension}" if number == 1 else f"{stem} [{number}].{extension}"

    def _cues(self, bpm: float, duration: float) -> tuple[Cue, ...]:
        """A grid marker, then hotcues and loops on the sixteenth bars, in the order of their pads."""
        chance = self._random
        first = round(15 + 400 * chance(), 6)
        bar = 4 * 60_000 / bpm
        phrases = max(1, int((duration * 1000 - first) / bar / 16))
        cues = [Cue(CueType.GRID, first, name="AutoGrid", repeats=-1, grid_bpm=bpm)]
        places = sorted({self._number(0, phrases - 1) for _ in range(self._any(_HOTCUES))})
        for slot, place in enumerate(places, start=1):
            start = round(first + place * 16 * bar, 6)
            name = _CUE_NAMES[(slot - 1) % 8] if chance() < 0.35 else "n.n."
            kind = self._any(_CUE_TYPES)
            length = round(2.0 ** self._number(0, 3) * bar, 6) if kind is CueType.LOOP else 0.0
            cues.append(Cue(kind, start, length, slot, name, -1))
        if chance() < 0.05:
            cues.append(Cue(CueType.FADE_IN, first, name="n.n.", repeats=-1))
            cues.append(Cue(CueType.FADE_OUT, round(duration * 1000 - 8 * bar, 6), name="n.n.", repeats=-1))
        return tuple(cues)
