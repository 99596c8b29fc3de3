"""What the command line prints: progress and results, for a person, a pipe or a program (--json)."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final

from djtui.model.text import harmless, is_text

_WIDEST: Final = 120


class Output:
    """Progress bars on a terminal, plain lines on a pipe, one JSON object a line with --json."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._bar = not as_json and sys.stderr.isatty()
        self._drawn = False
        self._last = ""

    def event(self, event: str, **fields: Any) -> None:
        """One line of JSON; nothing without --json."""
        if self.as_json:
            text = json.dumps({"event": event, **fields}, ensure_ascii=False)
            if not is_text(text):  # a name that is no UTF-8
                text = json.dumps({"event": event, **fields})
            print(text, flush=True)

    def result(self, lines: Iterable[str] = (), **fields: Any) -> None:
        """The end of a command: `fields` for a program, `lines` for a person.

        It is ok that some items could not be done: the field `failed` counts them, and the exit code is 3.
        """
        self.end_progress()
        if self.as_json:
            self.event("result", ok=True, **fields)
            return
        for line in lines:
            print(harmless(line))

    def line(self, text: str) -> None:
        """A line of what the command was asked for, before its end; nothing with --json."""
        self.end_progress()
        if not self.as_json:
            print(harmless(text), flush=True)

    def error(self, message: str, **fields: Any) -> None:
        """One clear line on stderr, or the error event."""
        self.end_progress()
        if self.as_json:
            self.event("error", message=message, **fields)
        else:
            print(f"djtui: {_lines(message)}", file=sys.stderr)

    def note(self, message: str) -> None:
        """A line beside the result: a warning, a hint. Never mixed into a program's input."""
        self.end_progress()
        if not self.as_json:
            print(_lines(message), file=sys.stderr)

    def progress(self, job: str, phase: str, done: int, total: int | None, detail: str = "") -> None:
        """How far a phase is; a bar that is drawn over, or a line at each new phase."""
        if self.as_json:
            self.event("progress", job=job, phase=phase, done=done, total=total, message=detail or None)
            return
        share = f"{done:,} / {total:,}" if total else f"{done:,}"
        if not self._bar:
            if phase != self._last:
                print(f"{job} · {phase} …", file=sys.stderr)
            self._last = phase
            return
        filled = round(24 * min(done / total, 1)) if total else 0
        bar = "█" * filled + "░" * (24 - filled)
        line = _fitting(harmless(job), f" · {phase:<11} {bar} {share}", f"  {harmless(detail)}")
        print(f"\r\x1b[K{line}", end="", file=sys.stderr)
        sys.stderr.flush()
        self._drawn = True

    def waiting(self, job: str, reason: str, left: str) -> None:
        """What a job waits for, and how long still; drawn over, or a line for each reason."""
        if self._bar:
            line = _fitting(harmless(reason), f" · {left}" if left else "", "")
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
            self._drawn = True
        elif reason != self._last:
            print(f"{harmless(job)} · {harmless(reason)} …", file=sys.stderr)
            self._last = reason

    def end_progress(self) -> None:
        """Leave the bar's line."""
        if self._drawn:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._drawn = False


def _lines(message: str) -> str:
    return "\n".join(harmless(line) for line in message.split("\n"))


def table(header: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[int] = ()) -> list[str]:
    """Lines with aligned columns; `right` names the columns that stand right-aligned."""
    from rich.cells import cell_len

    texts = [[_short(harmless("" if cell is None else str(cell))) for cell in row] for row in (header, *rows)]
    widths = [max(cell_len(row[column]) for row in texts) for column in range(len(header))]

    def fit(text: str, column: int) -> str:
        blank = " " * (widths[column] - cell_len(text))
        return blank + text if column in right else text + blank

    return ["  ".join(fit(cell, column) for column, cell in enumerate(row)).rstrip() for row in texts]


def label(field: str) -> str:
    """A field, or one cue, as a DJ calls it."""
    from djtui.traktor import conflicts

    return "colour" if field == "color" else conflicts.label(field)


def _fitting(first: str, middle: str, last: str) -> str:
    """One line of the terminal: what is too long goes from `last`, then from `first`."""
    from rich.cells import cell_len, set_cell_size

    room = shutil.get_terminal_size().columns - 1 - cell_len(middle)
    wide = min(cell_len(first), max(room, 0))
    head = first if wide == cell_len(first) else f"{set_cell_size(first, max(wide - 1, 0)).rstrip()}…"
    end = set_cell_size(last, min(cell_len(last), max(room - cell_len(head), 0)))
    return f"{head}{middle}{end}"


def _short(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def minutes(seconds: float | None) -> str:
    """`272.4` -> "4:32"; "" for unknown."""
    if seconds is None:
        return ""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
