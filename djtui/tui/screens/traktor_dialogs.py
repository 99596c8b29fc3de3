"""Dialogs of the Traktor view: values in full, the plays of a night."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from djtui.library.nights import NightPlay, NightRow
from djtui.model.text import harmless
from djtui.tui import formats
from djtui.tui.screens.dialog import Lines
from djtui.tui.widgets.rows import Row

_WIDTH: Final = 64


class Values(Lines[None]):
    """What the sides say about one thing, however long it is."""

    def __init__(self, title: str, sides: Sequence[tuple[str, str]]) -> None:
        super().__init__(title, list(_values(sides)))


def _values(sides: Sequence[tuple[str, str]]) -> Iterator[Row]:
    for side, value in sides:
        yield Row(("side", side), ((f" {side}", "bold"),), live=False)
        for number, line in enumerate(wrap(harmless(value), _WIDTH) or ["nothing"]):
            yield Row((side, number), ((f"   {line}", "" if value else "$quiet"),))


class Plays(Lines[str]):
    """What was played in a night; `a` makes a playlist of it."""

    HINTS = "a as a playlist · j k move · esc leave"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("a", "playlist", "As a playlist", show=False)]

    def __init__(self, night: NightRow, plays: Sequence[NightPlay]) -> None:
        super().__init__(
            f"{night.name} · {formats.plural(night.plays, 'play')}",
            [_play(play) for play in plays],
            empty="Nothing was played.",
        )

    def action_playlist(self) -> None:
        self.dismiss("playlist")


def _play(play: NightPlay) -> Row:
    name = " - ".join(text for text in (play.title, play.artist) if text) or play.key.rpartition("/:")[2]
    style = "" if play.track_id is not None and play.public is not False else "$quiet"
    said = [
        "not in the library" if play.track_id is None else "",
        "only cued" if play.public is False else "",
    ]
    facts = ((f"{' · '.join(text for text in said if text)}  ", "$quiet"),) if any(said) else ()
    deck = f"  {'ABCD'[play.deck - 1] if play.deck and play.deck <= 4 else ' '}"
    left = ((f" {(play.at or '')[11:16]:>5}  ", "$quiet"), (name, style))
    return Row(play.position, left, (*facts, (f"{formats.clock(play.duration):>7}", ""), (deck, "$quiet")))
