from __future__ import annotations

import subprocess
import sys

import pytest

from djtui.model.key import camelot
from djtui.model.track import FOLDED, SEARCHED
from djtui.query import FIELDS, field_named, parse, to_sql
from tests.query.shelf import Shelf, track


def in_order(shelf: Shelf, name: str) -> list[int]:
    by = FIELDS[name].sort_sql
    sql = f"""SELECT track.id FROM track LEFT JOIN track_text ON track_text.id = track.id
              ORDER BY {by} IS NULL, {by}, track.id"""
    return [id for (id,) in shelf.connection.execute(sql)]


def test_keys_are_sorted_round_the_camelot_wheel_and_unknown_comes_last(shelf: Shelf) -> None:
    shelf.fill([track(id, key=id - 1) for id in range(1, 25)] + [track(25)])
    *known, last = in_order(shelf, "key")
    assert [camelot(id - 1) for id in known] == [f"{hour}{mode}" for hour in range(1, 13) for mode in "AB"]
    assert last == 25


def test_texts_are_sorted_without_case_and_diacritics(shelf: Shelf) -> None:
    shelf.fill(
        [track(1, title="zoo"), track(2, title="Écho"), track(3, title="EDEN"), track(4), track(5, title="a")]
    )
    assert in_order(shelf, "title") == [5, 2, 3, 1, 4]


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if field.sortable])
def test_every_order_is_sql(shelf: Shelf, name: str) -> None:
    shelf.fill([track(1)])
    assert in_order(shelf, name) == [1]


def test_the_fields_agree_with_the_columns_that_are_folded_and_searched() -> None:
    assert {name for name, field in FIELDS.items() if field.folded} == set(FOLDED)
    assert {name for name, field in FIELDS.items() if field.searched} == set(SEARCHED)


def test_no_two_fields_answer_to_one_name() -> None:
    names = [name for field in FIELDS.values() for name in (field.name, *field.aliases)]
    assert len(names) == len(set(names))
    assert field_named("Tempo") is FIELDS["bpm"]
    assert field_named("nothing") is None


@pytest.mark.parametrize("field", FIELDS.values(), ids=str)
def test_the_example_of_a_field_is_a_query(field: object) -> None:
    name, example = field.name, field.example  # type: ignore[attr-defined]
    assert to_sql(parse(f"{name}:{example}")).sql


def test_the_parser_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, djtui.query; sys.exit('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_words_that_share_an_index_are_asked_for_at_once() -> None:
    assert to_sql(parse("bicep glue remix")).sql.count("MATCH") == 1
    assert to_sql(parse("genre:techno,house")).sql.count("MATCH") == 1
    assert "MATCH" not in to_sql(parse("bicep ab genre:techno"), indexed=False).sql


def test_numbers_keys_and_texts_are_compared_without_a_call_into_python() -> None:
    for query in (
        "bpm:~126",
        "key:~8A",
        "bicep",
        "ab",
        "A$",
        "genre:techno",
        "title:a",
        "mix:dub",
        "added:<30d",
    ):
        where = to_sql(parse(query))
        assert "fold(" not in where.unknown_sql + where.sql
        assert "REGEXP" not in where.sql
