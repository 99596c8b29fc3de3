"""Writing tracks keeps the search index, the cues and the revision right."""

from __future__ import annotations

from djtui.library import playlists, tracks
from djtui.library.database import Library
from tests.making import add_tracks


async def found(library: Library, text: str) -> list[int]:
    rows = await library.fetchall(
        "SELECT rowid AS id FROM track_search WHERE track_search MATCH ? ORDER BY rowid", (f'"{text}"',)
    )
    return [row["id"] for row in rows]


async def check_index(library: Library) -> None:
    async with library.writing() as tx:
        await tx.execute("INSERT INTO track_search (track_search) VALUES ('integrity-check')")
        await tx.execute("INSERT INTO track_words (track_words) VALUES ('integrity-check')")


async def test_a_new_track_is_found_by_its_folded_texts(library: Library) -> None:
    await add_tracks(
        library, [{"title": "Hyperballad", "artist": "Björk"}, {"title": "Opal", "artist": "Bicep"}]
    )
    assert await found(library, "bjork") == [1]
    assert await found(library, "ballad") == [1]


async def test_an_edited_track_is_found_by_its_new_texts_only(library: Library) -> None:
    await add_tracks(library, [{"title": "Hyperballad", "artist": "Björk"}])
    async with library.writing() as tx:
        await tracks.update(tx, {1: {"artist": "Guðmundsdóttir"}})
    assert await found(library, "bjork") == []
    assert await found(library, "mundsdottir") == [1]
    await check_index(library)


async def test_a_deleted_track_leaves_nothing_but_its_place_in_playlists(library: Library) -> None:
    await add_tracks(
        library,
        [{"title": "Opal", "location": "C:/Opal.mp3"}],
        cues={0: [(0, 1.0, 0.0, 1, "drop", -1, None, None)]},
    )
    async with library.writing() as tx:
        await tx.execute(
            "INSERT INTO playlist (id, position, kind, source, name) VALUES (1, 0, 'list', 'djtui', 'Fr')"
        )
        await playlists.set_items(tx, 1, [(1, None, "track")])
        await tracks.delete(tx, [1])
    assert await found(library, "opal") == []
    assert await library.fetchall("SELECT * FROM cue") == []
    items = await library.fetchall("SELECT track_id, location FROM playlist_item")
    assert [tuple(item) for item in items] == [(None, "C:/Opal.mp3")]
    await check_index(library)


async def test_the_id_of_a_deleted_track_is_never_used_again(library: Library) -> None:
    await add_tracks(library, [{"title": "a"}, {"title": "b"}])
    async with library.writing() as tx:
        await tracks.delete(tx, [2])
    assert list(await add_tracks(library, [{"title": "c"}])) == [3]


async def test_new_cues_replace_the_old_ones_and_are_counted_without_the_grid(library: Library) -> None:
    await add_tracks(library, [{"title": "Opal"}])
    grid = (4, 12.5, 0.0, 1, "AutoGrid", -1, 124.0, None)
    loop = (5, 9000.0, 4000.0, 2, None, -1, None, None)
    async with library.writing() as tx:
        await tracks.update(tx, {1: {"cues": [grid, loop]}})
    track = await tracks.get(library, 1)
    assert track is not None
    assert track.cue_count == 1
    assert [cue.slot for cue in await tracks.cues(library, 1)] == [1, 2]


async def test_the_index_is_whole_after_its_segments_are_merged(library: Library) -> None:
    for batch in range(30):
        await add_tracks(library, [{"title": f"Track {batch} {number}"} for number in range(20)])
    more = True
    while more:
        async with library.writing() as tx:
            more = await tracks.settle_index(tx)
    await check_index(library)
    assert len(await found(library, "track")) == 600


async def test_the_tree_comes_with_parents_before_children_and_in_order(library: Library) -> None:
    async with library.writing() as tx:
        for id, parent, position, kind, name in (
            (5, None, 0, "folder", "Gigs"),
            (2, 5, 1, "list", "Saturday"),
            (9, 5, 0, "list", "Friday"),
            (1, None, 1, "list", "Preparation"),
        ):
            await tx.execute(
                "INSERT INTO playlist (id, parent_id, position, kind, name, source)"
                " VALUES (?, ?, ?, ?, ?, 'djtui')",
                (id, parent, position, kind, name),
            )
    tree = await playlists.all_playlists(library)
    paths = playlists.paths(tree)
    assert [paths[node.id] for node in tree] == ["Gigs", "Gigs/Friday", "Gigs/Saturday", "Preparation"]
