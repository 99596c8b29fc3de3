"""Tags are read from every format, by content, as DJ software wrote them."""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

import os
import pickle
from pathlib import Path

import mutagen
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.flac import FLAC
from mutagen.id3 import COMM, ID3, POPM, TBPM, TCON, TDRC, TIPL, TIT2, TPE1, TPUB, TXXX, TYER
from mutagen.mp4 import MP4, MP4FreeForm
from mutagen.oggopus import OggOpus

from djtui.files import tag_values as values
from djtui.files.container import Unreadable
from djtui.files.tags import read
from tests.files.sounds import FFMPEG, HAND_MADE, LIBSNDFILE, RATE, SECONDS, sound

CODECS = {
    "mp3": "MP3",
    "flac": "FLAC",
    "ogg": "Vorbis",
    "opus": "Opus",
    "wav": "PCM",
    "aiff": "PCM",
    "m4a": "AAC",
    "mp4": "AAC",
    "wma": "WMA",
    "asf": "WMA",
}


@pytest.mark.parametrize("extension", [*LIBSNDFILE, *FFMPEG, *HAND_MADE])
def test_the_sound_is_described_and_the_extensions_case_does_not_matter(
    tmp_path: Path, extension: str
) -> None:
    path = sound(tmp_path, extension).rename(tmp_path / f"TRACK.{extension.upper()}")
    found = read(str(path), sample=True)
    assert (found.codec, found.samplerate, found.channels) == (CODECS[extension], RATE, 2)
    assert found.duration == pytest.approx(SECONDS, abs=0.1)
    assert found.bitrate and found.bitrate > 10_000
    assert found.note is None and found.title is None and not found.cover
    assert found.sample is not None and len(found.sample) == 16
    assert pickle.loads(pickle.dumps(found)) == found


def test_the_content_decides_and_a_note_says_that_the_extension_lies(tmp_path: Path) -> None:
    path = sound(tmp_path, "flac").rename(tmp_path / "a.mp3")
    assert (read(str(path)).codec, read(str(path)).note) == ("FLAC", "The file is called .mp3 and is FLAC.")
    path = path.rename(tmp_path / "bare")
    assert read(str(path)).note == "The file has no extension and is FLAC."


def reason(path: Path) -> str:
    with pytest.raises(Unreadable) as caught:
        read(str(path))
    assert caught.value.sentence.endswith(".")
    assert pickle.loads(pickle.dumps(caught.value)).reason == caught.value.reason
    return caught.value.reason


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    assert reason(path) == "missing"
    assert reason(Path(f"{path}\0")) == "missing"
    assert reason(tmp_path) == "not a file"
    os.mkfifo(path)
    assert reason(path) == "not a file"
    path.unlink()
    path.write_bytes(b"")
    assert reason(path) == "empty"
    path.write_bytes(b"<html>" * 1000)
    assert reason(path) == "unknown"
    path.write_bytes(sound(tmp_path, "flac").read_bytes()[:30])
    assert reason(path) == "damaged"
    loop = tmp_path / "loop.mp3"
    loop.symlink_to(loop)
    assert reason(loop) == "unreadable"


@pytest.mark.parametrize("extension", [*LIBSNDFILE, *HAND_MADE])
def test_damage_raises_nothing_else(tmp_path: Path, extension: str) -> None:
    path = sound(tmp_path, extension)
    whole = path.read_bytes()

    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 3000), st.binary(max_size=8), st.integers(0, len(whole)))
    def damaged(place: int, rubbish: bytes, end: int) -> None:
        path.write_bytes((whole[:place] + rubbish + whole[place + len(rubbish) :])[: max(end, 1)])
        try:
            read(str(path), sample=True)
        except Unreadable as error:
            assert error.sentence

    damaged()


def tagged(folder: Path, *frames: object, version: int = 4) -> str:
    path = sound(folder, "mp3")
    tag = ID3()
    for frame in frames:
        tag.add(frame)
    tag.save(path, v2_version=version)
    return str(path)


def test_texts_lose_zero_bytes_and_blanks_and_several_are_joined(tmp_path: Path) -> None:
    path = tagged(tmp_path, TPE1(encoding=3, text=["One ", " Two", "One"]), TIT2(encoding=1, text="  T\0"))
    assert (read(path).artist, read(path).title) == ("One, Two", "T")


def test_what_dj_software_wrote_is_understood(tmp_path: Path) -> None:
    found = read(
        tagged(
            tmp_path,
            TBPM(encoding=3, text="127,50"),
            TXXX(encoding=3, desc="initialkey", text="Am"),
            TXXX(encoding=3, desc="replaygain_track_gain", text="-6.48 dB"),
            TXXX(encoding=3, desc="CatalogNumber", text="DC1"),
            TPUB(encoding=3, text="Drumcode"),
            TCON(encoding=3, text="(18)"),
            TIPL(encoding=3, people=[["engineer", "E"], ["producer", "P"]]),
            COMM(encoding=3, lang="eng", desc="iTunNORM", text="000"),
            COMM(encoding=3, lang="XXX", desc="", text="8A - Energy 7"),
            POPM(email="no@email", rating=10, count=0),
            POPM(email=values.TRAKTOR, rating=204, count=0),
            TDRC(encoding=3, text="2021-05-07T10:00:00"),
        )
    )
    assert (found.bpm, found.key, found.replaygain, found.rating) == (127.5, "Am", -6.48, 4)
    assert (found.label, found.catalogue, found.genre, found.producer) == ("Drumcode", "DC1", "Techno", "P")
    assert (found.comment, found.year, found.released) == ("8A - Energy 7", 2021, "2021-05-07")


def test_the_old_years_of_id3_are_dates(tmp_path: Path) -> None:
    path = sound(tmp_path, "mp3")
    tag = ID3()
    tag.add(TYER(encoding=0, text="1999"))
    tag.add(mutagen.id3.TDAT(encoding=0, text="0705"))
    tag.save(path, v2_version=3)
    assert read(str(path)).released == "1999-05-07"


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=300)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(TEXT, min_size=4, max_size=4), st.sampled_from([1, 3]), st.sampled_from([3, 4]), st.booleans()
)
def test_our_reader_of_id3_agrees_with_mutagen(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], encoding: int, version: int, cover: bool
) -> None:
    folder = tmp_path_factory.mktemp("id3")
    frames: list[object] = [
        TIT2(encoding=encoding, text=texts[0]),
        TPE1(encoding=encoding, text=texts[1]),
        COMM(encoding=encoding, lang="eng", desc="", text=texts[2]),
        TXXX(encoding=encoding, desc="CATALOGNUMBER", text=texts[3]),
    ]
    if cover:
        frames.append(mutagen.id3.APIC(encoding=0, mime="image/png", type=3, desc="", data=bytes(20_000)))
    path = tagged(folder, *frames, version=version)
    theirs, ours = ID3(path), read(path)
    assert ours.title == values.text(theirs["TIT2"].text)
    assert ours.artist == values.text(theirs["TPE1"].text)
    assert ours.comment == values.text(theirs["COMM::eng"].text)
    assert ours.catalogue == values.text(theirs["TXXX:CATALOGNUMBER"].text)
    assert ours.cover is cover


def test_long_frames_with_the_sizes_that_itunes_wrote_are_read(tmp_path: Path) -> None:
    path = sound(tmp_path, "mp3")
    title, artist = b"\3" + b"t" * 299, b"\3Artist"
    body = (
        b"TIT2"
        + (300).to_bytes(4, "big")
        + b"\0\0"
        + title
        + b"TPE1"
        + (7).to_bytes(4, "big")
        + b"\0\0"
        + artist
    )
    path.write_bytes(
        b"ID3\4\0\0\0\0"
        + bytes([(len(body) + 50) >> 7, (len(body) + 50) & 127])
        + body
        + bytes(50)
        + path.read_bytes()
    )
    assert (read(str(path)).title, read(str(path)).artist) == ("t" * 299, "Artist")


def test_vorbis_comments_and_atoms_of_others_are_understood(tmp_path: Path) -> None:
    flac = FLAC(sound(tmp_path, "flac"))
    flac.update({"tracknumber": "3", "tracktotal": "12", "rating": "60", "KEY": "Am", "organization": "L"})
    flac.save()
    found = read(str(tmp_path / "track.flac"))
    assert (found.track, found.track_of, found.rating, found.key, found.label) == (3, 12, 3, "Am", "L")
    opus = OggOpus(sound(tmp_path, "opus"))
    opus["R128_TRACK_GAIN"] = "-1280"
    opus.save()
    assert read(str(tmp_path / "track.opus")).replaygain == 0.0
    film = MP4(sound(tmp_path, "mp4"))
    film.add_tags()
    film["tmpo"] = [128]
    film["trkn"] = [(3, 12)]
    film["----:com.apple.iTunes:INITIALKEY"] = MP4FreeForm(b"8A")
    film.save()
    found = read(str(tmp_path / "track.mp4"))
    assert (found.bpm, found.track, found.track_of, found.key) == (128.0, 3, 12, "8A")


@pytest.mark.parametrize(
    ("text", "stars"),
    [
        ("0", None),
        ("3", 3),
        ("20", 1),
        ("80", 4),
        ("51", 1),
        ("153", 3),
        ("255", 5),
        ("0.8", 4),
        ("x", None),
    ],
)
def test_stars_of_every_scale_are_told_apart(text: str, stars: int | None) -> None:
    assert values.stars_of_text(text) == stars


@pytest.mark.parametrize("stars", range(1, 6))
def test_stars_are_read_back_from_every_scale(stars: int) -> None:
    for email in (values.TRAKTOR, "Windows Media Player 9 Series"):
        assert values.stars_of_popm(email, values.popm_of_stars(email, stars)) == stars
    for old in (None, "3", "80", "153", "255"):
        assert values.stars_of_text(values.scale_of(old)(stars)) == stars
    assert values.stars_of_asf(str(values.asf_of_stars(stars))) == stars
