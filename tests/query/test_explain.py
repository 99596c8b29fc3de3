"""Why an expression holds: the parts that decided, and nothing that did not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from djtui.model.track import Track
from djtui.query import Expression, QueryError, Subject, evaluate, parse
from djtui.query.explain import explain
from djtui.query.expression import And, Comparison, Not, Or
from djtui.query.subject import OnSpotify
from djtui.query.wording import test_text as written
from tests.query.shelf import NOW

GLUE = Subject(
    Track(
        1,
        1,
        title="Glue",
        artist="Bicep",
        bpm=119.9,
        key=14,
        year=2017,
        duration=270.25,
        genre="Deep House",
        added="2025-06-01T10:00:00Z",
        released="2025",
        rating=4,
        color=1,
        cue_count=0,
        path="/music/deep/glue.flac",
    ),
    crates=("Friday", "Warm-up"),
    on_spotify=OnSpotify(explicit=False, genres=("uk bass", "deep house"), popularity=55),
)

TABLE = [
    ("bpm:..122 key:~8A", True, "bpm 119.9 in ..122 and key 7A near 8A"),
    ("bpm:..122 (genre:techno OR key:~8A)", True, "bpm 119.9 in ..122 and key 7A near 8A"),
    ("bpm:100..119", False, "bpm 119.9 > 119"),
    ("bpm:124..128", False, "bpm 119.9 < 124"),
    ("bpm:>119.9", False, "bpm 119.9 <= 119.9"),
    ("bpm:<119.9", False, "bpm 119.9 >= 119.9"),
    ("bpm:~60", True, "bpm 119.9 near 60"),
    ("bpm:~90", False, "bpm 119.9 not near 90"),
    ("bpm:120", True, "bpm 119.9 as 120"),
    ("bpm:118", False, "bpm 119.9, not 118"),
    ("energy:5 bpm:..122", None, "energy unknown"),
    ("energy:5 bpm:124..", False, "bpm 119.9 < 124"),
    ("energy:5 OR label:x", None, "energy unknown and label unknown"),
    ("energy:5 OR rating:4", True, "rating 4"),
    ("rating:5 OR bpm:124..", False, "rating 4, not 5 and bpm 119.9 < 124"),
    ("rating:>=4", True, "rating 4 in 4.."),
    ("-explicit:yes", True, "explicit no"),
    ("explicit:yes", False, "explicit no"),
    ("-(year:2017 rating:4)", False, "year 2017 and rating 4"),
    ("key:8A,9A", False, "key 7A not in 8A or 9A"),
    ("key:8A", False, "key 7A, not 8A"),
    ("key:7A,8A", True, "key 7A"),
    ("key:~3B", False, "key 7A not near 3B"),
    ("genre:house", True, "genre Deep House has house"),
    ('genre:="deep house"', True, "genre Deep House"),
    ("genre:=house", False, "genre Deep House, not house"),
    ("genre:techno", False, "genre Deep House without techno"),
    ("title:/^gl/", True, "title Glue matches /^gl/"),
    ("title:/^x/", False, "title Glue does not match /^x/"),
    ("genres:house", True, "genres deep house"),
    ("genres:techno", False, "genres uk bass, deep house without techno"),
    ("crate:fri", True, "crate Friday"),
    ("-crate:peak", True, "crate Friday, Warm-up without peak"),
    ("crate:none", False, "crate Friday, Warm-up"),
    ("label:none", True, "label unknown"),
    ("bpm:none", False, "bpm 119.9 is known"),
    ("label:any", False, "label unknown"),
    ("bpm:any", True, "bpm 119.9"),
    ("duration:..4:00", False, "duration 4:30 > 4:00"),
    ("duration:4:30", True, "duration 4:30"),
    ("duration:..4:30", False, "duration 4:30.25 > 4:30"),
    ("duration:=4:30", False, "duration 4:30.25, not 4:30"),
    ("added:<30d", True, "added 2025-06-01 in <30d"),
    ("added:2024", False, "added 2025-06-01 not in 2024"),
    ("released:2025-06", None, "released 2025 may be in 2025-06"),
    ("color:blue", False, "color red, not blue"),
    ("folder:deep", True, "folder /music/deep/glue.flac has deep"),
    ("bicep -remix", True, "“bicep” in artist and no “remix”"),
    ("gl", True, "“gl” in title"),
    ("popularity:>=60", False, "popularity 55 < 60"),
    ("owned:yes", True, "owned yes"),
    ("kind:set", False, "kind track, not set"),
    ("", True, ""),
]


@pytest.mark.parametrize(("query", "answer", "text"), TABLE, ids=[row[0] for row in TABLE])
def test_the_parts_that_decided_are_told_with_their_values(
    query: str, answer: bool | None, text: str
) -> None:
    reason = explain(parse(query), GLUE, now=NOW)
    assert (reason.answer, str(reason)) == (answer, text)


def test_what_is_unknown_is_marked() -> None:
    reason = explain(parse("energy:5 released:2025-06"), GLUE, now=NOW)
    assert [(part.field and part.field.name, part.unknown) for part in reason.parts] == [
        ("energy", True),
        ("released", True),
    ]


def test_a_track_in_no_crate_has_no_name_to_show() -> None:
    assert str(explain(parse("crate:peak"), replace(GLUE, crates=()), now=NOW)) == "no crate"


def test_hostile_and_long_values_are_made_harmless() -> None:
    odd = Subject(Track(1, 1, genre="\x1b[31m" + "x" * 99))
    text = str(explain(parse("genre:techno"), odd))
    assert "\x1b" not in text
    assert len(text) < 80


pieces = st.sampled_from([query for query, *_ in TABLE if query])
expressions = st.recursive(
    pieces.map(parse),
    lambda inner: (
        st.builds(lambda term: Not(term), inner)
        | st.lists(inner, min_size=1, max_size=3).map(lambda terms: And(tuple(terms)))
        | st.lists(inner, min_size=1, max_size=3).map(lambda terms: Or(tuple(terms)))
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(expressions, st.sets(st.sampled_from(["bpm", "key", "genre", "year", "rating"])))
def test_the_answer_is_that_of_evaluating(expression: Expression, lost: set[str]) -> None:
    nothing: dict[str, Any] = dict.fromkeys(lost)
    subject = replace(GLUE, track=replace(GLUE.track, **nothing))
    reason = explain(expression, subject, now=NOW)
    assert reason.answer == evaluate(expression, subject, now=NOW)
    assert all(part.unknown for part in reason.parts) or reason.answer is not None


def comparisons(expression: Expression) -> Iterator[Comparison]:
    match expression:
        case Comparison():
            yield expression
        case Not(term):
            yield from comparisons(term)
        case And(terms) | Or(terms):
            for term in terms:
                yield from comparisons(term)


# Beside those of the table: every form that a value may have.
WRITTEN = (
    "bpm:128 bpm:128.5 bpm:=124 bpm:128.12345 rating:<2 cue:any cue:none duration:3:30 duration:3:30..5:00"
    " duration:>210.5 duration:=3:30 lufs:-9..-7 lufs:-8.5 bitrate:>=256 key:~Am released:2025-06.."
    " added:>=2y released:2024-02..2025-01 released:..2025-06-03 released:<2025 released:2024-12-31"
    " differs:bpm differs:any differs:none spotify:missing analysis:failed owned:none"
    ' title:="a, b" title:"none" title:/a\\/b/ folder:=/a/b path:/a/b crate:/x/ genres:=techno id:17 cue:0'
)


@pytest.mark.parametrize("query", [*(row[0] for row in TABLE), WRITTEN])
def test_a_test_is_written_as_it_was_meant(query: str) -> None:
    for comparison in comparisons(parse(query)):
        near = comparison.field.name == "bpm" and len(comparison.tests) == 3
        texts = [written(comparison.field, test) for test in comparison.tests[: 1 if near else None]]
        assert parse(f"{comparison.field.name}:{','.join(texts)}") == comparison


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["bpm", "rating", "duration", "lufs", "year"]),
    st.sampled_from(["", "=", "<", ">", "<=", ">=", ".."]),
    st.decimals(0, 999, places=3) | st.integers(0, 999),
    st.decimals(0, 999, places=2) | st.integers(0, 999),
)
def test_any_number_is_written_as_it_was_meant(field: str, operator: str, one: object, other: object) -> None:
    value = f"{one}..{other}" if operator == ".." else f"{operator}{one}"
    try:
        comparison = parse(f"{field}:{value}")
    except QueryError:
        return
    assert isinstance(comparison, Comparison)
    (test,) = comparison.tests
    assert parse(f"{field}:{written(comparison.field, test)}") == comparison
