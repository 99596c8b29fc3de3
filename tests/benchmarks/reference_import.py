"""The reference for the import: lxml's iterparse and executemany, tracks and cues, no index, nothing else."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from typing import Any

from lxml import etree

INFO = (
    "BITRATE GENRE LABEL COMMENT KEY_LYRICS RATING REMIXER PRODUCER COVERARTID MIX CATALOG_NO KEY PLAYCOUNT "
    "PLAYTIME PLAYTIME_FLOAT RANKING IMPORT_DATE LAST_PLAYED RELEASE_DATE FLAGS FILESIZE COLOR"
).split()
CUE = "NAME TYPE START LEN REPEATS HOTCUE".split()


def entries(path: str) -> Iterator[tuple[tuple[Any, ...], list[tuple[Any, ...]]]]:
    number = 0
    for _, entry in etree.iterparse(path, tag="ENTRY", huge_tree=True):
        location = entry.find("LOCATION")
        if location is None:
            continue
        number += 1
        info, album, tempo, key = (entry.find(name) for name in ("INFO", "ALBUM", "TEMPO", "MUSICAL_KEY"))
        row = (
            number,
            location.get("VOLUME"), location.get("DIR"), location.get("FILE"),
            *(entry.get(name) for name in ("TITLE", "ARTIST", "MODIFIED_DATE", "MODIFIED_TIME", "AUDIO_ID")),
            *((info.get(name) for name in INFO) if info is not None else (None,) * len(INFO)),
            album.get("TITLE") if album is not None else None,
            album.get("TRACK") if album is not None else None,
            tempo.get("BPM") if tempo is not None else None,
            key.get("VALUE") if key is not None else None,
        )  # fmt: skip
        cues = [(number, *(cue.get(name) for name in CUE)) for cue in entry.iterfind("CUE_V2")]
        yield row, cues
        entry.clear()
        while entry.getprevious() is not None:
            del entry.getparent()[0]


def main(path: str, database: str) -> None:
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    width = 1 + 3 + 5 + len(INFO) + 4
    connection.execute(f"CREATE TABLE track ({', '.join(f'c{number}' for number in range(width))})")
    connection.execute(f"CREATE TABLE cue (track_id, {', '.join(CUE)})")
    connection.execute("BEGIN")
    rows: list[tuple[Any, ...]] = []
    cues: list[tuple[Any, ...]] = []
    for row, its_cues in entries(path):
        rows.append(row)
        cues += its_cues
        if len(rows) == 2000:
            flush(connection, rows, cues)
    flush(connection, rows, cues)
    connection.execute("COMMIT")
    connection.close()


def flush(connection: sqlite3.Connection, rows: list[Any], cues: list[Any]) -> None:
    if rows:
        connection.executemany(f"INSERT INTO track VALUES ({','.join('?' * len(rows[0]))})", rows)
    if cues:
        connection.executemany(f"INSERT INTO cue VALUES ({','.join('?' * len(cues[0]))})", cues)
    rows.clear()
    cues.clear()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
