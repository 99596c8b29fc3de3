"""A generated history of edits on both sides: every edit arrives or is a question, and nothing is lost."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from djtui.library import playlists
from djtui.library.database import Library
from djtui.traktor import pending
from djtui.traktor.conflicts import resolve
from tests.traktor.both_ways import Deck
from tests.traktor.pretended_traktor import Traktor
from tests.traktor.test_importing import collection, entry, playlist

EXAMPLES = int(os.environ.get("DJTUI_EXAMPLES", "4"))
TITLES = ("a", "b", "c")
VALUES: dict[str, tuple[Any, ...]] = {
    "genre": ("House", "Acid", "Dub & Bass", None),
    "comment": ("<late>", 'the "one"', None),
    "rating": (1, 5, None),
}
SLOTS = (3, 4)

edits = st.one_of(
    st.tuples(st.just("field"), st.sampled_from(TITLES), st.sampled_from(sorted(VALUES)), st.integers(0, 3)),
    st.tuples(
        st.just("cue"), st.sampled_from(TITLES), st.sampled_from(SLOTS), st.sampled_from(["x", "y", None])
    ),
    st.tuples(st.just("items"), st.lists(st.sampled_from(TITLES), max_size=4)),
    st.tuples(st.just("create"), st.sampled_from(["L", "M"])),
    st.tuples(st.just("delete"), st.sampled_from(["Friday", "L", "M"])),
)
rounds = st.lists(
    st.tuples(
        st.lists(edits, max_size=4),
        st.lists(edits, max_size=4),
        st.sampled_from([None, "library", "traktor"]),
    ),
    min_size=1,
    max_size=3,
)


@dataclass
class Told:
    """What both sides should have: by subject, the value at the last sync and on each side."""

    base: dict[Any, Any] = field(default_factory=dict)
    ours: dict[Any, Any] = field(default_factory=dict)
    theirs: dict[Any, Any] = field(default_factory=dict)
    open: set[Any] = field(default_factory=set)

    def synced(self) -> None:
        """Merge the sides as a DJ would expect."""
        self.open.clear()
        for subject in {*self.ours, *self.theirs}:
            was, ours, theirs = (side.get(subject) for side in (self.base, self.ours, self.theirs))
            if ours == theirs:
                self.base[subject] = ours
            elif ours == was:
                self.base[subject] = self.ours[subject] = theirs
            elif theirs == was:
                self.base[subject] = self.theirs[subject] = ours
            else:
                self.open.add(subject)

    def settled(self, side: str) -> None:
        """All questions are answered one way."""
        winner = self.ours if side == "library" else self.theirs
        for subject in self.open:
            value = winner.get(subject)
            self.base[subject] = self.ours[subject] = self.theirs[subject] = value
        self.open.clear()


async def edit_here(deck: Deck, told: Told, edit: tuple[Any, ...]) -> None:
    kind, *rest = edit
    if kind == "field":
        title, name, number = rest
        value = VALUES[name][number % len(VALUES[name])]
        await deck.edit(title, **{name: value})
        told.ours[title, name] = value
    elif kind == "cue":
        title, slot, name = rest
        cues = [cue for cue in (await deck.image(title))["cues"] or [] if cue[3] != slot]
        if name is not None:
            cues.append([0, slot * 1000.0, 0.0, slot, name, -1, None, None])
        await deck.edit(title, cues=cues)
        told.ours[title, slot] = name
    else:
        await edit_lists_here(deck, kind, rest)


async def edit_lists_here(deck: Deck, kind: str, rest: list[Any]) -> None:
    lists = {it.name: it.id for it in await playlists.all_playlists(deck.library)}
    if kind == "items" and "Friday" in lists:
        there = await playlists.items(deck.library, lists["Friday"])
        await playlists.remove(deck.library, lists["Friday"], range(len(there)))
        ids = await deck.ids()
        await playlists.add(deck.library, lists["Friday"], [ids[title] for title in rest[0]], again=True)
    elif kind == "create" and rest[0] not in lists:
        await playlists.create(deck.library, rest[0])
    elif kind == "delete" and rest[0] in lists:
        await playlists.delete(deck.library, [lists[rest[0]]])


def edit_there(traktor: Traktor, told: Told, edit: tuple[Any, ...], uuid: str) -> None:
    kind, *rest = edit
    if kind == "field":
        title, name, number = rest
        value = VALUES[name][number % len(VALUES[name])]
        traktor.put(title, name, value)
        told.theirs[title, name] = value
    elif kind == "cue":
        title, slot, name = rest
        traktor.set_cue(title, slot, name)
        told.theirs[title, slot] = name
    elif kind == "items" and "Friday" in traktor.playlists():
        traktor.set_items("Friday", rest[0])
    elif kind == "create" and rest[0] not in traktor.playlists():
        traktor.create(rest[0], uuid)
    elif kind == "delete" and rest[0] in traktor.playlists():
        traktor.delete(rest[0])


async def friday(deck: Deck) -> Counter[str] | None:
    lists = {it.name: it.id for it in await playlists.all_playlists(deck.library)}
    if "Friday" not in lists:
        return None
    titles = {id: title for title, id in (await deck.ids()).items()}
    return Counter(titles[id or 0] for id, _, _ in await playlists.items(deck.library, lists["Friday"]))


def merged(was: Counter[str], ours: Counter[str], theirs: Counter[str]) -> Counter[str]:
    """What a list should hold: each side's adds and removes; the same one on both sides once."""
    found: Counter[str] = Counter()
    for title in TITLES:
        left, right = ours[title] - was[title], theirs[title] - was[title]
        both = max(left, right, key=abs) if left * right > 0 else left + right
        found[title] = was[title] + both
    return +found


async def compared(deck: Deck, told: Told) -> None:
    """Both sides hold what they should, and every question is in the queue."""
    traktor = Traktor(deck.nml)
    for title in TITLES:
        image = await deck.image(title)
        for name in VALUES:
            assert image[name] == told.ours.get((title, name)), (title, name)
            assert traktor.get(title, name) == told.theirs.get((title, name)), (title, name)
        here = {cue[3]: cue[4] for cue in image["cues"] or [] if cue[0] == 0}
        there = traktor.cues(title)
        for slot in SLOTS:
            assert here.get(slot) == told.ours.get((title, slot)), (title, slot)
            assert there.get(slot) == told.theirs.get((title, slot)), (title, slot)
        assert len([cue for cue in image["cues"] if cue[0] == 4]) == 1
    asked = set()
    for conflict in await deck.conflicts():
        if conflict.track_id is not None:
            about = conflict.field
            subject: Any = int(about.removeprefix("cue:slot:")) if about.startswith("cue:") else about
            asked.add((conflict.subject.split(" - ")[0], subject))
    assert asked == told.open


async def play(history: Any, folder: Path) -> None:
    nml = folder / "collection.nml"
    library = await Library.open(folder / "library.db")
    try:
        deck = Deck(library, nml)
        key = "C:/:Music/:{}.mp3".format
        deck.write(collection(*map(entry, TITLES), nodes=playlist("Friday", key("a"), key("b"))))
        await deck.imported()
        told = Told()
        for title in TITLES:
            told.base[title, "genre"] = told.ours[title, "genre"] = told.theirs[title, "genre"] = "House"
        for number, (here, there, answer) in enumerate(history):
            await synced(deck, told, here, there, f"{number:032x}")
            if answer is not None:
                open_ones = [conflict.id for conflict in await deck.conflicts()]
                await resolve(library, open_ones, answer)
                assert await deck.conflicts() == []
                told.settled(answer)
                await deck.exported()
                await compared(deck, told)
    finally:
        await library.close()


async def synced(deck: Deck, told: Told, here: Any, there: Any, uuid: str) -> None:
    """Edit on both sides, sync, look; sync again, and nothing changes."""
    was = await friday(deck)
    for edit in here:
        await edit_here(deck, told, edit)
    traktor = Traktor(deck.nml)
    for place, edit in enumerate(there):
        edit_there(traktor, told, edit, f"{place:x}{uuid}"[:32])
    if there:
        traktor.quit()
    ours, theirs = await friday(deck), None
    if "Friday" in traktor.playlists():
        theirs = Counter(traktor.items("Friday"))
    asked = any(conflict.playlist_id for conflict in await deck.conflicts())
    await deck.exported()
    told.synced()
    await compared(deck, told)
    after = await friday(deck)
    if was is not None and ours is not None and theirs is not None and not asked:
        assert after == merged(was, ours, theirs)
    before = deck.nml.read_bytes()
    result = await deck.exported()
    assert deck.nml.read_bytes() == before
    assert (result["entries_changed"], result["playlists_changed"]) == (0, 0)
    assert await friday(deck) == after
    assert await pending.count(deck.library, 1) == 0
    await compared(deck, told)


@settings(
    max_examples=EXAMPLES,
    phases=(Phase.explicit, Phase.generate),
    deadline=None,
    derandomize="DJTUI_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
@given(rounds)
def test_edits_of_both_sides_arrive_or_are_asked_about(history: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(history, Path(folder)))
