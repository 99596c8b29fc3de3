"""The dialog behind b: the DJ taps along, and the track has that tempo."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from djtui.tui import formats
from djtui.tui.beats import Taps
from djtui.tui.details import Details
from djtui.tui.formats import Part
from djtui.tui.screens.dialog import Dialog

_TAPS: Final = ("b", "space")


class TapDialog(Dialog[float]):
    """Answers a tempo."""

    HINTS = "b or ␣ in time · enter set it · esc leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "set", "Set", show=False),
        Binding("q", "leave", show=False),
    ]

    def __init__(self, details: Details) -> None:
        super().__init__(f"Tap the tempo of {details.name}")
        self._details = details
        self._taps = Taps()

    def body(self) -> ComposeResult:
        yield Static("", id="tempo", classes="text")
        yield Static(formats.content(_known(self._details)), id="known")

    def on_mount(self) -> None:
        self._say()

    def on_key(self, event: events.Key) -> None:
        if event.key in _TAPS:
            event.stop()
            self._taps.tap(event.time)  # when it was pressed, not when its turn comes
            self._say()

    def _say(self) -> None:
        taps, bpm = self._taps, self._taps.bpm
        said: list[Part] = [("Tap b in time with the music.", "$quiet")]
        if bpm is not None:
            said = [(f"{bpm:.1f}", "bold $accent"), (" BPM   ", ""), (f"{taps.count} taps", "$quiet")]
        elif taps.count:
            said = [("… go on", "$quiet")]
        self.query_one("#tempo", Static).update(formats.content(said))

    def action_set(self) -> None:
        if self._taps.bpm is not None:
            self.dismiss(self._taps.bpm)


def _known(details: Details) -> list[Part]:
    """The tempi that are known, to compare."""
    bpm, heard = details.track.bpm, details.heard
    said: list[Part] = [("now ", "$quiet"), (f"{bpm:.2f}" if bpm is not None else "unknown", "")]
    if heard is not None and heard.bpm is not None:
        said += [("   analysis ", "$quiet"), (f"{heard.bpm:.2f}", "")]
    return said
