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


def test_replaygain_alone_is_wrong_use(djtui: Call) -> None:
    assert djtui("analyze", "--replaygain", code=2)["message"] == "--replaygain goes with --write-tags."
