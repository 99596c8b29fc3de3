"""The filter language: one for the filter bar, smart playlists, routing rules and the command line.

expression = parse("bicep -remix bpm:124..128 key:~8A added:<30d")     # or a QueryError
where = to_sql(expression)
f"SELECT track.id FROM track LEFT JOIN track_text ON track_text.id = track.id WHERE {where.sql}"
evaluate(expression, Subject(track))                                   # True, False, None: unknown
"""

from djtui.query.errors import QueryError
from djtui.query.evaluate import evaluate
from djtui.query.expression import EVERYTHING, Expression
from djtui.query.fields import FIELDS, Field, field_named
from djtui.query.parse import parse, quote
from djtui.query.subject import Subject
from djtui.query.to_sql import Where, to_sql

__all__ = [
    "EVERYTHING",
    "FIELDS",
    "Expression",
    "Field",
    "QueryError",
    "Subject",
    "Where",
    "evaluate",
    "field_named",
    "parse",
    "quote",
    "to_sql",
]
