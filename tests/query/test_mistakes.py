"""A mistake is a sentence that points at the place."""

from __future__ import annotations

import pytest

from djtui.query import QueryError, parse, to_sql


def mistake(query: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        parse(query)
    return caught.value


@pytest.mark.parametrize(
    ("query", "pointed_at", "sentence"),
    [
        ("glue bmp:124", "bmp", 'There is no field "bmp".'),
        ("bpm:", "bpm:", "bpm wants a value right behind it, as in bpm:124..128"),
        ("glue (bpm:) x", "bpm:", "bpm wants a value"),
        ("bpm: 124", "bpm:", "bpm wants a value right behind it"),
        ("bpm:>", "bpm:", "bpm wants a value"),
        ("bpm:fast", "fast", 'bpm wants a number, as in bpm:124..128, not "fast".'),
        ("bpm:120,x,130", "x", 'bpm wants a number, as in bpm:124..128, not "x".'),
        ("bpm:120..x", "120..x", "bpm wants a number"),
        ("bpm:..", "..", "bpm wants a number"),
        ("bpm:/12/", "/12/", "bpm is no text"),
        ("rating:>=x", ">=x", "rating wants a number"),
        ("duration:3:75", "3:75", "duration wants minutes and seconds"),
        ("added:<30x", "<30x", "added wants a date"),
        ("added:30d", "30d", "An age wants < (younger) or > (older)"),
        ("added:2025-02-30", "2025-02-30", "added wants a date"),
        ("key:~99Z", "~99Z", "key wants a key (8A, Am or 1m)"),
        ("key:>8A", ">8A", "key has no more and no less"),
        ("missing:maybe", "maybe", "missing wants yes or no"),
        ("kind:song", "song", "kind wants track, stem or set"),
        ("source:itunes", "itunes", "source wants traktor or djtui"),
        ("title:>a", ">a", "title is text, which > cannot compare"),
        ("title:~a", "~a", "~ finds what is near a key or a bpm"),
        ("title:/a(/", "/a(/", "This is no regular expression: missing )"),
        ("title:/abc x", "/abc", "The regular expression has no closing /"),
        ("title:(a b)", "(a b)", "One field, several values: write title:one,two."),
        ('title:""', '""', "There is nothing here to look for."),
        ('glue "big lo', '"big lo', "The closing quote is missing."),
        ('title:"big', '"big', "The closing quote is missing."),
        ("(a (b) c", "(", "This parenthesis is never closed."),
        ("a) b", ")", "This parenthesis closes nothing."),
        ("a () b", ")", "There is nothing in these parentheses."),
        ("a OR", "OR", "Something is missing behind OR."),
        ("(a AND) b", "AND", "Something is missing behind AND."),
        ("NOT", "NOT", "Something is missing behind NOT."),
        ("OR a", "OR", "Something is missing before OR."),
        ("key:8A, 9A", ",", "A comma parts the values of a field, without blanks"),
        ("x" * 1001, "x" * 1001, "This text is longer than the 1,000 characters"),
    ],
)
def test_a_mistake_is_pointed_at(query: str, pointed_at: str, sentence: str) -> None:
    error = mistake(query)
    assert str(error).startswith(sentence)
    assert query[error.position : error.position + error.length] == pointed_at


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("bmp:124", "bpm"),
        ("artsit:bicep", "artist"),
        ("color:gren", "green"),
        ("bpm:120-128", "120..128"),
        ("bpm:128..120", "120..128"),
        ("added:2025..2024-05", "2024-05..2025"),
        ("bpm:a-b", None),
        ("zzzzzz:1", None),
    ],
)
def test_what_was_meant_is_suggested(query: str, meant: str | None) -> None:
    error = mistake(query)
    assert error.suggestion == meant
    assert str(error).endswith(f"Did you mean {meant}?") == (meant is not None)


def test_the_carets_stand_under_the_mistake_also_behind_wide_letters() -> None:
    query = "东京 bmp:1"
    assert mistake(query).pointed(query).splitlines() == [
        query,
        "     ^^^",
        'There is no field "bmp". For the text itself, put it in quotes. Did you mean bpm?',
    ]


def test_hostile_characters_do_not_reach_the_terminal() -> None:
    query = "\x1b[2J bmp:1"
    assert "\x1b" not in mistake(query).pointed(query)


@pytest.mark.parametrize(
    "query", ["(" * 3000, "a -(" * 40 + "b" + ")" * 40, "a OR " * 3000 + "a"], ids=["open", "deep", "long"]
)
def test_a_monster_is_a_mistake_and_no_crash(query: str) -> None:
    assert mistake(query)


@pytest.mark.parametrize(
    "query",
    ["(" * 3000 + "abc" + ")" * 3000, "-" * 3000 + "abc", "(a OR " * 99 + "a" + ")" * 99 + " abc"],
    ids=["parentheses", "negations", "choices"],
)
def test_what_only_looks_deep_is_no_mistake(query: str) -> None:
    assert to_sql(parse(query)).sql
