"""Colours: one accent, one warning, one error, and quiet for what is secondary.

Three themes carry the same names: `djtui` in full colour, `djtui-16` in the terminal's own sixteen (small
frames, and the terminal's taste), `djtui-mono` for NO_COLOR, where the cursor is shown in reverse.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from textual.theme import Theme

# What a theme of somebody else is given for our names.
DEFAULTS: Final = {
    "quiet": "#808790",
    "frame": "#3a414b",
    "cursor": "#24323d",
    "cursor-text": "#ffffff",
    "cursor-style": "none",
    "cursor-away": "#1b2127",
    "color-red": "#e0525e",
    "color-orange": "#e8904a",
    "color-yellow": "#e3cf57",
    "color-green": "#6fbf73",
    "color-blue": "#5b9bd5",
    "color-violet": "#9a7fd1",
    "color-magenta": "#d66fb9",
    "wave-low": "#61b0d8",
    "wave-mid": "#7d8c9a",
    "wave-high": "#b9a66a",
}

_FULL: Final = Theme(
    name="djtui",
    primary="#61b0d8",
    secondary="#61b0d8",
    accent="#61b0d8",
    warning="#dba84a",
    error="#e5727c",
    success="#82bd80",
    foreground="#d5d9df",
    background="#0f1216",
    surface="#0f1216",
    panel="#171b21",
    dark=True,
    variables={
        **DEFAULTS,
        "block-cursor-background": "#24323d",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "none",
        "block-cursor-blurred-background": "#1b2127",
        "block-cursor-blurred-foreground": "#d5d9df",
        "block-hover-background": "#171b21",
        "input-cursor-background": "#61b0d8",
        "input-cursor-foreground": "#0f1216",
        "input-selection-background": "#24506a",
    },
)

_SIXTEEN_NAMES: Final = {
    "ansi-background": "ansi_black",
    "ansi-foreground": "ansi_white",
    "border-blurred": "ansi_bright_black",
    "quiet": "ansi_bright_black",
    "frame": "ansi_bright_black",
    "cursor": "ansi_blue",
    "cursor-text": "ansi_bright_white",
    "cursor-style": "none",
    "cursor-away": "ansi_default",
    "color-red": "ansi_red",
    "color-orange": "ansi_bright_red",
    "color-yellow": "ansi_yellow",
    "color-green": "ansi_green",
    "color-blue": "ansi_blue",
    "color-violet": "ansi_bright_magenta",
    "color-magenta": "ansi_magenta",
    "wave-low": "ansi_cyan",
    "wave-mid": "ansi_bright_black",
    "wave-high": "ansi_yellow",
    "block-cursor-background": "ansi_blue",
    "block-cursor-foreground": "ansi_bright_white",
    "block-cursor-text-style": "none",
    "block-cursor-blurred-background": "ansi_default",
    "block-cursor-blurred-foreground": "ansi_default",
    "block-hover-background": "ansi_default",
    "input-cursor-background": "ansi_default",
    "input-cursor-foreground": "ansi_default",
    "input-cursor-text-style": "reverse",
}

_SIXTEEN: Final = Theme(
    name="djtui-16",
    ansi=True,
    primary="ansi_cyan",
    secondary="ansi_cyan",
    accent="ansi_cyan",
    warning="ansi_yellow",
    error="ansi_red",
    success="ansi_green",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    dark=True,
    variables=_SIXTEEN_NAMES,
)

_MONO: Final = Theme(
    name="djtui-mono",
    ansi=True,
    primary="ansi_default",
    secondary="ansi_default",
    accent="ansi_default",
    warning="ansi_default",
    error="ansi_default",
    success="ansi_default",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    dark=True,
    variables={
        **dict.fromkeys(_SIXTEEN_NAMES, "ansi_default"),
        "cursor-style": "reverse",
        "block-cursor-text-style": "reverse",
        "block-cursor-blurred-text-style": "none",
        "input-cursor-text-style": "reverse",
    },
)

OURS: Final = (_FULL, _SIXTEEN, _MONO)


def few_colours(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal says it has no more than sixteen colours."""
    if environ.get("COLORTERM", "") in ("truecolor", "24bit"):
        return False
    term = environ.get("TERM", "")
    return os.name != "nt" and not any(word in term for word in ("256", "direct", "kitty", "alacritty"))


def lean(wanted: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether frames must be small: `ui.lean`, or by itself over SSH."""
    return wanted == "on" or (wanted == "auto" and bool(environ.get("SSH_CONNECTION")))


def theme_for(wanted: str, *, lean: bool, environ: Mapping[str, str] = os.environ) -> str:
    """The name of the theme: the one of `ui.theme`, or by itself what the terminal can show."""
    if "NO_COLOR" in environ:
        return _MONO.name
    if wanted != "auto":
        return wanted
    return _SIXTEEN.name if lean or few_colours(environ) else _FULL.name
