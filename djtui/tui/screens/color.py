"""The dialog behind #: a letter or a digit, and the chosen tracks have that colour."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from djtui.model.track import COLORS
from djtui.tui.screens.dialog import Dialog
from djtui.tui.swatch import swatch
from djtui.tui.widgets.rows import Row, Rows

NONE: Final = 0


class ColorDialog(Dialog[int]):
    """Answers the number of a colour, 0 for none."""

    HINTS = "a letter or a digit · enter choose · esc leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            f"{number},{(name or 'none')[0]}", f"choose({number})", name or "none", show=False, priority=True
        )
        for number, name in enumerate(COLORS)
    ]

    def body(self) -> ComposeResult:
        choices = Rows(id="choices")
        choices.styles.height = len(COLORS)
        yield choices

    def on_mount(self) -> None:
        self.query_one(Rows).show(
            [
                Row(
                    number,
                    (
                        (f" {number} {(name or 'none')[0]}  ", "$accent"),
                        *(swatch(number) or [("· none", "$quiet")]),
                    ),
                )
                for number, name in enumerate(COLORS)
            ]
        )

    def on_rows_selected(self, event: Rows.Selected) -> None:
        self.action_choose(int(str(event.row.key)))

    def action_choose(self, number: int) -> None:
        self.dismiss(number)
