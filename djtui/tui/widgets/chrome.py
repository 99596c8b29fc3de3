"""What every view has around it: the top line, the status line, the key line, and the notes in the corner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from djtui.tui import formats, keys
from djtui.tui.allowance import KINDS as SPOTIFY
from djtui.tui.toasts import Toast
from djtui.tui.widgets.bar import Bar, Word
from djtui.tui.widgets.home import OfApp

if TYPE_CHECKING:
    from djtui.jobs.views import JobView, PhaseView
    from djtui.tui.allowance import Allowance
    from djtui.tui.app import DjtuiApp

SHORT = 100
"""Below this many columns the lines say things shortly."""


class TopLine(OfApp, Bar):
    """Where you are, where else you can go, and what the data is."""

    def on_mount(self) -> None:
        self.djtui.jobs_changed.subscribe(self, lambda _: self.repaint_changes())
        self.djtui.auto_changed.subscribe(self, lambda _: self.repaint_changes())

    def words(self, width: int) -> tuple[Sequence[Word], Sequence[Word]]:
        app, here = self.djtui, self.djtui.current_mode
        left: list[Word] = []
        for view in app.VIEWS:
            name = view.short_title if width < SHORT else f" {view.title}"
            dot = _dot(app, view.mode)
            style = "bold $accent" if view.mode == here else "$quiet"
            left += [
                Word(f" {view.number}{name}", style, f"app.view('{view.mode}')"),
                Word(dot if width >= SHORT else dot.strip(), "$accent"),
                Word(" " if width >= SHORT else ""),
            ]
        about = app.about_here(short=width < SHORT)
        return left, [Word(f"{about} ", "$quiet")]


def _dot(app: DjtuiApp, mode: str) -> str:
    """What stands behind the name of a view: that jobs run, how much waits for Traktor."""
    if mode == "jobs" and app.jobs_at_work:
        return " ●"
    return f" +{app.waiting:,}" if mode == "traktor" and app.waiting else ""


class StatusLine(OfApp, Bar):
    """What runs, with percent, rate and time left; what waits, with a countdown; else a quiet word."""

    def on_mount(self) -> None:
        self.djtui.jobs_changed.subscribe(self, lambda _: self.repaint_changes())
        self.djtui.auto_changed.subscribe(self, lambda _: self.repaint_changes())
        self.djtui.names_changed.subscribe(self, lambda _: self.repaint_changes())
        self.set_interval(1, self._count_down)

    def _count_down(self) -> None:
        if self.is_on_screen and any(job.state == "waiting" for job in self.djtui.jobs):
            self.repaint_changes()

    def words(self, width: int) -> tuple[Sequence[Word], Sequence[Word]]:
        app = self.djtui
        right = [Word(f" {text} ", "$quiet")] if (text := app.position_here()) and width < SHORT else []
        if any(job.state == "interrupted" for job in app.jobs):  # at the right: there nothing is cut
            said = " R resumes" if width < SHORT else " R resumes it "
            right.insert(0, Word(said, "$accent", "app.resume"))
        left: list[Word] = []
        for job in app.jobs:
            style, text = _said(job, app.allowance, short=width < SHORT)
            left += [Word("   " if left and width >= SHORT else " "), Word(text, style, "app.view('jobs')")]
        short = width < SHORT
        if not left and not (short and app.unknown_names) and (quiet := app.quiet_line()):
            left.append(Word(f" {quiet}", "$quiet"))
        between = " · " if short else "    "
        for text, style in _for_traktor(app.waiting, app.unknown_names, short=short):
            left += [Word(between if left else " "), Word(text, style, "app.view('traktor')")]
        return left, right


def _for_traktor(waiting: int, names: int, *, short: bool) -> Iterator[tuple[str, str]]:
    """What waits for export, and of how many files Traktor has another name than they bear."""
    if waiting:
        yield f"↑{waiting:,}" if short else f"↑ {formats.plural(waiting, 'change')} for Traktor", "$accent"
    if names:
        said = formats.plural(names, "new name")
        yield f"Traktor does not know {said} yet", "$warning"


def _said(job: JobView, allowance: Allowance, *, short: bool) -> tuple[str, str]:
    phase = job.phase
    if job.state == "interrupted":
        return "$warning", f"! {job.title.partition(' · ')[0]} was cut off{_at(phase)}"
    if job.state == "paused":
        return "$quiet", f"⏸ {job.title} paused{_at(phase)}"
    if job.state == "queued" or phase is None:
        return "$quiet", f"· {job.title} {'' if short else job.message or 'queued'}".rstrip()
    if job.state == "waiting":
        return "$warning", _waits(job, phase, allowance, short=short)
    percent = formats.percent(phase.done, phase.total) or (formats.count(phase.done) if phase.done else "")
    left = f"left {formats.clock(phase.seconds_left)}" if phase.seconds_left else ""
    name = job.title if short else f"{job.title} · {phase.name}"
    facts = [percent, left] if short else [percent, formats.rate(phase.rate), left]
    message = "" if short or not job.message else f"({job.message})"
    return "$accent", "  ".join(
        fact for fact in (f"⟳ {name} {facts[0]}".rstrip(), *facts[1:], message) if fact
    )


def _at(phase: PhaseView | None) -> str:
    percent = formats.percent(phase.done, phase.total) if phase else ""
    return f" in {phase.name} at {percent}" if phase and percent else ""


def _waits(job: JobView, phase: PhaseView, allowance: Allowance, *, short: bool) -> str:
    """ "⏸ Spotify waits 12:31 (quota, until 14:05)"; what waits for no moment says only why."""
    if phase.blocked_until is None:
        return f"⏸ {job.title} waits: {phase.wait_reason}" if phase.wait_reason else f"⏸ {job.title} waits"
    name, reason = job.title, phase.wait_reason
    if job.kind in SPOTIFY:
        name, reason = "Spotify", allowance.reason
    left = formats.clock(max(0.0, phase.blocked_until.timestamp() - datetime.now().timestamp()))
    if short:
        return f"⏸ {name} {left}"
    why = f"{reason}, " if reason else ""
    return f"⏸ {name} waits {left} ({why}until {formats.at(phase.blocked_until)})"


class KeyLine(OfApp, Bar):
    """What can be pressed now."""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.repaint_changes())

    def words(self, width: int) -> tuple[Sequence[Word], Sequence[Word]]:
        bindings = keys.first(self.screen.active_bindings.values())
        known = [pair for pair in bindings if pair[0].id == "app.help"]
        right = [word for binding, key in known for word in _key_words(binding, key)]
        room = width - sum(len(word.text) for word in right)
        left: list[Word] = []
        for binding, key in bindings:
            words = _key_words(binding, key)
            room -= sum(len(word.text) for word in words)
            if room < 0:
                break
            if binding.id != "app.help":
                left += words
        return left, right


def _key_words(binding: Binding, key: str) -> list[Word]:
    action = f"app.press('{binding.key}')"
    return [Word(f" {key}", "$accent", action), Word(f" {binding.description} ", "$quiet", action)]


class _Note(Widget):
    """One note."""

    def __init__(self, toast: Toast) -> None:
        super().__init__(classes=f"-{toast.kind}")
        self.toast = toast

    def render(self) -> Content:
        sign = {"running": "⟳", "done": "✓", "warning": "!", "error": "✗"}[self.toast.kind]
        return formats.content([(f"{sign} ", ""), (self.toast.text, "")])

    def show(self, toast: Toast) -> None:
        """Say something else."""
        self.toast = toast
        self.set_classes(f"-{toast.kind}")
        self.refresh(layout=toast.kind != "running")  # a line across the screen stays where it is


class _Stack(OfApp, Vertical):
    """Notes one above the other, the newest lowest: those of what runs, or the others."""

    RUNNING: ClassVar[bool]

    def on_mount(self) -> None:
        self.djtui.toasts_changed.subscribe(self, lambda _: self._show())
        self._show()

    def _show(self) -> None:
        present = {note.toast.key: note for note in self.query(_Note)}
        here = [toast for toast in self.djtui.toasts.toasts if (toast.kind == "running") == self.RUNNING]
        wanted = {toast.key: toast for toast in here}
        for key, note in present.items():
            if key not in wanted:
                note.remove()
            elif note.toast != wanted[key]:
                note.show(wanted[key])
        self.mount_all(_Note(toast) for key, toast in wanted.items() if key not in present)
        self.display = bool(wanted)


class Notes(_Stack):
    """What has ended, in the lower right corner: over the view, for it goes soon."""

    RUNNING = False


class Progress(_Stack):
    """What goes on, a line each above the status line: it stays, so it takes its room and covers nothing."""

    RUNNING = True
