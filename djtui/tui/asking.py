"""From what the DJ sees (a crate, a filter, a sort) to the view that is listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from djtui.library.listing import View
from djtui.tui.scope import ALL, Scope

NATURAL: Final = ""
"""The sort that is none: the order of the playlist, else of arrival."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the table is asked to show. `sort` is the name of a field."""

    scope: Scope = ALL
    filter: str = ""
    sort: str = NATURAL
    reverse: bool = False

    @property
    def plain(self) -> bool:
        """Whether no filter has to be understood first."""
        return not self.filter.strip() and not self.scope.query

    def view(self) -> View:
        """The view. Raises `QueryError` for a filter with a mistake in it."""
        wheres: list[str] = []
        unknown = ""
        params: tuple[object, ...] = ()
        if self.scope.kind != "list":
            sql, params = self.scope.where()
            wheres = [sql] if sql != "1" else []
        if not self.plain:
            from djtui.query import parse, to_sql
            from djtui.query.expression import And

            rule = parse(self.scope.query) if self.scope.query else And(())
            found = to_sql(And((rule, parse(self.filter))) if self.scope.query else parse(self.filter))
            if found.unknown_sql != "0":
                unknown = " AND ".join([*wheres, f"({found.unknown_sql})"])
            wheres.append(f"({found.sql})" if wheres else found.sql)
            params = (*params, *found.params)
        return View(
            playlist=self.scope.id if self.scope.kind == "list" else None,
            where=" AND ".join(wheres),
            params=params,
            unknown=unknown,
            order=order_of(self.sort),
            reverse=self.reverse,
        )


def order_of(sort: str) -> str:
    """The SQL that puts tracks in the order of a field; "" for the natural order and for unknown fields."""
    if not sort:
        return ""
    from djtui.query.fields import field_named

    field = field_named(sort)
    return (field.sort_sql or "") if field else ""


def sorts() -> list[tuple[str, str]]:
    """The fields to sort by, and what they are."""
    from djtui.query.fields import FIELDS

    return [(field.name, field.help) for field in FIELDS.values() if field.sortable]
