"""Undoing an export on the command line: files that keep new names are a trap, and are spoken of first."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Call, Said, Terminal
from tests.cli.test_rename import linked
from tests.traktor.moved_files import KEY

__all__ = ["linked"]

LOST = "2 files keep their new names, which Traktor will not know until the next export"


def told(djtui: Call, linked: Path) -> int:
    """Rename two files, and tell Traktor by an export of its own; the change of the rename."""
    before = linked.read_bytes()
    change = djtui("rename", "{artist} {title}", "--apply", "--no-export")["change"]
    assert linked.read_bytes() == before
    assert djtui("traktor", "export", "--force")["moved"] == 2
    return int(change)


def test_where_nobody_can_be_asked_the_names_are_not_lost_unsaid(
    djtui: Call, said: Said, linked: Path
) -> None:
    before = linked.read_bytes()
    rename = told(djtui, linked)
    written = linked.read_bytes()
    code, _, complaint = said("undo")
    assert code == 1
    assert f"{LOST}; djtui undo {rename} takes the rename back, too." in complaint
    assert "--yes" in complaint
    djtui("undo", code=1)
    assert linked.read_bytes() == written
    result = djtui("undo", "--yes")
    assert linked.read_bytes() == before
    assert result["notes"] == [f"{LOST}; djtui undo {rename} takes the rename back, too."]
    dry = djtui("traktor", "export", "--dry-run")
    assert (dry["entries_changed"], dry["moved"]) == (2, 2)
    djtui("undo", rename, "--no-export")
    assert djtui("traktor", "export", "--force")["moved"] == 0
    assert {key for _, key in KEY.findall(linked.read_text())} == {
        "C:/:Music/:a.mp3",
        "C:/:Music/:b.mp3",
    }


def test_at_a_terminal_the_question_says_what_traktor_will_not_find(
    djtui: Call, at_terminal: Terminal, linked: Path
) -> None:
    before = linked.read_bytes()
    told(djtui, linked)
    written = linked.read_bytes()
    code, shown = at_terminal("undo", answers={"Put the collection back?": "n"})
    assert (code, LOST in shown) == (1, True), shown
    assert linked.read_bytes() == written
    code, shown = at_terminal("undo", answers={"Put the collection back?": "y"})
    assert (code, shown.count(LOST)) == (0, 2), shown
    assert linked.read_bytes() == before


def test_an_export_without_new_names_is_undone_without_a_question(djtui: Call, linked: Path) -> None:
    before = linked.read_bytes()
    djtui("edit", "id:1", "genre=Acid")
    djtui("traktor", "export", "--force")
    assert djtui("undo")["notes"] == []
    assert linked.read_bytes() == before
