"""Why a song is in a child or not, in words: "because bpm 119.9 in ..122 and key 7A near 8A"."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from djtui.query import parse
from djtui.query.explain import Reason, explain
from djtui.routing.plan import ChildPlan
from djtui.routing.rules import is_of_file
from djtui.routing.songs import BaseSongs, fields_of

Sign = Literal["+", "=", "-", "?", " "]


@dataclass(frozen=True, slots=True)
class Why:
    """What becomes of a song: + comes, = stays, - goes, ? its rule cannot tell and it stays out, blank: stays
    out. `reason` is what of the rule decided; None where something else did."""

    sign: Sign
    text: str
    reason: Reason | None = None


def why(
    songs: BaseSongs,
    plan: ChildPlan,
    uris: Sequence[str],
    *,
    unsent: Collection[str] = (),
    now: datetime | None = None,
) -> dict[str, Why]:
    """Why each of some songs, of the base or of the child's playlist, is in the child or not.

    For the songs that a screen shows: a few milliseconds for fifty. `unsent` as `rules.needs` takes it.
    Raises `sqlite3.OperationalError` when interrupted.
    """
    rule = parse(plan.child.rule)
    asked = [uri for uri in uris if uri in songs.places]
    subjects = songs.subjects(asked, fields_of(rule))
    linked = songs.linked(uris)
    signs = Signs(plan, linked)
    found = {}
    for uri in uris:
        sign, kept = signs.of(uri), plan.child.exceptions.get(uri)
        if kept is not None:
            found[uri] = Why(sign, f"you said {'always' if kept else 'never'}")
        elif uri not in songs.places:
            found[uri] = Why(sign, "no longer in the base")
        elif uri not in subjects:
            found[uri] = Why(sign, "not read from Spotify yet")
        else:
            reason = explain(rule, subjects[uri], now=now)
            found[uri] = Why(sign, _text(plan, reason, linked.get(uri), unsent), reason)
    return found


class Signs:
    """What becomes of songs by a plan. `linked` names their tracks, which only a local child asks for."""

    def __init__(self, plan: ChildPlan, linked: dict[str, int]) -> None:
        self._target, self._unknown = frozenset(plan.target), frozenset(plan.unknown)
        self._local, self._linked = plan.local, linked
        songs = plan.songs.songs if plan.songs else None
        self._present = frozenset((*songs.kept, *songs.removed)) if songs else frozenset[str]()
        tracks = plan.local.tracks if plan.local else None
        self._held = frozenset((*tracks.kept, *tracks.removed)) if tracks else frozenset[int]()

    def of(self, uri: str) -> Sign:
        there = self._linked.get(uri) in self._held if self._local else uri in self._present
        if self._local and uri not in self._linked:
            return " "  # no file that could come
        if uri in self._target:
            return "=" if there else "+"
        if there:
            return "-"
        return "?" if uri in self._unknown else " "


def _text(plan: ChildPlan, reason: Reason, track: int | None, unsent: Collection[str]) -> str:
    text = str(reason) or "every song"
    if plan.local is not None and track is None and reason.answer is not False:
        return f"{text}, but no file matched"
    if reason.answer is None:
        policy = ": let in all the same" if plan.child.unknown == "in" else ""
        return text + _cause(reason, track, unsent) + policy
    return f"because {text}" if reason.answer and reason.parts else text


def _cause(reason: Reason, track: int | None, unsent: Collection[str]) -> str:
    """Why a value is unknown, where it can be told."""
    fields = [part.field for part in reason.parts if part.field is not None]
    if fields and track is None and all(map(is_of_file, fields)):
        return ": no file matched"
    if any(field.name in unsent for field in fields):
        return ": not sent to this app"
    return ""
