"""What is no NML, or damaged NML: one clear sentence, and the good entries where there are any."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from djtui.traktor.entry import ParsedEntries, entry_keys, parse_entries
from djtui.traktor.location import VolumeMap
from djtui.traktor.nml import NmlError, survey
from djtui.traktor.tree import read_tree
from tests.traktor.nml_text import STANDARD, entry, location, nml, playlist, playlists, written

GOOD = [entry(f"{name}.mp3") for name in ("one", "two", "three")]
LAUGHS = (
    '<?xml version="1.0"?>\n<!DOCTYPE NML [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>\n'
    "<NML><COLLECTION>&c;</COLLECTION></NML>"
)
EXTERNAL = (
    '<?xml version="1.0"?><!DOCTYPE NML [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
    '<NML><COLLECTION><ENTRY TITLE="&secret;"></ENTRY></COLLECTION></NML>'
)

REFUSED: dict[str, tuple[str | bytes, str]] = {
    "nothing": ("", r"is empty\.$"),
    "blanks": ("  \n\n ", r"is not XML \(line 3\)\.$"),
    "text": ("These are not the tracks.\n", r"is not XML \(line 1\)\.$"),
    "zeros": (b"\0" * 5000, r"is not XML \(line 1\)\.$"),
    "noise": (bytes(range(1, 256)), r"is not XML"),
    "JSON": ('{"tracks": []}', r"is not XML"),
    "gzip": (b"\x1f\x8b\x08\0\0\0", r"is compressed with gzip; unpack it first\.$"),
    "zip": (b"PK\x03\x04....", r"is a zip archive"),
    "macOS companion": (b"\x00\x05\x16\x07\x00\x02\0\0Mac OS X", r"is a macOS companion file"),
    "UTF-16": (nml(*GOOD).encode("utf-16"), r"is in UTF-16; Traktor writes UTF-8\.$"),
    "Latin-1, declared": (
        nml(entry("ü.mp3")).replace("UTF-8", "ISO-8859-1").encode("latin-1"),
        r"says that it is in ISO-8859-1; Traktor writes UTF-8 \(line 1\)\.$",
    ),
    "an encoding nobody knows": (nml().replace("UTF-8", "KLINGON"), r"says that it is in KLINGON"),
    "rekordbox": ("<DJ_PLAYLISTS><PRODUCT/></DJ_PLAYLISTS>", r"is XML but not NML: its root is <DJ_PLAY"),
    "iTunes": ('<!DOCTYPE plist PUBLIC "-//A" "http://x">\n<plist/>', r"has a DOCTYPE"),
    "billion laughs": (LAUGHS, r"has a DOCTYPE, which Traktor never writes .*\(line 2\)\.$"),
    "external entity": (EXTERNAL, r"has a DOCTYPE"),
    "an entity without DOCTYPE": ("<NML>&laughs;</NML>", r"is damaged: undefined entity \(line 1\)"),
    "cut among the entries": (nml(*GOOD).partition("two")[0], r"is cut off: the end is missing \(line 7\)"),
    "cut in the playlists": (nml(*GOOD).partition("_RECORDINGS")[0], r"is cut off"),
    "cut in a tag": (nml(*GOOD).removesuffix("ML>\n"), r"is cut off"),
    "cut in a letter": (nml(entry("ü.mp3")).encode().partition(b"\xbc")[0], r"is cut off"),
    "zeros among the entries": (nml(GOOD[0], "\0" * 700, GOOD[1]), r"is damaged: not well-formed"),
    "tags that cross": (nml().replace("</PLAYLISTS>", "</PLAYLIST>"), r"is damaged: mismatched tag"),
    "two roots": (nml(*GOOD) + "<NML></NML>", r"is damaged: junk after document element"),
    "damage, and a comment": (nml("<!-- x -->", '<ENTRY A="a" A="b">'), r"is damaged: duplicate attribute"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_collection_is_refused_with_a_sentence(tmp_path: Path, case: str) -> None:
    text, sentence = REFUSED[case]
    path = written(tmp_path, text)
    with pytest.raises(NmlError, match=sentence) as refusal:
        survey(path)
    message = str(refusal.value)
    assert message.startswith(str(path)) and message.endswith(".") and "\n" not in message
    with pytest.raises(NmlError):
        survey(path, thorough=True)


def test_a_damaged_collection_is_refused_with_its_line_and_where_backups_are(tmp_path: Path) -> None:
    text = nml(*GOOD).replace("</PLAYLISTS>", "</PLAYLIST>")
    line = text.partition("</PLAYLIST>\n<INDEXING")[0].count("\n") + 1
    with pytest.raises(NmlError, match=rf"\(line {line}\)\. .*Backup/Collection\.$"):
        survey(written(tmp_path, text))


def parsed(tmp_path: Path, text: str | bytes) -> ParsedEntries:
    path = written(tmp_path, text)
    found = survey(path)
    result = parse_entries(str(path), found.fingerprint, found.entries, VolumeMap())
    keys = entry_keys(str(path), found.fingerprint, found.entries)
    for key, parsed_entry in zip(keys, result.entries, strict=True):
        assert parsed_entry is None or parsed_entry.key == key
    return result


def titles(result: ParsedEntries) -> list[str | None]:
    return [None if found is None else found.name.rpartition(" – ")[2] for found in result.entries]


DAMAGED = {
    "a tag that is not closed": entry("bad.mp3", inside="<ALBUM>"),
    "an attribute twice": entry("bad.mp3", attributes='TITLE="a" TITLE="b"'),
    "a bare ampersand": entry("bad.mp3", attributes='TITLE="Salt & Pepper"'),
    "an entity": entry("bad.mp3", attributes='TITLE="&laughs;"'),
    "an ESC": entry("bad.mp3", attributes='TITLE="\x1b[2J"'),
    "an ESC by number": entry("bad.mp3", attributes='TITLE="&#27;[2J"'),
    "zeros": entry("bad.mp3", attributes='TITLE="\0\0\0"'),
    "a lone surrogate by number": entry("bad.mp3", attributes='TITLE="&#xD800;"'),
    "no closing quote": entry("bad.mp3", attributes='TITLE="a'),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_entry_costs_itself_alone_and_is_named_with_its_line(tmp_path: Path, damage: str) -> None:
    text = nml(GOOD[0], GOOD[1], DAMAGED[damage], GOOD[2])
    result = parsed(tmp_path, text)
    assert [found is None for found in result.entries] == [False, False, True, False]
    [failure] = result.failures
    assert failure.place == 2
    assert failure.item == "C:/:Music/:bad.mp3"
    line = int(failure.reason.removeprefix("line ").partition(":")[0])
    first = text[: text.index(DAMAGED[damage])].count("\n") + 1
    assert first <= line <= first + DAMAGED[damage].count("\n")
    assert "it is damaged: " in failure.reason


def test_an_entry_that_is_not_utf_8_costs_itself_alone(tmp_path: Path) -> None:
    text = nml(GOOD[0], entry("bad.mp3", attributes='TITLE="M\xfcller"'), GOOD[1])
    result = parsed(tmp_path, text.encode("latin-1"))
    assert [found is None for found in result.entries] == [False, True, False]
    assert result.failures[0].item == "C:/:Music/:bad.mp3"


@pytest.mark.parametrize(
    "place", ["", "<LOCATION></LOCATION>", location(file=""), '<LOCATION DIR="/:" VOLUME="C:"></LOCATION>']
)
def test_an_entry_without_location_is_listed_and_the_others_come_in(tmp_path: Path, place: str) -> None:
    result = parsed(tmp_path, nml(GOOD[0], entry(place=place), GOOD[1]))
    assert [found is None for found in result.entries] == [False, True, False]
    [failure] = result.failures
    assert (failure.place, failure.item) == (1, "One (line 7)")
    assert failure.reason == "line 7: it does not say where its file is (LOCATION)"


def test_entries_without_location_are_told_apart_by_their_lines(tmp_path: Path) -> None:
    result = parsed(tmp_path, nml(entry(place=""), entry(place="", attributes=""), entry(place="")))
    assert [failure.item for failure in result.failures] == ["One (line 4)", "entry (line 6)", "One (line 8)"]


def test_two_entries_of_one_key_are_both_handed_over(tmp_path: Path) -> None:
    result = parsed(tmp_path, nml(GOOD[0], GOOD[0], GOOD[1]))
    assert [found.key for found in result.entries if found] == [
        "C:/:Music/:one.mp3",
        "C:/:Music/:one.mp3",
        "C:/:Music/:two.mp3",
    ]


def test_hostile_titles_are_data(tmp_path: Path) -> None:
    hostile = "[bold]a[/] \x9b2J &#x9b;31m \u202eevil &lt;script&gt; %s {0} &#xA;line"
    [found] = parsed(tmp_path, nml(entry(attributes=f'TITLE="{hostile}"'))).entries
    assert found is not None
    assert found.name == "[bold]a[/] \x9b2J \x9b31m \u202eevil <script> %s {0} \nline"


def test_an_attribute_of_a_megabyte_is_read(tmp_path: Path) -> None:
    huge = "x" * (1 << 20)
    text = nml(GOOD[0], entry("two.mp3", attributes=f'TITLE="{huge}"', info=f'COMMENT="{huge}"'), GOOD[2])
    path = written(tmp_path, text)
    assert survey(path, block=50_000) == survey(path, thorough=True)
    assert titles(parsed(tmp_path, text)) == ["One", huge, "One"]


def test_an_item_that_names_no_track_is_reported_and_the_list_stays(tmp_path: Path) -> None:
    tree = playlists(STANDARD, playlist("Set", "a", "", "b"))
    path = written(tmp_path, nml(*GOOD, tree=tree))
    found = survey(path)
    nodes, failures = read_tree(path, found.fingerprint, found.playlists)
    assert [item.key for item in nodes[-1].items] == ["a", "b"]
    assert failures == [("Set", "its item 2 names no track")]


@pytest.mark.parametrize("comment", ["", "<!-- kept -->"])
def test_a_file_cut_off_anywhere_is_refused_with_a_sentence(tmp_path: Path, comment: str) -> None:
    whole = nml(*GOOD, comment, entry("日本.mp3"), tree=playlists(STANDARD, playlist("é", "x"))).encode()
    places = random.Random(11)
    for length in {1, 30, 60, *(places.randrange(1, len(whole) - 2) for _ in range(250))}:
        with pytest.raises(NmlError, match=r"is cut off|is not XML"):
            survey(written(tmp_path, whole[:length]))
    assert len(survey(written(tmp_path, whole.rstrip())).entries) == 4


def test_random_damage_never_ends_in_anything_but_a_sentence_or_a_failure(tmp_path: Path) -> None:
    whole = nml(*GOOD, entry("日本.mp3"), tree=playlists(STANDARD, playlist("é", "x"))).encode()
    chance = random.Random(12)
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(data))
            data[place : place + chance.randint(0, 9)] = chance.randbytes(chance.randint(0, 3))
        path = written(tmp_path, bytes(data))
        try:
            found = survey(path)
        except NmlError as refusal:
            assert str(refusal).endswith(".")
            continue
        result = parse_entries(str(path), found.fingerprint, found.entries, VolumeMap())
        entry_keys(str(path), found.fingerprint, found.entries)
        read_tree(path, found.fingerprint, found.playlists)
        assert len(result.entries) == len(found.entries)
        assert sum(parsed is None for parsed in result.entries) == len(result.failures)
