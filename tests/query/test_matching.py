"""What each kind of query finds: asked in SQL and in memory at once."""

from __future__ import annotations

import pytest

from djtui.model.key import parse as key
from djtui.query import Subject, quote
from tests.query.shelf import Shelf, track


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", {1, 2, 3, 4}),
        ("bicep", {1}),
        ("BJORK", {2}),
        ("björk", {2}),
        ("icep", {1}),
        ("bicep glue", {1}),
        ("glue OR joga", {1, 2}),
        ("-glue", {2, 3, 4}),
        ("NOT glue joga", {2}),
        ("-(glue OR joga)", {3, 4}),
        ("Bicep - Glue", {1}),
        ("glue -", {1}),
        ('"big love"', {3}),
        ('"love big"', set()),
        ("love big", {3}),
    ],
)
def test_words_are_found_in_any_searched_column(shelf: Shelf, query: str, ids: set[int]) -> None:
    shelf.fill(
        [
            track(1, title="Glue", artist="Bicep", producer="hidden"),
            track(2, title="Jóga", artist="Björk"),
            track(3, comment="a big love", label="Moshi"),
            track(4),
        ]
    )
    assert shelf.found(query) == ids
    assert shelf.found("hidden") == set()


def test_one_or_two_letters_begin_a_word_and_three_are_anywhere(shelf: Shelf) -> None:
    shelf.fill([track(1, title="Deep"), track(2, title="Indeed (DE mix)"), track(3, title="Indeed")])
    assert shelf.found("d") == {1, 2}
    assert shelf.found("de") == {1, 2}
    assert shelf.found("dee") == {1, 2, 3}


def test_a_short_token_with_a_sign_in_it_is_taken_to_the_letter(shelf: Shelf) -> None:
    shelf.fill([track(1, artist="A$AP Rocky"), track(2, artist="AP"), track(3, title="Above & Beyond")])
    assert shelf.found("A$") == {1}
    assert shelf.found("$a") == {1}
    assert shelf.found("&") == {3}
    assert shelf.found("above & beyond") == {3}


def test_signs_of_sql_and_of_full_text_search_are_only_signs(shelf: Shelf) -> None:
    titles = ['100% "pure"', "a_b NEAR c*", "O'Neill ^ OR -x", "title : {y}", "per cent"]
    shelf.fill([track(id, title=title) for id, title in enumerate(titles)])
    for id, title in enumerate(titles):
        assert shelf.found(quote(title)) == {id}
        assert shelf.found(f"title:{quote(title)}") == {id}
        assert shelf.found(f"title:={quote(title)}") == {id}
    assert shelf.found("%") == {0}
    assert shelf.found("title:_") == {1}


def test_text_is_contained_the_same_or_matched_by_a_regular_expression(shelf: Shelf) -> None:
    shelf.fill([track(1, genre="Techno"), track(2, genre="Hard Techno"), track(3, genre="Électro"), track(4)])
    assert shelf.found("genre:techno") == {1, 2}
    assert shelf.found("genre:=TECHNO") == {1}
    assert shelf.found("genre:/^.*no$/") == {1, 2}
    assert shelf.found("genre:/^É/") == {3}
    assert shelf.found(r"genre:/\S+ \S+/") == {2}
    assert shelf.found("genre:hard,electro") == {2, 3}
    assert shelf.found('genre:"d t"') == {2}


def test_a_full_width_parenthesis_in_a_regular_expression_stays_a_letter(shelf: Shelf) -> None:
    shelf.fill([track(1, title="Live（Berlin")])
    assert shelf.found("title:/live（berlin/") == {1}


def test_a_comparison_with_the_unknown_is_unknown_whichever_way_it_is_turned(shelf: Shelf) -> None:
    shelf.fill([track(1, bpm=120.0, genre="House"), track(2)])
    for query in ("bpm:>100", "genre:house", "genre:ho", "genre:=house", "genre:/house/", "-bpm:<100"):
        assert shelf.answers(query) == {1: True, 2: None}, query
        assert shelf.answers(f"-{query}") == {1: False, 2: None}, query
    assert shelf.answers("bpm:>100 techno") == {1: False, 2: False}
    assert shelf.answers("bpm:>100 OR rating:none") == {1: True, 2: True}
    assert shelf.answers("bpm:none") == {1: False, 2: True}
    assert shelf.answers("-bpm:any") == {1: False, 2: True}
    assert shelf.answers("bpm:none,120") == {1: True, 2: True}


def test_a_number_stands_for_all_that_round_to_it_and_a_range_has_ends(shelf: Shelf) -> None:
    bpms = (123.000061, 123.4, 123.6, 124.0, 62.5)
    shelf.fill([track(id, bpm=bpm) for id, bpm in enumerate(bpms)])
    assert shelf.found("bpm:123") == {0, 1}
    assert shelf.found("bpm:123.00") == {0}
    assert shelf.found("bpm:=123") == {0}
    assert shelf.found("bpm:..123") == {0, 4}
    assert shelf.found("bpm:>123") == {1, 2, 3}
    assert shelf.found("bpm:123.4..124") == {1, 2, 3}
    assert shelf.found("bpm:<123") == {4}


def test_near_a_tempo_is_three_percent_at_normal_half_and_double_time(shelf: Shelf) -> None:
    shelf.fill([track(id, bpm=bpm) for id, bpm in enumerate((126.0, 129.7, 129.8, 63.0, 252.0, 84.0))])
    assert shelf.found("bpm:~126") == {0, 1, 3, 4}


def test_keys_are_read_in_every_notation_and_near_means_it_mixes(shelf: Shelf) -> None:
    camelot = {"8A": 1, "7A": 2, "9A": 3, "8B": 4, "9B": 5}
    shelf.fill([track(id, key=key(spelled)) for spelled, id in camelot.items()] + [track(6)])
    for same in ("8A", "8a", "Am", "1m", "=Am", '"a minor"'):
        assert shelf.found(f"key:{same}") == {1}
    assert shelf.found("key:~8A") == {1, 2, 3, 4}
    assert shelf.found("key:8A,9b") == {1, 5}
    assert shelf.answers("-key:~8A") == {1: False, 2: False, 3: False, 4: False, 5: True, 6: None}


def test_durations_are_minutes_or_seconds(shelf: Shelf) -> None:
    shelf.fill([track(id, duration=length) for id, length in enumerate((209.8, 300.0, 301.0, 4000.0))])
    assert shelf.found("duration:3:30") == {0}
    assert shelf.found("duration:3:29..5:00") == {0, 1}
    assert shelf.found("duration:<300") == {0}
    assert shelf.found("duration:>1:00:00") == {3}


def test_bitrates_are_in_kilobits(shelf: Shelf) -> None:
    shelf.fill([track(1, bitrate=320000), track(2, bitrate=245123)])
    assert shelf.found("bitrate:320") == {1}
    assert shelf.found("bitrate:<256") == {2}


def test_a_date_names_all_the_time_within_it(shelf: Shelf) -> None:
    dates = ("2024-12-31", "2025-01-01", "2025-06", "2025-06-30T23:00:00Z", "2025-07-01", "2025", None)
    shelf.fill([track(id, released=date) for id, date in enumerate(dates)])
    assert shelf.found("released:2025") == {1, 2, 3, 4, 5}
    assert shelf.found("released:2025-06") == {2, 3}
    assert shelf.found("released:2025-06..") == {2, 3, 4}
    assert shelf.found("released:..2025-06") == {0, 1, 2, 3}
    assert shelf.found("released:2025-06-01..2025-07") == {2, 3, 4}
    assert shelf.found("released:>2025-06") == {4}
    assert shelf.found("released:<2025") == {0}


def test_a_date_that_lies_partly_in_the_period_is_unknown(shelf: Shelf) -> None:
    shelf.fill([track(1, released="2025"), track(2, released="2024"), track(3, released="2025-06")])
    assert shelf.answers("released:2025-06") == {1: None, 2: False, 3: True}
    assert shelf.answers("released:<2025-06-15") == {1: None, 2: True, 3: None}


def test_ages_count_back_from_today(shelf: Shelf) -> None:
    # Today is 2025-06-15.
    dates = ("2025-06-15", "2025-06-08", "2025-05-17", "2025-05-16", "2025-05-15", "2024-06-15", "2024-06-14")
    shelf.fill([track(id, added=date) for id, date in enumerate(dates)])
    assert shelf.found("added:<30d") == {0, 1, 2}
    assert shelf.found("added:<=30d") == {0, 1, 2, 3}
    assert shelf.found("added:<1w") == {0}
    assert shelf.found("added:<1m") == {0, 1, 2, 3}
    assert shelf.found("added:>1y") == {6}
    assert shelf.found("added:>=1y") == {5, 6}
    assert shelf.found("added:<9999y") == set(range(7))


def test_cues_are_any_none_or_so_many(shelf: Shelf) -> None:
    shelf.fill([track(id, cue_count=id) for id in range(6)])
    assert shelf.found("cue:none") == {0}
    assert shelf.found("cue:any") == {1, 2, 3, 4, 5}
    assert shelf.found("cue:>=4") == {4, 5}
    assert shelf.found("-cue:2") == {0, 1, 3, 4, 5}


def test_a_crate_is_named_in_part_and_a_playlist_item_of_no_track_is_no_trap(shelf: Shelf) -> None:
    none = track(3)
    shelf.fill(
        [Subject(track(1).track, crates=("Peak Time", "Ünder")), Subject(track(2).track, ("Warm Up",)), none]
    )
    assert shelf.found("crate:peak") == {1}
    assert shelf.found('crate:="warm up"') == {2}
    assert shelf.found("crate:under,/^warm/") == {1, 2}
    assert shelf.found("-crate:peak") == {2, 3}
    assert shelf.found("crate:none") == {3}
    assert shelf.found("crate:any") == {1, 2}
    assert shelf.found("crate:ghosts") == set()


def test_what_the_analysis_says_is_a_question_too(shelf: Shelf) -> None:
    shelf.fill(
        [
            Subject(track(1, bpm=64.0, key=3).track, analysis="done", steadiness="steady", differs="both"),
            Subject(track(2, key=3).track, analysis="done", steadiness="changing", differs="key"),
            Subject(track(3).track, analysis="failed"),
            track(4),
        ]
    )
    assert shelf.found("analysis:failed") == {3}
    assert shelf.found("analysis:none") == {4}
    assert shelf.found("steadiness:changing") == {2}
    assert shelf.found("differs:bpm") == shelf.found("differs:both") == {1}
    assert shelf.found("differs:key") == shelf.found("differs:any") == {1, 2}
    assert shelf.found("differs:none") == shelf.found("-differs:any") == {3, 4}


def test_conflicts_sources_and_kinds_are_always_known(shelf: Shelf) -> None:
    shelf.fill(
        [
            Subject(track(1, kind="stem").track, conflict=True),
            Subject(track(2).track, sources=frozenset({"traktor"})),
        ]
    )
    assert shelf.found("conflict:any") == shelf.found("conflict:yes") == {1}
    assert shelf.found("conflict:none") == shelf.found("-conflict:any") == {2}
    assert shelf.found("source:traktor") == {2}
    assert shelf.found("source:djtui") == {1}
    assert shelf.found("kind:STEM") == {1}


def test_yes_and_no_are_not_unknown(shelf: Shelf) -> None:
    shelf.fill([track(1, missing=True), track(2, missing=False), track(3)])
    assert shelf.answers("missing:yes") == {1: True, 2: False, 3: None}
    assert shelf.found("missing:FALSE") == shelf.found("missing:0") == {2}
    assert shelf.found("missing:none") == {3}


def test_colours_go_by_name(shelf: Shelf) -> None:
    shelf.fill([track(1, color=1), track(2, color=4), track(3)])
    assert shelf.found("color:red") == {1}
    assert shelf.found("colour:Green,none") == {2, 3}


def test_paths_are_searched_here_or_else_where_their_home_machine_has_them(shelf: Shelf) -> None:
    shelf.fill(
        [
            track(1, path="/Music/Techno/Björk_live.mp3", location="C:/Other/x.mp3"),
            track(2, location="C:/Music/House/techno.mp3"),
            track(3, path="/Music/Techno 2/a.mp3"),
            track(4),
        ]
    )
    assert shelf.found("path:techno") == {1, 2, 3}
    assert shelf.found("path:bjork_") == {1}
    assert shelf.found("path:c:/") == {2}
    assert shelf.found("folder:techno") == {1, 3}
    assert shelf.found("folder:techno/") == {1}
    assert shelf.found("folder:=/Music/Techno") == shelf.found("folder:=/music/techno/") == {1}
    assert shelf.found("folder:/house/") == {2}
    assert shelf.found("folder:music/ho") == {2}
    assert shelf.found("folder:_") == set()
    assert shelf.answers("path:techno")[4] is None


def test_fields_have_aliases_and_any_case(shelf: Shelf) -> None:
    shelf.fill([track(17, bpm=120.0), track(18)])
    assert shelf.found("TEMPO:120") == shelf.found("Bpm:120") == shelf.found("id:17") == {17}
    assert shelf.found("id:17,18") == shelf.found("id:>=17") == {17, 18}
