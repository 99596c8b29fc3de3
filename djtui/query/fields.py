"""The fields of the filter language: the type of each, where its value comes from, and how to get at it.

Every field says twice where its value lies, in SQL and in memory; a property test holds both to the
same answer. The SQL is for `FROM track LEFT JOIN track_text ON track_text.id = track.id`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any, Final, Literal

from djtui.model.track import COLORS, FOLDED, SEARCHED
from djtui.query import on_spotify
from djtui.query.differing import DIFFERS
from djtui.query.subject import Subject

FieldType = Literal[
    "text", "number", "duration", "date", "bool", "key", "color", "choice", "cue", "crate", "names"
]
Source = Literal["file", "traktor", "analysis", "djtui", "spotify"]

_TAGS: Final[tuple[Source, ...]] = ("file", "traktor")
_MEASURED: Final[tuple[Source, ...]] = ("file", "traktor", "analysis")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Field:
    """A field of the filter language.

    `sql` is its value as a column has it, NULL if unknown; `value` the same in memory. `folded_sql`
    (text only) is the value without case and diacritics. `sort_sql` puts tracks in order, used as
    `sort_sql IS NULL, sort_sql, track.id`; None where there is no order. `searched`: it has a trigram
    index of its name. `always_known`: its value is never NULL.
    `names_sql` (names only): FROM and WHERE of its values, each an `item.value`; `sql` is then any of them.
    `tolerance`: two numbers that differ by no more are the same. `nothing`: the choice that `none` means,
    where a value is always known; `wider`: the choices that hold another one too.
    """

    name: str
    type: FieldType
    sources: tuple[Source, ...]
    help: str
    example: str
    sql: str
    value: Callable[[Subject], Any]
    sort_sql: str | None = None
    folded_sql: str = ""
    names_sql: str = ""
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    searched: bool = False
    always_known: bool = False
    integer: bool = False
    tolerance: float = 0.0
    nothing: str = ""
    wider: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<field {self.name}>"

    @property
    def folded(self) -> bool:
        """Whether its folded text lies ready in track_text."""
        return self.name in FOLDED

    @property
    def sortable(self) -> bool:
        return self.sort_sql is not None


def fold_sql(column: str) -> str:
    """The text of a column without case and diacritics."""
    # lower() is all that folding does to ASCII, and needs no call into Python.
    is_ascii = f"length({column}) = length(CAST({column} AS BLOB))"
    return f"CASE WHEN {is_ascii} THEN lower({column}) ELSE fold({column}) END"


def _column(
    type: FieldType,
    name: str,
    sources: tuple[Source, ...],
    help: str,
    example: str,
    *aliases: str,
    column: str = "",
) -> Field:
    column = column or name
    sql = f"track.{column}"
    return Field(
        name, type, sources, help, example, sql, attrgetter(f"track.{column}"), sort_sql=sql, aliases=aliases
    )


def _text(name: str, sources: tuple[Source, ...], help: str, example: str, *aliases: str) -> Field:
    field = _column("text", name, sources, help, example, *aliases)
    if name not in FOLDED:
        return replace(field, folded_sql=fold_sql(field.sql))
    folded = f"track_text.{name}"
    return replace(field, folded_sql=folded, sort_sql=folded, searched=name in SEARCHED)


def _integer(name: str, sources: tuple[Source, ...], help: str, example: str, *aliases: str) -> Field:
    return replace(_column("number", name, sources, help, example, *aliases), integer=True)


def _path_of(subject: Subject) -> str | None:
    path = subject.track.path
    return path if path is not None else subject.track.location


def folder_of(path: str) -> str:
    """The folder of a path, with its closing slash."""
    return path[: path.rfind("/") + 1]


def _bitrate_of(subject: Subject) -> float | None:
    bitrate = subject.track.bitrate
    return None if bitrate is None else bitrate / 1000


def _on_spotify(
    type: FieldType, name: str, sql: str, help: str, example: str, *, integer: bool = False
) -> Field:
    def value(subject: Subject) -> Any:
        return getattr(subject.on_spotify, name, None)

    return Field(name, type, ("spotify",), help, example, sql, value, sort_sql=sql, integer=integer)


def _linked_of(subject: Subject) -> str:
    return "missing" if subject.on_spotify is None else "linked"


def _source_of(subject: Subject) -> str:
    return "traktor" if "traktor" in subject.sources else "djtui"


# Camelot order, 1A 1B 2A …: the hour as model.key.hour has it, A (minor) before B.
_CAMELOT: Final = (
    "CASE WHEN track.key < 12 THEN (track.key * 7 + 7) % 12 * 2 + 1"
    " ELSE ((track.key - 12) * 7 + 4) % 12 * 2 END"
)
_PATH: Final = "coalesce(track.path, track.location)"
_FOLDED_FOLDER: Final = (
    f"(SELECT rtrim(folded, replace(folded, '/', '')) FROM (SELECT {fold_sql(_PATH)} AS folded))"
)

_ALL: Final = (
    _text("title", _TAGS, "the title", "glue"),
    _text("artist", _TAGS, "who made it", "bicep"),
    _text("album", _TAGS, "the album or release", "isles", "release"),
    _text("albumartist", _TAGS, "the artist of the whole album", "various"),
    _text("remixer", _TAGS, "who remixed it", "hammer"),
    _text("producer", _TAGS, "who produced it", "albini"),
    _text("label", _TAGS, "the record label", "drumcode"),
    _text("genre", _TAGS, "the genre", "techno", "style"),
    _text("comment", _TAGS, "the comment", "warmup", "comments"),
    _text("comment2", ("traktor",), "Traktor's second comment", "vocal"),
    _text("mix", _TAGS, "the name of the mix", "extended"),
    _text("catalogue", _TAGS, "the catalogue number", "dc123", "catalog", "catno"),
    _text("isrc", ("file",), "the International Standard Recording Code", "GBCFB"),
    replace(
        _column("key", "key", _MEASURED, "the musical key, in any notation", "~8A", "tonality"),
        sort_sql=_CAMELOT,
    ),
    # Traktor writes 123 as 123.000061: a thousandth is still the same tempo.
    replace(_column("number", "bpm", _MEASURED, "the tempo", "124..128", "tempo"), tolerance=0.0005),
    _integer("rating", _TAGS, "stars, 0 to 5", ">=4", "stars"),
    _column("color", "color", ("traktor",), "the colour mark", "red", "colour"),
    _integer("energy", ("file", "analysis"), "energy, 1 to 10", ">=7"),
    _column("number", "lufs", ("analysis",), "loudness in LUFS", "-9..-7", "loudness"),
    _column("duration", "duration", _MEASURED, "how long it plays", "3:30..5:00", "length"),
    replace(
        _column("number", "bitrate", _TAGS, "kilobits a second", ">=256"),
        sql="track.bitrate / 1000.0",
        value=_bitrate_of,
    ),
    _text("format", ("file",), "the kind of file, as its name ends", "flac", "ext"),
    replace(
        _text("path", _TAGS, "the whole path of the file", "downloads", "file"),
        sql=_PATH,
        value=_path_of,
        sort_sql=_PATH,
        folded_sql=fold_sql(_PATH),
    ),
    replace(
        _text("folder", _TAGS, "the folder of the file", "techno", "dir", "directory"),
        sql=_PATH,
        value=_path_of,
        sort_sql=_PATH,
        folded_sql=_FOLDED_FOLDER,
    ),
    _integer("year", _TAGS, "the year of release", "1990..1999"),
    _column("date", "released", _TAGS, "the date of release", "2025-06..", "releasedate"),
    _column("date", "added", ("traktor", "djtui"), "when it came into the collection", "<30d", "imported"),
    _column("date", "modified", ("traktor", "djtui"), "when it was last changed", "<7d", "changed"),
    _column("date", "played", ("traktor",), "when it was last played", ">1y", "lastplayed"),
    _integer("plays", ("traktor",), "how often it was played", ">10", "playcount"),
    replace(
        _column("cue", "cue", ("traktor",), "cue points: how many, any or none", "none", column="cue_count"),
        aliases=("cues", "hotcue", "hotcues"),
        always_known=True,
        integer=True,
    ),
    Field(
        "crate",
        "crate",
        ("traktor", "djtui"),
        "the playlists it is in",
        "peak",
        "",
        attrgetter("crates"),
        aliases=("playlist", "crates", "playlists"),
        always_known=True,
    ),
    _column("bool", "missing", ("djtui",), "whether its file is gone", "yes"),
    _column("bool", "analyzed", ("traktor", "analysis"), "whether it was analysed", "no", "analysed"),
    Field(
        "analysis",
        "choice",
        ("analysis",),
        "what came of analysing it here; none: not tried yet",
        "failed",
        "(SELECT CASE WHEN reason IS NULL THEN 'done' ELSE 'failed' END"
        " FROM analysis WHERE track_id = track.id)",
        attrgetter("analysis"),
        choices=("done", "failed"),
    ),
    Field(
        "steadiness",
        "choice",
        ("analysis",),
        "whether it keeps its tempo",
        "changing",
        "(SELECT steadiness FROM analysis WHERE track_id = track.id)",
        attrgetter("steadiness"),
        choices=("steady", "drifting", "changing"),
    ),
    Field(
        "differs",
        "choice",
        ("analysis",),
        "where the analysis hears something else than what stands here",
        "bpm",
        DIFFERS,
        attrgetter("differs"),
        choices=("bpm", "key", "both", "no"),
        always_known=True,
        nothing="no",
        wider={"bpm": ("both",), "key": ("both",)},
    ),
    _column("bool", "locked", ("traktor",), "whether its analysis is locked", "yes", "lock"),
    Field(
        "conflict",
        "bool",
        ("djtui",),
        "whether library and Traktor disagree about it",
        "any",
        "(track.id IN (SELECT track_id FROM conflict WHERE track_id IS NOT NULL))",
        attrgetter("conflict"),
        aliases=("conflicts",),
        always_known=True,
    ),
    Field(
        "source",
        "choice",
        ("djtui",),
        "traktor: a Traktor collection has it; djtui: none does",
        "traktor",
        "CASE WHEN track.id IN (SELECT track_id FROM nml_entry WHERE NOT gone)"
        " THEN 'traktor' ELSE 'djtui' END",
        _source_of,
        choices=("traktor", "djtui"),
        always_known=True,
    ),
    replace(
        _column("choice", "kind", ("traktor",), "track, stem or set", "stem"),
        choices=("track", "stem", "set"),
        always_known=True,
    ),
    _on_spotify(
        "number",
        "popularity",
        on_spotify.POPULARITY,
        "how popular Spotify says it is, 0 to 100; few apps are told",
        ">=50",
        integer=True,
    ),
    _on_spotify(
        "number",
        "artist_popularity",
        on_spotify.ARTIST_POPULARITY,
        "how popular its best known artist is, 0 to 100; few apps are told",
        "<40",
        integer=True,
    ),
    _on_spotify(
        "number",
        "followers",
        on_spotify.FOLLOWERS,
        "how many follow its best known artist on Spotify; few apps are told",
        ">=10000",
        integer=True,
    ),
    _on_spotify("bool", "explicit", on_spotify.EXPLICIT, "whether Spotify calls its words explicit", "no"),
    _on_spotify("bool", "liked", on_spotify.LIKED, "whether it is among your liked songs", "yes"),
    Field(
        "genres",
        "names",
        ("spotify",),
        "the genres Spotify gives its artists; few apps are told",
        "techno",
        f"(SELECT item.value {on_spotify.GENRES} LIMIT 1)",
        lambda subject: getattr(subject.on_spotify, "genres", None) or None,
        names_sql=on_spotify.GENRES,
    ),
    Field(
        "owned",
        "bool",
        ("djtui",),
        "of Spotify's songs: whether the library has it",
        "no",
        on_spotify.OWNED,
        attrgetter("owned"),
        always_known=True,
    ),
    Field(
        "spotify",
        "choice",
        ("djtui",),
        "whether it is known which song of Spotify it is",
        "missing",
        on_spotify.LINKED,
        _linked_of,
        choices=("linked", "missing"),
        always_known=True,
        nothing="missing",
    ),
    replace(_integer("id", ("djtui",), "the number of one track", "17"), always_known=True),
)

FIELDS: Final[Mapping[str, Field]] = {field.name: field for field in _ALL}
COLOR_NUMBERS: Final[Mapping[str, int]] = {color: i for i, color in enumerate(COLORS) if color}

_BY_NAME: Final = {alias: field for field in _ALL for alias in (*field.aliases, field.name)}


def field_named(name: str) -> Field | None:
    """The field of that name or alias, in any case; None if there is none."""
    return _BY_NAME.get(name.lower())


def field_names() -> tuple[str, ...]:
    """Every name a field answers to."""
    return tuple(_BY_NAME)
