"""Asking for tracks in the Library view, and showing what comes: rows, counts, the track at the cursor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from djtui.library import live
from djtui.library.database import connect_readonly
from djtui.library.live import Answer, Searches, Unknown
from djtui.library.view import Listing, first_page
from djtui.library.view import View as Wanted
from djtui.model.text import harmless
from djtui.tui import details
from djtui.tui.asking import NATURAL, Question
from djtui.tui.screens.sorting import Sorting
from djtui.tui.widgets.edge import Edge
from djtui.tui.widgets.filter_bar import FilterBar
from djtui.tui.widgets.inspector import Inspector

REST_S: Final = 0.06


@dataclass
class Answered(Message):
    """The listing thread has an answer."""

    answer: Answer


class Answers(Sorting):
    """The part of the Library view that asks, and shows what comes."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.question = Question()
        self._wanted: Wanted | None = None
        self._list_sort = (NATURAL, False)
        self._main_sort = (NATURAL, False)
        self._count = 0
        self._total = 0
        self._unknown = 0
        self._fresh = True
        self._first_row = 0
        self._searches: Searches | None = None
        self._rest: Timer | None = None

    # -- asking -----------------------------------------------------------------------------------

    def show_first_page(self) -> None:
        """The first tracks at once, where that needs no search; the whole list follows."""
        if self.question.plain and not self.question.sort:
            ids, self._count = first_page(self.djtui.reader, self.question.view())
            self.table.show(ids, top=True)

    def begin_asking(self) -> None:
        """From now on a thread lists what is asked for."""
        connection = connect_readonly(self.djtui.library_path)
        self._searches = Searches(connection, lambda answer: self.post_message(Answered(answer)))
        self._ask()

    def tracks_changed(self) -> None:
        """The library changed: list anew when the turn comes."""
        if self._searches:
            self._searches.changed()

    def close(self) -> None:
        if self._searches:
            self._searches.close()

    def ask(self, question: Question) -> None:
        """Show what this question asks for."""
        if question.scope != self.question.scope:
            sort, reverse = self._list_sort if question.scope.kind == "list" else self._main_sort
            question = replace(question, sort=sort, reverse=reverse)
        elif question.scope.kind == "list":
            self._list_sort = (question.sort, question.reverse)
        else:
            self._main_sort = (question.sort, question.reverse)
        self._fresh = self._fresh or question.scope != self.question.scope
        self.question = question
        self._show_sort()
        self._ask()

    def _ask(self) -> None:
        wanted = self.query_one(FilterBar).view_of(self.question)
        if wanted is None:
            return
        self._wanted = wanted
        if self._searches:
            self._searches.show(wanted)

    # -- showing ----------------------------------------------------------------------------------

    def on_answered(self, message: Answered) -> None:
        answer = message.answer
        if answer.view != self._wanted:
            return
        if isinstance(answer, Listing):
            self._take(answer)
        elif isinstance(answer, Unknown):
            self._unknown = answer.count
            self._say_counts()
        else:
            self.query_one(FilterBar).point_at(0, len(self.question.filter), answer.reason)

    def _take(self, listing: Listing) -> None:
        table = self.table
        self._count, self._total = len(listing.ids), listing.total
        self._first_row = 0
        here = table.cursor_track_id
        lost = self._fresh and (here is None or live.find(listing.ids, here) is None)
        table.show(listing.ids, top=lost)
        self._fresh = False
        self._unknown = 0
        self._say_counts()
        if self.query_one(Inspector).details is None:
            self._inspect_soon()

    def _say_counts(self) -> None:
        count = f"{self._count:,}"
        if self._unknown:
            count += f" · +{self._unknown:,} unknown"
        self.query_one(FilterBar).say_count(count)
        self._say_nothing()
        self._say_position()

    def _say_nothing(self) -> None:
        nothing = self._count == 0
        self.set_class(nothing and not self.has_class("-empty"), "-nothing")
        if not nothing:
            return
        lines = (harmless(line) for line in self.question.why_nothing(self._unknown))
        said = Content("\n".join(lines))
        if self.query("#nothing"):
            self.query_one("#nothing", Static).update(said)
        else:
            self.query_one("#tracks").mount(Static(said, id="nothing"))

    def _say_position(self) -> None:
        marked = len(self.table.marked)
        question = self.question
        arrow = "↓" if question.reverse else "↑"
        sort = f"sort {question.sort} {arrow}" if question.sort else ("reversed" if question.reverse else "")
        total = f" of {self._total:,}" if self._total > self._count else ""
        self.query_one(Edge).say(f"{marked:,} marked" if marked else "", sort, self._place() + total)

    def _place(self) -> str:
        row = self.table.cursor_row + self._first_row
        return f"{min(row + 1, self._count):,} / {self._count:,}"

    def position(self) -> str:
        if self.has_class("-empty"):
            return ""
        marked = len(self.table.marked)
        return (f"{marked:,} marked · " if marked else "") + self._place().replace(" ", "")

    # -- the track under the cursor ---------------------------------------------------------------

    def on_track_table_track_highlighted(self) -> None:
        self._say_position()
        self.refresh_position()
        self._inspect_soon()

    def on_track_table_marks_changed(self) -> None:
        self._say_position()
        self.refresh_position()

    def _inspect_soon(self) -> None:
        """Look at the track when the cursor rests: not at each one that it passes."""
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST_S, self._inspect)

    def _inspect(self) -> None:
        pane = self.query_one(Inspector)
        id = self.table.cursor_track_id
        if pane.display:
            pane.show(details.read(self.djtui.reader, id) if id is not None else None)
