"""What the analysis is for in the Library view: to be asked for, compared, and put right by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType

from djtui.tui import analysing, details, formats, keys
from djtui.tui.asking import Question
from djtui.tui.screens.track_actions import TrackActions
from djtui.tui.steps import Steps

NUDGE_MS: Final = 10.0
FIRST: Final = 500
"""Of the marked tracks, so many go before the others."""


class AnalysisActions(TrackActions):
    """The part of the Library view that has tracks analysed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "analyse", "analyse", id="analysis.begin", group=keys.ANALYSIS,
                tooltip="Hear tempo, key, grid and loudness of the marked tracks, the shown ones, or all"),
        Binding("equals_sign", "differences", "Differences", show=False, id="analysis.differences",
                group=keys.ANALYSIS,
                tooltip="Where the analysis hears another tempo or key than stands here: take or leave it"),
        Binding("b", "tap", "Tap tempo", show=False, id="analysis.tap", group=keys.ANALYSIS,
                tooltip="Tap the tempo of this track: b in time, then enter"),
        Binding("plus", "scale(2.0)", "Double tempo", show=False, id="analysis.double", group=keys.ANALYSIS,
                tooltip="Double the tempo of the marked tracks, or of this one"),
        Binding("minus", "scale(0.5)", "Halve tempo", show=False, id="analysis.halve", group=keys.ANALYSIS,
                tooltip="Halve the tempo of the marked tracks, or of this one"),
        Binding("less_than_sign", "shift_grid(-1, 0)", "Grid earlier", show=False, id="analysis.earlier",
                group=keys.ANALYSIS, tooltip="Move this track's beat grid 10 ms earlier; offers one if none"),
        Binding("greater_than_sign", "shift_grid(1, 0)", "Grid later", show=False, id="analysis.later",
                group=keys.ANALYSIS, tooltip="Move this track's beat grid 10 ms later; offers one if none"),
        Binding("left_square_bracket", "shift_grid(0, -1)", "Grid a beat back", show=False,
                id="analysis.beat_back", group=keys.ANALYSIS,
                tooltip="Begin this track's bars one beat earlier"),
        Binding("right_square_bracket", "shift_grid(0, 1)", "Grid a beat on", show=False,
                id="analysis.beat_on", group=keys.ANALYSIS,
                tooltip="Begin this track's bars one beat later"),
    ]  # fmt: skip

    question: Question

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._grid_steps = Steps(self._shift_grid)

    # -- analysing ---------------------------------------------------------------------------------

    def action_analyse(self) -> None:
        from djtui.tui.screens.analyse import AnalyseDialog

        if not self.has_class("-empty"):
            self.djtui.push_screen(AnalyseDialog(list(self._choices())), self._analyse)

    def _analyse(self, params: dict[str, Any] | None) -> None:
        if params is not None:
            self.djtui.do(analysing.analyse(self.djtui, params))

    def _choices(self) -> Iterator[Any]:
        """What can be meant. Each goes through the marked tracks first, then through those that are seen."""
        from djtui.tui.screens.analyse import Choice

        table, question = self.table, self.question
        first = {"first": list(dict.fromkeys((*table.chosen[:FIRST], *self._seen)))}
        if marked := table.marked:
            yield Choice("m", f"the {formats.plural(len(marked), 'marked track')}", {"ids": table.chosen})
        elif (here := table.cursor_track_id) is not None:
            yield Choice("t", "this track", {"ids": [here]})
        if (query := question.query) is not None:
            if query:
                shown = question.filter.strip() or question.scope.name
                yield Choice("f", f"what is shown: {shown}", {"query": query} | first)
        elif question.scope.kind != "missing" and (ids := list(dict.fromkeys(table.source.ids))):
            shown = f"{question.scope.name} {question.filter.strip()}".strip()
            yield Choice("f", f"what is shown: {shown}", {"ids": ids} | first)
        yield Choice("a", "all that was not analysed yet", dict(first), "everything")
        yield Choice("r", "what failed, once more", {"retry": True} | first)

    @property
    def _seen(self) -> list[int]:
        """The tracks whose rows are on the screen."""
        table = self.table
        top = table.scroll_offset.y
        return list(table.source.ids[top : top + max(1, table.size.height)])

    def action_differences(self) -> None:
        from djtui.tui.screens.differing import DifferencesDialog

        self.djtui.push_screen(DifferencesDialog(self.table.chosen if self.table.marked else None))

    # -- by hand -----------------------------------------------------------------------------------

    def action_tap(self) -> None:
        from djtui.tui.screens.tap import TapDialog

        id = self.table.cursor_track_id
        if id is not None and (known := details.read(self.djtui.reader, id)) is not None:
            self.djtui.push_screen(TapDialog(known), lambda bpm: self._tapped(id, bpm))

    def _tapped(self, id: int, bpm: float | None) -> None:
        if bpm is not None:
            self.djtui.do(analysing.set_bpm(self.djtui, id, bpm))

    def action_scale(self, factor: float) -> None:
        if chosen := self.table.chosen:
            self.djtui.do(analysing.scale(self.djtui, chosen, factor))

    def action_shift_grid(self, nudges: int, beats: int) -> None:
        if (id := self.table.cursor_track_id) is not None:
            self.djtui.do(self._grid_steps.add((id, bool(beats)), beats or nudges))

    async def _shift_grid(self, what: tuple[int, bool], steps: int) -> None:
        id, by_beats = what
        ms, beats = (0.0, steps) if by_beats else (NUDGE_MS * steps, 0)
        await analysing.shift(self.djtui, id, ms, beats)
