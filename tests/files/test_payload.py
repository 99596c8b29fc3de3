"""The sound's hash outlives every retagging, and tells different sounds apart."""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

from pathlib import Path

import mutagen
import pytest
from mutagen.id3 import TIT2

from djtui.files import payload
from djtui.files.container import Unreadable
from tests.files.sounds import FFMPEG, HAND_MADE, LIBSNDFILE, sound


def hashes(path: Path) -> tuple[bytes, bytes]:
    return payload.sampled(str(path)), payload.whole(str(path))


@pytest.mark.parametrize("extension", [*LIBSNDFILE, *FFMPEG, *HAND_MADE])
def test_what_another_tagger_writes_does_not_change_it(tmp_path: Path, extension: str) -> None:
    path = sound(tmp_path, extension)
    before = hashes(path)
    file = mutagen.File(path, easy=extension in ("mp3", "m4a", "mp4"))
    if file.tags is None:
        file.add_tags()
    if extension in ("wav", "aiff"):
        file.tags.add(TIT2(encoding=3, text="title " * 2000))
    else:
        file["title"] = "title " * (20 if extension in ("wma", "asf") else 20_000)
    file.save()
    assert hashes(path) == before


def test_every_tag_behind_an_mp3_is_left_out(tmp_path: Path) -> None:
    path = sound(tmp_path, "mp3")
    before, data = hashes(path), path.read_bytes()
    ape = b"APETAGEX" + bytes(4) + (32 + 40).to_bytes(4, "little") + bytes(4) + b"\0\0\0\x80" + bytes(8)
    apes = bytes(32) + bytes(40) + ape
    lyrics = b"LYRICSBEGIN" + b"IND0000200"
    lyrics += f"{len(lyrics):06}".encode() + b"LYRICS200"
    old = b"TAG" + bytes(125)
    for tail in (old, apes, lyrics + old, apes + lyrics + old, b"TAG+" + bytes(223) + old):
        path.write_bytes(b"ID3\4\0\0\0\0\0\x05" + bytes(5) + bytes(100) + data + tail)
        assert hashes(path) == before


@pytest.mark.parametrize("extension", [*LIBSNDFILE, *HAND_MADE])
def test_another_sound_has_another_hash(tmp_path: Path, extension: str) -> None:
    path = sound(tmp_path, extension)
    before, data = hashes(path), bytearray(path.read_bytes())
    data[-200] ^= 0xFF
    path.write_bytes(data)
    assert not {*hashes(path)} & {*before}
    data[-200] ^= 0xFF
    data[len(data) // 3] ^= 0xFF
    path.write_bytes(data)
    assert payload.whole(str(path)) != before[1]


def test_a_file_without_sound_says_so(tmp_path: Path) -> None:
    path = sound(tmp_path, "mp4")
    path.write_bytes(path.read_bytes()[: path.read_bytes().index(b"mdat") + 4])
    with pytest.raises(Unreadable, match="no sound"):
        payload.whole(str(path))
