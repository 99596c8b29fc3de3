"""A file is the old or the new one, whole, whatever happens; and the old one can be put back."""

from __future__ import annotations

import errno
import fcntl
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from djtui.files import safe_write
from djtui.files.safe_write import Unwritable, leftovers, original, restore, rewrite
from djtui.files.splices import Splice, applied
from djtui.files.tag_writing import WriteOptions, write
from djtui.files.undo_record import Undo
from tests.files.sounds import sound


def nothing(temporary: str) -> None:
    assert Path(temporary).exists()


def changed(path: Path, *splices: Splice, check: safe_write.Check = nothing) -> safe_write.Rewritten:
    with original(str(path)) as old:
        return rewrite(old, splices, check=check)


def refused(path: Path, **more: safe_write.Check) -> str:
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(Unwritable) as caught:
        changed(path, Splice(0, 1, b"new"), **more)
    assert (path.read_bytes() if path.is_file() else None) == before
    assert not list(path.parent.glob(".djtui-*"))
    assert caught.value.sentence.endswith(".")
    return caught.value.reason


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "file"
    file.write_bytes(bytes(range(256)) * 40)
    return file


def test_spans_are_changed_and_put_back(path: Path) -> None:
    before, random_ = path.read_bytes(), random.Random(1)
    for _ in range(30):
        places = sorted(random_.choices(range(len(before) + 1), k=6))
        splices = [
            Splice(start, end, random_.randbytes(random_.randrange(20)))
            for start, end in zip(places[::2], places[1::2], strict=True)
        ]
        done = changed(path, *splices)
        assert path.read_bytes() == applied(before, splices)
        restore(str(path), Undo.unpack(done.undo.pack()))
        assert path.read_bytes() == before


def test_rights_attributes_and_the_time_of_change_are_kept(path: Path) -> None:
    path.chmod(0o640)
    os.utime(path, ns=(10**18, 10**18 + 123_456_789))
    try:
        os.setxattr(path, "user.rating", b"5")
    except OSError as error:
        assert error.errno == errno.ENOTSUP
    names = os.listxattr(path)
    state = path.stat()
    done = changed(path, Splice(0, 1, b"new"))
    now = path.stat()
    assert (now.st_mode, now.st_uid, now.st_gid) == (state.st_mode, state.st_uid, state.st_gid)
    assert now.st_mtime_ns == state.st_mtime_ns == done.mtime_ns
    assert os.listxattr(path) == names
    with original(str(path)) as old:
        done = rewrite(old, [Splice(0, 1, b"x")], check=nothing, mtime="now")
    assert path.stat().st_mtime_ns > state.st_mtime_ns
    restore(str(path), done.undo)
    assert path.stat().st_mtime_ns == state.st_mtime_ns


def test_a_link_is_followed_and_stays_and_other_names_are_told_of(path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to(path.name)
    os.link(path, path.with_name("other"))
    done = changed(link, Splice(0, 1, b"new"))
    assert link.is_symlink() and done.path == str(path) and path.read_bytes()[:3] == b"new"
    assert path.with_name("other").read_bytes()[:1] == b"\0"
    assert done.notes == ("The file has one other name (hard links), which still lead to the old one.",)


def test_whatever_goes_wrong_the_old_file_is_untouched(path: Path) -> None:
    assert refused(path.with_name("nowhere")) == "missing"
    assert refused(path.parent) == "not a file"
    path.chmod(0o444)
    assert refused(path) == "write-protected"
    path.chmod(0o644)
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        assert refused(path) == "locked"

    def touched(temporary: str) -> None:
        os.utime(path, ns=(1, 1))

    assert refused(path, check=touched) == "changed"

    def wrong(temporary: str) -> None:
        raise Unwritable("not verified", "It is not.")

    assert refused(path, check=wrong) == "not verified"

    def gone(temporary: str) -> None:
        path.rename(path.with_name("elsewhere"))

    with pytest.raises(Unwritable, match="not there any more"):
        changed(path, Splice(0, 1, b"new"), check=gone)
    assert [each.name for each in path.parent.iterdir()] == ["elsewhere"]


def test_a_full_disk_leaves_the_old_file(path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))
    try:
        assert refused(path) == "disk full"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)


def test_an_undo_is_refused_where_the_file_was_changed_since(path: Path) -> None:
    done = changed(path, Splice(0, 1, b"new"))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(Unwritable, match="changed since"):
        restore(str(path), done.undo)
    assert path.read_bytes() == data
    with pytest.raises(ValueError, match="undo record"):
        Undo.unpack(b"rubbish")
    with pytest.raises(ValueError, match="undo record"):
        Undo.unpack(done.undo.pack()[:-3])


def test_only_what_nobody_writes_any_more_is_left_over(path: Path) -> None:
    seen: list[list[str]] = []
    changed(path, Splice(0, 1, b"new"), check=lambda temporary: seen.append(leftovers(str(path.parent))))
    assert seen == [[]]
    name = path.with_name(".djtui-0123456789abcdef.part")
    name.write_bytes(b"half")
    path.with_name(".djtui-notes.part").write_bytes(b"mine")
    assert leftovers(str(path.parent)) == [str(name)]


def test_a_kill_at_any_moment_leaves_the_old_or_the_new_file(tmp_path: Path) -> None:
    track = sound(tmp_path, "flac")
    old = track.read_bytes()
    write(str(track), {"title": "New"}, WriteOptions())
    new = track.read_bytes()
    program = (
        "import sys\n"
        "from djtui.files.tag_writing import write\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    write(sys.argv[1], {'title': 'New'})\n"
        "    write(sys.argv[1], {'title': None})\n"
    )
    write(str(track), {"title": None})
    bare = track.read_bytes()
    assert len({old, new, bare}) == 3
    random_ = random.Random(2)
    process = None
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", program, track], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(random_.uniform(0.02, 0.2))
        process.kill()
        process.wait()
        process.stdout.close()
        assert track.read_bytes() in (new, bare)
        rest = set(tmp_path.iterdir()) - {track}
        assert rest == {Path(each) for each in leftovers(str(tmp_path))}
        for each in rest:
            each.unlink()
