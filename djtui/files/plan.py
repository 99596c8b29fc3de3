"""Many renames at once: who gets which name, what stands against it, and in which order they happen.

Pure: the disk is what `Disk` says of it. The same files give the same plan, in whatever order they come.
Nothing is ever overwritten: a name is free if nobody is there, or if who is there goes away in the same plan.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from operator import itemgetter
from typing import Final, Literal, NamedTuple, overload

from djtui.files import names
from djtui.files.disk import Disk, strangers
from djtui.files.facts import Facts
from djtui.files.names import shown
from djtui.files.steps import Step, in_order
from djtui.files.target_folders import Refused, TargetFolders
from djtui.files.template import Template

Status = Literal["rename", "unchanged", "numbered", "refused"]
_PATH: Final = itemgetter(0)
_PLACE: Final = itemgetter(0, 1)
_WIDEST: Final = 4  # bytes of a character in UTF-8
_NAMED: Final = 2
_NUMBERED: Final = re.compile(r" \(([1-9][0-9]{0,6})\)$")


class Planned(NamedTuple):
    """What becomes of one file. `numbered`: it goes, with a number of its own behind the name.

    `reason` is a sentence: why it has a number, or why it stays where it is.
    """

    id: int
    path: str
    target: str
    status: Status
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Items(Sequence[Planned]):
    """What becomes of each file, in order of their paths; each is put together when it is looked at."""

    facts: list[Facts]
    targets: list[str]
    notes: dict[int, tuple[Status, str]]
    """By number: what is more than a rename, or than a name that stays."""

    def __len__(self) -> int:
        return len(self.targets)

    @overload
    def __getitem__(self, number: int) -> Planned: ...
    @overload
    def __getitem__(self, number: slice) -> list[Planned]: ...
    def __getitem__(self, number: int | slice) -> Planned | list[Planned]:
        numbers = range(len(self))[number]
        return self._item(numbers) if isinstance(numbers, int) else [self._item(each) for each in numbers]

    def __iter__(self) -> Iterator[Planned]:
        return map(self._item, range(len(self)))

    def _item(self, number: int) -> Planned:
        facts, target = self.facts[number], self.targets[number]
        if number in self.notes:
            return Planned(facts.id, facts.path, target, *self.notes[number])
        return Planned(facts.id, facts.path, target, "unchanged" if target == facts.path else "rename")


@dataclass(frozen=True, slots=True)
class Plan:
    """Renames, in order of the files' paths. `folders` are to be made first, parents before children."""

    items: Items
    folders: list[str]
    disk: Disk

    def steps(self) -> list[Step]:
        """The renames in an order in which each goes to a free name."""
        moves = [item for item in self.items if item.path != item.target]
        sources = {self.disk.place(facts.path) for facts in self.items.facts}
        return in_order(moves, self.disk, strangers(self.disk, sources))

    def counts(self) -> Counter[Status]:
        """How many files each status has."""
        return Counter(item.status for item in self.items)


Choice = Template | Callable[[Facts], Template]
"""One template for all, or the one for each file."""


def plan(items: Iterable[Facts], template: Choice, root: str | None = None, disk: Disk | None = None) -> Plan:
    """What renaming the files after the template would do.

    A template without `/` leaves files in their folders; one with it makes folders below `root`, or below
    the folder that each file is in. Of several files that would get one name, the one that has it already
    keeps it, else the first by path; the others get " (2)", " (3)"... A file with such a number keeps it.
    """
    return _Planning(items, template, root, disk or Disk()).made()


def _in_order_of_paths(items: Iterable[Facts]) -> list[Facts]:
    """Of tracks with the same path, which are rare, the one with the lowest id comes first."""
    facts = sorted(items, key=_PATH)
    return facts if len(set(map(_PATH, facts))) == len(facts) else sorted(facts, key=_PLACE)


class _Planning:
    def __init__(self, items: Iterable[Facts], template: Choice, root: str | None, disk: Disk) -> None:
        self._facts = _in_order_of_paths(items)
        self._paths = [facts.path for facts in self._facts]
        self._template = template
        self._disk = disk
        self._sources = dict(zip(map(disk.place, self._paths), count(), strict=False))
        self._refused = self._without_file()
        self._stranger = strangers(disk, self._sources)
        self._folders = TargetFolders(root, self._paths, disk, self._sources)
        self._wanted = self._wishes()

    def _without_file(self) -> dict[int, str]:
        refused: dict[int, str] = {}
        if len(self._sources) < len(self._paths):
            seen: set[str] = set()
            for number, path in enumerate(self._paths):
                if (place := self._disk.place(path)) in seen:
                    refused[number] = "Another track of the plan has the same file."
                seen.add(place)
        if "" in self._sources:
            unknown = [number for number, path in enumerate(self._paths) if not path]
            refused |= dict.fromkeys(unknown, "The file is on no volume of this machine.")
        return refused

    def _wishes(self) -> list[str]:
        """The path that each file is to get if nobody else wants it; its own if it is refused."""
        wanted = list(self._paths)
        for number, facts in enumerate(self._facts):
            if number not in self._refused:
                try:
                    wanted[number] = self._target(facts)
                except Refused as refusal:
                    self._refused[number] = str(refusal)
        return wanted

    def _target(self, facts: Facts, suffix: str = "") -> str:
        template = self._template if isinstance(self._template, Template) else self._template(facts)
        path = facts.path
        folder = path[: path.rfind("/") + 1]
        text = template.render(facts)
        if template.has_folders:
            in_folder, _, text = text.rpartition("/")
            folder = self._folders.find(folder, in_folder)
        stem, end = names.component(text), template.extension(path)
        room = names.LONGEST - len(suffix) - len(end)
        if len(stem) * _WIDEST > room and names.size(stem) > room:
            stem = names.component(template.name(facts, room))
        if not stem:
            raise Refused(_too_little(template.unknown(facts)))
        target = f"{folder}{stem}{suffix}{end}"
        longest = self._disk.longest_path
        if len(target) * _WIDEST >= longest and (size := names.size(target)) >= longest:
            raise Refused(f"The path would have {size:,} bytes; it can have {longest - 1:,}.")
        return target

    def made(self) -> Plan:
        """The plan. A file that must stay may have another's new name, so a refusal settles all anew."""
        while True:
            refused = len(self._refused)
            items = self._settled()
            if len(self._refused) == refused:
                return Plan(items, self._folders.to_make(items.targets), self._disk)

    def _settled(self) -> Items:
        """Who stays, who gets the name that it should, and numbers for those whose name another has."""
        twin, stranger, in_use = self._disk.twin, self._stranger, self._folders.in_use
        holders: dict[str, int] = {}
        losers: list[int] = []
        moving: list[int] = []
        for number, (path, target) in enumerate(zip(self._paths, self._wanted, strict=True)):
            if path == target or number in self._refused:
                holders.setdefault(twin(path), number)
            else:
                moving.append(number)
        for number in moving:
            target = self._wanted[number]
            name = twin(target)
            if name in holders or name in in_use or stranger(target):
                losers.append(number)
            else:
                holders[name] = number
        items = Items(self._facts, self._wanted.copy(), {})
        self._number(losers, holders, items)
        for number, reason in self._refused.items():
            items.targets[number] = self._paths[number]
            items.notes[number] = "refused", reason
        return items

    def _number(self, losers: list[int], holders: dict[str, int], items: Items) -> None:
        """Numbers behind the names that others have; who has a number already keeps it."""
        twin = self._disk.twin
        reasons = {number: self._reason(number, holders) for number in losers}
        without: list[int] = []
        for number in losers:
            path = self._paths[number]
            if twin(path) not in holders and self._has_number(self._facts[number]):
                holders[twin(path)] = number
                items.targets[number] = path
                items.notes[number] = "unchanged", reasons[number]
            else:
                without.append(number)
        following: dict[str, count[int]] = {}
        for number in without:
            numbers = following.setdefault(twin(self._wanted[number]), count(2))
            try:
                target = self._numbered(self._facts[number], numbers, holders)
            except Refused as refusal:
                self._refused[number] = str(refusal)
                continue
            holders[twin(target)] = number
            items.targets[number] = target
            items.notes[number] = "numbered", reasons[number]

    def _has_number(self, facts: Facts) -> bool:
        stem = facts.path.removesuffix(names.extension(facts.path))
        ending = _NUMBERED.search(stem)
        try:
            return ending is not None and self._target(facts, ending[0]) == facts.path
        except Refused:
            return False

    def _numbered(self, facts: Facts, numbers: Iterable[int], holders: dict[str, int]) -> str:
        for number in numbers:
            target = self._target(facts, f" ({number})")
            name = self._disk.twin(target)
            if name not in holders and name not in self._folders.in_use and not self._stranger(target):
                return target
        raise AssertionError("Numbers do not end.")

    def _reason(self, number: int, holders: dict[str, int]) -> str:
        """Why a file cannot have the name that it should."""
        target = self._wanted[number]
        name = f"“{shown(target)}”"
        other = holders.get(self._disk.twin(target))
        if other is None:
            if self._disk.twin(target) in self._folders.in_use or self._disk.is_folder(target):
                return f"A folder is called {name}."
            return f"There is a file {name} already, which is not part of this."
        others = self._facts[other].path
        if other in self._refused or self._wanted[other] == others:
            if others == target:
                return f"There is a track {name} already, which keeps its name."
            return f"{name} would be mistaken for “{shown(others)}”, which keeps its name."
        if self._wanted[other] == target:
            return f"“{shown(others)}” becomes {name} too."
        return f"{name} would be mistaken for “{shown(self._wanted[other])}”, which another track becomes."


def _too_little(unknown: list[str]) -> str:
    """Why a template makes no name of a file."""
    if not unknown:
        return "What is known of it makes no name."
    if len(unknown) == 1:
        return f"{unknown[0].capitalize()} is unknown."
    named, last = ", ".join(unknown[:-1][:_NAMED]), unknown[-1] if len(unknown) <= _NAMED + 1 else "more"
    return f"{named.capitalize()} and {last} are unknown."
