"""What textual reads from the environment at its import, decided before it is imported."""

from __future__ import annotations

import os


def prepare() -> None:
    """No animation, no smooth scrolling: frames cost bytes on a slow line, and answers should be at once."""
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
