"""What a rename would do: the plan for some tracks, made of the library and the disk. Reads only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final, Self

from djtui.files import chosen, on_disk, playlist_files
from djtui.files.context import BY_CONTEXT, ByContext, Context, contexts
from djtui.files.facts import Facts, facts_of
from djtui.files.plan import Choice, Plan, Planned, plan
from djtui.files.step_rows import FileStep, Identity, Kind
from djtui.files.target_folders import Refused
from djtui.files.template import Template, TemplateError
from djtui.jobs.job import JobError
from djtui.library import tracks
from djtui.library.database import Reader
from djtui.library.tracks import as_json

GONE: Final = "The file is not there."
_PART: Final = 500
_GROUP: Final = 5000
_ALL_BY_FOLDER: Final = """
SELECT path, rtrim(path, replace(path, '/', '')) AS folder, album, albumartist FROM track
WHERE path IS NOT NULL ORDER BY folder
"""
_OF_FOLDERS: Final = """
SELECT track.path AS path, folder.value AS folder, album, albumartist FROM json_each(?) AS folder
CROSS JOIN track ON track.path > folder.value || '/' AND track.path < folder.value || '0' -- behind the slash
WHERE instr(substr(track.path, length(folder.value) + 2), '/') = 0 ORDER BY folder.key
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How files are to be called: one template, or one for albums and one for singles. `root`: see `plan`."""

    template: Template | None
    templates: Mapping[Context, Template]
    root: str | None

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Self:
        """Of the params of a job: template | templates (album, single); root. Raises `JobError`."""
        try:
            template = Template(params["template"]) if params.get("template") else None
            given = BY_CONTEXT | (params.get("templates") or {})
            templates: dict[Context, Template] = {name: Template(text) for name, text in given.items()}
        except TemplateError as error:
            raise JobError(str(error)) from error
        return cls(template, templates, params.get("root"))

    @property
    def has_folders(self) -> bool:
        """Whether files may come into other folders."""
        return any(it.has_folders for it in ((self.template,) if self.template else self.templates.values()))

    @property
    def said(self) -> str:
        """The template, for a title."""
        return self.template.text if self.template else "by album and single"


@dataclass(slots=True)
class Sources:
    """The tracks that are meant, and their files as they lie there.

    `missing`: tracks whose files are not there, with their paths. `contexts`: for templates by context, of
    what each path is a part; singles may be left out.
    """

    facts: list[Facts]
    files: dict[int, Identity]
    missing: dict[int, str]
    contexts: Mapping[str, Context] = field(default_factory=dict)

    @classmethod
    def of(cls, parts: Iterable[Sources]) -> Self:
        """Several as one."""
        whole = cls([], {}, {})
        for part in parts:
            whole.facts += part.facts
            whole.files |= part.files
            whole.missing |= part.missing
            whole.contexts = part.contexts
        return whole

    def split(self) -> tuple[Sources, Sources]:
        """What can be planned now, and the last folder, of which more may come."""
        last = _folder(self.facts[-1])
        if _folder(self.facts[0]) == last:
            return Sources([], {}, {}), self
        end = next(n for n in range(len(self.facts), 0, -1) if _folder(self.facts[n - 1]) != last)
        return self._part(self.facts[:end]), self._part(self.facts[end:])

    def _part(self, facts: list[Facts]) -> Sources:
        ids = [it.id for it in facts]
        return Sources(
            facts,
            {id: self.files[id] for id in ids if id in self.files},
            {id: self.missing[id] for id in ids if id in self.missing},
        )


def _folder(facts: Facts) -> str:
    return facts.path.rpartition("/")[0]


async def read(library: Reader, params: Mapping[str, Any], wanted: Wanted) -> Sources:
    """Find the tracks that the params mean, and look for their files. Raises `JobError`."""
    found = Sources([], {}, {})
    async for group in groups(library, params, wanted, most=None):
        found = group
    return found


async def groups(
    library: Reader, params: Mapping[str, Any], wanted: Wanted, *, most: int | None = _GROUP
) -> AsyncGenerator[Sources, None]:
    """The same in groups of some thousand that can be planned each for itself: whole folders, as long as the
    template makes none. Memory then grows with the largest folder, and not with the library.
    """
    ids = await chosen.chosen(library, params)
    found = Sources([], {}, {})
    for start in range(0, len(ids), _PART):
        await add(library, ids[start : start + _PART], found)
        if most is not None and not wanted.has_folders and len(found.facts) >= most:
            whole, found = found.split()
            if whole.facts:
                yield await _with_neighbours(library, whole, wanted)
    yield await _with_neighbours(library, found, wanted)


async def _with_neighbours(library: Reader, found: Sources, wanted: Wanted) -> Sources:
    if wanted.template is None:
        found.contexts = await albums(library, {_folder(it) for it in found.facts if it.path})
    return found


async def add(library: Reader, ids: Sequence[int], found: Sources) -> None:
    """Find tracks, some hundred at a time, look for their files, and add them to what is found already."""
    there = await tracks.get_many(library, ids)
    rows = await library.fetchall(
        "SELECT track_id, disc FROM file WHERE disc IS NOT NULL"
        " AND track_id IN (SELECT value FROM json_each(?))",
        (as_json(list(ids)),),
    )
    discs = {row["track_id"]: row["disc"] for row in rows}
    files = await asyncio.to_thread(
        on_disk.found_files, {id: track.path for id, track in there.items() if track.path}
    )
    for id in ids:
        if (track := there.get(id)) is None:
            continue
        facts = facts_of(track, discs.get(id))
        if id in files:
            path, found.files[id] = files[id]
            facts = facts if path == facts.path else facts._replace(path=path)
        elif track.path:
            found.missing[id] = track.path
        found.facts.append(facts)


async def albums(library: Reader, folders: Collection[str] | None = None) -> dict[str, Context]:
    """The paths of all tracks that are of an album, in these folders or in all: their neighbours tell."""
    if folders is None:
        rows = await library.fetchall(_ALL_BY_FOLDER)
    else:
        rows = await library.fetchall(_OF_FOLDERS, (as_json(list(folders)),))
    found: dict[str, Context] = {}
    for _, inside in groupby(rows, key=lambda row: row["folder"]):
        facts = [Facts(it["path"], album=it["album"], albumartist=it["albumartist"]) for it in inside]
        found |= {path: kind for path, kind in contexts(facts).items() if kind == "album"}
    return found


def planned(sources: Sources, wanted: Wanted, refused: Mapping[int, str]) -> Plan:
    """The plan for these files. `refused`: tracks that must stay where they are, and why, as sentences."""
    choice: Choice = wanted.template or ByContext(sources.contexts, wanted.templates)
    stay = dict.fromkeys(sources.missing, GONE) | dict(refused)
    disk = on_disk.disk(facts.path for facts in sources.facts if facts.id in sources.files)
    return plan(sources.facts, _but(choice, stay) if stay else choice, wanted.root, disk)


def _but(choice: Choice, stay: Mapping[int, str]) -> Choice:
    def chosen_for(facts: Facts) -> Template:
        if (reason := stay.get(facts.id)) is not None:
            raise Refused(reason)
        return choice if isinstance(choice, Template) else choice(facts)

    return chosen_for


@dataclass(slots=True)
class Renames:
    """A plan that can be shown, and carried out. `lists` are M3U files that point to the tracks."""

    plan: Plan
    files: dict[int, Identity]
    lists: list[str] = field(default_factory=list)

    @property
    def items(self) -> Sequence[Planned]:
        """What becomes of each file, in the order of their paths."""
        return self.plan.items

    def paths(self) -> dict[int, str]:
        """The new paths, by track."""
        return {item.id: item.target for item in self.items if item.target != item.path}

    def counts(self) -> dict[str, int]:
        """planned (to be renamed), skipped (they have their names), refused."""
        found = self.plan.counts()
        planned = found["rename"] + found["numbered"]
        return {"planned": planned, "skipped": found["unchanged"], "refused": found["refused"]}

    def as_rows(self) -> list[dict[str, Any]]:
        """The plan as plain data: id, from, to, status, reason."""
        return [
            {"id": it.id, "from": it.path, "to": it.target, "status": it.status, "reason": it.reason}
            for it in self.items
        ]

    def steps(self, first: int = 1) -> list[FileStep]:
        """The folders to make and the files to move, in their order; the first has the number `first`."""
        steps = [
            FileStep(number, None, "folder", path) for number, path in enumerate(self.plan.folders, first)
        ]
        for number, step in enumerate(self.plan.steps(), first + len(steps)):
            kind: Kind = "copy" if step.kind == "copy" else "move"
            detail = {} if step.last else {"parked": True}
            file = self.files.get(step.id)
            steps.append(FileStep(number, step.id, kind, step.source, step.target, "meant", file, detail))
        return steps

    def names(self) -> dict[str, str]:
        """Old path -> new one."""
        return {item.path: item.target for item in self.items if item.target != item.path}


async def lists(places: Sequence[str], names: Mapping[str, str]) -> list[str]:
    """The M3U files, among these and below these folders, that point to files which get new names."""
    if not places or not names:
        return []

    def pointing() -> list[str]:
        composed = playlist_files.Names(names)
        return [path for path in playlist_files.found(places) if playlist_files.points_to(path, composed)]

    return await asyncio.to_thread(pointing)
