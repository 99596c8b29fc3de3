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
from mutagen import flac, id3
from mutagen.aiff import AIFF
from mutagen.mp3 import MP3
from mutagen.wave import WAVE

SHARES: Final = {"mp3": 0.7, "flac": 0.15, "aiff": 0.1, "wav": 0.05}
SMALL: Final = {"mp3": 1.0}
FOLDER: Final = 50  # files in each
_NUMBER: Final = b"000000"
_RATE: Final = 44_100


def write_files(folder: Path, count: int, *, small: bool = False) -> list[Path]:
    """Make so many files below `folder`, no two alike in sound, title or path. `small`: of 5 kB each."""
    dice = Random(7)
    shares = SMALL if small else SHARES
    models = {extension: _model(extension, small) for extension in shares}
    limits = list(accumulate(shares.values()))
    paths = []
    for number in range(count):
        place = folder / f"Label {number // FOLDER // 20:03}" / f"Album {number // FOLDER:05}"
        if number % FOLDER == 0:
            place.mkdir(parents=True)
        roll = dice.random()
        extension = next(name for name, limit in zip(shares, limits, strict=True) if roll <= limit)
        data, sound = models[extension]
        own = bytearray(data.replace(_NUMBER, b"%06d" % number))
        own[sound : sound + 6] = b"%06d" % number
        path = place / f"{number % FOLDER + 1:02} Artist {number % 997} - Title {number:06}.{extension}"
        path.write_bytes(own)
        paths.append(path)
    return paths


def _model(extension: str, small: bool) -> tuple[bytes, int]:
    """A file whose texts hold a number, and a place in its sound that a sample meets."""
    seconds, cover = (0.15, 500) if small else (1.0, 30_000)
    picture = Random(1).randbytes(cover)
    noise = np.random.default_rng(len(extension)).standard_normal((round(seconds * _RATE), 2)) * 0.1
    file = BytesIO()
    soundfile.write(file, noise, _RATE, format=extension.upper())
    file.seek(0)
    if extension == "flac":
        _tag_flac(file, picture)
    else:
        _tag_id3(file, {"mp3": MP3, "aiff": AIFF, "wav": WAVE}[extension], picture)
    data = file.getvalue()
    chunk = {"wav": b"data", "aiff": b"SSND"}.get(extension)
    return data, data.index(chunk) + 200 if chunk else len(data) - 200


def _tag_id3(file: BytesIO, form: Any, picture: bytes) -> None:
    sound = form(file)
    sound.add_tags()
    number = _NUMBER.decode()
    said = {
        "TIT2": f"Title {number} (Extended Mix)",
        "TPE1": f"Artist {number}",
        "TPE2": "Various Artists",
        "TALB": "An Album of Some Length",
        "TCON": "Techno (Peak Time / Driving)",
        "TPUB": "A Label",
        "TDRC": "2024-05-17",
        "TRCK": "3/12",
        "TBPM": "128",
        "TKEY": "Am",
        "TSRC": "DEA000000001",
    }
    forms: Any = id3
    frames = [getattr(forms, name)(encoding=3, text=text) for name, text in said.items()]
    frames.append(forms.COMM(encoding=3, lang="eng", desc="", text="Bought in a shop, 8A - Energy 7"))
    frames.append(forms.APIC(encoding=3, mime="image/jpeg", type=3, desc="", data=picture))
    for frame in frames:
        sound.tags.add(frame)
    file.seek(0)
    sound.save(file)


def _tag_flac(file: BytesIO, picture: bytes) -> None:
    form: Any = flac
    sound = form.FLAC(file)
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
    cover = form.Picture()
    cover.type, cover.mime, cover.data = 3, "image/jpeg", picture
    sound.add_picture(cover)
    file.seek(0)
    sound.save(file)


if __name__ == "__main__":
    write_files(Path(sys.argv[1]), int(sys.argv[2]), small="--small" in sys.argv)
