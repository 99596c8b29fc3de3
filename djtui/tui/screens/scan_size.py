"""What is said before a large folder is scanned for the first time, and the cheaper ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from djtui.files.scan_order import Order
from djtui.library.database import Reader
from djtui.tui import environment, formats
from djtui.tui.beside import beside, reading
from djtui.tui.screens.dialog import Picker, Question, plain

if TYPE_CHECKING:
    from djtui.files.scan_size import Level, Size
    from djtui.tui.app import DjtuiApp

_STOPS: Final = "It can be paused or stopped at any time: what was read by then stays."


class SizeDialog(Question):
    """Answers the key of a way."""

    def __init__(self, order: Order, size: Size, level: Level, seconds: float) -> None:
        from djtui.files.scan_size import duration

        what = formats.tilde(Path(order.folders[0])) if len(order.folders) == 1 else "These folders"
        large = "That is a large library. " if level == "critical" else ""
        ways = list(_ways(order, size))
        heard = " Hearing all of them takes much longer." if order.analyze and not order.dry_run else ""
        super().__init__(
            f"{'A large scan' if level == 'critical' else 'Before the scan'}: {size.said}",
            f"{what}: {size.said}, about {duration(seconds)} to read.{heard} {large}{_STOPS}",
            ways,
        )
        self._hints = "enter or its key · esc leave"
        self._level = level

    def on_mount(self) -> None:
        self.query_one(".dialog").add_class(f"-{self._level}")


def _ways(order: Order, size: Size) -> Iterator[tuple[str, str]]:
    """The keys with their words; enter takes the first."""
    yield "g", f"go on: all {size.said}"
    if size.subfolders:
        yield "s", "only one of its folders"
    if order.analyze and not order.dry_run:
        yield "t", "tags only: no analysis afterwards"
    if not order.background and not order.dry_run:
        yield "b", "in the background: the table stays as it is"
    yield "n", "do nothing"


async def announced(app: DjtuiApp, order: Order) -> Order | None:
    """The order, once the DJ knows how large it is and has perhaps chosen something smaller; None: nothing
    is to be scanned. Only folders that were never scanned are counted. Raises `LibraryError`."""
    await environment.loaded("djtui.files.storing", "djtui.files.scan_size")
    from djtui.files import scan_size, storing

    async def known(reader: Reader) -> tuple[int | None, float | None]:
        return await storing.known_files(reader, order.folders), await storing.reading_rate(reader)

    files, rate = await reading(app.library_path, known)
    if files is not None:
        return order
    size = await beside(scan_size.measure, order.folders)
    level = size.level(app.settings.warn)
    if not level:
        return order
    answer = await app.push_screen_wait(SizeDialog(order, size, level, size.seconds(rate)))
    match answer:
        case "g":
            return order
        case "t":
            return replace(order, analyze=False)
        case "b":
            return replace(order, background=True)
        case "s":
            smaller = await _subfolder(app, order, size)
            return await announced(app, replace(order, folders=(smaller,))) if smaller else None
    return None


async def _subfolder(app: DjtuiApp, order: Order, size: Size) -> str | None:
    rows = [
        plain(path, f" {Path(path).name}", formats.plural(files, "file")) for path, files in size.subfolders
    ]
    title = f"One of the folders in {formats.tilde(Path(order.folders[0]))}"
    return await app.push_screen_wait(Picker(title, rows))
