"""A song of Spotify is linked to the track it is, and never to one that it might be."""

from __future__ import annotations

from djtui.bridge.match import Doubt, Match, Shelf
from djtui.bridge.recording import Recording, recording


def of(
    title: str, artist: str = "Bicep", duration: float | None = 270.0, isrc: str | None = None
) -> Recording:
    found = recording(title, [artist], duration=duration, isrc=isrc)
    assert found is not None
    return found


def test_by_its_isrc_whatever_its_name() -> None:
    shelf = Shelf({1: of("Glue", isrc="GBCFB1700123"), 2: of("Glue (live)", duration=300)})
    assert shelf.match(of("Gluee", "B", isrc="GB-CFB-17-00123")) == Match(1, "isrc", 100.0)


def test_an_isrc_of_another_length_is_not_believed() -> None:
    shelf = Shelf({1: of("Glue (Extended Mix)", duration=420, isrc="GBCFB1700123")})
    assert not isinstance(shelf.match(of("Glue", isrc="GBCFB1700123")), Match)


def test_by_artist_title_version_and_length() -> None:
    shelf = Shelf({1: of("Opal (Four Tet Remix)", duration=458), 2: of("Opal", duration=400)})
    assert shelf.match(of("Opal - Four Tet Remix", duration=457.2)) == Match(1, "exact", 100.0)
    assert shelf.match(of("Opal - Original Mix", duration=401)) == Match(2, "exact", 100.0)


def test_the_same_name_by_somebody_else_is_nothing() -> None:
    assert Shelf({1: of("Glue", "Somebody")}).match(of("Glue")) is None


def test_the_same_recording_twice_is_the_nearer_one_in_length() -> None:
    shelf = Shelf({1: of("Glue", duration=272.5), 2: of("Glue", duration=270.1)})
    assert shelf.match(of("Glue")) == Match(2, "exact", 100.0)


def test_a_slip_of_the_pen_is_overlooked_if_all_else_agrees() -> None:
    found = Shelf({1: of("Apricotts (Remix)"), 2: of("Atlas")}).match(of("Apricots - Remix"))
    assert isinstance(found, Match)
    assert (found.track_id, found.how) == (1, "fuzzy")


def test_another_version_is_a_doubt_and_never_a_match() -> None:
    shelf = Shelf({1: of("Atlas (Extended Mix)", duration=400)})
    found = shelf.match(of("Atlas", duration=210))
    assert isinstance(found, Doubt)
    assert [id for id, _ in found.candidates] == [1]


def test_two_that_are_alike_are_a_doubt() -> None:
    shelf = Shelf({1: of("Apricotts"), 2: of("Apricotes")})
    assert isinstance(shelf.match(of("Apricots")), Doubt)


def test_without_a_length_only_equal_names_are_believed() -> None:
    shelf = Shelf({1: of("Glue", duration=None), 2: of("Apricotts", duration=None)})
    assert isinstance(shelf.match(of("Glue")), Match)
    assert isinstance(shelf.match(of("Apricots")), Doubt)
