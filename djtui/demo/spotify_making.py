"""Makes up an account for the Spotify stand-in: invented music, likes, playlists with all they may hold."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Final, Literal, TypeVar

from djtui.demo.invention import LATEST, InventedTrack, Inventor
from djtui.demo.spotify_music import Album, Artist, Episode, Like, LocalFile, Row, Song, Track, User
from djtui.demo.spotify_world import Clock, World, new_id, stamp

_NOON: Final = datetime(LATEST.year, LATEST.month, LATEST.day, 12, tzinfo=UTC)
_SETS: Final = ("Warm-up", "Peak time", "Closing", "Rooftop", "Basement", "To find", "Radio show", "Sunday")
_SHOWS: Final = ("Crate Talk", "Needle & Groove", "The Cue Point")
_PRECISIONS: Final[tuple[Literal["day", "month", "year"], ...]] = ("day",) * 16 + ("month", "year", "year")
_LENGTHS: Final = {"day": 10, "month": 7, "year": 4}
_MOODS: Final = ("", "", "deep ", "melodic ", "dark ", "classic ")

_T = TypeVar("_T")
_W = TypeVar("_W", bound=World)


def generate(
    world_type: type[_W],
    seed: int,
    liked: int,
    artists: int,
    albums: int,
    playlists: int,
    rows: int,
    clock: Clock | None,
) -> _W:
    """See World.generated."""
    rng = random.Random(seed)
    me = User("dj-nimbus", "DJ Nimbus", new_id(rng)[:10])
    world = world_type(me, clock=clock, seed=seed)
    songs = _catalogue(rng, seed, liked + (rows // 4 if playlists else 0), artists, albums)
    for song in songs:
        world.add_song(song)
    favourites = songs[:liked]
    moment, likes = _NOON, []
    for song in favourites:
        likes.append(Like(song, stamp(moment)))
        if rng.random() < 0.8:  # some were liked together, within one second
            moment -= timedelta(seconds=int(rng.expovariate(1 / 20_000)))
    world.like_all(reversed(likes))
    if playlists:
        _Shelf(world, rng, songs[liked:], songs).fill(playlists, rows)
    for song in favourites[:30]:
        world.play(song.uri, _NOON - timedelta(minutes=5 * len(world.plays)), song.album.uri)
    world.following = rng.sample(list(world.artists.values()), min(20, len(world.artists)))
    return world


def _catalogue(rng: random.Random, seed: int, songs: int, artists: int, albums: int) -> list[Track]:
    """Songs in random order that name so many artists and albums, as far as there are songs enough."""
    if not songs:
        return []
    inventor = Inventor(seed, songs)
    invented = [inventor.track() for _ in range(songs)]
    cast = [_artist(rng, _pick(rng, invented, number)) for number in range(max(1, artists))]
    covers = max(1, min(albums, songs))
    places = [number if number < covers else rng.randrange(covers) for number in range(songs)]
    sizes = Counter(places)
    shelf = [
        _album(rng, _pick(rng, invented, number), _pick(rng, cast, number), sizes[number])
        for number in range(covers)
    ]
    filled = [0] * len(shelf)
    made = []
    for track, place in zip(invented, places, strict=True):
        filled[place] += 1
        made.append(_track(rng, track, shelf[place], filled[place], cast))
    for number in range(len(shelf), len(cast)):  # artists without an album of their own are guests
        place = number % songs
        made[place] = replace(made[place], artists=(*made[place].artists, cast[number]))
    rng.shuffle(made)
    return made


def _pick(rng: random.Random, values: Sequence[_T], number: int) -> _T:
    """Each in turn, then any."""
    return values[number] if number < len(values) else rng.choice(values)


def _artist(rng: random.Random, track: InventedTrack) -> Artist:
    genre = track.genre.name.lower()
    styles = tuple(dict.fromkeys(f"{rng.choice(_MOODS)}{genre}" for _ in range(rng.randrange(4))))
    return Artist(new_id(rng), track.artist, styles, rng.randrange(90), int(rng.expovariate(1 / 40_000)))


def _album(rng: random.Random, track: InventedTrack, artist: Artist, tracks: int) -> Album:
    precision = rng.choice(_PRECISIONS)
    return Album(
        id=new_id(rng),
        name=track.album or track.title,
        type="compilation" if rng.random() < 0.05 else "single" if tracks < 4 else "album",
        artists=(artist,),
        release_date=track.released.isoformat()[: _LENGTHS[precision]],
        release_precision=precision,
        total_tracks=tracks,
        label=track.label,
        upc=f"{rng.randrange(10**12):012}",
        popularity=rng.randrange(80),
    )


def _track(rng: random.Random, track: InventedTrack, album: Album, number: int, cast: list[Artist]) -> Track:
    artists = list(album.artists)
    while rng.random() < 0.25 and len(artists) < 4:
        artists.append(rng.choice(cast))
    return Track(
        id=new_id(rng),
        name=track.title,
        artists=tuple(dict.fromkeys(artists)),
        album=album,
        duration_ms=int(track.duration * 1000),
        explicit=rng.random() < 0.08,
        disc_number=1,
        track_number=number,
        isrc=f"QZ{rng.randrange(16**3):03X}{track.released.year % 100:02}{rng.randrange(10**5):05}"
        if rng.random() < 0.97
        else None,
        popularity=rng.randrange(85),
    )


class _Shelf:
    """Fills the account's playlists: with the songs that stand nowhere else, with any, and with oddities."""

    def __init__(
        self, world: World, rng: random.Random, unheard: Sequence[Track], songs: Sequence[Track]
    ) -> None:
        self._world = world
        self._rng = rng
        self._unheard = unheard
        self._songs = songs
        self._friend = User("wren.moorcroft", "Wren Moorcroft")
        self._editor = User("set_curators", None)
        for user in (self._friend, self._editor):
            world.users[user.id] = user

    def fill(self, playlists: int, rows: int) -> None:
        followed = playlists // 10
        contents = self._contents(rows)
        for number, size in enumerate(self._sizes(playlists - followed, rows)):
            shared = number == 1
            self._playlist(
                f"{_SETS[number % len(_SETS)]} {number // len(_SETS) + 1}",
                self._friend if shared else self._world.me,
                contents[:size],
                collaborative=shared,
            )
            del contents[:size]
        for number in range(followed):
            songs = self._rng.choices(self._songs, k=self._rng.randint(20, 90)) if self._songs else []
            self._playlist(f"Followed {number + 1}", self._editor if number % 2 else self._friend, songs)
        self._rng.shuffle(self._world.playlists)

    def _contents(self, rows: int) -> list[Song | None]:
        """As many songs as all playlists together have rows, at random."""
        rng = self._rng
        odd = self._odd()
        songs: list[Song | None] = [*self._unheard[:rows]]
        songs += islice(cycle(odd), rows // 40)
        songs += rng.choices(self._songs or odd, k=max(0, rows - len(songs)))
        rng.shuffle(songs)
        return songs[:rows]

    def _playlist(
        self, name: str, owner: User, songs: Sequence[Song | None], *, collaborative: bool = False
    ) -> None:
        self._world.create(
            name,
            description=self._rng.choice(("", "", "for the long drive home", "120–126, no vocals")),
            public=False if collaborative else self._rng.random() < 0.5,
            collaborative=collaborative,
            owner=owner,
            rows=[self._row(song, owner) for song in songs],
        )

    def _sizes(self, playlists: int, rows: int) -> list[int]:
        """Sizes that add up to `rows`: many short ones, some long, one empty where there is choice."""
        weights = [0.2 + self._rng.random() ** 2 for _ in range(playlists)]
        if playlists > 3:
            weights[0] = 0.0
        sizes = [int(rows * weight / sum(weights)) for weight in weights]
        sizes[-1] += rows - sum(sizes)
        return sizes

    def _row(self, song: Song | None, owner: User) -> Row:
        if self._rng.random() < 0.01:  # of the days before Spotify noted either
            return Row(song, None, None)
        moment = _NOON - timedelta(minutes=self._rng.randrange(4_000_000))
        return Row(song, stamp(moment), self._friend if self._rng.random() < 0.05 else owner)

    def _odd(self) -> list[Song | None]:
        """An empty row, local files and episodes."""
        rng = self._rng
        files = [
            LocalFile("Fennbrook Tapes", "Unreleased", f"Dub plate {number}", 200 + number)
            for number in range(3)
        ]
        files.append(LocalFile("", "", "untitled (mastered) 100%: final", 331))
        episodes = [
            Episode(
                new_id(rng),
                f"Episode {number}: {rng.choice(_SETS)}",
                show,
                new_id(rng),
                rng.randrange(20 * 60_000, 90 * 60_000),
                False,
                f"2026-0{number + 1}-14",
            )
            for number, show in enumerate(_SHOWS)
        ]
        songs: list[Song] = [*files, *episodes]
        for song in songs:
            self._world.add_song(song)
        rng.shuffle(songs)
        return [None, files[0], episodes[0], None, *songs]
