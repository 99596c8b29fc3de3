"""Which file is which missing track's: certain only where it is, and never two tracks'."""

from __future__ import annotations

import pytest

from djtui.files.relocate import Candidate, Lost, Search, agreement, score, summary

SOUND, OTHER = b"s" * 16, b"o" * 16
OPAL = Lost(1, "/old/Bicep/opal.mp3", "Opal", "Bicep", 300.0, 5_000_000, SOUND)
FOUND = Candidate("/new/Bicep/opal.mp3", 5_000_000, SOUND, "Opal", "Bicep", 300.0)
NEVER_SCANNED = OPAL._replace(payload=None, size=5_000_000 // 1024 * 1024)


def test_the_same_sound_and_size_is_certain_whatever_the_name_and_tags() -> None:
    found = score(OPAL, Candidate("/new/track01.mp3", 5_000_000, SOUND))
    assert (found.score, found.certain, found.reasons) == (100, True, ("same sound", "same size"))


def test_a_retagged_file_is_likely_and_not_certain() -> None:
    found = score(OPAL, FOUND._replace(size=5_000_123))
    assert 90 <= found.score < 100
    assert not found.certain
    assert found.reasons[0] == "same sound"


def test_of_a_track_that_was_never_scanned_name_size_length_and_tags_are_certain() -> None:
    assert score(NEVER_SCANNED, FOUND).certain
    for other in (
        FOUND._replace(path="/new/Bicep/01 opal.mp3"),
        FOUND._replace(size=4_000_000),
        FOUND._replace(title="Opal (Live)"),
        FOUND._replace(artist=None),
        FOUND._replace(duration=None),
    ):
        found = score(NEVER_SCANNED, other)
        assert not found.certain
        assert found.score < 100


def test_another_sound_speaks_against_all_else() -> None:
    found = score(OPAL, FOUND._replace(payload=OTHER))
    assert found.score == 50
    assert found.reasons[-1] == "another sound"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"path": "/new/opal.flac"}, "same name but for its end"),
        ({"duration": 330.0}, "30 s longer"),
        ({"duration": 200.0}, "100 s shorter"),
        ({"artist": "Burial"}, "same title"),
    ],
)
def test_reasons_say_what_agrees_and_what_does_not(change: dict[str, object], reason: str) -> None:
    found = score(NEVER_SCANNED, FOUND._replace(**change))  # type: ignore[arg-type]
    assert reason in found.reasons


def searched(lost: list[Lost], files: list[Candidate]) -> dict[int, tuple[bool, list[str]]]:
    search = Search(lost)
    for file in files:
        search.offer(file)
    return {
        match.lost.id: (match.certain, [each.path for each in match.candidates]) for match in search.matches()
    }


def test_names_are_found_whatever_their_case_and_letters() -> None:
    lost = NEVER_SCANNED._replace(path="C:/Musik/Café.MP3", size=None)
    assert searched([lost], [FOUND._replace(path="/new/cafe\u0301.mp3")])[1][0] is False


def test_of_equal_copies_the_one_whose_path_agrees_furthest_is_it() -> None:
    copy = FOUND._replace(path="/new/Sampler/opal.mp3")
    assert searched([OPAL], [copy, FOUND]) == {1: (True, ["/new/Bicep/opal.mp3"])}


def test_copies_between_which_nothing_decides_are_for_the_dj() -> None:
    copy = FOUND._replace(path="/backup/Bicep/opal.mp3")
    certain, paths = searched([OPAL], [copy, FOUND])[1]
    assert (certain, sorted(paths)) == (False, ["/backup/Bicep/opal.mp3", "/new/Bicep/opal.mp3"])


def test_no_file_is_certain_for_two_tracks() -> None:
    twin = OPAL._replace(id=2, path="/other/x/opal.mp3")
    assert searched([OPAL, twin], [FOUND])[1] == (True, ["/new/Bicep/opal.mp3"])
    assert 2 not in searched([OPAL, twin], [FOUND])
    rival = OPAL._replace(id=2, path="/older/Bicep/opal.mp3")
    assert [certain for certain, _ in searched([OPAL, rival], [FOUND]).values()] == [False, False]


def test_what_is_nothing_like_it_is_no_candidate() -> None:
    stranger = Candidate("/new/x.mp3", 1234, OTHER, "Glue", "Bicep", 300.0)
    search = Search([OPAL])
    search.offer(stranger)
    assert search.matches() == []
    assert not search.complete
    assert summary([], search.lost) == {"found": 0, "ambiguous": 0, "missing": 1}


def test_files_that_are_read_first() -> None:
    search = Search([OPAL])
    assert search.looks_likely("/x/OPAL.flac", 1)
    assert search.looks_likely("/x/y.mp3", 5_000_000)
    assert not search.looks_likely("/x/y.mp3", 1)


def test_paths_agree_from_their_ends() -> None:
    assert agreement("/new/Bicep/opal.mp3", "C:/Music/bicep/Opal.mp3") == 2
    assert agreement("/a/b.mp3", "/a/c.mp3") == 0
