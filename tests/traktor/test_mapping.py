"""The path map: what each volume is here, how much of it is there, and what is suggested for the rest."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djtui.config import Settings, TraktorSettings
from djtui.library.database import Library
from djtui.traktor.location import VolumeMap, key_hash
from djtui.traktor.mapping import Missing, Place, Volume, examine, volumes, with_place, without_place
from djtui.traktor.suggestion import Suggestion, search_roots, suggest, walk

ADA = "C:/:Users/:Ada/:Music"


def keys_in(prefix: str, names: Iterable[str]) -> list[str]:
    return [f"{prefix}/:{name.replace('/', '/:')}" for name in names]


def files_in(folder: Path | str, names: Iterable[str]) -> list[str]:
    """Empty files by these names; their paths."""
    paths = [Path(folder) / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return [str(path) for path in paths]


def shelf(number: int, *genres: str) -> list[str]:
    return [
        f"{genre}/Track {place}.mp3" for genre in genres or ("Techno", "House") for place in range(number)
    ]


def look(
    keys: Sequence[str], table: dict[str, str] | None = None, *search: Path, platform: str = "linux"
) -> list[Volume]:
    return examine(json.dumps(keys), table or {}, [str(folder) for folder in search], platform)


async def filed(library: Library, keys: Sequence[str], gone: Sequence[str] = ()) -> int:
    """A file with entries by these keys; its number."""
    async with library.writing() as tx:
        await tx.execute("INSERT INTO nml_file (id, path, role) VALUES (7, '/c.nml', 'collection')")
        await tx.insert(
            "nml_entry",
            ("file_id", "hash", "key_hash", "key", "cues", "gone"),
            [(7, b"", key_hash(key), key, 0, int(key in gone)) for key in (*keys, *gone)],
        )
    return 7


async def test_each_volume_is_counted_and_says_where_it_is_and_who_says_so(
    tmp_path: Path, library: Library
) -> None:
    names = shelf(10)
    files_in(tmp_path / "music", names[:15])
    files_in(tmp_path / "boot", ["a.mp3"])
    mac = "My Disk/:" + "/:".join((tmp_path / "boot").parts[1:])
    keys = [*keys_in(ADA, names), "C:/:else.mp3", *keys_in(mac, ["a.mp3", "b.mp3"]), "USB/:x.mp3"]
    file_id = await filed(library, keys, gone=["D:/:gone.mp3"])
    settings = Settings(traktor=TraktorSettings(volumes={"c:/users/ada/music": str(tmp_path / "music")}))
    drive, boot, stick = await volumes(library, file_id, settings, asyncio.to_thread)
    assert (drive.volume, drive.found, drive.total) == ("C:", 15, 21)
    assert drive.places == (Place(ADA, str(tmp_path / "music"), "settings", 15, 20),)
    assert (drive.path, drive.source) == (str(tmp_path / "music"), "settings")
    assert len(drive.missing) == 5
    assert (
        Missing("C:/Users/Ada/Music/House/Track 5.mp3", f"{tmp_path}/music/House/Track 5.mp3")
        in drive.missing
    )
    assert (boot.volume, boot.path, boot.source, boot.found, boot.total) == ("My Disk", "/", "found", 1, 2)
    assert stick == Volume("USB", 0, 1, missing=(Missing("/Volumes/USB/x.mp3", None),))
    assert (stick.path, stick.source, stick.suggestion) == (None, None, None)


async def test_a_file_without_entries_has_no_volumes(library: Library) -> None:
    assert await volumes(library, await filed(library, []), Settings(), asyncio.to_thread) == []


def test_the_deepest_line_of_the_table_has_a_track_and_each_line_its_count(tmp_path: Path) -> None:
    files_in(tmp_path / "c", ["x/a.mp3"])
    files_in(tmp_path / "m", ["a.mp3", "b.mp3"])
    keys = keys_in("C:", ["x/a.mp3", "Music/a.mp3", "music/b.mp3", "Music/c.mp3"])
    [volume] = look(keys, {"C:": str(tmp_path / "c"), "C:/music": str(tmp_path / "m")})
    assert volume.places == (
        Place("C:", str(tmp_path / "c"), "settings", 1, 1),
        Place("C:/:Music", str(tmp_path / "m"), "settings", 2, 3),
    )
    assert volume.path == str(tmp_path / "m")


def test_a_windows_drive_is_its_own_place_on_windows_and_a_mac_volume_on_a_mac() -> None:
    [drive] = look(["D:/:a.mp3"], platform="win32")
    assert drive.places == (Place("D:", "D:", "this machine", 0, 1),)
    [usb] = look(["USB/:a.mp3"], platform="darwin")
    assert usb.places == (Place("USB", "/Volumes/USB", "this machine", 0, 1),)
    [said] = look(["D:/:a.mp3"], {"D:": "E:\\"}, platform="win32")
    assert said.source == "settings"


@pytest.mark.parametrize(
    "name", ["AC//DC/:Shudder//King.mp3", "e\u0301/:n\u0303.mp3", "/:a.mp3", "x///:y.mp3"]
)
def test_odd_names_are_looked_for_as_an_import_does(tmp_path: Path, name: str) -> None:
    table = {"V": str(tmp_path)}
    key = f"V/:{name}"
    path = VolumeMap.of(table, "linux").local(key)
    if path is not None:
        files_in("/", [path])
    [volume] = look([key, "V/:none.mp3"], table)
    assert volume.found == (path is not None)


def test_folders_are_listed_and_files_are_not_asked_for_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{folder}/{number}.mp3" for folder in range(100) for number in range(30)]
    files_in(tmp_path, names)
    asked: list[str] = []
    isfile = os.path.isfile

    def spy(path: str) -> bool:
        asked.append(path)
        return isfile(path)

    monkeypatch.setattr(os.path, "isfile", spy)
    began = time.perf_counter()
    [volume] = look(keys_in("C:", [*names, "0/gone.mp3"]), {"C:": str(tmp_path)})
    assert (volume.found, volume.total) == (3000, 3001)
    assert asked == [f"{tmp_path}/0/gone.mp3"]
    assert time.perf_counter() - began < 2


def test_the_table_holds_one_line_for_a_folder_however_it_is_spelled() -> None:
    table = with_place({"C:/Music": "/old", "D:": "/d"}, "c:/:MUSIC", "/new")
    assert table == {"D:": "/d", "c:/:MUSIC": "/new"}
    assert without_place(table, "C:\\Music") == {"D:": "/d"}
    with pytest.raises(KeyError):
        without_place(table, "E:")


# What is suggested


def test_a_library_that_moved_is_recognised_by_its_shape() -> None:
    names = shelf(20)
    found = suggest(keys_in(ADA, names), [f"/srv/music/{name}" for name in names], platform="linux")
    assert found == (Suggestion(ADA, "/srv/music", 40, 40),)


def test_a_copy_of_the_whole_drive_maps_the_whole_drive() -> None:
    names = shelf(5)
    files = [f"/mnt/c/Users/Ada/Music/{name}" for name in names]
    assert suggest(keys_in(ADA, names), files, platform="linux") == (Suggestion("C:", "/mnt/c", 10, 10),)


def test_a_folder_by_nearly_the_same_name_is_not_taken_for_the_same() -> None:
    names = shelf(5)  # C:/Users/Ada = /srv would lead to /srv/Music
    [found] = suggest(keys_in(ADA, names), [f"/srv/music/{name}" for name in names], platform="linux")
    assert (found.prefix, found.path) == (ADA, "/srv/music")
    files = {f"/srv/music/{name}".casefold() for name in names}

    def there(paths: Sequence[str]) -> list[bool]:
        return [path.casefold() in files for path in paths]

    [found] = suggest(keys_in(ADA, names), files, there, platform="linux")
    assert (found.prefix, found.path) == ("C:/:Users/:Ada", "/srv")  # where the disk ignores case


def test_files_without_their_folders_are_found_too() -> None:
    names = [f"{number}.mp3" for number in range(5)]
    found = suggest(keys_in("C:/:Music", names), [f"/usb/{name}" for name in names], platform="linux")
    assert found == (Suggestion("C:/:Music", "/usb", 5, 5),)


def test_the_mapping_that_finds_most_wins() -> None:
    names = shelf(10)
    files = [*(f"/old/{name}" for name in names[:15]), *(f"/new/{name}" for name in names)]
    assert suggest(keys_in(ADA, names), files, platform="linux") == (Suggestion(ADA, "/new", 20, 20),)


def test_between_two_equal_copies_nothing_is_chosen() -> None:
    names = shelf(10)
    files = [f"{root}/{name}" for root in ("/media/b", "/media/a") for name in names]
    found = suggest(keys_in(ADA, names), files, platform="linux")
    assert {each.path for each in found} == {"/media/a", "/media/b"}
    assert Volume("C:", 0, 20, suggestions=found).suggestion is None


def test_two_halves_of_a_library_in_two_places_are_no_rivals() -> None:
    halves = [*keys_in("C:/:A", shelf(5, "x")), *keys_in("C:/:B", shelf(5, "y"))]
    files = [f"/1/{name}" for name in shelf(5, "x")] + [f"/2/{name}" for name in shelf(5, "y")]
    assert suggest(halves, files, platform="linux") == (Suggestion("C:/:A", "/1", 5, 5),)


def test_a_few_names_that_happen_to_agree_are_no_suggestion() -> None:
    keys = keys_in(ADA, shelf(20))
    assert suggest(keys, ["/x/Track 1.mp3", "/y/House/Track 2.mp3"], platform="linux") == ()
    assert suggest(keys, [], platform="linux") == ()
    assert suggest([], ["/x/a.mp3"], platform="linux") == ()


def test_the_only_missing_file_is_enough_for_itself() -> None:
    assert suggest(["C:/:M/:a.mp3"], ["/x/M/a.mp3"], platform="linux") == (Suggestion("C:", "/x", 1, 1),)


def test_a_track_by_number_alone_is_not_taken_from_another_album() -> None:
    numbers = [f"{number:02}.mp3" for number in range(1, 13)]
    held = {f"C:/:M/:One/:{name}": f"/m/One/{name}" for name in numbers}
    keys, files = keys_in("C:/:M/:Two", numbers), [*held.values(), *(f"/m/Three/{name}" for name in numbers)]
    assert suggest(keys, files, held=held, platform="linux") == ()
    found = suggest(keys, [*files, *(f"/n/Two/{name}" for name in numbers)], held=held, platform="linux")
    assert found == (Suggestion("C:/:M/:Two", "/n/Two", 12, 12),)


def test_a_file_that_is_another_tracks_already_is_not_found_again() -> None:
    numbers = [f"CD 1/{number:02}.mp3" for number in range(1, 13)]
    held = {key: f"/m/One/{name}" for key, name in zip(keys_in("C:/:M/:One", numbers), numbers, strict=True)}
    assert suggest(keys_in("C:/:M/:Two", numbers), held.values(), held=held, platform="linux") == ()


def test_names_are_compared_composed_and_spelled_as_the_disk_may_have_them() -> None:
    names = ["Zoe\u0301/e\u0301.mp3", "Zoe\u0301/n\u0303.mp3", "Zoe\u0301/AC:DC.mp3"]
    keys = ["V/:Zoé/:é.mp3", "V/:Zoé/:ñ.mp3", "V/:Zoé/:AC//DC.mp3"]
    assert suggest(keys, [f"/m/{name}" for name in names], platform="linux") == (Suggestion("V", "/m", 3, 3),)


def test_what_is_found_already_is_not_given_up() -> None:
    names = shelf(10)
    held = {
        "C:/:Users/:Ada/:Here/:a.mp3": "/here/a.mp3"
    }  # C:/Users would be /backup/Users, which has no Here
    files = [f"/backup/Users/Ada/Music/{name}" for name in names]
    [found] = suggest(keys_in(ADA, names), files, held=held, platform="linux")
    assert (found.prefix, found.path) == (ADA, "/backup/Users/Ada/Music")


FOLDERS = st.lists(st.sampled_from(["Music", "music", "Techno", "DJ", "a/b", "é"]), max_size=3)


@given(FOLDERS, FOLDERS, st.lists(st.tuples(FOLDERS, st.sampled_from("abcdef")), min_size=3, max_size=8))
def test_a_suggestion_finds_exactly_what_it_says(
    prefix: list[str], place: list[str], tracks: list[tuple[list[str], str]]
) -> None:
    def name(parts: Iterable[str]) -> str:
        return "/".join(part.replace("/", ":") for part in parts)

    keys = [
        "/:".join(part.replace("/", "//") for part in ("V", *prefix, *folders, file))
        for folders, file in tracks
    ]
    files = {"/" + name((*place, *folders, file)) for folders, file in tracks}
    for prefix_, path, would_find, total in suggest(keys, files, platform="linux"):
        volumes = VolumeMap.of({prefix_: path}, "linux")
        paths = [volumes.local(key) for key in set(keys)]
        assert would_find == sum(path in files for path in paths)
        assert total == len([path for path in paths if path is not None])


def test_a_suggestion_is_counted_over_all_tracks_and_none_without_gain(tmp_path: Path) -> None:
    names = shelf(900)
    files_in(tmp_path / "music", names[100:])
    files_in(tmp_path / "old", names[300:])
    [volume] = look(keys_in(ADA, names), {}, tmp_path)
    assert volume.suggestion == Suggestion(ADA, f"{tmp_path}/music", 1700, 1800)
    mapped = with_place({}, ADA, volume.suggestion.path)
    [again] = look(keys_in(ADA, names), mapped, tmp_path)
    assert (again.found, again.suggestions) == (1700, ())


def test_a_line_of_the_table_that_is_out_of_date_is_suggested_anew(tmp_path: Path) -> None:
    names = shelf(5)
    files_in(tmp_path / "new", names)
    [volume] = look(keys_in("C:/:Music", names), {"C:/Music": "/gone"}, tmp_path)
    assert volume.suggestion == Suggestion("C:/:Music", f"{tmp_path}/new", 10, 10)


def test_equal_copies_on_disk_are_both_named(tmp_path: Path) -> None:
    for copy in ("one", "two"):
        files_in(tmp_path / copy, shelf(5))
    [volume] = look(keys_in(ADA, shelf(5)), {}, tmp_path)
    assert volume.suggestion is None
    assert {each.path for each in volume.suggestions} == {f"{tmp_path}/one", f"{tmp_path}/two"}


# The walk


def test_a_walk_finds_by_name_and_leaves_hidden_folders_out(tmp_path: Path) -> None:
    wanted = files_in(tmp_path, ["x/A.MP3", "x/y/e\u0301.mp3"])
    files_in(tmp_path, ["x/b.mp3", ".trash/a.mp3", "$RECYCLE.BIN/a.mp3", "a.mp3.txt"])
    (tmp_path / "z" / "a.mp3").mkdir(parents=True)
    found = walk([str(tmp_path)], frozenset(("a.mp3", "é.mp3")))
    assert sorted(found.files) == sorted(wanted)
    assert found.complete


def test_a_walk_enters_no_folder_twice(tmp_path: Path) -> None:
    files_in(tmp_path, ["music/a.mp3"])
    (tmp_path / "music" / "loop").symlink_to(tmp_path)
    (tmp_path / "again").symlink_to(tmp_path / "music")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "whole").symlink_to("/")
    found = walk([str(tmp_path), str(tmp_path / "music"), str(tmp_path)], frozenset(("a.mp3",)))
    assert len(found.files) == 1
    assert found.complete


def test_a_link_to_a_music_folder_elsewhere_is_followed(tmp_path: Path) -> None:
    files_in(tmp_path, ["disk/music/a.mp3"])
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "Music").symlink_to(tmp_path / "disk" / "music")
    found = walk([str(tmp_path / "home")], frozenset(("a.mp3",)))
    assert found.files == (f"{tmp_path}/home/Music/a.mp3",)


def test_a_walk_ends_at_its_limits_and_says_so(tmp_path: Path) -> None:
    files_in(tmp_path, [f"{number}/deep/a.mp3" for number in range(20)])
    assert not walk([str(tmp_path)], frozenset(("a.mp3",)), folders=10).complete
    assert not walk([str(tmp_path)], frozenset(("a.mp3",)), seconds=0).complete
    assert walk([str(tmp_path)], frozenset(("a.mp3",)), folders=41).complete


def test_a_walk_of_what_is_not_there_or_not_ours_finds_nothing(tmp_path: Path) -> None:
    os.mkdir(os.fsencode(tmp_path) + b"/\xff")
    files_in(tmp_path, ["\udcff/a.mp3"])
    assert walk([str(tmp_path), str(tmp_path / "gone")], frozenset(("a.mp3",))).files == ()


def test_the_search_begins_where_music_may_be(tmp_path: Path) -> None:
    (tmp_path / "Music").mkdir()
    roots = search_roots(tmp_path)
    assert str(tmp_path / "Music") in roots
    assert all(os.path.isdir(root) for root in roots)
