"""The path map on the command line: where a collection's volumes lie on this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from djtui import config
from djtui.cli.output import table
from djtui.cli.session import WRONG_USE, Failure, Session, command
from djtui.jobs.job import TaskCrashed, TaskTimeout

if TYPE_CHECKING:
    from djtui.library.database import Library
    from djtui.traktor.mapping import Volume

_PATIENCE_S: Final = 300.0
_NOTHING: Final = ("No collection is imported yet: djtui traktor import collection.nml",)
_SETTING: Final = "traktor.volumes"


@click.command(name="map")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, readable=False), metavar="[NML] [DIR]…")
@click.option("--suggest", is_flag=True, help="Look for what is missing in DIR…, or in all that is mounted.")
@click.option("--yes", is_flag=True, help="With --suggest: write what it suggests to the settings.")
@click.option("--set", "new", multiple=True, metavar="PREFIX=FOLDER", help="Map a volume or a folder on it.")
@click.option("--unset", "old", multiple=True, metavar="PREFIX", help="Take such a line back.")
@command
async def map_(
    session: Session,
    paths: tuple[Path, ...],
    suggest: bool,
    yes: bool,
    new: tuple[str, ...],
    old: tuple[str, ...],
) -> None:
    """Show where the collection's volumes lie on this machine, and how much of it is there.

    What --set and --suggest find out is kept in the settings (traktor.volumes). Tracks get their new paths
    when the collection is imported again.

    \b
    djtui traktor map
    djtui traktor map --suggest /media /srv/music
    djtui traktor map --set C:/Users/Ada/Music=/srv/music
    djtui traktor map --unset C:/Users/Ada/Music
    """
    nml, search = _sorted_out(paths, suggest)
    settings = _changed(session, new, old)
    if (new or old) and not session.library_path.exists():
        session.out.result(_NOTHING, collection=None, volumes=[], written={})
        return
    async with session.library(create=False) as library:
        found = await _imported(library, settings, nml)
        if found is None:
            session.out.result(_NOTHING, collection=None, volumes=[], written={})
            return
        volumes = await _volumes(library, found[0], settings, search)
    offered = {each.prefix: each.path for volume in volumes if (each := volume.suggestion) is not None}
    written = offered if yes else {}
    if written:
        _write(session, settings, written)
    shown = [_as_json(volume) for volume in volumes]
    session.out.result(_lines(volumes, suggest), collection=found[1], volumes=shown, written=written)
    for prefix in _idle(volumes, new):
        session.out.note(f"No track of the collection lies in {prefix}.")
    if offered and not yes:
        asked = not session.out.as_json and sys.stdin.isatty()
        if asked and click.confirm("Write this to the settings?", err=True):
            _write(session, settings, offered)
            written = offered
        elif not asked:
            session.out.note("With --yes it is written to the settings.")
    if written or new or old:
        session.out.note(
            f"Tracks get their new paths with the next import: djtui traktor import '{found[1]}'"
        )


def _sorted_out(paths: Sequence[Path], suggest: bool) -> tuple[Path | None, list[str]]:
    """The NML file that is named, if any, and the folders to search. Raises Failure."""
    from djtui.traktor.suggestion import search_roots

    named = [path.expanduser().absolute() for path in paths]
    folders = [str(path) for path in named if path.is_dir()]
    files = [path for path in named if not path.is_dir()]
    if len(files) > 1 or (folders and not suggest):
        raise Failure("Name one collection.nml; folders to look in come with --suggest.", WRONG_USE)
    return next(iter(files), None), (folders or search_roots()) if suggest else []


async def _imported(library: Library, settings: config.Settings, nml: Path | None) -> tuple[int, str] | None:
    """Number and path of the NML file that is meant; None if none was ever imported. Raises Failure."""
    if nml is None and settings.traktor.collection:
        nml = Path(settings.traktor.collection).expanduser().absolute()
    if nml is None:
        row = await library.fetchone(
            "SELECT id, path FROM nml_file ORDER BY role != 'collection', id LIMIT 1"
        )
    else:
        row = await library.fetchone("SELECT id, path FROM nml_file WHERE path = ?", (str(nml),))
        if row is None:
            raise Failure(f"{nml} is not imported yet: djtui traktor import '{nml}'")
    return (row["id"], row["path"]) if row else None


async def _volumes(
    library: Library, file_id: int, settings: config.Settings, search: Sequence[str]
) -> list[Volume]:
    """The volumes as they are now; asked in the pool, for a disk that hangs could not be left otherwise."""
    from djtui.jobs.pool import Pool
    from djtui.traktor.mapping import volumes

    pool = Pool.of(settings.pool)
    try:
        run = partial(pool.run, "import", timeout=_PATIENCE_S)
        return await volumes(library, file_id, settings, run, search=search)
    except TaskTimeout:
        raise Failure(f"A disk has not answered for {_PATIENCE_S:.0f} s; name folders of others.") from None
    except TaskCrashed as error:
        raise Failure(f"The volumes could not be looked at: {error}") from error
    finally:
        await pool.close()


def _changed(session: Session, new: Sequence[str], old: Sequence[str]) -> config.Settings:
    """The settings with the lines that are set, without those that are taken back. Raises Failure."""
    from djtui.traktor.mapping import without_place

    settings = session.settings
    volumes = settings.traktor.volumes
    for prefix in old:
        try:
            volumes = without_place(volumes, prefix)
        except KeyError:
            known = ", ".join(volumes) or "none"
            raise Failure(f"The settings map no {prefix}. They map: {known}.", WRONG_USE) from None
    settings = config.changed(settings, _SETTING, dict(volumes))
    lines = dict(_line(text) for text in new)
    for folder in lines.values():
        if not Path(folder).is_dir():
            session.out.note(f"There is no folder {folder} now; until there is, its tracks count as missing.")
    return _write(session, settings, lines) if new or old else settings


def _line(text: str) -> tuple[str, str]:
    """`C:/Music=/srv/music`, where both sides may have further equals signs. Raises Failure."""
    places = [place for place, char in enumerate(text) if char == "=" and text[:place].strip()]
    wanted = next((place for place in places if Path(text[place + 1 :]).expanduser().is_absolute()), None)
    if wanted is None:
        raise Failure(f"{text!r} maps nothing; like this: --set C:/Music=/srv/music", WRONG_USE)
    return text[:wanted].strip(), str(Path(text[wanted + 1 :]).expanduser())


def _idle(volumes: Sequence[Volume], new: Sequence[str]) -> list[str]:
    """What was set and maps nothing."""
    from djtui.traktor.location import same_place

    used = [place.prefix for volume in volumes for place in volume.places]
    set_now = [_line(text)[0] for text in new]
    return [prefix for prefix in set_now if not any(same_place(prefix, other) for other in used)]


def _write(session: Session, settings: config.Settings, lines: Mapping[str, str]) -> config.Settings:
    from djtui.traktor.mapping import with_place

    volumes: Mapping[str, str] = settings.traktor.volumes
    for prefix, folder in lines.items():
        volumes = with_place(volumes, prefix, folder)
    settings = config.changed(settings, _SETTING, dict(volumes))
    session.out.note(f"Written to {config.save(settings)}.")
    return settings


def _lines(volumes: Sequence[Volume], searched: bool) -> list[str]:
    """The volumes for a person."""
    if not volumes:
        return ["This file has no tracks."]
    rows = [row for volume in volumes for row in _rows(volume)]
    lines = table(("Volume", "Is here", "From", "Found", "of", ""), rows, right=(3, 4, 5))
    for volume in volumes:
        if volume.found < volume.total:
            lines += ["", *_missing(volume), *(_offer(volume) if searched else ())]
    if not searched and any(volume.found < volume.total for volume in volumes):
        lines += ["", "djtui traktor map --suggest looks for them in what is mounted."]
    return lines


def _missing(volume: Volume) -> Iterator[str]:
    lost = volume.total - volume.found
    example = ", for example" if lost > len(volume.missing) else ""
    yield f"Not there: {lost:,} of the {volume.total:,} files of {volume.volume or 'no volume'}{example}:"
    for missing in volume.missing:
        looked_for = f"  (looked for {missing.path})" if missing.path else ""
        yield f"  {missing.location}{looked_for}"


def _rows(volume: Volume) -> Iterator[tuple[str, ...]]:
    for place in volume.places:
        yield place.prefix, place.path, place.source, *_share(place.found, place.total)
    elsewhere = volume.total - sum(place.total for place in volume.places)
    if elsewhere:
        rest = "others" if volume.places else "not mapped"
        yield volume.volume, rest, "-", *_share(0, elsewhere)


def _share(found: int, total: int) -> tuple[str, str, str]:
    return f"{found:,}", f"{total:,}", f"{int(found / total * 1000) / 10:g} %"


def _offer(volume: Volume) -> Iterator[str]:
    """What the search says of a volume whose files are not all there."""
    match volume.suggestions:
        case ():
            yield "  Nothing that was looked at has the shape of what is missing."
        case (one,):
            yield f"  {one.prefix} = {one.path} would find {one.would_find:,} of {one.total:,}."
        case several:
            yield f"  Several places would find {several[0].would_find:,}; choose one with --set:"
            for each in several:
                yield f"    --set '{each.prefix}={each.path}'"
    if not volume.searched:
        yield "  Not every folder was looked into: name some, djtui traktor map --suggest DIR"


def _as_json(volume: Volume) -> dict[str, Any]:
    return {
        "volume": volume.volume,
        "path": volume.path,
        "source": volume.source,
        "found": volume.found,
        "total": volume.total,
        "places": [place._asdict() for place in volume.places],
        "missing": [missing._asdict() for missing in volume.missing],
        "suggestions": [suggestion._asdict() for suggestion in volume.suggestions],
        "suggestion": volume.suggestion and volume.suggestion._asdict(),
        "searched": volume.searched,
    }
