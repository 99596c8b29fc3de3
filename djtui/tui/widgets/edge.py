"""The lower edge of the table's frame, a line of its own: it changes with every step of the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len

from djtui.tui import formats
from djtui.tui.formats import Parts
from djtui.tui.widgets.lines import Lines


class Edge(Lines):
    """`╰──── 2 marked ── sort bpm ↑ ── 412 / 1,204 of 98,412 ─╯`"""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._said = ""

    def say(self, *facts: str) -> None:
        """What stands in the edge, from left to right."""
        said = " ── ".join(fact for fact in facts if fact)
        if said != self._said:
            self._said = said
            self.repaint_changes()

    def lines(self, width: int) -> Sequence[Parts]:
        said = formats.cut(f" {self._said} " if self._said else "", max(0, width - 4))
        fill = "─" * max(0, width - cell_len(said) - 3)
        return [[(f"╰{fill}", ""), (said, "$quiet"), ("─╯", "")]]
