"""A rule can be picked instead of typed, and picked apart again where it is simple."""

from __future__ import annotations

import pytest

from djtui.query import FIELDS, QueryError, parse
from djtui.routing.form import ANYWHERE, Form, FormError, Line, operators, read, with_line, write, write_line

WRITTEN = [
    (Line("bpm", "at most", "122"), "bpm:<=122"),
    (Line("bpm", "between", "120 to 128"), "bpm:120..128"),
    (Line("bpm", "between", "120..128"), "bpm:120..128"),
    (Line("bpm", "near", "126"), "bpm:~126"),
    (Line("key", "near", "8A"), "key:~8A"),
    (Line("key", "is not", "8A, 9A"), "-key:8A,9A"),
    (Line("genres", "is", "techno, deep house"), 'genres:=techno,="deep house"'),
    (Line("genres", "is not", "pop"), "-genres:=pop"),
    (Line("genre", "has", "none"), 'genre:"none"'),
    (Line("genre", "unknown"), "genre:none"),
    (Line("title", "has not", "remix"), "-title:remix"),
    (Line("explicit", "is", "no"), "explicit:no"),
    (Line("duration", "between", "3:00..5:00"), "duration:3:00..5:00"),
    (Line("added", "newer than", "30d"), "added:<30d"),
    (Line("released", "since", "2015"), "released:>=2015"),
    (Line("year", "more than", "2014"), "year:>2014"),
    (Line("color", "is", "red, blue"), "color:red,blue"),
    (Line("crate", "has", "Warm-up"), 'crate:"Warm-up"'),
    (Line("crate", "unknown"), "crate:none"),
    (Line(ANYWHERE, "has", "bicep"), "bicep"),
    (Line(ANYWHERE, "has not", "OR"), '-"OR"'),
    (Line("artist", "is", 'the "x"'), 'artist:="the ""x"""'),
]


@pytest.mark.parametrize(("line", "text"), WRITTEN, ids=[text for _, text in WRITTEN])
def test_a_line_writes_a_condition(line: Line, text: str) -> None:
    assert write_line(line) == text


@pytest.mark.parametrize("text", [text for _, text in WRITTEN])
def test_what_a_form_wrote_it_can_read(text: str) -> None:
    form = read(text)
    assert form is not None
    assert parse(write(form)) == parse(text)


@pytest.mark.parametrize(
    ("rule", "form"),
    [
        ("", Form()),
        (
            "bpm:..122 -explicit:yes glue",
            Form(
                (
                    Line("bpm", "at most", "122"),
                    Line("explicit", "is not", "yes"),
                    Line(ANYWHERE, "has", "glue"),
                )
            ),
        ),
        ("bpm:>120 OR bpm:none", Form((Line("bpm", "more than", "120"), Line("bpm", "unknown")), "any")),
        ("-bpm:~126", Form((Line("bpm", "not near", "126"),))),
        ("released:2024-02..2025-01", Form((Line("released", "in", "2024-02..2025-01"),))),
    ],
)
def test_a_simple_rule_becomes_lines(rule: str, form: Form) -> None:
    assert read(rule) == form
    assert parse(write(form)) == parse(rule)


@pytest.mark.parametrize(
    "rule",
    ["(a OR b) c", "-(bpm:120 key:8A)", "title:/x/", "genre:techno,none", "-bpm:120..128", 'title:"a, b"'],
)
def test_a_rule_that_says_more_than_a_form_can_stays_text(rule: str) -> None:
    assert read(rule) is None


def test_a_mistake_in_a_rule_is_pointed_at() -> None:
    with pytest.raises(QueryError, match="bmp"):
        read("bmp:120")


def test_a_condition_more_must_hold_too() -> None:
    fast = Line("bpm", "more than", "140")
    assert with_line("", fast) == "bpm:>140"
    assert with_line("genre:x", fast) == "genre:x bpm:>140"
    assert with_line("a OR b", fast) == "(a OR b) bpm:>140"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (Line("bpm", "at most"), "bpm wants a value."),
        (Line("bpm", "at most", "fast"), "bpm wants a number"),
        (Line("bpm", "between", "120"), "bpm between wants two ends"),
        (Line("bpm", "has", "1"), "bpm cannot be asked “has”."),
        (Line("bmp", "is", "1"), "There is no field bmp."),
        (Line("genre", "has", " , "), "genre wants a value."),
        (Line("bpm", "at most", "1 OR title:x"), "“1 OR title:x” is no value of bpm."),
        (Line("bpm", "is", "120 genre:x"), "“120 genre:x” is no value of bpm."),
        (Line("bpm", "is", "120)"), "closes nothing"),
    ],
)
def test_a_line_that_says_nothing_is_a_sentence(line: Line, sentence: str) -> None:
    with pytest.raises(FormError) as caught:
        write_line(line)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_can_be_picked_and_asked(name: str) -> None:
    field = FIELDS[name]
    value = {"cue": "2", "key": "8A", "text": "x", "bool": "yes"}.get(
        field.type, field.example.lstrip("<>=~") or "x"
    )
    value = value.split("..")[0]
    for operator in operators(name):
        given = (
            "1..2" if operator == "between" else "30d" if operator in ("newer than", "older than") else value
        )
        if field.type == "date" and operator in ("in", "not in", "since", "until"):
            given = "2025"
        text = write_line(Line(name, operator, given))
        assert parse(text) != parse("")
