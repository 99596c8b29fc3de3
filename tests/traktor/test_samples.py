"""Real files against an independent walk with lxml. The samples lie beside the project, if at all."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from djtui.traktor.entry import entry_keys, parse_entries
from djtui.traktor.location import VolumeMap
from djtui.traktor.nml import NmlError, survey
from djtui.traktor.tree import read_tree

SAMPLES = sorted((Path(__file__).parents[3] / "shared/samples/nml").glob("*.nml"))
KINDS = {"FOLDER": "folder", "PLAYLIST": "list", "SMARTLIST": "smart"}


def walked(path: Path) -> etree._Element | None:
    try:
        return etree.parse(str(path), etree.XMLParser(huge_tree=True)).getroot()
    except etree.XMLSyntaxError:
        return None


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem[:60])
def test_a_real_file_is_read_as_an_independent_walk_reads_it(path: Path) -> None:
    root = walked(path)
    if root is None:
        with pytest.raises(NmlError, match=r"(is not XML|is a macOS companion file).*\.$"):
            survey(path)
        return
    found = survey(path)
    assert found == survey(path, thorough=True)

    parsed = parse_entries(str(path), found.fingerprint, found.entries, VolumeMap())
    entries = root.findall("COLLECTION/ENTRY")
    places = [entry.find("LOCATION") for entry in entries]
    keys = [
        None if place is None else "".join(place.get(name, "") for name in ("VOLUME", "DIR", "FILE"))
        for place in places
    ]
    assert [entry.key if entry else None for entry in parsed.entries] == keys
    assert entry_keys(str(path), found.fingerprint, found.entries) == keys
    assert len(parsed.failures) == keys.count(None)
    for entry, element in zip(parsed.entries, entries, strict=True):
        marks = element.findall("CUE_V2")
        assert entry is None or [str(cue[0]) for cue in entry.cues] == [mark.get("TYPE") for mark in marks]

    nodes, failures = read_tree(path, found.fingerprint, found.playlists)
    elements = [node for node in root.iterfind("PLAYLISTS//NODE") if node.get("NAME") != "$ROOT"]
    assert not failures
    assert Counter(node.kind for node in nodes) == Counter(KINDS[str(node.get("TYPE"))] for node in elements)
    assert [node.name for node in nodes] == [node.get("NAME") for node in elements]
    assert [item for node in nodes for item in node.items] == [
        (item.get("KEY"), str(item.get("TYPE")).lower()) for item in root.iterfind("PLAYLISTS//PRIMARYKEY")
    ]
