"""What can be set: each option is declared once, with its type, default, limits and meaning.

The Settings view, `djtui config`, the comments in `config.toml` and the checks all read these declarations.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Rule:
    """What a value must be. `key`: its name in the file, where that is not the attribute's."""

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
    metadata = {"rule": Rule(key, meaning, low, high, choices, ascending)}
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
    presets: dict[str, str] = _option(
        {}, 'Your templates for renaming, by name: {"club" = "{bpm} {camelot} - {artist} - {title}"}.'
    )
    album: str = _option("", "The template for files of an album, in renames by context; empty: djtui's own.")
    single: str = _option("", "The template for all others then; empty: djtui's own.")
    lists: list[str] = _option([], "M3U files, and folders of them, that follow when files are renamed.")
    tag_keys: str = _option(
        "camelot", "How keys are written into tags.", choices=("camelot", "musical", "open")
    )
    tag_mtime: str = _option(
        "keep", "A file's date of modification when its tags are written.", choices=("keep", "now")
    )
    id3_version: int = _option(3, "ID3v2.3 or 2.4, for files that have no tag yet.", low=3, high=4)


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
