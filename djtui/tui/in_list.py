"""From tracks on the screen to places in a playlist, which may hold a track twice, or one nobody knows."""

from __future__ import annotations

from collections.abc import Collection, Sequence

Item = tuple[int | None, str | None, str]
"""As `library.playlists.Item`: the track, None where nobody knows it."""

Occurrence = tuple[int, int]
"""A track, and the how manieth of it in the list, from 0."""


def occurrence(ids: Sequence[int], row: int) -> Occurrence:
    """Which occurrence of its track stands in a row of a list shown whole and in its own order."""
    return ids[row], sum(id == ids[row] for id in ids[:row])


def places(items: Sequence[Item], wanted: Collection[Occurrence]) -> list[int]:
    """The places of these occurrences; of those that are not there, none."""
    seen: dict[int, int] = {}
    found = []
    for place, (id, _, _) in enumerate(items):
        if id is not None:
            if (id, seen.get(id, 0)) in wanted:
                found.append(place)
            seen[id] = seen.get(id, 0) + 1
    return found


def places_of(items: Sequence[Item], tracks: Collection[int]) -> list[int]:
    """All places of these tracks."""
    return [place for place, (id, _, _) in enumerate(items) if id in tracks]


def target(items: Sequence[Item], chosen: Sequence[int], steps: int) -> int:
    """Before which place the chosen ones go when they move so many shown items on (up, where negative)."""
    known = [place for place, (id, _, _) in enumerate(items) if id is not None and place not in chosen]
    if steps < 0:
        above = [place for place in known if place < chosen[0]]
        return above[steps] if len(above) >= -steps else 0
    below = [place for place in known if place > chosen[-1]]
    return below[steps - 1] + 1 if len(below) >= steps else len(items)


def moved(count: int, chosen: Collection[int], to: int) -> list[int]:
    """The places in their new order when the chosen ones stand before the place `to`."""
    rest = [place for place in range(count) if place not in chosen]
    return [
        *(place for place in rest if place < to),
        *sorted(chosen),
        *(place for place in rest if place >= to),
    ]
