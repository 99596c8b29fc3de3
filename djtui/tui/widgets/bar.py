"""One line of words, some of which can be clicked: the top line, the status line, the key line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events

from djtui.tui import formats
from djtui.tui.formats import Parts
from djtui.tui.widgets.lines import Lines


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of a bar. A click on it runs `action`."""

    text: str
    style: str = ""
    action: str = ""


class Bar(Lines):
    """A line with words at its left and right. Subclasses say which, for a width, in `words`."""

    DEFAULT_CSS = "Bar { height: 1; }"

    def words(self, width: int) -> tuple[Sequence[Word], Sequence[Word]]:
        """What stands at the left and at the right, given `width` cells."""
        return (), ()

    def laid_out(self, width: int) -> list[Word]:
        """All words in order, the gap between left and right included, cut to the width."""
        left, right = self.words(width)
        room = width - sum(cell_len(word.text) for word in right)
        kept: list[Word] = []
        for word in left:
            text = formats.cut(word.text, room)
            kept.append(Word(text, word.style, word.action))
            room -= cell_len(text)
            if text != word.text:
                break
        return [*kept, Word(" " * max(0, room)), *right]

    def lines(self, width: int) -> Sequence[Parts]:
        return [[(word.text, word.style) for word in self.laid_out(width)]]

    async def on_click(self, event: events.Click) -> None:
        x = event.x
        for word in self.laid_out(self.size.width):
            x -= cell_len(word.text)
            if x < 0:
                if word.action:
                    await self.screen.run_action(word.action)
                return
