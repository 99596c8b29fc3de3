"""Jobs: a pane for each living one, the pool, and the runs of the past."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from djtui.jobs import views
from djtui.jobs.views import JobView
from djtui.tui import allowance, analysing, changing, failing, formats, keys, styles, toasts
from djtui.tui.feed import JobNews
from djtui.tui.screens.dialog import Lines
from djtui.tui.screens.view import View
from djtui.tui.widgets.job_pane import JobPane
from djtui.tui.widgets.rows import Row, Rows
from djtui.tui.widgets.spotify_pane import SpotifyPane

PAST: Final = 60
LOG_LINES: Final = 1000
LANES: Final = {"import": "import", "export": "files", "analysis": "analysis"}
"""The lanes of the pool as a DJ calls them: tags and collections are written in the second."""
NOTHING: Final = "Nothing has run yet: I imports a collection, a in the Library analyses."
POOL: Final = (
    "djtui's helpers: how many of each kind are at work, and how many there may be. Waiting: tasks that have"
    " no helper yet. Ended: tasks that took too long or crashed; the files they were about are among the"
    " failures."
)


class JobsView(View):
    """Everything that takes long."""

    MODE = "jobs"
    CSS_PATH = styles.sheet(MODE)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "pause", id="job.pause", group=keys.JOBS,
                tooltip="Pause the job at its next checkpoint, or let it go on"),
        Binding("x", "cancel", "cancel", id="job.cancel", group=keys.JOBS,
                tooltip="Stop the job at its next checkpoint; what is done stays, and t takes it up again"),
        Binding("f", "failures", "failures", id="job.failures", group=keys.JOBS,
                tooltip="The items that could not be done, and why"),
        Binding("t", "retry", "retry", id="job.retry", group=keys.JOBS,
                tooltip="Try again what went wrong"),
        Binding("l", "log", "log", id="job.log", group=keys.JOBS,
                tooltip="What the host of the jobs wrote down"),
        Binding("j,down", "step(1)", "Next", show=False, id="job.next", group=keys.MOVE),
        Binding("k,up", "step(-1)", "Previous", show=False, id="job.previous", group=keys.MOVE),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._past: dict[int, JobView] = {}
        self._reasons: dict[int, tuple[int, str]] = {}  # of a job: with how many failures, and why in a line

    def body(self) -> ComposeResult:
        yield VerticalScroll(id="panes", can_focus=False)
        pool = Static("", id="pool")
        pool.tooltip = POOL
        yield pool
        with Vertical(id="past", classes="frame") as past:
            past.border_title = "Past runs"
            yield Rows(id="runs")

    def on_mount(self) -> None:
        self.djtui.jobs_changed.subscribe(self, self._follow)
        self._follow(self.djtui.news)
        self.djtui.do(self._read_past())

    # -- what is shown ----------------------------------------------------------------------------

    def _follow(self, news: JobNews) -> None:
        panes = {pane.job.id: pane for pane in self.query(JobPane)}
        living = {job.id: job for job in news.living}
        for id, pane in panes.items():
            if id in living:
                pane.show(living[id], self._why(living[id]))
            else:
                pane.remove()
        new = [self._pane(job) for id, job in living.items() if id not in panes]
        if new:
            self.query_one("#panes").mount_all(new)
        self.query_one("#panes").display = bool(living)
        self._show_pool(news.host.pool if news.host else {}, bool(living))
        if news.ended or not self._past:
            self.djtui.do(self._read_past())
        if not living and self.focused is None:
            self.query_one(Rows).focus()
        elif new and (self.focused is None or isinstance(self.focused, Rows)):
            new[0].focus()

    def _pane(self, job: JobView) -> JobPane:
        return (SpotifyPane if job.kind in allowance.KINDS else JobPane)(job, self._why(job))

    def _why(self, job: JobView) -> str:
        """Why items of a job failed, as far as is known by now; what is not is asked for."""
        count, why = self._reasons.get(job.id, (0, ""))
        if job.kind == analysing.KIND and job.failures != count:
            self._reasons[job.id] = job.failures, why
            self.djtui.do(self._read_reasons(job))
        return why

    async def _read_reasons(self, job: JobView) -> None:
        why = failing.said(await failing.counts(await self.djtui.library(), job.id))
        self._reasons[job.id] = self._reasons[job.id][0], why
        for pane in self.query(JobPane):
            if pane.job.id == job.id:
                pane.show(pane.job, why)

    def _show_pool(self, pool: Mapping[str, Mapping[str, int]], living: bool) -> None:
        said = pool_line(pool)
        self.query_one("#pool", Static).update(Content.assemble((f" {said}", "$quiet")) if said else "")
        self.query_one("#pool").display = bool(said) and living

    async def _read_past(self) -> None:
        jobs = await views.jobs(await self.djtui.library(), limit=PAST)
        self._past = {job.id: job for job in jobs if job.is_over}
        self.query_one(Rows).say(NOTHING)
        self.query_one(Rows).show([past_run(job) for job in self._past.values()])
        self.query_one("#past").border_subtitle = f"{len(self._past)}" if self._past else ""

    # -- the job that the keys mean ---------------------------------------------------------------

    @property
    def job(self) -> JobView | None:
        """The job of the focused pane, or the past run under the cursor; else the first living one."""
        if isinstance(self.focused, JobPane):
            return self.focused.job
        row = self.query_one(Rows).row
        if isinstance(self.focused, Rows) and row is not None:
            return self._past.get(int(str(row.key)))
        panes = self.query(JobPane)
        return panes.first().job if panes else None

    def on_job_pane_chosen(self) -> None:
        self.refresh_bindings()

    def on_rows_highlighted(self) -> None:
        self.refresh_bindings()

    def on_rows_selected(self) -> None:
        self.action_failures()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action not in ("pause", "cancel", "failures", "retry"):
            return True
        job = self.job
        if job is None:
            return False
        if action == "failures":
            return bool(job.failures)
        if action == "retry":
            return bool(job.failures) or job.state in ("failed", "cancelled", "interrupted")
        return not job.is_over

    def action_step(self, step: int) -> None:
        stops = [*self.query(JobPane), self.query_one(Rows)]
        at = next((index for index, stop in enumerate(stops) if stop is self.focused), 0)
        if isinstance(self.focused, Rows) and (step > 0 or self.focused.cursor > 0):
            self.focused.action_move(step)
        elif 0 <= at + step < len(stops):
            stops[at + step].focus()

    def action_pause(self) -> None:
        if job := self.job:
            wanted = "run" if job.state in ("paused", "interrupted") or job.wanted == "pause" else "pause"
            self.djtui.do(changing.want(self.djtui, job.id, wanted))

    def action_cancel(self) -> None:
        if job := self.job:
            self.djtui.do(changing.want(self.djtui, job.id, "cancel"))

    def action_retry(self) -> None:
        if job := self.job:
            self.djtui.do(changing.retry(self.djtui, job))

    def action_failures(self) -> None:
        if job := self.job:
            self.djtui.do(self._show_failures(job))

    async def _show_failures(self, job: JobView) -> None:
        rows = await self._failures(job)
        title = f"{job.title}: {formats.plural(sum(row.live for row in rows), 'failure')}"
        self.djtui.push_screen(Failures(title, rows, empty="No item failed."), self._retry_if(job))

    async def _failures(self, job: JobView) -> list[Row]:
        library = await self.djtui.library()
        if job.kind == analysing.KIND:
            return list(failing.rows(await failing.failures(library, job.id)))
        return [
            failing.row(index, failure.item, failure.reason, failure.phase)
            for index, failure in enumerate(await views.failures(library, job.id))
        ]

    def _retry_if(self, job: JobView) -> Callable[[str | None], None]:
        def answered(answer: str | None) -> None:
            if answer == "retry":
                self.djtui.do(changing.retry(self.djtui, job))

        return answered

    def action_log(self) -> None:
        self.djtui.do(self._show_log())

    async def _show_log(self) -> None:
        from djtui.jobs.log import log_path

        path = log_path(self.djtui.library_path)
        lines = await asyncio.to_thread(last_lines, path)
        rows = [Row(index, ((line, ""),)) for index, line in enumerate(lines)]
        self.djtui.push_screen(Lines[None](f"Log · {path}", rows, empty="Nothing was written yet.", end=True))


class Failures(Lines[str]):
    """What a job could not do; `t` tries it again."""

    HINTS = "t retry these · esc leave"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("t", "retry", "Retry", show=False)]

    def action_retry(self) -> None:
        self.dismiss("retry")


def past_run(job: JobView) -> Row:
    """A line of the past runs."""
    signs = {"succeeded": ("!", "$warning") if job.failures else ("✓", "$success"), "failed": ("✗", "$error")}
    sign, style = signs.get(job.state, ("–", "$quiet"))
    seconds = sum(phase.seconds for phase in job.phases)
    left = (
        (f" {formats.moment(job.finished or job.created):<13}", "$quiet"),
        (f" {job.title}  ", ""),
        (f"{sign} ", style),
        (toasts.outcome(job), "$quiet" if job.state == "succeeded" else style),
    )
    return Row(job.id, left, ((formats.took(seconds) if seconds else "", "$quiet"),))


def pool_line(pool: Mapping[str, Mapping[str, int]]) -> str:
    """The pool in one line: "Workers: import 1/2 · files 0/2 · analysis 2/2 · 14 waiting"."""
    if not pool:
        return ""
    lanes = [
        f"{said} {pool[name].get('busy', 0)}/{pool[name].get('max', 0)}"
        for name, said in LANES.items()
        if name in pool
    ]
    queued = sum(lane.get("queued", 0) for lane in pool.values())
    killed = sum(lane.get("killed", 0) for lane in pool.values())
    ended = [f"{killed:,} ended: too slow or crashed"] if killed else []
    return "Workers: " + " · ".join([*lanes, f"{queued:,} waiting", *ended])


def last_lines(path: Path) -> list[str]:
    """The end of a log; of none, nothing."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
    except OSError:
        return []
