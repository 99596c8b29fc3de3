"""A plan's renames put in an order in which each goes to a free name, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from functools import cache
from typing import Literal, NamedTuple, Protocol

from djtui.files.disk import Disk
from djtui.files.names import extension

Kind = Literal["rename", "copy"]


class Move(Protocol):
    """A file that is to go elsewhere."""

    @property
    def id(self) -> int: ...
    @property
    def path(self) -> str: ...
    @property
    def target(self) -> str: ...


class Step(NamedTuple):
    """One rename to a name that is free when its turn comes, or a copy, verified before the old file goes.

    `last`: the file of track `id` is where it is to be then; else it has a temporary name in its folder.
    """

    kind: Kind
    source: str
    target: str
    id: int
    last: bool = True


def in_order(moves: Sequence[Move], disk: Disk, stranger: Callable[[str], bool]) -> list[Step]:
    """The steps of moves to distinct targets. After each of them the way back is open (`undo_steps`).

    A file goes after the one whose name it takes; in a circle the first of it is parked under a temporary
    name. So is a file whose name changes in case or form only, which to the disk may be no other name.
    """
    return list(_Ordering(moves, disk, stranger).steps())


def undo_steps(done: Sequence[Step]) -> list[Step]:
    """The steps that take back the first steps of a plan, as many as were done."""
    begun: set[int] = set()
    back: list[Step] = []
    for step in done:
        back.append(Step(step.kind, step.target, step.source, step.id, last=step.id not in begun))
        begun.add(step.id)
    back.reverse()
    return back


class _Ordering:
    def __init__(self, moves: Sequence[Move], disk: Disk, stranger: Callable[[str], bool]) -> None:
        self._moves = moves
        self._disk = disk
        self._stranger = stranger
        self._targets = [disk.place(move.target) for move in moves]
        self._holders = {disk.place(move.path): number for number, move in enumerate(moves)}
        self._parked = 0
        self._taken: frozenset[str] = frozenset()
        self._device = cache(disk.device) if disk.device is not None else None

    def steps(self) -> Iterator[Step]:
        waiting = bytearray(b"\1") * len(self._moves)
        for number, move in enumerate(self._moves):
            if not waiting[number]:
                continue
            if self._targets[number] in self._holders or self._same_name(move):
                yield from self._chain(number, waiting)
            else:
                waiting[number] = 0
                yield self._step(move, move.path)

    def _same_name(self, move: Move) -> bool:
        return self._disk.near(move.path) == self._disk.near(move.target)

    def _chain(self, number: int, waiting: bytearray) -> Iterator[Step]:
        """A file, behind the files whose names are in its way."""
        chain = [number]
        following = self._holders.get(self._targets[number])
        while following is not None and waiting[following] and following != number:
            chain.append(following)
            following = self._holders.get(self._targets[following])
        in_circle = following == number
        if in_circle:
            parked = yield from self._park(self._moves[number])
        for each in reversed(chain):
            waiting[each] = 0
            move = self._moves[each]
            source = move.path
            if in_circle and each == number:
                source = parked
            elif self._same_name(move):
                source = yield from self._park(move)
            yield self._step(move, source)

    def _park(self, move: Move) -> Generator[Step, None, str]:
        """Gives a file a temporary name in its folder, which neither the disk nor the plan has."""
        folder, slash, _ = move.path.rpartition("/")
        self._taken = self._taken or frozenset(self._targets)
        while True:
            self._parked += 1
            free = f"{folder}{slash}.djtui-{self._parked}{extension(move.path)}"
            place = self._disk.place(free)
            if place not in self._holders and place not in self._taken and not self._stranger(free):
                break
        yield Step("rename", move.path, free, move.id, last=False)
        return free

    def _step(self, move: Move, source: str) -> Step:
        if self._device is None:
            return Step("rename", source, move.target, move.id)
        across = self._device(_folder(source)) != self._device(_folder(move.target))
        return Step("copy" if across else "rename", source, move.target, move.id)


def _folder(path: str) -> str:
    return path.rpartition("/")[0] or "/"
