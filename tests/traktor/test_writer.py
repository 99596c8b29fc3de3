"""Text to Traktor's byte rules."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djtui.traktor.writer import (
    ATTRIBUTES,
    day,
    decimal,
    element,
    escape,
    opening,
    possible,
    without_impossible,
)


def test_values_are_escaped_as_traktor_does() -> None:
    assert escape("a&b<c>d\"e'f\ng\rh\ti") == "a&amp;b&lt;c>d&quot;e'f&#xA;g&#xD;h&#x9;i"


def test_elements_are_never_self_closed_and_end_with_a_newline() -> None:
    assert element("A", (("X", "1"), ("Y", None), ("Z", ""))) == '<A X="1" Z=""></A>\n'
    assert opening("A") == "<A>"


def test_days_have_no_padding_and_numbers_six_digits() -> None:
    assert [day(text) for text in ("2026-02-08", "2012", "2012-11", "2026-02-08T10:00:00Z")] == [
        "2026/2/8",
        "2012/1/1",
        "2012/11/1",
        "2026/2/8",
    ]
    assert decimal(128) == "128.000000"
    with pytest.raises(ValueError, match="invalid literal"):
        day("soon")


@given(st.text())
def test_a_text_is_possible_if_a_parser_takes_it_back(text: str) -> None:
    if possible(text):
        parsed = ElementTree.fromstring(element("A", (("X", text),)).encode())
        assert parsed.get("X") == text
    left = without_impossible(text)
    assert possible(left)
    assert (left == text) == possible(text)


def test_orders_name_an_attribute_once() -> None:
    for names in ATTRIBUTES.values():
        assert len(names) == len(set(names))
