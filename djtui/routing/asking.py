"""What is asked before a playlist is written: hands of others in it, and songs that would be lost."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from djtui.library.database import Reader, Tx
from djtui.library.route_runs import Write
from djtui.library.routes import Child, except_songs
from djtui.routing import contents, journal
from djtui.routing.plan import MUCH
from djtui.routing.port import Held, digest
from djtui.routing.steps import Row, songs
from djtui.routing.writing import Verdict

Hand = Literal["keep", "drop", "leave"]
"""What becomes of what was changed by hand: it is kept for good, it goes, or the playlist is left alone."""

HANDS: Final = ("keep", "drop", "leave")


@dataclass(frozen=True, slots=True)
class ByHand:
    """How a child was changed since we left it: songs that came and went, by uri. Neither: it was put in
    another order, or it is not known any more what we left."""

    added: tuple[str, ...]
    removed: tuple[str, ...]

    def __str__(self) -> str:
        parts = [
            f"{len(some):,} {verb}"
            for some, verb in ((self.added, "added"), (self.removed, "removed"))
            if some
        ]
        return " and ".join(parts) if parts else "put in another order"


@dataclass(frozen=True, slots=True)
class Answers:
    """What the DJ answered ahead: children that may lose many songs, and what becomes of changes by hand."""

    confirmed: frozenset[int] = frozenset()
    hands: Mapping[int, Hand] | Hand | None = None

    def hand(self, child_id: int) -> Hand | None:
        return self.hands if isinstance(self.hands, str | None) else self.hands.get(child_id)


async def by_hand(library: Reader, child: Child, rows: Sequence[Row]) -> ByHand | None:
    """What was changed by hand in a child that holds `rows` now; None: nothing, or we never left it right."""
    there = songs(rows)
    if child.digest is None or digest(there) == child.digest:
        return None
    left = await journal.left(library, child.id)
    if left is None:
        return ByHand((), ())
    before, now = set(left), set(there)
    return ByHand(
        tuple(uri for uri in dict.fromkeys(there) if uri not in before),
        tuple(uri for uri in left if uri not in now),
    )


async def changed_by_hand(library: Reader, children: Collection[Child]) -> dict[int, ByHand]:
    """The children that were changed by hand, as far as the library knows; not where that was kept since."""
    found = {}
    for child in children:
        if child.spotify_id is not None and child.digest is not None:
            change = await by_hand(library, child, await contents.present(library, child.spotify_id))
            if change is not None and not _kept(change, child):
                found[child.id] = change
    return found


def _kept(change: ByHand, child: Child) -> bool:
    """Whether the DJ said already that all of it is to stay as it is."""
    wanted = dict.fromkeys(change.added, True) | dict.fromkeys(change.removed, False)
    return bool(wanted) and wanted.items() <= child.exceptions.items()


async def keep_for_good(tx: Tx, child_id: int, change: ByHand) -> None:
    """Make exceptions of what was changed by hand: so the rule leaves it as it is, now and later."""
    await except_songs(tx, child_id, change.added, kept=True)
    await except_songs(tx, child_id, change.removed, kept=False)


async def verdict(
    library: Reader, child: Child, write: Write, held: Held, answers: Answers
) -> Verdict | None:
    """Why a child that holds this is not to be written without an answer; None: go ahead."""
    if write.part != "songs":
        return None
    there, target = songs(held.rows), set(write.target)
    if there == list(write.target):
        return None
    change = await by_hand(library, child, held.rows)
    hand = answers.hand(child.id)
    if change is not None and hand == "leave":
        return "asking", f"It was changed by hand ({change}) and is left as it is."
    if change is not None and hand != "drop" and matters(change, target, hand):
        return (
            "asking",
            f"It was changed by hand since djtui wrote it: {change}. Keep that always, or drop it?",
        )
    if child.id in answers.confirmed:
        return None
    gone = sum(uri not in target for uri in there)
    if there and not target:
        return "asking", f"It would lose all of its {len(there):,} songs."
    if gone > len(there) * MUCH:
        return "asking", f"It would lose {gone:,} of its {len(there):,} songs."
    return None


def matters(change: ByHand, target: Collection[str], hand: Hand | None = None) -> bool:
    """Whether writing undoes what was done by hand. An order by hand no rule can keep."""
    if not change.added and not change.removed:
        return hand is None
    return any(uri not in target for uri in change.added) or any(uri in target for uri in change.removed)
