"""What the tests of the analysis share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.analysis import sounds


@pytest.fixture(scope="session")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds of FLAC."""
    return sounds.write(tmp_path_factory.mktemp("song") / "song.flac", sounds.beats(20))


@pytest.fixture(scope="session")
def mp3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds of MP3, as LAME writes it."""
    return sounds.write(tmp_path_factory.mktemp("song") / "song.mp3", sounds.beats(20))
