"""The pane of a job that asks Spotify: below its phases, what Spotify still grants today."""

from __future__ import annotations

from djtui.tui import formats
from djtui.tui.widgets.home import OfApp
from djtui.tui.widgets.job_pane import JobPane
from djtui.tui.widgets.spotify_requests import requests_line


class SpotifyPane(JobPane, OfApp):
    """A job's pane with a line about requests."""

    def on_mount(self) -> None:
        self.djtui.allowance_changed.subscribe(self, lambda _: self.refresh())

    @property
    def _remarks(self) -> list[list[formats.Part]]:
        line: list[formats.Part] = [("  ", ""), *requests_line(self.djtui.allowance, self.size.width - 2)]
        return [line, *super()._remarks]
