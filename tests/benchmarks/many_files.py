"""A DJ's folders: many small sound files with the tags and the cover that a shop gives them."""

from __future__ import annotations

import sys
from io import BytesIO
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
import soundfile
from mutagen.aiff import AIFF
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, COMM, TALB, TBPM, TCON, TDRC, TIT2, TKEY, TPE1, TPE2, TPUB, TRCK, TSRC
from mutagen.mp3 import MP3
from mutagen.wave import WAVE

SHARES: Final = {"mp3": 0.7, "flac": 0.15, "aiff": 0.1, "wav": 0.05}
FOLDER: Final = 50  # files in each
_NUMBER: Final = b"000000"
_COVER: Final = 30_000
_RATE: Final = 44_100
_SECONDS: Final = 1.0


def write_files(folder: Path, count: int, seed: int = 7) -> list[Path]:
    """Make so many files below `folder`, no two alike in sound, title or path."""
    dice = Random(seed)
    models = {extension: _model(extension) for extension in SHARES}
    limits = list(accumulate(SHARES.values()))
    paths = []
    for number in range(count):
        place = folder / f"Label {number // FOLDER // 20:03}" / f"Album {number // FOLDER:05}"
        if number % FOLDER == 0:
            place.mkdir(parents=True)
        roll = dice.random()
        extension = next(name for name, limit in zip(SHARES, limits, strict=True) if roll <= limit)
        data, sound = models[extension]
        own = bytearray(data.replace(_NUMBER, b"%06d" % number))
        own[sound : sound + 6] = b"%06d" % number
        path = place / f"{number % FOLDER + 1:02} Artist {number % 997} - Title {number:06}.{extension}"
        path.write_bytes(own)
        paths.append(path)
    return paths


def _model(extension: str) -> tuple[bytes, int]:
    """A file whose texts hold a number, and a place in the middle of its sound."""
    noise = np.random.default_rng(len(extension)).standard_normal((round(_SECONDS * _RATE), 2)) * 0.1
    file = BytesIO()
    soundfile.write(file, noise, _RATE, format=extension.upper())
    file.seek(0)
    if extension == "flac":
        _tag_flac(file)
    else:
        _tag_id3(file, {"mp3": MP3, "aiff": AIFF, "wav": WAVE}[extension])
    data = file.getvalue()
    return data, len(data) - len(data) // 4


def _tag_id3(file: BytesIO, form: Any) -> None:
    sound = form(file)
    sound.add_tags()
    number = _NUMBER.decode()
    for frame in (
        TIT2(encoding=3, text=f"Title {number} (Extended Mix)"),
        TPE1(encoding=3, text=f"Artist {number}"),
        TPE2(encoding=3, text="Various Artists"),
        TALB(encoding=3, text="An Album of Some Length"),
        TCON(encoding=3, text="Techno (Peak Time / Driving)"),
        TPUB(encoding=3, text="A Label"),
        TDRC(encoding=3, text="2024-05-17"),
        TRCK(encoding=3, text="3/12"),
        TBPM(encoding=3, text="128"),
        TKEY(encoding=3, text="Am"),
        TSRC(encoding=3, text="DEA000000001"),
        COMM(encoding=3, lang="eng", desc="", text="Bought in a shop, 8A - Energy 7"),
        APIC(encoding=3, mime="image/jpeg", type=3, desc="", data=Random(1).randbytes(_COVER)),
    ):
        sound.tags.add(frame)
    file.seek(0)
    sound.save(file)


def _tag_flac(file: BytesIO) -> None:
    sound = FLAC(file)
    number = _NUMBER.decode()
    sound.update(
        {
            "title": f"Title {number} (Extended Mix)",
            "artist": f"Artist {number}",
            "albumartist": "Various Artists",
            "album": "An Album of Some Length",
            "genre": "Techno (Peak Time / Driving)",
            "label": "A Label",
            "date": "2024-05-17",
            "tracknumber": "3",
            "bpm": "128",
            "initialkey": "Am",
            "comment": "Bought in a shop, 8A - Energy 7",
        }
    )
    cover = Picture()
    cover.type, cover.mime, cover.data = 3, "image/jpeg", Random(1).randbytes(_COVER)
    sound.add_picture(cover)
    file.seek(0)
    sound.save(file)


if __name__ == "__main__":
    write_files(Path(sys.argv[1]), int(sys.argv[2]))
