"""When auto-sync looks at the file."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from djtui.traktor import auto_watch
from djtui.traktor.auto_watch import FileWatch


async def test_a_change_is_told_at_once_and_of_other_files_nothing(tmp_path: Path) -> None:
    path = tmp_path / "collection.nml"
    path.write_text("a")
    watch = FileWatch(every_s=30)
    await watch.follow(path)
    try:
        await watch.changed(0.15)
        path.with_name("other.nml").write_text("b")
        assert not await watch.changed(0.25)
        path.with_name("new").write_text("b")
        path.with_name("new").replace(path)
        began = time.monotonic()
        assert await watch.changed(5)
        assert time.monotonic() - began < 2
    finally:
        await watch.close()


async def test_a_link_is_followed_to_the_file(tmp_path: Path) -> None:
    real = tmp_path / "dropbox" / "real.nml"
    real.parent.mkdir()
    real.write_text("a")
    os.symlink(real, tmp_path / "collection.nml")
    watch = FileWatch(every_s=30)
    await watch.follow(tmp_path / "collection.nml")
    try:
        await watch.changed(0.15)
        real.write_text("b")
        assert await watch.changed(5)
    finally:
        await watch.close()


async def test_where_nothing_can_be_watched_the_clock_tells(tmp_path: Path) -> None:
    watch = FileWatch(every_s=0.1)
    await watch.follow(tmp_path / "not mounted" / "collection.nml")
    try:
        assert await watch.changed(2)
        assert await watch.changed(2)
    finally:
        await watch.close()


async def test_on_a_network_file_system_the_clock_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auto_watch, "network_file_system", lambda path: "nfs4")
    path = tmp_path / "collection.nml"
    watch = FileWatch(every_s=0.2)
    await watch.follow(path)
    try:
        path.write_text("a")
        assert not await watch.changed(0.1)
        assert await watch.changed(2)
    finally:
        await watch.close()
