"""Where Traktor keeps its collection on this machine."""

from __future__ import annotations

from djtui.traktor.collections import found

__all__ = ["found"]
