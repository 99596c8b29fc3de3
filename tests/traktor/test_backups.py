"""Backups of a collection: whole or not at all, never in each other's way, and only ours are ever removed."""

from __future__ import annotations

import os
import resource
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path

import pytest

from djtui.traktor.backups import (
    BackupError,
    folder,
    give_up,
    kept,
    link,
    make,
    rotate,
    written_since,
)
from djtui.traktor.nml import SourceChanged, fingerprint, identify

TEXT = b"<NML>" + b"x" * 5_000_000


def digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "data" / "library.db"


@pytest.fixture
def nml(tmp_path: Path) -> Path:
    path = tmp_path / "collection.nml"
    path.write_bytes(TEXT)
    return path


def aged(library: Path, nml: Path, number: int) -> list[Path]:
    """So many backups, a day apart, newest first."""
    made = make(library, nml, digest(nml.read_bytes()))
    names = []
    for days in range(number):
        at = datetime(2026, 7, 9, 18, 15, tzinfo=UTC) - timedelta(days)
        names.append(made.with_name(f"{made.name[:-19]}{at:%Y%m%d-%H%M%S}.nml"))
        names[-1].write_bytes(TEXT)
    made.unlink()
    return names


def test_a_backup_is_the_file_to_the_byte_and_named_by_file_and_time(library: Path, nml: Path) -> None:
    nml.chmod(0o640)
    heard: list[tuple[int, int]] = []
    before = datetime.now(UTC).replace(microsecond=0)
    path = make(library, nml, digest(TEXT), lambda done, size: heard.append((done, size)))
    assert path.read_bytes() == TEXT
    assert path.parent == library.with_name("library.db.traktor")
    own = blake2b(bytes(nml), digest_size=4).hexdigest()
    assert path.name.startswith(f"collection-{own}-")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert heard[-1] == (len(TEXT), len(TEXT))
    assert len(heard) > 1
    [backup] = kept(library, nml)
    assert (backup.path, backup.size) == (path, len(TEXT))
    assert before <= backup.at <= datetime.now(UTC)


def test_the_digest_is_that_of_the_survey(library: Path, nml: Path) -> None:
    assert make(library, nml, identify(nml)[1]).exists()


def test_a_file_that_changed_is_not_backed_up_as_if_it_had_not(library: Path, nml: Path) -> None:
    with pytest.raises(SourceChanged, match=r"collection\.nml changed"):
        make(library, nml, digest(b"something else"))
    assert list(folder(library).iterdir()) == []


def linked(library: Path, nml: Path) -> Path | None:
    return link(library, nml, fingerprint(nml))


def replaced(nml: Path, text: bytes) -> None:
    """Put another file in the place of one, as an export does."""
    (new := nml.with_name("new")).write_bytes(text)
    new.replace(nml)


def test_a_file_that_is_replaced_is_its_own_backup(library: Path, nml: Path) -> None:
    first = linked(library, nml)
    assert kept(library, nml) == []
    replaced(nml, b"new")
    second = linked(library, nml)
    assert first is not None
    assert second is not None
    replaced(nml, b"newer")
    assert [backup.path for backup in kept(library, nml)] == [second, first]
    assert (first.read_bytes(), second.read_bytes()) == (TEXT, b"new")
    assert [path.stat().st_nlink for path in (first, second)] == [1, 1]


def test_a_second_name_is_given_up_if_the_file_was_not_replaced(library: Path, nml: Path) -> None:
    backup = linked(library, nml)
    assert backup is not None
    give_up(backup, nml)
    assert list(folder(library).iterdir()) == []
    assert nml.read_bytes() == TEXT
    copy = make(library, nml, digest(TEXT))
    give_up(copy, nml)
    assert copy.exists()


def test_a_second_name_that_a_crash_left_is_no_backup_and_goes(library: Path, nml: Path) -> None:
    [copy] = aged(library, nml, 1)
    left = linked(library, nml)
    rotate(library, nml, 1)
    assert [backup.path for backup in kept(library, nml)] == [copy]
    backup = linked(library, nml)
    assert left is not None
    assert backup is not None
    assert set(folder(library).iterdir()) == {copy, backup}


def test_a_link_to_the_collection_is_followed(library: Path, nml: Path) -> None:
    (symlink := nml.with_name("link.nml")).symlink_to(nml)
    backup = link(library, symlink, fingerprint(nml))
    assert backup is not None
    assert not backup.is_symlink()
    assert backup.samefile(nml)
    assert kept(library, symlink) == []
    replaced(nml, b"new")
    assert [it.path for it in kept(library, symlink)] == [backup]


def test_a_file_with_other_names_or_without_links_is_to_be_copied(
    library: Path, nml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (other := nml.with_name("other")).hardlink_to(nml)
    assert linked(library, nml) is None
    other.unlink()

    def refused(path: Path, target: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    assert linked(library, nml) is None
    assert list(folder(library).iterdir()) == []


def test_a_file_that_is_another_one_by_now_gets_no_second_name(library: Path, nml: Path) -> None:
    expected = fingerprint(nml)
    replaced(nml, b"new")
    with pytest.raises(SourceChanged, match=r"collection\.nml changed"):
        link(library, nml, expected)
    assert list(folder(library).iterdir()) == []


def test_what_is_written_into_a_replaced_file_is_noticed(library: Path, nml: Path) -> None:
    expected = fingerprint(nml)
    with nml.open("r+b") as held:
        backup = linked(library, nml)
        replaced(nml, b"new")
        assert backup is not None
        assert not written_since(backup, expected)
        held.write(b"late")
    os.utime(backup, (1e9, 1e9))  # a clock may tick too slowly
    assert written_since(backup, expected)
    assert not written_since(make(library, nml, digest(b"new")), expected)
    assert not written_since(backup.with_name("gone"), expected)


def test_backups_of_one_second_stand_beside_each_other(library: Path, nml: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        paths = list(threads.map(lambda _: make(library, nml, digest(TEXT)), range(12)))
    assert len(set(paths)) == 12
    found = kept(library, nml)
    assert {backup.path for backup in found} == set(paths)
    assert [backup.at for backup in found] == sorted((backup.at for backup in found), reverse=True)
    assert all(path.read_bytes() == TEXT for path in paths)


def test_the_second_of_one_second_counts_as_newer_and_the_tenth_as_newer_than_the_ninth(
    library: Path, nml: Path
) -> None:
    [first] = aged(library, nml, 1)
    more = [first.with_stem(f"{first.stem}-{number}") for number in range(2, 12)]
    for path in more:
        path.write_bytes(TEXT)
    assert [backup.path for backup in kept(library, nml)] == [*reversed(more), first]


def test_rotation_keeps_the_newest(library: Path, nml: Path) -> None:
    names = aged(library, nml, 5)
    assert rotate(library, nml, 3) == names[3:]
    assert [backup.path for backup in kept(library, nml)] == names[:3]
    assert rotate(library, nml, 3) == []


@pytest.mark.parametrize("keep", [1, 0, -1])
def test_the_newest_is_never_removed(library: Path, nml: Path, keep: int) -> None:
    names = aged(library, nml, 3)
    rotate(library, nml, keep)
    assert [backup.path for backup in kept(library, nml)] == names[:1]


def test_nothing_that_is_not_a_backup_of_this_file_is_listed_or_removed(library: Path, nml: Path) -> None:
    [ours] = aged(library, nml, 1)
    other = nml.parent / "other" / "collection.nml"
    other.parent.mkdir()
    other.write_bytes(TEXT)
    strange = [
        make(library, other, digest(TEXT)),
        ours.with_name("collection.nml"),
        ours.with_name(ours.name.replace("collection", "collection2")),
        ours.with_name(ours.name.replace("2026", "2026x")),
        ours.with_name(ours.name[:-19] + "20261399-000000.nml"),
        ours.with_name(ours.name + ".old"),
        ours.with_name("x" + ours.name),
    ]
    for path in strange[1:]:
        path.write_bytes(b"not ours")
    (link := ours.with_stem(f"{ours.stem}-2")).symlink_to(nml)
    (place := ours.with_stem(f"{ours.stem}-3")).mkdir()
    assert [backup.path for backup in kept(library, nml)] == [ours]
    rotate(library, nml, 0)
    assert all(path.exists() for path in (*strange, link, place, ours))


def test_what_a_crash_left_half_made_goes_and_what_is_being_made_stays(library: Path, nml: Path) -> None:
    [ours] = aged(library, nml, 1)
    dead, living = (ours.with_name(f"{ours.name[:-19]}{name}.partial") for name in ("dead", "living"))
    for path in (dead, living):
        path.write_bytes(b"half")
    os.utime(dead, (1e9, 1e9))
    rotate(library, nml, 5)
    assert not dead.exists()
    assert living.exists()
    assert [backup.path for backup in kept(library, nml)] == [ours]


def test_without_a_folder_there_are_no_backups(library: Path, nml: Path) -> None:
    assert kept(library, nml) == []
    assert rotate(library, nml, 1) == []


def test_a_file_that_is_gone_or_a_folder_in_the_way_is_a_sentence(library: Path, nml: Path) -> None:
    with pytest.raises(BackupError, match=r"gone\.nml cannot be read: No such file"):
        make(library, nml.with_name("gone.nml"), digest(b""))
    library.parent.mkdir(exist_ok=True)
    folder(library).rmdir()
    folder(library).write_bytes(b"")
    for act in (lambda: make(library, nml, digest(TEXT)), lambda: kept(library, nml)):
        with pytest.raises(BackupError, match=r"library\.db\.traktor"):
            act()


def test_a_full_disk_is_a_sentence_and_leaves_nothing_behind(library: Path, nml: Path) -> None:
    def too_small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    code = (
        "import sys; from pathlib import Path; from djtui.traktor.backups import *\n"
        "try: make(Path(sys.argv[1]), Path(sys.argv[2]), b'')\n"
        "except BackupError as error: print(error)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, library, nml], preexec_fn=too_small, capture_output=True, text=True
    )
    assert "is full" in said.stdout, said.stderr
    assert list(folder(library).iterdir()) == []
    assert nml.read_bytes() == TEXT


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder in the name of somebody who is refused things: root never is."""
    place = Path(tempfile.mkdtemp(prefix="djtui-test-"))
    if os.geteuid() == 0:
        os.chown(place, 65534, 65534)
        os.seteuid(65534)
    yield place
    if os.getuid() == 0:
        os.seteuid(0)
    shutil.rmtree(place)


def test_a_folder_that_may_not_be_written_is_a_sentence(unprivileged: Path) -> None:
    nml, closed = unprivileged / "collection.nml", unprivileged / "closed"
    nml.write_bytes(TEXT)
    closed.mkdir(mode=0o555)
    with pytest.raises(BackupError, match=r"The backups in .*closed.* cannot be written: Permission denied"):
        make(closed / "library.db", nml, digest(TEXT))
    nml.chmod(0)
    with pytest.raises(BackupError, match=r"collection\.nml cannot be read: Permission denied"):
        make(unprivileged / "library.db", nml, digest(TEXT))
    assert list(folder(unprivileged / "library.db").iterdir()) == []


def test_a_name_of_any_length_and_script_fits(library: Path, tmp_path: Path) -> None:
    nml = tmp_path / ("é" * 120 + ".nml")
    nml.write_bytes(TEXT)
    make(library, nml, digest(TEXT))
    [backup] = kept(library, nml)
    assert backup.path.read_bytes() == TEXT


def test_a_disk_without_links_keeps_backups_as_well(
    library: Path, nml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path, target: Path) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    assert make(library, nml, digest(TEXT)) != make(library, nml, digest(TEXT))
    assert len(kept(library, nml)) == 2
    assert len(list(folder(library).iterdir())) == 2
