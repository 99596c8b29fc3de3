"""The head of the Spotify view: whose account, what the app may ask, how much today, and the last sync."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from djtui.tui import formats
from djtui.tui.formats import Part, Parts
from djtui.tui.screens.spotify_facts import SYNC, Facts
from djtui.tui.widgets.home import OfApp
from djtui.tui.widgets.lines import Lines
from djtui.tui.widgets.spotify_requests import blocked, requests_line

FOUND: Final = (  # kinds of changes, in the order they are told
    ("liked", "liked", "liked"),
    ("unliked", "unliked", "unliked"),
    ("added", "added", "added"),
    ("removed", "removed", "removed"),
    ("playlist", "new list", "new lists"),
    ("playlist gone", "list gone", "lists gone"),
    ("renamed", "renamed", "renamed"),
)
_BATCHES: Final = ("batch_tracks", "batch_artists", "batch_albums")
_FIELDS: Final = {"has_genres": "genres", "has_popularity": "popularity", "has_label": "labels"}


class Head(OfApp, Lines):
    """Three lines."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._facts: Facts | None = None

    def on_mount(self) -> None:
        self.djtui.allowance_changed.subscribe(self, lambda _: self.repaint_changes())
        self.djtui.jobs_changed.subscribe(self, lambda _: self.repaint_changes())
        self.set_interval(1, self._count_down)

    def _count_down(self) -> None:
        if self.is_on_screen and self.djtui.allowance.blocked_until() is not None:
            self.repaint_changes()

    def show(self, facts: Facts) -> None:
        """Say this from now on."""
        self._facts = facts
        self.repaint_changes()

    def lines(self, width: int) -> Sequence[Parts]:
        facts = self._facts
        if facts is None:
            return [(), (), ()]
        allowance = self.djtui.allowance
        wait = blocked(allowance)
        return [
            _line(_account(facts), app(facts.state.may), width),
            _line(requests_line(allowance, width - 3 - formats.width_of(wait)), (wait,), width),
            _line(last(facts, self._sync), authorized(facts), width),
        ]

    @property
    def _sync(self) -> str | None:
        """The state of the sync that has not ended."""
        return next((job.state for job in self.djtui.jobs if job.kind == SYNC), None)


def _line(left: Parts, rights: Sequence[Parts], width: int) -> list[Part]:
    """A line, with the first of these at its right that leaves the left whole; else with the last."""
    room = width - formats.width_of(left) - 4
    right = next((right for right in rights if formats.width_of(right) <= room), rights[-1])
    return formats.line([(" ", ""), *left], [*right, (" ", "")], width)


def _account(facts: Facts) -> list[Part]:
    if not facts.signed_in:
        who = f" · {facts.account}" if facts.account else ""
        return [("not signed in", "$warning"), (who, "$quiet"), ("   i signs in", "$quiet")]
    parts: list[Part] = [(facts.account or "signed in", "bold")]
    return [*parts, (f" · {facts.product}", "$quiet")] if facts.product else parts


def app(may: Mapping[str, int]) -> Sequence[Parts]:
    """What the app may ask for, as far as Spotify has told by now: from the long to the short."""
    asked = [may[name] for name in _BATCHES if name in may]
    if not asked:
        return ((),)
    how = "in batches" if all(asked) else "one by one" if not any(asked) else "in some batches"
    long: list[Part] = [("this app may ask ", "$quiet"), (how, "")]
    short: list[Part] = [("asks ", "$quiet"), (how, "")]
    without = [label for name, label in _FIELDS.items() if may.get(name) == 0]
    if not without:
        return long, short
    missing = f" · is not sent {_listed(without)}"
    return [*long, (missing, "$quiet")], [*short, (f" · no {_listed(without)}", "$quiet")], short


def _listed(words: Sequence[str]) -> str:
    return " or ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)


def found(changes: Mapping[str, int]) -> str:
    """What a sync found: "12 liked, 3 no longer liked"."""
    said = (
        f"{number:,} {one if number == 1 else many}"
        for kind, one, many in FOUND
        if (number := changes.get(kind, 0))
    )
    return ", ".join(said)


def last(facts: Facts, state: str | None) -> list[Part]:
    """How the last sync ended; of the first one, whose job is in that `state`, how it stands."""
    if facts.last is None and state == "interrupted":
        return [("the first sync was cut off", "$warning"), ("   y goes on with it", "$quiet")]
    if facts.last is None and state == "paused":
        return [("the first sync is paused", ""), ("   y goes on with it", "$quiet")]
    if facts.last is None and state is not None:
        return [("the first sync is under way", "")]
    if facts.last is None:
        return [("never synced", "$warning" if facts.signed_in else "$quiet"), ("   y syncs", "$quiet")]
    job, state, finished, error = facts.last
    parts: list[Part] = [("last sync ", "$quiet"), (formats.moment(finished).strip(), "")]
    if state == "failed":
        return [*parts, (" ✗ ", "$error"), (error or "failed", "$error")]
    if state == "cancelled":
        return [*parts, (" cancelled", "$quiet")]
    news = facts.changes if facts.changes_job == job else {}
    if news or facts.syncs != 1:
        return [*parts, (" · ", "$quiet"), (found(news) or "nothing new", "" if news else "$quiet")]
    return [*parts, (" · ", "$quiet"), (f"{formats.plural(facts.liked, 'liked song')}, the first", "")]


def authorized(facts: Facts) -> Sequence[Parts]:
    """Since when the app may ask, and until when, also shorter; within the last two weeks a warning."""
    signed = facts.state.signed_in
    if signed is None:
        return ((),)
    if signed.ended or signed.doubtful is not None:
        return ([("! Spotify refuses the sign-in: i signs in again", "$warning")],)
    until = _day(signed.expires)
    if facts.state.warning is not None:
        return ([(f"! the sign-in ends {until}: i renews it", "$warning")],)
    short: list[Part] = [("until ", "$quiet"), (until, "")]
    long = [("authorized ", "$quiet"), (f"{_day(signed.authorized)} ", ""), *short]
    return long, [("signed in ", "$quiet"), *short], short


def _day(moment: datetime | None) -> str:
    return "?" if moment is None else f"{moment.astimezone():%-d %b %Y}"
