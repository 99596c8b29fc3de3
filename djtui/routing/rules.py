"""What a rule needs to know of songs, and what of that there is none of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from djtui.query import Expression, Field, parse
from djtui.routing.songs import BaseSongs, fields_of
from djtui.spotify.capabilities import Capability

# Fields that Spotify does not send to every app, by what tells whether it does.
_SENT: Final[Mapping[str, Capability]] = {
    "genres": "has_genres",
    "popularity": "has_popularity",
    "artist_popularity": "has_popularity",
    "followers": "has_popularity",
    "label": "has_label",
}
# Of a song Spotify itself says these; whatever else there is comes from the file it is linked to.
_OF_SONG: Final = frozenset(("title", "artist", "album", "duration", "isrc", "added", "released", "year"))


@dataclass(frozen=True, slots=True)
class Need:
    """A field that a rule asks, and of how many songs of the base it is unknown.

    `sent` False: Spotify does not send it to this app. `of_file`: only a linked file can tell it.
    """

    field: Field
    unknown: int
    songs: int
    sent: bool = True
    of_file: bool = False

    def __str__(self) -> str:
        """ "genres: not sent to this app; unknown for 41 of 300"."""
        origin = "of the files in your library; " if self.of_file else ""
        if not self.sent:
            origin = "not sent to this app; "
            if self.field.name == "label":
                origin = "not sent to this app, taken from local tags; "
        known = f"unknown for {self.unknown:,} of {self.songs:,}" if self.unknown else "known for all"
        return f"{self.field.name}: {origin}{known}"


def check(text: str) -> Expression:
    """The meaning of a rule; an empty one takes every song. Raises `QueryError`, which points at it."""
    return parse(text)


def needs(expression: Expression, songs: BaseSongs, unsent: Collection[str] = ()) -> list[Need]:
    """What a rule asks that need not be known, in its order; bare words are never unknown.

    `unsent` names the fields that this app is not sent (see `not_sent`).
    """
    fields = [field for field in fields_of(expression) if not field.always_known]
    unknown = songs.count_unknown(fields)
    return [
        Need(field, unknown[field.name], len(songs), field.name not in unsent, is_of_file(field))
        for field in fields
    ]


def not_sent(capability: Callable[[Capability], int | None]) -> frozenset[str]:
    """The names of the fields that this app is known not to be sent: `not_sent(Capabilities(…).get)`."""
    return frozenset(name for name, asked in _SENT.items() if capability(asked) == 0)


def is_of_file(field: Field) -> bool:
    """Whether of a song only the file that it is linked to can tell the field."""
    return "spotify" not in field.sources and field.name not in _OF_SONG and field.name not in _SENT
