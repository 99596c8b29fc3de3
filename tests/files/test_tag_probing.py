"""What is written into files is what ffprobe reads there; the sound, the cover and what is unknown stay."""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mutagen.aiff import AIFF
from mutagen.apev2 import APEv2, APEValue
from mutagen.asf import ASF
from mutagen.asf._attrs import ASFByteArrayAttribute
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, GEOB, ID3, PRIV, TIT2, TXXX
from mutagen.mp4 import MP4, MP4Cover, MP4FreeForm
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from djtui.files.tag_writing import WriteOptions, restore, write
from djtui.files.undo_record import Undo
from tests.files.sounds import made
from tests.files.test_tag_writing import ALL

pytestmark = pytest.mark.skipif(
    not (shutil.which("ffprobe") and shutil.which("ffmpeg")), reason="needs ffmpeg"
)

AS_IS = {name: ALL[name] for name in ("title", "artist", "album", "genre", "comment")}
COMMON = AS_IS | {"album_artist": "Various", "replaygain_track_peak": "0.988525"}
GAIN = {"replaygain_track_gain": "-6.48 dB"}
IN_ID3 = GAIN | {
    "publisher": "Låbel", "catalognumber": "CAT001", "tpe4": "Rémixer", "grouping": "peak time", "tkey": "8A",
    "tsrc": "GBAYE0000351", "date": "2021-05-07", "track": "3/12", "disc": "1/2", "tbpm": "127.53",
}  # fmt: skip
IN_WORDS = {
    "label": "Låbel", "catalognumber": "CAT001", "remixer": "Rémixer", "grouping": "peak time",
    "initialkey": "8A", "isrc": "GBAYE0000351", "date": "2021-05-07", "bpm": "127.53", "rating": "80",
}  # fmt: skip
IN_VORBIS = IN_WORDS | {"track": "3", "tracktotal": "12", "disc": "1", "disctotal": "2"}
IN_MP4 = IN_WORDS | GAIN | {"track": "3/12", "disc": "1/2"}
IN_ASF = GAIN | {
    "publisher": "Låbel", "wm/catalogno": "CAT001", "wm/modifiedby": "Rémixer", "track": "3/12",
    "wm/contentgroupdescription": "peak time", "wm/initialkey": "8A", "wm/isrc": "GBAYE0000351",
    "wm/year": "2021-05-07", "disc": "1/2", "wm/beatsperminute": "127.53", "wm/shareduserrating": "75",
}  # fmt: skip

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364f80f"
    "00010501012718e3660000000049454e44ae426082"
)
MARKERS = b"Serato Markers: " + bytes(range(256)) * 4
MOOD = "dark and slow, at night"


def ffmpeg(*arguments: str | Path) -> str:
    command = ["ffmpeg", "-v", "error", "-xerror", "-y", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def packets(path: Path, stream: str) -> str:
    """The hash of a stream's packets as they are."""
    return ffmpeg("-i", path, "-map", f"{stream}?", "-c", "copy", "-f", "md5", "-")


def probed(path: Path) -> dict[str, str]:
    command = ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", str(path)]
    said = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    found: dict[str, str] = {}
    for place in (said["format"], *said["streams"]):
        if place.get("codec_type") != "video":
            found |= {name.lower(): text for name, text in place.get("tags", {}).items()}
    return found


# -- files with what other programs have put into them ---------------------------------------------


def plain(path: Path) -> list[bytes]:
    return []


def _frames() -> ID3:
    tag = ID3()
    tag.add(TIT2(encoding=1, text="Old"))
    tag.add(GEOB(encoding=0, mime="application/octet-stream", desc="Serato Markers_", data=MARKERS))
    tag.add(PRIV(owner="TRAKTOR4", data=MARKERS[::-1]))
    tag.add(TXXX(encoding=3, desc="MOOD", text=MOOD))
    tag.add(APIC(encoding=0, mime="image/png", type=3, desc="", data=PNG))
    return tag


def with_id3_of(version: int) -> Callable[[Path], list[bytes]]:
    def dressed(path: Path) -> list[bytes]:
        _frames().save(path, v2_version=version)
        return [MARKERS, MARKERS[::-1], PNG, b"MOOD\0"]

    return dressed


def with_ape_and_id3v1(path: Path) -> list[bytes]:
    tag = APEv2()
    tag["Title"] = "Old in APE"
    tag["Cover Art (Front)"] = APEValue(b"cover.png\0" + PNG, 1)
    tag["Mood"] = MOOD
    tag.save(path)
    with path.open("ab") as file:
        file.write(b"TAG" + b"Old".ljust(30, b"\0") + bytes(94) + b"\x0c")
    return [PNG, MOOD.encode()]


def with_comments(path: Path) -> list[bytes]:
    file = FLAC(path) if path.suffix == ".flac" else (OggOpus if path.suffix == ".opus" else OggVorbis)(path)
    picture = Picture()
    picture.type, picture.mime, picture.data = 3, "image/png", PNG
    file["title"] = "Old"
    file["serato_markers_v2"] = MARKERS.hex()
    file["mood"] = MOOD
    if isinstance(file, FLAC):
        file.add_picture(picture)
    file.save()
    kept = [MARKERS.hex().encode(), MOOD.encode()]
    return [*kept, PNG] if isinstance(file, FLAC) else kept


def with_atoms(path: Path) -> list[bytes]:
    file = MP4(path)
    file["\xa9nam"] = "Old"
    file["covr"] = [MP4Cover(PNG, MP4Cover.FORMAT_PNG)]
    file["----:com.serato.dj:markers"] = MP4FreeForm(MARKERS, dataformat=0)
    file["----:com.apple.iTunes:MOOD"] = MP4FreeForm(MOOD.encode())
    file.save()
    return [MARKERS, PNG, MOOD.encode()]


def with_chunk(path: Path) -> list[bytes]:
    is_wav = path.suffix == ".wav"
    file = WAVE(path) if is_wav else AIFF(path)
    file.add_tags()
    tag: Any = file.tags
    for frame in _frames().values():
        if not (is_wav and isinstance(frame, PRIV)):  # beside one, ffprobe forgets all other frames of a WAV
            tag.add(frame)
    file.save()
    order = "<I" if is_wav else ">I"
    unknown = b"xtra" + struct.pack(order, len(MOOD) + 1) + MOOD.encode() + b"\0"
    data = path.read_bytes() + unknown
    path.write_bytes(data[:4] + struct.pack(order, len(data) - 8) + data[8:])
    return [MARKERS, PNG, unknown] + ([] if is_wav else [MARKERS[::-1]])


def with_attributes(path: Path) -> list[bytes]:
    file = ASF(path)
    file["Title"] = "Old"
    file["WM/Mood"] = MOOD
    file["Serato/Markers"] = ASFByteArrayAttribute(MARKERS)
    file["WM/Picture"] = ASFByteArrayAttribute(
        b"\3" + struct.pack("<I", len(PNG)) + "image/png".encode("utf-16-le") + bytes(4) + PNG
    )
    file.save()
    return [MARKERS, PNG, MOOD.encode("utf-16-le")]


def _made(folder: Path, name: str) -> Path:
    path = folder / name
    kind = name.rpartition(".")[2]
    if name == "alac.m4a":
        source = folder / "source.wav"
        source.write_bytes(made("wav"))
        ffmpeg("-i", source, "-c:a", "alac", path)
    else:
        path.write_bytes(made(kind))
    return path


CASES = [
    ("plain.mp3", plain, 3, IN_ID3),
    ("plain.mp3", plain, 4, IN_ID3),
    ("id3v2.3.mp3", with_id3_of(3), 4, IN_ID3),
    ("id3v2.4.mp3", with_id3_of(4), 3, IN_ID3),
    ("ape.mp3", with_ape_and_id3v1, 3, IN_ID3),
    ("a.flac", with_comments, 3, IN_VORBIS | GAIN),
    ("a.ogg", with_comments, 3, IN_VORBIS | GAIN),
    ("a.opus", with_comments, 3, IN_VORBIS | {"r128_track_gain": "-2939"}),
    ("aac.m4a", with_atoms, 3, IN_MP4),
    ("alac.m4a", with_atoms, 3, IN_MP4),
    ("a.wav", with_chunk, 3, IN_ID3),
    ("plain.wav", plain, 4, IN_ID3),
    ("a.aiff", with_chunk, 3, IN_ID3),
    ("plain.aiff", plain, 4, IN_ID3),
    ("a.wma", with_attributes, 3, IN_ASF),
]


@pytest.mark.parametrize(
    ("name", "dress", "version", "expected"),
    CASES,
    ids=[f"{name}-{version}" for name, _, version, _ in CASES],
)
def test_ffprobe_reads_what_was_written_and_all_else_is_as_it_was(
    tmp_path: Path,
    name: str,
    dress: Callable[[Path], list[bytes]],
    version: int,
    expected: dict[str, str],
) -> None:
    path = _made(tmp_path, name)
    kept = dress(path)
    before, sound, cover = path.read_bytes(), packets(path, "0:a"), packets(path, "0:v")
    done = write(str(path), ALL, WriteOptions(id3_version=version))
    wanted = COMMON | expected
    found = probed(path)
    assert {field: found.get(field) for field in wanted} == wanted
    assert packets(path, "0:a") == sound
    assert packets(path, "0:v") == cover
    data = path.read_bytes()
    assert [part for part in kept if data.count(part) != before.count(part)] == []
    again = write(str(path), {"title": "Another", "comment": None, "label": "x" * 5000})
    found = probed(path)
    assert (found["title"], found.get("comment")) == ("Another", None)
    assert packets(path, "0:a") == sound and packets(path, "0:v") == cover
    for step in (again, done):
        assert step.undo is not None
        restore(str(path), Undo.unpack(step.undo.pack()))
    assert path.read_bytes() == before
