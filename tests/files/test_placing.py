"""Steps on the disk: cut off behind any of them and begun again, the end is the same, and no file is lost."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from djtui.files import no_overwrite, placing
from djtui.files.disk import Disk
from djtui.files.placing import Placing, look
from djtui.files.plan import Planned
from djtui.files.step_rows import FileStep, Outcome
from djtui.files.steps import in_order

MOVES = {"A": "B", "B": "A", "1": "2", "2": "3", "3": "1", "x": "y", "y": "z", "case": "CASE"}


def steps(folder: Path, moves: dict[str, str] = MOVES) -> list[FileStep]:
    """The steps of moves, of files that are all of one size and time, so that only the inode tells them."""
    for name in moves:
        (folder / name).write_text(f"{name:>9}")
        os.utime(folder / name, ns=(0, 1_000_000_000))
    items = [
        Planned(number, str(folder / old), str(folder / new), "rename")
        for number, (old, new) in enumerate(moves.items())
    ]
    files = {item.id: look(item.path) for item in items}
    found = in_order(items, Disk(folds_case=True), lambda path: False)
    return [
        FileStep(
            number, step.id, "move", step.source, step.target, file=files[step.id],
            detail={} if step.last else {"parked": True},
        )
        for number, step in enumerate(found)
    ]  # fmt: skip


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text().strip() for path in folder.iterdir()}


def stopped_behind(count: int) -> threading.Event:
    """An event that is found set when it was asked for so many times."""

    class Event(threading.Event):
        asked = 0

        def is_set(self) -> bool:
            self.asked += 1
            return self.asked > count

    return Event()


def said(outcomes: list[Outcome]) -> list[str | None]:
    return [outcome.state for outcome in outcomes]


def test_cut_off_behind_any_step_and_begun_again_the_end_is_the_same(tmp_path: Path) -> None:
    count = len(MOVES) + 3  # one is parked for each circle, and for a name that changes its case
    for cut in range(count + 1):
        folder = tmp_path / f"{cut}"
        folder.mkdir()
        planned = steps(folder)
        assert len(planned) == count
        done = Placing(planned, {}, stop=stopped_behind(cut)).carried_out()
        assert len(done) == cut
        looked = Placing(planned, {}, only_look=True).carried_out()
        assert said(looked) == ["done"] * cut + ["refused"] * (count - cut)
        assert said(Placing(planned, {}).carried_out()) == ["done"] * count
        assert contents(folder) == {new: old for old, new in MOVES.items()}
        assert said(Placing(planned, {}).carried_out()) == ["done"] * count, "and once more it is all done"
        assert contents(folder) == {new: old for old, new in MOVES.items()}


def test_of_a_circle_that_cannot_be_closed_each_file_has_a_name_again(tmp_path: Path) -> None:
    planned = steps(tmp_path, {"A": "B", "B": "A", "x": "y"})
    (tmp_path / "y").write_text("a stranger")
    (tmp_path / "B").unlink()
    (tmp_path / "B").mkdir()
    outcomes = Placing(planned, {}).carried_out()
    assert said(outcomes) == ["refused"] * len(planned)
    assert outcomes[-1].reason == "“y” is there already."
    (tmp_path / "B").rmdir()
    assert contents(tmp_path) == {"A": "A", "x": "x", "y": "a stranger"}


def test_a_file_that_somebody_put_in_its_place_is_not_moved(tmp_path: Path) -> None:
    planned = steps(tmp_path, {"A": "B"})
    (tmp_path / "A").rename(tmp_path / "elsewhere")
    (tmp_path / "A").write_text("another")
    (outcome,) = Placing(planned, {}).carried_out()
    assert (outcome.state, outcome.reason) == ("refused", "Another file lies there now.")
    assert not (tmp_path / "B").exists()


def test_an_edited_file_is_still_the_file(tmp_path: Path) -> None:
    planned = steps(tmp_path, {"A": "B"})
    with (tmp_path / "A").open("a") as file:
        file.write("edited")
    assert said(Placing(planned, {}).carried_out()) == ["done"]


def test_a_file_with_a_new_inode_is_known_by_size_and_time(tmp_path: Path) -> None:
    planned = steps(tmp_path, {"A": "B"})
    assert planned[0].file is not None
    other = planned[0]._replace(file=planned[0].file._replace(inode=1))
    assert said(Placing([other], {}).carried_out()) == ["done"]
    assert said(Placing([other], {}).carried_out()) == ["done"]


def test_folders_are_made_and_only_empty_ones_go(tmp_path: Path) -> None:
    made = [FileStep(n, None, "folder", str(tmp_path / name)) for n, name in enumerate(("a", "a/b", "c"))]
    assert said(Placing(made, {}).carried_out()) == ["done"] * 3
    (tmp_path / "c" / "file").touch()
    gone = [step._replace(kind="unfolder") for step in reversed(made)]
    assert said(Placing(gone, {}).carried_out()) == [None, "done", "done"]
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system."""
    place = Path("/dev/shm")
    if not place.is_dir() or place.stat().st_dev == tmp_path.stat().st_dev or not os.access(place, os.W_OK):
        pytest.skip("needs a second file system")
    folder = place / f"djtui-{os.getpid()}"
    folder.mkdir()
    yield folder
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def test_across_file_systems_a_file_is_copied_compared_and_then_deleted(
    tmp_path: Path, elsewhere: Path
) -> None:
    source, target = tmp_path / "a", elsewhere / "b"
    source.write_bytes(os.urandom(3_000_000))
    source.chmod(0o640)
    os.utime(source, ns=(1_000, 5_000_000_123))
    data = source.read_bytes()
    step = FileStep(1, 1, "copy", str(source), str(target), file=look(str(source)))
    (outcome,) = Placing([step], {}).carried_out()
    assert outcome.state == "done" and outcome.file == look(str(target))
    assert not source.exists() and target.read_bytes() == data
    status = target.stat()
    assert (status.st_mtime_ns, status.st_mode & 0o777) == (5_000_000_123, 0o640)
    assert [path.name for path in elsewhere.iterdir()] == ["b"]


def test_a_copy_that_was_cut_off_before_the_old_file_went_is_finished(
    tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "a", elsewhere / "b"
    source.write_bytes(b"sound")
    step = FileStep(1, 1, "copy", str(source), str(target), file=look(str(source)))
    with monkeypatch.context() as patch:
        patch.setattr("djtui.files.no_overwrite.os.unlink", lambda path: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            Placing([step], {}).carried_out()
    assert source.exists() and target.exists()
    assert said(Placing([step], {}).carried_out()) == ["done"]
    assert not source.exists() and target.read_bytes() == b"sound"


def test_a_copy_never_overwrites(tmp_path: Path, elsewhere: Path) -> None:
    (tmp_path / "a").write_text("mine")
    (elsewhere / "b").write_text("a stranger")
    with pytest.raises(FileExistsError):
        no_overwrite.move(str(tmp_path / "a"), str(elsewhere / "b"))
    assert (tmp_path / "a").read_text() == "mine" and (elsewhere / "b").read_text() == "a stranger"


def test_where_the_system_has_no_safe_rename_it_is_looked_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(no_overwrite, "_RENAME", None)
    (tmp_path / "a").write_text("mine")
    (tmp_path / "b").symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        no_overwrite.rename(str(tmp_path / "a"), str(tmp_path / "b"))
    no_overwrite.rename(str(tmp_path / "a"), str(tmp_path / "c"))
    assert (tmp_path / "c").read_text() == "mine"


def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path) -> None:
    sentence = placing.reason(PermissionError(13, "Permission denied"), str(tmp_path / "b"))
    assert sentence == "You may not write in this folder."
