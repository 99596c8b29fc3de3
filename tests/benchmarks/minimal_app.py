"""The reference for starting: the smallest Textual app with a table, that says when it has drawn."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import DataTable, Static


class Minimal(App[None]):
    """A line and an empty table."""

    def compose(self) -> ComposeResult:
        yield Static("All tracks")
        yield DataTable()


if __name__ == "__main__":
    Minimal().run()
