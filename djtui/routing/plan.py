"""What applying the rules of a base would do: to each child's playlist, and at which cost.

A child is to hold the songs of the base for which its rule is true, in the base's order and each once. What
the DJ said of single songs goes before the rule; songs that are always in a child and not in the base stand
at its end. Nothing is written here, and nothing is asked of Spotify.

    songs = BaseSongs(connection, rows_of(connection, base.spotify_id))
    plan = make(songs, base, children, known_rows(connection, children))
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Generic, Literal, TypeVar

from djtui.library.route_runs import Part
from djtui.library.routes import Base, Child
from djtui.query import parse
from djtui.routing.costs import Cost, pages, read_cost
from djtui.routing.songs import Answer, BaseSongs, fields_of, rows_of
from djtui.routing.steps import Row, Step, is_fixed, steps
from djtui.routing.steps import songs as songs_among
from djtui.spotify.rows import PLAYLIST_ROWS

MUCH: Final = 0.3
"""A playlist that would lose a greater part of its songs is not written before the DJ was asked."""

Trouble = Literal["empties", "loses", "full"]
Presence = Mapping[str, Sequence[Row]]
"""The rows of playlists by their Spotify ids."""

Id = TypeVar("Id", str, int)


@dataclass(frozen=True, slots=True)
class Question:
    """Why a playlist is not simply written. `full` is refused; the others want a yes."""

    trouble: Trouble
    text: str


@dataclass(frozen=True, slots=True)
class Difference(Generic[Id]):
    """What a list has, what it is to have, and what comes, goes and stays, each in its order."""

    target: tuple[Id, ...]
    added: tuple[Id, ...]
    removed: tuple[Id, ...]
    kept: tuple[Id, ...]

    @classmethod
    def between(cls, present: Iterable[Id], target: Iterable[Id]) -> Difference[Id]:
        has, wanted = dict.fromkeys(present), dict.fromkeys(target)
        return cls(
            tuple(wanted),
            added=tuple(id for id in wanted if id not in has),
            removed=tuple(id for id in has if id not in wanted),
            kept=tuple(id for id in wanted if id in has),
        )


@dataclass(frozen=True, slots=True)
class ListPlan:
    """One playlist on Spotify: the rows it has, the songs it is to have, and the writes between.

    `spotify_id` None: it is to be made first.
    """

    child: Child
    part: Part
    title: str
    spotify_id: str | None
    present: tuple[Row, ...]
    songs: Difference[str]
    steps: tuple[Step, ...]
    cost: Cost
    question: Question | None

    @property
    def is_right(self) -> bool:
        """Whether nothing is to be written."""
        return self.spotify_id is not None and not self.steps


@dataclass(frozen=True, slots=True)
class LocalPlan:
    """One playlist of the library, by the ids of its tracks. `playlist_id` None: it is to be made first.
    `missing`: the songs, by uri, of which the library has no file."""

    child: Child
    title: str
    playlist_id: int | None
    tracks: Difference[int]
    is_right: bool
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChildPlan:
    """A child: the songs it is to have by its rule and by exceptions (`target`), those that neither can judge
    (`unknown`), and its playlists: of a local child `local`, of another `songs` and perhaps `review`."""

    child: Child
    target: tuple[str, ...]
    unknown: tuple[str, ...]
    songs: ListPlan | None = None
    review: ListPlan | None = None
    local: LocalPlan | None = None

    @property
    def lists(self) -> tuple[ListPlan, ...]:
        """Its playlists on Spotify."""
        return tuple(each for each in (self.songs, self.review) if each is not None)

    @property
    def counts(self) -> dict[str, int]:
        """How many songs (tracks, of a local child) are added, removed, kept, and unknown to the rule."""
        of: Difference[str] | Difference[int] | None = self.songs.songs if self.songs else None
        of = self.local.tracks if self.local else of
        assert of is not None
        return {
            "add": len(of.added),
            "remove": len(of.removed),
            "keep": len(of.kept),
            "unknown": len(self.unknown),
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """A base and its active children. `nowhere` are songs of the base that no child takes, not even for
    review; `several` those that more than one takes, with the children's ids. `base_cost` is its reading."""

    base: Base
    songs: int
    left_out: Mapping[str, int]
    children: tuple[ChildPlan, ...]
    nowhere: tuple[str, ...]
    several: Mapping[str, tuple[int, ...]]
    base_cost: Cost

    @property
    def lists(self) -> tuple[ListPlan, ...]:
        """Every playlist on Spotify."""
        return tuple(each for child in self.children for each in child.lists)

    @property
    def cost(self) -> Cost:
        return sum((each.cost for each in self.lists), self.base_cost)

    @property
    def questions(self) -> tuple[tuple[ListPlan, Question], ...]:
        """What is asked or refused, and of which playlist."""
        return tuple((each, each.question) for each in self.lists if each.question is not None)


def make(
    songs: BaseSongs,
    base: Base,
    children: Iterable[Child],
    present: Presence,
    *,
    is_read: bool = False,
    now: datetime | None = None,
) -> Plan:
    """The plan for the active ones of some children.

    `present`: what their playlists hold; one that is not named holds nothing. `is_read`: base and playlists
    were read from Spotify just now, so that the cost counts no reading of them. Raises `QueryError` for a
    rule that is none, `sqlite3.OperationalError` when interrupted.
    """
    active = [child for child in children if child.active]
    songs.prepare(field for child in active for field in fields_of(parse(child.rule)))
    plans = [plan_child(songs, base, child, present, is_read=is_read, now=now) for child in active]
    reads = 0 if is_read else read_cost(songs.connection, base.spotify_id)
    return _together(base, songs, plans, Cost(reads=reads))


def with_child(plan: Plan, songs: BaseSongs, changed: ChildPlan) -> Plan:
    """The plan with one child's as it is now: what an edited rule would do."""
    plans = [changed if each.child.id == changed.child.id else each for each in plan.children]
    return _together(plan.base, songs, plans, plan.base_cost)


def plan_child(
    songs: BaseSongs,
    base: Base,
    child: Child,
    present: Presence,
    *,
    is_read: bool = False,
    now: datetime | None = None,
) -> ChildPlan:
    """The plan for one child, active or not; as `make`."""
    answer = songs.ask(parse(child.rule), now=now)
    there = present.get(child.spotify_id or "", ())
    target = _target(songs, child, answer, there)
    undecided = (songs.uris[place] for place in answer.unknown)
    unknown = tuple(uri for uri in undecided if uri not in child.exceptions)
    plan = ChildPlan(child, target, unknown)
    if child.kind == "local":
        return replace(plan, local=_local(songs, base, child, target))
    review = unknown if child.unknown == "review" else ()
    cost_of = _Reading(songs.connection, is_read)
    mine = _list(child, "songs", child.title(base), child.spotify_id, there, target, cost_of)
    if not review and child.review_id is None:
        return replace(plan, songs=mine)
    waiting = present.get(child.review_id or "", ())
    title = child.review_title(base)
    return replace(
        plan, songs=mine, review=_list(child, "review", title, child.review_id, waiting, review, cost_of)
    )


def known_rows(connection: sqlite3.Connection, children: Iterable[Child]) -> dict[str, list[Row]]:
    """What the library knows of the rows of the children's playlists on Spotify."""
    ids = (id for child in children for id in (child.spotify_id, child.review_id))
    return {id: rows_of(connection, id) for id in ids if id is not None}


# -- steps ------------------------------------------------------------------------------------------


def _target(songs: BaseSongs, child: Child, answer: Answer, present: Sequence[Row]) -> tuple[str, ...]:
    places = set(answer.matching)
    if child.unknown == "in":
        places.update(answer.unknown)
    for uri, kept in child.exceptions.items():
        if (place := songs.places.get(uri)) is not None:
            (places.add if kept else places.discard)(place)
    target = [songs.uris[place] for place in sorted(places)]
    strangers = {
        uri
        for uri, kept in child.exceptions.items()
        if kept and uri not in songs.places and not is_fixed(uri)
    }
    there = [row for row in present if row in strangers]
    return tuple(dict.fromkeys((*target, *songs_among(there), *sorted(strangers))))


@dataclass(frozen=True, slots=True)
class _Reading:
    """What reading a playlist costs; nothing where it was read already, or is not made yet."""

    connection: sqlite3.Connection
    is_read: bool

    def __call__(self, spotify_id: str | None) -> int:
        return 0 if self.is_read or spotify_id is None else read_cost(self.connection, spotify_id)


def _list(
    child: Child,
    part: Part,
    title: str,
    spotify_id: str | None,
    present: Sequence[Row],
    target: Sequence[str],
    reading: _Reading,
) -> ListPlan:
    songs = Difference.between(songs_among(present), target)
    fixed = sum(map(is_fixed, present))
    question = _question(title, songs, fixed, may_shrink=part == "review")
    full = question is not None and question.trouble == "full"
    writes = () if full else tuple(steps(present, target))
    made = int(spotify_id is None)
    checks = pages(len(target) + fixed) if writes else 0
    cost = Cost(reading(spotify_id), made + len(writes), checks)
    return ListPlan(child, part, title, spotify_id, tuple(present), songs, writes, cost, question)


def _question(title: str, songs: Difference[str], fixed: int, *, may_shrink: bool) -> Question | None:
    """`may_shrink`: that songs go is what the playlist is for."""
    rows, gone = len(songs.target) + fixed, len(songs.removed)
    has = gone + len(songs.kept)
    if rows > PLAYLIST_ROWS:
        return Question(
            "full", f"{title} would have {rows:,} rows; a playlist holds {PLAYLIST_ROWS:,} at most."
        )
    if may_shrink or gone <= has * MUCH:
        return None
    if not songs.target:
        return Question("empties", f"{title} would lose all of its {_songs(has)}.")
    return Question("loses", f"{title} would lose {gone:,} of its {_songs(has)}.")


def _songs(count: int) -> str:
    return f"{count:,} song{'' if count == 1 else 's'}"


def _local(songs: BaseSongs, base: Base, child: Child, target: Sequence[str]) -> LocalPlan:
    linked = songs.linked(target)
    present = tuple(
        row[0]
        for row in songs.connection.execute(
            "SELECT track_id FROM main.playlist_item WHERE playlist_id = ? AND track_id IS NOT NULL"
            " ORDER BY position",
            (child.playlist_id,),
        )
    )
    tracks = Difference.between(present, linked.values())
    return LocalPlan(
        child,
        child.title(base),
        child.playlist_id,
        tracks,
        is_right=child.playlist_id is not None and tracks.target == present,
        missing=tuple(uri for uri in target if uri not in linked),
    )


def _together(base: Base, songs: BaseSongs, plans: Sequence[ChildPlan], base_cost: Cost) -> Plan:
    takers: defaultdict[str, list[int]] = defaultdict(list)
    for plan in plans:
        for uri in plan.target:
            takers[uri].append(plan.child.id)
    looked_at = {uri for plan in plans if plan.review is not None for uri in plan.review.songs.target}
    return Plan(
        base,
        len(songs),
        songs.left_out,
        tuple(plans),
        nowhere=tuple(uri for uri in songs.uris if uri not in takers and uri not in looked_at),
        several={uri: tuple(takers[uri]) for uri in songs.uris if len(takers.get(uri, ())) > 1},
        base_cost=base_cost,
    )
