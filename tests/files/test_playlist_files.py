"""M3U files that point to renamed tracks follow them, written as they were written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from djtui.files import playlist_files, safe_write
from djtui.files.playlist_files import Names
from djtui.files.safe_write import Unwritable


@pytest.mark.parametrize(
    ("line", "new"),
    [
        ("/m/in/a.mp3", "/m/out/ä b.mp3"),
        ("../m/in/a.mp3", "../m/out/ä b.mp3"),
        ("./../m/in/a.mp3", "./../m/out/ä b.mp3"),
        ("..\\m\\in\\a.mp3", "..\\m\\out\\ä b.mp3"),
        ("  /m/in/a.mp3  ", "  /m/out/ä b.mp3  "),
        ("file:///m/in/a.mp3", "file:///m/out/%C3%A4%20b.mp3"),
        ("/m/in/e\u0301.mp3", "/m/out/e.mp3"),
        ("#/m/in/a.mp3", "#/m/in/a.mp3"),
        ("/m/in/A.mp3", "/m/in/A.mp3"),
        ("http://x/m/in/a.mp3", "http://x/m/in/a.mp3"),
    ],
)
def test_a_line_is_written_as_it_was(tmp_path: Path, line: str, new: str) -> None:
    place = str(tmp_path)
    names = Names(
        {f"{place}/m/in/a.mp3": f"{place}/m/out/ä b.mp3", f"{place}/m/in/é.mp3": f"{place}/m/out/e.mp3"}
    )
    (tmp_path / "lists").mkdir()
    path = tmp_path / "lists" / "x.m3u8"
    line, new = (text.replace("/m/", f"{place}/m/") if "/m/" in text and ".." not in text else text
                 for text in (line, new))  # fmt: skip
    path.write_bytes(f"#EXTM3U\r\n{line}\r\nlast".encode())
    playlist_files.rewrite(str(path), names)
    assert path.read_bytes() == f"#EXTM3U\r\n{new}\r\nlast".encode()


def test_a_list_that_mentions_none_is_not_touched_and_undo_restores_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x.m3u"
    path.write_bytes(b"\xef\xbb\xbfa.mp3\rb.mp3\n\xff")
    before, status = path.read_bytes(), os.stat(path)
    names = Names({f"{tmp_path}/a.mp3": f"{tmp_path}/c.mp3"})
    assert playlist_files.rewrite(str(path), Names({"/elsewhere": "/x"})) is None
    assert os.stat(path).st_ctime_ns == status.st_ctime_ns
    written = playlist_files.rewrite(str(path), names)
    assert written is not None and path.read_bytes() == b"\xef\xbb\xbfc.mp3\rb.mp3\n\xff"
    safe_write.restore(str(path), written.undo)
    assert path.read_bytes() == before and os.stat(path).st_mtime_ns == status.st_mtime_ns


def test_an_old_encoding_that_cannot_spell_the_new_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.m3u"
    path.write_bytes("ä.mp3".encode("cp1252"))
    with pytest.raises(Unwritable, match="cannot spell"):
        playlist_files.rewrite(str(path), Names({f"{tmp_path}/ä.mp3": f"{tmp_path}/شيء.mp3"}))
    assert path.read_bytes() == "ä.mp3".encode("cp1252")


def test_folders_are_searched_for_lists(tmp_path: Path) -> None:
    for name in ("a.M3U8", "b/c.m3u", "b/d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = playlist_files.found([str(tmp_path), str(tmp_path / "b" / "d.txt")])
    assert list(found) == [str(tmp_path / name) for name in ("a.M3U8", "b/c.m3u", "b/d.txt")]
