"""The notes that come up in the corner: one a job, updated in place."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from djtui.jobs.views import JobView

Kind = Literal["running", "done", "warning", "error"]

DONE_S: Final = 3.0
ERROR_S: Final = 5.0
LONG_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Toast:
    """A note. `until` is the moment (monotonic) at which it goes; None: it stays while its job runs."""

    key: str
    kind: Kind
    text: str
    until: float | None


class ToastBoard:
    """Which notes are up. `changed` is called after every change."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._toasts: dict[str, Toast] = {}
        self._closed: set[str] = set()
        self._changed = changed

    @property
    def toasts(self) -> list[Toast]:
        """The notes, oldest first."""
        return list(self._toasts.values())

    def put(self, key: str, kind: Kind, text: str, seconds: float | None = None) -> None:
        """Show a note in the place of the one with its key. A running one that was closed stays closed."""
        if kind == "running" and key in self._closed:
            return
        if kind != "running":
            self._closed.discard(key)
        if seconds is None and kind != "running":
            seconds = DONE_S if kind == "done" else ERROR_S
        until = None if seconds is None else time.monotonic() + seconds
        toast = Toast(key, kind, text, until)
        if until is None and self._toasts.get(key) == toast:
            return
        self._toasts[key] = toast
        self._changed()

    def close_newest(self) -> bool:
        """Close the newest note; its job goes on. Returns whether there was one."""
        if not self._toasts:
            return False
        key, toast = self._toasts.popitem()
        if toast.kind == "running":
            self._closed.add(key)
        self._changed()
        return True

    def drop(self, key: str) -> None:
        """Take a note away."""
        if self._toasts.pop(key, None):
            self._changed()

    def expire(self) -> None:
        """Take away the notes whose time is over."""
        now = time.monotonic()
        over = [key for key, toast in self._toasts.items() if toast.until is not None and toast.until <= now]
        for key in over:
            del self._toasts[key]
        if over:
            self._changed()


def of_job(job: JobView) -> tuple[Kind, str] | None:
    """What the note of a job says; None for a job that has nothing to say now."""
    if job.state in ("queued", "running", "waiting"):
        return "running", f"{job.title} · {stage(job)}"
    if job.state == "succeeded":
        return "warning" if job.failures else "done", f"{job.title} · {outcome(job)}"
    if job.state == "failed":
        return "error", f"{job.title} · {job.error or 'failed'}"
    if job.state == "cancelled":
        return "done", f"{job.title} · {outcome(job)}"
    return None


def stage(job: JobView) -> str:
    """Where a job is: "Reading: 25 %"."""
    phase = job.phase
    if job.state == "queued" or phase is None:
        return job.message or "queued"
    if job.state == "waiting":
        return f"{phase.name}: {phase.wait_reason or 'waiting'}"
    if phase.total:
        return f"{phase.name}: {min(100, phase.done * 100 // phase.total)} %"
    return f"{phase.name}: {phase.done:,}" if phase.done else phase.name


_COUNTS: Final = (
    ("entries", "entry", "entries"),
    ("entries_changed", "entry changed", "entries changed"),
    ("playlists_changed", "playlist changed", "playlists changed"),
    ("nights", "night", "nights"),
    ("plays", "play", "plays"),
    ("added", "added", "added"),
    ("updated", "updated", "updated"),
    ("removed", "removed", "removed"),
    ("unchanged", "unchanged", "unchanged"),
    ("playlists", "playlist", "playlists"),
    ("conflicts", "conflict", "conflicts"),
    ("missing_files", "missing", "missing"),
)

_OF_ANALYSIS: Final = (("analyzed", "analysed", "analysed"), ("skipped", "left out", "left out"))

_OF_SPOTIFY: Final = (
    ("tracks", "song", "songs"),
    ("playlists", "playlist", "playlists"),
    ("items", "row of playlists", "rows of playlists"),
    ("requests", "request", "requests"),
    ("cached", "saved by the cache", "saved by the cache"),
)
_OF_ROUTING: Final = (*_OF_SPOTIFY[-2:],)
_OF_SCANS: Final = (
    ("added", "new", "new"),
    ("updated", "with other tags", "with other tags"),
    ("moved", "at another place", "at another place"),
    ("unchanged", "as before", "as before"),
    ("missing", "missing", "missing"),
)
_OF_UNDOS: Final = (("undone", "put back", "put back"), ("lists", "M3U list", "M3U lists"))
_OF_MERGES: Final = (("merged", "merged", "merged"),)
_OF_TAGS: Final = (("written", "file written", "files written"),)
_OF_RENAMES: Final = (
    ("renamed", "renamed", "renamed"),
    ("skipped", "kept its name", "kept their names"),
    ("written", "file's tags written", "files' tags written"),
    ("lists", "M3U list", "M3U lists"),
)
_COUNTS_OF: Final = {
    "scan": _OF_SCANS, "tags": _OF_TAGS, "rename": _OF_RENAMES,
    "analysis": _OF_ANALYSIS, "spotify-sync": _OF_SPOTIFY, "spotify-warm": _OF_SPOTIFY,
    "file-undo": _OF_UNDOS, "relocate-undo": _OF_UNDOS, "merge": _OF_MERGES,
    "route-apply": _OF_ROUTING, "route-undo": _OF_ROUTING,
}  # fmt: skip

_STORED: Final[dict[str, tuple[tuple[str, str | None, str], ...]]] = {
    "analysis": (("analyzed", None, "added"),),
    "scan": (("added", None, "added"), ("updated", None, "updated")),
    "tags": (("written", None, "updated"),),
    "rename": (
        ("renamed", "Moving", "updated"),
        ("written", "Tagging", "updated"),
        ("lists", "Lists", "updated"),
    ),
    "merge": (("merged", "Merging", "updated"),),
    "file-undo": (("undone", "Moving", "updated"),),
    "relocate-undo": (("undone", "Taking back", "done"),),
    "traktor-import": (("added", None, "added"), ("updated", None, "updated")),
}
"""By kind: which count stands in the figures of which phase (None: of all)."""

_WITHOUT_COUNTS: Final = {
    "traktor-export": "nothing had to be written",
    "traktor-restore": "the backup is the collection again",
    "analysis": "nothing was left to hear",
    "scan": "no sound file was found",
    "tags": "nothing to write",
    "rename": "every file has its name",
}


_STAY: Final = frozenset(("rename", "tags", "merge", "file-undo", "relocate-undo"))
"""Kinds of jobs in which what cannot be done stays as it is, with a reason."""


def outcome(job: JobView) -> str:
    """What a finished job did, in counts."""
    if job.state == "failed":
        return job.error or "failed"
    if job.state == "cancelled":
        more = f" · {job.message}" if job.message else ""
        return f"cancelled: {_done(job) or 'nothing was done yet'} · t goes on with the rest{more}"
    without = _WITHOUT_COUNTS.get(job.kind, "done")
    notes = (note for note in (job.result or {}).get("notes", ())[:1] if isinstance(note, str))
    return " · ".join((_done(job) or without, *notes))


def _done(job: JobView) -> str:
    """The counts; of one that did not come to its result those of its phases."""
    result: dict[str, Any] = job.result or _so_far(job)
    said = [
        f"{number:,} {one if number == 1 else many}"
        for name, one, many in _COUNTS_OF.get(job.kind, _COUNTS)
        if isinstance(number := result.get(name), int) and (number or name == "entries")
        if name != "updated" or "entries_changed" not in result
    ]
    if job.kind.startswith("route") and job.state == "succeeded":
        said.insert(0, _written(result))
    if job.failures:
        stay = "stays as it is" if job.failures == 1 else "stay as they are"
        failed = f"{job.failures:,} {stay if job.kind in _STAY else 'failed'}"
        said.insert(len(said) if job.state == "cancelled" else 0, failed)  # first: the end may be cut
    return ", ".join(said)


def _written(result: dict[str, Any]) -> str:
    """The songs that came into playlists and went out of them, by a run of routing: "+30 -10"."""
    children = result.get("children", ())
    added, removed = (sum(child[name] for child in children) for name in ("added", "removed"))
    return f"+{added:,} -{removed:,}" if added or removed else "all as it should be"


def _so_far(job: JobView) -> dict[str, int]:
    """What a job has stored that did not come to its result."""
    found = {
        name: sum(getattr(phase, column) for phase in job.phases if of in (None, phase.name))
        for name, of, column in _STORED.get(job.kind, ())
    }
    return found | {"requests": sum(phase.requests for phase in job.phases)}
