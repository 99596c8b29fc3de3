"""Lines that paint only what changed."""

from __future__ import annotations

from djtui.model.cue import Cue, CueType
from djtui.model.track import Track
from djtui.tui.details import Details
from djtui.tui.formats import width_of
from djtui.tui.widgets.lines import cells, changed
from djtui.tui.widgets.waveform import time_line


def test_only_the_cells_that_changed_are_painted() -> None:
    before, after = cells([("tempo ", "$quiet"), ("124", "")]), cells([("tempo ", "$quiet"), ("128", "")])
    assert changed(before, after) == range(8, 9)
    assert changed(before, before) == range(0)


def test_a_change_of_style_alone_is_painted() -> None:
    assert changed(cells([("off", "$quiet")]), cells([("off", "$accent")])) == range(3)


def test_what_is_gone_is_painted_over() -> None:
    assert changed(cells([("Opal remix", "")]), cells([("Opal", "")])) == range(5, 10)


def test_a_wide_character_is_never_halved() -> None:
    assert changed(cells([("東西", "")]), cells([("東北", "")])) == range(2, 4)
    assert changed(cells([("a東", "")]), cells([("ab ", "")])) == range(1, 3)


def test_the_time_line_has_a_tick_at_each_cue_and_its_mark_below() -> None:
    track = Track(1, 1, duration=100.0)
    line, marks = time_line(Details(track, (Cue(CueType.CUE, 50_000.0, slot=2, name="drop"),), ()), 45)
    text = "".join(part for part, _ in line)
    assert (width_of(line), text.index("╷"), text.endswith(" 1:40")) == (45, 20, True)
    assert "".join(part for part, _ in marks).index("╵2 drop") == 20
