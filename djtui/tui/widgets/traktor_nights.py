"""Nights: what was played, as Traktor's history files tell it."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from djtui.library import nights
from djtui.library.nights import NightError, NightRow
from djtui.library.playlists import PlaylistError
from djtui.tui import changing, formats, keys
from djtui.tui.beside import reading
from djtui.tui.screens.traktor_facts import Facts
from djtui.tui.widgets.rows import Row, Rows
from djtui.tui.widgets.traktor_section import Section

SHOWN: Final = 1000
NO_NIGHTS: Final = "No nights yet: r reads Traktor's History folder beside the collection."


class NightSection(Section):
    """The nights, newest first."""

    NAME = "nights"
    TITLE = "Nights"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "plays", "plays", id="nights.plays", group=keys.TRAKTOR,
                tooltip="Show what was played in this night"),
        Binding("a", "playlist", "as a playlist", id="nights.playlist", group=keys.TRAKTOR,
                tooltip="Make a playlist of what was heard in this night"),
        Binding("r", "read_files", "read history", id="nights.read", group=keys.TRAKTOR,
                tooltip="Read the files in Traktor's History folder that are new"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._nights: dict[int, NightRow] = {}

    def body(self) -> ComposeResult:
        yield Rows()

    @property
    def rows(self) -> Rows:
        return self.query_one(Rows)

    @property
    def night(self) -> NightRow | None:
        """The one under the cursor."""
        row = self.rows.row
        return self._nights.get(int(str(row.key))) if row is not None else None

    def badge(self, facts: Facts) -> str:
        return f"{facts.nights:,}" if facts.nights else ""

    async def read(self, facts: Facts) -> None:
        found = await reading(self.djtui.library_path, lambda reader: nights.nights(reader, SHOWN))
        self._nights = {night.id: night for night in found}
        self.rows.show([_row(night) for night in found])
        self.rows.say(NO_NIGHTS)
        self.say_title(formats.plural(len(found), "night") if found else self.TITLE)
        plays = formats.plural(sum(night.plays for night in found), "play")
        self.say_edge("enter plays  a as a playlist" if found else "", plays if found else "")
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self._nights) if action in ("plays", "playlist") else True

    def on_rows_selected(self) -> None:
        self.action_plays()

    def action_plays(self) -> None:
        if night := self.night:
            self.djtui.do(self._show_plays(night))

    async def _show_plays(self, night: NightRow) -> None:
        from djtui.tui.screens.traktor_dialogs import Plays

        plays = await nights.plays_of_night(await self.djtui.library(), night.id)
        if await self.djtui.push_screen_wait(Plays(night, plays)) == "playlist":
            await self._make_playlist(night)

    def action_playlist(self) -> None:
        if night := self.night:
            self.djtui.do(self._make_playlist(night))

    async def _make_playlist(self, night: NightRow) -> None:
        from djtui.tui.screens.dialog import Prompt

        app = self.djtui
        prompt = Prompt(
            "A playlist of this night",
            f"What was heard on {night.name}, in its order. What was only cued is left out.",
            f"Set {night.name.replace(':', 'h')}",
            check=lambda text: None if text.strip() else "It needs a name.",
        )
        if not (name := await app.push_screen_wait(prompt)):
            return
        try:
            made = await nights.to_playlist(await app.library(), night.id, name.strip())
        except (NightError, PlaylistError) as error:
            raise changing.Refused(str(error)) from error
        left_out = f", {made.unknown:,} left out: not in the library" if made.unknown else ""
        said = f"{name.strip()}: {formats.plural(made.tracks, 'track')}{left_out} · u takes it back"
        app.toasts.put("nights", "done", said)

    def action_read_files(self) -> None:
        from djtui.tui.screens.traktor_actions import read_history

        self.djtui.do(read_history(self.djtui, self.facts.path))


def _row(night: NightRow) -> Row:
    unknown = night.plays - night.known
    left = (
        (f" {night.name:<18}", ""),
        (f"{formats.plural(night.plays, 'play'):>10}   ", ""),
        (f"{night.public:>5,} heard", "$quiet"),
        (f"   {unknown:,} not in the library" if unknown else "", "$quiet"),
    )
    lasted = f"{night.minutes // 60}:{night.minutes % 60:02} h" if night.minutes is not None else ""
    return Row(night.id, left, ((lasted, "$quiet"),))
