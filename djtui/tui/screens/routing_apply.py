"""The dialog before playlists are written: what happens to each, and what has to be answered first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from djtui.model.text import harmless
from djtui.tui import formats
from djtui.tui.formats import Part
from djtui.tui.screens.dialog import Dialog
from djtui.tui.widgets.routing_lists import changes
from djtui.tui.widgets.rows import Row, Rows

if TYPE_CHECKING:
    from djtui.routing.plan import ChildPlan, Plan
    from djtui.tui.screens.routing_facts import Family

Option = tuple[str, str]
"""What may be done with a child, and how that is said."""

SKIP: Option = ("skip", "left alone")
_WRITE: Option = ("apply", "written")
_UNSEEN: Option = ("apply", "written, though you do not follow it")
_RIGHT: Option = ("apply", "as it should be")


@dataclass(slots=True)
class Choice:
    """A child: what there is to know of it, and what may be done, the first unless the DJ wants another."""

    child_id: int
    name: str
    said: Sequence[Part]
    why: str
    options: tuple[Option, ...]
    at: int = 0

    @property
    def option(self) -> Option:
        return self.options[self.at]


class ApplyDialog(Dialog[dict[str, Any]]):
    """Answers what `apply_params` takes."""

    HINTS = "enter apply · ␣ another answer · w all anew · esc leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "cycle", show=False),
        Binding("w", "rebuild", show=False),
        Binding("q", "leave", show=False),
    ]

    def __init__(self, family: Family, plan: Plan, cost: str, shortage: str | None) -> None:
        super().__init__(f"Apply {family.base.name}", wide=True)
        self._choices = {it.child.id: _choice(it, family) for it in plan.children}
        self._cost = cost
        self._shortage = shortage
        self._rebuild = False

    def body(self) -> ComposeResult:
        choices = Rows(id="choices")
        choices.styles.height = len(self._choices)
        yield choices
        yield Static("", id="asked", classes="text")
        yield Static("", id="cost")

    def on_mount(self) -> None:
        self._show()
        first = next((it.child_id for it in self._choices.values() if it.why), None)
        rows = self.query_one(Rows)
        rows.move_to(first)
        rows.focus()

    def _show(self) -> None:
        self.query_one(Rows).show([_row(choice) for choice in self._choices.values()])
        self._say()

    def _say(self) -> None:
        row = self.query_one(Rows).row
        why = self._choices[row.key].why if row is not None and isinstance(row.key, int) else ""
        asked = self.query_one("#asked", Static)
        asked.update(Content(harmless(why)))
        asked.display = bool(why)
        lines = [self._cost, *([self._shortage] if self._shortage else [])]
        if self._rebuild:
            lines.append(
                "All anew: the playlists are emptied and filled again; when a song was added is lost."
            )
        self.query_one("#cost", Static).update(Content(harmless("\n".join(lines))))

    def on_rows_highlighted(self) -> None:
        self._say()

    def on_rows_selected(self) -> None:
        self.dismiss(answers(self._choices, rebuild=self._rebuild))

    def action_cycle(self) -> None:
        row = self.query_one(Rows).row
        if row is not None and isinstance(row.key, int):
            choice = self._choices[row.key]
            choice.at = (choice.at + 1) % len(choice.options)
            self._show()

    def action_rebuild(self) -> None:
        self._rebuild = not self._rebuild
        self._show()


def answers(choices: Mapping[int, Choice], *, rebuild: bool = False) -> dict[str, Any]:
    """What was chosen, as `apply_params` takes it."""
    chosen = {id: choice.option[0] for id, choice in choices.items()}
    done = [id for id, what in chosen.items() if what != "skip"]
    values: dict[str, Any] = {
        "confirmed": [id for id, what in chosen.items() if what in ("yes", "keep", "drop")],
        "hands": {id: what for id, what in chosen.items() if what in ("keep", "drop")},
        "remake": [id for id, what in chosen.items() if what == "remake"],
        "rebuild": rebuild,
    }
    return values | ({"children": done} if len(done) < len(chosen) else {})


def _choice(plan: ChildPlan, family: Family) -> Choice:
    from djtui.routing.asking import matters

    id, said = plan.child.id, changes(plan.counts)
    questions = [part.question for part in plan.lists if part.question is not None]
    why = " ".join(question.text for question in questions)
    if any(question.trouble == "full" for question in questions):
        return Choice(id, plan.child.name, said, why, (SKIP,))
    if id in family.gone:
        gone = "Its playlist is no longer in your account: somebody deleted it."
        return Choice(id, plan.child.name, said, gone, (SKIP, ("remake", "made anew"), _UNSEEN))
    hand = family.by_hand.get(id)
    if hand is not None and matters(hand, set(plan.target)):
        why = f"It was changed by hand since djtui wrote it: {hand}. {why}".strip()
        hands = (SKIP, ("keep", "that is kept always"), ("drop", "that is dropped"))
        return Choice(id, plan.child.name, said, why, hands)
    if questions:
        return Choice(id, plan.child.name, said, why, (SKIP, ("yes", "written all the same")))
    right = plan.local.is_right if plan.local is not None else all(part.is_right for part in plan.lists)
    return Choice(id, plan.child.name, said, "", (_RIGHT if right else _WRITE, SKIP))


def _row(choice: Choice) -> Row:
    asks = bool(choice.why)
    sign: Part = ("! ", "$warning") if asks else ("  ", "")
    what, text = choice.option
    style = "$quiet" if what == "skip" or choice.option == _RIGHT else "$accent"
    left: list[Part] = [sign, (formats.fit(choice.name, 24), ""), ("  ", ""), *choice.said]
    return Row(choice.child_id, left, ((text, style),))
