"""A whole new entry, as Traktor would write it."""

from __future__ import annotations

from typing import Any

import pytest

from djtui.traktor.new_entry import new_entry
from tests.demo.test_collection import canonical
from tests.traktor.nml_text import nml
from tests.traktor.patch_text import NOW, STAMP, read

TRACK: dict[str, Any] = {
    "title": "Öne & only",
    "artist": "Ada",
    "album": "Both",
    "track_number": 3,
    "genre": "Techno",
    "label": "Kerb",
    "comment": 'say "hi"',
    "comment2": "second",
    "remixer": "Eva",
    "producer": "Ida",
    "mix": "Dub",
    "catalogue": "007",
    "key_text": "10m",
    "released": "2012-01-01",
    "rating": 4,
    "color": 4,
    "plays": 12,
    "played": "2024-05-06",
    "added": "2023-04-05",
    "key": 12,
    "bpm": 128.5,
    "locked": 1,
    "duration": 299.5,
    "bitrate": 320_000,
    "filesize": 1_024_999,
    "id": 17,
    "path": "/srv/music/a.mp3",
}
CUES: list[Any] = [
    (4, 50.5, 0.0, None, "AutoGrid", -1, 128.5, None),
    [0, 1000, 0, 1, None, None, None, None],
]


def made(fields: dict[str, Any], cues: list[Any] | None = None, version: int = 20) -> bytes:
    return new_entry(fields, cues or [], "C:", "/:Music/:", "a.mp3", "1a2b", version, NOW)


def test_it_has_everything_in_traktors_order() -> None:
    assert made(TRACK, CUES).decode() == (
        f'<ENTRY {STAMP.decode()} LOCK="1" LOCK_MODIFICATION_TIME="2026-11-05T01:01:01" '
        'TITLE="Öne &amp; only" ARTIST="Ada">'
        '<LOCATION DIR="/:Music/:" FILE="a.mp3" VOLUME="C:" VOLUMEID="1a2b"></LOCATION>\n'
        '<ALBUM TRACK="3" TITLE="Both"></ALBUM>\n<MODIFICATION_INFO AUTHOR_TYPE="user"></MODIFICATION_INFO>\n'
        '<INFO BITRATE="320000" GENRE="Techno" LABEL="Kerb" COMMENT="say &quot;hi&quot;" RATING="second" '
        'REMIXER="Eva" PRODUCER="Ida" MIX="Dub" CATALOG_NO="007" KEY="10m" PLAYCOUNT="12" PLAYTIME="300" '
        'PLAYTIME_FLOAT="299.500000" RANKING="204" IMPORT_DATE="2023/4/5" LAST_PLAYED="2024/5/6" '
        'RELEASE_DATE="2012/1/1" FILESIZE="1000" COLOR="4"></INFO>\n'
        '<TEMPO BPM="128.500000" BPM_QUALITY="100.000000"></TEMPO>\n<MUSICAL_KEY VALUE="12"></MUSICAL_KEY>\n'
        '<CUE_V2 NAME="AutoGrid" DISPL_ORDER="0" TYPE="4" START="50.500000" LEN="0.000000" REPEATS="-1" '
        'HOTCUE="-1"><GRID BPM="128.500000"></GRID>\n</CUE_V2>\n'
        '<CUE_V2 NAME="n.n." DISPL_ORDER="0" TYPE="0" START="1000.000000" LEN="0.000000" REPEATS="-1" '
        'HOTCUE="0"></CUE_V2>\n</ENTRY>\n'
    )


@pytest.mark.parametrize("fields", [TRACK, {}])
def test_it_follows_traktors_layout_and_is_read_back(fields: dict[str, Any]) -> None:
    text = made(fields, CUES)
    whole = nml(text.decode()).encode()
    assert canonical(whole) == whole
    [image] = read(text)
    for name, value in image.items():
        if name not in ("cues", "modified"):
            assert value == (fields.get(name) or (0 if name in ("plays", "locked") else None))
    assert image["cues"] == [CUES[0], (0, 1000.0, 0.0, 1, None, -1, None, None)]


def test_older_versions_have_fewer_elements() -> None:
    assert b"GRID BPM" not in made(TRACK, CUES, 19)
    oldest = made({"key": 12}, version=15)
    assert b"MUSICAL_KEY" not in oldest
    assert b"MODIFICATION_INFO" not in oldest
    assert read(oldest)[0]["key"] == 12


def test_a_volume_without_an_id_gets_none() -> None:
    text = new_entry({}, [], "C:", "/:", "a.mp3", None, 20, NOW)
    assert b'VOLUME="C:"></LOCATION>' in text


def test_a_year_is_a_date_of_release() -> None:
    assert read(made({"year": 1999}))[0]["released"] == "1999-01-01"


def test_what_xml_cannot_hold_is_left_out_of_texts_and_refused_in_names() -> None:
    [image] = read(made({"title": "a\x00b\ud800", "rating": "x"}, [(0, 1, 0, 1, "\x01c", -1, None, None)]))
    assert (image["title"], image["rating"], image["cues"][0][4]) == ("ab", None, "c")
    with pytest.raises(ValueError, match="control characters in its name"):
        new_entry({}, [], "C:", "/:", "a\x00.mp3", None, 20, NOW)
