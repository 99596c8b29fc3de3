"""Keys in their three notations."""

from __future__ import annotations

import pytest

from djtui.model import key as keys

CAMELOT_MAJOR = (8, 3, 10, 5, 12, 7, 2, 9, 4, 11, 6, 1)
CAMELOT_MINOR = (5, 12, 7, 2, 9, 4, 11, 6, 1, 8, 3, 10)
OPEN_MAJOR = (1, 8, 3, 10, 5, 12, 7, 2, 9, 4, 11, 6)
OPEN_MINOR = (10, 5, 12, 7, 2, 9, 4, 11, 6, 1, 8, 3)


def test_traktors_numbers_have_the_names_that_dj_software_gives_them() -> None:
    assert [keys.camelot(key) for key in range(24)] == [
        *(f"{hour}B" for hour in CAMELOT_MAJOR),
        *(f"{hour}A" for hour in CAMELOT_MINOR),
    ]
    assert [keys.open_key(key) for key in range(24)] == [
        *(f"{hour}d" for hour in OPEN_MAJOR),
        *(f"{hour}m" for hour in OPEN_MINOR),
    ]
    assert keys.musical(21) == "Am"


@pytest.mark.parametrize("notation", ["musical", "camelot", "open"])
def test_every_key_is_read_back_from_every_notation(notation: keys.Notation) -> None:
    assert [keys.parse(keys.spell(key, notation)) for key in range(24)] == list(range(24))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("8A", 21),
        ("08a", 21),
        ("1m", 21),
        ("Amin", 21),
        ("a minor", 21),
        ("e♭", 3),
        ("F#", 6),
        ("F♯m", 18),
        ("Bb", 10),
    ],
)
def test_keys_are_read_as_taggers_spell_them(text: str, key: int) -> None:
    assert keys.parse(text) == key


@pytest.mark.parametrize("text", ["", "off", "13A", "0B", "H#x", "Am/C", "8", "none"])
def test_what_is_no_key_is_unknown(text: str) -> None:
    assert keys.parse(text) is None


def test_the_neighbours_of_8a_are_7a_9a_and_8b() -> None:
    eight_a = keys.parse("8A")
    assert eight_a is not None
    assert {keys.camelot(key) for key in keys.neighbours(eight_a)} == {"8A", "7A", "9A", "8B"}


def test_being_neighbours_is_mutual() -> None:
    assert all(key in keys.neighbours(other) for key in range(24) for other in keys.neighbours(key))
