"""SQL and memory give every track the same answer: true, false or unknown."""

from __future__ import annotations

import string
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from djtui.model.key import camelot, musical, open_key
from djtui.model.track import COLORS, FOLDED, Track
from djtui.query import FIELDS, QueryError, Subject, parse, quote, to_sql
from djtui.query.subject import OnSpotify
from tests.query.shelf import Shelf

EXAMPLES = 100

LETTERS = ["a", "b", "É", "e\u0301", "ß", "İ", "Ａ", "ﬁ", "你", "กิ", "😀", "½", "1", "\u0301"]
SIGNS = [*"'\"%_*^-$.:/\\(), +", "\n", "–"]
WORDS = ["a", "ab", "abba", "dj", "Bicep", "Deep House", "none", "OR", "A$AP", "a b c", "_", "%", "É"]


def joined(*pieces: str) -> st.SearchStrategy[str]:
    """One of many texts put together from these pieces: drawn at once, for drawing each piece is slow."""
    random = Random(17)
    pool = {"".join(random.choices(pieces, k=random.randint(1, 5))) for _ in range(400)}
    return st.sampled_from(sorted(pool, key=lambda text: (len(text), text)))


texts = joined(*WORDS) | joined(*LETTERS, *SIGNS)
paths = joined("a", "b", "É", "_", "%", "\\", "/", "/", "/ab/", "℀", "~")
DAYS = "2023 2024 2025 2026 2024-12 2025-01 2025-06 2023-02-28 2024-12-31 2025-01-01 2025-05-16 2025-06-15"
dates = st.sampled_from([*DAYS.split(), "2025-06-01", "2025-06-15T10:00:00Z", "2024-06-15T00:00:00Z"])
bpms = st.sampled_from([62.0, 63.5, 123.0, 123.000061, 124.0, 126.0, 127.9996, 128.5, 129.78, 130.0, 252.0])


# The values of each column of a track, beside None.
COLUMNS: dict[str, st.SearchStrategy[object]] = {
    "bpm": bpms,
    "key": st.integers(0, 23),
    "rating": st.integers(0, 5),
    "duration": st.sampled_from([0.5, 209.5, 210.0, 210.49, 210.5, 300.0, 3600.0]),
    "year": st.integers(2023, 2026),
    "plays": st.integers(0, 3),
    "color": st.integers(1, len(COLORS) - 1),
    "energy": st.integers(1, 10),
    "lufs": st.sampled_from([-9.5, -9.0, -8.5, -8.04, -7.0]),
    "bitrate": st.sampled_from([128000, 245123, 255999, 256000, 320000]),
    "format": st.sampled_from(["mp3", "flac", "MP3"]),
    "isrc": texts,
    "path": paths,
    "location": paths,
    **dict.fromkeys(("missing", "locked", "analyzed"), st.booleans()),
    **dict.fromkeys(("added", "played", "released", "modified"), dates),
    **dict.fromkeys(FOLDED, texts),
}
NEVER_NULL: dict[str, st.SearchStrategy[object]] = {
    "cue_count": st.integers(0, 4),
    "kind": st.sampled_from(["track", "stem", "set"]),
}


songs = st.builds(
    OnSpotify,
    popularity=st.none() | st.integers(0, 5),
    artist_popularity=st.none() | st.integers(0, 5),
    followers=st.none() | st.integers(0, 300),
    explicit=st.none() | st.booleans(),
    liked=st.booleans(),
    genres=st.lists(texts, max_size=2).map(tuple),
)


def shelves(*columns: str) -> st.SearchStrategy[list[Subject]]:
    """Some tracks of which only these columns, and what stands about them in other tables, may be known."""
    known = {name: values for name, values in NEVER_NULL.items() if name in columns}
    known |= {name: st.none() | values for name, values in COLUMNS.items() if name in columns}
    tracks = st.builds(Track, id=st.integers(1, 6), revision=st.just(0), **known)
    subjects = st.builds(
        Subject,
        tracks,
        crates=st.lists(texts, max_size=2, unique=True).map(tuple),
        conflict=st.booleans(),
        sources=st.sampled_from([frozenset[str](), frozenset({"traktor"})]),
        analysis=st.sampled_from([None, "done", "failed"]),
        steadiness=st.sampled_from([None, "steady", "drifting", "changing"]),
        differs=st.sampled_from(["no", "key", "bpm", "both"]),
        on_spotify=st.none() | songs,
    ).map(possible)
    return st.lists(subjects, min_size=1, max_size=6, unique_by=lambda subject: subject.track.id)


def possible(subject: Subject) -> Subject:
    """Without an analysis it says nothing, and the tempo of a locked track never differs."""
    if subject.analysis is None:
        return replace(subject, steadiness=None, differs="no")
    if subject.track.locked and subject.differs != "no":
        return replace(subject, differs="key" if subject.differs == "both" else "no")
    return subject


def one_of(*values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(values)


plain = one_of(*r"a ab é bicep abb fi ss 1 % _ %/ a_b a%b a\b * 你 / b/ house /ab ' A$AP \ ".split())
text_values = st.one_of(
    plain,
    texts.map(quote),
    plain.map("={}".format),
    texts.map(lambda text: "=" + quote(text)),
    one_of("/a.*b/", "/^É/", r"/\W/", "/[à-ü]$/", "/a|b/", r"/\//", "/bicep$/", "/ /"),
)
clocks = one_of("0", "1", "3:30", "5:00", "210", "210.5", "1:00:00")
keys = st.integers(0, 23).flatmap(lambda key: one_of(camelot(key), open_key(key), musical(key)))
ages = st.builds("{}{}{}".format, one_of("<", "<=", ">", ">="), st.integers(0, 20), one_of(*"dwmy"))


def ordered(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A value, compared in any way; some ranges run backwards and are no query."""
    some = values | st.just("")
    compared = st.builds("{}{}".format, one_of("", "=", "<", "<=", ">", ">="), values)
    return compared | st.builds("{}..{}".format, some, some)


numbers = bpms.map(str) | st.sampled_from(["123", "128", "124.0", "4", "3", "2025", "-9", "-8.5", "256", "0"])
by_type = {
    "text": text_values,
    "crate": text_values,
    "names": text_values,
    "number": ordered(numbers),
    "cue": ordered(st.integers(0, 4).map(str)),
    "duration": ordered(clocks),
    "date": ordered(dates.filter(lambda date: "T" not in date)) | ages,
    "bool": one_of("yes", "No", "true", "0"),
    "key": keys | keys.map("~{}".format) | keys.map("={}".format),
    "color": st.sampled_from([color for color in COLORS if color]),
}


def comparisons(name: str) -> st.SearchStrategy[str]:
    field = FIELDS[name]
    values = st.sampled_from(field.choices) if field.choices else by_type[field.type]
    if name == "bpm":
        values |= bpms.map("~{}".format)
    several = st.lists(values | one_of("any", "none"), min_size=1, max_size=3)
    return several.map(lambda listed: f"{name}:{','.join(listed)}")


tokens = st.one_of(plain, texts.map(quote), texts.map(lambda text: text.replace(" ", "")))
terms = tokens | st.sampled_from(sorted(FIELDS)).flatmap(comparisons)
queries = st.recursive(
    terms,
    lambda inner: st.one_of(
        st.builds("-({})".format, inner),
        st.builds("NOT {}".format, inner),
        st.builds("({}) ({})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("name", FIELDS)
def test_sql_and_memory_agree_on_each_field(shelf: Shelf, name: str) -> None:
    columns = {"cue": ("cue_count",), "path": ("path", "location"), "folder": ("path", "location")}

    @settings(max_examples=EXAMPLES // 6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(shelves(*columns.get(name, (name,))), st.lists(comparisons(name), min_size=2, max_size=6))
    def agree(filled: list[Subject], asked: list[str]) -> None:
        shelf.fill(filled)
        for query, other in pairwise(asked):
            ask(shelf, query, f"-({query} {other})")

    agree()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shelves("title", "artist", "comment"), st.lists(tokens, min_size=2, max_size=6))
def test_sql_and_memory_agree_on_bare_words(shelf: Shelf, filled: list[Subject], asked: list[str]) -> None:
    shelf.fill(filled)
    for query, other in pairwise(asked):
        ask(shelf, query, f"-{query} {other}")


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shelves(*COLUMNS, *NEVER_NULL), st.lists(queries, min_size=1, max_size=6))
def test_sql_and_memory_agree_on_every_expression(
    shelf: Shelf, filled: list[Subject], asked: list[str]
) -> None:
    shelf.fill(filled)
    ask(shelf, *asked)


def ask(shelf: Shelf, *queries: str) -> None:
    """Ask in SQL and in memory, both ways of searching; what is no query is passed over."""
    for query in queries:
        with suppress(QueryError):
            shelf.answers(parse(query))


@settings(max_examples=EXAMPLES * 2, deadline=None)
@given(st.text() | st.text(st.sampled_from(string.printable + "\0\ud800é–")) | queries)
def test_a_text_is_a_query_or_a_mistake_within_it(text: str) -> None:
    try:
        to_sql(parse(text))
    except QueryError as mistake:
        assert 0 <= mistake.position <= len(text)
        assert str(mistake).endswith((".", "?", '"')), mistake
        assert "^" in mistake.pointed(text)
