"""The path map: where each of Traktor's volumes lies on this machine, and how much of it is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from djtui.tui import formats, keys
from djtui.tui.beside import beside
from djtui.tui.screens import traktor_actions as actions
from djtui.tui.screens.traktor_facts import Facts
from djtui.tui.widgets.rows import Row, Rows
from djtui.tui.widgets.traktor_section import IMPORT_FIRST, Section

if TYPE_CHECKING:
    from djtui.traktor.mapping import Place, Volume
    from djtui.traktor.suggestion import Suggestion

NO_NAME: Final = "no name"
LOOKING: Final = "Looking whether the files are there …"
_WIDEST: Final = 20
_SOURCES: Final = {"settings": "as set", "found": "found by its files", "this machine": "of this machine"}


class MapSection(Section):
    """The volumes, each with where it is, what is missing there, and what would find it."""

    NAME = "map"
    TITLE = "Map"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "accept", "accept", id="map.accept", group=keys.TRAKTOR,
                tooltip="Take over the folder that is suggested for this volume"),
        Binding("e", "type", "type a folder", id="map.type", group=keys.TRAKTOR,
                tooltip="Type the folder in which the files of this volume lie"),
        Binding("d", "forget", "forget", id="map.forget", group=keys.TRAKTOR,
                tooltip="Forget the folder that you gave this volume"),
        Binding("r", "again", "look again", id="map.again", group=keys.TRAKTOR,
                tooltip="Look again for the files, and for the missing ones elsewhere"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.volumes: dict[str, Volume] = {}
        self._looked_at: object = None
        self._searching = False

    def body(self) -> ComposeResult:
        yield Rows()

    @property
    def rows(self) -> Rows:
        return self.query_one(Rows)

    @property
    def volume(self) -> Volume | None:
        """The one under the cursor."""
        row = self.rows.row
        return self.volumes.get(str(row.key)) if row is not None else None

    @property
    def _table(self) -> dict[str, str]:
        return self.djtui.settings.traktor.volumes

    def badge(self, facts: Facts) -> str:
        total = sum(volume.total for volume in self.volumes.values())
        return formats.percent(sum(volume.found for volume in self.volumes.values()), total)

    # -- looking ----------------------------------------------------------------------------------

    async def read(self, facts: Facts) -> None:
        """Look at the disk, if anything that matters is another since the last look."""
        wanted = (facts.file_id, facts.imported, tuple(self._table.items()))
        if facts.linked is None:
            self._take([], IMPORT_FIRST)
        elif wanted != self._looked_at:
            self._looked_at = wanted
            await self._look(facts.linked[0], wanted)

    async def _look(self, file_id: int, wanted: object) -> None:
        from djtui.traktor.mapping import volumes
        from djtui.traktor.suggestion import search_roots

        app, library = self.djtui, await self.djtui.library()
        if not self.volumes:
            self.rows.say(LOOKING)
        self._searching = True
        found = await volumes(library, file_id, app.settings, beside)
        if wanted != self._looked_at:
            return
        missing = any(volume.found < volume.total for volume in found)
        self._searching = missing
        self._take(found, "The collection is empty.")
        if missing:
            roots = await beside(search_roots)
            found = await volumes(library, file_id, app.settings, beside, search=roots)
            if wanted == self._looked_at:
                self._searching = False
                self._take(found, "")

    def _take(self, volumes: Sequence[Volume], empty: str) -> None:
        self.volumes = {volume.volume: volume for volume in volumes}
        self.rows.say(empty)
        names = max((cell_len(volume.volume) for volume in volumes), default=0)
        width = min(_WIDEST, max(len(NO_NAME), names))
        self.rows.show([row for volume in volumes for row in self._rows(volume, width)])
        total, found = (sum(getattr(each, what) for each in volumes) for what in ("total", "found"))
        self.say_title(
            f"{formats.plural(len(volumes), 'volume')} · {found:,} of {total:,} files found"
            if volumes
            else self.TITLE
        )
        self.say_hints()
        self.djtui.screen.refresh_bindings()

    def say_hints(self) -> None:
        """What can be pressed, for the volume under the cursor."""
        looking = "looking for the missing files …" if self._searching and self.volumes else ""
        self.say_edge(looking, "a accept  e type a folder" if self._can_accept() else "e type a folder")

    # -- rows -------------------------------------------------------------------------------------

    def _rows(self, volume: Volume, width: int) -> Iterator[Row]:
        yield _head(volume, width)
        places = [place for place in volume.places if len(volume.places) > 1 or place.prefix != volume.volume]
        for place in places:
            yield _line(volume, place.prefix, _place(place))
        for missing in volume.missing:
            where = _below(missing.path, volume.path) if missing.path else missing.location
            yield _line(volume, missing.location, (("missing  ", "$warning"), (where, "$quiet")))
        if volume.missing:
            yield from self._suggestions(volume)
        yield _line(volume, "end", ())

    def _suggestions(self, volume: Volume) -> Iterator[Row]:
        for each in volume.suggestions:
            yield _line(volume, f"suggestion {each.path}", _suggestion(each))
        if not volume.suggestions and not self._searching:
            said = "" if volume.searched else ", as far as there was time to look"
            yield _line(
                volume,
                "nothing",
                ((f"No other folder was found that has them{said}.", "$quiet"),),
            )

    # -- keys -------------------------------------------------------------------------------------

    def _can_accept(self) -> bool:
        return self.volume is not None and bool(self.volume.suggestions)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "accept":
            return self._can_accept()
        if action == "forget":
            return bool(self._own_places())
        return self.volume is not None if action == "type" else True

    def _own_places(self) -> list[Place]:
        """What the DJ has said of the volume under the cursor."""
        places = self.volume.places if self.volume is not None else ()
        return [place for place in places if place.source == "settings"]

    def on_rows_highlighted(self) -> None:
        self.say_hints()
        self.refresh_bindings()

    def on_rows_selected(self) -> None:
        if self._can_accept():
            self.action_accept()
        else:
            self.action_type()

    def action_accept(self) -> None:
        if (volume := self.volume) is not None and volume.suggestions:
            self.djtui.do(actions.accept(self.djtui, volume.suggestions))

    def action_type(self) -> None:
        if (volume := self.volume) is not None:
            self.djtui.do(actions.type_folder(self.djtui, volume.volume, volume.path or ""))

    def action_forget(self) -> None:
        for place in self._own_places():
            self.djtui.do(actions.forget_folder(self.djtui, place.prefix))

    def action_again(self) -> None:
        self._looked_at = None
        self.djtui.do(self.read(self.facts))


def _head(volume: Volume, width: int) -> Row:
    lost = volume.found < volume.total
    where = (volume.path or "nowhere on this machine", "" if volume.path else "$warning")
    source = f"  {_SOURCES[volume.source]}" if volume.source else ""
    return Row(
        volume.volume,
        (
            (f" {formats.fit(volume.volume or NO_NAME, width)} ", "bold"),
            where,
            (source, "$quiet"),
        ),
        (
            (f"{volume.found:,} of {volume.total:,}", "$quiet"),
            (f"  {formats.percent(volume.found, volume.total):>4}", "$warning" if lost else ""),
        ),
    )


def _below(path: str, folder: str | None) -> str:
    """A path, without the folder that the volume is."""
    if folder is not None and Path(path).is_relative_to(folder):
        return str(Path(path).relative_to(folder))
    return path


def _line(volume: Volume, key: str, parts: formats.Parts) -> Row:
    return Row((volume.volume, key), ((" " * 4, ""), *parts), live=False)


def _place(place: Place) -> formats.Parts:
    counted = f"{place.found:,} of {place.total:,}"
    return (
        (place.prefix, ""),
        (f" is {place.path}", ""),
        (f"  {_SOURCES[place.source]}, {counted}", "$quiet"),
    )


def _suggestion(suggestion: Suggestion) -> formats.Parts:
    counted = f"  has {suggestion.would_find:,} of {suggestion.total:,}"
    return (
        ("perhaps  ", "$accent"),
        (f"{suggestion.prefix} is {suggestion.path}", ""),
        (counted, "$quiet"),
        ("   a ", "$accent"),
        ("takes it over", "$quiet"),
    )
