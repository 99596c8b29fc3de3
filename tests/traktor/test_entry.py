"""Entries as rows: every fact of the format, and unknown for what cannot be read."""

from __future__ import annotations

import pickle
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from djtui.library import tracks
from djtui.model.text import fold, words
from djtui.model.track import FOLDED
from djtui.traktor.entry import CUE_ROW, ROW, ParsedEntry, entry_key, parse_entries
from djtui.traktor.location import VolumeMap
from djtui.traktor.nml import survey
from tests.traktor.nml_text import cue, entry, nml, written


def read(tmp_path: Path, *entries: str, volumes: VolumeMap | None = None) -> list[ParsedEntry]:
    path = written(tmp_path, nml(*entries))
    found = survey(path)
    result = parse_entries(str(path), found.fingerprint, found.entries, volumes or VolumeMap())
    assert not result.failures
    return [parsed for parsed in result.entries if parsed is not None]


def fields(tmp_path: Path, text: str) -> dict[str, Any]:
    [parsed] = read(tmp_path, text)
    return dict(zip(ROW, parsed.row, strict=True))


def cues(tmp_path: Path, *marks: str) -> list[dict[str, Any]]:
    [parsed] = read(tmp_path, entry(inside="".join(marks)))
    return [dict(zip(CUE_ROW, row, strict=True)) for row in parsed.cues]


FULL = entry(
    "Ä – one.FLAC",
    attributes=(
        'LOCK="1" LOCK_MODIFICATION_TIME="2024-05-09T01:01:01" AUDIO_ID="AWabc=" '
        'TITLE="Öne &amp; only" ARTIST="Ada"'
    ),
    info=(
        'BITRATE="320000" GENRE="Techno" LABEL="Kerb" COMMENT="8A" KEY_LYRICS="x" RATING="second" '
        'REMIXER="Eva" PRODUCER="Ida" COVERARTID="001/ABC" MIX="Dub" CATALOG_NO="007" KEY="10m" '
        'PLAYCOUNT="12" PLAYTIME="300" PLAYTIME_FLOAT="299.5" RANKING="204" IMPORT_DATE="2023/4/5" '
        'LAST_PLAYED="2024/5/6" '
        'RELEASE_DATE="2012/1/1" FLAGS="12" FILESIZE="1000" COLOR="4"'
    ),
    inside=(
        '<ALBUM OF_TRACKS="9" TRACK="3" TITLE="Both"></ALBUM>\n<TEMPO BPM="128.500000"></TEMPO>\n'
        '<MUSICAL_KEY VALUE="21"></MUSICAL_KEY>\n' + cue(4) + cue(0, "2.5", hotcue="0", name="Drop")
    ),
    directory="/:Users/:ada/:",
)


def test_every_column_of_a_track_is_read(tmp_path: Path) -> None:
    [parsed] = read(tmp_path, FULL, volumes=VolumeMap.of({"C:": "/mnt/c"}, "linux"))
    assert dict(zip(ROW, parsed.row, strict=True)) == {
        "bpm": 128.5,
        "key": 21,
        "rating": 4,
        "duration": 299.5,
        "year": 2012,
        "added": "2023-04-05",
        "plays": 12,
        "played": "2024-05-06",
        "missing": None,
        "cue_count": 1,
        "color": 4,
        "energy": None,
        "lufs": None,
        "bitrate": 320_000,
        "locked": 1,
        "analyzed": 1,
        "track_number": 3,
        "filesize": 1_024_000,
        "released": "2012-01-01",
        "modified": "2024-05-09T01:01:01Z",
        "format": "flac",
        "kind": "track",
        "title": "Öne & only",
        "artist": "Ada",
        "album": "Both",
        "genre": "Techno",
        "label": "Kerb",
        "remixer": "Eva",
        "producer": "Ida",
        "albumartist": None,
        "comment": "8A",
        "comment2": "second",
        "mix": "Dub",
        "catalogue": "007",
        "isrc": None,
        "key_text": "10m",
        "path": "/mnt/c/Users/ada/Ä – one.FLAC",
        "location": "C:/Users/ada/Ä – one.FLAC",
    }
    assert parsed.key == "C:/:Users/:ada/:Ä – one.FLAC"
    assert parsed.name == "Ada – Öne & only"
    assert parsed.audio == blake2b(b"AWabc=", digest_size=16).digest()


def test_rows_are_what_the_library_takes() -> None:
    assert ROW == tracks.GIVEN


def test_texts_are_folded_as_the_library_folds_them(tmp_path: Path) -> None:
    [parsed] = read(tmp_path, FULL)
    row = dict(zip(ROW, parsed.row, strict=True))
    assert parsed.texts == tracks.text_row({name: row[name] for name in FOLDED})
    assert parsed.texts[0] == fold("Öne & only") == "one & only"
    assert parsed.texts[-1] == words("one & only", "ada", "both", "eva", "kerb", "techno", "8a")


def test_what_is_parsed_can_be_pickled(tmp_path: Path) -> None:
    parsed = read(tmp_path, FULL)
    assert pickle.loads(pickle.dumps(parsed)) == parsed


@pytest.mark.parametrize(
    ("number", "text", "key"),
    [
        ("0", "", 0),
        ("23", "", 23),
        ("21", "5A", 21),  # the analysis, not the tag
        ("24", "5A", 12),  # what an editor of other programs writes for "unknown"
        ("24", "", None),
        ("-1", "", None),
        ("x", "e♭", 3),
        ("", "10m", 12),
        (None, "Amin", 21),
        (None, "off", None),
        ("١", "", None),
        ("9" * 4000, "", None),
    ],
)
def test_the_key_is_the_analysed_one_else_what_the_tag_spells(
    tmp_path: Path, number: str | None, text: str, key: int | None
) -> None:
    inside = "" if number is None else f'<MUSICAL_KEY VALUE="{number}"></MUSICAL_KEY>'
    found = fields(tmp_path, entry(info=f'KEY="{text}"', inside=inside))
    assert found["key"] == key
    assert found["key_text"] == (text or None)


@pytest.mark.parametrize(
    ("ranking", "stars"),
    [
        ("0", None), ("1", 1), ("51", 1), ("64", 2), ("102", 2), ("128", 3), ("153", 3), ("196", 4),
        ("204", 4), ("230", 5), ("252", 5), ("255", 5), ("9999", 5), ("-51", None), ("", None), ("x", None),
    ],
)  # fmt: skip
def test_rankings_are_stars_by_band(tmp_path: Path, ranking: str, stars: int | None) -> None:
    assert fields(tmp_path, entry(info=f'RANKING="{ranking}"'))["rating"] == stars


@pytest.mark.parametrize(
    ("text", "iso", "year"),
    [
        ("2026/2/8", "2026-02-08", 2026),
        ("2024/02/29", "2024-02-29", 2024),
        ("987/12/31", "0987-12-31", 987),
        ("2012", "2012", 2012),
        ("2012/6", "2012-06", 2012),
        ("2023/2/29", None, None),
        ("2012/13/1", None, None),
        ("0/0/0", None, None),
        ("2012/1/1/1", None, None),
        ("2012-01-01", None, None),
        ("99999999999/1/1", None, None),
        ("/", None, None),
        ("", None, None),
    ],
)
def test_dates_are_iso_and_impossible_ones_unknown(
    tmp_path: Path, text: str, iso: str | None, year: int | None
) -> None:
    found = fields(tmp_path, entry(info=f'RELEASE_DATE="{text}" IMPORT_DATE="{text}" LAST_PLAYED="{text}"'))
    assert (found["released"], found["added"], found["played"], found["year"]) == (iso, iso, iso, year)


@pytest.mark.parametrize(
    ("seconds", "time"),
    [("0", "T00:00:00Z"), ("86399", "T23:59:59Z"), ("86400", None), ("-5", None), ("", None), ("noon", None)],
)
def test_the_time_of_modification_is_utc(tmp_path: Path, seconds: str, time: str | None) -> None:
    text = entry().replace('MODIFIED_TIME="3661"', f'MODIFIED_TIME="{seconds}"')
    assert fields(tmp_path, text)["modified"] == (time and f"2024-05-09{time}")
    assert fields(tmp_path, entry().replace("2024/5/9", "2024/5"))["modified"] is None


@pytest.mark.parametrize("text", ["", "NaN", "inf", "-inf", "1e999", "fast", "-1", "1e30"])
def test_numbers_that_are_none_are_unknown(tmp_path: Path, text: str) -> None:
    info = " ".join(
        f'{name}="{text}"'
        for name in ("BITRATE", "PLAYTIME", "PLAYTIME_FLOAT", "FILESIZE", "FLAGS", "COLOR", "PLAYCOUNT")
    )
    inside = f'<TEMPO BPM="{text}"></TEMPO>\n<ALBUM TRACK="{text}"></ALBUM>\n'
    found = fields(tmp_path, entry(info=info, inside=inside))
    assert {
        name: found[name]
        for name in ("bitrate", "duration", "filesize", "analyzed", "color", "bpm", "track_number")
    } == dict.fromkeys(("bitrate", "duration", "filesize", "analyzed", "color", "bpm", "track_number"))


def test_numbers_of_old_versions_are_read(tmp_path: Path) -> None:
    inside = '<TEMPO BPM="88.9980011"></TEMPO>\n'
    found = fields(tmp_path, entry(info='PLAYTIME="300"', inside=inside))
    assert (found["bpm"], found["duration"]) == (88.9980011, 300.0)


def test_what_traktor_leaves_out_as_plain_is_not_unknown(tmp_path: Path) -> None:
    found = fields(tmp_path, entry(info=None))
    assert (found["plays"], found["locked"], found["rating"], found["color"]) == (0, 0, None, None)
    assert fields(tmp_path, entry(attributes='LOCK="0"'))["locked"] == 0


def test_the_third_bit_of_the_flags_says_analyzed(tmp_path: Path) -> None:
    assert fields(tmp_path, entry(info='FLAGS="8"'))["analyzed"] == 0
    assert fields(tmp_path, entry(info='FLAGS="76"'))["analyzed"] == 1


@pytest.mark.parametrize(("color", "expected"), [("1", 1), ("7", 7), ("0", None), ("8", None)])
def test_colors_are_seven(tmp_path: Path, color: str, expected: int | None) -> None:
    assert fields(tmp_path, entry(info=f'COLOR="{color}"'))["color"] == expected


def test_empty_texts_are_unknown(tmp_path: Path) -> None:
    found = fields(tmp_path, entry(attributes='TITLE="" ARTIST=""', info='GENRE="" COMMENT=""'))
    assert [found[name] for name in ("title", "artist", "genre", "comment")] == [None] * 4


def test_a_track_without_a_title_is_called_by_its_file(tmp_path: Path) -> None:
    [parsed] = read(tmp_path, entry("a//b.mp3", attributes=""))
    assert parsed.name == "a//b.mp3"
    [titled] = read(tmp_path, entry(attributes='TITLE="Alone"'))
    assert titled.name == "Alone"


@pytest.mark.parametrize(
    ("file", "format"),
    [
        ("a.MP3", "mp3"),
        ("a.stem.mp4", "mp4"),
        ("a", None),
        (".mp3", None),
        ("a.", None),
        ("a. Mix (x)", None),
    ],
)
def test_the_format_is_the_extension(tmp_path: Path, file: str, format: str | None) -> None:
    assert fields(tmp_path, entry(file))["format"] == format


def test_a_stem_is_told_by_its_stems_and_not_by_its_file(tmp_path: Path) -> None:
    stems = '<STEMS STEMS="{&quot;version&quot;:1}"></STEMS>\n'
    assert fields(tmp_path, entry("a.mp3", inside=stems))["kind"] == "stem"
    assert fields(tmp_path, entry("a.stem.mp4"))["kind"] == "track"


def test_cues_of_all_types_are_read(tmp_path: Path) -> None:
    found = cues(
        tmp_path,
        cue(0, "1.5", hotcue="0", name="Intro"),
        cue(1, "2"),
        cue(2, "3.000000"),
        cue(3, "4", hotcue="7"),
        cue(4, "5", hotcue="1", name="AutoGrid"),
        cue(5, "6", length="1875.000000", hotcue="3"),
    )
    assert [mark["type"] for mark in found] == [0, 1, 2, 3, 4, 5]
    assert [mark["start"] for mark in found] == [1.5, 2, 3, 4, 5, 6]
    assert [mark["slot"] for mark in found] == [1, None, None, 8, 2, 4]
    assert [mark["name"] for mark in found] == ["Intro", None, None, None, "AutoGrid", None]
    assert found[5]["length"] == 1875.0
    assert {mark["repeats"] for mark in found} == {-1}


def test_a_grid_marker_of_version_20_has_its_tempo_in_a_child(tmp_path: Path) -> None:
    def grid(tempo: str) -> str:
        return cue(4).replace("></CUE_V2>", f'><GRID BPM="{tempo}"></GRID>\n</CUE_V2>')

    companion = cue(0).replace("></CUE_V2>", ' COLOR="#FFFFFF"></CUE_V2>')
    found = cues(tmp_path, grid("128.250000"), grid("0.000000"), grid("x"), companion)
    assert [mark["grid_bpm"] for mark in found] == [128.25, None, None, None]
    assert [mark["color"] for mark in found] == [None, None, None, "#FFFFFF"]


@pytest.mark.parametrize("text", ["", "x", "NaN", "inf", "9"])
def test_a_cue_that_says_nonsense_is_still_a_cue(tmp_path: Path, text: str) -> None:
    [mark] = cues(
        tmp_path,
        f'<CUE_V2 TYPE="{text}" START="{text}" LEN="{text}" REPEATS="{text}" HOTCUE="{text}"></CUE_V2>\n',
    )
    known = text == "9"
    assert mark == {
        "type": 0,
        "start": 9.0 if known else 0.0,
        "length": 9.0 if known else 0.0,
        "slot": None,
        "name": None,
        "repeats": 9 if known else None,
        "grid_bpm": None,
        "color": None,
    }


def test_elements_nobody_knows_are_passed_over(tmp_path: Path) -> None:
    strange = '<CELL INDEX="0" DIR="/:" FILE="x.wav" VOLUME=""></CELL>\n<DataSource Name="x"/><!-- y --><?z?>'
    assert fields(tmp_path, entry(inside=strange + cue(4)))["title"] == "One"


@pytest.mark.parametrize(
    "place",
    [
        '<LOCATION DIR="/:a &amp; b/:" FILE="x&#xA;&#65;.mp3" VOLUME="C:"></LOCATION>',
        "<LOCATION VOLUME='it&quot;s' FILE = 'x.mp3'\n DIR='/:'/>",
        '<LOCATION FILE="only.mp3"/>',
        '<LOCATION DIR="/:tab\tand\r\nline/:" FILE="&lt;x&gt;&apos;.mp3" VOLUME=""/>',
        '<!-- <LOCATION FILE="old.mp3"/> --><LOCATION DIR="/:" FILE="new.mp3" VOLUME="USB"/>',
        '<LOCATIONS FILE="no.mp3"/><![CDATA[<LOCATION FILE="no.mp3"/>]]><LOCATION DIR="/:" FILE="yes.mp3"/>',
        '<LOCATION DIR="/:a>b/:" FILE="x//y.mp3" VOLUME="USB" VOLUMEID="z"/>',
        '<LOCATION DIR="/:Пример/:日本/:" FILE="e\u0301.mp3" VOLUME="USB"/>',
    ],
)
def test_a_key_is_the_same_searched_or_parsed(tmp_path: Path, place: str) -> None:
    text = entry(place=place)
    [parsed] = read(tmp_path, text)
    assert entry_key(text.encode()) == parsed.key


def test_the_key_stays_to_the_letter_while_location_and_path_are_composed(tmp_path: Path) -> None:
    volumes = VolumeMap.of({"C:": "/mnt"}, "linux")
    [parsed] = read(tmp_path, entry("e\u0301.mp3", directory="/:n\u0303/:"), volumes=volumes)
    row = dict(zip(ROW, parsed.row, strict=True))
    assert parsed.key == "C:/:n\u0303/:e\u0301.mp3"
    assert (row["location"], row["path"]) == ("C:/ñ/é.mp3", "/mnt/ñ/é.mp3")


def test_a_track_whose_volume_is_not_mapped_is_missing(tmp_path: Path) -> None:
    found = fields(tmp_path, entry())
    assert (found["path"], found["missing"], found["location"]) == (None, 1, "C:/Music/one.mp3")


def test_hundreds_of_entries_keep_their_order_around_a_damaged_one(tmp_path: Path) -> None:
    many = [entry(f"{number}.mp3") for number in range(700)]
    many[333] = entry("333.mp3", inside="</INFO>")
    path = written(tmp_path, nml(*many))
    found = survey(path)
    result = parse_entries(str(path), found.fingerprint, found.entries, VolumeMap())
    assert [failure.place for failure in result.failures] == [333]
    keys = [parsed.key if parsed else None for parsed in result.entries]
    assert keys == [None if n == 333 else f"C:/:Music/:{n}.mp3" for n in range(700)]
