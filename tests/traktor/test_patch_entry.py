"""Patching one entry: what is wanted is there afterwards, and nothing else has changed."""

from __future__ import annotations

import pickle
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from djtui.model import key as keys
from djtui.traktor.patch_entry import EntryEdit, patch_entry
from tests.traktor.nml_text import entry
from tests.traktor.patch_text import ENTRY, LAYOUTS, NOW, STAMP, changed_tags, demo_entries, patched, read

FIELDS: dict[str, Any] = {
    "title": 'Two "2" <3 & more',
    "artist": "夜空",
    "album": "Neither",
    "track_number": 7,
    "genre": "House",
    "label": "Kerb",
    "remixer": "Eva",
    "producer": "Ida",
    "comment": "line\nline",
    "comment2": "#tag",
    "mix": "Dub",
    "catalogue": "007",
    "key_text": "off",
    "released": "2013-02-04",
    "rating": 3,
    "color": 4,
    "plays": 12,
    "played": "2026-01-30",
    "added": "2024-12-01",
    "key": 21,
    "bpm": 126.5,
    "locked": 1,
}


def text_of(name: str, attribute: str, data: bytes) -> str | None:
    found = re.search(rb"<%b\b[^<]*?\b%b=[\"']([^\"']*)" % (name.encode(), attribute.encode()), data)
    return found[1].decode() if found else None


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("field", FIELDS)
def test_one_field_changes_its_own_tag_and_the_stamp_of_the_entry_in_every_layout(
    layout: str, field: str
) -> None:
    before = LAYOUTS[layout].encode()
    after = patched(before, {field: FIELDS[field]})
    assert not after.refusals
    [old], [new] = read(before), read(after.text)
    expected = old | {field: FIELDS[field], "modified": "2026-11-05T01:01:01Z"}
    if field == "key":
        expected["key_text"] = "1m"
    if field == "bpm":
        grid, *rest = old["cues"]
        expected["cues"] = [(*grid[:6], 126.5, grid[7]), *rest]
    assert new == expected
    if layout != "comments":  # which have tags in them
        own = {tag.split()[0] for tag, _ in changed_tags(before, after.text)}
        assert own - {b"<ENTRY"} <= {b"<INFO", b"<ALBUM", b"<TEMPO", b"<MUSICAL_KEY", b"<GRID"}
        assert len(own) == 1 + (field not in ("title", "artist", "locked")) + (field in ("key", "bpm"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_values_that_are_there_already_change_no_byte(layout: str) -> None:
    before = LAYOUTS[layout].encode()
    [image] = read(before)
    del image["modified"]
    cues = image.pop("cues")
    after = patched(before, image, cues)
    assert after == (before, (), 0)
    assert patched(before, {"rating": 4, "released": "2012", "bpm": 124.0000000001}).text == before


def test_nothing_wanted_is_nothing_done() -> None:
    assert patched(ENTRY).text == ENTRY.encode()
    assert patched(ENTRY, {}, None).text == ENTRY.encode()


def test_the_stamp_is_utc_without_padding() -> None:
    east = datetime(2026, 2, 3, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))
    text = patch_entry(ENTRY.encode(), EntryEdit(b"", {"title": "x"}), east).text
    assert text.startswith(b'<ENTRY MODIFIED_DATE="2026/2/2" MODIFIED_TIME="79205" AUDIO_ID')
    naive = datetime(2026, 2, 3, 0, 0, 5)
    utc = naive.replace(tzinfo=UTC)
    edit = EntryEdit(b"", {"title": "x"})
    assert patch_entry(ENTRY.encode(), edit, naive) == patch_entry(ENTRY.encode(), edit, utc)


def test_new_attributes_come_to_the_place_that_traktor_gives_them() -> None:
    after = patched(
        ENTRY, {"label": "Kerb", "plays": 3, "color": 2, "mix": "Dub", "locked": 1, "comment2": "c"}
    )
    info = re.findall(rb"<INFO [^\n]*", after.text)[0]
    assert (
        re.findall(rb"(\w+)=\"", info)
        == (
            b"BITRATE GENRE LABEL COMMENT RATING MIX KEY PLAYCOUNT PLAYTIME RANKING IMPORT_DATE RELEASE_DATE "
            b"FLAGS COLOR NEW"
        ).split()
    )
    assert after.text.startswith(
        b'<ENTRY %b LOCK="1" LOCK_MODIFICATION_TIME="2026-11-05T01:01:01" AUDIO_ID' % STAMP
    )


def test_new_elements_come_behind_their_predecessor() -> None:
    bare = entry(info=None, inside='<LOUDNESS PEAK_DB="1"></LOUDNESS>\n<CELL></CELL>\n')
    cue = (0, 5.0, 0.0, 1, None, None, None, None)
    after = patched(bare, {"album": "A", "track_number": 2, "rating": 5, "bpm": 120.0, "key": 0}, [cue])
    assert after.text.decode() == (
        f'<ENTRY {STAMP.decode()} TITLE="One" ARTIST="Ada">'
        '<LOCATION DIR="/:Music/:" FILE="one.mp3" VOLUME="C:" VOLUMEID="1a2b"></LOCATION>\n'
        '<ALBUM TRACK="2" TITLE="A"></ALBUM>\n<INFO RANKING="255"></INFO>\n'
        '<TEMPO BPM="120.000000" BPM_QUALITY="100.000000"></TEMPO>\n'
        '<LOUDNESS PEAK_DB="1"></LOUDNESS>\n<MUSICAL_KEY VALUE="0"></MUSICAL_KEY>\n'
        '<CUE_V2 NAME="n.n." DISPL_ORDER="0" TYPE="0" START="5.000000" LEN="0.000000" REPEATS="-1" '
        'HOTCUE="0"></CUE_V2>\n<CELL></CELL>\n</ENTRY>\n'
    )


def test_unknown_is_no_attribute_and_no_empty_element() -> None:
    nothing = dict.fromkeys(FIELDS) | {"rating": 0}
    after = patched(ENTRY, nothing, [])
    assert not after.refusals
    assert after.text.decode() == (
        f'<ENTRY {STAMP.decode()} AUDIO_ID="AWx" TITLE="">'
        '<LOCATION DIR="/:Music/:" FILE="one.mp3" VOLUME="C:" VOLUMEID="1a2b"></LOCATION>\n'
        '<ALBUM OF_TRACKS="9"></ALBUM>\n<MODIFICATION_INFO AUTHOR_TYPE="user"></MODIFICATION_INFO>\n'
        '<INFO BITRATE="320000" PLAYTIME="300" FLAGS="12" NEW="x"></INFO>\n'
        '<TEMPO BPM_QUALITY="100.000000"></TEMPO>\n'
        '<LOUDNESS PEAK_DB="-1.0" PERCEIVED_DB="-2.0" ANALYZED_DB="-2.0"></LOUDNESS>\n'
        '<CELL A="1"></CELL>\n</ENTRY>'
    )
    assert patched(after.text, nothing, []).text == after.text
    album = entry(inside='<ALBUM TITLE="A"></ALBUM>\n')
    assert b"ALBUM" not in patched(album, {"album": None}).text


def test_a_year_alone_is_its_first_day() -> None:
    assert text_of("INFO", "RELEASE_DATE", patched(ENTRY, {"released": "2014"}).text) == "2014/1/1"
    assert text_of("INFO", "RELEASE_DATE", patched(ENTRY, {"released": "2014-07"}).text) == "2014/7/1"


@pytest.mark.parametrize("ranking, stars", [("1", 1), ("64", 2), ("196", 4), ("252", 5), ("204", 4)])
def test_a_foreign_rating_of_the_same_stars_stays(ranking: str, stars: int) -> None:
    text = entry(info=f'RANKING="{ranking}"')
    assert patched(text, {"rating": stars}).text == text.encode()
    assert text_of("INFO", "RANKING", patched(text, {"rating": 3}).text) == "153"


@pytest.mark.parametrize(
    "field, value",
    [
        ("title", "bell \x07"),
        ("comment", "half \ud83d"),
        ("rating", "many"),
        ("color", 9),
        ("released", "soon"),
        ("track_number", -3),
        ("key", 24),
        ("bpm", float("inf")),
        ("bpm", -1.0),
    ],
)
def test_what_no_file_can_hold_is_refused_and_the_rest_is_done(field: str, value: Any) -> None:
    after = patched(ENTRY, {field: value, "artist": "Eva"})
    assert [refusal.field for refusal in after.refusals] == [field]
    assert after.text == patched(ENTRY, {"artist": "Eva"}).text != ENTRY.encode()
    assert patched(ENTRY, {field: value}).text == ENTRY.encode()


def test_a_damaged_entry_is_refused() -> None:
    after = patched("<ENTRY TITLE='a'><INFO></ENTRY>", {"title": "b"})
    assert after.text == b"<ENTRY TITLE='a'><INFO></ENTRY>"
    assert after.refusals == (("entry", "it is damaged: mismatched tag"),)


# The key


@pytest.mark.parametrize(
    "text, spelled", [("10m", "1m"), ("5A", "8A"), ("05A", "08A"), ("Cm", "Am"), ("C minor", "A minor")]
)
def test_the_key_of_the_tag_follows_in_its_own_notation(text: str, spelled: str) -> None:
    after = patched(
        entry(info=f'KEY="{text}"', inside='<MUSICAL_KEY VALUE="12"></MUSICAL_KEY>\n'), {"key": 21}
    )
    assert text_of("INFO", "KEY", after.text) == spelled
    assert text_of("MUSICAL_KEY", "VALUE", after.text) == "21"


def test_a_tag_that_is_no_key_or_is_edited_itself_does_not_follow() -> None:
    assert text_of("INFO", "KEY", patched(entry(info='KEY="off"'), {"key": 21}).text) == "off"
    own = patched(entry(info='KEY="10m"'), {"key": 21, "key_text": "Am!"})
    assert text_of("INFO", "KEY", own.text) == "Am!"
    assert patched(entry(info='KEY="1m"'), {"key": 21}).text == entry(info='KEY="1m"').encode()


def test_a_key_that_only_the_tag_has_stays_when_the_tag_changes() -> None:
    after = patched(entry(info='KEY="10m"'), {"key_text": "loud"})
    assert read(after.text)[0]["key"] == 12
    assert text_of("MUSICAL_KEY", "VALUE", after.text) == "12"


def test_an_unknown_key_is_unknown_everywhere() -> None:
    after = patched(ENTRY, {"key": None})
    assert b"MUSICAL_KEY" not in after.text
    assert b' KEY="' not in after.text
    kept = patched(ENTRY, {"key": None, "key_text": "5A"})
    assert kept.refusals == (("key", "the tag still names one (5A)"),)


# Tempo and lock


def locked(text: str) -> str:
    return text.replace(
        'AUDIO_ID="AWx"', 'LOCK="1" LOCK_MODIFICATION_TIME="2024-01-01T00:00:00" AUDIO_ID="AWx"'
    )


def test_the_grid_follows_the_tempo() -> None:
    text = patched(ENTRY, {"bpm": 63}).text
    assert text.count(b'BPM="63.000000"') == 2
    old = ENTRY.replace('<GRID BPM="124.000000"></GRID>\n', "")
    assert patched(old, {"bpm": 63}).text.count(b'BPM="63.000000"') == 1


def test_the_tempo_of_a_flexible_grid_or_of_a_locked_track_is_refused() -> None:
    marker = ENTRY[ENTRY.index("<CUE_V2") : ENTRY.index("</CUE_V2>\n") + 10]
    flexible = ENTRY.replace("<CELL", marker.replace("50.5", "90.5") + "<CELL")
    for text, reason in (
        (flexible, "its beat grid has 2 markers"),
        (locked(ENTRY), "the track is locked in Traktor"),
    ):
        after = patched(text, {"bpm": 63})
        assert after == (text.encode(), (("bpm", reason),), 0)
        assert patched(text, {"bpm": 63, "rating": 1}).text == patched(text, {"rating": 1}).text


def test_a_track_that_the_same_edit_unlocks_takes_its_tempo() -> None:
    after = patched(locked(ENTRY), {"bpm": 63, "locked": 0})
    assert not after.refusals
    assert after.text.startswith(
        b'<ENTRY %b LOCK="0" LOCK_MODIFICATION_TIME="2026-11-05T01:01:01" AUDIO_ID' % STAMP
    )
    assert patched(ENTRY, {"bpm": 63, "locked": 1}).refusals == ()
    assert patched(locked(ENTRY), {"bpm": 63, "locked": 1}).refusals


def test_a_grid_that_the_same_edit_sets_wins_over_the_tempo() -> None:
    grid, *rest = read(ENTRY.encode())[0]["cues"]
    after = patched(ENTRY, {"bpm": 63.0}, [(*grid[:6], 62.5, None), *rest])
    [image] = read(after.text)
    assert (image["bpm"], image["cues"][0][6]) == (63.0, 62.5)


# The law

_TEXT = st.one_of(
    st.none(),
    st.text(
        st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t\r\"'<>&"),
        min_size=1,
        max_size=12,
    ),
)
_DAY = st.none() | st.dates().map(lambda day: day.isoformat())
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(
        "title artist album genre label remixer producer comment comment2 mix catalogue".split(), _TEXT
    ),
    "key_text": st.none() | st.sampled_from(["loud", "?", "all"]),
    "track_number": st.none() | st.integers(1, 99),
    "released": _DAY,
    "played": _DAY,
    "added": _DAY,
    "rating": st.none() | st.integers(1, 5),
    "color": st.none() | st.integers(1, 7),
    "plays": st.integers(0, 10**6),
    "key": st.none() | st.integers(0, 23),
    "bpm": st.none() | st.integers(20_000_000, 400_000_000).map(lambda number: number / 1_000_000),
    "locked": st.integers(0, 1),
}
_ENTRIES = st.sampled_from(
    [*demo_entries(19), *demo_entries(20), *(text.encode() for text in LAYOUTS.values())]
)


@given(_ENTRIES, st.fixed_dictionaries({}, optional=_VALUES))
@settings(max_examples=100, deadline=None)
def test_what_is_wanted_is_read_back_and_nothing_else_has_changed(
    before: bytes, fields: dict[str, Any]
) -> None:
    after = patched(before, fields)
    old, new = read(before, after.text)
    refused = {refusal.field for refusal in after.refusals}
    expected = old | {name: value for name, value in fields.items() if name not in refused}
    follows = "key_text" not in fields and keys.parse(old["key_text"] or "") is not None
    if follows and fields.get("key", old["key"]) != old["key"]:
        assert keys.parse(new["key_text"] or "") == fields["key"]
        expected["key_text"] = new["key_text"]
    if (bpm := expected["bpm"]) != old["bpm"] and bpm is not None:
        expected["cues"] = [(*cue[:6], bpm if cue[6] else None, cue[7]) for cue in old["cues"]]
    assert refused <= ({"bpm"} if old["locked"] else set())
    del expected["modified"], old["modified"]
    changed = new.pop("modified") == "2026-11-05T01:01:01Z"
    assert new == expected
    assert changed == (new != old)
    assert patched(after.text, fields).text == after.text


def test_edits_and_results_can_be_pickled() -> None:
    edit = EntryEdit(b"hash", {"title": "x"}, [(0, 1.0, 0.0, None, None, None, None, None)])
    assert pickle.loads(pickle.dumps(edit)) == edit
    done = patch_entry(ENTRY.encode(), edit, NOW)
    assert pickle.loads(pickle.dumps(done)) == done
