"""The head of the Spotify view: whose account, what the app may ask, how much today, and the last sync."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from djtui.tui import formats
from djtui.tui.formats import Part, Parts
from djtui.tui.screens.spotify_facts import Facts
from djtui.tui.widgets.home import OfApp
from djtui.tui.widgets.lines import Lines
from djtui.tui.widgets.spotify_requests import blocked, requests_line

FOUND: Final = (  # kinds of changes, in the order they are told
    ("liked", "liked", "liked"),
    ("unliked", "no longer liked", "no longer liked"),
    ("added", "added", "added"),
    ("removed", "removed", "removed"),
    ("playlist", "new playlist", "new playlists"),
    ("playlist gone", "playlist gone", "playlists gone"),
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
            _line(requests_line(allowance, width - 3 - formats.width_of(wait)), wait, width),
            _line(_last(facts), authorized(facts), width),
        ]


def _line(left: Parts, right: Parts, width: int) -> list[Part]:
    return formats.line([(" ", ""), *left], [*right, (" ", "")], width)


def _account(facts: Facts) -> list[Part]:
    if not facts.signed_in:
        who = f" · {facts.account}" if facts.account else ""
        return [("not signed in", "$warning"), (who, "$quiet"), ("   i signs in", "$quiet")]
    parts: list[Part] = [(facts.account or "signed in", "bold")]
    return [*parts, (f" · {facts.product}", "$quiet")] if facts.product else parts


def app(may: Mapping[str, int]) -> list[Part]:
    """What the app may ask for, as far as Spotify has told by now."""
    asked = [may[name] for name in _BATCHES if may.get(name) is not None]
    if not asked:
        return []
    parts: list[Part] = [("this app may ask ", "$quiet")]
    parts.append(("in batches" if all(asked) else "one by one" if not any(asked) else "in some batches", ""))
    without = [label for name, label in _FIELDS.items() if may.get(name) == 0]
    return [*parts, (f" · is not sent {_listed(without)}", "$quiet")] if without else parts


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


def _last(facts: Facts) -> list[Part]:
    if facts.last is None:
        return [("never synced", "$warning" if facts.signed_in else "$quiet"), ("   y syncs", "$quiet")]
    job, state, finished, error = facts.last
    parts: list[Part] = [("last sync ", "$quiet"), (formats.moment(finished).strip(), "")]
    if state == "failed":
        return [*parts, (" ✗ ", "$error"), (error or "failed", "$error")]
    if state == "cancelled":
        return [*parts, (" cancelled", "$quiet")]
    news = facts.changes if facts.changes_job == job else {}
    return [*parts, (" · ", "$quiet"), (found(news) or "nothing new", "" if news else "$quiet")]


def authorized(facts: Facts) -> list[Part]:
    """Since when the app may ask, and until when; within the last two weeks a warning."""
    signed = facts.state.signed_in
    if signed is None:
        return []
    if signed.ended or signed.doubtful is not None:
        return [("! Spotify refuses the sign-in: i signs in again", "$warning")]
    if facts.state.warning is not None:
        return [(f"! the sign-in ends {_day(signed.expires)}: i renews it", "$warning")]
    return [
        ("authorized ", "$quiet"),
        (_day(signed.authorized), ""),
        (" until ", "$quiet"),
        (_day(signed.expires), ""),
    ]


def _day(moment: datetime | None) -> str:
    return "?" if moment is None else f"{moment.astimezone():%-d %b %Y}"
