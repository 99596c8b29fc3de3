"""Which tracks a job about files means: some, what a filter finds, or all that have a file here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from djtui.jobs.job import JobError
from djtui.library.database import Reader
from djtui.library.tracks import as_json
from djtui.query import QueryError, parse, to_sql

_AMONG: Final = "IN (SELECT value FROM json_each(?))"
_VIEW: Final = "track LEFT JOIN track_text ON track_text.id = track.id"


async def chosen(library: Reader, params: Mapping[str, Any]) -> list[int]:
    """The tracks that the params of a job mean: ids | query | neither; retry (a list of paths) narrows them.

    Folder by folder, in the order of their paths. Raises `JobError` for a mistake in the query.
    """
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
        conditions.append(where.sql)
        parameters += where.params
    else:
        conditions.append("track.path IS NOT NULL")
    if isinstance(params.get("retry"), list):
        conditions.append(f"track.path {_AMONG}")
        parameters.append(as_json(params["retry"]))
    rows = await library.fetchall(
        f"SELECT track.id FROM {_VIEW} WHERE {' AND '.join(conditions)} "
        " ORDER BY rtrim(track.path, replace(track.path, '/', '')), track.path, track.id",
        parameters,
    )
    return [row["id"] for row in rows]


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
