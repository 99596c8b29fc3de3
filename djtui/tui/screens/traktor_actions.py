"""What the Traktor view does: export, restore, read the history, choose the collection, map folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from djtui import config
from djtui.config import ConfigError
from djtui.traktor import collections
from djtui.tui import changing, formats
from djtui.tui.beside import beside
from djtui.tui.screens.dialog import Picker, Prompt, Question, plain

if TYPE_CHECKING:
    from djtui.traktor.backups import Backup
    from djtui.traktor.suggestion import Suggestion
    from djtui.tui.app import DjtuiApp

_OTHER: Final = "another"


async def export(app: DjtuiApp, path: Path) -> None:
    """Ask for the export of what waits, after the one question that there may be.

    Raises `LibraryError`, `Refused`.
    """
    from djtui.traktor import question

    library = await app.library()
    asked = await question.question(library, str(path))
    if asked is not None:
        answers = (("n", "not now"), ("y", "yes, now and from now on"))
        if await app.push_screen_wait(Question("Export to Traktor", asked, answers)) != "y":
            return
        await question.answered(library, str(path))
    await changing.submit(app, "traktor-export", {"path": str(path)})


async def restore(app: DjtuiApp, path: Path, backup: Backup) -> None:
    """Put a backup in the place of the collection, if the DJ means it. Raises `LibraryError`, `Refused`."""
    answer = await app.push_screen_wait(
        Question(
            "Restore a backup",
            f"{path.name} becomes what it was on {backup.at.astimezone():%d %B %Y at %H:%M:%S}. The file as "
            "it is now is backed up first, and what was exported since then waits for export again.",
            (("n", "leave it as it is"), ("y", "restore it")),
        )
    )
    if answer == "y":
        await changing.submit(app, "traktor-restore", {"path": str(path), "backup": str(backup.path)})


async def read_history(app: DjtuiApp, collection: Path | None) -> None:
    """Ask for Traktor's history files to be read. Raises `LibraryError`, `Refused`."""
    from djtui.traktor.history_importing import history_folder

    folder = await history_folder(await app.library(), app.settings)
    if folder is None:
        raise changing.Refused("Import the collection first: its History folder is beside it.")
    params = {"path": str(folder)} | ({"collection": str(collection)} if collection else {})
    await changing.submit(app, "traktor-nights", params)


async def choose_collection(app: DjtuiApp, present: Path | None) -> None:
    """Make another collection.nml the one of this library. Raises `LibraryError`."""
    rows = await (await app.library()).fetchall(
        "SELECT path FROM nml_file WHERE role = 'collection' ORDER BY id"
    )
    found = [Path(row["path"]) for row in rows] + await beside(collections.found)
    known = list(dict.fromkeys(path for path in (present, *found) if path is not None))
    chosen: str | None = _OTHER
    if len(known) > 1:
        choices = [plain(str(path), formats.tilde(path)) for path in known]
        more = plain(_OTHER, "Type another path")
        picker = Picker("Which collection is yours?", [*choices, more], cursor=str(present or known[0]))
        chosen = await app.push_screen_wait(picker)
    if chosen == _OTHER:
        prompt = Prompt(
            "Traktor's collection",
            "The collection.nml that this library is kept in step with.",
            str(present or ""),
            check=changing.unfit,
        )
        typed = await app.push_screen_wait(prompt)
        chosen = str(changing.absolute(typed)) if typed else None
    if chosen is not None:
        await _change(app, "traktor.collection", chosen, f"{formats.tilde(Path(chosen))} · i imports it")


async def toggle_auto(app: DjtuiApp) -> None:
    """Switch auto-sync on or off. Raises `ConfigError`."""
    on = not app.settings.traktor.auto
    await _change(app, "traktor.auto", on, f"Auto-sync is {'on' if on else 'off'}.")


async def accept(app: DjtuiApp, suggestions: Sequence[Suggestion]) -> None:
    """Take over what was suggested for a volume; of several, the DJ chooses. Raises `ConfigError`."""
    chosen: str | None = "0"
    if len(suggestions) > 1:
        rows = [
            plain(str(at), f"{each.prefix} is {each.path}", f"has {each.would_find:,} of {each.total:,}")
            for at, each in enumerate(suggestions)
        ]
        chosen = await app.push_screen_wait(Picker("Which folder is it?", rows))
    if chosen is not None:
        suggestion = suggestions[int(chosen)]
        await _map(app, suggestion.prefix, suggestion.path)


async def type_folder(app: DjtuiApp, prefix: str, folder: str) -> None:
    """Map a volume, or a folder on it, to a folder that the DJ types. Raises `ConfigError`."""
    typed = await app.push_screen_wait(
        Prompt(
            f"Where is {prefix or 'it'}?",
            "The folder on this machine that has the files of this volume.",
            folder,
            check=_no_folder,
        )
    )
    if typed:
        await _map(app, prefix, str(changing.absolute(typed)))


async def forget_folder(app: DjtuiApp, prefix: str) -> None:
    """Take a folder out of the user's table. Raises `ConfigError`."""
    from djtui.traktor.mapping import without_place

    table = without_place(app.settings.traktor.volumes, prefix)
    await _change(app, "traktor.volumes", table, f"{prefix} is looked for by itself again")


async def _map(app: DjtuiApp, prefix: str, folder: str) -> None:
    from djtui.traktor.mapping import with_place

    table = with_place(app.settings.traktor.volumes, prefix, folder)
    await _change(app, "traktor.volumes", table, f"{prefix} is {folder} · i imports with it")


def _no_folder(text: str) -> str | None:
    if not text.strip():
        return "Type the path of a folder."
    path = changing.absolute(text)
    return None if path.is_dir() else f"There is no folder {path}."


async def _change(app: DjtuiApp, key: str, value: Any, said: str) -> None:
    """Set an option, now and for good. Raises `ConfigError`."""
    settings = config.changed(app.settings, key, value)
    app.apply(settings)
    try:
        await beside(config.save, settings)
    except ConfigError as error:
        raise ConfigError(f"{error} It counts until djtui ends.") from error
    app.toasts.put("traktor", "done", said, 5.0)
