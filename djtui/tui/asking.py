"""From what the DJ sees (a crate, a filter, a sort) to the view that is listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from djtui.library.view import Condition, View, conditions
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

    @property
    def query(self) -> str | None:
        """The same in the filter language alone, "" for every track; None where it cannot say so."""
        if self.scope.kind not in ("all", "smart") or self.scope.opaque:
            return None
        texts = [text.strip() for text in (self.scope.query, self.filter) if text and text.strip()]
        return texts[0] if len(texts) == 1 else " ".join(f"({text})" for text in texts)

    def view(self) -> View:
        """The view. Raises `QueryError` for a filter with a mistake in it."""
        where: tuple[Condition, ...] = ()
        if self.scope.kind != "list" and (condition := self.scope.where()) is not None:
            where = (Condition(*condition),)
        for text in (self.scope.query, self.filter):
            if text and text.strip():
                from djtui.query import parse

                where += conditions(parse(text))
        return View(
            playlist=self.scope.id if self.scope.kind == "list" else None,
            where=where,
            order=order_of(self.sort),
            reverse=self.reverse,
        )

    def why_nothing(self, unknown: int) -> list[str]:
        """What to say when no track is found; `unknown` might pass the filter, if more were known of them."""
        if self.scope.opaque:
            rule = ["", f"    {self.scope.foreign_query}"] if self.scope.foreign_query else []
            return ["A smart list of Traktor's. Its rule is kept as it is, and not worked out here:", *rule]
        if self.filter.strip():
            more = [f"{unknown:,} might, if more were known of them."] if unknown else []
            return ["No track passes this filter. Esc clears it.", *more]
        if self.scope.kind == "missing":
            return ["No file is missing, as far as anybody has looked."]
        if self.scope.kind == "list":
            return ["This playlist is empty. A adds the marked tracks of any other list to it."]
        return ["There is nothing in this crate."]


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
