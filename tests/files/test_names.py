"""What a file may be called."""

from __future__ import annotations

import os
from pathlib import Path
from unicodedata import category, is_normalized, normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djtui.files import names

any_text = st.text(st.characters(), max_size=40)


@pytest.mark.parametrize(
    ("value", "clean"),
    [
        ("AC/DC", "AC-DC"),
        ('What? "Why": 7|8 <x> a*b\\c', "What 'Why'- 7-8 (x) a_b-c"),
        ("  a \t\n b  ", "a b"),
        ("a\x1b[31mb\x00\x85c", "a[31mb c"),
        ("left\u202eright\u2066\u200b", "leftright"),
        ("e\u0301", "é"),
        ("\ud800half", "half"),
        ("👩\u200d🎤", "👩\u200d🎤"),
        ("a\u200db\u200d", "ab"),
        ("\u3164\u2800", ""),
        ("???", ""),
    ],
)
def test_a_value_is_made_harmless(value: str, clean: str) -> None:
    assert names.clean(value) == clean


@pytest.mark.parametrize(
    ("text", "component"),
    [
        ("CON", "CON_"),
        ("con.x", "con_.x"),
        ("Nul .foo", "Nul_ .foo"),
        ("COM1", "COM1_"),
        ("lpt¹", "lpt¹_"),
        ("COM10", "COM10"),
        ("Concrete", "Concrete"),
        (".hidden", "hidden"),
        ("-rf", "rf"),
        ("Vol. ...", "Vol"),
        ("..", ""),
        (" . - ", ""),
        ("a  b", "a b"),
    ],
)
def test_a_component_is_one_everywhere(text: str, component: str) -> None:
    assert names.component(text) == component


@pytest.mark.parametrize(
    ("path", "extension"),
    [
        ("/m/A.mp3", ".mp3"),
        ("/m/A.MP3", ".MP3"),
        ("/m/A.b.flac", ".flac"),
        ("/m/A.stem.mp4", ".stem.mp4"),
        ("/m/A.b.Stem.MP4", ".Stem.MP4"),
        ("/m/.stem.mp4", ".mp4"),
        ("/m/A.stem.mp3", ".mp3"),
        ("/m/System.mp4", ".mp4"),
        ("/m/.mp3", ""),
        ("/m.x/name", ""),
        ("/m/Vol. two", ""),
        ("/m/A.", ""),
        ("/m/A.mp\u0663", ""),
        ("A.mp3", ".mp3"),
        ("", ""),
    ],
)
def test_an_extension_is_kept_as_it_is_spelled(path: str, extension: str) -> None:
    assert names.extension(path) == extension


@pytest.mark.parametrize(
    ("text", "room", "short"),
    [
        ("abc", 2, "ab"),
        ("aé", 2, "a"),
        ("xe\u0323\u0302", 4, "x"),
        ("a👩\u200d🎤", 8, "a"),
        ("a👍🏽", 5, "a"),
        ("🇩🇪🇫🇷", 12, "🇩🇪"),
        ("🇩🇪🇫🇷", 8, "🇩🇪"),
        ("각\u11a8", 5, ""),
        ("\u1112\u1161\u11ab\u1112", 9, "\u1112\u1161\u11ab"),
        ("ab cd", 3, "ab"),
        ("abc", 3, "abc"),
    ],
)
def test_a_text_is_cut_between_what_a_reader_sees_as_characters(text: str, room: int, short: str) -> None:
    assert names.shorten(text, room) == short


@given(any_text)
def test_cleaning_what_is_clean_changes_nothing(value: str) -> None:
    clean = names.clean(value)
    assert names.clean(clean) == clean
    assert is_normalized("NFC", clean)
    assert not set(clean) & set(names.FORBIDDEN)
    assert not {category(char) for char in clean} & {"Cc", "Cs", "Zl", "Zp"}


@given(any_text, st.integers(0, 60))
def test_a_shortened_text_is_a_beginning_that_fits(text: str, room: int) -> None:
    text = text.encode("utf-8", "ignore").decode()
    short = names.shorten(text, room)
    assert names.size(short) <= room
    assert text.startswith(short)
    following = text[len(short) : len(short) + 1]
    if following and not following.isspace():
        assert normalize("NFC", short + following).startswith(normalize("NFC", short)) or not short


@given(any_text)
def test_every_component_can_be_the_name_of_a_file(value: str) -> None:
    name = names.component(names.shorten(names.clean(value), 240))
    assert name == names.component(name)
    if name:
        assert name[0] not in ". -" and name[-1] not in ". "
        assert len(os.fsencode(name)) <= 255 and "\0" not in name and "/" not in name


def test_the_longest_name_can_be_made(tmp_path: Path) -> None:
    name = names.shorten("é🎧" * 200, names.LONGEST - 4) + ".mp3"
    (tmp_path / name).touch()
    assert os.listdir(tmp_path) == [name]


def test_twins_are_told_as_file_systems_tell_them() -> None:
    composed, decomposed = "/m/é.mp3", "/m/e\u0301.mp3"
    assert names.as_written(composed) != names.as_written(decomposed)
    assert names.composed(composed) == names.composed(decomposed)
    assert names.caseless("/m/É.MP3") == names.caseless(composed) != names.caseless(decomposed)
    assert names.folded("/m/É.MP3") == names.folded(decomposed)


def test_a_hostile_name_is_shown_harmlessly() -> None:
    assert names.shown("/m/a\x1b\udcffb.mp3") == "a \ufffdb.mp3"
