"""Finding the entries of an NML file as bytes."""

from __future__ import annotations

import os
import pickle
import random
import tracemalloc
from hashlib import blake2b
from pathlib import Path

import pytest

from djtui.demo.collection import write_collection
from djtui.traktor.nml import (
    NmlError,
    SourceChanged,
    identify,
    line_numbers,
    read_section,
    read_spans,
    survey,
)
from djtui.traktor.spans import Spans
from tests.traktor.nml_text import (
    DECLARATION,
    HEAD,
    STANDARD,
    cue,
    entry,
    folder,
    nml,
    playlist,
    playlists,
    smartlist,
    written,
)

ENTRIES = [
    entry("one.mp3", inside=cue(4) + cue(0, hotcue="1")),
    entry("zwei – ü.mp3", attributes='TITLE="a &gt; b > c ! ?" ARTIST="夜空"'),
    entry("three.mp3", attributes="TITLE='single quotes' ARTIST=\"it's\""),
]
PLAIN = nml(*ENTRIES, tree=playlists(STANDARD, playlist("Set", "C:/:Music/:one.mp3")))

LAYOUTS: dict[str, bytes] = {
    "Traktor's own": PLAIN.encode(),
    "CRLF": PLAIN.replace("\n", "\r\n").encode(),
    "byte order mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "indented": PLAIN.replace("><", ">\n  <").encode(),
    "one line": PLAIN.replace("\n", "").encode(),
    "no declaration": PLAIN.removeprefix(DECLARATION).encode(),
    "self-closed": PLAIN.replace("></INFO>", "/>").replace("></CUE_V2>", " />").encode(),
    "comment among entries": PLAIN.replace("</ENTRY>\n", "</ENTRY><!-- <ENTRY></ENTRY> -->\n", 1).encode(),
    "comment within an entry": PLAIN.replace("<INFO", "<!-- </ENTRY>\n<ENTRY > --><INFO", 1).encode(),
    "comment before the collection": PLAIN.replace(
        "<COLLECTION", "<!-- <COLLECTION> --><COLLECTION", 1
    ).encode(),
    "processing instruction": PLAIN.replace("</ENTRY>\n", "</ENTRY><?x <ENTRY?>\n", 1).encode(),
    "blanks in closing tags": PLAIN.replace("</ENTRY>", "</ENTRY \n >").encode(),
    "an empty entry": PLAIN.replace("</COLLECTION>", '<ENTRY TITLE="x"/></COLLECTION>').encode(),
    "an empty entry first": PLAIN.replace('ENTRIES="3">', 'ENTRIES="3"><ENTRY TITLE="x"/>').encode(),
    "no entries": nml().encode(),
    "a self-closed collection": nml().replace('ENTRIES="0"></COLLECTION>', "/>").encode(),
    "elements nobody knows": PLAIN.replace("</ENTRY>", '<CELL A="1"></CELL>\n<ENTRYNESS/></ENTRY>').encode(),
    "two collections": PLAIN.replace(
        "<SETS", f"<COLLECTION>{entry('four.mp3')}</COLLECTION>\n<SETS", 1
    ).encode(),
}


def spans_of(data: bytes, spans: Spans) -> list[bytes]:
    return [data[start : start + length] for start, length in zip(spans.offsets, spans.lengths, strict=True)]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("block", [64, 700, 1 << 22])
def test_searching_and_parsing_find_the_same_entries_in_every_layout(
    tmp_path: Path, layout: str, block: int
) -> None:
    data = LAYOUTS[layout]
    path = written(tmp_path, data)
    searched, parsed = survey(path, block=block), survey(path, thorough=True, block=block)
    assert searched == parsed
    entries = spans_of(data, searched.entries)
    assert all(text.startswith(b"<ENTRY") and text.endswith(b">") for text in entries)
    assert searched.entries.hashes == b"".join(blake2b(text, digest_size=16).digest() for text in entries)
    assert searched.digest == blake2b(data, digest_size=16).digest()
    expected = {"no entries": 0, "a self-closed collection": 0}.get(
        layout, 4 if "empty" in layout or "two" in layout else 3
    )
    assert len(entries) == expected


def test_entries_across_the_borders_of_blocks_are_found_whole(tmp_path: Path) -> None:
    path = tmp_path / "collection.nml"
    write_collection(path, 60, seed=3)
    whole = survey(path)
    sizes = random.Random(5)
    assert len(whole.entries) == 60
    for _ in range(40):
        assert survey(path, block=sizes.randint(300, 9000)) == whole


def test_a_survey_holds_a_block_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "collection.nml"
    write_collection(path, 3000)
    tracemalloc.start()
    try:
        survey(path, block=1 << 16)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert path.stat().st_size > 5_000_000
    assert peak < 1_500_000


def test_a_survey_can_be_pickled_for_the_way_out_of_the_pool(tmp_path: Path) -> None:
    found = survey(written(tmp_path, PLAIN))
    assert pickle.loads(pickle.dumps(found)) == found


def test_progress_reaches_the_size_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, PLAIN)
    told: list[tuple[int, int]] = []
    survey(path, lambda done, total: told.append((done, total)), block=500)
    size = path.stat().st_size
    assert told[0] == (500, size)
    assert told[-1] == (size, size)


def test_the_count_in_the_file_is_not_believed(tmp_path: Path) -> None:
    assert len(survey(written(tmp_path, nml(*ENTRIES, count=4257))).entries) == 3


def test_version_and_program_are_read(tmp_path: Path) -> None:
    found = survey(written(tmp_path, nml(*ENTRIES, version="20")))
    assert (found.version, found.program, found.notes) == (20, "Traktor", ())


@pytest.mark.parametrize("version", ["21", "x", "-3", "9" * 5000, "", None])
def test_an_unknown_version_is_read_by_its_structure_and_said(tmp_path: Path, version: str | None) -> None:
    found = survey(written(tmp_path, nml(*ENTRIES, version=version)))
    assert len(found.entries) == 3
    assert "reads it by its structure" in found.notes[0]


HISTORY = playlists(
    '<NODE TYPE="PLAYLIST" NAME="HISTORY"><PLAYLIST ENTRIES="1" TYPE="PROTOCOL" UUID="d0"><ENTRY>'
    '<PRIMARYKEY TYPE="TRACK" KEY="C:/:Music/:one.mp3"></PRIMARYKEY>\n'
    '<EXTENDEDDATA DECK="0" STARTDATE="132384771"></EXTENDEDDATA>\n</ENTRY>\n</PLAYLIST>\n</NODE>\n'
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (nml(*ENTRIES), None),
        (nml(), None),
        (nml(*ENTRIES, tree=""), None),
        (nml(*ENTRIES, tree=playlists(playlist("Crate", "a"))), None),
        (nml(*ENTRIES, tree=playlists(playlist("Crate", "a", "b", "c"), playlist("Other"))), None),
        (nml(*ENTRIES, tree=HISTORY), "it is a history of what was played"),
        (nml(*ENTRIES, tree=playlists(playlist("HISTORY"))), "it is a history of what was played"),
        (
            nml(*ENTRIES, tree=playlists(folder("Sets", playlist("Crate", "a", "b", "c")))),
            "it is a single playlist with its tracks",
        ),
        (f"<NML VERSION='19'>{HEAD}{playlists(STANDARD)}</NML>", "it has no COLLECTION"),
    ],
)
def test_absence_means_nothing_in_a_partial_file(tmp_path: Path, text: str, why: str | None) -> None:
    found = survey(written(tmp_path, text))
    assert found.why == why
    assert found.role == ("collection" if why is None else "partial")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_playlists_section_is_found_to_the_byte(tmp_path: Path, layout: str) -> None:
    path = written(tmp_path, LAYOUTS[layout])
    found = survey(path)
    assert found.playlists is not None
    section = read_section(path, found.fingerprint, found.playlists)
    assert section.startswith(b"<PLAYLISTS>") and section.endswith(b"</PLAYLISTS>")
    assert section.count(b"</PLAYLISTS") == 1


def test_a_file_without_playlists_has_no_section(tmp_path: Path) -> None:
    assert survey(written(tmp_path, nml(*ENTRIES, tree=""))).playlists is None
    start, length = survey(written(tmp_path, nml(tree="<PLAYLISTS/>"))).playlists or (0, 0)
    assert nml(tree="<PLAYLISTS/>").encode()[start : start + length] == b"<PLAYLISTS/>"


def test_spans_are_read_in_the_order_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "collection.nml"
    write_collection(path, 40, seed=4)
    found = survey(path)
    data = path.read_bytes()
    for places in ([], [0], [39, 0, 7], list(range(40)), [3, 3]):
        chosen = found.entries.pick(places)
        assert read_spans(path, found.fingerprint, chosen) == spans_of(data, chosen)
        assert len(chosen) == len(places)


def test_identify_gives_what_a_survey_gives(tmp_path: Path) -> None:
    path = written(tmp_path, PLAIN)
    found = survey(path)
    assert identify(path) == (found.fingerprint, found.digest)


def test_lines_are_counted_from_one(tmp_path: Path) -> None:
    path = written(tmp_path, b"a\nb\n\nc")
    assert line_numbers(path, [0, 1, 2, 5, 4, 0]) == [1, 1, 2, 4, 3, 1]


def grown(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\n")


def replaced(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.replace(path)


def truncated(path: Path) -> None:
    os.truncate(path, 900)


def gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("happening", [grown, replaced, truncated, gone])
def test_a_file_that_changes_while_it_is_read_is_not_trusted(tmp_path: Path, happening: object) -> None:
    assert callable(happening)
    path = tmp_path / "collection.nml"
    write_collection(path, 50)
    done: list[bool] = []

    def progress(*_: int) -> None:
        if not done:
            done.append(True)
            happening(path)

    with pytest.raises(SourceChanged, match="changed while it was read"):
        survey(path, progress, block=20_000)


@pytest.mark.parametrize("happening", [grown, replaced, truncated])
def test_spans_of_a_file_that_has_changed_are_not_read(tmp_path: Path, happening: object) -> None:
    assert callable(happening)
    path = written(tmp_path, PLAIN)
    found = survey(path)
    happening(path)
    with pytest.raises(SourceChanged):
        read_spans(path, found.fingerprint, found.entries)
    assert found.playlists is not None
    with pytest.raises(SourceChanged):
        read_section(path, found.fingerprint, found.playlists)


def test_an_edit_that_hides_behind_the_old_date_is_seen_by_its_hash(tmp_path: Path) -> None:
    path = written(tmp_path, PLAIN)
    found = survey(path)
    path.write_bytes(PLAIN.replace('"Ada"', '"Eva"').encode())
    os.utime(path, ns=(0, found.fingerprint.mtime_ns))
    with pytest.raises(SourceChanged):
        read_spans(path, found.fingerprint, found.entries)


def test_smart_lists_are_no_lists_of_tracks_to_a_survey(tmp_path: Path) -> None:
    tree = playlists(smartlist("New", "$RATING == 5"))
    assert survey(written(tmp_path, nml(*ENTRIES, tree=tree))).role == "collection"


def test_what_the_disk_refuses_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NmlError, match=r"nowhere\.nml is not there\.$"):
        survey(tmp_path / "nowhere.nml")
    with pytest.raises(NmlError, match=r"is a folder; name the collection\.nml in it\.$"):
        survey(tmp_path)
    with pytest.raises(NmlError, match=r"is no file name"):
        survey("bad\0name.nml")
    os.mkfifo(tmp_path / "pipe.nml")
    with pytest.raises(NmlError, match=r"pipe\.nml is not a file\.$"):
        survey(tmp_path / "pipe.nml")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_a_sentence(tmp_path: Path) -> None:
    path = written(tmp_path, PLAIN)
    path.chmod(0)
    with pytest.raises(NmlError, match=r"may not be read: permission denied\.$"):
        survey(path)
