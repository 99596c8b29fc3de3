"""What a DJ types into a field is understood or refused with a sentence, and shown as it is typed."""

from __future__ import annotations

from typing import Any

import pytest

from djtui.library import typed


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("title", "Opal ", "Opal "),
        ("title", "none", "none"),
        ("title", "  ", None),
        ("rating", "4", 4),
        ("rating", "0", None),
        ("color", "Red", 1),
        ("color", "magenta", 7),
        ("color", "none", None),
        ("key", "8A", 21),
        ("key", "Am", 21),
        ("key", "1m", 21),
        ("key", "none", None),
        ("bpm", "124.125", 124.125),
        ("bpm", "123.99998", 124.0),
        ("bpm", "", None),
        ("track_number", "07", 7),
        ("released", "2025-06", "2025-06"),
        ("locked", "yes", 1),
        ("locked", "no", 0),
    ],
)
def test_values_are_read(field: str, text: str, value: Any) -> None:
    assert typed.read(field, text) == value
    assert typed.read(field, typed.show(field, value)) == value


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("rating", "6", "0 to 5 stars"),
        ("color", "magneta", "Did you mean magenta"),
        ("key", "X", "8A, Am or 1m"),
        ("bpm", "12", "20 to 400"),
        ("bpm", "1e2", "20 to 400"),
        ("bpm", "nan", "20 to 400"),
        ("track_number", "0", "1 to 9999"),
        ("released", "2025-13", "2025-06-01"),
        ("released", "2025-02-30", "2025-06-01"),
        ("locked", "maybe", "yes or no"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(field: str, text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        typed.read(field, text)


@pytest.mark.parametrize(
    ("text", "start"),
    [("1:04.2", 64200.0), ("64.2", 64200.0), ("0:00", 0.0), ("1:02:03", 3723000.0), ("0:01.0005", 1000.5)],
)
def test_times_are_read(text: str, start: float) -> None:
    assert typed.milliseconds(text) == start


@pytest.mark.parametrize("text", ["", "1:60", "1:61:00", "-1", "1:", "soon"])
def test_no_times_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        typed.milliseconds(text)


def test_times_are_shown_to_the_millisecond() -> None:
    assert [typed.clock(start) for start in (0.0, 64200.04, 59999.9)] == ["0:00.000", "1:04.200", "1:00.000"]
