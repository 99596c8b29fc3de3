"""`djtui tags` as a script and as a DJ see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Call, Said, Terminal
from tests.files.shelf import attributes
from tests.files.sounds import made


@pytest.fixture
def music(tmp_path: Path, djtui: Call) -> Path:
    """Two files without tags, of which the library knows tempo, key and title; and one of which nothing."""
    folder = tmp_path / "music"
    folder.mkdir()
    for name in ("a.mp3", "b.flac", "c.wav"):
        (folder / name).write_bytes(made(name.partition(".")[2]))
    djtui("scan", folder, "--no-analysis")
    for id, name in ((1, "a"), (2, "b")):
        djtui("edit", f"id:{id}", f"title={name}", "bpm=128", "key=8A")
    return folder


def said_by(djtui: Call, path: Path) -> dict[str, object]:
    found: dict[str, object] = djtui("tags", "show", path)["files"][0]
    return found


def test_fields_are_written_of_the_tracks_that_the_query_finds_and_undo_puts_all_back(
    djtui: Call, music: Path
) -> None:
    before = {path.name: path.read_bytes() for path in music.iterdir()}
    result = djtui("tags", "write", "title:a", "bpm", "key")
    assert (result["written"], result["failed"]) == (1, 0)
    found = said_by(djtui, music / "a.mp3")
    assert (found["bpm"], found["key"], found["title"]) == (128, "8A", None)
    assert (music / "b.flac").read_bytes() == before["b.flac"]
    djtui("undo", result["change"])
    assert {path.name: path.read_bytes() for path in music.iterdir()} == before


def test_without_a_query_all_tracks_are_meant_and_a_query_may_be_called_like_a_field(
    djtui: Call, music: Path
) -> None:
    assert djtui("tags", "write", "title", "--dry-run")["planned"] == 2
    assert djtui("tags", "write", "--query", "title:a", "title", "--dry-run")["planned"] == 1
    assert djtui("tags", "write", "--query", "key", "title", "--dry-run")["planned"] == 0


def test_a_dry_run_says_what_would_change_in_each_file_and_touches_none(
    djtui: Call, said: Said, music: Path
) -> None:
    before = attributes(music)
    result = djtui("tags", "write", "title:a", "bpm", "key", "--notation", "musical", "--dry-run")
    assert (result["written"], result["change"], result["planned"]) == (0, None, 1)
    assert result["plan"] == [
        {
            "id": 1,
            "path": str(music / "a.mp3"),
            "fields": {"bpm": {"from": None, "to": 128}, "key": {"from": None, "to": "Am"}},
        }
    ]
    _, out, _ = said("tags", "write", "title:a", "bpm", "--dry-run")
    assert out.splitlines() == [str(music / "a.mp3"), "  bpm: none -> 128.0", "1 file of 1 would change."]
    assert attributes(music) == before


def test_how_tags_are_written_comes_from_the_settings_and_the_command_goes_before_them(
    djtui: Call, music: Path
) -> None:
    djtui("config", "files.tag_keys", "open")
    djtui("config", "files.tag_mtime", "now")
    djtui("tags", "write", "key")
    assert said_by(djtui, music / "a.mp3")["key"] == "1m"
    time = (music / "a.mp3").stat().st_mtime_ns
    djtui("tags", "write", "key", "--notation", "camelot", "--mtime", "keep", "--id3", "4")
    assert said_by(djtui, music / "a.mp3")["key"] == "8A"
    assert (music / "a.mp3").stat().st_mtime_ns == time


def test_a_file_that_is_gone_is_listed_and_the_others_are_written(djtui: Call, music: Path) -> None:
    (music / "a.mp3").unlink()
    result = djtui("tags", "write", "bpm", code=3)
    assert (result["written"], result["failed"]) == (1, 1)
    assert result["failures"] == [{"item": str(music / "a.mp3"), "reason": "The file is not there."}]


def test_what_the_tags_say_already_is_said_so(said: Said, music: Path) -> None:
    assert "Tags of 2 files written (change" in said("tags", "write", "bpm")[1]
    assert said("tags", "write", "bpm", "isrc")[1].startswith("No file was touched: the tags say so already")


def test_at_a_terminal_it_is_asked(at_terminal: Terminal, music: Path) -> None:
    code, out = at_terminal("tags", "write", "bpm", answers={"Write bpm into 3 files?": "n"})
    assert code == 1 and "Nothing was written." in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["titel", "key"],
            "'titel' is no field. Did you mean title? If it is the filter, say --query titel.",
        ),
        (["bogus"], "bogus is no field, so it was taken as a filter; name the fields to write: title"),
        (["artist:bicep"], "Name the fields to write: title, artist"),
        (["bpm", "cover"], "'cover' is no tag that djtui writes"),
        (["bmp:128", "key"], "Did you mean bpm?"),
    ],
)
def test_wrong_use_is_a_sentence_and_nothing_is_guessed(djtui: Call, words: list[str], sentence: str) -> None:
    assert sentence in djtui("tags", "write", *words, code=2)["message"]


def test_tags_of_any_file_are_shown_and_what_is_no_sound_is_listed(
    djtui: Call, said: Said, tmp_path: Path
) -> None:
    (tmp_path / "x.flac").write_bytes(made("flac"))
    (tmp_path / "x.txt").write_text("no sound")
    result = djtui("tags", "show", tmp_path / "x.flac", tmp_path / "x.txt", code=3)
    assert (result["files"][0]["codec"], result["failed"]) == ("FLAC", 1)
    assert "codec       FLAC" in said("tags", "show", tmp_path / "x.flac")[1]
