"""What the DJ says to the duplicates before they are merged: which copy stays, which is none, which wait."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final, Literal, Self

from djtui.files.duplicates import Basis, Copy, Group, ranked

Which = Literal["all", "exact", "doubtful"]
WHICH: Final[tuple[Which, ...]] = ("all", "exact", "doubtful")

_OF: Final = {"exact": "sound", "doubtful": "name"}


@dataclass(frozen=True, slots=True)
class Case:
    """A group as the DJ has it by now. `reason` says why the keeper is it; "" where the DJ chose it."""

    key: int
    copies: tuple[Copy, ...]
    keeper: Copy
    basis: Basis
    reason: str

    @property
    def others(self) -> tuple[Copy, ...]:
        return tuple(copy for copy in self.copies if copy is not self.keeper)

    @property
    def trashed(self) -> tuple[Copy, ...]:
        """The copies whose files go to the trash folder."""
        return tuple(copy for copy in self.others if copy.is_there and copy.path != self.keeper.path)

    @property
    def fits(self) -> bool:
        """Whether it can be merged: the file that stays is there, if any is."""
        return self.keeper.is_there or not self.trashed

    @property
    def best(self) -> frozenset[int]:
        """The copies that sound better than another one of the group, and none better than they."""
        there = [copy for copy in self.copies if copy.is_there]
        return frozenset(
            copy.id
            for copy in there
            if any(copy.sounds_better(other) for other in there)
            and not any(other.sounds_better(copy) for other in there)
        )

    def merge(self) -> list[int]:
        """As the job "merge" wants it: the keeper and then the others."""
        return [self.keeper.id, *(copy.id for copy in self.others)]


@dataclass(frozen=True, slots=True)
class Plan:
    """Groups that can be merged, as the job wants them too, with all their tracks; and those that cannot."""

    fit: Sequence[Case]
    unfit: Sequence[Case]
    groups: Sequence[Sequence[int]]
    ids: frozenset[int]

    @classmethod
    def of(cls, cases: Sequence[Case]) -> Self:
        fit = [case for case in cases if case.fits]
        groups = [case.merge() for case in fit]
        unfit = [case for case in cases if not case.fits] if len(fit) < len(cases) else []
        return cls(fit, unfit, groups, cls.tracks(groups))

    @staticmethod
    def tracks(groups: Iterable[Iterable[int]]) -> frozenset[int]:
        """All tracks of groups."""
        return frozenset(id for group in groups for id in group)


@dataclass(frozen=True, slots=True)
class _Said:
    """Ids of tracks: chosen to stay, no duplicates, of groups that are left alone, of groups with a mark."""

    keepers: frozenset[int] = frozenset()
    out: frozenset[int] = frozenset()
    skipped: frozenset[int] = frozenset()
    marked: frozenset[int] = frozenset()


class Found:
    """Groups as they were found, and what is counted and looked up in them: best made beside the screen."""

    def __init__(self, groups: Sequence[Group] = ()) -> None:
        self.groups = groups
        self.group_of = {copy.id: at for at, group in enumerate(groups) for copy in group.copies}
        self.lines = [1 + len(group.copies) for group in groups]
        self.kinds = Counter(group.basis for group in groups)
        self.wasted = [group.wasted for group in groups]
        self.wasted_by_all = sum(self.wasted)
        self.of: dict[Which, Sequence[int]] = {
            "all": range(len(groups)),
            "exact": [at for at, group in enumerate(groups) if group.basis == _OF["exact"]],
            "doubtful": [at for at, group in enumerate(groups) if group.basis == _OF["doubtful"]],
        }


class Review:
    """The groups that are open, as lines: for each a heading, and then its copies."""

    def __init__(self) -> None:
        self.which: Which = "all"
        self.found = Found()
        self._said = _Said()
        self._before: list[_Said] = []
        self._merging: frozenset[int] = frozenset()
        self._changed: dict[int, Case | None] = {}  # the groups that are no longer as they were found
        self._shown: list[int] = []
        self._starts: list[int] = []
        self._lines = 0

    # -- what is open -----------------------------------------------------------------------------

    def take(self, found: Found) -> None:
        """Go on with these groups; what was said of their tracks counts on."""
        self.found = found
        self._again()

    def look(self, which: Which) -> None:
        """Show only these groups."""
        self.which = which
        self._again()

    def hide(self, merging: Iterable[int]) -> None:
        """These tracks are being merged: their groups are not open."""
        self._merging = frozenset(merging)
        self._again()

    def _again(self) -> None:
        found, said = self.found, self._said
        closed = self._places(said.skipped | self._merging)
        changed: dict[int, Case | None] = dict.fromkeys(closed)
        for at in self._places(said.keepers | said.out) - closed:
            changed[at] = self._case(found.groups[at])
        self._changed = changed
        shown = [at for at in found.of[self.which] if at not in changed]
        shown += [at for at, case in changed.items() if case is not None and self._is_looked_for(case)]
        self._shown = sorted(shown)
        lengths = (
            found.lines[at] if (case := changed.get(at)) is None else 1 + len(case.copies)
            for at in self._shown
        )
        *self._starts, self._lines = accumulate(lengths, initial=0)

    def _places(self, ids: Iterable[int]) -> set[int]:
        """Which groups these tracks are in."""
        return {at for id in ids if (at := self.found.group_of.get(id)) is not None}

    def _is_looked_for(self, case: Case) -> bool:
        return self.which == "all" or case.basis == _OF[self.which]

    def _case(self, group: Group) -> Case | None:
        """The group as it is by what was said; None: too few are left of it."""
        said = self._said
        copies = tuple(copy for copy in group.copies if copy.id not in said.out)
        if len(copies) < 2:
            return None
        (best, *_), reason = ranked(copies)
        keeper = next((copy for copy in copies if copy.id in said.keepers), best)
        same = copies[0].sound is not None and len({copy.sound for copy in copies}) == 1
        basis: Basis = "sound" if same else group.basis
        return Case(group.keeper.id, copies, keeper, basis, reason if keeper is best else "")

    def _at(self, at: int) -> Case:
        case = self._changed.get(at)
        if case is None:
            group = self.found.groups[at]
            case = Case(group.keeper.id, group.copies, group.keeper, group.basis, group.reason)
        return case

    def _is_open(self, at: int) -> bool:
        return at not in self._changed or self._changed[at] is not None

    # -- as lines ---------------------------------------------------------------------------------

    def __len__(self) -> int:
        return self._lines

    def line(self, place: int) -> tuple[Case, Copy | None]:
        """What stands in a line: a copy of a group, or (None) the heading of the group."""
        at = bisect_right(self._starts, place) - 1
        case = self._at(self._shown[at])
        within = place - self._starts[at]
        return case, case.copies[within - 1] if within else None

    def line_of(self, track_id: int) -> int | None:
        """The line of a track; None where it is in none."""
        at = self.found.group_of.get(track_id)
        if at is None:
            return None
        place = bisect_left(self._shown, at)
        if place == len(self._shown) or self._shown[place] != at:
            return None
        ids = [copy.id for copy in self._at(at).copies]
        return self._starts[place] + 1 + ids.index(track_id) if track_id in ids else None

    # -- counting ---------------------------------------------------------------------------------

    def cases(self) -> list[Case]:
        """The groups that are shown."""
        return [self._at(at) for at in self._shown]

    def exact(self) -> list[Case]:
        """The open groups of one sound, shown or not."""
        found, changed = self.found, self._changed
        places = sorted({*found.of["exact"]}.union(changed))
        return [self._at(at) for at in places if self._is_open(at) and self._at(at).basis == "sound"]

    def marked(self) -> list[Case]:
        """The open groups with a mark."""
        return [self._at(at) for at in sorted(self._places(self._said.marked)) if self._is_open(at)]

    def is_marked(self, case: Case) -> bool:
        return case.key in self._said.marked

    def kinds(self) -> Counter[Basis]:
        """How many open groups are held together by what."""
        counts = Counter(self.found.kinds)
        for at, case in self._changed.items():
            counts[self.found.groups[at].basis] -= 1
            if case is not None:
                counts[case.basis] += 1
        return counts

    def wasted(self) -> int:
        """The bytes that the copies take which are not to stay, in open groups."""
        wasted = self.found.wasted_by_all
        for at, case in self._changed.items():
            wasted -= self.found.wasted[at]
            if case is not None:
                wasted += sum(copy.size or 0 for copy in case.trashed)
        return wasted

    # -- saying -----------------------------------------------------------------------------------

    def keep(self, case: Case, copy: Copy) -> None:
        """This copy stays."""
        others = {each.id for each in case.copies}
        self._say(keepers=(self._said.keepers - others) | {copy.id})

    def take_out(self, copy: Copy) -> None:
        """This one is no duplicate."""
        self._say(out=self._said.out | {copy.id})

    def skip(self, cases: Collection[Case]) -> None:
        """Leave these groups alone."""
        self._say(skipped=self._said.skipped | {case.key for case in cases})

    def mark(self, case: Case) -> None:
        """Set the mark of a group, or take it away; u does not take marks back."""
        self._said = replace(self._said, marked=self._said.marked ^ {case.key})

    def unmark(self) -> None:
        self._said = replace(self._said, marked=frozenset())

    def forget(self) -> None:
        """Nothing was said."""
        self._said, self._before = _Said(), []
        self._again()

    def _say(self, **said: frozenset[int]) -> None:
        self._before.append(self._said)
        self._said = replace(self._said, **said)
        self._again()

    def undo(self) -> bool:
        """Take back what was said last. Returns whether there was anything."""
        if not self._before:
            return False
        self._said = replace(self._before.pop(), marked=self._said.marked)
        self._again()
        return True

    def merged(self) -> None:
        """From here on u takes back the merge, not what was said before."""
        self._before.clear()
