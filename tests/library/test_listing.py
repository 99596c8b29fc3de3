"""Listing views: what stands in the table, and how it follows the library."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from djtui.library import playlists, tracks
from djtui.library.database import Library, connect_readonly
from djtui.library.listing import MANY, Lister
from djtui.library.view import Condition, View, conditions, first_page
from djtui.query import FIELDS, parse
from tests.making import add_tracks

TITLE = FIELDS["title"].sort_sql or ""
BPM = FIELDS["bpm"].sort_sql or ""
KEY = FIELDS["key"].sort_sql or ""
ORDERS = ("", TITLE, BPM, KEY)
WORDS = ("opal", "Glue", "björk", "kids", "Apricots", "remix", "東京", "rain")


def made_up(count: int, seed: int = 1) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    return [
        {
            "title": " ".join(chance.choices(WORDS, k=3)) if chance.random() < 0.9 else None,
            "artist": chance.choice(WORDS),
            "bpm": round(chance.uniform(90, 150)) if chance.random() < 0.8 else None,
            "key": chance.randrange(24) if chance.random() < 0.8 else None,
            "rating": chance.randrange(6),
        }
        for _ in range(count)
    ]


@pytest.fixture
def lister(library: Library) -> Iterator[Lister]:
    connection = connect_readonly(library.path)
    yield Lister(connection)
    connection.close()


async def sorted_ids(library: Library, view: View) -> list[int]:
    """The ids of a view as SQL alone sorts and filters them."""
    source, params = view.source
    rows = await library.fetchall(f"SELECT track.id {source} ORDER BY {view.ordering}", params)
    return [row["id"] for row in rows]


async def edit(library: Library, changes: dict[int, dict[str, Any]]) -> None:
    async with library.writing() as tx:
        await tracks.update(tx, changes)


async def make_playlist(library: Library, ids: list[int]) -> int:
    async with library.writing() as tx:
        await tx.execute(
            "INSERT INTO playlist (id, position, kind, source, name) VALUES (1, 0, 'list', 'djtui', 'Friday')"
        )
        await playlists.set_items(tx, 1, [(id, None, "track") for id in ids])
    return 1


# -- orders ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("reverse", [False, True])
async def test_a_view_stands_in_the_order_that_sql_sorts_it_in(
    library: Library, lister: Lister, order: str, reverse: bool
) -> None:
    await add_tracks(library, made_up(300))
    view = View(order=order, reverse=reverse)
    assert lister.listing(view).ids.tolist() == await sorted_ids(library, view)


@pytest.mark.parametrize("reverse", [False, True])
async def test_the_unknown_come_last_in_either_direction(
    library: Library, lister: Lister, reverse: bool
) -> None:
    await add_tracks(library, [{"bpm": None}, {"bpm": 120.0}, {"bpm": None}, {"bpm": 128.0}])
    ids = lister.listing(View(order=BPM, reverse=reverse)).ids.tolist()
    assert ids == ([4, 2, 1, 3] if reverse else [2, 4, 1, 3])


async def test_an_empty_library_has_an_empty_view(lister: Lister) -> None:
    for order in ORDERS:
        listing = lister.listing(View(where=conditions(parse("opal bpm:>100")), order=order))
        assert (listing.ids.tolist(), listing.total) == ([], 0)


async def test_the_first_page_is_the_beginning_of_the_whole(library: Library, lister: Lister) -> None:
    await add_tracks(library, made_up(200))
    connection = connect_readonly(library.path)
    for order in ORDERS:
        for where in ((), conditions(parse("opal"))):
            view = View(where=where, order=order)
            whole = lister.listing(view).ids
            first, count = first_page(connection, view, 32)
            assert first == whole[:32]
            assert count == len(whole)
    connection.close()


# -- following the library ------------------------------------------------------------------------


async def test_tracks_that_change_come_and_go_move_alone_and_land_where_sorting_puts_them(
    library: Library, lister: Lister
) -> None:
    await add_tracks(library, made_up(200))
    views = [View(order=order, reverse=reverse) for order in ORDERS for reverse in (False, True)]
    for view in views:
        lister.listing(view)
    chance = random.Random(2)
    for seed in range(6):
        ids = await sorted_ids(library, View())
        moved = chance.sample(ids, 12)
        await edit(
            library,
            {
                id: {name: fields[name] for name in ("title", "bpm", "key")}
                for id, fields in zip(moved, made_up(12, seed), strict=True)
            },
        )
        await add_tracks(library, made_up(7, seed + 50))
        async with library.writing() as tx:
            await tracks.delete(tx, chance.sample(ids, 5))
        for view in views:
            assert lister.listing(view).ids.tolist() == await sorted_ids(library, view)
            assert not lister.sorted_anew


async def test_a_library_that_grows_from_nothing_is_listed_as_it_grows(
    library: Library, lister: Lister
) -> None:
    lister.listing(View(order=TITLE))
    for seed in range(3):
        await add_tracks(library, made_up(40, seed))
        assert lister.listing(View(order=TITLE)).ids.tolist() == await sorted_ids(library, View(order=TITLE))


async def test_over_two_thousand_changes_are_sorted_anew(library: Library, lister: Lister) -> None:
    await add_tracks(library, made_up(50))
    lister.listing(View(order=TITLE))
    await add_tracks(library, made_up(MANY + 1))
    listing = lister.listing(View(order=TITLE))
    assert lister.sorted_anew
    assert listing.ids.tolist() == await sorted_ids(library, View(order=TITLE))
    lister.listing(View(order=TITLE))
    assert not lister.sorted_anew


# -- filters --------------------------------------------------------------------------------------

QUERIES = """o|op|opal|opal gl|opal -glue|-rain|bpm:100..130|opal bpm:>120|title:none|-title:opal|opal OR rain
björk bpm:none|東京|title:=opal|crate:friday|id:7""".replace("\n", "|").split("|")


@pytest.mark.parametrize("query", QUERIES)
async def test_a_filter_lets_in_what_sql_lets_in_before_and_after_changes(
    library: Library, lister: Lister, query: str
) -> None:
    await add_tracks(library, made_up(150))
    await make_playlist(library, [9, 4, 4, 120])
    view = View(where=conditions(parse(query)), order=TITLE)
    assert lister.listing(view).ids.tolist() == await sorted_ids(library, view)
    await edit(library, {id: {"title": "opal glue", "bpm": 125.0} for id in (3, 7, 90)})
    await edit(library, {id: {"title": None, "bpm": None} for id in (4, 8, 91)})
    await add_tracks(library, made_up(10, 3))
    async with library.writing() as tx:
        await tracks.delete(tx, [1, 120])
    assert lister.listing(view).ids.tolist() == await sorted_ids(library, view)


async def test_words_are_looked_at_anew_also_where_many_tracks_changed(
    library: Library, lister: Lister
) -> None:
    await add_tracks(library, made_up(400))
    view = View(where=conditions(parse("opal -glue")))
    lister.listing(view)
    await edit(library, {id: {"title": "opal" if id % 2 else "glue opal"} for id in range(1, 400)})
    assert lister.listing(view).ids.tolist() == await sorted_ids(library, view)


async def test_a_filter_that_looks_into_playlists_follows_them(library: Library, lister: Lister) -> None:
    await add_tracks(library, made_up(5))
    playlist = await make_playlist(library, [2])
    view = View(where=conditions(parse("crate:friday")))
    assert lister.listing(view).ids.tolist() == [2]
    async with library.writing() as tx:
        await playlists.set_items(tx, playlist, [(4, None, "track")])
        await tx.touch("playlists")
    assert lister.listing(view).ids.tolist() == [4]


async def test_the_unknown_are_those_that_can_neither_be_let_in_nor_kept_out(
    library: Library, lister: Lister
) -> None:
    await add_tracks(
        library,
        [
            {"title": "opal", "bpm": 124.0},
            {"title": "opal", "bpm": None},
            {"title": "glue", "bpm": None},
            {"title": None, "bpm": 124.0},
        ],
    )
    assert lister.count_unknown(View(where=conditions(parse("bpm:124")))) == 2
    assert lister.count_unknown(View(where=conditions(parse("opal bpm:124")))) == 1
    assert lister.count_unknown(View(where=conditions(parse("title:opal bpm:124")))) == 2
    assert lister.count_unknown(View(where=conditions(parse("opal")))) == 0
    assert lister.count_unknown(View()) == 0


async def test_an_empty_expression_is_no_filter_at_all() -> None:
    assert conditions(parse("")) == ()


@pytest.mark.parametrize("reverse", [False, True])
async def test_the_beginning_of_a_view_comes_ahead_of_a_large_whole(library: Library, reverse: bool) -> None:
    await add_tracks(library, made_up(600))
    connection = connect_readonly(library.path)
    lister = Lister(connection, large=500)
    lister.listing(View(order=TITLE))
    for query in ("opal", "o bpm:>80", "-rain"):
        view = View(where=conditions(parse(query)), order=TITLE, reverse=reverse)
        beginning, whole = lister.beginning(view), lister.listing(view)
        assert beginning is not None
        assert not beginning.whole and whole.whole
        assert 0 < len(beginning.ids) < len(whole.ids)
        assert beginning.ids == whole.ids[: len(beginning.ids)]
        assert lister.beginning(view) is None  # by now the whole is as quick
    assert Lister(connection).beginning(View(where=conditions(parse("kids")))) is None
    connection.close()


# -- playlists ------------------------------------------------------------------------------------


async def test_a_playlist_stands_in_its_own_order_and_may_hold_a_track_twice(
    library: Library, lister: Lister
) -> None:
    await add_tracks(library, [{"title": title} for title in ("d", "a", "c", "b")])
    playlist = await make_playlist(library, [3, 1, 3, 2])
    assert lister.listing(View(playlist)).ids.tolist() == [3, 1, 3, 2]
    assert lister.listing(View(playlist, reverse=True)).ids.tolist() == [2, 3, 1, 3]
    assert lister.listing(View(playlist, order=TITLE)).ids.tolist() == [2, 3, 3, 1]
    listing = lister.listing(View(playlist, where=(Condition("track_text.title <> ?", ("d",)),)))
    assert (listing.ids.tolist(), listing.total) == ([3, 3, 2], 4)


async def test_items_of_a_playlist_whose_track_nobody_knows_are_not_listed(
    library: Library, lister: Lister
) -> None:
    await add_tracks(library, [{"title": "a"}, {"title": "b"}])
    playlist = await make_playlist(library, [1, 2])
    async with library.writing() as tx:
        await tracks.delete(tx, [1])
    listing = lister.listing(View(playlist))
    assert (listing.ids.tolist(), listing.total) == ([2], 1)
