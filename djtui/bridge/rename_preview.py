"""What a rename would do, again and again while the template is being typed.

The tracks are read once, folder by folder; each template is then planned for what is on the screen, and after
that for all, in the groups that the job itself plans in. Reads only.
"""

from __future__ import annotations

import gc
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from djtui.bridge import renaming
from djtui.files import chosen, rename_plan
from djtui.files.context import ByContext, Context
from djtui.files.disk import Disk
from djtui.files.facts import Facts
from djtui.files.plan import Choice, Plan, Planned, Status, plan
from djtui.files.rename_plan import Sources, Wanted
from djtui.library.database import Reader
from djtui.traktor.affected import Affected, affected
from djtui.traktor.moving import Naming

_PART: Final = 500
_GROUP: Final = 1000
FIRST: Final = 200
"""So many tracks are shown before the first folder is read to its end."""


@dataclass(slots=True)
class Names:
    """What becomes of the rows under one template, as far as it is known: a thread adds to it.

    `targets`: the new path of each row, from the first one on. `notes`: of what is more than a rename or a
    name that stays. `needs`: the rows that a DJ should look at. `lists`: M3U files that point to them.
    """

    targets: list[str] = field(default_factory=list)
    notes: dict[int, tuple[Status, str]] = field(default_factory=dict)
    needs: array[int] = field(default_factory=lambda: array("i"))
    counts: Counter[Status] = field(default_factory=Counter)
    traktor: Affected | None = None
    lists: int = 0
    done: bool = False

    @property
    def renamed(self) -> int:
        """How many files get another name."""
        return self.counts["rename"] + self.counts["numbered"]

    def planned(self, row: int, facts: Facts) -> Planned | None:
        """What becomes of a row; None: it is not known yet."""
        if row >= len(self.targets):
            return None
        target = self.targets[row]
        if row in self.notes:
            return Planned(facts.id, facts.path, target, *self.notes[row])
        return Planned(facts.id, facts.path, target, "unchanged" if target == facts.path else "rename")

    def add(self, found: Plan) -> None:
        """The rows that follow are those of a plan."""
        start = len(self.targets)
        self._note({start + number: note for number, note in found.items.notes.items()})
        self.targets += found.items.targets
        self.counts.update(found.counts())

    def take(self, found: Plan, rows: Mapping[int, int]) -> None:
        """All rows are those of a plan, in another order. `rows`: track -> its row."""
        places = [rows[facts.id] for facts in found.items.facts]
        targets = [""] * len(places)
        for place, target in zip(places, found.items.targets, strict=True):
            targets[place] = target
        self._note({places[number]: note for number, note in found.items.notes.items()})
        self.targets = targets
        self.counts.update(found.counts())

    def _note(self, notes: dict[int, tuple[Status, str]]) -> None:
        self.notes |= notes
        self.needs.extend(sorted(row for row, (status, _) in notes.items() if status != "unchanged"))


Tell = Callable[[Names], object]
"""Is told of names whenever more of them are known, in the thread that finds them."""


class Preview:
    """The tracks that the params of a job mean, and what they would be called.

    `plan` is for one thread at a time, `glance` for any. `rows` begins with the first of the tracks, and
    grows from the first whole folder on.
    """

    def __init__(self, params: Mapping[str, Any], collection: str | None = None) -> None:
        """`collection`: the path of the one that follows, if any does."""
        self._params = params
        self._collection = collection
        self.rows: list[Facts] = []
        self.total: int | None = None
        self._ids: Sequence[int] = ()
        self._at = 0
        self._groups: list[Sources] = []
        self._open = Sources([], {}, {})
        self._albums: dict[str, Context] | None = None
        self._naming: Naming | None = None

    def glance(self, wanted: Wanted, rows: Iterable[int]) -> dict[int, Planned]:
        """What these rows would be called if there were no others, and nothing else on the disk."""
        facts = {row: it for row in rows for it in self.rows[row : row + 1]}
        places = {it.id: row for row, it in facts.items()}
        found = plan(facts.values(), self._choice(wanted), wanted.root, Disk()).items
        return {places[item.id]: item for item in found}

    def release(self) -> None:
        """Let go of all tracks, some at a time: at once, it would hold the screen up."""
        self._ids, self._open = (), Sources([], {}, {})
        while self._groups:
            self._groups.pop()
        while self.rows:
            del self.rows[-_GROUP:]

    def _choice(self, wanted: Wanted) -> Choice:
        return wanted.template or ByContext(self._albums or {}, wanted.templates)

    async def plan(
        self, library: Reader, wanted: Wanted, lists: Sequence[str], tell: Tell, over: Callable[[], bool]
    ) -> None:
        """Plan all tracks, and read those that are not read yet; stop soon when it is `over`.

        `lists`: M3U files and folders of them that are to follow. Raises `JobError`.
        """
        names = Names()
        if self.total is None:
            await self._begin(library)
        if wanted.template is None and self._albums is None:
            self._albums = await rename_plan.albums(library)
        tell(names)
        if self._naming is None:
            self._naming = await Naming.read(library)
        groups = 0
        while (group := await self._group(library, groups)) is not None:
            if over():
                return
            groups += 1
            if not wanted.has_folders:
                names.add((await self._planned(library, group, wanted)).plan)
                tell(names)
            elif groups == len(self._groups):
                tell(names)
        if wanted.has_folders and groups:
            whole = await self._planned(library, Sources.of(self._groups), wanted)
            names.take(whole.plan, {facts.id: row for row, facts in enumerate(self.rows)})
        if not over():
            await self._finish(library, names, lists)
            tell(names)

    async def _begin(self, library: Reader) -> None:
        """Which tracks there are, and the first of them."""
        self._ids = await chosen.chosen(library, self._params)
        first = Sources([], {}, {})
        await rename_plan.add(library, self._ids[:FIRST], first)
        self.rows = _sorted(first.facts)
        self.total = len(self._ids)

    async def _group(self, library: Reader, number: int) -> Sources | None:
        """The next whole folders; None: there are no more.

        Nothing of it is garbage before the dialog closes, so that the collector need not look at it: doing so
        would hold the screen up for a tenth of a second.
        """
        if number < len(self._groups):
            return self._groups[number]
        group = await self._read_on(library)
        if group is None:
            return None
        group.facts = _sorted(group.facts)
        self._groups.append(group)
        if number:
            self.rows += group.facts
        else:
            self.rows = list(group.facts)
        gc.freeze()
        return group

    async def _read_on(self, library: Reader) -> Sources | None:
        while self._at < len(self._ids):
            await rename_plan.add(library, self._ids[self._at : self._at + _PART], self._open)
            self._at += _PART
            if len(self._open.facts) >= _GROUP and self._at < len(self._ids):
                whole, self._open = self._open.split()
                if whole.facts:
                    return whole
        last, self._open = self._open, Sources([], {}, {})
        return last if last.facts else None

    async def _planned(self, library: Reader, group: Sources, wanted: Wanted) -> rename_plan.Renames:
        assert self._naming is not None
        group.contexts = self._albums or {}
        return await renaming.planned(library, group, wanted, self._naming)

    async def _finish(self, library: Reader, names: Names, lists: Sequence[str]) -> None:
        """What else the new names change."""
        if self._collection is not None:
            moving = [it.id for it, _ in self._moves(names)]
            names.traktor = await affected(library, self._collection, moving)
        if lists:
            paths = {it.path: target for it, target in self._moves(names)}
            names.lists = len(await rename_plan.lists(lists, paths))
        names.done = True

    def _moves(self, names: Names) -> Iterator[tuple[Facts, str]]:
        return (
            (it, target) for it, target in zip(self.rows, names.targets, strict=True) if it.path != target
        )


def _sorted(facts: list[Facts]) -> list[Facts]:
    """In the order in which a plan has them."""
    return sorted(facts, key=lambda it: (it.path, it.id))
