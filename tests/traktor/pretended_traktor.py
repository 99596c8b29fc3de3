"""A Traktor for tests: it reads its collection, edits what it has in memory, and writes all of it anew.

Independent of djtui's own reading and patching: lxml in, and out by Traktor's byte rules.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from lxml import etree

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n'
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", '"': "&quot;", "\n": "&#xA;"})
_INFO = {"genre": "GENRE", "comment": "COMMENT", "label": "LABEL"}


class Traktor:
    """The collection in memory, by titles of tracks and names of playlists."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.root = etree.fromstring(path.read_bytes())

    def entry(self, title: str) -> Any:
        """The ENTRY of a track."""
        return next(it for it in self.root.iterfind("COLLECTION/ENTRY") if it.get("TITLE") == title)

    def get(self, title: str, field: str) -> Any:
        """What it has in a field; None: nothing."""
        info = self.entry(title).find("INFO")
        if field == "rating":
            ranking = info.get("RANKING")
            return None if ranking is None else int(ranking) // 51
        return info.get(_INFO[field])

    def put(self, title: str, field: str, value: Any) -> None:
        """Edit a field."""
        info = self.entry(title).find("INFO")
        name, text = _INFO.get(field, "RANKING"), value
        if field == "rating" and value is not None:
            text = str(value * 51)
        if text is None:
            info.attrib.pop(name, None)
        else:
            info.set(name, text)
        self.entry(title).set("MODIFIED_TIME", str(int(self.entry(title).get("MODIFIED_TIME")) + 1))

    def cues(self, title: str) -> dict[int, str]:
        """The names of hotcues by slot, without the grid."""
        marks = self.entry(title).iterfind("CUE_V2")
        return {int(mark.get("HOTCUE")) + 1: mark.get("NAME") for mark in marks if mark.get("TYPE") == "0"}

    def set_cue(self, title: str, slot: int, name: str | None) -> None:
        """Add, rename or (None) delete a hotcue."""
        entry = self.entry(title)
        for mark in entry.findall("CUE_V2"):
            if mark.get("TYPE") == "0" and mark.get("HOTCUE") == str(slot - 1):
                if name is None:
                    entry.remove(mark)
                else:
                    mark.set("NAME", name)
                return
        if name is not None:
            etree.SubElement(
                entry,
                "CUE_V2",
                {
                    "NAME": name,
                    "DISPL_ORDER": "0",
                    "TYPE": "0",
                    "START": f"{slot * 1000:.6f}",
                    "LEN": "0.000000",
                    "REPEATS": "-1",
                    "HOTCUE": str(slot - 1),
                },
            )

    def playlist(self, name: str) -> Any:
        """The PLAYLIST element of a list; None if there is no such."""
        return self.root.find(f".//NODE[@NAME='{name}']/PLAYLIST")

    def playlists(self) -> set[str]:
        """The names of all lists."""
        return {str(node.get("NAME")) for node in self.root.iterfind(".//NODE[@TYPE='PLAYLIST']")}

    def items(self, name: str) -> list[str]:
        """The titles of the tracks in a list."""
        titles = {key_of(entry): entry.get("TITLE", "") for entry in self.root.iterfind("COLLECTION/ENTRY")}
        return [titles[item.get("KEY")] for item in self.playlist(name).iter("PRIMARYKEY")]

    def set_items(self, name: str, titles: list[str]) -> None:
        """Give a list other items."""
        playlist = self.playlist(name)
        for item in list(playlist):
            playlist.remove(item)
        for title in titles:
            key = key_of(self.entry(title))
            etree.SubElement(etree.SubElement(playlist, "ENTRY"), "PRIMARYKEY", {"TYPE": "TRACK", "KEY": key})
        playlist.set("ENTRIES", str(len(titles)))

    def create(self, name: str, uuid: str) -> None:
        """Make an empty list."""
        root = self.root.find("PLAYLISTS/NODE/SUBNODES")
        assert root is not None
        node = etree.SubElement(root, "NODE", {"TYPE": "PLAYLIST", "NAME": name})
        etree.SubElement(node, "PLAYLIST", {"ENTRIES": "0", "TYPE": "LIST", "UUID": uuid})
        root.set("COUNT", str(len(root)))

    def delete(self, name: str) -> None:
        """Delete a list."""
        node = self.playlist(name).getparent()
        parent = node.getparent()
        parent.remove(node)
        parent.set("COUNT", str(len(parent)))

    def quit(self) -> None:
        """Write the collection, all of it."""
        before = self.path.stat().st_mtime_ns
        self.path.write_text(DECLARATION + written(self.root), encoding="utf-8")
        if self.path.stat().st_mtime_ns <= before:
            os.utime(self.path, ns=(before + 1_000_000, before + 1_000_000))


def written(element: Any) -> str:
    """An element by Traktor's byte rules."""
    attributes = "".join(f' {name}="{value.translate(_ESCAPES)}"' for name, value in element.attrib.items())
    inside = "".join(written(child) for child in element)
    return f"<{element.tag}{attributes}>{inside}</{element.tag}>\n"


def key_of(entry: Any) -> str:
    """What playlists call the track of an ENTRY."""
    place = entry.find("LOCATION")
    return f"{place.get('VOLUME')}{place.get('DIR')}{place.get('FILE')}"
