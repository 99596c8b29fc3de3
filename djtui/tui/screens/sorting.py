"""Sorting in the Library view: by a list of fields, by a click on a header, and the other way round."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.widgets import DataTable

from djtui.tui import keys
from djtui.tui.asking import NATURAL, Question
from djtui.tui.screens.list_actions import ListActions

# Where a field of the filter language is shown in another column of the table.
_COLUMN_OF: Final = {"cue": "cue_count"}
_FIELD_OF: Final = {column: field for field, column in _COLUMN_OF.items()}


class Sorting(ListActions):
    """The part of the Library view that sorts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort", "sort", id="table.sort", group=keys.FIND, tooltip="Choose what to sort by"),
        Binding("S", "reverse", "Reverse", show=False, id="table.reverse", group=keys.FIND,
                tooltip="Sort the other way round"),
    ]  # fmt: skip

    @abstractmethod
    def ask(self, question: Question) -> None:
        """Show what this question asks for."""

    def _show_sort(self) -> None:
        question = self.question
        self.table.show_sorted(_COLUMN_OF.get(question.sort, question.sort) or None, question.reverse)

    def action_sort(self) -> None:
        from djtui.tui.asking import sorts
        from djtui.tui.screens.dialog import Picker, plain

        first = "playlist order" if self.question.scope.kind == "list" else "order of arrival"
        rows = [plain("-", f"{first:<16}"), *(plain(name, f"{name:<16} {help}") for name, help in sorts())]
        self.djtui.push_screen(Picker("Sort by", rows, cursor=self.question.sort or "-"), self._sort_by)

    def _sort_by(self, field: str | None) -> None:
        if field is not None:
            field = NATURAL if field == "-" else field
            reverse = field == self.question.sort and bool(field) and not self.question.reverse
            self.ask(replace(self.question, sort=field, reverse=reverse))

    def action_reverse(self) -> None:
        self.ask(replace(self.question, reverse=not self.question.reverse))

    def on_data_table_header_selected(self, message: DataTable.HeaderSelected) -> None:
        from djtui.tui.asking import order_of

        column = str(message.column_key.value)
        field = _FIELD_OF.get(column, column)
        if order_of(field):
            self._sort_by(field)
