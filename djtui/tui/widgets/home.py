"""Widgets and screens of djtui know the app they live in."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.dom import DOMNode

if TYPE_CHECKING:
    from djtui.tui.app import DjtuiApp


class OfApp(DOMNode):
    """A node of djtui's own app."""

    @property
    def djtui(self) -> DjtuiApp:
        """The app, as what it is."""
        return cast("DjtuiApp", self.app)
