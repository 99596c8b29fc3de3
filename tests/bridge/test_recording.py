"""The same recording is recognised however it is written; another version is another recording."""

from __future__ import annotations

import pytest

from djtui.bridge.recording import Recording, recording


def of(title: str, artist: str = "Bicep", mix: str | None = None) -> Recording:
    found = recording(title, [artist], mix=mix)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Opal - Four Tet Remix", "Opal (Four Tet Remix)"),
        ("Opal (Four Tet Rmx)", "OPAL [Four Tet Remix]"),
        ("Glue", "Glue (Original Mix)"),
        ("Glue - Original Mix", "Glue (Original)"),
        ("Blue Monday - 2016 Remaster", "Blue Monday"),
        ("Blue Monday (Remastered 2011)", "Blue Monday"),
        ("Atlas - Extended Mix", "Atlas (Extended)"),
        ("Atlas (Radio Edit)", "Atlas - Radio Edit"),
        ("Été", "Ete"),
        ("Don’t Stop", "Don't Stop"),
        ("Saku feat. Clara La San", "Saku (feat. Clara La San)"),
    ],
)
def test_one_recording_written_in_two_ways(one: str, other: str) -> None:
    assert of(one).key == of(other).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Opal", "Opal (Four Tet Remix)"),
        ("Opal (Hammer Remix)", "Opal (Four Tet Remix)"),
        ("Atlas (Extended Mix)", "Atlas (Radio Edit)"),
        ("Atlas (Extended Mix)", "Atlas"),
        ("Atlas (Instrumental)", "Atlas"),
        ("Atlas (Live at Alexandra Palace)", "Atlas"),
        ("Apricots Part 1", "Apricots Part 2"),
    ],
)
def test_two_versions_are_two_recordings(one: str, other: str) -> None:
    assert of(one).key != of(other).key


def test_the_version_may_stand_in_a_tag_of_its_own() -> None:
    assert of("Opal", mix="Four Tet Remix").key == of("Opal (Four Tet Remix)").key
    assert of("Opal (Four Tet Remix)", mix="Four Tet Remix").key == of("Opal - Four Tet Remix").key
    assert of("Glue", mix="Original Mix").key == of("Glue").key


def test_guests_are_artists_wherever_they_are_named() -> None:
    in_title = of("Saku (feat. Clara La San)")
    among_artists = recording("Saku", ["Bicep", "Clara La San"])
    in_one_text = of("Saku", "Bicep, Clara La San")
    assert among_artists is not None
    assert in_title.artists == among_artists.artists == in_one_text.artists == {"bicep", "clara la san"}


def test_names_of_artists_are_compared_bare() -> None:
    assert of("x", "The Chemical Brothers").artists == of("x", "Chemical Brothers").artists
    assert of("x", "A vs. B").artists == {"a", "b"}
    assert of("x", "Simon & Garfunkel").artists == {"simon", "garfunkel"}


def test_a_title_of_nothing_but_a_version_keeps_its_words() -> None:
    assert of("(Intro)").title == "intro"
    assert of("Live").title == "live"
    assert recording("", ["x"]) is None


def test_an_isrc_is_bare_or_none() -> None:
    assert recording("a", [], isrc="gb-cfb-17-00123").isrc == "GBCFB1700123"  # type: ignore[union-attr]
    assert recording("a", [], isrc="0").isrc is None  # type: ignore[union-attr]
