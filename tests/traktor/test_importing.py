"""The import job, worked by a real host and a real process pool."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from djtui.config import Settings, TraktorSettings
from djtui.demo.collection import write_collection
from djtui.jobs.views import JobView, failures
from djtui.library import history, playlists, tracks
from djtui.library.database import Library
from djtui.model.track import Track
from tests.working import finished

HEAD = (
    '<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n'
    '<NML VERSION="19"><HEAD COMPANY="www.native-instruments.com" PROGRAM="Traktor"></HEAD>\n'
)
GRID = '<CUE_V2 NAME="AutoGrid" DISPL_ORDER="0" TYPE="4" START="12.5" LEN="0.000000" REPEATS="-1" HOTCUE="0"></CUE_V2>\n'


def entry(
    name: str, *, attributes: str = "", info: str = "", inside: str = GRID, folder: str = "/:Music/:"
) -> str:
    return (
        f'<ENTRY MODIFIED_DATE="2026/1/2" MODIFIED_TIME="3600" {attributes} TITLE="{name}" ARTIST="Bicep">'
        f'<LOCATION DIR="{folder}" FILE="{name}.mp3" VOLUME="C:" VOLUMEID="1"></LOCATION>\n'
        f'<INFO BITRATE="320000" GENRE="House" {info} PLAYTIME="300" PLAYTIME_FLOAT="300.5"></INFO>\n'
        f'<TEMPO BPM="124.000000" BPM_QUALITY="100.000000"></TEMPO>\n{inside}</ENTRY>\n'
    )


def playlist(name: str, *keys: str, uuid: str = "") -> str:
    items = "".join(f'<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="{key}"></PRIMARYKEY>\n</ENTRY>\n' for key in keys)
    return (
        f'<NODE TYPE="PLAYLIST" NAME="{name}"><PLAYLIST ENTRIES="{len(keys)}" TYPE="LIST" UUID="{uuid or name}">'
        f"{items}</PLAYLIST>\n</NODE>\n"
    )


def collection(*entries: str, nodes: str = "", count: int | None = None) -> str:
    return (
        f'{HEAD}<COLLECTION ENTRIES="{len(entries) if count is None else count}">{"".join(entries)}</COLLECTION>\n'
        '<SETS ENTRIES="0"></SETS>\n'
        f'<PLAYLISTS><NODE TYPE="FOLDER" NAME="$ROOT"><SUBNODES COUNT="2">{nodes}'
        f"{playlist('_LOOPS')}{playlist('_RECORDINGS')}</SUBNODES>\n</NODE>\n</PLAYLISTS>\n</NML>\n"
    )


@pytest.fixture
def nml(tmp_path: Path) -> Path:
    return tmp_path / "collection.nml"


async def imported(
    library: Library, path: Path, settings: Settings | None = None, **params: Any
) -> tuple[JobView, dict[str, Any]]:
    """Import a file; the job as it ended, and its result."""
    last = await finished(library, "traktor-import", settings, path=str(path), **params)
    return last, last.result or {}


async def by_title(library: Library) -> dict[str, Track]:
    rows = await library.fetchall("SELECT id FROM track ORDER BY id")
    found = await tracks.get_many(library, [row["id"] for row in rows])
    return {track.title or "": track for track in found.values()}


async def test_a_made_up_collection_arrives_whole(library: Library, nml: Path) -> None:
    counts = write_collection(nml, 700)
    view, result = await imported(library, nml)
    assert view.state == "succeeded"
    assert [phase.name for phase in view.phases] == [
        "Reading",
        "Matching",
        "Syncing",
        "Playlists",
        "Removing",
        "Validating",
    ]
    assert (result["entries"], result["added"], result["cues"], result["playlists"]) == (
        counts.entries, counts.entries, counts.cues, counts.playlists,
    )  # fmt: skip
    items = await library.fetchone("SELECT count(*) AS many, count(track_id) AS known FROM playlist_item")
    assert items is not None
    assert items["many"] == items["known"] == counts.items
    assert result["missing_files"] == counts.entries


async def test_an_unchanged_file_is_answered_from_its_hash(library: Library, nml: Path) -> None:
    nml.write_text(collection(entry("a"), entry("b")))
    await imported(library, nml)
    changes = len(await history.changes(library))
    _, again = await imported(library, nml)
    assert (again["entries"], again["added"], again["updated"], again["unchanged"]) == (2, 0, 0, 2)
    nml.write_text(collection(entry("a"), entry("b")))  # another time stamp, the same bytes
    _, again = await imported(library, nml)
    assert (again["unchanged"], again["cues"], again["playlists"]) == (2, 2, 2)
    assert len(await history.changes(library)) == changes


async def test_only_what_changed_is_taken_and_edits_made_here_survive(library: Library, nml: Path) -> None:
    nml.write_text(collection(entry("a"), entry("b"), entry("c")))
    await imported(library, nml)
    await history.edit(library, [1], {"genre": "Breaks"}, "edit")
    nml.write_text(collection(entry("a", info='LABEL="New"'), entry("b", info='RANKING="204"'), entry("c")))
    _, result = await imported(library, nml)
    assert (result["updated"], result["unchanged"], result["conflicts"]) == (2, 1, 0)
    found = await by_title(library)
    assert (found["a"].genre, found["a"].label, found["b"].rating) == ("Breaks", "New", 4)


async def test_two_edits_of_one_field_are_a_conflict_and_ours_stays(library: Library, nml: Path) -> None:
    nml.write_text(collection(entry("a")))
    await imported(library, nml)
    await history.edit(library, [1], {"genre": "Breaks"}, "edit")
    nml.write_text(collection(entry("a").replace("House", "Techno")))
    _, result = await imported(library, nml)
    assert result["conflicts"] == 1
    assert (await by_title(library))["a"].genre == "Breaks"
    row = await library.fetchone("SELECT field, base, library, traktor FROM conflict")
    assert row is not None
    assert tuple(row) == ("genre", '"House"', '"Breaks"', '"Techno"')
    _, settled = await imported(library, nml, strategy="traktor")
    assert settled["unchanged"] == 1, "what both sides know to differ is not merged again without a change"


async def test_an_import_is_undone_new_tracks_go_and_changed_ones_get_their_old_values(
    library: Library, nml: Path
) -> None:
    nml.write_text(collection(entry("a"), nodes=playlist("Friday", "C:/:Music/:a.mp3")))
    await imported(library, nml)
    saturday = playlist("Friday", "C:/:Music/:a.mp3", "C:/:Music/:b.mp3") + playlist("Saturday")
    nml.write_text(collection(entry("a").replace("House", "Techno"), entry("b"), nodes=saturday))
    await imported(library, nml)
    newest = await history.newest(library, undone=False)
    assert newest is not None
    assert newest.items == 2
    await history.undo(library, newest)
    found = await by_title(library)
    assert list(found) == ["a"]
    assert found["a"].genre == "House"
    lists = {node.name: node.items for node in await playlists.all_playlists(library)}
    assert lists == {"Friday": 1, "_LOOPS": 0, "_RECORDINGS": 0}
    _, again = await imported(library, nml)
    assert again["added"] == 1


async def test_a_dry_run_says_per_field_what_would_change_and_writes_nothing(
    library: Library, nml: Path
) -> None:
    nml.write_text(collection(entry("a"), entry("b")))
    await imported(library, nml)
    nml.write_text(collection(entry("a").replace("House", "Techno"), entry("b"), entry("c")))
    before = await library.fetchone("SELECT value FROM meta WHERE name = 'revision'")
    _, result = await imported(library, nml, dry_run=True)
    assert (result["entries"], result["added"], result["updated"], result["unchanged"]) == (3, 1, 1, 1)
    assert result["fields"] == {"genre": 1}
    assert result["changes"][0] | {"track": ""} == {
        "track": "",
        "field": "genre",
        "from": "House",
        "to": "Techno",
    }
    after = await library.fetchone("SELECT value FROM meta WHERE name = 'revision'")
    assert before is not None
    assert after is not None
    assert before["value"] == after["value"]


async def test_a_moved_file_keeps_its_track(library: Library, nml: Path) -> None:
    sound = 'AUDIO_ID="QUJD"'
    nml.write_text(collection(entry("a", attributes=sound), entry("b")))
    await imported(library, nml)
    await history.edit(library, [1], {"rating": 5}, "edit")
    nml.write_text(collection(entry("a", attributes=sound, folder="/:Elsewhere/:"), entry("b")))
    _, result = await imported(library, nml)
    assert (result["entries"], result["added"], result["updated"]) == (2, 0, 1)
    found = (await by_title(library))["a"]
    assert (found.rating, found.location) == (5, "C:/Elsewhere/a.mp3")


async def test_a_partial_file_takes_nothing_away(library: Library, nml: Path, tmp_path: Path) -> None:
    nml.write_text(collection(entry("a"), entry("b")))
    await imported(library, nml)
    exported = tmp_path / "Friday.nml"
    exported.write_text(
        f'{HEAD}<COLLECTION ENTRIES="1">{entry("a")}</COLLECTION>\n<PLAYLISTS><NODE TYPE="FOLDER" NAME="$ROOT">'
        f'<SUBNODES COUNT="1">{playlist("Friday", "C:/:Music/:a.mp3", "C:/:Music/:b.mp3")}</SUBNODES></NODE></PLAYLISTS></NML>\n'
    )
    _, result = await imported(library, exported)
    assert (result["entries"], result["added"], result["updated"]) == (1, 0, 0)
    roles = await library.fetchall("SELECT role FROM nml_file ORDER BY id")
    assert [row["role"] for row in roles] == ["collection", "partial"]
    items = await library.fetchall("SELECT track_id FROM playlist_item ORDER BY position")
    assert [row["track_id"] for row in items] == [1, 2]


async def test_bad_entries_are_listed_and_the_good_ones_are_in(library: Library, nml: Path) -> None:
    broken = entry("broken").replace("</INFO>", "")
    homeless = re.sub(r"<LOCATION.*</LOCATION>", "", entry("homeless"))
    nml.write_text(collection(entry("a"), broken, homeless, entry("a"), entry("z"), count=99))
    view, result = await imported(library, nml)
    assert view.state == "succeeded"
    assert sorted(await by_title(library)) == ["a", "z"]
    assert len(await failures(library, view.id)) == 3
    assert (result["entries"], result["failed"]) == (2, 3)
    _, again = await imported(library, nml)
    assert (again["failed"], again["unchanged"]) == (3, 2), "a file with faults is looked at again"


async def test_an_item_that_points_nowhere_keeps_its_place_until_its_track_comes(
    library: Library, nml: Path
) -> None:
    nodes = playlist("Friday", "C:/:Music/:a.mp3", "C:/:Music/:later.mp3", "C:/:Music/:a.mp3")
    nml.write_text(collection(entry("a"), nodes=nodes))
    await imported(library, nml)
    items = await library.fetchall("SELECT track_id, location FROM playlist_item ORDER BY position")
    assert [tuple(row) for row in items] == [(1, None), (None, "C:/:Music/:later.mp3"), (1, None)]
    nml.write_text(collection(entry("a"), entry("later"), nodes=nodes))
    await imported(library, nml)
    items = await library.fetchall("SELECT track_id FROM playlist_item ORDER BY position")
    assert [row["track_id"] for row in items] == [1, 2, 1]


async def test_a_renamed_and_changed_playlist_stays_the_same_one(library: Library, nml: Path) -> None:
    nml.write_text(collection(entry("a"), nodes=playlist("Friday", uuid="0f")))
    await imported(library, nml)
    before = [node.id for node in await playlists.all_playlists(library)]
    nml.write_text(collection(entry("a"), nodes=playlist("Saturday", "C:/:Music/:a.mp3", uuid="0f")))
    await imported(library, nml)
    after = await playlists.all_playlists(library)
    assert [node.id for node in after] == before
    assert (after[0].name, after[0].items) == ("Saturday", 1)


async def test_files_that_are_there_are_told_from_those_that_are_not(
    library: Library, nml: Path, tmp_path: Path
) -> None:
    music = tmp_path / "music"
    music.mkdir()
    (music / "a.mp3").touch()
    nml.write_text(collection(entry("a"), entry("b")))
    settings = replace(Settings(), traktor=TraktorSettings(volumes={"C:/:Music": str(music)}))
    _, result = await imported(library, nml, settings)
    found = await by_title(library)
    assert (found["a"].missing, found["b"].missing, result["missing_files"]) == (0, 1, 1)
    assert found["a"].path == str(music / "a.mp3")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "empty"),
        ("not XML at all", "not XML"),
        ("<html></html>", "not NML"),
        (collection(entry("a"))[:-40], "cut off"),
        ('<?xml version="1.0"?><!DOCTYPE NML [<!ENTITY a "b">]><NML VERSION="19">&a;</NML>', "DOCTYPE"),
    ],
)
async def test_what_is_no_collection_is_refused_with_a_sentence(
    library: Library, nml: Path, content: str, sentence: str
) -> None:
    nml.write_text(content)
    view, _ = await imported(library, nml)
    assert view.state == "failed"
    assert sentence in (view.error or "")
    assert str(nml) in (view.error or "")
    assert await library.fetchall("SELECT 1 FROM track") == []


async def test_the_base_of_a_field_that_was_edited_here_is_kept_with_its_entry(
    library: Library, nml: Path
) -> None:
    nml.write_text(collection(entry("a")))
    await imported(library, nml)
    assert await bases(library) == [None]
    await history.edit(library, [1], {"genre": "Breaks", "comment": "x"}, "edit")
    await history.edit(library, [1], {"genre": "Techno", "rating": 3}, "edit")
    assert await bases(library) == [{"genre": "House", "comment": None, "rating": None}]
    nml.write_text(collection(entry("a", info='LABEL="New" COMMENT="x"')))
    await imported(library, nml)
    assert await bases(library) == [{"genre": "House", "rating": None}]


async def bases(library: Library) -> list[Any]:
    rows = await library.fetchall("SELECT base FROM nml_entry ORDER BY id")
    return [row["base"] and json.loads(row["base"]) for row in rows]
