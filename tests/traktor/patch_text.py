"""What the tests of patching share: entries read back, whole exports, files in foreign layouts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from djtui.demo.collection import write_collection
from djtui.model.track import SYNCED
from djtui.traktor.entry import ROW, CueRow, parse_entries
from djtui.traktor.location import VolumeMap
from djtui.traktor.nml import Survey, survey
from djtui.traktor.patch import Plan, build, locate, patch_entries, write_part
from djtui.traktor.patch_entry import EntryEdit, Patched, patch_entry
from djtui.traktor.patch_tree import WantedNode
from djtui.traktor.tree import TreeNode
from tests.traktor.nml_text import nml, written

NOW = datetime(2026, 11, 5, 1, 1, 1, tzinfo=UTC)
STAMP = b'MODIFIED_DATE="2026/11/5" MODIFIED_TIME="3661"'


def patched(
    text: str | bytes, fields: Mapping[str, Any] | None = None, cues: Sequence[CueRow] | None = None
) -> Patched:
    """An entry after an edit."""
    entry = text.encode() if isinstance(text, str) else text
    return patch_entry(entry, EntryEdit(b"", fields or {}, cues), NOW)


def read(*entries: bytes) -> list[dict[str, Any]]:
    """Entries as the importer reads them: the synced fields, with `cues` a list of rows."""
    with TemporaryDirectory() as folder:
        path = written(
            Path(folder), nml("").encode().replace(b"</COLLECTION>", b"".join(entries) + b"</COLLECTION>")
        )
        found = survey(path)
        parsed = parse_entries(str(path), found.fingerprint, found.entries, VolumeMap())
    assert not parsed.failures
    images = []
    for entry in parsed.entries:
        assert entry is not None
        image = dict(zip(ROW, entry.row, strict=True)) | {"cues": entry.cues}
        images.append({name: image[name] for name in SYNCED} | {"modified": image["modified"]})
    return images


@lru_cache
def demo_entries(version: int, tracks: int = 40) -> tuple[bytes, ...]:
    """Entries of a made-up collection."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "collection.nml"
        write_collection(path, tracks, version=version)
        return tuple(re.findall(rb"<ENTRY MODIFIED.*?</ENTRY>", path.read_bytes(), re.DOTALL))


def as_it_is(nodes: Sequence[TreeNode]) -> list[WantedNode]:
    """The tree of a file, wanted as it is."""
    return [
        WantedNode(place, node.parent, node.kind, node.name, node.uuid, None, None)
        for place, node in enumerate(nodes)
    ]


def exported(
    path: Path,
    edits: Mapping[int, Mapping[str, Any]] | None = None,
    removed: Sequence[int] = (),
    added: Sequence[bytes] = (),
    wanted: Sequence[WantedNode] | None = None,
    step: int = 1000,
) -> tuple[Survey, Plan, Path]:
    """An export to a file beside `path`: edits by place of the entry, places to take out, new entries."""
    found = survey(path)
    hashes = {place: found.entries.hash(place) for place in range(len(found.entries))}
    wishes = [EntryEdit(hashes[place], fields) for place, fields in (edits or {}).items()]
    places = locate(found.entries, [wish.hash for wish in wishes])
    spans = found.entries.pick([places[wish.hash] for wish in wishes])
    patches = patch_entries(str(path), found.fingerprint, spans, wishes, NOW)
    plan = build(found, [patches], [hashes[place] for place in removed], added, wanted)
    target = path.with_name("new.nml")
    target.unlink(missing_ok=True)
    sizes = [write_part(str(path), found.fingerprint, part, str(target)) for part in plan.parts(step)]
    assert sum(sizes) == target.stat().st_size == plan.result_size
    return found, plan, target


def tags(data: bytes) -> list[bytes]:
    """A file cut before each tag."""
    return re.split(rb"(?=<)", data)


def changed_tags(before: bytes, after: bytes) -> list[tuple[bytes, bytes]]:
    """The tags in which two files of the same structure differ, without the newline behind them."""
    old, new = tags(before), tags(after)
    assert len(old) == len(new)
    return [(one.strip(), other.strip()) for one, other in zip(old, new, strict=True) if one != other]


# The same entry as Traktor writes it, and as other programs leave it.
ENTRY = (
    '<ENTRY MODIFIED_DATE="2024/5/9" MODIFIED_TIME="3661" AUDIO_ID="AWx" TITLE="One &amp; only" ARTIST="Ada">'
    '<LOCATION DIR="/:Music/:" FILE="one.mp3" VOLUME="C:" VOLUMEID="1a2b"></LOCATION>\n'
    '<ALBUM OF_TRACKS="9" TITLE="Both"></ALBUM>\n'
    '<MODIFICATION_INFO AUTHOR_TYPE="user"></MODIFICATION_INFO>\n'
    '<INFO BITRATE="320000" GENRE="Techno" COMMENT="it\'s > fine" KEY="10m" PLAYTIME="300" RANKING="196" '
    'IMPORT_DATE="2023/4/5" RELEASE_DATE="2012/1/1" FLAGS="12" NEW="x"></INFO>\n'
    '<TEMPO BPM="124.000000" BPM_QUALITY="100.000000"></TEMPO>\n'
    '<LOUDNESS PEAK_DB="-1.0" PERCEIVED_DB="-2.0" ANALYZED_DB="-2.0"></LOUDNESS>\n'
    '<MUSICAL_KEY VALUE="12"></MUSICAL_KEY>\n'
    '<CUE_V2 NAME="AutoGrid" DISPL_ORDER="0" TYPE="4" START="50.500000" LEN="0.000000" REPEATS="-1" '
    'HOTCUE="-1"><GRID BPM="124.000000"></GRID>\n</CUE_V2>\n'
    '<CUE_V2 NAME="Drop" DISPL_ORDER="3" TYPE="0" START="60000.000000" LEN="0.000000" REPEATS="-1" '
    'HOTCUE="1" WHAT="ever"><UNKNOWN A="1"></UNKNOWN>\n</CUE_V2>\n'
    '<CUE_V2 NAME="n.n." DISPL_ORDER="0" TYPE="5" START="70000.000000" LEN="2000.000000" REPEATS="-1" '
    'HOTCUE="-1"></CUE_V2>\n'
    '<CELL A="1"></CELL>\n</ENTRY>'
)
LAYOUTS: dict[str, str] = {
    "Traktor's own": ENTRY,
    "CRLF": ENTRY.replace("\n", "\r\n"),
    "self-closed": re.sub(r"<(\w+)([^<>]*)></\1>", r"<\1\2/>", ENTRY.replace("it's > fine", "it's fine")),
    "self-closed with a blank": re.sub(r"<(\w+)([^<>]*)></\1>", r"<\1\2 />", ENTRY.replace("s > f", "s f")),
    "single quotes": ENTRY.replace("it's", "it&apos;s").replace('"', "'"),
    "indented": ENTRY.replace("><", ">\n    <").replace("</INFO>\n", "</INFO>\n    "),
    "one line": ENTRY.replace("\n", ""),
    "an attribute a line": re.sub(r' (\w+=")', r"\n        \1", ENTRY),
    "comments": ENTRY.replace("<INFO", '<!-- <INFO KEY="x"> --><INFO').replace(
        "</ENTRY>", "<!-- > --></ENTRY>"
    ),
    "entities": ENTRY.replace("Techno", "T&#101;chno").replace("/1/1", "&#x2F;1/1"),
}
