"""Which tracks a job about files means: some, what a filter finds, or all that have a file here."""

from __future__ import annotations

import hashlib
import re
from array import array
from collections import Counter
from collections.abc import Mapping
from itertools import accumulate
from typing import Any, Final

from djtui.jobs.job import JobError
from djtui.library.database import Reader
from djtui.library.tracks import as_json
from djtui.query import QueryError, parse, to_sql

_AMONG: Final = "IN (SELECT value FROM json_each(?))"
_AT_ONCE: Final = 2000
_NUMBER: Final = re.compile("[0-9]+")
_VIEW: Final = "track LEFT JOIN track_text ON track_text.id = track.id"


async def chosen(library: Reader, params: Mapping[str, Any]) -> array[int]:
    """The tracks that the params of a job mean: ids | query | neither; retry (a list of paths) narrows them.

    Folder by folder, in the order of their paths. Raises `JobError` for a mistake in the query.
    """
    where, parameters = _where(params)
    by_path = f"SELECT track.id FROM {where} ORDER BY track.path, track.id"
    # As one text and an array: a hundred thousand rows would take twenty times their memory.
    row = await library.fetchone(f"SELECT group_concat(id) AS ids FROM ({by_path})", parameters)
    text = (row["ids"] or "") if row is not None else ""
    return await _by_folder(library, array("q", (int(number[0]) for number in _NUMBER.finditer(text))))


async def count(library: Reader, params: Mapping[str, Any]) -> int:
    """How many they are."""
    where, parameters = _where(params)
    row = await library.fetchone(f"SELECT count(*) AS tracks FROM {where}", parameters)
    return int(row["tracks"]) if row is not None else 0


def _where(params: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """What follows FROM, and its parameters."""
    source = "track"
    conditions: list[str] = []
    parameters: list[Any] = []
    if params.get("ids") is not None:
        conditions.append(f"track.id {_AMONG}")
        parameters.append(as_json(list(map(int, params["ids"]))))
    elif params.get("query"):
        try:
            where = to_sql(parse(params["query"]))
        except QueryError as error:
            raise JobError(f"{params['query']!r} is no filter: {error}") from error
        source = _VIEW
        conditions.append(where.sql)
        parameters += where.params
    else:
        conditions.append("track.path IS NOT NULL")
    if isinstance(params.get("retry"), list):
        conditions.append(f"track.path {_AMONG}")
        parameters.append(as_json(params["retry"]))
    return f"{source} WHERE {' AND '.join(conditions)}", parameters


async def _by_folder(library: Reader, ids: array[int]) -> array[int]:
    """From the order of paths, in which a subfolder stands between files of the folder that it is in."""
    folders = array("q")
    numbers: dict[str, int] = {}
    for start in range(0, len(ids), _AT_ONCE):
        part = list(ids[start : start + _AT_ONCE])
        rows = await library.fetchall(f"SELECT id, path FROM track WHERE id {_AMONG}", (as_json(part),))
        paths = {row[0]: row[1] or "" for row in rows}
        for id in part:
            path = paths.get(id, "")
            folders.append(numbers.setdefault(path[: path.rfind("/") + 1], len(numbers)))
    sizes = Counter(folders)
    numbers_in_order = [numbers[folder] for folder in sorted(numbers)]
    begins = accumulate((sizes[number] for number in numbers_in_order), initial=0)
    places = dict(zip(numbers_in_order, begins, strict=False))
    found = array("q", ids)
    for id, folder in zip(ids, folders, strict=True):
        found[places[folder]] = id
        places[folder] += 1
    return found


def said(params: Mapping[str, Any]) -> str:
    """The choice in a word or two, for a title."""
    if params.get("ids") is not None:
        many = len(params["ids"])
        return f"{many:,} track{'' if many == 1 else 's'}"
    return str(params.get("query") or "all tracks")


def key(params: Mapping[str, Any], *others: str) -> str:
    """A short text that is the same for the same params."""
    names = ("ids", "query", "retry", *others)
    wanted = {name: params[name] for name in names if params.get(name) is not None}
    return hashlib.blake2b(as_json(wanted).encode(), digest_size=8).hexdigest()
