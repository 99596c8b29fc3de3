"""Of tracks that are the same the best comes first, and why; equal sound is found by reading it whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from djtui.files import comparing, duplicates, payload
from djtui.files.duplicates import Copy, Group, grouped, ranked
from djtui.library.database import Library
from tests.files.shelf import Shelf
from tests.files.sounds import made

FLAC = Copy(1, "/m/a.flac", codec="FLAC", format="flac", samplerate=44_100, bitrate=900_000, missing=False)
MP3 = Copy(2, "/m/a.mp3", codec="MP3", format="mp3", bitrate=320_000, missing=False)


def best(*copies: Copy) -> tuple[int, str]:
    ordered, reason = ranked(copies)
    return ordered[0].id, reason


def groups(copies: list[Copy], exact: list[list[int]], alike: list[list[int]] | None = None) -> list[Group]:
    return grouped({copy.id: copy for copy in copies}, exact, alike or [])


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        (MP3, FLAC._replace(missing=True), "the only one whose file is there"),
        (MP3, FLAC._replace(path=None), "the only one whose file is there"),
        (FLAC, MP3._replace(cues=8, plays=99, rating=5), "FLAC 44.1 kHz against MP3 320 kbit/s"),
        (FLAC._replace(samplerate=96_000), FLAC._replace(id=3, cues=9), "FLAC 96 kHz against FLAC 44.1 kHz"),
        (MP3, MP3._replace(id=1, bitrate=128_000, cues=8), "MP3 320 kbit/s against MP3 128 kbit/s"),
        (MP3._replace(cues=8), MP3._replace(id=1, bitrate=321_000, cues=1), "8 cues against 1"),
        (MP3._replace(plays=3), MP3._replace(id=1), "played 3 times against never"),
        (MP3._replace(rating=4), MP3._replace(id=1, rating=2), "the better rating"),
        (MP3._replace(collected=True), MP3._replace(id=1), "the one that Traktor knows"),
        (MP3._replace(lists=2), MP3._replace(id=1, plays=9), "in 2 playlists against none"),
        (MP3, MP3._replace(id=1, path="/m/copy of a.mp3"), "the other is called a copy"),
        (MP3._replace(changed=1), MP3._replace(id=1, changed=10**15), "the older file"),
        (MP3._replace(added="2019-01-02"), MP3._replace(id=1, added="2020-01-01"), "the older one"),
        (MP3, MP3._replace(id=5), "the first of equals"),
    ],
)
def test_the_best_is_there_lossless_of_the_higher_rate_and_the_most_used(
    one: Copy, other: Copy, reason: str
) -> None:
    assert best(one, other) == best(other, one) == (one.id, reason)


@pytest.mark.parametrize(
    "name",
    [
        "copy of t0.mp3",
        "Copy (2) of t0.mp3",
        "Kopie von t0.mp3",
        "t0 copy.mp3",
        "t0 copy 2.mp3",
        "t0 - Copy.mp3",
        "t0 - Copy (3).mp3",
        "t0 (1).mp3",
        "t0_copy.flac",
    ],
)
def test_the_file_that_is_not_called_a_copy_stays_though_it_came_later(name: str) -> None:
    copy = MP3._replace(id=1, path=f"/m/{name}")
    assert best(copy, MP3._replace(path="/m/t0.mp3")) == (2, "the other is called a copy")
    assert best(copy._replace(cues=1), MP3)[0] == 1


@pytest.mark.parametrize("name", ["Copycat.mp3", "Photocopy.mp3", "Opal (Four Tet Remix).mp3", "1999.mp3"])
def test_a_name_that_only_sounds_like_a_copy_is_none(name: str) -> None:
    assert not MP3._replace(path=f"/m/{name}").is_named_as_copy


def test_what_is_unknown_sounds_neither_better_nor_worse() -> None:
    unknown = FLAC._replace(samplerate=None)
    assert not FLAC.sounds_better(unknown)
    assert not unknown.sounds_better(FLAC)
    assert unknown.sounds_better(MP3)
    assert MP3.sounds_better(MP3._replace(bitrate=128_000))


def test_a_wav_is_lossless_though_nobody_has_read_its_codec() -> None:
    wav = Copy(9, "/m/a.wav", format="wav", missing=None)
    assert best(wav, MP3)[0] == 9
    assert wav.quality == "WAV"


def test_sets_that_share_a_track_are_one_group_and_exact_only_if_all_of_it_is() -> None:
    copies = [MP3._replace(id=id, title=f"{id}") for id in range(1, 7)]
    found = groups(copies, exact=[[1, 2], [4, 5]], alike=[[2, 3], [5, 4]])
    assert [(group.how, [copy.id for copy in group.copies]) for group in found] == [
        ("recording", [1, 2, 3]),
        ("exact", [4, 5]),
    ]
    assert groups(copies, exact=[[1, 99]]) == []


def test_a_group_is_as_sure_as_the_weakest_that_holds_it_together() -> None:
    copies = {id: MP3._replace(id=id, title=f"{id}") for id in range(1, 8)}
    found = grouped(copies, exact=[[1, 2]], coded=[[3, 4], [5, 6]], alike=[[6, 7], [1, 2]])
    assert [(group.basis, [copy.id for copy in group.copies]) for group in found] == [
        ("sound", [1, 2]),
        ("isrc", [3, 4]),
        ("name", [5, 6, 7]),
    ]


def test_what_the_others_take_counts_a_shared_file_once() -> None:
    copies = [MP3._replace(id=1, size=9), MP3._replace(id=2, size=9), MP3._replace(id=3, path="/b", size=5)]
    assert groups(copies, exact=[[1, 2, 3]])[0].wasted == 5


# -- comparing ------------------------------------------------------------------------------------


@pytest.fixture
async def shelf(library: Library, tmp_path: Path) -> Shelf:
    """Two files of one sound with other tags, one whose samples are equal but not its sound, and another."""
    shelf = Shelf(library, tmp_path / "music")
    sound = made("wav")
    middle = len(sound) // 3
    assert len(sound) > 8 * payload.SAMPLE
    other = sound[:middle] + bytes(64) + sound[middle + 64 :]
    for name, data in (("a", sound), ("b", sound), ("c", other), ("d", made("mp3"))):
        Path(shelf.path(f"{name}.{'mp3' if name == 'd' else 'wav'}")).write_bytes(data)
    with Path(shelf.path("b.wav")).open("ab") as file:
        file.write(b"LIST\x04\x00\x00\x00abcd")
    await shelf.done("scan", folders=[str(shelf.folder)])
    return shelf


async def test_equal_samples_are_compared_whole_and_only_those(shelf: Shelf) -> None:
    rows = await shelf.library.fetchall("SELECT count(DISTINCT payload) AS sounds FROM file")
    assert rows[0]["sounds"] == 2
    assert len(await comparing.candidates(shelf.library)) == 3
    await shelf.done("duplicates")
    names = await shelf.paths()
    (same,) = await duplicates.same_sound(shelf.library)
    assert sorted(names[id] for id in same) == ["a.wav", "b.wav"]
    (row,) = await shelf.library.fetchall("SELECT whole FROM file WHERE path = ?", (shelf.path("d.mp3"),))
    assert row["whole"] is None
    assert await comparing.candidates(shelf.library) == []


async def test_a_file_that_was_changed_since_its_scan_is_not_compared(shelf: Shelf) -> None:
    os.utime(shelf.path("b.wav"), ns=(1, 1))
    failed = await shelf.failed("duplicates")
    assert failed == {"b.wav": "It was changed since it was scanned: scan it again."}
    assert await duplicates.same_sound(shelf.library) == []
    await shelf.done("scan", folders=[str(shelf.folder)])
    await shelf.done("duplicates")
    assert len(await duplicates.same_sound(shelf.library)) == 1
