"""Dialogs of the Routing view: why a song is where, what was changed by hand, and the runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType

from djtui.tui import formats
from djtui.tui.formats import Part
from djtui.tui.screens.dialog import Lines
from djtui.tui.screens.spotify_dialogs import headed
from djtui.tui.widgets.routing_songs import STYLES
from djtui.tui.widgets.rows import Row, Rows

if TYPE_CHECKING:
    from djtui.library.route_runs import Run, Write
    from djtui.library.routes import Base, Child
    from djtui.routing.asking import ByHand
    from djtui.routing.live import Everywhere

_SIGNS: Final = {"+": "comes", "=": "stays", "-": "goes", "?": "unknown", " ": "not in it"}
_STATES: Final = {
    "verified": ("✓", "$success"), "asking": ("!", "$warning"), "unverified": ("!", "$warning"),
    "failed": ("✗", "$error"), "refused": ("✗", "$error"),
}  # fmt: skip
_RUNS: Final = {
    "done": ("✓", "$success"),
    "asking": ("!", "$warning"),
    "partial": ("!", "$warning"),
    "failed": ("✗", "$error"),
    "running": ("⟳", "$accent"),
}
Titles = Mapping[str, tuple[str | None, str | None]]


class WhyDialog(Lines[None]):
    """What each child makes of a song."""

    def __init__(self, found: Everywhere) -> None:
        rows = []
        for child, why in found.children:
            style = "$quiet" if why.sign == " " or not child.active else ""
            left: list[Part] = [
                (f" {why.sign} ", STYLES[why.sign]),
                (formats.fit(child.name, 22), style),
                (f" {_SIGNS[why.sign]:<10} ", "$quiet"),
                (why.text, "" if child.active else "$quiet"),
            ]
            rows.append(Row(child.id, left))
        super().__init__(found.title, rows, empty="This base has no child yet.")


class HandDialog(Lines[str]):
    """What somebody changed in a playlist. Answers keep, drop or rule; None: nothing is decided."""

    HINTS = "k keep always · d drop · r make a rule · esc leave"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "answer('keep')", show=False, priority=True),
        Binding("d", "answer('drop')", show=False, priority=True),
        Binding("r", "answer('rule')", show=False, priority=True),
    ]

    def __init__(self, title: str, change: ByHand, titles: Titles) -> None:
        rows = [
            *_songs("Somebody put in", change.added, "+", titles),
            *_songs("Somebody took out", change.removed, "-", titles),
        ]
        reordered = "Its songs were put in another order; applying puts them in the order of the base."
        super().__init__(f"{title} was changed by hand", rows, empty=reordered)

    def action_answer(self, answer: str) -> None:
        self.dismiss(answer)


class RunsDialog(Lines[tuple[str, int]]):
    """The runs over a base. Answers what is wanted of one: "open", or "undo"."""

    HINTS = "enter what it did · u undo it · esc leave"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("u", "undo", show=False)]

    def __init__(self, base: Base, runs: Sequence[Run], undone: Iterable[int]) -> None:
        gone = set(undone)
        rows = [_run(run, is_undone=run.change_id in gone) for run in runs]
        super().__init__(
            f"Runs over {base.name}",
            rows,
            empty="Never applied yet: enter in the list of children applies it.",
        )

    def on_rows_selected(self, event: Rows.Selected) -> None:
        self.dismiss(("open", int(str(event.row.key))))

    def action_undo(self) -> None:
        if (row := self.query_one(Rows).row) is not None:
            self.dismiss(("undo", int(str(row.key))))


class RunDialog(Lines[None]):
    """What one run did to each playlist."""

    def __init__(self, run: Run, writes: Sequence[Write], children: Mapping[int, Child]) -> None:
        rows = [_write(write, children.get(write.child_id), at) for at, write in enumerate(writes)]
        told = [
            ("began", formats.moment(run.began).strip()),
            ("took", formats.took(seconds) if (seconds := _seconds(run)) is not None else ""),
            ("songs of the base", formats.count(run.songs) if run.songs is not None else ""),
            ("requests", f"{run.requests:,}, and {run.cached:,} saved by the cache"),
            ("", run.error or ""),
        ]
        errors = [
            (children[it.child_id].name if it.child_id in children else "", it.error or "") for it in writes
        ]
        super().__init__(
            f"Run {run.id} · {run.kind}, {run.state}",
            [*headed("The run", told), *rows, *headed("What is to be known", errors)],
        )


def _songs(title: str, uris: Sequence[str], sign: str, titles: Titles) -> list[Row]:
    if not uris:
        return []
    rows = [Row(("heading", title), ((f" {title}", "bold"),), live=False)]
    for uri in uris:
        name, artist = titles.get(uri, (None, None))
        said = " · ".join(text for text in (name, artist) if text) or uri
        rows.append(
            Row((title, uri), ((f"   {sign} ", "$success" if sign == "+" else "$warning"), (said, "")))
        )
    return rows


def _run(run: Run, *, is_undone: bool) -> Row:
    sign, style = _RUNS[run.state]
    seconds = _seconds(run)
    left: list[Part] = [
        (f" {sign} ", style),
        (f"{formats.moment(run.began):<13} ", "$quiet"),
        (f"{run.kind:<8} ", ""),
        (run.error or (f"{formats.plural(run.songs, 'song')} of the base" if run.songs else ""), "$quiet"),
    ]
    right: list[Part] = [
        ("undone  " if is_undone else "", "$warning"),
        (f"{run.requests:,} requests  ", "$quiet"),
        (f"{formats.took(seconds):>7}" if seconds is not None else "", "$quiet"),
    ]
    return Row(run.id, left, right)


def _write(write: Write, child: Child | None, at: int) -> Row:
    sign, style = _STATES.get(write.state, ("·", "$quiet"))
    name = (child.name if child else "a child that is gone") + (" ?" if write.part == "review" else "")
    said = f"+{write.added:,} -{write.removed:,}  {write.kept:,} kept"
    return Row(
        ("write", at), ((f" {sign} ", style), (name, "")), ((said, ""), (f"  {write.state:<10}", "$quiet"))
    )


def _seconds(run: Run) -> float | None:
    return formats.seconds_between(run.began, run.ended)
