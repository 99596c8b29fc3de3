"""Whatever files are called and titles hold: a rename loses none, and its undo gives the same tree again."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path, PurePath

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from djtui.files import names
from djtui.library.database import Library
from tests.files.shelf import Shelf

EXAMPLES = int(os.environ.get("DJTUI_EXAMPLES", "25"))
NASTY = (
    "A", "a", "B", "b", "con", "nul.x", "dot.", " blank ", "new\nline", "\x1b[31mred", "x" * 251, "é" * 125,
    "é", "e\u0301", "\u202egnihtemos", "🎧🏳️‍🌈", "شيء", "-rf", ".hidden", "A (2)", "a\\b", 'q"?*<>|:', "~$x",
    ".djtui-1", "%s{title}", "\u200b", "Ａ",
)  # fmt: skip
TITLES = (*NASTY, "", "A/B", "x" * 400, "🎧" * 90, "C")
TEMPLATES = (
    "{title}", "{artist} - {title}", "{name}", "{title|upper}", "{title|lower}", "{artist}/{title}",
    "{title}/{artist}", "{artist|default:None}/<{title}/>{name}", "{title}.{ext|upper}",
)  # fmt: skip
FOLDERS = ("", "", "A/", "a/", "deep/er/")
stems = st.sampled_from(NASTY) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=8
).filter(lambda text: text not in (".", ".."))
files = st.dictionaries(
    st.tuples(st.sampled_from(FOLDERS), stems, st.sampled_from((".mp3", ".MP3", ".flac"))),
    st.tuples(st.sampled_from(TITLES) | stems, st.sampled_from(("", "Ada", "A", "B", "con"))),
    max_size=9,
)


@given(files, st.sampled_from(TEMPLATES), st.booleans())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_tree_is_renamed_to_a_valid_one_and_back_to_itself(
    given: dict[tuple[str, str, str], tuple[str, str]], template: str, below_root: bool
) -> None:
    asyncio.run(_there_and_back(given, template, below_root))


async def _there_and_back(
    given: dict[tuple[str, str, str], tuple[str, str]], template: str, below_root: bool
) -> None:
    with tempfile.TemporaryDirectory(prefix="djtui-rename-") as place:
        library = await Library.open(Path(place) / "library.db")
        try:
            shelf = Shelf(library, Path(place) / "music")
            tracks = {}
            for (folder, stem, end), (title, artist) in given.items():
                name = folder + names.shorten(stem, 255 - len(end)) + end
                tracks[name] = {"title": title or None, "artist": artist or None}
            await shelf.put(tracks)
            before, paths = shelf.tree(), await shelf.paths()
            root = str(shelf.folder) if below_root else None
            result = await shelf.rename(template, root=root)
            _check(shelf, await shelf.paths(), paths, before)
            empty = {name for name, data in shelf.tree().items() if data is None} - _in_use(shelf)
            assert empty <= (set() if below_root else set(before)), "where there is no root, old ones stay"
            if result["change"] is None:
                assert shelf.tree() == before
                return
            await shelf.undo(result["change"])
            assert shelf.tree() == before
            assert await shelf.paths() == paths
            await shelf.undo(result["change"], redo=True)
            await shelf.undo(result["change"])
            assert shelf.tree() == before
        finally:
            await library.close()


def _in_use(shelf: Shelf) -> set[str]:
    """The folders that files lie in or below."""
    return {str(folder) for file in shelf.names() for folder in PurePath(file).parents}


def _check(shelf: Shelf, paths: dict[int, str], old: dict[int, str], before: dict[str, bytes | None]) -> None:
    there = shelf.tree()
    assert {id: there[path] for id, path in paths.items()} == {id: before[path] for id, path in old.items()}
    assert len(shelf.names()) == len(paths)
    new = [path for id, path in paths.items() if path != old[id]]
    for path in new:
        name = os.path.basename(path)
        assert names.size(name) <= names.LONGEST
        stem = name.removesuffix(names.extension(name))
        assert names.component(stem) == stem
    kept = {names.folded(path) for id, path in paths.items() if path == old[id]}
    assert len({names.folded(path) for path in new} - kept) == len(new)
