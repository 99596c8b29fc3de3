"""The template language."""

from __future__ import annotations

import pickle
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djtui.files import names
from djtui.files import template as template_module
from djtui.files.facts import Facts, facts_of, split_mix
from djtui.files.template import Template, TemplateError
from djtui.files.tokens import FUNCTIONS, TOKENS
from djtui.model.track import Track

OPAL = Facts(
    "/music/New/01 opal.MP3", 7, artist="Bicep", title="Opal (Four Tet Remix)", album="Isles",
    label="Ninja Tune", year=2021, track=3, disc=1, bpm=127.98, key=21, bitrate=320_000, duration=391.6,
    genre="House",
)  # fmt: skip


def render(template: str, **changes: Any) -> str:
    return Template(template).render(OPAL._replace(**changes))


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{artist} - {title} [{camelot} {bpm}]", "Bicep - Opal (Four Tet Remix) [8A 128]"),
        ("{label}/{year}/{track} {title}", "Ninja Tune/2021/03 Opal (Four Tet Remix)"),
        ("{title}< ({mix})>", "Opal (Four Tet Remix)"),
        ("{title} - {mix}", "Opal - Four Tet Remix"),
        ("{key} {openkey} {kb} {duration} {ext} {disc}", "Am 1m 320 6m32 MP3 1"),
        ("{name} in {folder}", "01 opal in New"),
        ("{{{title|max:4}}}", "{Opal}"),
        ("100% {title}", "100% Opal (Four Tet Remix)"),
    ],
)
def test_a_template_is_filled(template: str, name: str) -> None:
    assert render(template) == name


@pytest.mark.parametrize(
    ("template", "unknown", "name"),
    [
        ("{artist} - {title} [{camelot} {bpm}]", "key bpm", "Bicep - Opal (Four Tet Remix)"),
        ("{artist} - {title} [{camelot} {bpm}]", "bpm", "Bicep - Opal (Four Tet Remix) [8A]"),
        ("{artist} - {title} [{camelot} {bpm}]", "key", "Bicep - Opal (Four Tet Remix) [128]"),
        ("{artist} - {title} [{camelot} {bpm}]", "artist", "Opal (Four Tet Remix) [8A 128]"),
        ("{artist} - {title} [{camelot} {bpm}]", "title", "Bicep [8A 128]"),
        ("{track}. {artist} - {title}", "track", "Bicep - Opal (Four Tet Remix)"),
        ("{track}. {artist} - {title}", "artist", "03. Opal (Four Tet Remix)"),
        ("{bpm} {camelot} - {artist}", "key", "128 - Bicep"),
        ("{artist} - {album} - {track} {title}", "album track", "Bicep - Opal (Four Tet Remix)"),
        ("{artist}_{year}_{title}", "year", "Bicep_Opal (Four Tet Remix)"),
        ("{title} ({year}) [{label} {genre}]", "year label genre", "Opal (Four Tet Remix)"),
        ("{title} {bpm}bpm", "bpm", "Opal (Four Tet Remix)"),
        ("{label}/CD{disc}/{title}", "disc", "Ninja Tune/Opal (Four Tet Remix)"),
        ("{label}/{year} - {album}/{title}", "label year album", "Opal (Four Tet Remix)"),
        ("{title}< on {label}>", "label", "Opal (Four Tet Remix)"),
        ("<{disc}->{track} {title}", "disc", "03 Opal (Four Tet Remix)"),
        ("<{artist} - >{title}< (<{year}, >{label})>", "artist year", "Opal (Four Tet Remix) (Ninja Tune)"),
        ("{genre|default:No genre}/{title}", "genre", "No genre/Opal (Four Tet Remix)"),
    ],
)
def test_what_is_unknown_leaves_nothing_behind(template: str, unknown: str, name: str) -> None:
    assert render(template, **dict.fromkeys(unknown.split())) == name


@pytest.mark.parametrize("template", ["{artist} - {title} [{camelot} {bpm}]", "{label}/{track} {title}"])
def test_key_tempo_and_number_alone_are_no_name(template: str) -> None:
    assert render(template, artist=None, title=None) == ""


def test_a_name_may_be_made_of_numbers_if_the_template_wants_only_those() -> None:
    assert render("{track}-{bpm}") == "03-128"


@pytest.mark.parametrize(
    ("template", "changes", "name"),
    [
        ("{artist|upper}", {}, "BICEP"),
        ("{artist|lower}", {}, "bicep"),
        ("{title|title}", {"title": "don't STOP now"}, "Don't Stop Now"),
        ("{title|max:6}", {"title": "ne\u0301e\u0301 le 4 juillet"}, "néé le"),
        ("{track|pad:4} {title}", {}, "0003 Opal (Four Tet Remix)"),
        ("{disc|pad:2} {artist}", {}, "01 Bicep"),
        ("{artist|first}", {"artist": "Bicep, Hammer feat. Clara"}, "Bicep"),
        ("{artist|first}", {"artist": "Above & Beyond vs. Armin"}, "Above & Beyond"),
        ("{artist|first}", {"artist": "Tyler, The Creator; Kali"}, "Tyler, The Creator"),
        ("{artist|ascii}", {"artist": "Björk & Sigur Rós & Łona"}, "Bjork & Sigur Ros & Lona"),
        ("{artist|ascii} {title}", {"artist": "Кино"}, "Opal (Four Tet Remix)"),
        ("{label|default:Unknown} {title}", {"label": "???"}, "Unknown Opal (Four Tet Remix)"),
        ("{bpm|round:1} {title}", {}, "128.0 Opal (Four Tet Remix)"),
        ("{duration|round} {artist | first | upper}", {}, "392 BICEP"),
    ],
)
def test_functions_change_a_value_one_after_the_other(
    template: str, changes: dict[str, object], name: str
) -> None:
    assert render(template, **changes) == name


def test_a_slash_in_a_value_makes_no_folder() -> None:
    assert render("{artist}/{title}", artist="AC/DC", title="../x") == "AC-DC/..-x"


def test_numbers_that_say_nothing_are_unknown() -> None:
    nothing = {"track": 0, "bpm": 0.0, "rating": 0, "year": 0, "bitrate": None, "duration": float("nan")}
    assert render("{title} {track}{bpm}{rating}{year}{kb}{duration}", **nothing) == "Opal (Four Tet Remix)"


def test_the_year_is_read_from_the_day_of_release_if_need_be() -> None:
    assert render("{artist} {year}", year=None, released="2020-03-01") == "Bicep 2020"


def test_the_extension_is_kept_unless_the_template_says_how_it_is_spelled() -> None:
    assert Template("{title}").extension(OPAL.path) == ".MP3"
    assert Template("{title}.{ext}").extension(OPAL.path) == ".MP3"
    assert Template("{title}.{ext|lower}").extension(OPAL.path) == ".mp3"
    assert render("{title}.{ext|lower}") == render("{title}")
    assert Template("{title}.{ext|lower}").extension("/music/none") == ""
    assert Template("{title}.{ext|lower}").extension("/music/a.Stem.MP4") == ".stem.mp4"


@pytest.mark.parametrize(
    ("template", "wrong", "suggestion"),
    [
        ("{bmp} {title}", "bmp", "bpm"),
        ("{artist} {Title}", "Title", "title"),
        ("{bitrate} {title}", "bitrate", "kb"),
        ("{title|uper}", "uper", "upper"),
        ("{title|upper:3}", "upper:3", "upper"),
        ("{title|max}", "max", None),
        ("{title|max:none}", "none", None),
        ("{title|lower|pad:0}", "0", None),
        ("{label|default:}{title}", "", None),
        ("{title|round}", "round", None),
        ("{bpm|pad:3|round}{title}", "round", None),
        ("{title|}", "|", None),
        ("{} {title}", "{}", None),
        ("{artist} - {title", "{", None),
        ("{artist} [{title}", "[", None),
        ("{artist}< - {title}", "<", None),
        ("{artist}) {title}", ")", None),
        ("{artist}} {title}", "}", None),
        ("<no token>{title}", "<no token>", None),
        ("{artist}\\{title}", "\\", "/"),
        ("{artist}: {title}", ":", "-"),
        ("{artist}\x1b{title}", "\x1b", None),
        ("({artist}/{title})", "/", None),
        ("/{title}", "/", None),
        ("{artist}//{title}", "//", None),
        ("../{title}", "..", None),
        ("{artist}/name", "name", None),
        ("{artist}/", "", None),
        ("{title}.mp3", ".mp3", None),
        ("  ", " ", None),
    ],
)
def test_a_mistake_is_pointed_at(template: str, wrong: str, suggestion: str | None) -> None:
    with pytest.raises(TemplateError) as caught:
        Template(template)
    error = caught.value
    pointed = template[error.position : error.position + error.length]
    assert pointed.startswith(wrong) and len(pointed) <= max(1, len(wrong))
    assert error.suggestion == suggestion
    assert error.message.endswith(".")


@pytest.mark.parametrize(
    ("title", "bare", "mix"),
    [
        ("Opal (Four Tet Remix)", "Opal", "Four Tet Remix"),
        ("Opal [Extended Mix]", "Opal", "Extended Mix"),
        ("Opal - Four Tet Remix", "Opal", "Four Tet Remix"),
        ("Opal (feat. Clara) (Club Mix)", "Opal (feat. Clara)", "Club Mix"),
        ("Opal (Dub) [2021]", "Opal [2021]", "Dub"),
        ("Opal (Four Tet (UK) Rework)", "Opal", "Four Tet (UK) Rework"),
        ("Opal (Remastered 2011)", "Opal", "Remastered 2011"),
        ('Opal (12" Version)', "Opal", '12" Version'),
        ("Opal (Live at Fabric)", "Opal", "Live at Fabric"),
        ("Opal - Glue", "Opal - Glue", None),
        ("Opal (feat. Clara)", "Opal (feat. Clara)", None),
        ("Long Live", "Long Live", None),
        ("(Extended Mix)", "(Extended Mix)", None),
    ],
)
def test_the_mix_is_split_from_the_title_as_djs_write_it(title: str, bare: str, mix: str | None) -> None:
    assert split_mix(title) == (bare, mix)


def test_a_mix_with_a_tag_of_its_own_is_taken_out_of_the_title_only_if_it_is_there() -> None:
    assert split_mix("Opal (Extended)", "extended") == ("Opal", "extended")
    assert split_mix("Opal (Four Tet Remix)", "Extended") == ("Opal (Four Tet Remix)", "Extended")


def test_without_mix_in_the_template_the_title_is_whole() -> None:
    assert render("{title}") == "Opal (Four Tet Remix)"
    assert render("{title} / {mix}".replace(" / ", "_")) == "Opal_Four Tet Remix"


def test_a_name_is_shortened_at_its_title_and_the_brackets_behind_it_stay() -> None:
    facts = OPAL._replace(title="é" * 300)
    name = Template("{artist} - {title} [{camelot} {bpm}]").name(facts, 251)
    assert name.startswith("Bicep - ééé") and name.endswith("é [8A 128]")
    assert 249 <= names.size(name) <= 251


def test_where_the_title_is_not_enough_the_longest_value_is_shortened() -> None:
    facts = OPAL._replace(artist="x" * 300, title="A title", label="y" * 100)
    name = Template("{artist} - {title} - {label} [{camelot}]").name(facts, 200)
    assert "A title" in name and name.endswith("y [8A]") and names.size(name) <= 200


def test_the_facts_of_a_track_come_from_its_row() -> None:
    track = Track(3, 1, path="/m/a.mp3", title="T", artist="A", key_text="8A", track_number=4, bpm=120.0)
    facts = facts_of(track, disc=2)
    assert (facts.id, facts.path, facts.key, facts.track, facts.disc) == (3, "/m/a.mp3", 21, 4, 2)
    assert facts_of(Track(3, 1)).path == ""


def test_a_template_goes_to_another_process() -> None:
    template = Template("{artist|first} - {title}")
    assert pickle.loads(pickle.dumps(template)).render(OPAL) == template.render(OPAL)


@pytest.mark.parametrize("name", sorted(TOKENS))
def test_every_token_has_a_value_and_says_what_it_is(name: str) -> None:
    known = OPAL._replace(
        albumartist="Bicep", catalogue="ZEN12", released="2021-01-22", remixer="Four Tet", producer="Bicep",
        comment="peak", comment2="vocal", rating=4, energy=7, isrc="GBCFB2000123", added="2025-06-01T10:00Z",
    )  # fmt: skip
    assert Template(f"{{{name}}}").render(known)
    assert TOKENS[name].meaning and TOKENS[name].example


def test_every_token_and_function_stands_in_the_description_of_the_language() -> None:
    told = set(re.findall(r"\w+", template_module.__doc__ or ""))
    assert told >= {*TOKENS, *FUNCTIONS}


def test_no_token_of_the_predecessors_is_missing() -> None:
    theirs = "artist title mix album albumartist label year track disc bpm key camelot openkey genre kb"
    assert {*theirs.split(), "duration", "ext", "rating", "released"} <= set(TOKENS)


def test_every_example_of_a_function_can_be_used() -> None:
    for function in FUNCTIONS.values():
        Template("{title}" + function.example)


hostile = st.text(
    st.one_of(st.characters(), st.sampled_from(list('/\\:*?"<>|. -()[]{}%\n\x1b\u202e\u200d\u0301e'))),
    max_size=30,
)
facts_strategy = st.builds(
    Facts,
    path=st.just("/music/x.mp3"),
    artist=st.none() | hostile, title=st.none() | hostile, album=st.none() | hostile, mix=st.none() | hostile,
    bpm=st.none() | st.floats(), key=st.none() | st.integers(0, 23), track=st.none() | st.integers(-5, 2000),
    released=st.none() | hostile, comment=st.none() | hostile,
)  # fmt: skip


PIPED = {
    function: [Template(f"{{{token}{function}}}") for token in TOKENS]
    for function in ("", "|upper", "|title", "|ascii", "|first", "|max:5", "|pad:4")
}


@given(facts_strategy, st.sampled_from(sorted(PIPED)))
def test_no_value_makes_a_folder_or_a_forbidden_character(facts: Facts, function: str) -> None:
    for template in PIPED[function]:
        name = template.render(facts)
        assert not set(name) & set(names.FORBIDDEN)
        assert name == name.strip() and names.clean(name) == name


@given(facts_strategy)
def test_nothing_is_left_of_brackets_and_separators(facts: Facts) -> None:
    plain = facts._replace(artist="a" if facts.artist else None, title="t" if facts.title else None)
    name = Template("{artist} - {title} [{camelot} {bpm}]").render(plain._replace(album=None))
    assert "[]" not in name and "[ " not in name and " ]" not in name and "  " not in name
    assert not name.startswith((" ", "-")) and not name.endswith((" ", "-"))
