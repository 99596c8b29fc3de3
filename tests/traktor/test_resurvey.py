"""The survey of a new file from that of the old one is the survey of the new file."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from djtui.demo.collection import write_collection
from djtui.traktor.markup import Splice, spliced
from djtui.traktor.nml import NmlError, Survey, identify, survey
from djtui.traktor.resurvey import resurvey
from tests.traktor.nml_text import entry, nml, playlist, playlists, written
from tests.traktor.patch_text import exported
from tests.traktor.test_nml import LAYOUTS

MANY = nml(
    *(entry(f"{number}.mp3", attributes=f'TITLE="{number}"') for number in range(40)),
    tree=playlists(playlist("Set", "C:/:Music/:3.mp3")),
)
SNIPPETS = (
    b"", b" ", b"<", b">", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?x", b"?>", b"<ENTRY>", b"</ENTRY>",
    b"<ENTRY></ENTRY>\n", b"</COLLECTION>", b"<COLLECTION>", b"<PLAYLISTS>", b"</NML>", b"\xff", b'="',
)  # fmt: skip


def both(source: Survey, path: Path, splices: Sequence[Splice]) -> tuple[Survey | str, Survey | str]:
    """What the old survey makes of the new file, and what a new one does: or why they refuse it."""

    def known() -> Survey:
        return resurvey(source, str(path), splices, identify(path))

    def searched() -> Survey:
        return survey(path)

    return outcome(known), outcome(searched)


def outcome(read: Callable[[], Survey]) -> Survey | str:
    try:
        return read()
    except NmlError as error:
        return str(error)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_in_every_layout(tmp_path: Path, layout: str) -> None:
    path = written(tmp_path, LAYOUTS[layout])
    for place in range(len(survey(path).entries)):
        source, plan, target = exported(path, {place: {"title": "x & y"}})
        known, searched = both(source, target, plan.splices)
        assert known == searched


def test_after_edits_removals_and_additions_all_over_a_collection(tmp_path: Path) -> None:
    path = tmp_path / "collection.nml"
    write_collection(path, 300, seed=3)
    dice = random.Random(7)
    for number in range(12):
        places = dice.sample(range(300), dice.choice((0, 1, 5, 60)))
        edits = {place: {"title": f"{number} {place}"} for place in places[1::2]}
        added = [entry(f"new{at}.mp3").encode() for at in range(dice.choice((0, 2)))]
        source, plan, target = exported(path, edits, removed=places[::2], added=added)
        known, searched = both(source, target, plan.splices)
        assert known == searched


def test_whatever_the_splices_do_to_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, MANY)
    data, source, dice = MANY.encode(), survey(path), random.Random(11)
    borders = [
        at
        for offset, length in zip(source.entries.offsets, source.entries.lengths, strict=True)
        for at in (offset, offset + length)
    ]
    for _ in range(500):
        cuts = sorted(
            dice.choice(borders) if dice.random() < 0.7 else dice.randrange(len(data)) for _ in range(4)
        )
        splices = [
            Splice(start, stop - start if dice.random() < 0.3 else 0, dice.choice(SNIPPETS))
            for start, stop in list(pairwise(cuts))[::2]
        ]
        target = written(tmp_path, spliced(data, splices), "new.nml")
        known, searched = both(source, target, splices)
        assert known == searched
