"""A thread that previews what was asked for last: what a screen holds while a rule is being typed."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from djtui.library.database import LibraryError
from djtui.library.routes import Base, Child
from djtui.library.songs import songs_connection
from djtui.query import QueryError
from djtui.routing.outlook import Listed, Outlook, Told
from djtui.routing.plan import ChildPlan, Plan
from djtui.routing.songs import BaseSongs
from djtui.routing.why import Why

Spot = int | Literal["nowhere", "several"]
"""What the cursor is on: a child by its id, the songs that no child takes, or those that several take."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be previewed. `rule` is what is typed for the child; None: its own. With another `version`
    the library holds something else, and the songs are read anew."""

    base: Base
    children: tuple[Child, ...]
    spot: Spot | None = None
    rule: str | None = None
    version: int = 0
    unsent: frozenset[str] = frozenset()

    @property
    def child(self) -> Child | None:
        """The child that the cursor is on."""
        return next((child for child in self.children if child.id == self.spot), None)


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be done. `child` is the plan for the child at the cursor; `needs` what its rule asks and
    some songs do not tell."""

    wish: Wish
    plan: Plan
    child: ChildPlan | None
    songs: tuple[Listed, ...]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mistake:
    """A rule that is none."""

    wish: Wish
    error: QueryError


@dataclass(frozen=True, slots=True)
class Seen:
    """Songs of a preview with their reasons, by uri."""

    wish: Wish
    songs: Mapping[str, Told]


@dataclass(frozen=True, slots=True)
class Everywhere:
    """What each child makes of one song."""

    uri: str
    title: str
    children: tuple[tuple[Child, Why], ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """The library could not be asked, and why."""

    text: str


Answer = Preview | Mistake | Seen | Everywhere | Trouble


@dataclass(slots=True)
class _Asked:
    wish: Wish | None = None
    look: tuple[str, ...] = ()
    wonder: str | None = None

    def __bool__(self) -> bool:
        return self.wish is not None or bool(self.look) or self.wonder is not None


@dataclass(slots=True)
class _Ready:
    """What is at hand of the base that was asked about last."""

    songs: BaseSongs | None = None
    outlook: Outlook | None = None
    wish: Wish | None = None
    shown: Preview | None = None
    keys: list[object] = field(default_factory=lambda: [None, None])


class Previews:
    """The thread. A newer wish interrupts the older one. `deliver` is called in the thread."""

    def __init__(self, library: Path, deliver: Callable[[Answer], object]) -> None:
        self._path = library
        self._deliver = deliver
        self._wake = threading.Condition()
        self._asked = _Asked()
        self._ready = _Ready()
        self._connection: sqlite3.Connection | None = None
        self._busy = False
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="previews", daemon=True)
        self._thread.start()

    def show(self, wish: Wish) -> None:
        """Preview this from now on."""
        with self._wake:
            self._asked = _Asked(wish)
            if self._busy and self._connection is not None:
                self._connection.interrupt()
            self._wake.notify()

    def look(self, uris: Sequence[str]) -> None:
        """Tell the reasons for these songs of the preview that was delivered last."""
        with self._wake:
            self._asked.look = tuple(uris)
            self._wake.notify()

    def wonder(self, uri: str) -> None:
        """Tell what each child makes of a song."""
        with self._wake:
            self._asked.wonder = uri
            self._wake.notify()

    def close(self) -> None:
        """Stop the thread, whatever it does."""
        with self._wake:
            self._closed = True
            if self._connection is not None:
                self._connection.interrupt()
            self._wake.notify()
        self._thread.join()

    # -- in the thread ----------------------------------------------------------------------------

    def _next(self) -> _Asked | None:
        with self._wake:
            self._busy = False
            while not self._asked and not self._closed:
                self._wake.wait()
            asked, self._asked = self._asked, _Asked()
            return None if self._closed else asked

    def _is_interrupted(self) -> bool:
        """Whether something newer is wanted: an interrupted query fails in SQLite's words for many things."""
        with self._wake:
            return self._closed or self._asked.wish is not None

    def _work(self) -> None:
        try:
            with closing(songs_connection(self._path)) as connection:
                self._connection = connection
                while (asked := self._next()) is not None:
                    try:
                        self._answer(asked, connection)
                    except sqlite3.OperationalError as error:
                        if not self._is_interrupted():
                            self._deliver(Trouble(f"The library cannot be read: {error}."))
                with self._wake:
                    self._connection = None
        except (sqlite3.Error, LibraryError) as error:
            self._deliver(Trouble(f"The library cannot be read: {error}."))

    def _answer(self, asked: _Asked, connection: sqlite3.Connection) -> None:
        ready = self._ready
        if asked.wish is not None:
            wish = ready.wish = asked.wish
            try:
                outlook = self._outlook(wish, connection)
                with self._wake:
                    self._busy = True
                    if self._asked.wish is not None:
                        return
                ready.shown = _preview(outlook, wish)
            except QueryError as error:
                self._deliver(Mistake(wish, error))
            else:
                self._deliver(ready.shown)
        shown, outlook_now = ready.shown, ready.outlook
        if shown is None or outlook_now is None:
            return
        if asked.look:
            self._deliver(Seen(shown.wish, _seen(outlook_now, shown, asked.look)))
        if asked.wonder is not None:
            uri, unsent = asked.wonder, shown.wish.unsent
            title, artist = outlook_now.songs.titles([uri]).get(uri, (None, None))
            name = " · ".join(text for text in (title, artist) if text) or uri
            self._deliver(Everywhere(uri, name, tuple(outlook_now.everywhere(uri, unsent))))

    def _outlook(self, wish: Wish, connection: sqlite3.Connection) -> Outlook:
        """The base with its songs laid ready; nothing interrupts that, for who types would never see it."""
        ready = self._ready
        of_songs, of_all = (wish.base.spotify_id, wish.version), (wish.base, wish.children, wish.version)
        if ready.outlook is None or ready.keys[1] != of_all:
            ready.shown = None
            songs = ready.songs if ready.keys[0] == of_songs else None
            ready.outlook = Outlook(connection, wish.base, wish.children, songs=songs, everything=True)
            ready.songs, ready.keys = ready.outlook.songs, [of_songs, of_all]
        return ready.outlook


def _preview(outlook: Outlook, wish: Wish) -> Preview:
    child = wish.child
    if child is None:
        plan = outlook.plan
        uris = plan.nowhere if wish.spot == "nowhere" else tuple(plan.several)
        return Preview(wish, plan, None, tuple((" ", uri) for uri in uris if wish.spot is not None))
    rule = child.rule if wish.rule is None else wish.rule
    changed = outlook.of_child(child, rule)
    needs = tuple(map(str, outlook.needs(rule, wish.unsent)))
    return Preview(wish, outlook.with_child(changed), changed, tuple(outlook.listed(changed)), needs)


def _seen(outlook: Outlook, shown: Preview, uris: Sequence[str]) -> dict[str, Told]:
    if shown.child is not None:
        return outlook.told(shown.child, uris, shown.wish.unsent)
    names = {child.id: child.name for child in outlook.children}
    titles = outlook.songs.titles(uris)
    takers = {uri: shown.plan.several.get(uri, ()) for uri in uris}
    return {
        uri: Told(
            *titles.get(uri, (None, None)),
            Why(" ", f"in {', '.join(names[id] for id in takers[uri])}" if takers[uri] else ""),
        )
        for uri in uris
    }
