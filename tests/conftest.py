"""What all tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from djtui.library.database import Library


@pytest_asyncio.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    """An empty library on disk."""
    opened = await Library.open(tmp_path / "library.db")
    yield opened
    await opened.close()
