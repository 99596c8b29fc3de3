"""What auto-sync says of itself, for the screens and the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal

from djtui.model.text import harmless

Phase = Literal["off", "idle", "waiting", "importing", "exporting", "held", "elsewhere"]
"""off: not wanted; idle: both sides are in step; waiting: for quiet, or for another job; importing,
exporting: a job is at work; held: something stands in the way; elsewhere: another process does it."""

_SAID: Final[dict[Phase, str]] = {
    "off": "off",
    "idle": "in step",
    "waiting": "waiting",
    "importing": "importing",
    "exporting": "exporting",
    "held": "held",
    "elsewhere": "done elsewhere",
}


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class AutoState:
    """Where auto-sync stands.

    `reason` is a sentence, or "" where the phase says it all; `waiting` is how many tracks and playlists
    wait for export; `since` is when the phase began (UTC).
    """

    phase: Phase
    reason: str = ""
    waiting: int = 0
    since: datetime = field(default_factory=_now)

    @property
    def line(self) -> str:
        """All of it on one line without control characters: "auto-sync: held · +3 to export · …"."""
        phase = "on" if self.phase == "idle" and self.waiting else _SAID[self.phase]
        count = f"+{self.waiting:,} to export" if self.waiting else ""
        return harmless(" · ".join(text for text in (f"auto-sync: {phase}", count, self.reason) if text))
