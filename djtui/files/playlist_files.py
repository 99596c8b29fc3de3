"""M3U files that point to tracks: their paths follow the tracks, all else in them stays byte by byte."""

# Names may be no text.
# ruff: noqa: PTH100, PTH111, PTH112, PTH117, PTH118, PTH120, PTH123

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from unicodedata import normalize
from urllib.parse import quote, unquote

from djtui.files import safe_write
from djtui.files.safe_write import Rewritten, Unwritable
from djtui.files.splices import Splice

EXTENSIONS: Final = (".m3u", ".m3u8")
_LARGEST: Final = 64 << 20
_LINE: Final = re.compile(rb"[^\r\n]+")
_FILE_URL: Final = "file://"


def found(places: Iterable[str]) -> Iterator[str]:
    """The M3U files among these files, and in and below these folders."""
    for place in places:
        path = os.path.abspath(os.path.expanduser(place))
        if not os.path.isdir(path):
            yield path
            continue
        for folder, folders, files in os.walk(path):
            folders.sort()
            yield from (
                os.path.join(folder, name) for name in sorted(files) if name.lower().endswith(EXTENSIONS)
            )


class Names(dict[str, str]):
    """Old path -> new one; letters of old ones in whatever form."""

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__((normalize("NFC", old), new) for old, new in names.items())


def points_to(path: str, names: Names) -> bool:
    """Whether a file mentions one of these paths. Files that cannot be read do not."""
    try:
        return bool(_splices(path, _content(path), names))
    except (OSError, Unwritable):
        return False


def rewrite(path: str, names: Names) -> Rewritten | None:
    """Let a file point to new paths. None: it mentions no old one. Raises `Unwritable`."""
    with safe_write.original(path) as old:
        if old.state.st_size > _LARGEST:
            raise Unwritable("unsupported", "So large a file is no playlist.")
        before = os.pread(old.descriptor, old.state.st_size, 0)
        splices = _splices(path, before, names)
        if not splices:
            return None
        wanted = before
        for splice in reversed(splices):
            wanted = wanted[: splice.start] + splice.new + wanted[splice.end :]

        def check(temporary: str) -> None:
            if _content(temporary) != wanted:
                raise Unwritable("not verified", "The new playlist would not have been what it should be.")

        return safe_write.rewrite(old, splices, check=check, mtime="now")


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(_LARGEST)


def _splices(path: str, content: bytes, names: Names) -> list[Splice]:
    """What changes in the text. It keeps its encoding, its line ends, and relative paths as such."""
    start = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    encoding = "utf-8"
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        encoding = "cp1252"
    folder = os.path.dirname(os.path.abspath(path))
    splices = []
    for line in _LINE.finditer(content, start):
        text = line[0].decode(encoding, "surrogateescape")
        bare = text.strip()
        if not bare or bare.startswith("#"):
            continue
        new = _renamed(bare, folder, names)
        if new is None:
            continue
        begin = line.start() + len(text[: text.index(bare)].encode(encoding, "surrogateescape"))
        end = begin + len(bare.encode(encoding, "surrogateescape"))
        try:
            splices.append(Splice(begin, end, new.encode(encoding, "surrogateescape")))
        except UnicodeEncodeError as error:
            raise Unwritable("value", f"The playlist's old encoding cannot spell “{new}”.") from error
    return splices


def _renamed(text: str, folder: str, names: Names) -> str | None:
    """A line's new path, written as the old one is: absolute, relative, or as a URL."""
    is_url = text.lower().startswith(_FILE_URL)
    backward = not is_url and "\\" in text and "/" not in text
    path = unquote(text[len(_FILE_URL) :]) if is_url else text.replace("\\", "/") if backward else text
    absolute = os.path.normpath(os.path.join(folder, path))
    new = names.get(normalize("NFC", absolute))
    if new is None:
        return None
    if is_url:
        return _FILE_URL + quote(new)
    if not os.path.isabs(path):
        new = os.path.relpath(new, folder)
        if path.startswith("./"):
            new = f"./{new}"
    return new.replace("/", "\\") if backward else new
