"""About djtui itself: config, doctor, demo."""

from __future__ import annotations

import asyncio
import locale
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from djtui import config as configuration
from djtui.cli.output import table
from djtui.cli.session import FAILED, Session, command
from djtui.library import database
from djtui.model.text import plural


@click.command()
@click.argument("key", required=False)
@click.argument("value", required=False)
@command
async def config(session: Session, key: str | None, value: str | None) -> int | None:
    """Show the settings, or set one.

    \b
    djtui config                                     all of them, with their meaning
    djtui config ui.key_notation open                set one
    djtui config traktor.volumes '{"C:" = "/srv"}'   a table, as TOML spells it
    """
    settings = session.settings
    if key is not None and value is not None:
        settings = configuration.changed(settings, key, configuration.from_text(settings, key, value))
        path = configuration.save(settings)
        session.out.note(f"Written to {path}.")
    shown = [option for option in configuration.options(settings) if key is None or option.key == key]
    if not shown:
        configuration.changed(settings, key or "", None)  # says what is near
    lines = table(
        ("Setting", "Value", "Meaning"),
        [
            (option.key, option.value if option.value not in ("", [], {}) else "-", option.meaning)
            for option in shown
        ],
    )
    session.out.result(
        lines, settings={option.key: option.value for option in shown}, file=str(settings.source)
    )
    return None


@dataclass(frozen=True, slots=True)
class _Check:
    name: str
    ok: bool
    detail: str


@click.command()
@click.option("--backup", is_flag=True, help="Also copy the library beside itself.")
@click.option(
    "--spotify", is_flag=True, help="Also ask Spotify what your app may do: reads only, ten requests at most."
)
@command
async def doctor(session: Session, backup: bool, spotify: bool) -> int | None:
    """Check the library, the settings and the terminal, and say what to do about what is wrong."""
    checks = await asyncio.to_thread(_examine, session)
    asked = await _examine_spotify(session, checks) if spotify else {}
    if backup:
        copy = await asyncio.to_thread(database.backup, session.library_path)
        checks.append(_Check("backup", True, str(copy)))
    lines = [f"{'✓' if check.ok else '✗'} {check.name:<12} {check.detail}" for check in checks]
    session.out.result(
        lines,
        checks=[{"name": check.name, "ok": check.ok, "detail": check.detail} for check in checks],
        **asked,
    )
    return None if all(check.ok for check in checks) else FAILED


async def _examine_spotify(session: Session, checks: list[_Check]) -> dict[str, Any]:
    from djtui.cli.spotify_doctor import examine

    found = await examine(session.settings.spotify)
    checks += [_Check(check.name, check.ok, check.detail) for check in found.checks]
    return {"requests": found.requests, "capabilities": found.may}


def _examine(session: Session) -> list[_Check]:
    path = session.library_path
    checks = [
        _attempt("settings", lambda: f"{session.settings.source}: fine"),
        _attempt("library", lambda: _examine_library(path)),
    ]
    found = database.backups(path)
    checks.append(
        _Check("backups", True, f"{len(found)}, newest {found[0]}" if found else "none yet (--backup)")
    )
    network = database.network_file_system(path)
    checks.append(
        _Check(
            "disk",
            True,
            f"{path.parent} is on {network}: one djtui at a time" if network else f"{path.parent}",
        )
    )
    encoding = locale.getpreferredencoding(False)
    checks.append(_Check("terminal", True, f"TERM={os.environ.get('TERM', '-')}, {encoding}"))
    checks.append(_Check("python", True, f"{sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}"))
    return checks


def _attempt(name: str, examine: Callable[[], str]) -> _Check:
    try:
        return _Check(name, True, examine())
    except (configuration.ConfigError, database.LibraryError) as error:
        return _Check(name, False, str(error))


def _examine_library(path: Path) -> str:
    if not path.exists():
        return f"{path}: not made yet"
    database.prepare(path)
    with database.explained(path):
        connection = sqlite3.connect(path, timeout=5)
        try:
            problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if problem != "ok":
                raise sqlite3.DatabaseError(f"malformed: {problem}")
            for index in ("track_search", "track_words"):
                connection.execute(f"INSERT INTO {index} ({index}) VALUES ('integrity-check')")
            tracks = connection.execute("SELECT count(*) FROM track").fetchone()[0]
            connection.rollback()
        finally:
            connection.close()
    return f"{path}: {plural(tracks, 'track')}, {path.stat().st_size / 1e6:,.0f} MB, sound"


@click.command()
@click.option("--tracks", default=5000, show_default=True, help="How many made-up tracks.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, readable=False),
    help="Make it in this folder, and leave it there.",
)
@click.option("--spotify", is_flag=True, help="A made-up Spotify account instead, with a wait in its sync.")
@click.pass_context
def demo(context: click.Context, tracks: int, keep: Path | None, spotify: bool) -> None:
    """Try djtui on a made-up collection, in a library of its own; yours is not touched.

    The collection is imported live while the screens are open. Without a terminal: headless, with counts.
    With --spotify an account is read from a stand-in for Spotify that runs on this machine: no sign-in of
    yours, no request to Spotify.
    """
    if spotify:
        from djtui.cli.spotify_demo import demonstrate

        session = context.find_object(Session)
        assert session is not None
        context.exit(demonstrate(session, keep))
    from djtui.cli.running import end_host, import_collection, start_import
    from djtui.demo.collection import write_collection
    from djtui.demo.files import place_files

    session = context.find_object(Session)
    assert session is not None
    folder = keep or Path(tempfile.mkdtemp(prefix="djtui-demo-"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        collection = folder / "collection.nml"
        session.out.note(f"Making up {plural(tracks, 'track')} …")
        write_collection(collection, tracks)
        volumes = place_files(collection, folder / "music")
        # The DJ's own way of looking; with his auto-sync it would write to his collection.
        settings = configuration.Settings(ui=session.settings.ui, source=folder / "config.toml")
        settings = configuration.changed(settings, "traktor.volumes", volumes)
        own = Session(folder / "library.db", configuration.save(settings), session.out)
        if not sys.stdout.isatty() or not sys.stdin.isatty() or session.out.as_json:
            context.exit(asyncio.run(import_collection(own, collection)))
        asyncio.run(start_import(own, collection))
        from djtui.tui.app import run  # after the import has begun: the screens take their time to load

        code = run(own.library_path, own.settings)
        asyncio.run(end_host(own))
        context.exit(code)
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
