"""The preview of a rename: what it shows is what the job does, however it gets there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from djtui.bridge import renaming
from djtui.bridge.rename_preview import Names, Preview
from djtui.files.rename_plan import Wanted
from djtui.library.database import Library
from tests.files.shelf import Shelf

FOLDERS = ("a", "a/b", "c")
EACH = 700


@pytest.fixture
async def shelf(library: Library, tmp_path: Path) -> Shelf:
    """Three folders of so many tracks that they are read in groups; some want one name."""
    shelf = Shelf(library, tmp_path / "music")
    songs: dict[str, dict[str, Any]] = {
        f"{folder}/{number:03}.mp3": {"artist": f"Artist {number % 50}", "title": f"Song {number % 699}"}
        for folder in FOLDERS
        for number in range(EACH)
    }
    await shelf.put(songs)
    Path(shelf.path("c/699.mp3")).unlink()
    return shelf


async def previewed(shelf: Shelf, preview: Preview, **params: Any) -> Names:
    told: list[Names] = []
    lists = params.pop("lists", ())
    await preview.plan(shelf.library, Wanted.of(params), lists, told.append, lambda: False)
    assert told[-1].done
    return told[-1]


def shown(preview: Preview, names: Names) -> dict[int, tuple[str, str, str | None]]:
    found = [names.planned(row, facts) for row, facts in enumerate(preview.rows)]
    return {it.id: (it.target, it.status, it.reason) for it in found if it is not None}


@pytest.mark.parametrize(
    "params",
    [
        {"template": "{artist} - {title}"},
        {"template": "{artist}/{title}"},
        {"template": "{title}/x {name}"},
        {},
    ],
)
async def test_it_says_what_the_job_would_do(shelf: Shelf, params: dict[str, Any]) -> None:
    if "/" in params.get("template", ""):
        params = params | {"root": shelf.path("out")}
    preview = Preview({})
    names = await previewed(shelf, preview, **params)
    plan = await renaming.preview(shelf.library, params)
    assert shown(preview, names) == {it.id: (it.target, it.status, it.reason) for it in plan.items}
    assert names.counts == plan.plan.counts()
    needs = {it.id for it in plan.items if it.status in ("numbered", "refused")}
    assert {preview.rows[row].id for row in names.needs} == needs
    assert list(names.needs) == sorted(names.needs)


async def test_the_tracks_are_read_once_and_in_one_order(shelf: Shelf) -> None:
    preview = Preview({})
    await previewed(shelf, preview, template="{title}")
    rows = list(preview.rows)
    await previewed(shelf, preview, template="{artist}/{title}", root=shelf.path("out"))
    await previewed(shelf, preview, template="{artist}")
    assert preview.rows == rows
    assert [os.path.dirname(it.path) for it in rows] == [
        shelf.path(folder) for folder in FOLDERS for _ in range(EACH)
    ]


async def test_the_first_rows_come_before_all_are_read_and_a_glance_at_them_needs_no_plan(
    shelf: Shelf,
) -> None:
    preview = Preview({})
    seen: list[tuple[int, int]] = []

    def tell(names: Names) -> None:
        seen.append((len(preview.rows), len(names.targets)))

    wanted = Wanted.of({"template": "{title}"})
    await preview.plan(shelf.library, wanted, (), tell, lambda: False)
    assert seen[0] == (200, 0)
    assert [targets for _, targets in seen][-1] == len(FOLDERS) * EACH
    assert len({targets for _, targets in seen}) > 2
    glanced = preview.glance(wanted, [0, 5, 99_999])
    assert {row: os.path.basename(it.target) for row, it in glanced.items()} == {
        0: "Song 0.mp3", 5: "Song 5.mp3",
    }  # fmt: skip


async def test_one_that_is_cut_off_goes_on_where_it_was(shelf: Shelf) -> None:
    preview = Preview({})
    asked = iter((False, True))
    told: list[Names] = []
    await preview.plan(
        shelf.library, Wanted.of({"template": "{artist}"}), (), told.append, lambda: next(asked)
    )
    assert not told[-1].done and 0 < len(preview.rows) < len(FOLDERS) * EACH + 1
    names = await previewed(shelf, preview, template="{title}")
    assert len(preview.rows) == len(names.targets) == len(FOLDERS) * EACH
    assert len({it.id for it in preview.rows}) == len(FOLDERS) * EACH


async def test_lists_that_point_to_the_files_are_counted(shelf: Shelf) -> None:
    for name, content in (("x.m3u", "a/001.mp3\n"), ("y.m3u", "elsewhere.mp3\n")):
        Path(shelf.path(name)).write_text(content)
    names = await previewed(shelf, Preview({}), template="{title}", lists=[str(shelf.folder)])
    assert names.lists == 1


async def test_nothing_is_left_of_it_when_it_is_released(shelf: Shelf) -> None:
    preview = Preview({})
    await previewed(shelf, preview, template="{title}")
    preview.release()
    assert preview.rows == []
