"""Is Traktor open? Asked of real processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from djtui.traktor.running import foreign, running, traktor_processes
from tests.traktor.pretending import alone, running_traktor, started

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts programs by a name below `tmp_path`; all end with the test."""
    processes = []

    def start(name: str, *arguments: str, cwd: Path | None = None) -> subprocess.Popen[bytes]:
        processes.append(started(tmp_path / name, arguments=arguments, cwd=cwd))
        return processes[-1]

    with alone():
        yield start
        for process in processes:
            process.kill()
            process.wait()


@pytest.mark.parametrize(
    "name", ["Traktor", "Traktor Pro 4", "Traktor Pro 3.exe", "traktor.exe", "Traktor DJ 2"]
)
def test_whatever_begins_as_traktor_does_is_a_traktor(start: Start, name: str) -> None:
    start(name)
    assert traktor_processes() == [name]
    assert running() == name


def test_traktor_is_known_until_it_has_quit(tmp_path: Path) -> None:
    with running_traktor(tmp_path) as process:
        assert running() == "Traktor Pro 4"
        process.kill()
        while (
            Path(f"/proc/{process.pid}/cmdline").exists() and Path(f"/proc/{process.pid}/cmdline").read_text()
        ):
            time.sleep(0.01)
        assert running() is None  # a zombie holds no collection
        process.wait()
        assert running() is None


def test_traktor_under_wine_is_known_by_its_first_argument(start: Start) -> None:
    start("wine64-preloader", "C:\\Program Files\\Native Instruments\\Traktor Pro 3\\Traktor Pro 3.exe")
    assert running() == "Traktor Pro 3.exe"


def test_a_mac_bundle_is_known_whatever_its_program_is_called(start: Start) -> None:
    start("Native Instruments/Traktor Pro 4/Traktor Pro 4.app/Contents/MacOS/main")
    assert running() == "Traktor Pro 4"


@pytest.mark.parametrize(
    "name",
    [
        "Traktor Kontrol S4 Control Panel",
        "Traktor Audio 6",
        "TraktorHelper",
        "Traktor Pro 4.app/Contents/MacOS/crashpad_handler",
        "Traktor 4.1.0/player",
        "Not Traktor",
    ],
)
def test_panels_helpers_and_neighbours_are_no_traktor(start: Start, name: str) -> None:
    start(name)
    assert running() is None


def test_a_folder_of_traktors_as_argument_or_workplace_is_no_traktor(start: Start, tmp_path: Path) -> None:
    place = tmp_path / "Traktor 4.1.0"
    place.mkdir()
    start("editor", str(tmp_path / "editor"), "0", cwd=place)
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)", str(place / "Traktor Pro 4")], cwd=place
    )
    try:
        assert running() is None
    finally:
        process.kill()
        process.wait()


def test_a_shell_that_started_djtui_is_no_traktor(tmp_path: Path) -> None:
    shell = Path(shutil.copy(os.path.realpath("/bin/sh"), tmp_path / "Traktor sync"))
    code = "from djtui.traktor.running import running; print(running())"
    with alone():
        said = subprocess.run(
            [shell, "-c", f"'{sys.executable}' -c '{code}'; true"], capture_output=True, text=True, check=True
        )
    assert said.stdout == "None\n"


def test_looking_takes_a_moment_only(start: Start) -> None:
    running()
    began = time.perf_counter()
    running()
    assert time.perf_counter() - began < 0.5


def local_keys(folder: Path, names: Sequence[str], volume: str = "Macintosh HD") -> list[str]:
    return ["/:".join((volume, *folder.parts[1:], name)) for name in names]


def test_every_collection_on_linux_belongs_to_another_machine() -> None:
    assert "Windows drives (C:, D:)" in (foreign(["C:/:a.mp3", "D:/:b.mp3"], "linux") or "")
    assert "volumes of a Mac (osx)" in (foreign(["osx/:a.mp3"], "linux") or "")
    assert "does not run on this system" in (foreign([], "linux") or "")


def test_windows_drives_are_of_another_machine_on_a_mac_and_the_other_way_round() -> None:
    assert "Windows drives (C:, \\\\nas\\m)" in (foreign(["C:/:a.mp3", "\\\\nas\\m/:b.mp3"], "darwin") or "")
    assert "volumes of a Mac (osx)" in (foreign(["osx/:a.mp3", "osx/:b.mp3", "C:/:c.mp3"], "win32") or "")


def test_a_collection_whose_files_are_here_belongs_to_this_machine(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").touch()
    assert foreign(local_keys(tmp_path, ["gone.mp3", "a.mp3"]), "darwin") is None
    assert foreign([], "darwin") is None


def test_a_collection_of_another_mac_is_told_by_its_files_not_being_here(tmp_path: Path) -> None:
    reason = foreign(local_keys(tmp_path, ["a.mp3", "b.mp3"]), "darwin") or ""
    assert reason.startswith("None of the collection's tracks")
    assert "Macintosh HD" in reason
    assert foreign(["C:/:nowhere.mp3"], "win32") is not None
