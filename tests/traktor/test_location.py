"""Keys and paths: `/:` and `//`, volumes, and what must not escape."""

from __future__ import annotations

import itertools
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djtui.traktor.location import (
    Keys,
    Locator,
    VolumeMap,
    comparable,
    head,
    portable,
    prefix_text,
    same_place,
    spellings,
    split,
)

KEYS = {
    "C:/:Music/:a.mp3": "C:/Music/a.mp3",
    "C:/:a.mp3": "C:/a.mp3",
    "Macintosh HD/:Users/:ada/:a.mp3": "/Volumes/Macintosh HD/Users/ada/a.mp3",
    "USB/:a.mp3": "/Volumes/USB/a.mp3",
    "/:2012y05m09d.set": "/2012y05m09d.set",
    "osx/:AC//DC/:Shudder//King ////.m4a": "/Volumes/osx/AC:DC/Shudder:King ::.m4a",
    "osx/:ends in slash///:a.mp3": "/Volumes/osx/ends in slash:/a.mp3",
    "\\\\nas\\music/:a.mp3": "//nas/music/a.mp3",
    "osx/:e\u0301/:n\u0303.mp3": "/Volumes/osx/é/ñ.mp3",
    "no separator": "no separator",
}


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_shown_as_its_home_machine_names_it(key: str) -> None:
    assert portable(key) == KEYS[key]


def test_a_key_is_taken_apart_at_its_separators_only() -> None:
    assert split("osx/:AC//DC/:x///:a//b.mp3") == ("osx", ("AC/DC", "x/"), "a/b.mp3")
    assert split("osx") == ("osx", (), "")


def test_the_users_table_comes_first_and_the_deepest_folder_wins() -> None:
    volumes = VolumeMap.of(
        {"C:": "/mnt/c", "C:/Users/Ada/Music": "/music", "USB": "/media/usb/", "D:\\Crates": "/crates"},
        "linux",
    )
    assert volumes.local("C:/:x/:a.mp3") == "/mnt/c/x/a.mp3"
    assert volumes.local("c:/:users/:ADA/:music/:x/:a.mp3") == "/music/x/a.mp3"
    assert volumes.local("C:/:Users/:Ada/:Musical/:a.mp3") == "/mnt/c/Users/Ada/Musical/a.mp3"
    assert volumes.local("USB/:a.mp3") == "/media/usb/a.mp3"
    assert volumes.local("D:/:Crates/:a.mp3") == "/crates/a.mp3"
    assert volumes.local("D:/:a.mp3") is None
    assert volumes.local("Other/:a.mp3") is None


@pytest.mark.parametrize("spelling", ["C:/:Music", "C:/:Music/:", "C:/Music", "C:\\Music\\", "c:/music/"])
def test_a_folder_in_the_table_may_be_spelled_as_anyone_would(spelling: str) -> None:
    assert VolumeMap.of({spelling: "/m"}, "linux").local("C:/:Music/:a.mp3") == "/m/a.mp3"


def test_a_mac_volume_may_be_given_by_its_mount_point() -> None:
    volumes = VolumeMap.of({"/Volumes/USB/Crates": "/crates"}, "linux")
    assert volumes.local("USB/:Crates/:a.mp3") == "/crates/a.mp3"


def test_a_volume_may_be_mapped_to_the_root_and_to_the_home_folder() -> None:
    volumes = VolumeMap.of({"osx": "/", "USB": "~/usb"}, "linux")
    assert volumes.local("osx/:Users/:a.mp3") == "/Users/a.mp3"
    assert volumes.local("USB/:a.mp3") == f"{Path.home()}/usb/a.mp3"


def test_a_slash_in_a_name_is_a_colon_on_disk() -> None:
    assert VolumeMap.of({"osx": "/o"}, "darwin").local("osx/:AC//DC/:a//b.mp3") == "/o/AC:DC/a:b.mp3"


def test_a_windows_drive_is_itself_on_windows() -> None:
    volumes = VolumeMap.of({"E:": "F:\\usb"}, "win32")
    assert volumes.local("C:/:Music/:a.mp3") == "C:\\Music\\a.mp3"
    assert volumes.local("E:/:Music/:a.mp3") == "F:\\usb\\Music\\a.mp3"
    assert volumes.local("USB/:a.mp3") is None
    assert VolumeMap.of({}, "linux").local("C:/:a.mp3") is None


@pytest.mark.parametrize(
    "key",
    [
        "C:/:../:../:etc/:passwd",
        "C:/:a/:..",
        "C:/:./:a.mp3",
        "C:/:a/:/:b.mp3",
        "C:/:a/:",
        "C:",
        "",
        "C:/:a\0b.mp3",
        "C:/:\0/:b.mp3",
    ],
)
def test_a_key_that_leads_elsewhere_has_no_path(key: str) -> None:
    assert VolumeMap.of({"C:": "/mnt/c"}, "linux").local(key) is None


@pytest.mark.parametrize("name", ["a:b.mp3", "..\\..\\x.mp3", "C:x", "a//b.mp3", "a/\\b.mp3"])
def test_a_name_that_windows_would_read_as_a_path_has_none(name: str) -> None:
    assert VolumeMap.of({}, "win32").local(f"C:/:Music/:{name}") is None


NAMES = st.text("ab./:\\~ é\u0301", max_size=6)


@given(st.lists(NAMES, max_size=5), st.sampled_from(["linux", "darwin"]))
def test_nothing_in_a_key_leads_out_of_the_mapped_folder(names: list[str], platform: str) -> None:
    path = VolumeMap.of({"V": "/mnt/v"}, platform).local("/:".join(["V", *names]))
    if path is not None:
        parts = path.split("/")
        assert parts[:3] == ["", "mnt", "v"]
        assert all(part not in ("", ".", "..") for part in parts[3:])


@given(st.sampled_from(["V", "C:", "", "x"]), st.lists(NAMES, max_size=3), NAMES)
def test_a_locator_says_what_each_key_alone_would(volume: str, folders: list[str], file: str) -> None:
    volumes = VolumeMap.of({"V": "/v", "C:/a": "/ca"}, "linux")
    locator = Locator(volumes)
    for directory in ("".join(f"/:{name}" for name in folders) + "/:", "/:".join(folders)):
        key = volume + directory + file
        for _ in range(2):
            assert locator.find(volume, directory, file) == (portable(key), volumes.local(key))


def mac_key(path: Path, volume: str = "My Disk") -> str:
    return volume + "".join(f"/:{part}" for part in path.parts[1:])


def test_the_boot_volume_is_known_by_its_files_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").touch()
    keys = [mac_key(tmp_path / f"{number}.mp3") for number in range(900)]
    for platform in ("linux", "darwin"):
        learned = VolumeMap.of({}, platform).learn([mac_key(tmp_path / "a.mp3"), *keys])
        assert learned.local(mac_key(tmp_path / "b.mp3")) == str(tmp_path / "b.mp3")


def test_names_that_the_disk_has_decomposed_are_found(tmp_path: Path) -> None:
    (tmp_path / "e\u0301.mp3").touch()
    learned = VolumeMap.of({}, "linux").learn([mac_key(tmp_path / "é.mp3")])
    assert learned.local(mac_key(tmp_path / "é.mp3")) == str(tmp_path / "é.mp3")


def test_a_volume_that_is_not_here_is_not_guessed(tmp_path: Path) -> None:
    keys = [mac_key(tmp_path / "nowhere.mp3"), "C:/:a.mp3", "../:x.mp3", "/:x.set", "\\\\nas\\m/:x.mp3", ""]
    learned = VolumeMap.of({}, "linux").learn(keys)
    assert [learned.local(key) for key in keys] == [None] * len(keys)


def test_a_name_too_long_for_the_disk_is_not_there() -> None:
    assert VolumeMap.of({}, "linux").learn([f"My Disk/:tmp/:{'x' * 300}.mp3"]).places == {}


def test_another_volume_of_a_mac_is_under_volumes_even_while_it_is_away() -> None:
    learned = VolumeMap.of({}, "darwin").learn(["Gone USB/:a.mp3"])
    assert learned.local("Gone USB/:b.mp3") == "/Volumes/Gone USB/b.mp3"


def test_a_volume_whose_files_were_moved_by_hand_is_where_it_was_found(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").touch()
    key = mac_key(tmp_path / "a.mp3")
    found = VolumeMap.of({}, "linux").learn([key])
    (tmp_path / "a.mp3").rename(tmp_path / "b.mp3")
    stored = VolumeMap.stored(found.spelled())
    assert VolumeMap.of({}, "linux").learn([key]).places == {}
    again = VolumeMap.of({}, "linux").learn([key], stored)
    assert again.spelled() == found.spelled()
    assert Keys(again, [key]).key(str(tmp_path / "b.mp3")) is not None


def test_a_line_that_was_taken_out_of_the_table_is_not_remembered(tmp_path: Path) -> None:
    said = VolumeMap.stored(VolumeMap.of({"My Disk": "/else"}, "linux").spelled())
    assert VolumeMap.of({}, "linux").learn([mac_key(tmp_path / "a.mp3")], said).places == {}


def test_what_was_learned_does_not_overrule_the_table(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").touch()
    key = mac_key(tmp_path / "a.mp3")
    assert VolumeMap.of({"My Disk": "/else"}, "linux").learn([key]).local(key) == f"/else{tmp_path}/a.mp3"


def test_a_table_that_maps_one_folder_leaves_the_rest_of_its_volume_to_be_learned(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").touch()
    table = {"My Disk/Users/Ada": "/ada"}
    learned = VolumeMap.of(table, "linux").learn([mac_key(tmp_path / "a.mp3")])
    assert learned.local(mac_key(tmp_path / "a.mp3")) == str(tmp_path / "a.mp3")
    assert learned.local("My Disk/:Users/:Ada/:b.mp3") == "/ada/b.mp3"


@pytest.mark.parametrize("volume", ["..", ".", "a//b", "x\0y"])
def test_a_volume_whose_name_leads_elsewhere_is_not_looked_for(volume: str) -> None:
    assert VolumeMap.of({}, "darwin").learn([f"{volume}/:etc/:nowhere.mp3"]).places == {}


def test_a_map_can_be_sent_to_the_pool() -> None:
    volumes = VolumeMap.of({"C:": "/mnt"}, "linux")
    assert pickle.loads(pickle.dumps(volumes)) == volumes


def test_paths_are_compared_composed_and_without_case_where_disks_ignore_it() -> None:
    for platform, same in (("linux", False), ("darwin", True), ("win32", True)):
        assert (comparable("/A/É.mp3", platform) == comparable("/a/e\u0301.mp3", platform)) is same
        assert comparable("/a/é.mp3", platform) == comparable("/a/e\u0301.mp3", platform)


def test_a_path_is_looked_for_in_every_form_it_may_have() -> None:
    assert spellings("/a") == ("/a",)
    for left, right in itertools.permutations(("/é", "/e\u0301")):
        assert spellings(left) == spellings(right) == ("/é", "/e\u0301")


@given(st.sampled_from(["V", "C:", "", "x//"]), st.lists(NAMES, min_size=1, max_size=4))
def test_the_head_of_a_key_has_its_volume_and_folders(volume: str, names: list[str]) -> None:
    key = "/:".join((volume, *names))
    assert split(f"{head(key)}/:")[:2] == split(key)[:2]
    assert key.startswith(head(key))


def test_a_volume_alone_is_its_own_head() -> None:
    assert [head(text) for text in ("C:", "a//b", "", "/:a.mp3", "a//:b")] == ["C:", "a//b", "", "", "a//:b"]


@given(
    st.sampled_from(["V", "C:", "", "a/b", "x/", "\\\\nas\\music"]), st.lists(NAMES.filter(bool), max_size=3)
)
def test_a_folder_is_spelled_so_that_the_table_reads_it_back(volume: str, folders: list[str]) -> None:
    there = VolumeMap.of({prefix_text(volume, folders): "/there"}, "linux")
    assert there.mapped(volume, folders) == (len(folders), "/there")


def test_spellings_of_one_folder_in_the_table_are_told_to_be_one() -> None:
    assert same_place("C:/Music/", "c:\\MUSIC")
    assert same_place("C:/:Music", "C:/Music")
    assert same_place("/Volumes/USB", "usb")
    assert not same_place("C:/Music", "C:/Music/Techno")
    assert not same_place("C:", "D:")


SIBLINGS = ("C:/:Users/:Ada/:Music/:a.mp3", "C:/:Users/:ada/:MUSIC/:b.mp3", "Stick 1/:AC//DC/:c.mp3")
MAP = VolumeMap.of({"C:/users/ada": "/srv/ada", "Stick 1": "/media/stick"}, "linux")


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/srv/ada/Music/new.mp3", ("C:", "/:Users/:Ada/:Music/:", "new.mp3")),
        ("/srv/ada/New/Deep/n.mp3", ("C:", "/:Users/:Ada/:New/:Deep/:", "n.mp3")),
        ("/media/stick/AC:DC/d:e.mp3", ("Stick 1", "/:AC//DC/:", "d//e.mp3")),
        ("/media/stick/f.mp3", ("Stick 1", "/:", "f.mp3")),
        ("/media/stick/e\u0301.mp3", ("Stick 1", "/:", "é.mp3")),
    ],
)
def test_a_new_file_gets_the_key_that_traktor_would_give_it(path: str, key: tuple[str, ...]) -> None:
    assert Keys(MAP, SIBLINGS).key(path) == key


@pytest.mark.parametrize(
    "path",
    [
        "/srv/a.mp3",
        "/media/a.mp3",
        "/srv/ada/../a.mp3",
        "/srv/ada/",
        "a.mp3",
        "",
        "/srv/ada//a.mp3",
        "/media/stick/..",
    ],
)
def test_a_file_outside_the_mapped_folders_has_no_key(path: str) -> None:
    assert Keys(MAP, SIBLINGS).key(path) is None


def test_without_a_sibling_on_the_volume_there_is_no_key_to_copy() -> None:
    assert Keys(MAP, ()).key("/media/stick/a.mp3") is None
    assert Keys(MAP, SIBLINGS[:2]).key("/media/stick/a.mp3") is None


def test_of_two_mapped_folders_the_deepest_has_the_file() -> None:
    volumes = VolumeMap.of({"C:": "/mnt", "USB": "/mnt/usb", "C:/Music": "/music"}, "linux")
    for siblings in (("C:/:usb/:x.mp3", "USB/:y.mp3"), ("USB/:y.mp3", "C:/:usb/:x.mp3", "C:/:Music/:z.mp3")):
        keys = Keys(volumes, siblings)
        assert keys.key("/mnt/usb/a.mp3") == ("USB", "/:", "a.mp3")
        assert keys.key("/mnt/b.mp3") == ("C:", "/:", "b.mp3")
        assert keys.key("/mnt/Music/c.mp3") is None  # C:/Music is elsewhere


def test_a_volume_of_which_the_collection_has_nothing_lends_no_name_from_the_one_around_it() -> None:
    volumes = VolumeMap.of({"C:": "/mnt", "USB": "/mnt/usb", "osx": "/"}, "darwin")
    keys = Keys(volumes, ["C:/:x.mp3", "osx/:Users/:y.mp3"])
    assert keys.key("/mnt/usb/a.mp3") is None
    assert keys.key("/Volumes/Other/a.mp3") is None
    assert keys.key("/Users/z.mp3") == ("osx", "/:Users/:", "z.mp3")


def test_on_windows_a_drive_needs_no_table() -> None:
    keys = Keys(VolumeMap.of({}, "win32"), ["D:/:Musik/:a.mp3"])
    assert keys.key("d:\\MUSIK\\Neu\\b.mp3") == ("D:", "/:Musik/:Neu/:", "b.mp3")
    assert keys.key("E:\\b.mp3") is None


@given(
    st.sampled_from(["V", "C:", "a//b"]),
    st.lists(st.text("ab:. é", min_size=1, max_size=4), max_size=3),
    st.text("ab:. é", min_size=1, max_size=4),
    st.sampled_from(["linux", "darwin"]),
)
def test_the_way_back_leads_where_the_key_came_from(
    volume: str, folders: list[str], file: str, platform: str
) -> None:
    volumes = VolumeMap.of({"V": "/v", "C:/a": "/ca", "C:": "/c", "a//b/:": "/ab"}, platform)
    key = "/:".join((volume, *(name.replace(":", "//") for name in (*folders, file))))
    path = volumes.local(key)
    if path is not None:
        assert "".join(Keys(volumes, [key]).key(path) or ()) == key
        new = path.rpartition("/")[0] + "/new:1/b.mp3"
        found = Keys(volumes, [key]).key(new)
        assert found is None or volumes.local("".join(found)) == new
