"""The settings: `config.toml`, every value checked and explained with a sentence.

Each option is declared once, here: its type, default, limits and meaning. The Settings view,
`djtui config`, the comments in the file and the checks all read these declarations.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from math import isfinite
from pathlib import Path
from typing import Any, Final, get_type_hints


class ConfigError(Exception):
    """A setting cannot be used; the message is a sentence that names the file and the key."""


@dataclass(frozen=True, slots=True)
class _Rule:
    key: str
    meaning: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    ascending: int = 0  # of a list of numbers: how many, each above the one before it


def _option(
    default: Any,
    meaning: str,
    *,
    key: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    ascending: int = 0,
) -> Any:
    metadata = {"rule": _Rule(key, meaning, low, high, choices, ascending)}
    if isinstance(default, dict | list):
        return field(default_factory=lambda: type(default)(default), metadata=metadata)
    return field(default=default, metadata=metadata)


def _cores() -> int:
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """The process pool: how many tasks of a kind run at once."""

    import_max: int = _option(2, "Tasks that read collections at once.", key="import.max", low=1, high=64)
    import_min: int = _option(0, "Reading workers kept when idle.", key="import.min", low=0, high=64)
    import_idle_s: int = _option(60, "Seconds before idle reading workers end.", key="import.idle_s", low=1)
    export_max: int = _option(2, "Tasks that write collections at once.", key="export.max", low=1, high=64)
    export_min: int = _option(0, "Writing workers kept when idle.", key="export.min", low=0, high=64)
    export_idle_s: int = _option(60, "Seconds before idle writing workers end.", key="export.idle_s", low=1)
    memory_mb: int = _option(0, "Memory a worker may take; 0: half of the machine's.", low=0)
    analysis_max: int = _option(
        _cores(), "Files analysed at once; by default one for each core.", key="analysis.max", low=1, high=256
    )


@dataclass(frozen=True, slots=True)
class JobSettings:
    """The job engine."""

    batch: int = _option(1000, "Tracks worked between two checkpoints.", low=10, high=20_000)
    resume: str = _option("ask", "What happens to a job that a crash cut off.", choices=("ask", "always"))


@dataclass(frozen=True, slots=True)
class AnalysisSettings:
    """What is heard of the files, and what of it goes to the tracks."""

    timeout_base_s: int = _option(
        30, "Seconds that the analysis of a file may take, whatever its length.", low=1, high=3600
    )
    timeout_per_s: float = _option(
        0.2, "Seconds that it may take on top of that for each second of the file.", low=0, high=100
    )
    octave: list[float] = _option(
        [78.0, 180.0],
        "The slowest and the fastest tempo to expect: of 70 and 140 BPM, the one that lies between.",
        low=20,
        high=400,
        ascending=2,
    )
    confidence: float = _option(
        0.5, "How sure (0 to 1) an analysis must be to fill a tempo or key that is unknown.", low=0, high=1
    )
    grids: bool = _option(
        False, "Give tracks without a beat grid the analysed one; it goes to Traktor at the next export."
    )
    on_battery: bool = _option(False, "Go on analysing while the laptop runs on its battery.")
    after_scan: bool = _option(False, "Analyse new tracks when a scan has brought them.")


@dataclass(frozen=True, slots=True)
class FilesSettings:
    """What is done to files."""

    trash: str = _option(
        "", "A folder outside of your music where merged duplicates go; empty: trash, beside the library."
    )


@dataclass(frozen=True, slots=True)
class WarnSettings:
    """When djtui asks before it begins something large."""

    files: int = _option(10_000, "Files from which on a scan is announced with cheaper ways.", low=1)
    critical: int = _option(25_000, "Files from which on it is called a large one.", low=1)


@dataclass(frozen=True, slots=True)
class TraktorSettings:
    """Traktor's collection."""

    collection: str = _option("", "The collection.nml that is yours; empty: the first one imported.")
    volumes: dict[str, str] = _option(
        {}, 'Where Traktor\'s volumes or folders lie on this machine: {"C:/:Music" = "/srv/music"}.'
    )
    strategy: str = _option(
        "merge",
        "Who wins when both sides changed a field: merge keeps yours and notes a conflict, "
        "fill takes only what is empty here.",
        choices=("merge", "traktor", "library", "fill"),
    )
    backups: int = _option(20, "Copies kept of a collection before an export.", low=1, high=1000)
    quiet_s: int = _option(
        30,
        "Seconds for which a collection of another machine must have been left alone before it is written.",
        low=0,
        high=3600,
    )
    recheck_s: int = _option(
        60,
        "Seconds after which such a collection is looked at again, for Traktor may have overwritten it.",
        low=0,
        high=3600,
    )
    auto: bool = _option(False, "Keep library and collection in step by themselves while djtui runs.")
    on_start: bool = _option(True, "With auto: when djtui starts.")
    on_file_change: bool = _option(True, "With auto: when Traktor has written its collection.")
    on_library_change: bool = _option(True, "With auto: when something was changed here.")
    direction: str = _option("both", "With auto: what is done.", choices=("import", "export", "both"))
    debounce_s: int = _option(5, "With auto: seconds of quiet before it begins.", low=1, high=3600)


@dataclass(frozen=True, slots=True)
class SpotifySettings:
    """Spotify."""

    client_id: str = _option("", "The client id of your app in Spotify's developer dashboard.")
    redirect_port: int = _option(
        8888, "The port of 127.0.0.1 that Spotify sends the browser to after signing in.", low=1, high=65535
    )
    budget_per_day: int = _option(
        1000, "Requests a day, of which a fifth is kept for writing playlists; 0: no limit of our own.", low=0
    )
    requests_per_s: float = _option(1.0, "Requests a second, after a burst of five.", low=0.01, high=1000)
    batch_tracks: int = _option(
        50, "Liked songs between two checkpoints.", key="batch.tracks", low=1, high=5000
    )
    batch_artists: int = _option(
        100, "Artists between two checkpoints.", key="batch.artists", low=1, high=5000
    )
    batch_albums: int = _option(100, "Albums between two checkpoints.", key="batch.albums", low=1, high=5000)
    batch_playlists: int = _option(
        50, "Playlists, or rows of one, between two checkpoints.", key="batch.playlists", low=1, high=5000
    )
    every_min: int = _option(
        0,
        "Minutes between two syncs while djtui or `djtui host` runs; 0: none by itself, 30 is sensible.",
        low=0,
    )
    reread_days: int = _option(
        7, "Days after which a playlist is read again though Spotify calls it unchanged.", low=1, high=365
    )
    plays: bool = _option(
        False, "Note the songs that Spotify says were played lately; needs signing in anew."
    )
    cache: str = _option("sqlite", "Where answers are kept: sqlite, or redis://HOST.")
    cache_mb: int = _option(
        200, "Megabytes of answers kept; the least recently used go first.", low=1, high=10_000
    )
    ttl_track_days: int = _option(30, "Days for which a track's data is kept.", key="ttl.track_days", low=0)
    ttl_artist_days: int = _option(
        90, "Days for which an artist's data is kept.", key="ttl.artist_days", low=0
    )
    ttl_album_days: int = _option(90, "Days for which an album's data is kept.", key="ttl.album_days", low=0)
    ttl_missing_days: int = _option(
        1, "Days for which it is believed that something is not there.", key="ttl.missing_days", low=0
    )
    api_url: str = _option("https://api.spotify.com/v1/", "Where Spotify's Web API is.")
    accounts_url: str = _option("https://accounts.spotify.com/", "Where Spotify signs people in.")


@dataclass(frozen=True, slots=True)
class UiSettings:
    """The screen."""

    theme: str = _option("auto", "A Textual theme; auto follows the terminal.")
    key_notation: str = _option("camelot", "How keys are spelled.", choices=("camelot", "open", "musical"))
    lean: str = _option("auto", "Small frames for slow lines; auto: over SSH.", choices=("auto", "on", "off"))
    bell: bool = _option(False, "Ring the terminal bell when a long job ends.")
    columns: list[str] = _option(
        ["title", "artist", "bpm", "key", "rating", "duration", "genre", "added", "label", "plays"],
        "The table's columns; on a narrow screen the last ones go first.",
    )
    keys: dict[str, str] = _option(
        {}, 'Other keys for actions: {"table.sort" = "o"}. The names stand in the help.'
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, checked. `source` is the file they came from, whether it exists or not."""

    pool: PoolSettings = field(default_factory=PoolSettings)
    jobs: JobSettings = field(default_factory=JobSettings)
    traktor: TraktorSettings = field(default_factory=TraktorSettings)
    analysis: AnalysisSettings = field(default_factory=AnalysisSettings)
    spotify: SpotifySettings = field(default_factory=SpotifySettings)
    files: FilesSettings = field(default_factory=FilesSettings)
    warn: WarnSettings = field(default_factory=WarnSettings)
    ui: UiSettings = field(default_factory=UiSettings)
    source: Path | None = None


GROUPS: Final = ("pool", "jobs", "traktor", "analysis", "spotify", "files", "warn", "ui")


@dataclass(frozen=True, slots=True)
class Option:
    """One setting as it stands: for the Settings view and `djtui config`."""

    key: str
    value: Any
    default: Any
    meaning: str
    choices: tuple[str, ...]


def default_path() -> Path:
    """Where `config.toml` lies unless --config says otherwise."""
    from platformdirs import user_config_path

    return user_config_path("djtui", appauthor=False) / "config.toml"


def default_library() -> Path:
    """Where the library lies unless --library says otherwise."""
    from platformdirs import user_data_path

    return user_data_path("djtui", appauthor=False) / "library.db"


def load(path: Path | None = None) -> Settings:
    """Read and check the settings. A file that is not there means the defaults. Raises `ConfigError`."""
    source = path or default_path()
    try:
        text = source.read_text(encoding="utf-8")
    except FileNotFoundError:
        if path is not None:
            raise ConfigError(f"There is no settings file at {path}.") from None
        return Settings(source=source)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The settings file {source} cannot be read: {error}.") from error
    import tomllib

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The settings file {source} is not valid TOML: {error}.") from error
    settings = Settings(source=source)
    for key, value in _flatten(document):
        try:
            settings = changed(settings, key, value, where=f"{source}: ")
        except ConfigError as error:
            raise ConfigError(f"{error} Mend or delete that line of the file.") from None
    return settings


def reloaded(settings: Settings) -> Settings:
    """The settings as their file has them now; as they are where there is no such file, or a broken one."""
    if settings.source is None or not settings.source.exists():
        return settings
    try:
        return load(settings.source)
    except ConfigError:
        return settings


def options(settings: Settings) -> list[Option]:
    """Every option with its present value, in the order they are declared."""
    found = []
    for group in GROUPS:
        part = getattr(settings, group)
        for item in fields(part):
            rule: _Rule = item.metadata["rule"]
            default = item.default if item.default_factory is MISSING else item.default_factory()
            key = f"{group}.{rule.key or item.name}"
            found.append(Option(key, getattr(part, item.name), default, rule.meaning, rule.choices))
    return found


def changed(settings: Settings, key: str, value: Any, *, where: str = "") -> Settings:
    """The settings with one option set. Raises `ConfigError` with a sentence when the value does not fit."""
    for group in GROUPS:
        part = getattr(settings, group)
        for item in fields(part):
            rule: _Rule = item.metadata["rule"]
            if key == f"{group}.{rule.key or item.name}":
                wanted = get_type_hints(type(part))[item.name]
                checked = _check(key, value, wanted, rule, where)
                return replace(settings, **{group: replace(part, **{item.name: checked})})
    from difflib import get_close_matches

    known = [option.key for option in options(settings)]
    near = get_close_matches(key, known, 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise ConfigError(f"{where}There is no setting {key}.{hint}")


def from_text(settings: Settings, key: str, text: str) -> Any:
    """What a typed value means for `key`: 4, true, a word, or a TOML list or table."""
    present = {option.key: option.value for option in options(settings)}.get(key)
    if isinstance(present, str):
        return text
    import tomllib

    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        if not isinstance(present, list):
            return text
        words = [word.strip() for word in text.split(",")]
        return [_as_number(word) for word in words] if present and isinstance(present[0], float) else words


def _as_number(word: str) -> float | str:
    try:
        return float(word)
    except ValueError:
        return word


def save(settings: Settings) -> Path:
    """Write the settings, each with its meaning as a comment; what has its default stays commented out.

    Raises `ConfigError` where they cannot be written.
    """
    import tempfile

    target = settings.source or default_path()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".config-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(as_toml(settings))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except OSError as error:
        raise ConfigError(f"{target} cannot be written: {error.strerror}.") from error
    return target


def as_toml(settings: Settings) -> str:
    """The settings as the text of `config.toml`."""
    lines = ["# djtui's settings. A line that begins with # keeps its default.\n"]
    group = ""
    for option in options(settings):
        head, _, name = option.key.partition(".")
        if head != group:
            group = head
            lines.append(f"\n[{group}]\n")
        mark = "# " if option.value == option.default else ""
        lines.append(f"# {option.meaning}\n{mark}{name} = {_inline(option.value)}\n")
    return "".join(lines)


def _inline(value: Any) -> str:
    """A value on one line. (tomli-w spreads lists and tables over several, which no comment mark fits.)"""
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    if isinstance(value, dict):
        pairs = ", ".join(f"{_inline(name)} = {_inline(each)}" for name, each in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    import tomli_w

    return tomli_w.dumps({"value": value}).removeprefix("value = ").rstrip("\n")


_TABLES: Final = frozenset(("traktor.volumes", "ui.keys"))


def _flatten(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and key not in _TABLES:
            yield from _flatten(value, f"{key}.")
        else:
            yield key, value


def _check(key: str, value: Any, wanted: Any, rule: _Rule, where: str) -> Any:
    def wrong(expected: str) -> ConfigError:
        return ConfigError(f"{where}{key} must be {expected}, not {value!r}.")

    if wanted is bool:
        if not isinstance(value, bool):
            raise wrong("true or false")
    elif wanted is int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong("a whole number")
        if (limit := _limit(value, rule)) is not None:
            raise wrong(limit)
    elif wanted is float:
        if not _is_number(value):
            raise wrong("a number")
        if (limit := _limit(value, rule)) is not None:
            raise wrong(limit)
        return float(value)
    elif wanted is str:
        if not isinstance(value, str):
            raise wrong("a text")
        if rule.choices and value not in rule.choices:
            raise wrong(f"one of {', '.join(rule.choices)}")
    elif wanted == list[str]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise wrong("a list of texts")
    elif wanted == list[float]:
        rising = isinstance(value, list) and all(map(_is_number, value)) and sorted(set(value)) == value
        if not rising or len(value) != rule.ascending or any(_limit(item, rule) for item in value):
            raise wrong(f"{rule.ascending} rising numbers from {rule.low:g} to {rule.high:g}")
        return [float(item) for item in value]
    elif not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise wrong("a table of texts")
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _limit(value: float, rule: _Rule) -> str | None:
    """What the number would have to be, if it is not."""
    if rule.low is not None and value < rule.low:
        return f"{rule.low:g} or more"
    if rule.high is not None and value > rule.high:
        return f"{rule.high:g} or less"
    return None
