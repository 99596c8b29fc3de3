"""Every value of a track can say where it came from."""

from __future__ import annotations

from djtui.library import analyses, history, sources, tracks
from djtui.library.analyses import Heard
from djtui.library.database import Library, connect_readonly
from tests.making import add_tracks

HEARD = Heard(
    1, 1, "/x.mp3", 1, 1, "then", bpm=128.0, bpm_confidence=0.91, key=21, key_confidence=0.5, lufs=-9.0,
    taken=("analyzed", "bpm", "key"),
)  # fmt: skip


async def a_library(library: Library) -> None:
    """The first track has an entry in a collection and an analysis, the second one neither."""
    await add_tracks(
        library,
        [
            {"title": "Opal", "bpm": 128.0, "key": 21, "genre": "House", "lufs": -9.0, "analyzed": 1,
             "path": "/x.mp3"},
            {"title": "Kids", "bpm": 120.0},
        ],
        cues={0: [(4, 50.0, 0.0, None, "AutoGrid", -1, 128.0, None)]},
    )  # fmt: skip
    async with library.writing() as tx:
        await tx.execute("INSERT INTO nml_file (id, path, role) VALUES (1, 'c.nml', 'collection')")
        await tx.execute(
            "INSERT INTO nml_entry (file_id, track_id, hash, key_hash, key, cues)"
            " VALUES (1, 1, x'', 1, 'C:/:opal', 0)"
        )
        await analyses.put(tx, [HEARD], {})


async def of(library: Library, id: int) -> dict[str, str]:
    return {name: str(source) for name, source in (await sources.of_tracks(library, [id]))[id].items()}


async def test_a_value_is_traktors_the_analysis_or_the_tags(library: Library) -> None:
    await a_library(library)
    assert await of(library, 1) == {
        "title": "traktor", "genre": "traktor", "bpm": "analysis 0.91", "key": "analysis 0.50",
        "lufs": "analysis", "analyzed": "analysis", "kind": "traktor", "cues": "traktor", "grid": "traktor",
    }  # fmt: skip
    assert await of(library, 2) == {"title": "file tag", "bpm": "file tag", "kind": "file tag"}
    assert await sources.of_tracks(library, [99]) == {}


async def test_what_is_edited_is_said_to_be_and_an_undo_takes_that_back(library: Library) -> None:
    await a_library(library)
    _, change = await history.edit(library, [1], {"bpm": 64.0, "genre": "Breaks"}, "edit")
    edited = await of(library, 1)
    assert {edited["bpm"], edited["genre"], edited["grid"]} == {"edited here"}
    assert change is not None
    await history.undo(library, await history.find(library, change))
    assert (await of(library, 1))["bpm"] == "analysis 0.91"


async def test_a_screen_reads_the_same(library: Library) -> None:
    await a_library(library)
    image = (await tracks.images(library, [1], cues=True))[1]
    connection = connect_readonly(library.path)
    assert sources.read(connection, image, HEARD) == (await sources.of_tracks(library, [1]))[1]
    connection.close()
