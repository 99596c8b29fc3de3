"""The waveform as dots."""

from __future__ import annotations

from djtui.analysis.result import COLUMNS
from djtui.model.cue import Cue, CueType
from djtui.model.track import Track
from djtui.tui.details import Details
from djtui.tui.formats import Part, width_of
from djtui.tui.widgets.glyphs import ascii_text
from djtui.tui.widgets.waveform import drawn, picture
from tests.tui.hearing import DROP, heard


def text(parts: list[Part] | tuple[Part, ...]) -> str:
    return "".join(part for part, _ in parts)


def test_louder_is_higher_and_silence_is_blank() -> None:
    ramp = bytes(level for at in range(COLUMNS) for level in (at * 255 // COLUMNS, 0, 0))
    top, middle, bottom = (text(row) for row in drawn(ramp, 40))
    assert [len(row) for row in (top, middle, bottom)] == [40, 40, 40]
    assert top.rstrip()[-1] == middle[-1] == bottom[-1] == "⣿"
    assert len(top.lstrip()) < len(middle.lstrip()) < len(bottom.lstrip())
    assert all(not text(row).strip() for row in drawn(bytes(3 * COLUMNS), 40))


def test_its_colour_says_where_the_bass_is() -> None:
    *_, bottom = drawn(DROP, 40)
    assert [(len(part), style) for part, style in bottom] == [(20, "$wave-mid"), (20, "$wave-low")]


def test_it_is_drawn_at_any_width_and_in_ascii() -> None:
    for width in (1, 7, 76, 116, 1300):
        assert all(width_of(row) == width for row in drawn(DROP, width))
    assert ascii_text(text(drawn(DROP, 4)[-1])) == "||||"
    assert ascii_text("⠀⣀⣤⣶⣿⢸⡀") == " _.:||_"


def test_a_file_of_which_only_a_part_was_decoded_has_a_waveform_of_that_part() -> None:
    track = Track(1, 1, duration=100.0, path="/music/one.mp3")
    cue = Cue(CueType.CUE, 50_000.0, slot=2, name="drop")
    details = Details(track, (cue,), (), heard=heard(1, duration=25.0), waveform=DROP)
    *_, bottom, marks = picture(details, 45)
    assert text(bottom).index(" ") == 10
    assert text(bottom).endswith(" 1:40")
    assert text(marks).index("╵2 drop") == 20


def test_the_parts_of_a_beat_grid_are_ticked_where_no_cue_is() -> None:
    grid = [Cue(CueType.GRID, at, grid_bpm=120.0) for at in (0.0, 50_000.0, 75_000.0)]
    cues = (*grid, Cue(CueType.CUE, 50_000.0, slot=2))
    details = Details(Track(1, 1, duration=100.0), cues, (), heard=heard(1, duration=100.0))
    marks = picture(details, 45)[-1]
    assert marks[0] == ("┆", "$quiet")
    assert [at for at, sign in enumerate(text(marks)) if sign == "┆"] == [0, 30]
