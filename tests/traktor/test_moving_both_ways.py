"""A generated history of renames here and of Traktor's doings: every track stays what it is, where it is."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from djtui.library import playlists
from djtui.library.database import Library
from djtui.traktor import moving, pending
from tests.traktor.moved_files import Disk
from tests.traktor.pretended_traktor import Traktor
from tests.traktor.test_importing import collection, entry, playlist

EXAMPLES = int(os.environ.get("DJTUI_EXAMPLES", "3"))
TITLES = ("a", "b", "c", "d")
NAMES = (*TITLES, "x", "c/New/y.mp3")
FRIDAY = ["a", "b", "a", "d"]

steps = st.lists(
    st.one_of(
        st.tuples(st.just("rename"), st.permutations(NAMES)),
        st.tuples(st.just("rename"), st.permutations(NAMES)),
        st.tuples(st.just("edit there"), st.sampled_from(TITLES)),
        st.tuples(st.just("import"), st.booleans()),
        st.tuples(st.just("export"), st.none()),
        st.tuples(st.just("overwritten"), st.sampled_from(TITLES)),
        st.tuples(st.just("copied"), st.none()),
    ),
    min_size=3,
    max_size=7,
)


async def step(disk: Disk, names: dict[str, str], number: int, kind: str, what: Any) -> None:
    """One thing that somebody does; `names`: title -> what its file is called."""
    if kind == "rename":
        names |= dict(zip(TITLES, what, strict=False))
        assert not (await disk.rename(names)).refused
    elif kind == "edit there":
        traktor = Traktor(disk.nml)
        traktor.put(what, "comment", f"edit {number}")
        traktor.quit()
    elif kind == "import":
        await disk.imported(dry_run=what)
    elif kind == "export":
        await disk.exported()
    elif kind == "overwritten":
        traktor = Traktor(disk.nml)
        await disk.exported()
        traktor.put(what, "comment", f"edit {number}")
        traktor.quit()
    else:
        copy = disk.folder / "copy.nml"
        await disk.exported(to=str(copy))
        disk.write(copy.read_bytes())
        await disk.imported()  # before another circle of renames, of which nobody could tell the two


async def compared(disk: Disk, ids: dict[str, int], names: dict[str, str]) -> None:
    """The library has the tracks that it had, where their files are, in the lists that they were in."""
    assert await disk.ids() == ids
    places = await disk.places()
    for title, name in names.items():
        path = disk.path(name)
        assert path.read_bytes() == title.encode()
        assert places[title][0] == str(path.relative_to(disk.folder))
        assert places[title][1] == f"C:/{path.relative_to(disk.folder / 'c')}"
        assert not places[title][2]
    friday = next(it for it in await playlists.all_playlists(disk.library) if it.name == "Friday")
    items = await playlists.items(disk.library, friday.id)
    assert [id for id, *_ in items] == [ids[title] for title in FRIDAY]


async def play(history: Any, folder: Path) -> None:
    library = await Library.open(folder / "library.db")
    try:
        disk = Disk(library, folder)
        disk.fill(*TITLES)
        key = "C:/:Music/:{}.mp3".format
        entries = [entry(title, attributes=f'AUDIO_ID="{title}"') for title in TITLES]
        disk.write(collection(*entries, nodes=playlist("Friday", *map(key, FRIDAY))))
        await disk.imported()
        ids, names = await disk.ids(), {title: title for title in TITLES}
        for number, (kind, what) in enumerate(history):
            await step(disk, names, number, kind, what)
            await compared(disk, ids, names)
        await disk.exported()
        await compared(disk, ids, names)
        traktor = Traktor(disk.nml)
        assert traktor.items("Friday") == FRIDAY
        for title, name in names.items():
            place = traktor.entry(title).find("LOCATION")
            path = place.get("DIR").replace("/:", "/") + place.get("FILE")
            assert path == f"/{disk.path(name).relative_to(disk.folder / 'c')}"
        assert await pending.count(library, 1) == await moving.unknown_names(library) == 0
        before = disk.nml.read_bytes()
        result = await disk.exported()
        assert (result["entries_changed"], result["playlists_changed"]) == (0, 0)
        assert disk.nml.read_bytes() == before
    finally:
        await library.close()


@settings(
    max_examples=EXAMPLES,
    phases=(Phase.explicit, Phase.generate),
    deadline=None,
    derandomize="DJTUI_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
@given(steps)
def test_renames_survive_whatever_traktor_does(history: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(history, Path(folder)))
