"""The overview shows every part of the track at its place, as loud as it is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from djtui.analysis.result import COLUMNS
from djtui.analysis.waveform import draw
from tests.analysis.sounds import Floats


def drawn(levels: npt.NDArray[np.floating]) -> Floats:
    return np.frombuffer(draw(levels.astype(np.float32)), np.uint8).reshape(COLUMNS, 3).astype(np.float32)


@pytest.mark.parametrize("stretches", [1, 3, 500, 1200, 1201, 5168, 155_000])
def test_any_length_becomes_the_same_number_of_columns(stretches: int) -> None:
    columns = drawn(np.full((stretches, 3), 0.25))
    assert columns.shape == (COLUMNS, 3)
    assert (columns == 128).all(), "a quarter of full scale is half as high"


@pytest.mark.parametrize("stretches", [700, 5168])
def test_each_band_stands_where_it_sounds(stretches: int) -> None:
    levels = np.zeros((stretches, 3))
    third = stretches // 3
    for band in range(3):
        levels[band * third : (band + 1) * third, band] = 1
    columns = drawn(levels)
    for band in range(3):
        inside = columns[band * COLUMNS // 3 + 5 : (band + 1) * COLUMNS // 3 - 5]
        assert (inside[:, band] == 255).all()
        assert (np.delete(inside, band, axis=1) == 0).all()


def test_no_height_overflows() -> None:
    assert (drawn(np.full((100, 3), 7.0)) == 255).all()


@pytest.mark.parametrize("level", [0.0, 0.0009])
def test_silence_has_no_waveform(level: float) -> None:
    assert draw(np.full((100, 3), level, np.float32)) == b""
    assert draw(np.zeros((0, 3), np.float32)) == b""
