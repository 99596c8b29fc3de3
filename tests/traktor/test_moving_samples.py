"""Other people's collections, hundreds of their files renamed: playlists follow, nothing else differs."""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from djtui.library.database import Library
from djtui.traktor import moving, pending
from tests.traktor.both_ways import SETTINGS, Deck
from tests.traktor.patch_text import changed_tags
from tests.traktor.test_samples import SAMPLES

# A Mac and Windows, versions 15 and 19, doubled and dangling keys, a remix set.
SOME = ("3d8886b", "174be0e", "ab773ca")
CHOSEN = [path for path in SAMPLES if any(part in path.name for part in SOME)]
MANY = 500


def keys_of(path: Path) -> list[str]:
    """The keys of all entries, in their order; read by lxml."""
    return [
        "".join(place.get(name, "") for name in ("VOLUME", "DIR", "FILE"))
        for place in etree.parse(path).iterfind("COLLECTION/ENTRY/LOCATION")
    ]


def items_of(path: Path) -> list[tuple[str | None, str | None]]:
    """All items of playlists in their order."""
    return [(item.get("TYPE"), item.get("KEY")) for item in etree.parse(path).iter("PRIMARYKEY")]


def cells_of(path: Path) -> list[str]:
    """The files that the cells of remix sets name, in their order."""
    return [
        "".join(cell.get(name, "") for name in ("VOLUME", "DIR", "FILE"))
        for cell in etree.parse(path).iter("CELL")
    ]


@pytest.mark.parametrize("sample", CHOSEN, ids=lambda path: path.name[:60])
async def test_playlists_follow_hundreds_of_renames(sample: Path, library: Library, tmp_path: Path) -> None:
    nml = tmp_path / "collection.nml"
    shutil.copy(sample, nml)
    nml.chmod(0o644)
    old = keys_of(nml)
    volumes = {key.partition("/:")[0]: str(tmp_path / f"v{key.partition('/:')[0].strip(':')}") for key in old}
    deck = Deck(library, nml, replace(SETTINGS, traktor=replace(SETTINGS.traktor, volumes=volumes)))
    await deck.imported()
    before = nml.read_bytes()
    wanted = await renames(library)
    async with library.writing() as tx:
        paths = [(path, id) for id, path in wanted.items()]
        await tx.executemany("UPDATE track SET path = ? WHERE id = ?", paths)
        moves = await moving.note_moves(tx, wanted)
    assert moves.refused == {}
    assert await pending.count(library, 1) == len(wanted)
    expected: dict[str, str] = {
        row["key"]: row["moved"]
        for row in await library.fetchall("SELECT key, moved FROM nml_entry WHERE moved IS NOT NULL")
    }
    was, cells = items_of(nml), cells_of(nml)
    result: dict[str, Any] = await deck.exported()
    assert result["moved"] == len(expected)
    now = keys_of(nml)
    assert now == [expected.get(key, key) for key in old]
    assert items_of(nml) == [
        (kind, key if kind == "SET" else expected.get(key or "", key)) for kind, key in was
    ]
    dangling = {key for kind, key in was if kind != "SET"} - set(old)
    assert {key for kind, key in items_of(nml) if kind != "SET"} - set(now) == dangling
    assert Counter(Counter(now).values()) == Counter(Counter(old).values()), "no key doubled anew"
    tags = {re.split(rb"[\s>]", tag)[0] for pair in changed_tags(before, nml.read_bytes()) for tag in pair}
    assert tags <= {b"<ENTRY", b"<LOCATION", b"<PRIMARYKEY", b"<CELL"}
    assert cells_of(nml) == [expected.get(key, key) for key in cells]
    assert result["cells"] == sum(key in expected for key in cells)
    after = nml.read_bytes()
    deck.write(after + b"\n")
    again = await deck.imported()
    assert (again["added"], again["updated"], again["removed"], again["conflicts"]) == (0, 0, 0, 0)
    assert (await deck.exported())["entries_changed"] == 0
    assert nml.read_bytes() == after + b"\n"


async def renames(library: Library) -> dict[int, str]:
    """New paths of tracks: most get a free name, some folders a new one, some files change names."""
    rows = await library.fetchall(
        "SELECT track.id, track.path FROM track JOIN nml_entry ON track_id = track.id"
        " WHERE track.path IS NOT NULL GROUP BY track.id HAVING count(*) = 1"
    )
    chosen = random.Random(7).sample(rows, min(MANY, len(rows)))
    found = {}
    for place, row in enumerate(chosen):
        path = Path(row["path"])
        new = path.with_name(f'{place:04} - "Über" & <{path.stem[:40]}>{path.suffix}')
        found[row["id"]] = str(path.parent / "Neu" / new.name if place % 5 == 0 else new)
    for first, second in zip(chosen[1:40:2], chosen[2:41:2], strict=False):
        found[first["id"]], found[second["id"]] = second["path"], first["path"]
    return found
