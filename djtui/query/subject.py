"""What an expression is asked about in memory."""

from __future__ import annotations

from dataclasses import dataclass

from djtui.model.track import Track


@dataclass(frozen=True, slots=True)
class OnSpotify:
    """What Spotify says of the song that a track is. Empty `genres`: its artists have none."""

    popularity: int | None = None
    artist_popularity: int | None = None
    followers: int | None = None
    explicit: bool | None = None
    liked: bool = False
    genres: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """A track and what stands about it in other tables.

    `crates` are the names of the playlists it is in; `sources` the worlds that know it beside djtui:
    "traktor" if an entry of a collection stands for it. `analysis` is "done", "failed" or None: not tried;
    `differs` says what it hears differently: "bpm", "key", "both" or "no".
    `on_spotify` is None while no song is linked; `owned` is about songs: whether the library has it.
    """

    track: Track
    crates: tuple[str, ...] = ()
    conflict: bool = False
    sources: frozenset[str] = frozenset()
    analysis: str | None = None
    steadiness: str | None = None
    differs: str = "no"
    on_spotify: OnSpotify | None = None
    owned: bool = True
