"""The dialog behind a: what to analyse, how much that is, and how long it will take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from djtui.model.text import harmless
from djtui.tui import analysing
from djtui.tui.changing import Refused
from djtui.tui.screens.dialog import Dialog
from djtui.tui.widgets.rows import Row, Rows

_ABOUT: Final = "Tempo, beat grid, key, loudness, energy and waveform, heard from the files."
_ALL: Final = "Nothing of this is left to hear: n hears again what is known."
_UNKNOWN: Final = "…"
_TAGS: Final[Sequence[tuple[str, Sequence[str]]]] = (
    ("no", ()),
    ("BPM, key", ("bpm", "key")),
    ("BPM, key, ReplayGain", ("bpm", "key", "replaygain")),
)
"""What may go into the files' tags afterwards."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to analyse: its key, what it is, the parameters that mean it, and what it is with `again`."""

    key: str
    text: str
    params: Mapping[str, Any]
    again: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """How many files, how long in words, and both in a sentence."""

    files: int
    time: str
    note: str


class AnalyseDialog(Dialog[dict[str, Any]]):
    """Answers the parameters of an analysis."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "switch('again')", "Also what is known", show=False),
        Binding("p", "switch('true_peak')", "True peak", show=False),
        Binding("w", "next_tags", "Write tags afterwards", show=False),
        Binding("q", "leave", show=False),
    ]

    def __init__(self, choices: Sequence[Choice]) -> None:
        super().__init__(
            "Analyse", wide=True, hints="enter begin · n again · p true peak · w tags · esc leave"
        )
        self._choices = {choice.key: choice for choice in choices}
        self._with = {"again": False, "true_peak": False}
        self._tags = 0
        self._costs: dict[str, Cost] = {}

    def body(self) -> ComposeResult:
        yield Static(Content(_ABOUT), classes="text")
        choices = Rows(id="choices")
        choices.styles.height = len(self._choices)
        yield choices
        yield Static("", id="cost")
        yield Static("", id="with")

    def on_mount(self) -> None:
        self._show()
        self.query_one(Rows).focus()
        self._reckon()

    # -- what it costs ----------------------------------------------------------------------------

    def _reckon(self) -> None:
        """Find out what each choice costs, one after the other."""
        self._costs.clear()
        self.run_worker(self._estimate(), group="estimate", exclusive=True, exit_on_error=False)

    async def _estimate(self) -> None:
        for choice in self._choices.values():
            try:
                found = await analysing.estimate(self.djtui, self._params(choice))
            except Refused as error:
                self._costs[choice.key] = Cost(0, "", str(error))
            else:
                self._costs[choice.key] = _cost(found)
            if self.is_attached:
                self._show()

    def _params(self, choice: Choice) -> dict[str, Any]:
        _, fields = _TAGS[self._tags]
        tags = {"write_tags": list(fields)} if fields else {}
        return dict(choice.params) | {name: True for name, on in self._with.items() if on} | tags

    # -- showing ----------------------------------------------------------------------------------

    def _show(self) -> None:
        self.query_one(Rows).show([self._row(choice) for choice in self._choices.values()])
        self._say()

    def _row(self, choice: Choice) -> Row:
        cost = self._costs.get(choice.key)
        files = _UNKNOWN if cost is None else f"{cost.files:,}" if cost.files else "none"
        time = cost.time if cost is not None and cost.files else ""
        style = "" if cost is None or cost.files else "$quiet"
        text = choice.again if choice.again and self._with["again"] else choice.text
        left = ((f" {choice.key}  ", "$accent"), (text, style))
        return Row(choice.key, left, ((f"{files:>9}", style), (f"  {time:<17}", "$quiet")))

    def _say(self) -> None:
        row = self.query_one(Rows).row
        cost = self._costs.get(str(row.key)) if row is not None else None
        note = "" if cost is None else cost.note if cost.files or not cost.time else _ALL
        self.query_one("#cost", Static).update(Content(harmless(note)))
        said = [
            "n known files too: " + ("yes" if self._with["again"] else "no"),
            "p true peak: " + ("yes, a third more work" if self._with["true_peak"] else "no"),
        ]
        tags = f"\nw into the files' tags: {_TAGS[self._tags][0]}"
        self.query_one("#with", Static).update(Content("   ".join(said) + tags))

    def on_rows_highlighted(self) -> None:
        self._say()

    # -- answering --------------------------------------------------------------------------------

    def action_switch(self, name: str) -> None:
        self._with[name] = not self._with[name]
        self._reckon()
        self._show()

    def action_next_tags(self) -> None:
        self._tags = (self._tags + 1) % len(_TAGS)
        self._say()

    def on_rows_selected(self, event: Rows.Selected) -> None:
        self._answer(str(event.row.key))

    def on_key(self, event: events.Key) -> None:
        if event.character in self._choices:
            event.stop()
            self._answer(event.character or "")

    def _answer(self, key: str) -> None:
        cost = self._costs.get(key)
        if cost is None or cost.files:
            self.dismiss(self._params(self._choices[key]))
        else:
            self.query_one(Rows).move_to(key)


def _cost(found: Mapping[str, Any]) -> Cost:
    from djtui.analysis.estimating import duration

    note = next(iter(found["notes"]), "")
    return Cost(found["items"] or 0, f"about {duration(found['seconds'] or 0.0)}", f"{note}.")
