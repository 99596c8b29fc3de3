"""A base as a preview shows it: its songs laid ready, the plan, and why for each song. Nothing is written.

    with closing(songs_connection(path)) as connection:
        outlook = Outlook(connection, base, children)
        outlook.plan.cost.text(settings.requests_per_s)

Blocking code, for a thread; another one may call `connection.interrupt()` (see `BaseSongs`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Final

from djtui.config import SpotifySettings
from djtui.jobs.job import JobError
from djtui.library.routes import Base, Child
from djtui.query import parse
from djtui.routing.plan import ChildPlan, Plan, known_rows, make, plan_child, with_child
from djtui.routing.rules import Need, needs, not_sent
from djtui.routing.songs import BaseSongs, rows_of
from djtui.routing.why import Sign, Signs, Why, why
from djtui.spotify.capabilities import Capabilities
from djtui.spotify.state import State, state_path

ORDER: Final[Mapping[Sign, int]] = {"+": 0, "-": 1, "?": 2, "=": 3, " ": 4}
"""The order in which songs are told: what changes comes first."""

Listed = tuple[Sign, str]
"""What becomes of a song, and its uri."""


@dataclass(frozen=True, slots=True)
class Told:
    """A song, and why it is in a child or not."""

    title: str | None
    artist: str | None
    why: Why


class Outlook:
    """What applying a base would do, as far as the library knows.

    Raises `QueryError` for a stored rule that is none, `sqlite3.OperationalError` when interrupted.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        base: Base,
        children: Sequence[Child],
        *,
        songs: BaseSongs | None = None,
        everything: bool = False,
    ) -> None:
        """`songs`: those of the base, where they are laid ready already. `everything`: whatever a rule may
        ask is laid ready, for one that is being typed."""
        self.base = base
        self.children = tuple(children)
        self.songs = songs or BaseSongs(connection, rows_of(connection, base.spotify_id))
        if everything:
            self.songs.prepare()
        self._present = known_rows(connection, children)
        self.plan: Plan = make(self.songs, base, children, self._present)

    def of_child(self, child: Child, rule: str | None = None) -> ChildPlan:
        """The plan for one child, with its own rule or another. Raises `QueryError`."""
        tried = child if rule is None else replace(child, rule=rule)
        return plan_child(self.songs, self.base, tried, self._present)

    def with_child(self, changed: ChildPlan) -> Plan:
        """The whole plan, were that the plan for one child."""
        return with_child(self.plan, self.songs, changed)

    def needs(self, rule: str, unsent: Collection[str] = ()) -> list[Need]:
        """What a rule asks and some songs do not tell. Raises `QueryError`."""
        return [need for need in needs(parse(rule), self.songs, unsent) if need.unknown or not need.sent]

    def listed(self, plan: ChildPlan) -> list[Listed]:
        """Every song of the base and of the child's playlist, with what becomes of it, in `ORDER`."""
        uris = list(dict.fromkeys((*self.songs.uris, *plan.target, *_present(plan))))
        signs = Signs(plan, self.songs.linked(uris) if plan.local else {})
        found: list[Listed] = [(signs.of(uri), uri) for uri in uris]
        return sorted(found, key=lambda song: ORDER[song[0]])

    def told(self, plan: ChildPlan, uris: Sequence[str], unsent: Collection[str] = ()) -> dict[str, Told]:
        """These songs with their reasons: a few milliseconds for fifty."""
        reasons = why(self.songs, plan, uris, unsent=unsent)
        titles = self.songs.titles(uris)
        return {uri: Told(*titles.get(uri, (None, None)), reasons[uri]) for uri in uris}

    def everywhere(self, uri: str, unsent: Collection[str] = ()) -> list[tuple[Child, Why]]:
        """What each child makes of one song."""
        plans = (self.of_child(child) for child in self.children)
        return [(plan.child, why(self.songs, plan, [uri], unsent=unsent)[uri]) for plan in plans]


def unsent_fields(settings: SpotifySettings, account_id: str | None) -> frozenset[str]:
    """The fields that this app is known not to be sent for this account. Asks Spotify nothing."""
    if not (settings.client_id and account_id) or not state_path().exists():
        return frozenset()
    try:
        with closing(State.open()) as state:
            return not_sent(Capabilities(state, settings.client_id, account_id).get)
    except JobError:
        return frozenset()


def _present(plan: ChildPlan) -> Iterable[str]:
    return (*plan.songs.songs.kept, *plan.songs.songs.removed) if plan.songs else ()
