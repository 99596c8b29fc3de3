"""Tags are written as asked; the sound, everything else in the file and the way back stay byte-identical."""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import mutagen
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.flac import FLAC
from mutagen.id3 import (
    APIC,
    CHAP,
    COMM,
    GEOB,
    ID3,
    POPM,
    PRIV,
    RVA2,
    TIT2,
    TKEY,
    TPE1,
    TXXX,
)
from mutagen.mp4 import MP4, MP4FreeForm
from mutagen.oggvorbis import OggVorbis

from djtui.files import container, payload, tags
from djtui.files.safe_write import Unwritable
from djtui.files.tag_values import TRAKTOR
from djtui.files.tag_writing import FIELDS, Value, WriteOptions, restore, write
from djtui.files.undo_record import Undo
from tests.files.sounds import FFMPEG, HAND_MADE, LIBSNDFILE, chunk_of, film, sound

ALL: dict[str, Value] = {
    "title": "Ünïcode 你好",
    "artist": "One & Two",
    "album": "Album",
    "albumartist": "Various",
    "genre": "Techno",
    "label": "Låbel",
    "catalogue": "CAT001",
    "remixer": "Rémixer",
    "producer": "Prodüçer",
    "comment": "first line\nsecond line",
    "grouping": "peak time",
    "key": "8A",
    "isrc": "GBAYE0000351",
    "released": "2021-05-07",
    "year": 2021,
    "track": 3,
    "track_of": 12,
    "disc": 1,
    "disc_of": 2,
    "rating": 4,
    "bpm": 127.53,
    "replaygain": -6.48,
    "replaygain_peak": 0.988525,
}
FORMATS = (*LIBSNDFILE, *FFMPEG, *HAND_MADE)


def said(path: Path) -> dict[str, Any]:
    found = tags.read(str(path))
    return {field: getattr(found, field) for field in FIELDS}


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("extension", FORMATS)
def test_every_field_is_read_back_and_undone_byte_by_byte(
    tmp_path: Path, extension: str, version: int
) -> None:
    path = sound(tmp_path, extension)
    before, heard = path.read_bytes(), payload.whole(str(path))
    steps = [write(str(path), ALL, WriteOptions(id3_version=version))]
    assert said(path) == ALL
    steps.append(write(str(path), {"title": "t", "comment": None, "rating": 1}))
    assert said(path) == {**ALL, "title": "t", "comment": None, "rating": 1}
    steps.append(write(str(path), {"title": "long " * 2000}))
    assert said(path)["title"] == ("long " * 2000).strip()
    steps.append(write(str(path), dict.fromkeys(FIELDS)))
    assert not any(said(path).values())
    assert payload.whole(str(path)) == heard
    for step in reversed(steps):
        assert step.undo is not None
        restore(str(path), Undo.unpack(step.undo.pack()))
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def frames(path: Path) -> list[bytes]:
    """The frames of an ID3v2.3 or 2.4 tag with small frames, cut out by their sizes."""
    data, place, found = path.read_bytes(), 10, []
    while data[place : place + 4].isalnum():
        size = int.from_bytes(data[place + 4 : place + 8], "big")
        if data[3] == 4:
            size = sum((data[place + 7 - n] & 127) << 7 * n for n in range(4))
        found.append(data[place : place + 10 + size])
        place += 10 + size
    return found


@pytest.mark.parametrize("version", [3, 4])
def test_frames_that_are_not_meant_keep_their_bytes_and_their_order(tmp_path: Path, version: int) -> None:
    path = sound(tmp_path, "mp3")
    tag = ID3()
    tag.add(TIT2(encoding=1, text="Old"))
    tag.add(TPE1(encoding=1, text="Ärtist"))
    tag.add(COMM(encoding=1, lang="deu", desc="", text="alt"))
    tag.add(COMM(encoding=1, lang="eng", desc="iTunNORM", text=" 0000"))
    tag.add(GEOB(encoding=0, mime="application/octet-stream", desc="Serato Markers_", data=bytes(range(256))))
    tag.add(PRIV(owner="TRAKTOR4", data=b"\xff\xfe\0" * 700))
    tag.add(TXXX(encoding=1, desc="Énergy", text="7"))
    tag.add(APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=b"\xff\xd8" + bytes(50_000)))
    tag.add(RVA2(desc="album", channel=1, gain=-3.5, peak=0.5))
    tag.add(CHAP(element_id="c1", start_time=0, end_time=9, sub_frames=[TIT2(encoding=3, text="Intro")]))
    tag.save(path, v2_version=version, padding=lambda info: 1024)
    before = frames(path)
    size = path.stat().st_size
    write(str(path), {"title": "Neu ü", "comment": "neu", "bpm": 124.0, "key": 21})
    after = frames(path)
    assert path.stat().st_size == size
    assert path.read_bytes()[3] == version
    changed = [old for old in before if old[:4] == b"TIT2" or b"deu\xff\xfe\0\0" in old]
    assert [old for old in before if old not in changed] == [new for new in after if new in before]
    assert [new[:4] for new in after] == [old[:4] for old in before] + [b"TBPM", b"TKEY"]
    text = b"\xff\xfeN\0e\0u\0 \0\xfc\0" if version == 3 else "Neu ü".encode()
    assert after[[new[:4] for new in after].index(b"TIT2")][11:] == text
    assert tags.read(str(path)).cover


def test_a_date_is_written_as_the_version_of_the_tag_knows_it(tmp_path: Path) -> None:
    path = sound(tmp_path, "mp3")
    write(str(path), {"released": "2021-05-07"}, WriteOptions(id3_version=3))
    assert [frame[:4] for frame in frames(path)] == [b"TYER", b"TDAT"]
    write(str(path), {"year": 1999})
    assert [frame[:4] for frame in frames(path)] == [b"TYER"]
    path = sound(tmp_path, "mp3")
    write(str(path), {"released": "2021-05"}, WriteOptions(id3_version=4))
    assert frames(path) == [b"TDRC\0\0\0\x08\0\0\x002021-05"]


def test_an_unsynchronised_tag_and_one_of_version_2_2_are_changed(tmp_path: Path) -> None:
    path = sound(tmp_path, "mp3")
    plain = path.read_bytes()
    body = b"GEOB\0\0\0\x0b\0\0\0a\0b\0\0\xff\x00\xe0\xff\x00"
    raw = body[:10] + body[10:].replace(b"\xff\0", b"\xff\0\0")
    path.write_bytes(b"ID3\3\0\x80" + bytes([0, 0, 0, len(raw) + 20]) + raw + bytes(20) + plain)
    write(str(path), {"title": "T"})
    assert body in path.read_bytes()
    assert tags.read(str(path)).title == "T"
    old = b"TT2\0\0\4\0OldUFI\0\0\3abc" + bytes(100)
    path.write_bytes(b"ID3\2\0\0" + bytes([0, 0, 0, len(old)]) + old + plain)
    assert tags.read(str(path)).title == "Old"
    write(str(path), {"title": "New ü", "key": 21, "rating": 5})
    head = path.read_bytes()[: 10 + len(old)]
    assert head[10:].startswith(b"TT2\0\0\x0d\1\xff\xfeN\0e\0w\0 \0\xfc\0UFI\0\0\3abcTKE\0\0\x038A"[:20])
    assert said(path)["key"] == "8A" and said(path)["rating"] == 5 and said(path)["title"] == "New ü"


def test_stars_stand_on_each_programs_scale_and_its_counter_of_plays_stays(tmp_path: Path) -> None:
    path = sound(tmp_path, "mp3")
    tag = ID3()
    tag.add(POPM(email="Windows Media Player 9 Series", rating=128, count=17))
    tag.save(path)
    assert tags.read(str(path)).rating == 3
    write(str(path), {"rating": 4})
    found = {frame.email: (frame.rating, frame.count) for frame in ID3(path).getall("POPM")}
    assert found == {"Windows Media Player 9 Series": (196, 17), TRAKTOR: (204, 0)}
    write(str(path), {"rating": 0})
    found = {frame.email: (frame.rating, frame.count) for frame in ID3(path).getall("POPM")}
    assert found == {"Windows Media Player 9 Series": (0, 17)}
    assert tags.read(str(path)).rating is None


def test_an_old_tag_at_the_end_is_kept_in_step_and_never_added(tmp_path: Path) -> None:
    path = sound(tmp_path, "mp3")
    write(str(path), {"title": "Only the new one"})
    assert path.read_bytes()[-128:-125] != b"TAG"
    path = sound(tmp_path, "mp3")
    old = b"TAG" + b"Old title".ljust(30, b"\0") + b"Old artist".ljust(30, b"\0") + bytes(30) + b"1999"
    old += bytes(28) + b"\0\7" + bytes([12])
    path.write_bytes(path.read_bytes() + old)
    assert said(path)["track"] == 7
    write(str(path), {"title": "New title", "genre": "House"})
    found = path.read_bytes()[-128:]
    assert found[3:33].rstrip(b"\0") == b"New title" and found[33:63].rstrip(b"\0") == b"Old artist"
    assert found[127] == 35
    new = ID3(path, load_v1=False)
    assert str(new["TPE1"]) == "Old artist" and str(new["TRCK"]) == "7"


def comments_of(path: Path) -> list[tuple[str, str]]:
    tags: Any = FLAC(path).tags
    return list(tags)


def test_comments_that_are_not_meant_keep_their_bytes_and_their_order(tmp_path: Path) -> None:
    path = sound(tmp_path, "flac")
    file = FLAC(path)
    file["title"] = "Old"
    file["SERATO_MARKERS_V2"] = "YXBwbGljYXRpb24="
    file["Key"] = "Am"
    file["artist"] = ["One", "Two"]
    picture = mutagen.flac.Picture()
    picture.type, picture.mime, picture.data = 3, "image/png", bytes(3000)
    file.add_picture(picture)
    file.save()
    before, size = comments_of(path), path.stat().st_size
    assert tags.read(str(path)).artist == "One, Two"
    write(str(path), {"title": "New", "key": 21, "bpm": 124})
    after = comments_of(path)
    assert path.stat().st_size == size
    assert after == [
        ("title", "New"),
        *((name, "8A" if name == "Key" else text) for name, text in before[1:]),
        ("INITIALKEY", "8A"),
        ("BPM", "124"),
    ]
    assert FLAC(path).pictures == [picture]


def test_an_ogg_whose_headers_need_more_pages_gets_its_pages_counted_anew(tmp_path: Path) -> None:
    path = sound(tmp_path, "ogg")
    heard = payload.whole(str(path)), payload.sampled(str(path))
    before = path.read_bytes()
    done = write(str(path), {"comment": "x" * 200_000})
    assert done.undo is not None and len(done.undo.spans) > 3
    assert (payload.whole(str(path)), payload.sampled(str(path))) == heard
    assert OggVorbis(path)["comment"] == ["x" * 200_000]
    descriptor = os.open(path, os.O_RDONLY)
    pages = list(container.pages(descriptor, 0))
    os.close(descriptor)
    assert [page.sequence for page in pages] == list(range(len(pages)))
    assert pages[-1].end == path.stat().st_size
    restore(str(path), done.undo)
    assert path.read_bytes() == before


@pytest.mark.parametrize("first", [b"moov", b"mdat"])
def test_the_tables_of_an_mp4_find_its_sound_again(tmp_path: Path, first: bytes) -> None:
    path = tmp_path / "a.m4a"
    path.write_bytes(film(bytes(range(256)) * 50, first=first))
    for title in ("short", "long " * 3000, "short", "longer " * 5000):
        write(str(path), {"title": title})
        assert tags.read(str(path)).title == title.strip()
        assert chunk_of(path.read_bytes()) == (bytes(range(256)) * 50)[:1000]


def test_atoms_that_are_not_meant_stay_and_a_tempo_has_its_decimals(tmp_path: Path) -> None:
    path = sound(tmp_path, "mp4")
    file = MP4(path)
    file.add_tags()
    file["\xa9nam"] = "Old"
    file["cpil"] = True
    file["----:com.apple.iTunes:MOOD"] = [MP4FreeForm(b"dark"), MP4FreeForm(b"\0\1", dataformat=0)]
    file["----:com.serato.dj:markers"] = MP4FreeForm(bytes(99), dataformat=0)
    file["covr"] = [mutagen.mp4.MP4Cover(bytes(2000))]
    file.save()
    raw = path.read_bytes()
    kept = [
        raw[raw.index(name) - 4 :][: int.from_bytes(raw[raw.index(name) - 4 :][:4], "big")]
        for name in (b"covr", b"cpil")
    ]
    write(str(path), {"title": "New", "bpm": 127.5, "rating": 3, "key": 21})
    found = MP4(path)
    assert found["tmpo"] == [128] and bytes(found["----:com.apple.iTunes:BPM"][0]) == b"127.5"
    assert bytes(found["----:com.apple.iTunes:initialkey"][0]) == b"8A"
    assert found["cpil"] and found["----:com.apple.iTunes:MOOD"] == file["----:com.apple.iTunes:MOOD"]
    assert found["----:com.serato.dj:markers"] == [file["----:com.serato.dj:markers"]]
    assert all(each in path.read_bytes() for each in kept)
    assert tags.read(str(path)).bpm == 127.5


def test_the_other_chunks_of_a_wav_stay(tmp_path: Path) -> None:
    path = sound(tmp_path, "wav")
    data = path.read_bytes()
    info = b"LIST" + (4 + 8 + 6).to_bytes(4, "little") + b"INFOINAM" + (5).to_bytes(4, "little") + b"Title\0"
    cue = b"cue " + (4).to_bytes(4, "little") + bytes(4)
    data = data[:4] + (len(data) - 8 + len(info) + len(cue)).to_bytes(4, "little") + data[8:] + info + cue
    path.write_bytes(data)
    assert tags.read(str(path)).title == "Title"
    write(str(path), {"artist": "Artist"})
    assert path.read_bytes()[8:].startswith(data[8:])
    assert int.from_bytes(path.read_bytes()[4:8], "little") == path.stat().st_size - 8
    assert (tags.read(str(path)).title, tags.read(str(path)).artist) == ("Title", "Artist")
    assert str(mutagen.File(path).tags["TPE1"]) == "Artist"


def test_what_is_already_so_is_not_written(tmp_path: Path) -> None:
    path = sound(tmp_path, "mp3")
    write(str(path), {"title": "T", "bpm": 124.0})
    before = path.stat()
    done = write(str(path), {"title": " T ", "bpm": 124, "genre": None, "rating": 0})
    assert done.changed == () and done.undo is None
    assert path.stat().st_ino == before.st_ino


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"bpm": 0}, "The bpm must be a number from 1 to 999."),
        ({"rating": 6}, "The rating must be a whole number from 0 to 5."),
        ({"track": 1.5}, "The track must be a whole number from 1 to 65535."),
        ({"title": 3}, "The title must be a text."),
        ({"title": "\udcff"}, "The title holds signs that are no text."),
        ({"mood": "dark"}, "There is no tag “mood” that djtui writes."),
    ],
)
def test_a_value_that_does_not_fit_is_refused(
    tmp_path: Path, changes: dict[str, Value], sentence: str
) -> None:
    path = sound(tmp_path, "mp3")
    with pytest.raises(Unwritable, match=sentence.replace("(", r"\(")):
        write(str(path), changes)


def test_a_key_is_spelled_in_the_chosen_notation(tmp_path: Path) -> None:
    path = sound(tmp_path, "mp3")
    for notation, spelled in (("camelot", "8A"), ("open", "1m"), ("musical", "Am")):
        write(str(path), {"key": 21}, WriteOptions(notation=notation))  # type: ignore[arg-type]
        assert ID3(path)["TKEY"] == TKEY(encoding=0, text=spelled)


def test_a_damaged_tag_is_refused_and_the_file_untouched(tmp_path: Path) -> None:
    path = sound(tmp_path, "mp3")
    junk = b"TIT2\0\0\0\4\0\0\0Old\1\2junk" + bytes(20)
    path.write_bytes(b"ID3\3\0\0" + bytes([0, 0, 0, len(junk)]) + junk + path.read_bytes())
    before = path.read_bytes()
    with pytest.raises(Unwritable, match="damaged"):
        write(str(path), {"title": "New"})
    assert path.read_bytes() == before


@pytest.mark.parametrize("extension", [*LIBSNDFILE, *HAND_MADE])
def test_a_file_with_any_damage_is_written_right_or_not_at_all(tmp_path: Path, extension: str) -> None:
    path = sound(tmp_path, extension)
    write(str(path), ALL)
    whole = path.read_bytes()

    @settings(max_examples=25, deadline=None)
    @given(st.integers(0, 4000), st.binary(max_size=6), st.integers(0, len(whole)))
    def damaged(place: int, rubbish: bytes, cut: int) -> None:
        data = whole[:place] + rubbish + whole[place + len(rubbish) :]
        data = data[: max(1, cut)] if cut < 6000 else data
        path.write_bytes(data)
        try:
            done = write(str(path), {"title": "New title", "comment": "x" * 3000, "rating": 2})
        except Unwritable as error:
            assert error.sentence
        else:
            assert tags.read(str(path)).title == "New title"
            assert done.undo is not None
            restore(str(path), done.undo)
        assert path.read_bytes() == data

    damaged()
