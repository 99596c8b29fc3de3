"""The writes that make a playlist hold what it should, with as little change and as little risk as may be.

A playlist is not wiped and filled again: what stays is never touched, so that it keeps its date and is there
at every moment, whatever breaks off in between. Songs go by DELETE and come by POST in runs; a few that only
changed places are moved. Everything is written at once by PUT only where that is a single request, which
Spotify carries out whole or not at all, and leaves nothing out that cannot be put back.

Rows that no app can add or remove, local files and empty rows, stay where they are between their neighbours.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from djtui.spotify.rows import URIS

Row = str | None
"""A row of a playlist by its uri; None: a row that Spotify sends empty."""

MOVES: Final = 20
"""From here on songs out of their order are removed and inserted again: a move is a request each."""

_LOCAL: Final = "spotify:local:"


@dataclass(frozen=True, slots=True)
class Remove:
    """Every row of these songs, by uri; at most URIS of them."""

    uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Insert:
    """These songs before the row at `position`; at most URIS of them."""

    position: int
    uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """`length` rows from `start` on, to before the row at `before` (as Spotify counts: ahead of the move)."""

    start: int
    before: int
    length: int = 1


@dataclass(frozen=True, slots=True)
class Replace:
    """All rows by these songs; at most URIS of them."""

    uris: tuple[str, ...]


Step = Remove | Insert | Move | Replace


def is_fixed(row: Row) -> bool:
    """Whether no app can add or remove the row."""
    return row is None or row.startswith(_LOCAL)


def songs(rows: Iterable[Row]) -> list[str]:
    """The rows that an app can add and remove."""
    return [row for row in rows if row is not None and not is_fixed(row)]


def steps(present: Sequence[Row], target: Sequence[str]) -> list[Step]:
    """The writes, in order, after which the songs of the playlist are `target`. None where they are already.

    `target` names no song twice and no local file. Raises `ValueError` if it does.
    """
    if len(set(target)) < len(target) or any(map(is_fixed, target)):
        raise ValueError("A target names each song once, and no local file.")
    if songs(present) == list(target):
        return []
    careful = list(_careful(present, target))
    removed = {uri for step in careful if isinstance(step, Remove) for uri in step.uris}
    nothing_stays = removed.issuperset(songs(present)) and not any(map(is_fixed, present))
    if nothing_stays and len(careful) > 1 and len(target) <= URIS:
        return [Replace(tuple(target))]
    return careful


def _careful(present: Sequence[Row], target: Sequence[str]) -> Iterator[Step]:
    wanted = {uri: place for place, uri in enumerate(target)}
    staying = songs(present)
    unwanted = {uri for uri, times in Counter(staying).items() if times > 1 or uri not in wanted}
    survivors = [uri for uri in staying if uri not in unwanted]
    in_order = _longest_in_order(survivors, wanted)
    strays = [uri for uri in survivors if uri not in in_order]
    if len(strays) > MOVES:
        unwanted.update(strays)
        strays = []

    rows = list(present)
    for removal in _removals(rows, unwanted):
        rows = after(rows, removal)
        yield removal
    for uri in sorted(strays, key=wanted.__getitem__):
        move = _home(rows, uri, wanted)
        rows = after(rows, move)
        yield move
    yield from _insertions(rows, target)


def _removals(rows: Sequence[Row], unwanted: set[str]) -> Iterator[Remove]:
    going = [uri for uri in dict.fromkeys(songs(rows)) if uri in unwanted]
    for start in range(0, len(going), URIS):
        yield Remove(tuple(going[start : start + URIS]))


def _home(rows: Sequence[Row], uri: str, wanted: dict[str, int]) -> Move:
    """The move that brings a stray behind the last song that belongs before it and is at its place."""
    start = rows.index(uri)
    before = 0
    for place, row in enumerate(rows):
        if row is not None and row != uri and wanted.get(row, len(wanted)) < wanted[uri]:
            before = place + 1
    return Move(start, before)


def _insertions(rows: Sequence[Row], target: Sequence[str]) -> Iterator[Insert]:
    """What is missing, in runs, each behind the song it follows; the last run at the end.

    `rows` has songs of the target only, in its order, and fixed rows."""
    places = {row: place for place, row in enumerate(rows) if row is not None}
    inserted = behind = 0
    for missing, run in groupby(target, lambda uri: uri not in places):
        if not missing:
            behind = places[list(run)[-1]] + 1
            continue
        coming = list(run)
        if coming[-1] == target[-1]:
            behind = len(rows)
        for start in range(0, len(coming), URIS):
            part = tuple(coming[start : start + URIS])
            yield Insert(behind + inserted, part)
            inserted += len(part)


def _longest_in_order(uris: Sequence[str], wanted: dict[str, int]) -> set[str]:
    """As many songs as can stay where they are (patience sorting)."""
    tops: list[int] = []
    piles: list[str] = []
    before: dict[str, str | None] = {}
    for uri in uris:
        pile = bisect_left(tops, wanted[uri])
        before[uri] = piles[pile - 1] if pile else None
        tops[pile : pile + 1] = [wanted[uri]]
        piles[pile : pile + 1] = [uri]
    kept = set[str]()
    uri_or_none: str | None = piles[-1] if piles else None
    while uri_or_none is not None:
        kept.add(uri_or_none)
        uri_or_none = before[uri_or_none]
    return kept


def after(rows: Sequence[Row], step: Step) -> list[Row]:
    """The rows once a step is carried out, as Spotify does it."""
    match step:
        case Remove(uris):
            gone = set(uris)
            return [row for row in rows if row not in gone]
        case Insert(position, uris):
            return [*rows[:position], *uris, *rows[position:]]
        case Move(start, before, length):
            moved = rows[start : start + length]
            if before > start:
                return [*rows[:start], *rows[start + length : before], *moved, *rows[before:]]
            return [*rows[:before], *moved, *rows[before:start], *rows[start + length :]]
        case Replace(uris):
            return list(uris)
