"""Text as it is compared and as it is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from djtui.model.text import fold, harmless, is_text, spelled, words


def test_case_and_diacritics_do_not_matter() -> None:
    assert fold("Björk") == fold("BJORK") == "bjork"
    assert fold("Дельфин") == fold("ДЕЛЬФИН")
    assert fold("Straße") == "strasse"


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_words_are_cut_at_everything_that_is_no_letter_or_digit() -> None:
    assert words("opal (four tet remix)", None, "opal") == "opal four tet remix"
    assert words("坂本 龍一_x") == "坂本 龍一 x"


def test_a_title_cannot_speak_to_the_terminal() -> None:
    assert harmless("a\x1b[31mb\x07\x9bc\u202ed\u200be") == "a [31mb  c d e"
    assert harmless("[bold]Björk[/bold] 坂本") == "[bold]Björk[/bold] 坂本"


def test_a_name_that_is_no_utf_8_can_be_stored_and_shown() -> None:
    name = b"Bj\xc3\xb6rk \xe9.mp3".decode("utf-8", "surrogateescape")
    assert not is_text(name)
    assert spelled(name) == "Björk \\xe9.mp3"
    assert harmless(name) == "Björk  .mp3"
    assert is_text(spelled("\ud800")) and is_text(harmless("\ud800"))


@given(st.text())
def test_harmless_text_has_no_control_characters(text: str) -> None:
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in harmless(text))
