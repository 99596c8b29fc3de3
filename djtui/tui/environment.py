"""The start: what textual reads from the environment, decided before it is imported, and no idle work."""

from __future__ import annotations

import asyncio
import gc
import importlib
import os


def prepare() -> None:
    """No animation, no smooth scrolling: frames cost bytes on a slow line, and answers come at once."""
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")


def hurry() -> None:
    """Collect no garbage until the first paint: a start makes little, and looking takes a tenth of it."""
    gc.disable()


def settle() -> None:
    """The first paint is done: what was made for it stays, and need not be looked at again."""
    gc.freeze()
    gc.enable()


async def loaded(*modules: str) -> None:
    """Import modules beside the event loop, so that the import that follows costs nothing."""
    for name in modules:
        await asyncio.to_thread(importlib.import_module, name)
