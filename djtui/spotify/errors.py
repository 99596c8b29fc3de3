"""What goes wrong with Spotify. Each message is a sentence for the DJ."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from djtui.jobs.job import JobError, TransientError

LimitKind = Literal["window", "quota", "budget"]
RefusalKind = Literal["premium", "allowlist", "owner", "scope", "removed", "other"]


class RateLimited(Exception):
    """Not before `until` (aware). `window`: Spotify's rolling half minute; `quota`: its daily one;
    `budget`: the day's own limit, of which this kind of request has used its share."""

    def __init__(self, until: datetime, kind: LimitKind, message: str) -> None:
        super().__init__(message)
        self.until = until
        self.kind = kind


class SignInNeeded(JobError):
    """Nobody is signed in, or Spotify no longer accepts the sign-in. Data and checkpoints are kept."""


class Refused(JobError):
    """Spotify refuses this request (403), and why, as far as it can be told."""

    def __init__(self, kind: RefusalKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class NotFound(JobError):
    """Spotify has no such thing, or does not show it to this app (404)."""


class BadRequest(JobError):
    """Spotify does not understand a request (400): a mistake in djtui, or an id that is none."""


class ServiceTrouble(TransientError):
    """Spotify or the line to it fails for a while. `sent`: the request may have been carried out."""

    def __init__(self, message: str, *, sent: bool = False) -> None:
        super().__init__(message)
        self.sent = sent
