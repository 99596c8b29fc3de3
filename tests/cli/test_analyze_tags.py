"""`djtui analyze --write-tags`: what was heard of files of the library goes to their tags."""

from __future__ import annotations

from pathlib import Path

from djtui.demo import music
from tests.cli.conftest import Call, Said


def test_tempo_and_key_are_written_for_files_of_the_library_only_and_undo_takes_it_back(
    djtui: Call, said: Said, tmp_path: Path
) -> None:
    known, stranger = tmp_path / "music/a.flac", tmp_path / "b.flac"
    known.parent.mkdir()
    for path in (known, stranger):
        music.write(path, 128.0, "Am", seconds=12, samplerate=22_050, channels=1)
    djtui("scan", known.parent, "--no-analysis")
    before = {path: path.read_bytes() for path in (known, stranger)}
    result = djtui("analyze", known, stranger, "--write-tags")
    assert {name: result[name] for name in ("analyzed", "failed", "written")} == {
        "analyzed": 2, "failed": 0, "written": 1,
    }  # fmt: skip
    tags = djtui("tags", "show", known)["files"][0]
    assert (tags["bpm"], tags["key"], tags["replaygain"]) == (128, "8A", None)
    assert stranger.read_bytes() == before[stranger]
    (change,) = result["changes"]
    djtui("undo", change)
    assert known.read_bytes() == before[known]
    code, out, _ = said("analyze", "--query", "", "--write-tags", "--replaygain")
    assert code == 0
    assert "Tags of 1 file written (djtui undo" in out
    assert "written" not in djtui("analyze")


def test_that_nothing_was_written_is_said_with_the_reason(djtui: Call, said: Said, tmp_path: Path) -> None:
    path = tmp_path / "music/a.flac"
    path.parent.mkdir()
    music.write(path, 128.0, "Am", seconds=12, samplerate=22_050, channels=1)
    djtui("scan", path.parent, "--no-analysis")
    djtui("analyze", path, "--write-tags")
    out = said("analyze", path, "--write-tags")[1]
    assert "No tags were written: the files say so already." in out
    out = said("analyze", "--write-tags")[1]
    assert "No tags were written: nothing was left to analyse." in out
    djtui("edit", "", "bpm=100", "key=1A", "--yes")
    out = said("analyze", path, "--write-tags")[1]
    assert "No tags were written: of none of these tracks is known here what the analysis hears" in out


def test_replaygain_alone_is_wrong_use(djtui: Call) -> None:
    assert djtui("analyze", "--replaygain", code=2)["message"] == "--replaygain goes with --write-tags."
