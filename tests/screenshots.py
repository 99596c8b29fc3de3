"""The pictures of the README: `make screenshots`. Drawn from a made-up collection by the real program."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape as xml

from textual.pilot import Pilot

from djtui import config
from djtui.config import Settings
from djtui.demo.collection import write_collection
from djtui.demo.files import place_files
from djtui.demo.music import RATE, compose, save
from djtui.jobs import views
from djtui.jobs.hosting import host_anyhow
from djtui.jobs.requests import submit, want
from djtui.kinds import KINDS
from djtui.library import history, tracks
from djtui.library.database import Library, prepare
from djtui.query import parse, to_sql
from djtui.tui.app import DjtuiApp

PICTURES = Path(__file__).parents[1] / "screenshots"
SIZE = (120, 36)
FILTER = "bpm:124..128 key:~8A rating:>=4"
RENAMED = "bpm:126..128 key:8A rating:>=4 missing:no"
"""Whose files the rename would give new names."""
HEARD = 8


def main() -> None:
    tracks = int(os.environ.get("TRACKS", "100000"))
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="djtui-pictures-") as name:
        folder = Path(name)
        os.environ["HOME"] = name  # paths are shown below ~
        collection = folder / "collection.nml"
        write_collection(collection, tracks)
        settings = config.changed(
            Settings(source=folder / "config.toml"),
            "traktor.volumes",
            place_files(collection, folder / "music"),
        )
        settings = config.changed(settings, "ui.theme", "djtui")
        config.save(settings)
        _import(folder, collection)
        asyncio.run(_with_sounds(folder))
        _djtui(folder, "analyze", "--query", "path:pictured")
        asyncio.run(_draw(folder / "Music.db", settings, "library", _library))
        asyncio.run(_draw(folder / "Music.db", settings, "rename", _rename))
        asyncio.run(_edit_both(folder / "Music.db", collection))
        _import(folder, collection)
        asyncio.run(_draw(folder / "Music.db", settings, "traktor", _traktor))
        _change_files(folder)
        asyncio.run(_draw(folder / "Music.db", settings, "history", _history))
        asyncio.run(_draw_import(folder, collection, settings))
        asyncio.run(_draw_spotify(folder / "spotify"))


def _djtui(folder: Path, *words: str) -> None:
    places = ["--library", str(folder / "Music.db"), "--config", str(folder / "config.toml")]
    subprocess.run([sys.executable, "-m", "djtui", *places, *words], check=True)


def _import(folder: Path, collection: Path) -> None:
    _djtui(folder, "traktor", "import", str(collection))


async def _with_sounds(folder: Path) -> None:
    """Give what the first picture shows files that can be heard."""
    library = await Library.open(folder / "Music.db")
    where = to_sql(parse(FILTER))
    rows = await library.fetchall(
        f"SELECT id, bpm, duration FROM track WHERE {where.sql} ORDER BY id LIMIT {HEARD}", where.params
    )
    (folder / "music" / "C" / "pictured").mkdir(parents=True, exist_ok=True)
    files = {row["id"]: folder / "music" / "C" / "pictured" / f"{row['id']}.flac" for row in rows}
    for row in rows:
        save(
            files[row["id"]],
            compose(row["bpm"], "Am", "house", seconds=row["duration"], seed=row["id"]),
            RATE,
        )
    async with library.writing() as tx:
        await tracks.update(tx, {id: {"path": str(path)} for id, path in files.items()})
    await library.close()


async def _draw(
    library: Path, settings: Settings, name: str, act: Callable[[Pilot[Any]], Awaitable[None]]
) -> None:
    app = DjtuiApp(library, settings)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(1.5)
        await act(pilot)
        (PICTURES / f"{name}.svg").write_text(app.export_screenshot(title="djtui"), encoding="utf-8")
    print(f"screenshots/{name}.svg")


async def _library(pilot: Pilot[Any]) -> None:
    await pilot.press("slash", *FILTER, "enter")
    await pilot.pause(1.0)
    await pilot.press("j", "j", "space", "j", "j", "space", "j")
    await pilot.pause(1.0)


def _change_files(folder: Path) -> None:
    """Rename and tag what can be heard."""
    _djtui(folder, "rename", "--preset", "mixing", "path:pictured", "--apply", "--yes", "--no-export")
    _djtui(folder, "tags", "write", "path:pictured", "bpm", "key", "--yes")


async def _rename(pilot: Pilot[Any]) -> None:
    await pilot.press("slash", *RENAMED, "enter")
    await pilot.pause(1.0)
    await pilot.press("r")
    await pilot.pause(2.0)
    while "planning" in pilot.app.export_screenshot():
        await pilot.pause(0.5)


async def _edit_both(path: Path, collection: Path) -> None:
    """Edits here, and in three of these tracks another one in Traktor."""
    library = await Library.open(path)
    rows = await library.fetchall("SELECT id, title, genre FROM track WHERE genre IS NOT NULL LIMIT 12")
    await history.edit(library, [row["id"] for row in rows], {"genre": "Deep House"}, "genre")
    await history.edit(library, [row["id"] for row in rows[4:9]], {"rating": 5}, "rating")
    await library.close()
    text = collection.read_text(encoding="utf-8")
    for row in rows[:3]:
        at = text.index(f'GENRE="{xml(row["genre"])}"', text.index(f'TITLE="{xml(row["title"])}"'))
        text = text[:at] + text[at:].replace(f'GENRE="{xml(row["genre"])}"', 'GENRE="Melodic House"', 1)
    collection.write_text(text, encoding="utf-8")


async def _traktor(pilot: Pilot[Any]) -> None:
    await pilot.press("3")
    await pilot.pause(3.0)


async def _history(pilot: Pilot[Any]) -> None:
    await pilot.press("6")
    await pilot.pause(1.5)
    await pilot.press("j", "j")
    await pilot.pause(1.5)


async def _draw_spotify(folder: Path) -> None:
    for name, part in (("XDG_STATE_HOME", "state"), ("XDG_CACHE_HOME", "cache")):
        os.environ[name] = str(folder / part)
    _djtui(folder.parent, "--json", "demo", "--spotify", "--keep", str(folder))

    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press("4")
        await pilot.pause(3.0)

    settings = config.changed(config.load(folder / "config.toml"), "ui.theme", "djtui")
    await _draw(folder / "library.db", settings, "spotify", act)


async def _draw_import(folder: Path, collection: Path, settings: Settings) -> None:
    path = folder / "New.db"
    prepare(path)
    library = await Library.open(path)
    job = await submit(library, KINDS, "traktor-import", {"path": str(collection)}, settings=settings)
    host_anyhow(path, KINDS, settings, config=folder / "config.toml")

    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press("2")
        while True:
            view = await views.job(library, job)
            phase = view.phase if view else None
            if phase and phase.name == "Syncing" and (phase.percent or 0) > 40:
                break
            await pilot.pause(0.1)
        await pilot.pause(0.5)

    try:
        await _draw(path, settings, "import", act)
    finally:
        await want(library, job, "cancel")
        while (view := await views.job(library, job)) and not view.is_over:
            await asyncio.sleep(0.1)
        await library.close()


if __name__ == "__main__":
    main()
