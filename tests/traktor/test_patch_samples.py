"""Exports of real files. The samples lie beside the project, if at all."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from djtui.traktor.nml import NmlError, Survey, survey
from djtui.traktor.patch import patch_entries
from djtui.traktor.patch_entry import EntryEdit
from djtui.traktor.tree import parse_tree, read_tree
from djtui.traktor.verify import verify
from tests.traktor.nml_text import written
from tests.traktor.patch_text import NOW, as_it_is, changed_tags, exported
from tests.traktor.test_nml import spans_of

SAMPLES = sorted((Path(__file__).parents[3] / "shared/samples/nml").glob("*.nml"))
EVERYTHING = {
    "title": 'T & "x"\n',
    "album": "A",
    "genre": None,
    "rating": 2,
    "key": 3,
    "bpm": 100.5,
    "plays": 7,
}


@pytest.fixture(params=SAMPLES, ids=lambda path: path.stem[:60])
def sample(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    try:
        survey(request.param)
    except NmlError:
        pytest.skip("no NML")
    return written(tmp_path, request.param.read_bytes())


def readable(found: Survey, data: bytes) -> list[int]:
    """Places of entries that have a LOCATION: the others are never edited, nor is the second of the same."""
    texts = {text: place for place, text in reversed([*enumerate(spans_of(data, found.entries))])}
    return [place for text, place in texts.items() if b"<LOCATION" in text]


def test_an_export_without_changes_is_the_same_file(sample: Path) -> None:
    found = survey(sample)
    nodes = read_tree(sample, found.fingerprint, found.playlists).nodes
    wanted = [
        node._replace(items=parsed.items if parsed.kind == "list" else None, query=parsed.foreign_query)
        for node, parsed in zip(as_it_is(nodes), nodes, strict=True)
    ]
    _, plan, target = exported(
        sample, {place: {} for place in range(min(80, len(found.entries)))}, wanted=wanted, step=1 << 20
    )
    assert plan.empty
    assert target.read_bytes() == sample.read_bytes()


def test_one_field_of_one_track_changes_its_tag_and_the_stamp_of_its_entry(sample: Path) -> None:
    data = sample.read_bytes()
    found = survey(sample)
    places = readable(found, data)
    for place in random.Random(1).sample(places, min(1, len(places))):
        for fields, tag in (({"title": "New & shiny"}, b"<ENTRY"), ({"comment": "New"}, b"<INFO")):
            source, plan, target = exported(sample, {place: fields}, step=1 << 20)
            assert verify(source, str(target), plan) == []
            start, length = found.entries.offsets[place], found.entries.lengths[place]
            after = target.read_bytes()
            grown = len(after) - len(data)
            assert (after[:start], after[start + length + grown :]) == (data[:start], data[start + length :])
            entry, new = data[start : start + length], after[start : start + length + grown]
            if tag == b"<INFO" and tag not in entry:
                continue
            assert {old.split()[0] for old, _ in changed_tags(entry, new)} == {b"<ENTRY", tag}


def test_many_changes_at_once_are_sound_and_what_nobody_knows_survives(sample: Path) -> None:
    data = sample.read_bytes()
    found = survey(sample)
    nodes = read_tree(sample, found.fingerprint, found.playlists).nodes
    wanted = [node._replace(name=f"{node.name} x") for node in as_it_is(nodes)]
    lists = [place for place, node in enumerate(nodes) if node.kind == "list"]
    for place in lists:
        wanted[place] = wanted[place]._replace(items=nodes[place].items[::-1][1:])
    places = readable(found, data)
    edits = dict.fromkeys(random.Random(2).sample(places, min(80, len(places))), EVERYTHING)
    source, plan, target = exported(sample, edits, wanted=wanted, step=1 << 20)
    assert verify(source, str(target), plan) == []
    after = target.read_bytes()
    for kept in (
        b"<CELL",
        b"QUANT_VAlUE",
        b"<SET ",
        b'"FOLDER"',
        b"<SEARCH_EXPRESSION",
        b"<STEMS",
        b"<LOUDNESS",
    ):
        assert after.count(kept) == data.count(kept)
    written_again = survey(target)
    again = [EntryEdit(written_again.entries.hash(place), EVERYTHING) for place in edits]
    patches = patch_entries(
        str(target), written_again.fingerprint, written_again.entries.pick(list(edits)), again, NOW
    )
    assert patches.splices == ()


def test_one_playlist_changes_its_node_its_count_and_its_sorting_path(sample: Path) -> None:
    found = survey(sample)
    nodes = read_tree(sample, found.fingerprint, found.playlists).nodes
    lists = [place for place, node in enumerate(nodes) if node.kind == "list"]
    for place in lists[-1:]:
        wanted = as_it_is(nodes)
        wanted[place] = wanted[place]._replace(name="Renamed")
        source, plan, target = exported(sample, wanted=wanted, step=1 << 20)
        assert verify(source, str(target), plan) == []
        changed = changed_tags(sample.read_bytes(), target.read_bytes())
        assert {re.split(rb"[\s>]", old)[0] for old, _ in changed} <= {
            b"<NODE", b"<PLAYLIST", b"<SORTING_ORDER", b"<SORTING_INFO",
        }  # fmt: skip
        assert len(changed) <= 3

        wanted[place] = as_it_is(nodes)[place]._replace(items=nodes[place].items[1:])
        source, plan, target = exported(sample, wanted=wanted, step=1 << 20)
        assert verify(source, str(target), plan) == []
        assert len(plan.splices) == min(1, len(nodes[place].items))
        result = survey(target)
        assert result.playlists is not None
        start, length = result.playlists
        after = parse_tree(target.read_bytes()[start : start + length]).nodes
        assert [node.items for node in after] == [
            node.items[1:] if at == place else node.items for at, node in enumerate(nodes)
        ]
