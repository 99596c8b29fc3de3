"""Small NML files, put together by hand to Traktor's rules."""

from __future__ import annotations

from pathlib import Path

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n'
HEAD = '<HEAD COMPANY="www.native-instruments.com" PROGRAM="Traktor"></HEAD>\n'
STANDARD = """<NODE TYPE="PLAYLIST" NAME="_LOOPS"><PLAYLIST ENTRIES="0" TYPE="LIST" UUID="a0"></PLAYLIST>
</NODE>
<NODE TYPE="PLAYLIST" NAME="_RECORDINGS"><PLAYLIST ENTRIES="0" TYPE="LIST" UUID="a1"></PLAYLIST>
</NODE>
"""


def location(
    file: str = "one.mp3", directory: str = "/:Music/:", volume: str = "C:", volume_id: str = "1a2b"
) -> str:
    """A LOCATION; the values are as they stand in the file."""
    return f'<LOCATION DIR="{directory}" FILE="{file}" VOLUME="{volume}" VOLUMEID="{volume_id}"></LOCATION>\n'


def entry(
    file: str = "one.mp3",
    *,
    attributes: str = 'TITLE="One" ARTIST="Ada"',
    info: str | None = 'BITRATE="320000" PLAYTIME="300"',
    inside: str = "",
    directory: str = "/:Music/:",
    volume: str = "C:",
    place: str | None = None,
) -> str:
    """An ENTRY: its own attributes, its LOCATION, the attributes of its INFO, and further children."""
    where = location(file, directory, volume) if place is None else place
    about = "" if info is None else f"<INFO {info}></INFO>\n"
    return (
        f'<ENTRY MODIFIED_DATE="2024/5/9" MODIFIED_TIME="3661" {attributes}>{where}{about}{inside}</ENTRY>\n'
    )


def cue(
    kind: int = 0,
    start: str = "1000.000000",
    *,
    length: str = "0.000000",
    hotcue: str = "-1",
    name: str = "n.n.",
) -> str:
    """A CUE_V2 without a child."""
    return (
        f'<CUE_V2 NAME="{name}" DISPL_ORDER="0" TYPE="{kind}" START="{start}" LEN="{length}" '
        f'REPEATS="-1" HOTCUE="{hotcue}"></CUE_V2>\n'
    )


def playlist(name: str, *keys: str, uuid: str | None = "b0", kind: str = "LIST") -> str:
    """A NODE that is a list of tracks."""
    items = "".join(f'<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="{key}"></PRIMARYKEY>\n</ENTRY>\n' for key in keys)
    own = "" if uuid is None else f' UUID="{uuid}"'
    content = f'<PLAYLIST ENTRIES="{len(keys)}" TYPE="{kind}"{own}>{items}</PLAYLIST>\n'
    return f'<NODE TYPE="PLAYLIST" NAME="{name}">{content}</NODE>\n'


def smartlist(name: str, query: str, uuid: str = "c0") -> str:
    """A NODE that is a smart list; `query` as it stands in the file."""
    search = f'<SEARCH_EXPRESSION VERSION="1" QUERY="{query}"></SEARCH_EXPRESSION>\n'
    return f'<NODE TYPE="SMARTLIST" NAME="{name}"><SMARTLIST UUID="{uuid}">{search}</SMARTLIST>\n</NODE>\n'


def folder(name: str, *nodes: str) -> str:
    """A NODE with nodes in it."""
    content = f'<SUBNODES COUNT="{len(nodes)}">{"".join(nodes)}</SUBNODES>\n'
    return f'<NODE TYPE="FOLDER" NAME="{name}">{content}</NODE>\n'


def playlists(*nodes: str) -> str:
    """The PLAYLISTS section."""
    return f"<PLAYLISTS>{folder('$ROOT', *nodes)}</PLAYLISTS>\n"


def nml(
    *entries: str,
    tree: str | None = None,
    version: str | None = "19",
    count: int | None = None,
) -> str:
    """A whole file."""
    number = len(entries) if count is None else count
    own = "" if version is None else f' VERSION="{version}"'
    section = playlists(STANDARD) if tree is None else tree
    return (
        f"{DECLARATION}<NML{own}>{HEAD}<MUSICFOLDERS></MUSICFOLDERS>\n"
        f'<COLLECTION ENTRIES="{number}">{"".join(entries)}</COLLECTION>\n'
        f'<SETS ENTRIES="0"></SETS>\n{section}<INDEXING></INDEXING>\n</NML>\n'
    )


def written(folder: Path, text: str | bytes, name: str = "collection.nml") -> Path:
    """The file on disk."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path
