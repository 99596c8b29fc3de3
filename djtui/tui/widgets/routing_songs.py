"""The songs of a base with what becomes of them in a child, and why: asked for as they are seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message

from djtui.model.text import harmless
from djtui.tui import formats
from djtui.tui.formats import Part
from djtui.tui.widgets.routing_lists import key
from djtui.tui.widgets.rows import Row, Rows, RowSource

if TYPE_CHECKING:
    from djtui.routing.outlook import Listed, Told
    from djtui.routing.why import Sign

STYLES: Final[Mapping[Sign, str]] = {
    "+": "$success",
    "-": "$warning",
    "?": "$accent",
    "=": "$quiet",
    " ": "$quiet",
}
_AHEAD: Final = 40  # songs above and below what is seen, whose reasons are asked for with them


class SongRows(Rows):
    """The list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "why", "why", "why", "What each child makes of this song, and why"),
        key(
            "a", "say(True)", "always", "always", "This song is always in this child, whatever the rule says"
        ),
        key("x", "say(False)", "never", "never", "This song is never in this child"),
        key("full_stop", "say(None)", "by rule", "by_rule", "This song is in this child as the rule says"),
    ]

    class Wanted(Message):
        """These songs are seen, and nobody has said why they are here."""

        def __init__(self, uris: Sequence[str]) -> None:
            super().__init__()
            self.uris = uris

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._listed: Sequence[Listed] = ()
        self._reasons: dict[str, Told] = {}
        self._before: dict[str, Told] = {}  # until they are told anew
        self._names: dict[str, str] = {}
        self._asked: tuple[str, ...] = ()

    @property
    def uri(self) -> str | None:
        """The song under the cursor."""
        return self._listed[self.cursor][1] if 0 <= self.cursor < len(self._listed) else None

    @property
    def told(self) -> Told | None:
        """What is known of it."""
        return self._reasons.get(self.uri or "")

    def list(self, songs: Sequence[Listed], *, stay: bool) -> None:
        """Show these. `stay`: it is the same list anew, and the cursor stays on its song, else it is at the
        top."""
        here = self.uri if stay and self.has_focus else None
        self._before = self._before | self._reasons if stay else {}
        self._listed, self._reasons, self._asked = songs, {}, ()
        self._rows = _Songs(self)
        self.virtual_size = Size(self.size.width, len(songs))
        at = next((at for at, (_, uri) in enumerate(songs) if uri == here), 0) if here else 0
        self.set_reactive(Rows.cursor, at)
        self._reveal()
        self.refresh()
        self._ask()

    def tell(self, songs: Mapping[str, Told]) -> None:
        """What these songs are called, and why they are here."""
        self._reasons |= songs
        for uri, told in songs.items():
            name = " · ".join(text for text in (told.title, told.artist) if text)
            self._names[uri] = harmless(name) or uri
        self.refresh()

    def song(self, index: int, width: int) -> Row:
        """A line of the list."""
        sign, uri = self._listed[index]
        told = self._reasons.get(uri) or self._before.get(uri)
        name = formats.fit(self._names.get(uri, ""), max(20, width * 2 // 5))
        left: list[Part] = [
            (f" {sign} ", STYLES[sign]),
            (name, "" if sign in "+-?" else "$quiet"),
            (f"  {told.why.text}" if told else "", "$quiet"),
        ]
        return Row(uri, left)

    def _ask(self) -> None:
        """Ask why of those that are seen and of some around them, if one that is seen has not been told."""
        top, height = self.scroll_offset.y, max(1, self.size.height)
        seen = [uri for _, uri in self._listed[top : top + height]]
        if all(uri in self._reasons for uri in seen):
            return
        around = self._listed[max(0, top - _AHEAD) : top + height + _AHEAD]
        wanted = tuple(uri for _, uri in around if uri not in self._reasons)
        if wanted != self._asked:
            self._asked = wanted
            self.post_message(self.Wanted(wanted))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._ask()

    def on_resize(self) -> None:
        self._ask()


class _Songs(RowSource):
    """The lines, each made when it is painted."""

    def __init__(self, songs: SongRows) -> None:
        self._of = songs

    def __len__(self) -> int:
        return len(self._of._listed)

    def line(self, at: int) -> Row:
        return self._of.song(at, self._of.size.width)
