"""A living job: a line for each phase, what was said last, and what could not be done."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Final

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from djtui.jobs.views import JobView, PhaseView
from djtui.model.text import harmless
from djtui.tui import formats

_SIGNS: Final = {
    "succeeded": ("✓", "$success"),
    "running": ("⟳", "$accent"),
    "waiting": ("⏸", "$warning"),
    "paused": ("⏸", "$quiet"),
    "interrupted": ("!", "$warning"),
    "failed": ("✗", "$error"),
    "cancelled": ("✗", "$quiet"),
    "queued": ("·", "$quiet"),
}
_STATES: Final = {"interrupted": "cut off: p goes on", "waiting": "waiting", "paused": "paused: p goes on"}


class JobPane(Widget, can_focus=True):
    """One job in a frame."""

    DEFAULT_CLASSES: ClassVar[str] = "frame"

    class Chosen(Message):
        """The pane was entered with the keyboard or the mouse."""

        def __init__(self, pane: JobPane) -> None:
            super().__init__()
            self.pane = pane

    def __init__(self, job: JobView, reasons: str = "", **kwargs: Any) -> None:
        """`reasons` says in a line why items could not be done, where that is known."""
        super().__init__(**kwargs)
        self.job = job
        self._reasons = reasons

    def on_mount(self) -> None:
        self.show(self.job)
        self.set_interval(1, self._count_down)

    def show(self, job: JobView, reasons: str = "") -> None:
        """The job as it is now."""
        before = len(self.job.phases), len(self._remarks)
        self.job, self._reasons = job, reasons
        taller = before != (len(job.phases), len(self._remarks))
        self._entitle()
        self.refresh(layout=taller)

    def _count_down(self) -> None:
        if self.job.state == "waiting" and self.is_on_screen:
            self.refresh()

    def on_resize(self) -> None:
        self._entitle()

    def _entitle(self) -> None:
        job = self.job
        asked = {"pause": "pauses at the next checkpoint", "cancel": "stops at the next checkpoint"}
        pending = asked.get(job.wanted) if job.state in ("running", "waiting") else None
        state = pending or _STATES.get(job.state, job.state)
        room = max(0, (self.size.width or self.app.size.width) - cell_len(state) - 8)
        title = formats.cut(harmless(job.title), room)
        fill = "─" * max(1, room - cell_len(title) + 1)
        style = _SIGNS.get(job.state, ("", ""))[1]
        self.border_title = Content.assemble(f"{title} ", (fill, "$frame"), (f" {state}", style))
        pause = "p go on" if job.state in ("paused", "interrupted") else "p pause"
        failed = f"f {formats.plural(job.failures, 'failure')}" if job.failures else ""
        hints = "  ".join(
            part for part in (pause, "x cancel", "l log", failed, "t retry" if failed else "") if part
        )
        self.border_subtitle = Content(hints)

    def get_content_height(self, container: Any, viewport: Any, width: int) -> int:
        return max(1, len(self.job.phases)) + len(self._remarks)

    def render(self) -> Content:
        width = self.size.width
        name = max((cell_len(phase.name) for phase in self.job.phases), default=0)
        lines = [phase_line(phase, width, name) for phase in self.job.phases]
        if not lines:
            lines = [[("· ", "$quiet"), (self.job.message or "Nobody has begun it yet.", "$quiet")]]
        lines += [formats.line(remark, (), width) for remark in self._remarks]
        return Content("\n").join(formats.content(line) for line in lines)

    @property
    def _remarks(self) -> list[list[formats.Part]]:
        return remarks(self.job, self._reasons)

    def on_focus(self) -> None:
        self.post_message(self.Chosen(self))

    def on_click(self, event: events.Click) -> None:
        self.focus()


def phase_line(phase: PhaseView, width: int, longest: int = 0) -> list[formats.Part]:
    """A phase: sign, name, bar, percent, done of total, and at its right what that took or will take.

    `longest` is the width of the longest name beside it; names are cut where room is short.
    """
    sign, style = _SIGNS.get(phase.state, ("·", "$quiet"))
    right = _figures(phase, short=width < 90)
    counted = (
        f"{phase.done:,} / {phase.total:,}" if phase.total else (f"{phase.done:,}" if phase.done else "")
    )
    name = max(12, min(24, longest)) if width >= 100 else 12 if width >= 76 else 10
    spare = width - 2 - name - 1 - 5 - 18 - 2 - (34 if width >= 90 else 22)
    bar = max(0, min(40, spare))
    if phase.state == "succeeded" and not phase.done:  # it had nothing to do, whatever was expected
        counted = ""
    idle = phase.state == "succeeded" and not (phase.total and phase.done)
    done, total = (1, 1) if idle else (phase.done, phase.total)
    left: list[formats.Part] = [
        (f"{sign} ", style),
        (formats.fit(phase.name, name) + " ", "" if phase.state != "queued" else "$quiet"),
    ]
    if phase.state == "succeeded" and not phase.done and phase.message:  # it says why there was nothing to do
        return formats.line([*left, (phase.message, "$quiet")], [(f"  {right}", "$quiet")], width)
    left += [
        (formats.bar(done, total, bar), style),
        (f"{formats.percent(phase.done, phase.total) if counted else '':>5}", "$quiet"),
        (f"{counted:>18}", ""),
        ("  ", ""),
    ]
    return formats.line(left, [(right, "$quiet")], width)


def _figures(phase: PhaseView, *, short: bool) -> str:
    if phase.state == "waiting":
        if phase.blocked_until is None:
            return phase.wait_reason or "waits"
        left = max(0.0, phase.blocked_until.timestamp() - datetime.now().timestamp())
        at = formats.at(phase.blocked_until)
        return f"{formats.clock(left)} · {at}" if short else f"resumes in {formats.clock(left)} · at {at}"
    asked = f"{phase.requests:,} req" if phase.requests else ""
    if phase.state == "running":
        left_s = phase.seconds_left
        left_text = f"left {formats.clock(left_s)}" if left_s is not None else ""
        return "   ".join(part for part in (asked, formats.rate(phase.rate), left_text) if part)
    took = formats.took(phase.seconds) if phase.seconds else ""
    return "   ".join(part for part in (asked, took) if part)


def remarks(job: JobView, reasons: str = "") -> list[list[formats.Part]]:
    """What stands below the phases: the last message, the last error, the failures."""
    phase = job.phase
    said: list[list[formats.Part]] = []
    at_work = phase is not None and phase.state in ("running", "waiting")
    message = job.message or (phase.message if phase and at_work else None)
    reason = phase.wait_reason if phase and at_work and phase.blocked_until else None
    if message and job.phases and message != reason:
        said.append([("  " + message, "$quiet")])
    if reason:
        said.append([("  " + reason, "$warning")])
    summed_up = reasons and phase is not None and phase.state == "running"  # the last one says no more
    if error := job.error or (phase.last_error if phase and not summed_up else None):
        said.append([("  " + error, "$error" if job.state == "failed" else "$warning")])
    if job.failures:
        why = f": {reasons}" if reasons else ""
        said.append([(f"  {formats.plural(job.failures, 'item')} could not be done{why}", "$warning")])
    return said
