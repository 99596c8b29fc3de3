"""A key respelled in the notation that a tag has."""

from __future__ import annotations

import pytest

from djtui.model import key as keys
from djtui.traktor.key_text import respelled


@pytest.mark.parametrize(
    "text, key, spelled",
    [
        ("10m", 21, "1m"),
        ("1M", 7, "2D"),
        ("5A", 0, "8B"),
        ("05A", 0, "08B"),
        ("12a", 21, "8a"),
        ("Cm", 22, "Bbm"),
        ("C", 21, "Am"),
        ("Bbm", 1, "Db"),
        ("F#m", 15, "D#m"),
        ("Cmin", 3, "Ebmaj"),
        ("C minor", 10, "Bb major"),
        ("A Minor", 8, "Ab Major"),
        ("AMAJ", 21, "AMIN"),
        ("e♭", 10, "b♭"),
        ("a♭ moll", 5, "f dur"),
        ("D ♯ min", 18, "F ♯ min"),
        ("cm", 23, "bm"),
        (" 7m ", 21, "1m"),
    ],
)
def test_it_keeps_notation_case_and_signs(text: str, key: int, spelled: str) -> None:
    assert respelled(text, key) == spelled


@pytest.mark.parametrize(
    "text", ["10m", "5A", "05a", "Cm", "c", "C# minor", "D♭maj", "H", "A moll", "F  #", "x"]
)
def test_it_is_read_as_the_key_that_it_spells(text: str) -> None:
    for key in range(24):
        assert keys.parse(respelled(text, key)) == key
