"""The path map of a collection: where each of its volumes lies on this machine, and how much of it is there.

Asked of the disk as it is now, not of what the last import found.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Final, Literal, NamedTuple

from djtui.config import Settings
from djtui.library.database import Reader
from djtui.traktor.import_files import absent
from djtui.traktor.location import (
    Locator,
    VolumeMap,
    folded,
    head,
    portable,
    prefix_text,
    same_place,
    split,
)
from djtui.traktor.suggestion import Suggestion, Walked, file_name, spread, suggest, walk

Run = Callable[..., Awaitable[Any]]
Source = Literal["settings", "found", "this machine"]

_EXAMPLES: Final = 5
_KEYS: Final = "SELECT json_group_array(key) AS keys FROM nml_entry WHERE file_id = ? AND NOT gone"


class Missing(NamedTuple):
    """A file that is not there: its name on its home machine, and where it was looked for, if anywhere."""

    location: str
    path: str | None


class Place(NamedTuple):
    """A volume, or a folder on it (`prefix`: as in the user's table), and the local folder that it is.

    `source`: who says so. The user's settings; this machine itself, where the volume has its own name here;
    or djtui, which found its files. `total` and `found` count the tracks that are looked for there.
    """

    prefix: str
    path: str
    source: Source
    found: int
    total: int


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume of a collection. Its tracks may lie in several places; of others no place is known."""

    volume: str
    found: int
    total: int
    places: tuple[Place, ...] = ()
    missing: tuple[Missing, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    searched: bool = True

    @property
    def place(self) -> Place | None:
        """The place that most of its tracks are looked for in."""
        return max(self.places, key=lambda place: place.total, default=None)

    @property
    def path(self) -> str | None:
        """The local folder of that place."""
        return self.place and self.place.path

    @property
    def source(self) -> Source | None:
        """Who says so."""
        return self.place and self.place.source

    @property
    def suggestion(self) -> Suggestion | None:
        """The mapping that would find most of what is missing, if there is one that is better than others."""
        return self.suggestions[0] if len(self.suggestions) == 1 else None


async def volumes(
    library: Reader, file_id: int, settings: Settings, run: Run, *, search: Sequence[str] = ()
) -> list[Volume]:
    """The volumes of an imported file, that with most tracks first.

    `run` calls a function elsewhere (`asyncio.to_thread`, or a lane of the pool, which can be given up when a
    disk hangs). `search` are folders that missing files are looked for in; without any, nothing is suggested.
    """
    row = await library.fetchone(_KEYS, (file_id,))
    found: list[Volume] = await run(
        examine, row["keys"] if row else "[]", settings.traktor.volumes, tuple(search)
    )
    return found


def examine(
    keys: str, table: Mapping[str, str], search: Sequence[str] = (), platform: str = sys.platform
) -> list[Volume]:
    """What `volumes` says, from the keys as a JSON list. Looks at the disk."""
    by_volume: defaultdict[str, list[str]] = defaultdict(list)
    for key in json.loads(keys):
        by_volume[key.partition("/:")[0]].append(key)
    configured = VolumeMap.of(table, platform)
    learned = configured.learn(chain.from_iterable(by_volume.values()))
    looks = [_look(volume, members, learned) for volume, members in by_volume.items()]
    looks.sort(key=lambda look: (-len(look.keys), look.volume))
    found = [_counted(look, configured, learned) for look in looks]
    return _with_suggestions(looks, found, table, search, platform) if search else found


def with_place(table: Mapping[str, str], prefix: str, folder: str) -> dict[str, str]:
    """The user's table with one more line, in the place of the line for the same folder if there is one."""
    return {text: local for text, local in table.items() if not same_place(text, prefix)} | {prefix: folder}


def without_place(table: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The user's table without the line for a folder. Raises KeyError if it has none."""
    rest = {text: local for text, local in table.items() if not same_place(text, prefix)}
    if len(rest) == len(table):
        raise KeyError(prefix)
    return rest


class _Look(NamedTuple):
    """The keys of a volume, where their files would be, and whether they are."""

    volume: str
    keys: Sequence[str]
    paths: Sequence[str | None]
    there: Sequence[bool]

    def lost(self) -> list[str]:
        return [key for key, there in zip(self.keys, self.there, strict=True) if not there]

    def held(self) -> dict[str, str]:
        found = zip(self.keys, self.paths, self.there, strict=True)
        return {key: path for key, path, there in found if there and path is not None}


def _look(volume: str, keys: Sequence[str], volumes: VolumeMap) -> _Look:
    paths = _paths(keys, volumes)
    return _Look(volume, keys, paths, _there(paths))


def _paths(keys: Sequence[str], volumes: VolumeMap) -> list[str | None]:
    """What `VolumeMap.local` says of each key, but quicker where many share a folder."""
    find = Locator(volumes).find
    paths = []
    for key in keys:
        if "//" in key:
            paths.append(volumes.local(key))
        else:
            volume, _, rest = key.partition("/:")
            folders, _, file = rest.rpartition("/:")
            paths.append(find(volume, f"/:{folders}/:" if folders else "/:", file)[1])
    return paths


def _there(paths: Sequence[str | None]) -> list[bool]:
    """For each path whether a file is there. Lists folders."""
    gone = iter(absent([path for path in paths if path is not None]))
    return [path is not None and not next(gone) for path in paths]


def _counted(look: _Look, configured: VolumeMap, learned: VolumeMap) -> Volume:
    lost = [place for place, there in enumerate(look.there) if not there]
    return Volume(
        volume=look.volume,
        found=len(look.keys) - len(lost),
        total=len(look.keys),
        places=_places(look, configured, learned),
        missing=tuple(
            Missing(portable(look.keys[place]), look.paths[place]) for place in spread(lost, _EXAMPLES)
        ),
    )


def _places(look: _Look, configured: VolumeMap, learned: VolumeMap) -> tuple[Place, ...]:
    """The places that the tracks of a volume are looked for in, the whole volume first."""
    total, found = Counter(map(head, look.keys)), Counter(map(head, look.held()))
    places: dict[tuple[int, str], Place] = {}
    for folder, count in total.items():
        volume, folders, _ = split(f"{folder}/:")
        if (mapping := learned.mapped(volume, folders)) is not None:
            depth, path = mapping
            prefix = prefix_text(volume, folders[:depth])
            source = _source(volume, folders, mapping, configured)
            known = places.get((depth, folded(prefix)), Place(prefix, path, source, 0, 0))
            places[depth, folded(prefix)] = known._replace(
                found=known.found + found[folder], total=known.total + count
            )
    return tuple(place for _, place in sorted(places.items()))


def _source(volume: str, folders: Sequence[str], mapping: tuple[int, str], configured: VolumeMap) -> Source:
    own_name = {"win32": volume, "darwin": f"/Volumes/{volume}"}.get(configured.platform)
    if configured.platform == "win32" and mapping == (0, own_name):
        return "this machine"
    if configured.mapped(volume, folders) == mapping:
        return "settings"
    return "this machine" if mapping == (0, own_name) else "found"


def _with_suggestions(
    looks: Sequence[_Look],
    found: Sequence[Volume],
    table: Mapping[str, str],
    search: Sequence[str],
    platform: str,
) -> list[Volume]:
    """The volumes, with what would find their missing files in the folders `search`."""
    samples = [spread(look.lost()) for look in looks]
    names = frozenset(file_name(key) for sample in samples for key in sample)
    walked = walk(search, names) if names else Walked((), complete=True)
    told = []
    for look, sample, volume in zip(looks, samples, found, strict=True):
        possible = suggest(sample, walked.files, _there, look.held(), platform)
        best = _verified(possible, look, table, platform)
        told.append(replace(volume, suggestions=best, searched=walked.complete))
    return told


def _verified(
    suggestions: Sequence[Suggestion], look: _Look, table: Mapping[str, str], platform: str
) -> tuple[Suggestion, ...]:
    """Suggestions counted over all tracks of the volume; those that find most, and more than is found now."""
    counted: list[Suggestion] = []
    for prefix, path, _, _ in suggestions:
        below = VolumeMap.of({prefix: path}, platform)
        volumes = VolumeMap.of(with_place(table, prefix, path), platform)
        there = dict(zip(look.keys, look.there, strict=True))
        keys = [
            key for key, path in zip(look.keys, _paths(look.keys, below), strict=True) if path is not None
        ]
        would_find = sum(_there(_paths(keys, volumes)))
        if would_find > sum(there[key] for key in keys):
            counted.append(Suggestion(prefix, path, would_find, len(keys)))
    most = max((suggestion.would_find for suggestion in counted), default=0)
    return tuple(suggestion for suggestion in counted if suggestion.would_find == most)
