"""What the Spotify view says while nobody is signed in: what to do, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from djtui.model.text import harmless
from djtui.tui import formats, keys
from djtui.tui.formats import Part, Parts

DASHBOARD: Final = "https://developer.spotify.com/dashboard"


class SpotifyGreeting(Widget, can_focus=True):
    """Stands in the place of the songs until somebody has signed in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.begin", "go on", id="spotify.begin", group=keys.SPOTIFY,
                tooltip="The next step: type the client id, or sign in"),
        Binding("d", "screen.copy_dashboard", "copy the address", id="spotify.dashboard", group=keys.SPOTIFY,
                tooltip="Copy the address of Spotify's dashboard to the clipboard of your terminal"),
    ]  # fmt: skip

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._client_id = ""
        self._port = 0

    def show(self, client_id: str, port: int) -> None:
        """Go by these settings."""
        if (client_id, port) != (self._client_id, self._port):
            self._client_id, self._port = client_id, port
            self.refresh()

    def render(self) -> Content:
        width = self.size.width
        lines = steps(self._client_id, self._port)
        if len(lines) > self.size.height:
            lines = [line for line in lines if line]
        return Content("\n").join(formats.content(formats.cut_parts(list(line), width)) for line in lines)


def redirects(port: int) -> tuple[str, str]:
    """The addresses that the app in the dashboard must know."""
    return "http://127.0.0.1/callback", f"http://127.0.0.1:{port}/callback"


def steps(client_id: str, port: int) -> Sequence[Parts]:
    """The way to the first sync; what is done has a hook."""
    done = bool(client_id)
    here = _step(1, "$quiet" if done else "$accent", done=done)
    said, address = ("$quiet", "$quiet") if done else ("", "bold")
    return [
        (),
        (("  Nobody is signed in to Spotify.", "bold"),),
        (),
        (here, ("Make an app of your own at ", said), (DASHBOARD, "$quiet" if done else "$accent")),
        (("    (any name; “Web API” ticked), with these redirect URIs:", said),),
        *(((f"        {uri}", address),) for uri in redirects(port)),
        (("    Spotify wants Premium of whoever owns the app.", "$quiet"),),
        (),
        *(_signing_in(harmless(client_id)) if done else _CLIENT_ID),
        (),
        (("  djtui only reads, until you have it write a playlist.", "$quiet"),),
        (("  The sign-in is kept in a file that only you can read.", "$quiet"),),
    ]


def _step(number: int, style: str, *, done: bool = False) -> Part:
    return ("  ✓ ", "$success") if done else (f"  {number} ", style)


_CLIENT_ID: Final[Sequence[Parts]] = (
    (_step(2, "$accent"), ("enter", "$accent"), (" takes the app’s client id; no secret is needed", "")),
    (_step(3, "$quiet"), ("then sign in, with a browser on any machine", "$quiet")),
)


def _signing_in(client_id: str) -> Sequence[Parts]:
    return (
        (
            _step(2, "", done=True),
            (f"Client id {client_id}   ", "$quiet"),
            ("o", "$accent"),
            (" changes it", "$quiet"),
        ),
        (_step(3, "$accent"), ("enter", "$accent"), (" signs in, with a browser on any machine", "")),
    )
