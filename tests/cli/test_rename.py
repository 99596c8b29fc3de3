"""`djtui rename` as a script and as a DJ at a terminal see it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from djtui.cli import _run
from tests.cli.conftest import Call, Said, Terminal
from tests.files.shelf import attributes
from tests.files.sounds import made
from tests.files.test_scanning import song
from tests.traktor.moved_files import KEY
from tests.traktor.pretending import running_traktor
from tests.traktor.test_importing import collection, entry, playlist


@pytest.fixture
def music(tmp_path: Path, djtui: Call) -> Path:
    """Three files in the library: two that would get one name, one of which nothing is known."""
    folder = tmp_path / "music"
    song(folder, "01.flac", "Opal", artist="Bicep")
    song(folder, "02.flac", "Opal", artist="Bicep")
    (folder / "03.flac").write_bytes(made("flac"))
    djtui("scan", folder, "--no-analysis")
    return folder


@pytest.fixture
def linked(tmp_path: Path, djtui: Call) -> Path:
    """A collection of two tracks; one stands in a playlist twice."""
    nml = tmp_path / "collection.nml"
    keys = [f"C:/:Music/:{name}.mp3" for name in "aba"]
    nml.write_text(collection(entry("a"), entry("b"), nodes=playlist("Friday", *keys)))
    for name in "ab":
        path = tmp_path / "c/Music" / f"{name}.mp3"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    djtui("traktor", "import", nml)
    return nml


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_preview_has_every_old_and_new_name_and_touches_nothing(djtui: Call, music: Path) -> None:
    before = attributes(music)
    result = djtui("rename", "{artist} - {title}")
    counts = {name: result[name] for name in ("planned", "renamed", "skipped", "failed", "change")}
    assert counts == {"planned": 2, "renamed": 0, "skipped": 0, "failed": 1, "change": None}
    assert [(Path(it["from"]).name, Path(it["to"]).name, it["status"]) for it in result["plan"]] == [
        ("01.flac", "Bicep - Opal.flac", "rename"),
        ("02.flac", "Bicep - Opal (2).flac", "numbered"),
        ("03.flac", "03.flac", "refused"),
    ]
    assert result["plan"][2]["reason"].endswith("unknown.")
    assert attributes(music) == before


def test_a_person_reads_aligned_names_reasons_and_counts(said: Said, music: Path) -> None:
    code, out, _ = said("rename", "{artist} - {title}", "title:opal")
    assert code == 0
    assert out.splitlines() == [
        f"{music}/",
        "  01.flac -> Bicep - Opal.flac",
        "+ 02.flac -> Bicep - Opal (2).flac",
        "    “01.flac” becomes “Bicep - Opal.flac” too.",
        "2 files would be renamed (1 with a number: their names are taken).",
        "Say --apply to rename them.",
    ]
    _, out, _ = said("rename", "{name}", "--all")
    assert out.splitlines()[1:] == ["= 01.flac", "= 02.flac", "= 03.flac",
                                    "0 files would be renamed, 3 called so already."]  # fmt: skip


def test_a_long_list_is_cut_and_says_so(said: Said, djtui: Call, tmp_path: Path) -> None:
    first = song(tmp_path / "many", "00.flac", "x").read_bytes()
    for number in range(1, 45):
        (tmp_path / "many" / f"{number:02}.flac").write_bytes(first)
    djtui("scan", tmp_path / "many", "--no-analysis")
    _, out, _ = said("rename", "{title} {name}")
    assert "… and 5 more: --all shows them." in out
    assert "45 files would be renamed." in out
    assert "x 44.flac" not in out and "x 44.flac" in said("rename", "{title} {name}", "--all")[1]


def test_applied_files_are_renamed_what_could_not_be_is_listed_and_undo_takes_it_back(
    djtui: Call, music: Path
) -> None:
    result = djtui("rename", "{artist} - {title}", "--apply", code=3)
    assert (result["renamed"], result["failed"]) == (2, 1)
    assert [(Path(it["from"]).name, Path(it["to"]).name, it["status"]) for it in result["plan"]] == [
        ("01.flac", "Bicep - Opal.flac", "renamed"),
        ("02.flac", "Bicep - Opal (2).flac", "renamed"),
    ]
    assert names(music) == ["03.flac", "Bicep - Opal (2).flac", "Bicep - Opal.flac"]
    djtui("undo", result["change"])
    assert names(music) == ["01.flac", "02.flac", "03.flac"]
    again = djtui("rename", "{name}", "--apply")
    assert (again["planned"], again["skipped"], again["change"]) == (0, 3, None)


def test_traktor_follows_in_the_same_step_and_the_preview_says_how_much(
    djtui: Call, said: Said, linked: Path, tmp_path: Path
) -> None:
    result = djtui("rename", "{artist} {title}")
    assert result["traktor"] == {"locations": 2, "places": 3, "new": 0, "others": 0}
    code, out, _ = said("rename", "{artist} {title}", "title:a")
    assert "Traktor: 1 location and 2 playlist entries change in the same step." in out
    error = djtui("rename", "{artist} {title}", "--apply", code=1)
    assert "djtui asks once" in error["message"]
    code, out, _ = said("rename", "{artist} {title}", "--apply", "--force")
    assert code == 0
    assert f"Traktor: 2 locations changed in {linked}." in out
    assert [key for _, key in KEY.findall(linked.read_text())] == [
        f"C:/:Music/:Bicep {name}.mp3" for name in "aba"
    ]


def test_without_the_export_it_is_told_that_traktor_does_not_know_yet(
    said: Said, linked: Path, tmp_path: Path
) -> None:
    text = linked.read_text()
    assert "Traktor" not in said("rename", "{artist} {title}", "--no-export")[1]
    code, out, _ = said("rename", "{artist} {title}", "--apply", "--no-export")
    assert code == 0
    assert "Traktor does not know 2 new names yet: djtui traktor export tells it." in out
    assert linked.read_text() == text
    assert names(tmp_path / "c/Music") == ["Bicep a.mp3", "Bicep b.mp3"]


def test_without_the_export_a_traktor_that_runs_is_warned_of(
    arguments: list[str], capsys: pytest.CaptureFixture[str], linked: Path, tmp_path: Path
) -> None:
    words = ["rename", "{artist} {title}", "--apply", "--no-export", "--yes"]
    with running_traktor(tmp_path / "bin"):
        assert _run([*arguments, *words]) == 0
    assert "Traktor Pro 4 is running and would not find these files" in capsys.readouterr().err
    assert names(tmp_path / "c/Music") == ["Bicep a.mp3", "Bicep b.mp3"]


def test_at_a_terminal_counts_are_shown_and_it_is_asked(
    at_terminal: Terminal, linked: Path, tmp_path: Path
) -> None:
    code, said = at_terminal("rename", "{artist} {title}", "--apply", answers={"Rename 2 files?": "n"})
    assert code == 1
    assert "Nothing was renamed." in said and "2 locations and 3 playlist entries" in said
    assert names(tmp_path / "c/Music") == ["a.mp3", "b.mp3"]
    answers = {"Rename 2 files?": "y", "Write it?": "y"}
    code, said = at_terminal("rename", "{artist} {title}", "--apply", answers=answers)
    assert code == 0 and not answers
    assert re.search(r"2 files renamed \(change \d+; djtui undo takes it back\)", said)
    assert "Bicep a.mp3" in linked.read_text()


def test_folders_begin_at_the_root_tags_are_written_and_lists_follow(
    djtui: Call, music: Path, tmp_path: Path
) -> None:
    m3u = tmp_path / "set.m3u8"
    m3u.write_text(f"{music}/01.flac\n", encoding="utf-8")
    djtui("edit", "title:opal", "bpm=128", "--yes")
    words = (
        "rename",
        "{bpm}/{title} {name}",
        "title:opal",
        "--root",
        tmp_path / "sorted",
        "--write-tags",
        "bpm",
    )
    assert djtui(*words, "--lists", m3u)["lists"] == [str(m3u)]
    result = djtui(*words, "--lists", tmp_path / "set.m3u8", "--apply")
    assert (result["renamed"], result["written"], result["lists"]) == (2, 2, 1)
    path = tmp_path / "sorted/128/Opal 01.flac"
    assert djtui("tags", "show", path)["files"][0]["bpm"] == 128
    assert m3u.read_text(encoding="utf-8") == f"{path}\n"


def test_a_root_that_would_be_made_is_told_of_where_files_go_there(
    said: Said, music: Path, tmp_path: Path
) -> None:
    root = tmp_path / "sorted"
    told = f"There is no folder {root} yet: it would be made."
    assert told in said("rename", "{artist}/{title}", "--root", root)[1]
    assert told not in said("rename", "{artist} {title}", "--root", root)[1]
    root.mkdir()
    assert told not in said("rename", "{artist}/{title}", "--root", root)[1]


def test_a_filter_with_braces_goes_with_a_preset(djtui: Call, music: Path) -> None:
    assert djtui("rename", "--preset", "plain", "title:/^O.{2}l$/")["planned"] == 2


def test_lists_and_templates_come_from_the_settings(djtui: Call, music: Path, tmp_path: Path) -> None:
    m3u = tmp_path / "set.m3u8"
    m3u.write_text(f"{music}/01.flac\n", encoding="utf-8")
    djtui("config", "files.lists", f'["{m3u}"]')
    djtui("config", "files.single", "{title} single {name}")
    result = djtui("rename", "--by-context", "title:opal")
    assert result["lists"] == [str(m3u)]
    assert Path(result["plan"][0]["to"]).name == "Opal single 01.flac"


def test_a_template_is_saved_under_a_name_and_goes_before_the_built_in_ones(
    djtui: Call, said: Said, music: Path
) -> None:
    code, _, err = said("rename", "{title} {name}", "--save", "club")
    assert code == 0 and "Saved as preset club in " in err
    listed = djtui("rename", "--presets")["presets"]
    assert listed[0] == {"name": "club", "template": "{title} {name}", "meaning": "yours",
                         "example": "Opal (Four Tet Remix) 01 Opal.mp3"}  # fmt: skip
    assert "mixing" in [it["name"] for it in listed]
    plan = djtui("rename", "--preset", "club", "title:opal")["plan"]
    assert [Path(it["to"]).name for it in plan] == ["Opal 01.flac", "Opal 02.flac"]
    assert "club        {title} {name}" in said("rename", "--presets")[1]


def test_tokens_are_listed_with_meaning_and_example(djtui: Call, said: Said) -> None:
    result = djtui("rename", "--tokens")
    assert {"token": "camelot", "meaning": "the key on the Camelot wheel", "example": "8A"} in result[
        "tokens"
    ]
    assert "pad" in [it["function"] for it in result["functions"]]
    assert "{camelot}      the key on the Camelot wheel" in said("rename", "--tokens")[1]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["{bmp}"], "There is no token bmp. Did you mean bpm?"),
        ([], "Say a template, --preset NAME or --by-context"),
        (["--preset", "nope"], "There is no preset 'nope'; there are mixing, plain"),
        (["--preset", "plain", "--by-context"], "Say --preset or --by-context, not both."),
        (["{title}", "--preset", "plain"], "'{title}' is a template: say TEMPLATE or --preset, not both."),
        (["{title|upper}", "--by-context"], "say TEMPLATE or --by-context, not both."),
        (["{title}", "--lists", "/nope"], "--lists: there is neither a file nor a folder /nope."),
        (["{label}/{title}", "--root", "/nope/none"], "--root: there is no folder /nope, so none cannot"),
        (["{label}/{title}", "--root", "/dev/null"], "--root: /dev/null is a file, not a folder."),
        (["--preset", "plain", "--save", "x"], "--save keeps a TEMPLATE that is said with it."),
        (["{title}", "bmp:128"], "Did you mean bpm?"),
        (["{title}", "--write-tags", "cover"], "'cover' is no tag that djtui writes"),
    ],
)
def test_wrong_use_is_a_sentence(djtui: Call, words: list[str], sentence: str) -> None:
    assert sentence in djtui("rename", *words, code=2)["message"]


def test_a_filter_that_no_track_passes_is_said_to_be_one(djtui: Call, said: Said, music: Path) -> None:
    _, printed, _ = said("rename", "{artist} - {title}", "artist:Nobody")
    assert printed == "No track passes artist:Nobody.\n"
